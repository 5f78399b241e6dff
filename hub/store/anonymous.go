package store

import (
	"context"
	"database/sql"
	"time"

	"upgradehub/events/plan"
)

const anonymousColumns = `id, upgrade, role, channel, rating, disruption, minutes, communication, effort, has_text, hour`

const (
	insertAnonymous = `INSERT INTO anonymous_answers (` + anonymousColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`
	// asAnswers are anonymous answers with the columns of the others.
	asAnswers = `SELECT id, upgrade, '', '', '', rating, disruption, has_text, hour, 0, communication,
		minutes, effort, role, channel, '` + string(plan.Anonymous) + `' FROM anonymous_answers`
)

// PutAnonymous adds an anonymous answer. Of who gave it, and of more than the
// hour of Recorded, nothing is kept.
func (tx *Tx) PutAnonymous(a AnswerRow) error {
	return tx.exec(insertAnonymous, a.Answer, a.Upgrade, a.Role, a.Channel, a.Rating, a.Disruption, a.Minutes, a.Communication, a.Effort,
		a.HasText, micros(a.Recorded.UTC().Truncate(time.Hour)))
}

const selectAnonymous = asAnswers + ` WHERE upgrade = ? ORDER BY id`

// AnonymousAnswers lists the anonymous answers about an upgrade, by id.
func (tx *Tx) AnonymousAnswers(upgrade string) (all []AnswerRow, err error) {
	err = tx.each(selectAnonymous, []any{upgrade}, func(rows *sql.Rows) error {
		a, err := scanAnswer(rows)
		all = append(all, a)
		return err
	})
	return all, err
}

const useLink = `UPDATE links SET used = 1 WHERE hash = ?`

// UseLink notes that a personal link has answered.
func (tx *Tx) UseLink(hash string) error { return tx.exec(useLink, hash) }

// forget drops who was invited to a survey and who answered, in this order.
var forget = []string{
	`INSERT INTO past_invitations (upgrade, n) SELECT ?1, count(*) FROM links WHERE upgrade = ?1 AND purpose = 'feedback'
		ON CONFLICT (upgrade) DO UPDATE SET n = max(n, excluded.n)`,
	`DELETE FROM links WHERE upgrade = ?1 AND purpose = 'feedback'`,
	`UPDATE answers SET link = '', browser = '', subscriber = '' WHERE upgrade = ?1`,
	`UPDATE reports SET browser = '' WHERE upgrade = ?1`,
}

// ForgetAnswers strips the answers and reports about an upgrade of whom they are
// from, and drops the links to its survey. What was answered stays, and how many were
// invited.
func (tx *Tx) ForgetAnswers(upgrade string) error {
	for _, statement := range forget {
		if err := tx.exec(statement, upgrade); err != nil {
			return err
		}
	}
	return nil
}

const selectInvitations = `SELECT ` + linkColumns + ` FROM links WHERE subscriber = ? AND purpose = 'feedback' ORDER BY sent, upgrade`

// InvitationsOf lists the links to surveys that a subscriber was sent, oldest
// first.
func (s *Store) InvitationsOf(ctx context.Context, subscriber string) ([]LinkRow, error) {
	return list(ctx, s, selectInvitations, []any{subscriber}, func(row scanner) (l LinkRow, err error) {
		var sent int64
		err = row.Scan(l.columns(&sent)...)
		l.Sent = moment(sent)
		return l, err
	})
}

// hidden are the audience and the channel of a single anonymous answer: few may
// have both. They are counted in groups instead, see [Numbers].
func hidden(a AnswerRow) AnswerRow {
	if a.Mode == plan.Anonymous {
		a.Role, a.Channel = "", ""
	}
	return a
}

// Shown are the answers that may be listed one by one.
func Shown(rows []AnswerRow) []AnswerRow {
	var shown []AnswerRow
	for i, a := range Numbers(rows) {
		if a.Rating != 0 {
			shown = append(shown, hidden(rows[i]))
		}
	}
	return shown
}
