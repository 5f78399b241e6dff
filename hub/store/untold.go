package store

import (
	"context"

	"upgradehub/events"
)

// Untold counts deliveries of an audience that had to arrive and did not.
type Untold struct {
	Audience string `json:"audience"`
	Channel  string `json:"channel"`
	State    string `json:"state"`
	Count    int    `json:"count"`
}

// untold are the deliveries of an upgrade that had to arrive and did not. Who
// was told anything of the upgrade since is told, whatever a newer message
// replaced, and so is who was told another way. Who has left need not be told.
const untold = ` LEFT JOIN (SELECT subscriber, max(cause) AS told FROM deliveries
		WHERE upgrade = ?1 AND state = 'accepted' GROUP BY subscriber) a ON a.subscriber = d.subscriber
	WHERE d.upgrade = ?1 AND (d.required = 1 OR d.moment = 'announced') AND s.state = 'active'
		AND (d.state IN ('pending', 'failed') OR d.state = 'superseded' AND coalesce(a.told, 0) <= d.cause)
		AND NOT (d.state = 'failed' AND d.why = '` + events.WhyElsewhere + `' AND EXISTS (
			SELECT 1 FROM deliveries o JOIN subscribers t ON t.id = o.subscriber
			WHERE o.cause = d.cause AND o.state = 'accepted' AND o.channel <> d.channel
				AND (t.person = s.person OR o.audience = d.audience)))`

const selectToldSince = `SELECT 1 FROM notices n JOIN deliveries d ON d.cause = n.cause AND d.subscriber = ?2
	WHERE n.upgrade = ?1 AND n.cause > ?3 AND d.state = 'accepted' LIMIT 1`

// ToldSince reports whether a subscriber was told something of an upgrade that
// happened later than a cause.
func (s *Store) ToldSince(ctx context.Context, upgrade, subscriber string, cause uint64) (bool, error) {
	var one int
	return s.row(ctx, selectToldSince, []any{upgrade, subscriber, cause}, &one)
}

const selectUntold = `SELECT d.audience, d.channel, d.state, count(*)
	FROM deliveries d JOIN subscribers s ON s.id = d.subscriber` + untold + `
	GROUP BY d.audience, d.channel, d.state ORDER BY d.audience, d.channel, d.state`

// Untold lists the announcements and required messages of an upgrade that no
// provider has accepted.
func (s *Store) Untold(ctx context.Context, upgrade string) ([]Untold, error) {
	return list(ctx, s, selectUntold, []any{upgrade}, func(row scanner) (Untold, error) {
		var u Untold
		err := row.Scan(&u.Audience, &u.Channel, &u.State, &u.Count)
		return u, err
	})
}
