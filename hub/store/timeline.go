package store

import (
	"context"
	"encoding/json"

	"upgradehub/events"
)

const timelineColumns = `seq, upgrade, event_id, source, type, time, recorded, visibility, applied, anomaly`

const insertTimeline = `INSERT INTO timeline (` + timelineColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

// PutTimeline notes an event of an upgrade and what it did.
func (tx *Tx) PutTimeline(t TimelineRow) error {
	return tx.exec(insertTimeline, t.Seq, t.Upgrade, t.ID, t.Source, string(t.Type), micros(t.Time), micros(t.Recorded),
		string(t.Visibility), t.Applied, t.Anomaly)
}

func scanTimeline(row scanner) (TimelineRow, error) {
	var t TimelineRow
	var at, recorded int64
	err := row.Scan(&t.Seq, &t.Upgrade, &t.ID, &t.Source, &t.Type, &at, &recorded, &t.Visibility, &t.Applied, &t.Anomaly, &t.Object)
	t.Time, t.Recorded = moment(at), moment(recorded)
	return t, err
}

// What the clock spoke of stands in its fact.
const readTimeline = `SELECT ` + timelineColumns + `, CASE WHEN type LIKE 'clock.%' THEN (
		SELECT coalesce(json_extract(CAST(raw AS TEXT), '$.data.object'), '') FROM log WHERE log.seq = timeline.seq) ELSE '' END
	FROM timeline `

const selectTimeline = readTimeline + `WHERE upgrade = ? ORDER BY seq`

// Timeline lists every event of an upgrade, oldest first.
func (s *Store) Timeline(ctx context.Context, upgrade string) ([]TimelineRow, error) {
	return list(ctx, s, selectTimeline, []any{upgrade}, scanTimeline)
}

const selectAnomalies = readTimeline + `WHERE anomaly <> '' ORDER BY seq DESC LIMIT ?`

// Anomalies lists the events that were kept and not applied, newest first.
func (s *Store) Anomalies(ctx context.Context, limit int) ([]TimelineRow, error) {
	return list(ctx, s, selectAnomalies, []any{limit}, scanTimeline)
}

const insertRejected = `INSERT INTO rejected (seq, intake, subject, upgrade, reasons, payload, recorded) VALUES (?, ?, ?, ?, ?, ?, ?)`

// PutRejected keeps a message that could not become a fact.
func (tx *Tx) PutRejected(r RejectedRow) error {
	return tx.exec(insertRejected, r.Seq, r.Intake, r.Subject, r.Upgrade, jsonList(r.Reasons), r.Payload, micros(r.Recorded))
}

const selectRejected = `SELECT seq, intake, subject, upgrade, reasons, payload, recorded FROM rejected ORDER BY seq DESC LIMIT ?`

// Rejected lists the messages that could not become facts, newest first.
func (s *Store) Rejected(ctx context.Context, limit int) ([]RejectedRow, error) {
	return list(ctx, s, selectRejected, []any{limit}, func(row scanner) (RejectedRow, error) {
		var r RejectedRow
		var reasons string
		var recorded int64
		if err := row.Scan(&r.Seq, &r.Intake, &r.Subject, &r.Upgrade, &reasons, &r.Payload, &recorded); err != nil {
			return r, err
		}
		r.Recorded = moment(recorded)
		return r, json.Unmarshal([]byte(reasons), &r.Reasons)
	})
}

const insertDuty = `INSERT INTO duties (epoch, node, seq) VALUES (?, ?, ?) ON CONFLICT (epoch) DO NOTHING`

// PutDuty notes which node took duty with which epoch.
func (tx *Tx) PutDuty(d events.Duty, seq uint64) error {
	return tx.exec(insertDuty, d.Epoch, d.Node, seq)
}

// jsonList is how the tables keep a list; an empty one is "[]".
func jsonList(list []string) string {
	if len(list) == 0 {
		return "[]"
	}
	// Strings can always be written.
	b, _ := json.Marshal(list)
	return string(b)
}

const selectSaid = `SELECT seq, subject, raw FROM log WHERE upgrade = ? AND upgrade <> '' ORDER BY seq`

// Said lists all facts about an upgrade that can be understood, oldest first.
func (s *Store) Said(ctx context.Context, upgrade string) ([]events.Event, error) {
	facts, err := list(ctx, s, selectSaid, []any{upgrade}, scanFact)
	var said []events.Event
	for _, f := range facts {
		if f.Err == nil {
			said = append(said, f.Event)
		}
	}
	return said, err
}
