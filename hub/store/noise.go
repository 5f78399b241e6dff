package store

import "context"

// Noise is how many messages the recipients of a role got on a channel. What
// was edited in place, and what hangs in a thread, disturbs nobody. Of two in
// the middle Median is the larger.
type Noise struct {
	Role       string `json:"role"`
	Channel    string `json:"channel"`
	Recipients int    `json:"recipients"`
	Least      int    `json:"least"`
	Median     int    `json:"median"`
	Most       int    `json:"most"`
}

const selectNoise = `WITH got AS (
		SELECT role, channel, subscriber, count(*) AS n FROM deliveries
		WHERE upgrade = ? AND accepted_at > 0 AND form IN ('message', 'broadcast') GROUP BY role, channel, subscriber),
	placed AS (
		SELECT role, channel, n, row_number() OVER w AS place, count(*) OVER (PARTITION BY role, channel) AS of
		FROM got WINDOW w AS (PARTITION BY role, channel ORDER BY n))
	SELECT role, channel, max(of), min(n), max(CASE WHEN place = of / 2 + 1 THEN n END), max(n)
	FROM placed GROUP BY role, channel ORDER BY role, channel`

// Noise counts the messages about an upgrade that its recipients got.
func (s *Store) Noise(ctx context.Context, upgrade string) ([]Noise, error) {
	return list(ctx, s, selectNoise, []any{upgrade}, func(row scanner) (Noise, error) {
		var n Noise
		err := row.Scan(&n.Role, &n.Channel, &n.Recipients, &n.Least, &n.Median, &n.Most)
		return n, err
	})
}
