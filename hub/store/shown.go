package store

import (
	"context"
	"database/sql"

	"upgradehub/events/survey"
)

const shownColumns = `id, upgrade, rating, disruption, minutes, communication, effort, role, channel, mode`

const (
	selectUnshown = `SELECT id FROM (
		SELECT id, recorded FROM answers WHERE upgrade = ?1 AND shown = 0
		UNION ALL SELECT id, hour FROM anonymous_answers WHERE upgrade = ?1 AND shown = 0) ORDER BY recorded, id`
	selectShown = `SELECT id, upgrade, 0, rating, disruption, 0, 0, 0, communication, minutes, effort, role, channel, mode
		FROM shown_answers WHERE upgrade = ? ORDER BY id`
)

// show shows an answer to everybody as it is, in this order.
var show = []string{
	`INSERT OR REPLACE INTO shown_answers (` + shownColumns + `)
		SELECT ` + shownColumns + ` FROM answers WHERE id = ?1
		UNION ALL SELECT id, upgrade, rating, disruption, minutes, communication, effort, role, channel, mode FROM (` + asAnswers + ` WHERE id = ?1)`,
	`UPDATE answers SET shown = 1 WHERE id = ?1`,
	`UPDATE anonymous_answers SET shown = 1 WHERE id = ?1`,
}

// ShowAnswers shows everybody the answers to a survey that came or were changed
// since it was called last, as soon as they are twice [survey.Least], and leaves
// out the newest Least. So whatever is shown next, at the end of the survey as
// well, differs by that many: nobody can subtract one.
func (tx *Tx) ShowAnswers(upgrade string) error {
	var unshown []string
	err := tx.each(selectUnshown, []any{upgrade}, func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		unshown = append(unshown, id)
		return err
	})
	if err != nil || len(unshown) < 2*survey.Least {
		return err
	}
	for _, id := range unshown[:len(unshown)-survey.Least] {
		if err := tx.all(show, id); err != nil {
			return err
		}
	}
	return nil
}

// ShownAnswers are what everybody may count of the answers to a survey that is
// open, see [Tx.ShowAnswers]. They say nothing but numbers.
func (s *Store) ShownAnswers(ctx context.Context, upgrade string) ([]AnswerRow, error) {
	return list(ctx, s, selectShown, []any{upgrade}, scanAnswer)
}

const selectWaits = `SELECT EXISTS (SELECT 1 FROM people WHERE key >= 'pending.' || ?1 || '.' AND key < 'pending.' || ?1 || '/')`

// AnswersWait reports whether this node's mirror has anonymous answers about an
// upgrade that are not published yet.
func (s *Store) AnswersWait(ctx context.Context, upgrade string) (bool, error) {
	var waits bool
	_, err := s.row(ctx, selectWaits, []any{upgrade}, &waits)
	return waits, err
}
