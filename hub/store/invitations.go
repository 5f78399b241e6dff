package store

import (
	"context"

	"upgradehub/events/survey"
)

// keepCount adds links that are about to be dropped to how many were invited,
// which is no person and stays: else the share of those who answered would rise
// whenever somebody is erased. The condition says which links.
const (
	keepCount = `INSERT INTO past_invitations (upgrade, n, used, forgotten)
		SELECT upgrade, count(*), sum(used), 0 FROM links WHERE purpose = 'feedback' AND upgrade <> '' AND `
	andAdd = ` GROUP BY upgrade ON CONFLICT (upgrade) DO UPDATE SET n = n + excluded.n, used = used + excluded.used`
)

// drop makes the links of a subscriber invalid, in this order.
var drop = []string{
	keepCount + `subscriber = ?1` + andAdd,
	`DELETE FROM links WHERE subscriber = ?1`,
}

// forget drops who was invited to a survey, in this order.
var forget = []string{
	keepCount + `upgrade = ?1` + andAdd,
	`INSERT INTO past_invitations (upgrade, n, used, forgotten) VALUES (?1, 0, 0, 1) ON CONFLICT (upgrade) DO UPDATE SET forgotten = 1`,
	`DELETE FROM links WHERE upgrade = ?1 AND purpose = 'feedback'`,
}

// DropLinks makes every link of a subscriber invalid. How many were invited,
// and how many of the links answered an anonymous survey, stays.
func (tx *Tx) DropLinks(subscriber string) error { return tx.all(drop, subscriber) }

// ForgetInvitations drops the links to the survey of an upgrade, and notes that it
// is to be forgotten who answered and reported, see [Store.ForgottenBonds]. What
// was answered stays, and how many were invited.
func (tx *Tx) ForgetInvitations(upgrade string) error { return tx.all(forget, upgrade) }

func (tx *Tx) all(statements []string, args ...any) error {
	for _, statement := range statements {
		if err := tx.exec(statement, args...); err != nil {
			return err
		}
	}
	return nil
}

const countInvited = `SELECT coalesce(sum(n), 0), coalesce(sum(used), 0) FROM (
	SELECT count(*) AS n, sum(used) AS used FROM links WHERE upgrade = ?1 AND purpose = 'feedback'
	UNION ALL SELECT n, used FROM past_invitations WHERE upgrade = ?1
	UNION ALL SELECT 0, count(*) FROM answers WHERE upgrade = ?1 AND invited)`

// Invited is how many recipients were sent a personal link to the survey of an
// upgrade, and how many answered by it.
func (s *Store) Invited(ctx context.Context, upgrade string) (n survey.Invited, err error) {
	_, err = s.row(ctx, countInvited, []any{upgrade}, &n.Asked, &n.Answered)
	return n, err
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
