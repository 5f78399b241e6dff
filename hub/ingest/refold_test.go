package ingest_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/hub/ingest"
	"upgradehub/hub/store"
)

// eventful is a log with something of everything.
func eventful(t testing.TB) *logbook {
	l := asked(t)
	l.own(events.TypeDuty, "", &events.Duty{Epoch: 1, Node: "a", Version: "1"})
	l.subscribe("s", "slack", "team")
	l.own(events.SubscriberRequested, "", &events.Subscriber{Subscriber: "q", Channel: "email"})
	l.tool(events.UpgradeReopened, &events.Reopened{By: "lead", Reason: "too early"})
	l.tool(events.PhaseStarted, &events.Phase{Phase: "copy", Note: "a <note> with ümlauts"})
	percent := 33.3
	l.tool(events.PhaseProgressed, &events.Progressed{Phase: "copy", Percent: &percent})
	l.tool(events.UpdatePosted, &events.Update{Text: "Half way.", NextUpdateBy: noon.Add(2 * 60 * 60 * 1e9)})
	cause := l.tool(events.PhaseFinished, &events.Phase{Phase: "nonsense"})
	l.owe(cause, chat(events.MomentStatus, events.FormRoot), chat(events.MomentUpdate, events.FormThread), mail(events.MomentUpdate))
	l.outcome(events.OutcomeAccepted, events.DeliveryOutcome{Delivery: events.DeliveryID(fmt.Sprintf("n%d-0", cause), "s"), Provider: "1.1", Place: "C1"})
	l.outcome(events.OutcomeFailed, events.DeliveryOutcome{Delivery: events.DeliveryID(fmt.Sprintf("n%d-1", cause), "s"), Code: "ratelimited", Next: noon})
	l.owe(cause+1, chat(events.MomentStatus, events.FormRoot))
	l.own(events.TypeFeedbackReceived, "pg16", &events.FeedbackReceived{Answer: "x", Invited: true, Rating: 3})
	l.own(events.TypeFeedbackReceived, "pg16", &events.FeedbackReceived{Answer: "low", Rating: 1})
	l.own(events.TypeFeedbackReported, "pg16", &events.FeedbackReported{Report: "r", Component: "db", Channel: "page"})
	l.own(events.TypeFeedbackAcknowledged, "pg16", &events.FeedbackAcknowledged{Answer: "r", By: "lead", Status: events.ItemAction})
	l.own(events.TypeFeedbackUsed, "pg16", &events.FeedbackUsed{Link: "link-b"})
	l.own(events.TypeFeedbackReceived, "pg16", unsigned("z", 4))
	for i := range 12 { // some of which everybody is shown
		l.own(events.TypeFeedbackReceived, "pg16", &events.FeedbackReceived{Answer: fmt.Sprint("many", i), Rating: 3})
	}
	l.own(events.SubscriberErased, "", &events.Subscriber{Subscriber: "b"})
	l.own(events.TypeRejected, "", &events.Rejected{Subject: "upgrades.pg16.x", Reasons: []string{"type: unknown"}, Payload: []byte{0, 1}})
	l.raw("facts.future.y", []byte("not JSON"))
	l.own(events.ClockSilent, "pg16", &events.Clock{Revision: 1, Due: noon})
	l.own(events.TypeHold, "", &events.Hold{})
	return l
}

func TestSameFactsSameTables(t *testing.T) {
	l := eventful(t)
	want := digest(t, l.fold(0))
	for _, size := range []int{1, 2, 7} {
		t.Run(fmt.Sprintf("batches of %d", size), func(t *testing.T) {
			if got := digest(t, l.fold(size)); got != want {
				t.Errorf("digest %s, want %s", got, want)
			}
		})
	}
}

