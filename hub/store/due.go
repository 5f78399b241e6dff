package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"upgradehub/events"
	"upgradehub/notifiers"
)

const deliveryColumns = `id, notice, upgrade, cause, moment, audience, role, channel, form, subscriber,
	required, state, attempts, next_at, not_before, useful_until, code, provider, place,
	ambiguous, why, retried, extra_sends, owed_at, accepted_at, seq`

func scanDelivery(row scanner) (DeliveryRow, error) {
	var d DeliveryRow
	err := row.Scan(d.fields()...)
	return d, err
}

// fields are where the deliveryColumns go.
func (d *DeliveryRow) fields() []any {
	return []any{
		&d.ID, &d.Notice, &d.Upgrade, &d.Cause, &d.Moment, &d.Audience, &d.Role, &d.Channel, &d.Form,
		&d.Subscriber, &d.Required, &d.State, &d.Attempts,
		when{&d.NextAt},
		when{&d.NotBefore},
		when{&d.UsefulUntil},
		&d.Code, &d.Provider, &d.Place,
		answersLost{d},
		&d.Why, &d.Retried, &d.ExtraSends,
		when{&d.OwedAt},
		when{&d.AcceptedAt},
		&d.Seq,
	}
}

// when scans a column of microseconds into a time.
type when struct{ *time.Time }

// Scan is what database/sql calls.
func (w when) Scan(v any) error {
	n, ok := v.(int64)
	if !ok {
		return fmt.Errorf("time is a %T, want microseconds", v)
	}
	*w.Time = moment(n)
	return nil
}

// answersLost scans how many answers were lost into both of its fields.
type answersLost struct{ *DeliveryRow }

// Scan is what database/sql calls.
func (a answersLost) Scan(v any) error {
	n, ok := v.(int64)
	if !ok {
		return fmt.Errorf("lost answers are a %T, want a number", v)
	}
	a.LostAnswers, a.Ambiguous = int(n), n > 0
	return nil
}

const (
	outgoing = `SELECT d.id, d.upgrade, d.cause, d.subscriber, d.channel, d.attempts, d.code <> '', n.json,
			coalesce(c.place, r.place, ''), coalesce(r.ts, ''), coalesce(c.ts, '')
		FROM deliveries d JOIN notices n ON n.id = d.notice
		LEFT JOIN roots r ON r.upgrade = d.upgrade AND r.subscriber = d.subscriber
		LEFT JOIN cards c ON d.form = 'card' AND c.upgrade = d.upgrade AND c.subscriber = d.subscriber
			AND c.card = json_extract(n.json, '$.card') `

	// Neighbours in the table go out together, so that few of its pages
	// change with each outcome.
	selectDue = `SELECT d.id, d.upgrade, d.cause, d.subscriber, d.channel, d.attempts, d.code <> '', n.json, '', '', ''
		FROM deliveries d JOIN notices n ON n.id = d.notice
		WHERE d.state = 'pending' AND d.channel = ?1 AND d.not_before <= ?2 AND d.next_at <= ?2
			AND d.useful_until > ?2 AND NOT (SELECT held FROM meta)
		ORDER BY d.cause, d.rowid LIMIT ?3`

	// Where replies hang below a root message, each target has a line, and
	// only its head may go: the root message first, then the oldest. A head
	// that waits for its next try holds up those behind it, but not for long:
	// who waits longer than lineWait steps out of the line, except the root
	// message that the others are to hang below. Once the root
	// message stands, its edits and the replies are lines of their own, so
	// that edits may come seldom and replies at once. Messages to a person and
	// cards stand in no line.
	selectDueInLine = outgoing + `JOIN (
			SELECT p.id, row_number() OVER (
				PARTITION BY p.upgrade, p.subscriber, CASE WHEN q.ts IS NULL THEN '' ELSE p.class END
				ORDER BY p.class = 'root' DESC, p.cause, p.id) AS place
			FROM deliveries p LEFT JOIN roots q ON q.upgrade = p.upgrade AND q.subscriber = p.subscriber
			WHERE p.state = 'pending' AND p.class <> 'message' AND p.channel = ?1 AND p.not_before <= ?2 AND p.useful_until > ?2
				AND (p.next_at <= ?4 OR p.class = 'root' AND q.ts IS NULL)
			UNION ALL
			SELECT m.id, 1 FROM deliveries m
			WHERE m.state = 'pending' AND m.class = 'message' AND m.channel = ?1 AND m.not_before <= ?2 AND m.useful_until > ?2
		) line ON line.id = d.id AND line.place = 1
		WHERE d.next_at <= ?2 AND NOT (SELECT held FROM meta)
		ORDER BY d.cause, d.id LIMIT ?3`

	// An edit that only keeps a root message true has time, and nobody hears it.
	selectWaiting = outgoing + `WHERE d.state = 'pending' AND d.channel = ?1 AND d.not_before <= ?2 AND d.useful_until > ?2
			AND NOT (d.form = 'root' AND d.moment = ?3 AND r.ts IS NOT NULL) AND NOT (SELECT held FROM meta)
		ORDER BY d.cause, d.id`

	selectExpired = outgoing + `WHERE d.state = 'pending' AND d.useful_until <= ?1
		ORDER BY d.useful_until, d.cause, d.id LIMIT ?2`
)

// lineWait is how long a reply may hold up the later ones of its thread.
const lineWait = time.Minute

// slack is the channel on which replies hang below a root message.
const slack = "slack"

