package ingest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/bus"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
	"upgradehub/hub/ingest"
	"upgradehub/hub/store"
)

var noon = time.Date(2025, 6, 30, 12, 0, 0, 0, time.UTC)

const logID = "0123456789abcdef0123456789abcdef"

// logbook writes facts as the bus hands them over.
type logbook struct {
	t     testing.TB
	facts []bus.Fact
}

func newLogbook(t testing.TB) *logbook {
	l := &logbook{t: t}
	l.own(events.TypeLogOpened, "", &events.LogOpened{Log: logID})
	return l
}

func (l *logbook) next() uint64 { return uint64(len(l.facts)) + 1 }

// at is when the next fact is recorded: a second after the one before.
func (l *logbook) at() time.Time { return noon.Add(time.Duration(l.next()) * time.Second) }

// own adds a fact of the hub's own.
func (l *logbook) own(t events.Type, up string, d events.Data) uint64 {
	return l.add(events.Event{ID: fmt.Sprintf("own%d", l.next()), Source: "hub", Type: t, Upgrade: up, Time: l.at(), Recorded: l.at(), Data: d})
}

// tool adds what a publisher said.
func (l *logbook) tool(t events.Type, d events.Data) uint64 {
	return l.add(events.Event{
		ID: fmt.Sprintf("e%d", l.next()), Source: "tool", Type: t, Upgrade: "pg16", Time: l.at(), Recorded: l.at(), Intake: l.next(), Data: d,
	})
}

func (l *logbook) add(e events.Event) uint64 {
	l.t.Helper()
	raw, err := json.Marshal(e)
	if err != nil {
		l.t.Fatal(err)
	}
	return l.raw(e.Subject(), raw)
}

func (l *logbook) raw(subject string, raw []byte) uint64 {
	f := bus.Fact{Seq: l.next(), Subject: subject, Raw: raw}
	f.Err = json.Unmarshal(raw, &f.Event)
	l.facts = append(l.facts, f)
	return f.Seq
}

func (l *logbook) planned() uint64 {
	return l.tool(events.UpgradePlanned, &events.Planned{Plan: samplePlan()})
}

func samplePlan() *plan.Plan {
	return &plan.Plan{
		Schema: plan.Schema, ID: "pg16", Title: "PostgreSQL 16", System: "postgres", Zone: "UTC",
		Window: plan.Window{Start: noon.Add(time.Hour), End: noon.Add(3 * time.Hour)},
		Phases: []plan.Phase{{ID: "copy", Title: "Copy", Start: noon.Add(time.Hour), Duration: plan.Duration(time.Hour)}},
	}
}

func (l *logbook) subscribe(id, channel string, audiences ...string) uint64 {
	return l.own(events.SubscriberConfirmed, "", &events.Subscriber{Subscriber: id, Channel: channel, Audiences: audiences})
}

// person adds a person with a target on each channel, by subscriber.
func (l *logbook) person(id string, targets map[string]string, audiences ...string) {
	for _, s := range slices.Sorted(maps.Keys(targets)) {
		l.own(events.SubscriberConfirmed, "", &events.Subscriber{Subscriber: s, Person: id, Channel: targets[s], Audiences: audiences})
	}
}

// owe adds what is owed for a cause. Notices without an id get one.
func (l *logbook) owe(cause uint64, notices ...events.Notice) uint64 {
	for i := range notices {
		n := &notices[i]
		if n.ID == "" {
			n.ID = fmt.Sprintf("n%d-%d", cause, i)
		}
		if n.Form == "" {
			n.Form = events.FormMessage
		}
		if n.UsefulUntil.IsZero() {
			n.UsefulUntil = noon.Add(time.Hour)
		}
	}
	return l.own(events.TypeNoticeOwed, "pg16", &events.NoticeOwed{Cause: cause, Epoch: 1, Notices: notices})
}

func (l *logbook) outcome(t events.Type, outcomes ...events.DeliveryOutcome) uint64 {
	return l.own(t, "", &events.Outcomes{Epoch: 1, Deliveries: outcomes})
}

func open(t testing.TB, path string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close() error = %v", err)
		}
	})
	return s
}

// fold folds everything in batches of a size, 0 for one batch.
func (l *logbook) fold(size int) *store.Store {
	l.t.Helper()
	s := open(l.t, filepath.Join(l.t.TempDir(), "hub.db"))
	l.into(s, size)
	return s
}

