package store

import (
	"context"
	"database/sql"
	"errors"

	"upgradehub/events/plan"
	"upgradehub/events/survey"
)

const answerColumns = `id, upgrade, link, browser, subscriber, rating, disruption, has_text, recorded, revisions, communication,
	minutes, effort, role, channel, mode`

const (
	selectAnswers         = `SELECT ` + answerColumns + ` FROM answers WHERE upgrade = ?1 UNION ALL ` + asAnswers + ` WHERE upgrade = ?1 ORDER BY recorded, id`
	selectAnswersOf       = `SELECT ` + answerColumns + ` FROM answers WHERE ?1 <> '' AND (subscriber = ?1 OR browser = ?1) ORDER BY recorded, id`
	selectAnswerByLink    = `SELECT ` + answerColumns + ` FROM answers WHERE link = ? AND link <> ''`
	selectAnswerByBrowser = `SELECT ` + answerColumns + ` FROM answers WHERE upgrade = ? AND browser = ? AND browser <> '' AND link = ''`
)

func scanAnswer(row scanner) (AnswerRow, error) {
	var a AnswerRow
	var recorded int64
	err := row.Scan(&a.Answer, &a.Upgrade, &a.Link, &a.Browser, &a.Subscriber, &a.Rating, &a.Disruption, &a.HasText, &recorded,
		&a.Revisions, &a.Communication, &a.Minutes, &a.Effort, &a.Role, &a.Channel, &a.Mode)
	a.Recorded = moment(recorded)
	return a, err
}

// Answers lists the answers about an upgrade, oldest first; of those that
// were changed, the newest.
func (s *Store) Answers(ctx context.Context, upgrade string) ([]AnswerRow, error) {
	return list(ctx, s, selectAnswers, []any{upgrade}, scanAnswer)
}

// AnswerByLink is the answer given through a personal link, by the hash of
// its token; false if there is none.
func (s *Store) AnswerByLink(ctx context.Context, hash string) (AnswerRow, bool, error) {
	return s.answer(ctx, selectAnswerByLink, hash)
}

// AnswerByBrowser is the answer a browser gave in the open form of an
// upgrade; false if there is none.
func (s *Store) AnswerByBrowser(ctx context.Context, upgrade, browser string) (AnswerRow, bool, error) {
	return s.answer(ctx, selectAnswerByBrowser, upgrade, browser)
}

func (s *Store) answer(ctx context.Context, query string, args ...any) (AnswerRow, bool, error) {
	a, err := scanAnswer(s.one(ctx, query, args...))
	ok, err := found(err)
	return a, ok, err
}

// AnswersOf lists the answers of a subscriber, or of a person who is none,
// oldest first.
func (s *Store) AnswersOf(ctx context.Context, subscriber string) ([]AnswerRow, error) {
	return list(ctx, s, selectAnswersOf, []any{subscriber}, scanAnswer)
}

const selectLate = `SELECT coalesce(sum(n), 0) FROM late_answers WHERE upgrade = ?`

// LateAnswers is how many answers came after the survey of an upgrade had
// closed.
func (s *Store) LateAnswers(ctx context.Context, upgrade string) (int, error) {
	var n int
	_, err := s.row(ctx, selectLate, []any{upgrade}, &n)
	return n, err
}

const selectEarlier = `SELECT id, revisions FROM answers WHERE id = ?1
	UNION SELECT id, revisions FROM answers WHERE link = ?2 AND link <> ''
	UNION SELECT id, revisions FROM answers WHERE upgrade = ?3 AND browser = ?4 AND browser <> '' AND link = '' AND ?2 = ''`

// ReplaceAnswer adds an answer in the place of the one it changes: that of
// the same id, of the same link, or without a link of the same browser. What
// was raised for that one, and what everybody is shown of it, stands for it.
func (tx *Tx) ReplaceAnswer(a AnswerRow) error {
	var earlier []string
	err := tx.each(selectEarlier, []any{a.Answer, a.Link, a.Upgrade, a.Browser}, func(rows *sql.Rows) error {
		var id string
		var revisions int
		err := rows.Scan(&id, &revisions)
		earlier, a.Revisions = append(earlier, id), max(a.Revisions, revisions+1)
		return err
	})
	if err != nil {
		return err
	}
	for _, id := range earlier {
		if err := errors.Join(tx.exec(deleteAnswer, id), tx.exec(renameItem, a.Answer, id), tx.exec(renameShown, a.Answer, id)); err != nil {
			return err
		}
	}
	return tx.exec(insertAnswer, a.Answer, a.Upgrade, a.Link, a.Browser, a.Subscriber, a.Rating, a.Disruption, a.HasText,
		micros(a.Recorded), a.Revisions, a.Communication, a.Minutes, a.Effort, a.Role, a.Channel, a.Mode)
}

const (
	insertAnswer = `INSERT INTO answers (` + answerColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	deleteAnswer = `DELETE FROM answers WHERE id = ?`
	countLate    = `INSERT INTO late_answers (upgrade, n) VALUES (?, 1) ON CONFLICT (upgrade) DO UPDATE SET n = n + 1`
)

// Low reports whether somebody is to look at the answer.
func (a AnswerRow) Low() bool { return a.numbers().Low() }

// CountLate counts an answer that came after the survey had closed.
func (tx *Tx) CountLate(upgrade string) error { return tx.exec(countLate, upgrade) }

// Numbers is what answers of one survey count for. What too few said
// anonymously is withheld, see [survey.Withhold].
func Numbers(rows []AnswerRow) []survey.Answer {
	all := make([]survey.Answer, len(rows))
	for i, r := range rows {
		all[i] = r.numbers()
	}
	return survey.Withhold(all)
}

// numbers is what the answer counts for.
func (a AnswerRow) numbers() survey.Answer {
	return survey.Answer{
		Anonymous: a.Mode == plan.Anonymous, Rating: a.Rating, Disruption: a.Disruption,
		Communication: a.Communication, Minutes: a.Minutes, Effort: a.Effort, Role: a.Role, Channel: a.Channel,
	}
}
