package duty_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/clock"
)

// TestClockIsHeardInAStorm: while tools publish faster than the hub admits, the
// clock waits for what was published before its due and for nothing more.
func TestClockIsHeardInAStorm(t *testing.T) {
	start := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	r := newRig(t, clock.Clock{Start: time.Now(), Legs: []clock.Leg{{From: start.Add(-time.Minute), Speed: 3600}}})
	r.run(t, "a", user("user@example.org", "users"))
	r.say(t, "upgrade.planned", "plan", map[string]any{"plan": planAt(start, "")})
	r.say(t, "upgrade.started", "go", map[string]any{})
	stop := r.storm(t, 8)
	defer stop()
	eventually(t, "overdue in the midst of it", func() bool {
		p, err := r.store.Upgrade(t.Context(), "pg17")
		return err == nil && p.Overdue != nil
	})
}

// storm publishes events of another upgrade on so many connections until it is
// stopped.
func (r *rig) storm(t *testing.T, wide int) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var tools sync.WaitGroup
	for tool := range wide {
		tools.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				id := map[string][]string{"Nats-Msg-Id": {fmt.Sprint("storm-", tool, "-", n)}}
				_, err := r.bus.Publish(ctx, "upgrades.other.phase.progressed", id, []byte(`{"phase":"copy","percent":1}`))
				if err != nil && ctx.Err() == nil {
					t.Errorf("publish: %v", err)
					return
				}
			}
		})
	}
	return func() { cancel(); tools.Wait() }
}

// TestClockIsAboveAFlood: what is published and not admitted yet comes before
// the clock if it settles what is due, and holds it up for no more than a moment
// if it does not.
func TestClockIsAboveAFlood(t *testing.T) {
	for _, tt := range []struct {
		name, of string
		flood    int
		ended    bool
	}{
		{"of another upgrade", "other", 1000, false},
		{"of its own", "pg17", 1000, false},
		{"of its own, and it ends", "pg17", 300, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, clock.Clock{})
			r.say(t, "upgrade.planned", "plan", map[string]any{"plan": planAt(time.Now().Add(-3*time.Hour), "")})
			r.say(t, "upgrade.started", "go", map[string]any{})
			r.flood(t, tt.of, tt.flood)
			if tt.ended {
				r.say(t, "upgrade.completed", "end", map[string]any{})
			}
			last, err := r.bus.IntakeLast(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			told := func() bool { return count(r.facts(t), events.ClockOverdue) > 0 }
			admitted := func() bool {
				m, err := r.store.Meta(t.Context())
				return err == nil && m.Admitted == last
			}
			began := time.Now()
			r.run(t, "a")
			if tt.ended {
				eventually(t, "all is admitted", admitted)
				if told() {
					t.Error("told that it is overdue, although its end was published before")
				}
				return
			}
			eventually(t, "told that it is overdue", told)
			// A fast machine has admitted all before anybody loses patience.
			if took := time.Since(began); admitted() && took > 3*time.Second {
				t.Errorf("told behind all of %d events, after %v", tt.flood, took)
			}
		})
	}
}

// flood publishes so many events of an upgrade, as fast as the log takes them.
func (r *rig) flood(t *testing.T, id string, many int) {
	t.Helper()
	const wide = 64
	var tools sync.WaitGroup
	for tool := range wide {
		tools.Go(func() {
			for n := range many / wide {
				key := map[string][]string{"Nats-Msg-Id": {fmt.Sprint("flood-", tool, "-", n)}}
				if _, err := r.bus.Publish(t.Context(), "upgrades."+id+".phase.progressed", key, []byte(`{"phase":"switchover","percent":1}`)); err != nil {
					t.Errorf("publish: %v", err)
				}
			}
		})
	}
	tools.Wait()
}
