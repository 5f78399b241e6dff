package store

import (
	"context"
	"time"

	"upgradehub/events"
)

// DeedRow is something that a person did in Slack, such as a decision on a gate,
// or that they said they had read a message.
type DeedRow struct {
	Upgrade string      `json:"upgrade,omitempty"`
	Type    events.Type `json:"type"`
	Time    time.Time   `json:"time"`
	// Delivery is the message that was read.
	Delivery string `json:"delivery,omitempty"`
}

// The source of a fact says who did it in Slack. Nothing is indexed by it: it is
// asked once, when somebody wants to know what is known of them.
const selectDeeds = `SELECT upgrade, type, recorded AS at, '' FROM log WHERE instr(raw, CAST('"source":"slack/' || ?1 || '"' AS BLOB)) > 0
	UNION ALL SELECT coalesce(d.upgrade, ''), ?2, a.recorded, a.delivery
		FROM acknowledgements a LEFT JOIN deliveries d ON d.id = a.delivery WHERE a.person = ?1
	ORDER BY at, type`

// Deeds lists what a person did in Slack, oldest first.
func (s *Store) Deeds(ctx context.Context, person string) ([]DeedRow, error) {
	return list(ctx, s, selectDeeds, []any{person, string(events.TypeNoticeAcknowledged)}, func(row scanner) (d DeedRow, err error) {
		var at int64
		err = row.Scan(&d.Upgrade, &d.Type, &at, &d.Delivery)
		d.Time = moment(at)
		return d, err
	})
}
