package store

import (
	"context"

	"upgradehub/events/plan"
	"upgradehub/events/survey"
)

const answerColumns = `id, upgrade, invited, rating, disruption, has_text, recorded, revisions, communication,
	minutes, effort, role, channel, mode`

const (
	selectAnswers   = `SELECT ` + answerColumns + ` FROM answers WHERE upgrade = ?1 UNION ALL ` + asAnswers + ` WHERE upgrade = ?1 ORDER BY recorded, id`
	selectAnswersOf = `SELECT ` + answerColumns + ` FROM answers WHERE id IN ` + bondedTo + ` ORDER BY recorded, id`
	selectAnswer    = `SELECT ` + answerColumns + ` FROM answers WHERE id = ?`
)

func scanAnswer(row scanner) (AnswerRow, error) {
	var a AnswerRow
	var recorded int64
	err := row.Scan(&a.Answer, &a.Upgrade, &a.Invited, &a.Rating, &a.Disruption, &a.HasText, &recorded,
		&a.Revisions, &a.Communication, &a.Minutes, &a.Effort, &a.Role, &a.Channel, &a.Mode)
	a.Recorded = moment(recorded)
	return a, err
}

// Answers lists the answers about an upgrade, oldest first; of those that
// were changed, the newest.
func (s *Store) Answers(ctx context.Context, upgrade string) ([]AnswerRow, error) {
	return list(ctx, s, selectAnswers, []any{upgrade}, scanAnswer)
}

// Answer is the answer of an id, unless it is anonymous; false if there is none.
func (s *Store) Answer(ctx context.Context, id string) (AnswerRow, bool, error) {
	a, err := scanAnswer(s.one(ctx, selectAnswer, id))
	ok, err := found(err)
	return a, ok, err
}

// AnswersOf lists the answers that this node's mirror of PEOPLE says are of an
// owner, oldest first, see [Bond].
func (s *Store) AnswersOf(ctx context.Context, owner string) ([]AnswerRow, error) {
	return list(ctx, s, selectAnswersOf, []any{owner}, scanAnswer)
}

const selectLate = `SELECT coalesce(sum(n), 0) FROM late_answers WHERE upgrade = ?`

// LateAnswers is how many answers came after the survey of an upgrade had
// closed.
func (s *Store) LateAnswers(ctx context.Context, upgrade string) (int, error) {
	var n int
	_, err := s.row(ctx, selectLate, []any{upgrade}, &n)
	return n, err
}

// PutAnswer adds an answer, or changes the one of the same id. What everybody is
// shown of it stands until the change is shown.
func (tx *Tx) PutAnswer(a AnswerRow) error {
	return tx.exec(upsertAnswer, a.Answer, a.Upgrade, a.Invited, a.Rating, a.Disruption, a.HasText, micros(a.Recorded), a.Revisions,
		a.Communication, a.Minutes, a.Effort, a.Role, a.Channel, a.Mode)
}

const (
	upsertAnswer = `INSERT INTO answers (` + answerColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET upgrade = excluded.upgrade, invited = excluded.invited, rating = excluded.rating,
			disruption = excluded.disruption, has_text = excluded.has_text, recorded = excluded.recorded, revisions = revisions + 1,
			communication = excluded.communication, minutes = excluded.minutes, effort = excluded.effort, role = excluded.role,
			channel = excluded.channel, mode = excluded.mode, shown = 0`
	countLate = `INSERT INTO late_answers (upgrade, n) VALUES (?, 1) ON CONFLICT (upgrade) DO UPDATE SET n = n + 1`
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