// tamper runs SQL in a file behind the store's back.
func tamper(t testing.TB, path string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	for _, st := range statements {
		if _, err := db.ExecContext(context.Background(), st); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestRefold(t *testing.T) {
	l := eventful(t)
	path := filepath.Join(t.TempDir(), "hub.db")
	s := open(t, path)
	l.into(s, 0)
	if err := s.PutPeople(t.Context(), "person.a", []byte("x")); err != nil {
		t.Fatal(err)
	}
	want := digest(t, s)
	tamper(t, path, "UPDATE meta SET fold_version = 0, epoch = 99, held = 0", "DELETE FROM timeline", "UPDATE upgrades SET state = '{}'",
		"UPDATE deliveries SET state = 'accepted'", "INSERT INTO links (hash, purpose, upgrade, subscriber) VALUES ('made up', 'feedback', '', '')")
	if digest(t, s) == want {
		t.Fatal("digest is blind to what changed")
	}
	if err := ingest.Refold(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if got := digest(t, s); got != want {
		t.Errorf("digest %s after refold, want %s", got, want)
	}
	if p, err := s.People(t.Context(), "person.a"); err != nil || string(p) != "x" {
		t.Errorf("People() = %q, %v, want it kept", p, err)
	}
	l.planned()
	l.into(s, 0) // and the chain goes on
}

func TestRefoldLeavesTheSameVersionAlone(t *testing.T) {
	l := eventful(t)
	path := filepath.Join(t.TempDir(), "hub.db")
	s := open(t, path)
	l.into(s, 0)
	tamper(t, path, "DELETE FROM timeline")
	want := digest(t, s)
	if err := ingest.Refold(t.Context(), s); err != nil || digest(t, s) != want {
		t.Errorf("Refold() = %v and changed tables of its own version", err)
	}
}

func TestHandleRefusesTablesOfOtherRules(t *testing.T) {
	l := newLogbook(t)
	path := filepath.Join(t.TempDir(), "hub.db")
	s := open(t, path)
	l.into(s, 0)
	tamper(t, path, "UPDATE meta SET fold_version = 0")
	l.planned()
	i := ingest.New(s, nil, slog.New(slog.DiscardHandler))
	if err := i.Handle(t.Context(), l.facts[1:]); !errors.Is(err, ingest.ErrOtherRules) {
		t.Errorf("Handle() error = %v, want ErrOtherRules", err)
	}
	if err := ingest.Refold(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	l.into(s, 0)
}

func TestRefoldEndsWithItsContext(t *testing.T) {
	l := eventful(t)
	path := filepath.Join(t.TempDir(), "hub.db")
	s := open(t, path)
	l.into(s, 0)
	tamper(t, path, "UPDATE meta SET fold_version = 0")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := ingest.Refold(ctx, s); !errors.Is(err, context.Canceled) {
		t.Errorf("Refold() error = %v, want context.Canceled", err)
	}
	if m, err := s.Meta(t.Context()); err != nil || m.FoldVersion != 0 {
		t.Errorf("fold version %d, %v, want 0 still", m.FoldVersion, err)
	}
}

// stale makes the tables look made by other rules.
func stale(t testing.TB, s *store.Store) {
	t.Helper()
	err := s.Update(context.Background(), func(tx *store.Tx) error {
		m, err := tx.Meta()
		if err != nil {
			return err
		}
		m.FoldVersion = 0
		return tx.PutMeta(m)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestAnyLogFoldsAlike draws logs, folds them in batches and then at once.
func TestAnyLogFoldsAlike(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			draw := rand.New(rand.NewPCG(seed, 0))
			l := newLogbook(t)
			l.subscribe("a", "email", "users")
			l.subscribe("s", "slack", "team")
			for range 60 {
				drawFact(draw, l)
			}
			s := l.fold(1 + draw.IntN(5))
			want := digest(t, s)
			stale(t, s)
			if err := ingest.Refold(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			if got := digest(t, s); got != want {
				t.Errorf("digest %s in batches, %s at once", want, got)
			}
			sameState(t, s, l.next())
		})
	}
}

// sameState compares the kept state of the upgrade with the one folded from
// its raw facts.
func sameState(t *testing.T, s *store.Store, seq uint64) {
	t.Helper()
	at, err := s.UpgradeAt(t.Context(), "pg16", seq)
	if err != nil {
		t.Fatal(err)
	}
	now, _, err := s.Full(t.Context(), "pg16")
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(at)
	want, err2 := json.Marshal(now)
	if err != nil || err2 != nil || string(got) != string(want) {
		t.Errorf("UpgradeAt() = %s, %v\nFull() = %s, %v", got, err, want, err2)
	}
}

func drawFact(draw *rand.Rand, l *logbook) {
	delivery := func() string {
		return events.DeliveryID(fmt.Sprintf("n%d-0", l.next()-uint64(1+draw.IntN(8))), []string{"a", "s"}[draw.IntN(2)])
	}
	kinds := []func(){
		func() { l.planned() },
		func() { l.tool(events.PhaseStarted, &events.Phase{Phase: "copy"}) },
		func() { l.tool(events.PhaseFinished, &events.Phase{Phase: "copy"}) },
		func() { l.tool(events.UpgradeCompleted, &events.Completed{}) },
		func() { l.tool(events.UpgradeReopened, &events.Reopened{By: "lead", Reason: "again"}) },
		func() { l.tool(events.UpdatePosted, &events.Update{Text: "news"}) },
		func() { l.tool(events.ComponentChanged, &events.Component{Component: "db", Impact: plan.Outage}) },
		func() { l.owe(l.next()-1, mail(events.MomentStarted)) },
		func() { l.owe(l.next()-1, chat(events.MomentStatus, events.FormRoot)) },
		func() { l.owe(l.next()-1, mail(events.MomentCompleted)) },
		func() {
			l.outcome(events.OutcomeAccepted, events.DeliveryOutcome{Delivery: delivery(), Provider: "p", Place: "C"})
		},
		func() {
			l.outcome(events.OutcomeFailed, events.DeliveryOutcome{Delivery: delivery(), Final: true, TargetBroken: true})
		},
		func() { l.outcome(events.OutcomeRetried, events.DeliveryOutcome{Delivery: delivery()}) },
		func() { l.own(events.SubscriberRemoved, "", &events.Subscriber{Subscriber: "a"}) },
		func() { l.subscribe("a", "email", "users") },
		func() {
			l.own(events.TypeFeedbackReceived, "pg16", &events.FeedbackReceived{Answer: fmt.Sprint(draw.IntN(20)), Invited: draw.IntN(2) == 0, Rating: 1 + draw.IntN(5)})
		},
		func() {
			l.own(events.TypeFeedbackReported, "pg16", &events.FeedbackReported{Report: fmt.Sprint(l.next()), Component: "db"})
		},
	}
	kinds[draw.IntN(len(kinds))]()
}

// BenchmarkHandle measures one commit of a batch of phase events.
func BenchmarkHandle(b *testing.B) {
	for _, size := range []int{1, 16, 256} {
		b.Run(fmt.Sprintf("batch=%d", size), func(b *testing.B) {
			l := newLogbook(b)
			l.planned()
			s := l.fold(0)
			i := ingest.New(s, nil, slog.New(slog.DiscardHandler))
			for b.Loop() {
				b.StopTimer()
				first := len(l.facts)
				for range size {
					l.tool(events.PhaseStarted, &events.Phase{Phase: "copy"})
				}
				batch := l.facts[first:]
				b.StartTimer()
				if err := i.Handle(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(size*b.N)/b.Elapsed().Seconds(), "facts/s")
		})
	}
}

// BenchmarkOwed measures owing one mail to 10,000 people.
func BenchmarkOwed(b *testing.B) {
	l := newLogbook(b)
	for n := range 10_000 {
		l.subscribe(fmt.Sprintf("s%05d", n), "email", "users")
	}
	s := l.fold(256)
	i := ingest.New(s, nil, slog.New(slog.DiscardHandler))
	for b.Loop() {
		b.StopTimer()
		l.owe(l.next(), mail(events.MomentUpdate))
		batch := l.facts[len(l.facts)-1:]
		b.StartTimer()
		if err := i.Handle(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
}