func (l *logbook) into(s *store.Store, size int) {
	l.t.Helper()
	if size == 0 {
		size = len(l.facts)
	}
	i := ingest.New(s, nil, slog.New(slog.DiscardHandler))
	_, seq := s.Position()
	for batch := range slices.Chunk(l.facts[seq:], size) {
		if err := i.Handle(context.Background(), batch); err != nil {
			l.t.Fatal(err)
		}
	}
}

func digest(t testing.TB, s *store.Store) string {
	t.Helper()
	d, err := s.Digest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestEventChangesUpgradeAndTimeline(t *testing.T) {
	l := newLogbook(t)
	l.planned()
	started := l.tool(events.PhaseStarted, &events.Phase{Phase: "copy"})
	wrong := l.tool(events.UpgradeScheduled, &events.Scheduled{})
	s := l.fold(0)
	u, seq, err := s.Full(t.Context(), "pg16")
	if err != nil {
		t.Fatal(err)
	}
	if u.State != upgrade.InProgress || seq != started {
		t.Errorf("upgrade is %s, changed at %d, want in_progress at %d", u.State, seq, started)
	}
	rows, err := s.Timeline(t.Context(), "pg16")
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 3 || !rows[1].Applied || rows[2].Applied || rows[2].Anomaly == "" || rows[2].Seq != wrong {
		t.Errorf("timeline = %+v, want three rows and an anomaly at the last", rows)
	}
	if want := noon.Add(3 * time.Second); !rows[1].Recorded.Equal(want) || rows[1].Source != "tool" {
		t.Errorf("timeline row = %+v, want recorded %s by tool", rows[1], want)
	}
	anomalies, err := s.Anomalies(t.Context(), 10)
	if err != nil || len(anomalies) != 1 {
		t.Errorf("Anomalies() = %+v, %v, want one", anomalies, err)
	}
	board, err := s.Upgrades(t.Context())
	if err != nil || len(board) != 1 || board[0].Seq != started {
		t.Errorf("Upgrades() = %+v, %v, want pg16 at %d", board, err, started)
	}
}

func TestBoardLeavesOutWhatIsNotAnnounced(t *testing.T) {
	l := newLogbook(t)
	drill := samplePlan()
	drill.Drill = true
	l.tool(events.UpgradePlanned, &events.Planned{Plan: drill})
	l.add(events.Event{ID: "x", Source: "tool", Type: events.UpdatePosted, Upgrade: "unplanned", Recorded: l.at(), Data: &events.Update{Text: "hi"}})
	s := l.fold(0)
	board, err := s.Upgrades(t.Context())
	if err != nil || len(board) != 0 {
		t.Errorf("Upgrades() = %+v, %v, want none", board, err)
	}
	if p, err := s.Upgrade(t.Context(), "pg16"); err != nil || !p.Drill {
		t.Errorf("Upgrade(drill) = %+v, %v, want it", p, err)
	}
	if _, err := s.Upgrade(t.Context(), "unplanned"); err == nil {
		t.Error("Upgrade(unplanned) is found, want ErrNotFound")
	}
	if u, _, err := s.Full(t.Context(), "unplanned"); err != nil || u == nil {
		t.Errorf("Full(unplanned) = %v, %v, want it", u, err)
	}
	if u, _, err := s.Full(t.Context(), "nobody"); err != nil || u != nil {
		t.Errorf("Full(nobody) = %v, %v, want nil", u, err)
	}
}

func TestMeta(t *testing.T) {
	tests := []struct {
		name  string
		facts func(*logbook)
		want  store.Meta
	}{
		{"opened", func(*logbook) {}, store.Meta{}},
		{"duty taken", func(l *logbook) {
			l.own(events.TypeDuty, "", &events.Duty{Epoch: 3, Node: "a"})
		}, store.Meta{Epoch: 3, DutyNode: "a"}},
		{"epoch never shrinks", func(l *logbook) {
			l.own(events.TypeDuty, "", &events.Duty{Epoch: 3, Node: "a"})
			l.own(events.TypeDuty, "", &events.Duty{Epoch: 2, Node: "b"})
		}, store.Meta{Epoch: 3, DutyNode: "a"}},
		{"held", func(l *logbook) { l.own(events.TypeHold, "", &events.Hold{}) }, store.Meta{Held: true}},
		{"restored is held", func(l *logbook) { l.own(events.TypeRestored, "", &events.Restored{}) }, store.Meta{Held: true}},
		{"released", func(l *logbook) {
			l.own(events.TypeHold, "", &events.Hold{})
			l.own(events.TypeRelease, "", &events.Hold{})
		}, store.Meta{}},
		{"planned", func(l *logbook) { l.owe(7); l.owe(5) }, store.Meta{Planned: 7}},
		{"admitted", func(l *logbook) { l.planned() }, store.Meta{Admitted: 2}},
		{"admitted by a rejection", func(l *logbook) {
			l.add(events.Event{
				ID: "r", Source: "hub", Type: events.TypeRejected, Recorded: l.at(), Intake: 9,
				Data: &events.Rejected{Subject: "upgrades.pg16.nonsense", Reasons: []string{"no"}},
			})
		}, store.Meta{Admitted: 9}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := newLogbook(t)
			tt.facts(l)
			got, err := l.fold(0).Meta(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			tt.want.Log, tt.want.Seq, tt.want.FoldVersion = logID, l.next()-1, store.FoldVersion
			tt.want.LastRecorded = l.at().Add(-time.Second)
			got.Link = nil
			if fmt.Sprint(got) != fmt.Sprint(tt.want) {
				t.Errorf("Meta() = %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestChain(t *testing.T) {
	l := newLogbook(t)
	l.planned()
	m, err := l.fold(1).Meta(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := bus.Genesis(logID)
	for _, f := range l.facts {
		want = bus.Link(want, f.Seq, f.Subject, f.Raw)
	}
	if string(m.Link) != string(want) {
		t.Errorf("chain ends with %x, want %x", m.Link, want)
	}
}

func TestFactOfANewerVersionIsKept(t *testing.T) {
	l := newLogbook(t)
	raw := []byte(`{"specversion":"9","id":"f","intakeseq":"99"}`)
	seq := l.raw("facts.future.x", raw)
	l.own("lesson.future", "pg16", &events.Unknown{Raw: json.RawMessage(`{"a":1}`)})
	s := l.fold(0)
	facts, err := s.Facts(t.Context(), seq-1, 10)
	if err != nil || len(facts) != 2 {
		t.Fatalf("Facts() = %v, %v, want two", facts, err)
	}
	if facts[0].Err == nil || string(facts[0].Raw) != string(raw) {
		t.Errorf("fact = %+v, want its raw bytes and an error", facts[0])
	}
	if m, err := s.Meta(t.Context()); err != nil || m.Seq != seq+1 || m.Admitted != 0 {
		t.Errorf("Meta() = %+v, %v, want seq %d and nothing admitted", m, err, seq+1)
	}
}

func TestRejectedAndJudged(t *testing.T) {
	l := newLogbook(t)
	l.planned()
	fine := l.tool(events.PhaseStarted, &events.Phase{Phase: "copy"})
	l.add(events.Event{
		ID: "r", Source: "hub", Type: events.TypeRejected, Recorded: l.at(), Intake: 50,
		Data: &events.Rejected{Subject: "upgrades.pg16.phase.begun", Reasons: []string{"a", "b"}, Payload: []byte("{")},
	})
	l.add(events.Event{
		ID: "c", Source: "hub", Type: events.TypeConflict, Upgrade: "pg16", Recorded: l.at(), Intake: 51,
		Data: &events.Conflict{Event: "e3", First: "x", Type: events.PhaseStarted},
	})
	s := l.fold(0)
	rows, err := s.Rejected(t.Context(), 10)
	if err != nil || len(rows) != 1 || rows[0].Upgrade != "pg16" || string(rows[0].Payload) != "{" || len(rows[0].Reasons) != 2 {
		t.Errorf("Rejected() = %+v, %v", rows, err)
	}
	tests := []struct {
		name   string
		intake uint64
		want   store.Judged
		known  bool
	}{
		{"applied", fine, store.Judged{Seq: fine, Intake: fine, Type: events.PhaseStarted, Applied: true}, true},
		{"rejected", 50, store.Judged{Seq: 4, Intake: 50, Type: events.TypeRejected, Rejected: []string{"a", "b"}}, true},
		{"conflict", 51, store.Judged{
			Seq: 5, Intake: 51, Type: events.TypeConflict, Conflict: true,
			Anomaly: `event "e3" (phase.started) came again with other content; the first one stands`,
		}, true},
		{"not folded", 52, store.Judged{}, false},
		{"none", 0, store.Judged{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, known, err := s.ByIntake(t.Context(), tt.intake)
			if err != nil || known != tt.known || fmt.Sprint(got) != fmt.Sprint(tt.want) {
				t.Errorf("ByIntake(%d) = %+v, %v, %v, want %+v, %v", tt.intake, got, known, err, tt.want, tt.known)
			}
		})
	}
	if j, known, err := s.ByFact(t.Context(), l.facts[2].Subject); err != nil || !known || j.Seq != fine {
		t.Errorf("ByFact() = %+v, %v, %v, want seq %d", j, known, err, fine)
	}
}

func TestUpgradeAt(t *testing.T) {
	l := newLogbook(t)
	planned := l.planned()
	started := l.tool(events.PhaseStarted, &events.Phase{Phase: "copy"})
	verifying := l.tool(events.UpgradeVerifying, &events.Step{})
	s := l.fold(0)
	for _, tt := range []struct {
		seq  uint64
		want upgrade.State
	}{{planned, upgrade.Planned}, {started, upgrade.InProgress}, {verifying, upgrade.Verifying}, {verifying + 9, upgrade.Verifying}, {planned, upgrade.Planned}} {
		u, err := s.UpgradeAt(t.Context(), "pg16", tt.seq)
		if err != nil || u == nil || u.State != tt.want {
			t.Errorf("UpgradeAt(%d) = %+v, %v, want %s", tt.seq, u, err, tt.want)
		}
	}
	for _, id := range []string{"pg16", "nobody", ""} {
		if u, err := s.UpgradeAt(t.Context(), id, planned-1); err != nil || u != nil {
			t.Errorf("UpgradeAt(%q, %d) = %+v, %v, want nil", id, planned-1, u, err)
		}
	}
}

func TestUpgradeAtIsACopy(t *testing.T) {
	l := newLogbook(t)
	seq := l.planned()
	s := l.fold(0)
	for range 2 {
		u, err := s.UpgradeAt(t.Context(), "pg16", seq)
		if err != nil || u.State != upgrade.Planned || u.Phases[0].State != upgrade.Queued {
			t.Fatalf("UpgradeAt() = %+v, %v", u, err)
		}
		u.State, u.Phases[0].State = upgrade.Failed, upgrade.Finished // as a caller may
	}
}

func TestHandleRefusesWhatDoesNotFollow(t *testing.T) {
	tests := []struct {
		name string
		next func(l *logbook) []bus.Fact
		want error
	}{
		{"gap", func(l *logbook) []bus.Fact { l.planned(); l.planned(); return l.facts[2:] }, bus.ErrGap},
		{"again", func(l *logbook) []bus.Fact { return l.facts[:1] }, bus.ErrGap},
		{"gap within", func(l *logbook) []bus.Fact {
			l.planned()
			l.planned()
			l.planned()
			return []bus.Fact{l.facts[1], l.facts[3]}
		}, bus.ErrGap},
		{"another log", func(l *logbook) []bus.Fact {
			l.planned()
			l.own(events.TypeLogOpened, "", &events.LogOpened{Log: "other"})
			return l.facts[1:]
		}, bus.ErrOtherLog},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := newLogbook(t)
			s := l.fold(0)
			before := digest(t, s)
			called := false
			err := ingest.New(s, func(ingest.Commit) { called = true }, slog.New(slog.DiscardHandler)).Handle(t.Context(), tt.next(l))
			if !errors.Is(err, tt.want) {
				t.Errorf("Handle() error = %v, want %v", err, tt.want)
			}
			if _, seq := s.Position(); seq != 1 || called || digest(t, s) != before {
				t.Errorf("position %d, told %v: something changed", seq, called)
			}
			l.facts = l.facts[:1]
			l.planned()
			l.into(s, 0) // and goes on where it was
		})
	}
}

func TestCommit(t *testing.T) {
	l := newLogbook(t)
	l.planned()
	last := l.tool(events.PhaseStarted, &events.Phase{Phase: "copy"})
	l.own(events.TypeHold, "", &events.Hold{})
	s := open(t, filepath.Join(t.TempDir(), "hub.db"))
	var got []ingest.Commit
	i := ingest.New(s, func(c ingest.Commit) {
		if _, seq := s.Position(); seq != c.Seq {
			t.Errorf("told of %d when the position is %d", c.Seq, seq)
		}
		got = append(got, c)
	}, slog.New(slog.DiscardHandler))
	if err := errors.Join(i.Handle(t.Context(), l.facts), i.Handle(t.Context(), nil)); err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || got[0].Seq != 4 || len(got[0].Facts) != 4 || !slices.Equal(got[0].Upgrades, []string{"pg16"}) {
		t.Errorf("commits = %+v, want one of four facts about pg16", got)
	}
	if want := noon.Add(time.Duration(last) * time.Second); !got[0].Newest.Equal(want) {
		t.Errorf("newest = %s, want %s", got[0].Newest, want)
	}
}
