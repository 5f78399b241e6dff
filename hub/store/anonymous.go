package store

import (
	"database/sql"
	"time"

	"upgradehub/events/plan"
)

const anonymousColumns = `id, upgrade, role, channel, rating, disruption, minutes, communication, effort, has_text, hour`

const (
	insertAnonymous = `INSERT INTO anonymous_answers (` + anonymousColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`
	// asAnswers are anonymous answers with the columns of the others.
	asAnswers = `SELECT id, upgrade, 0, rating, disruption, has_text, hour, 0, communication,
		minutes, effort, role, channel, '` + string(plan.Anonymous) + `' AS mode FROM anonymous_answers`
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

// UseLink notes that a personal link has answered an anonymous survey.
func (tx *Tx) UseLink(hash string) error { return tx.exec(useLink, hash) }

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
