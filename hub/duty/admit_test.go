package duty_test

import (
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"upgradehub/events"
	"upgradehub/events/clock"
)

// TestEventTooLargeForAFactIsRejected: what grows beyond what NATS carries
// when it becomes a fact is rejected like any other fault, and what comes
// after it is admitted.
func TestEventTooLargeForAFactIsRejected(t *testing.T) {
	r := newRig(t, clock.Clock{})
	r.run(t, "a")
	r.say(t, "upgrade.planned", "plan", map[string]any{"plan": planAt(time.Now(), "")})
	// Each < takes one byte in the message and six in the fact.
	large := []byte(`{"gate":"go","kind":"junit","name":"all","junit":"` + strings.Repeat("<", 1_000_000) + `"}`)
	seq, err := r.bus.Publish(t.Context(), "upgrades.pg17.gate.evidence", map[string][]string{"Nats-Msg-Id": {"large"}}, large)
	if err != nil {
		t.Fatal(err)
	}
	next := r.say(t, "phase.started", "p1", map[string]any{"phase": "switchover"})
	eventually(t, "the next event is admitted", func() bool {
		j, known, err := r.store.ByIntake(t.Context(), next)
		return err == nil && known && j.Applied
	})
	j, known, err := r.store.ByIntake(t.Context(), seq)
	if err != nil || !known || len(j.Rejected) != 1 || !strings.Contains(j.Rejected[0], "too large") {
		t.Errorf("large event = %+v, %v, %v; want rejected as too large", j, known, err)
	}
}

// TestTimePassesAfterWhatIsNoEvent: a message that admission passes over, and
// INTAKE's end after it, do not stop the clock.
func TestTimePassesAfterWhatIsNoEvent(t *testing.T) {
	start := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	r := newRig(t, played(start.Add(-time.Minute), 3600))
	r.run(t, "a")
	r.say(t, "upgrade.planned", "plan", map[string]any{"plan": planAt(start, "")})
	r.say(t, "upgrade.started", "go", map[string]any{})
	// The server acknowledges to wherever the publisher asks.
	nc, err := nats.Connect(r.bus.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if err := nc.PublishRequest("upgrades.pg17.phase.started", "upgrades.pg17.ack", []byte(`{"phase":"switchover"}`)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the page says overdue", func() bool {
		p, err := r.store.Upgrade(t.Context(), "pg17")
		return err == nil && p.Overdue != nil
	})
}

// TestWindowMovedThereAndBackIsOverdueAgain: the clock fact of a window that
// stood before lies in the log already, under the id that the same window has
// now.
func TestWindowMovedThereAndBackIsOverdueAgain(t *testing.T) {
	start := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	r := newRig(t, played(start.Add(-time.Minute), 3600))
	r.run(t, "a")
	overdue := func(want bool) func() bool {
		return func() bool {
			p, err := r.store.Upgrade(t.Context(), "pg17")
			return err == nil && (p.Overdue != nil) == want
		}
	}
	r.say(t, "upgrade.planned", "plan", map[string]any{"plan": planAt(start, "")})
	r.say(t, "upgrade.started", "go", map[string]any{})
	eventually(t, "overdue", overdue(true))
	longer := strings.Replace(planAt(start, ""), "T12:00", "T23:59", 1)
	r.say(t, "upgrade.planned", "longer", map[string]any{"plan": longer})
	eventually(t, "no longer overdue", overdue(false))
	r.say(t, "upgrade.planned", "back", map[string]any{"plan": planAt(start, "")})
	eventually(t, "overdue again", overdue(true))
	facts, err := r.store.Facts(t.Context(), 0, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range facts {
		if f.Event.Type == events.ClockOverdue && f.Event.Data.(*events.Clock).Object == "" {
			n++
		}
	}
	if n != 2 {
		t.Errorf("%d facts say that the end passed, want 2", n)
	}
}

// played is a clock that begins now at a moment and runs fast.
func played(at time.Time, speed float64) clock.Clock {
	return clock.Clock{Start: time.Now(), Legs: []clock.Leg{{From: at, Speed: speed}}}
}

// TestCadencesOfTheConfiguration: who is on duty states what the configuration
// promises, so that a fold knows it; the same event sent again is the same.
func TestCadencesOfTheConfiguration(t *testing.T) {
	r := newRig(t, clock.Clock{})
	r.run(t, "a")
	planned := map[string]any{"plan": planAt(time.Now(), "")}
	seq := r.say(t, "upgrade.planned", "plan", planned)
	r.say(t, "upgrade.planned", "plan", planned)
	next := r.say(t, "upgrade.scheduled", "go", map[string]any{})
	eventually(t, "all is admitted", func() bool {
		j, known, err := r.store.ByIntake(t.Context(), next)
		return err == nil && known && j.Applied
	})
	if j, known, err := r.store.ByIntake(t.Context(), seq); err != nil || !known || j.Conflict {
		t.Errorf("the plan is %+v, %v, %v", j, known, err)
	}
	if all, err := r.store.Anomalies(t.Context(), 9); err != nil || len(all) != 0 {
		t.Errorf("the same plan again is an anomaly: %+v, %v", all, err)
	}
	u, _, err := r.store.Full(t.Context(), "pg17")
	if err != nil || len(u.Cadences) != 1 || u.Cadences[0].Role != "managers" || u.Cadences[0].Every["live"].Std() != 45*time.Minute {
		t.Errorf("cadences = %+v, %v, want those of managers", u.Cadences, err)
	}
}