// Due lists at most limit deliveries of a channel that are to be sent now,
// oldest first; none while all is held. On Slack, a reply is due only when its
// root message stands and no older reply is pending.
func (s *Store) Due(ctx context.Context, channel string, now time.Time, limit int) ([]notifiers.Delivery, error) {
	query, args := selectDue, []any{channel, micros(now), limit}
	if channel == slack {
		query, args = selectDueInLine, append(args, micros(now.Add(lineWait)))
	}
	return list(ctx, s, query, args, scanOutgoing())
}

// Waiting lists all that is owed on a channel now, also what waits for its next
// try or for its root message, oldest first; none while all is held.
func (s *Store) Waiting(ctx context.Context, channel string, now time.Time) ([]notifiers.Delivery, error) {
	return list(ctx, s, selectWaiting, []any{channel, micros(now), string(events.MomentStatus)}, scanOutgoing())
}

// Expired lists at most limit pending deliveries that nobody needs any more,
// oldest first.
func (s *Store) Expired(ctx context.Context, now time.Time, limit int) ([]notifiers.Delivery, error) {
	return list(ctx, s, selectExpired, []any{micros(now), limit}, scanOutgoing())
}

// scanOutgoing reads deliveries. What goes out together is mostly of one
// notice, which is read once.
func scanOutgoing() func(scanner) (notifiers.Delivery, error) {
	var last string
	var notice events.Notice
	return func(row scanner) (notifiers.Delivery, error) {
		var d notifiers.Delivery
		var text string
		err := row.Scan(&d.ID, &d.Upgrade, &d.Cause, &d.Subscriber, &d.Channel, &d.Attempts, &d.PutOff, &text, &d.Place, &d.Root, &d.Card)
		if err != nil {
			return d, err
		}
		if text != last {
			notice = events.Notice{}
			if err := json.Unmarshal([]byte(text), &notice); err != nil {
				return d, fmt.Errorf("notice of delivery %s: %w", d.ID, err)
			}
			last = text
		}
		d.Notice = notice
		return d, nil
	}
}

const selectNextDue = `SELECT coalesce(min(max(not_before, next_at)), 0) FROM deliveries
	WHERE state = 'pending' AND max(not_before, next_at) > ?1 AND NOT (SELECT held FROM meta)`

// NextDue is the earliest moment after now at which a pending delivery may be
// sent; false if there is none.
func (s *Store) NextDue(ctx context.Context, now time.Time) (time.Time, bool) {
	var at int64
	if _, err := s.row(ctx, selectNextDue, []any{micros(now)}, &at); err != nil {
		// Whoever asks looks again before long anyhow.
		s.log.WarnContext(ctx, "next delivery not found", "err", err)
		return time.Time{}, false
	}
	return moment(at), at != 0
}

// Delivery is one delivery; false if there is none.
func (s *Store) Delivery(ctx context.Context, id string) (DeliveryRow, bool, error) {
	d, err := scanDelivery(s.one(ctx, selectDelivery, id))
	ok, err := found(err)
	return d, ok, err
}

const selectOwed = `SELECT json FROM notices n WHERE upgrade = ? AND cause < ? AND superseded = ''
	AND (cause IN (SELECT cause FROM pages) OR EXISTS (SELECT 1 FROM deliveries WHERE notice = n.id AND state = 'pending'))
	ORDER BY cause, id`

// OwedBefore lists the notices of an upgrade with causes before this one that
// are still to be sent to somebody.
func (s *Store) OwedBefore(ctx context.Context, upgrade string, cause uint64) ([]events.Notice, error) {
	return list(ctx, s, selectOwed, []any{upgrade, cause}, scanNotice)
}

// Stats are numbers over everything the node knows.
type Stats struct {
	Deliveries []DeliveryCount
	// ExtraSends is how many messages were accepted again, and Ambiguous for
	// how many the answer of a provider was lost.
	ExtraSends int
	Ambiguous  int
	Rejected   int
	Items      ItemCounts
	Reports    []ReportCount
}

// ReportCount is how many people said that something is broken by an upgrade
// that is under way.
type ReportCount struct {
	Upgrade string
	Count   int
}

// DeliveryCount is how many deliveries of a channel are in a state.
type DeliveryCount struct {
	Channel, State string
	Count          int
}

const (
	countDeliveries = `SELECT channel, state, count(*) FROM deliveries GROUP BY channel, state ORDER BY channel, state`
	countExtra      = `SELECT coalesce(sum(extra_sends), 0), coalesce(sum(ambiguous), 0) FROM deliveries`
	countRejected   = `SELECT count(*) FROM rejected`
)

// Stats counts deliveries, extra sends, rejected messages, items and reports.
func (s *Store) Stats(ctx context.Context) (Stats, error) {
	var st Stats
	if _, err := s.row(ctx, countExtra, nil, &st.ExtraSends, &st.Ambiguous); err != nil {
		return st, err
	}
	if _, err := s.row(ctx, countRejected, nil, &st.Rejected); err != nil {
		return st, err
	}
	var err error
	if st.Items, err = s.ItemCounts(ctx, ""); err != nil {
		return st, err
	}
	if st.Reports, err = s.reportCounts(ctx); err != nil {
		return st, err
	}
	st.Deliveries, err = list(ctx, s, countDeliveries, nil, func(row scanner) (DeliveryCount, error) {
		var c DeliveryCount
		err := row.Scan(&c.Channel, &c.State, &c.Count)
		return c, err
	})
	return st, err
}
