package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"sync"

	"upgradehub/events"
	"upgradehub/events/bus"
	"upgradehub/events/upgrade"
)

const insertLog = `INSERT INTO log (seq, subject, type, upgrade, event_id, intake, raw, link, recorded) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`

// PutFact keeps the raw fact with its link of the hash chain.
func (tx *Tx) PutFact(f bus.Fact, link []byte) error {
	e := f.Event
	return tx.exec(insertLog, f.Seq, f.Subject, string(e.Type), e.Upgrade, e.ID, e.Intake, f.Raw, link, micros(e.Recorded))
}

const selectFacts = `SELECT seq, subject, raw FROM log WHERE seq > ? ORDER BY seq LIMIT ?`

// Facts are at most limit facts after a sequence, in order.
func (s *Store) Facts(ctx context.Context, after uint64, limit int) ([]bus.Fact, error) {
	return list(ctx, s, selectFacts, []any{after, limit}, scanFact)
}

const selectToPlan = `SELECT seq, subject, raw FROM log
	WHERE seq > ? AND type NOT IN ('outcome.accepted', 'outcome.superseded') ORDER BY seq LIMIT ?`

// FactsToPlan are at most limit facts after a sequence, in order, without what
// was accepted or dropped: those are many, and nothing follows from them.
func (s *Store) FactsToPlan(ctx context.Context, after uint64, limit int) ([]bus.Fact, error) {
	return list(ctx, s, selectToPlan, []any{after, limit}, scanFact)
}

// Facts are at most limit facts after a sequence, in order.
func (tx *Tx) Facts(after uint64, limit int) ([]bus.Fact, error) {
	var all []bus.Fact
	err := tx.each(selectFacts, []any{after, limit}, func(rows *sql.Rows) error {
		f, err := scanFact(rows)
		all = append(all, f)
		return err
	})
	return all, err
}

// scanFact reads a fact as the bus does: one that cannot be understood is a
// fact all the same.
func scanFact(row scanner) (bus.Fact, error) {
	var f bus.Fact
	if err := row.Scan(&f.Seq, &f.Subject, &f.Raw); err != nil {
		return f, err
	}
	f.Err = json.Unmarshal(f.Raw, &f.Event)
	return f, nil
}

// ConcernsState reports whether facts of a type are folded into the state of
// their upgrade: what publishers say, what the clock says, what is forecast,
// and what people say is broken.
func ConcernsState(t events.Type) bool {
	switch t {
	case events.TypeForecastMade, events.TypeFeedbackReported, events.ClockLate, events.ClockOverdue, events.ClockSilent, events.ClockPromiseBroken, events.ClockDue:
		return true
	}
	return !t.Own()
}

// past remembers, for each upgrade, the state it was last asked for, because
// who looks back walks forward fact by fact.
type past struct {
	mu sync.Mutex
	at map[string]state
}

type state struct {
	u   *upgrade.Upgrade
	seq uint64 // of the newest fact in u
}

// from is a state not after seq to go on from, and a copy of it.
func (p *past) from(id string, seq uint64) state {
	p.mu.Lock()
	defer p.mu.Unlock()
	st, ok := p.at[id]
	if !ok || st.seq > seq {
		return state{}
	}
	return state{u: st.u.Clone(), seq: st.seq}
}

func (p *past) keep(id string, st state) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.at == nil {
		p.at = make(map[string]state)
	}
	p.at[id] = state{u: st.u.Clone(), seq: st.seq}
}

const selectPast = `SELECT seq, subject, raw FROM log WHERE upgrade = ? AND upgrade <> '' AND seq > ? AND seq <= ? ORDER BY seq`

// UpgradeAt is the upgrade as it was after the fact at seq; nil if nothing
// was known of it.
func (s *Store) UpgradeAt(ctx context.Context, id string, seq uint64) (*upgrade.Upgrade, error) {
	st := s.past.from(id, seq)
	err := s.each(ctx, selectPast, []any{id, st.seq, seq}, func(rows *sql.Rows) error {
		f, err := scanFact(rows)
		if err != nil || f.Err != nil || !ConcernsState(f.Event.Type) {
			return err
		}
		if st.u == nil {
			st.u = upgrade.New(id)
		}
		st.u.Apply(f.Event)
		st.seq = f.Seq
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("upgrade %q at seq %d: %w", id, seq, err)
	}
	if st.u != nil {
		s.past.keep(id, st)
	}
	return st.u, nil
}

const selectJudged = `SELECT l.seq, l.intake, l.type, coalesce(t.applied, 0), coalesce(t.anomaly, ''), coalesce(r.reasons, '[]')
	FROM log l LEFT JOIN timeline t ON t.seq = l.seq LEFT JOIN rejected r ON r.seq = l.seq WHERE `

// ByIntake is what became of the message at a sequence of INTAKE; false while
// it is not folded, and for one that repeated an earlier message.
func (s *Store) ByIntake(ctx context.Context, seq uint64) (Judged, bool, error) {
	return s.judged(ctx, selectJudged+`l.intake = ? AND l.intake > 0 ORDER BY l.seq LIMIT 1`, seq)
}

// ByFact is what became of the fact under a subject; false if it is not
// folded.
func (s *Store) ByFact(ctx context.Context, subject string) (Judged, bool, error) {
	return s.judged(ctx, selectJudged+`l.subject = ?`, subject)
}

func (s *Store) judged(ctx context.Context, query string, key any) (Judged, bool, error) {
	var j Judged
	var reasons string
	ok, err := s.row(ctx, query, []any{key}, &j.Seq, &j.Intake, &j.Type, &j.Applied, &j.Anomaly, &reasons)
	if err != nil || !ok {
		return Judged{}, false, err
	}
	j.Conflict = j.Type == events.TypeConflict
	err = json.Unmarshal([]byte(reasons), &j.Rejected)
	if len(j.Rejected) == 0 {
		j.Rejected = nil
	}
	return j, err == nil, err
}
