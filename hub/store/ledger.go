package store

import (
	"context"
	"strings"
	"time"
)

var (
	ledger = `SELECT d.` + strings.Join(strings.Fields(deliveryColumns), ` d.`) + `, s.name, coalesce(l.recorded, 0), coalesce(json_extract(n.json, '$.deferred'), ''),
			(SELECT count(*) FROM acknowledgements a WHERE a.delivery = d.id)
		FROM deliveries d JOIN subscribers s ON s.id = d.subscriber JOIN notices n ON n.id = d.notice
		LEFT JOIN log l ON l.seq = d.cause`

	newestFirst = ` ORDER BY d.cause DESC, d.id LIMIT ?3`

	selectLedger = ledger + ` WHERE (?1 = '' OR d.upgrade = ?1) AND (?2 = '' OR d.state = ?2)` + newestFirst
	selectDebts  = ledger + untold + ` AND (?2 = '' OR d.state = ?2)` + newestFirst
)

// Deliveries lists deliveries, newest cause first.
func (s *Store) Deliveries(ctx context.Context, f DeliveryFilter) ([]LedgerRow, error) {
	if f.Limit <= 0 {
		f.Limit = 1000
	}
	query := selectLedger
	if f.Untold {
		query = selectDebts
	}
	return list(ctx, s, query, []any{f.Upgrade, f.State, f.Limit}, scanLedger)
}

const selectTo = `SELECT ` + deliveryColumns + ` FROM deliveries WHERE subscriber = ? ORDER BY cause DESC, id`

// DeliveriesTo lists what a subscriber was owed, newest cause first.
func (s *Store) DeliveriesTo(ctx context.Context, subscriber string) ([]DeliveryRow, error) {
	return list(ctx, s, selectTo, []any{subscriber}, scanDelivery)
}

func scanLedger(row scanner) (LedgerRow, error) {
	var r LedgerRow
	err := row.Scan(append(r.fields(), &r.Name, when{&r.CausedAt}, &r.Deferred, &r.Acknowledged)...)
	return r, err
}

// Proof says what became of everything that was owed for an upgrade.
type Proof struct {
	Upgrade string `json:"upgrade"`
	// Told has a row for each moment, audience, channel and state.
	Told []Told `json:"told"`
	// Speed has a row for each channel.
	Speed []Speed `json:"speed"`
	// ExtraSends is how many messages were accepted again, and Ambiguous for
	// how many the answer of a provider was lost: those may have come again.
	ExtraSends int `json:"extra_sends"`
	Ambiguous  int `json:"ambiguous"`
}

// Told counts the deliveries of one moment to one audience on one channel.
type Told struct {
	Moment   string `json:"moment"`
	Audience string `json:"audience"`
	Channel  string `json:"channel"`
	State    string `json:"state"`
	Count    int    `json:"count"`
	// First and Last are when providers accepted them; zero if none did.
	First time.Time `json:"first,omitzero"`
	Last  time.Time `json:"last,omitzero"`
}

// Speed is how long it took from the event to acceptance by a provider, in
// milliseconds, by the nearest rank. What was deferred counts from when it
// might go.
type Speed struct {
	Channel string `json:"channel"`
	Count   int    `json:"count"`
	P50     int64  `json:"p50_ms"`
	P95     int64  `json:"p95_ms"`
	Max     int64  `json:"max_ms"`
}

const (
	selectTold = `SELECT moment, audience, channel, state, count(*),
			coalesce(min(nullif(accepted_at, 0)), 0), max(accepted_at)
		FROM deliveries WHERE upgrade = ? GROUP BY moment, audience, channel, state
		ORDER BY min(cause), audience, channel, state`

	selectSpeed = `WITH took AS (
			SELECT d.channel, max(d.accepted_at - max(l.recorded, d.not_before), 0) / 1000 AS ms,
				row_number() OVER w AS place, count(*) OVER (PARTITION BY d.channel) AS n
			FROM deliveries d JOIN log l ON l.seq = d.cause WHERE d.upgrade = ? AND d.accepted_at > 0
			WINDOW w AS (PARTITION BY d.channel ORDER BY d.accepted_at - max(l.recorded, d.not_before)))
		SELECT channel, max(n), max(CASE WHEN place = (n + 1) / 2 THEN ms END),
			max(CASE WHEN place = (n * 95 + 99) / 100 THEN ms END), max(ms)
		FROM took GROUP BY channel ORDER BY channel`

	selectExtra = `SELECT coalesce(sum(extra_sends), 0), coalesce(sum(ambiguous), 0) FROM deliveries WHERE upgrade = ?`
)

// Proof sums up who was told what of an upgrade, and when.
func (s *Store) Proof(ctx context.Context, upgrade string) (Proof, error) {
	p := Proof{Upgrade: upgrade}
	args := []any{upgrade}
	if _, err := s.row(ctx, selectExtra, args, &p.ExtraSends, &p.Ambiguous); err != nil {
		return p, err
	}
	var err error
	p.Told, err = list(ctx, s, selectTold, args, func(row scanner) (Told, error) {
		var t Told
		err := row.Scan(&t.Moment, &t.Audience, &t.Channel, &t.State, &t.Count, when{&t.First}, when{&t.Last})
		return t, err
	})
	if err != nil {
		return p, err
	}
	p.Speed, err = list(ctx, s, selectSpeed, args, func(row scanner) (Speed, error) {
		var v Speed
		err := row.Scan(&v.Channel, &v.Count, &v.P50, &v.P95, &v.Max)
		return v, err
	})
	return p, err
}
