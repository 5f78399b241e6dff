package duty_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

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
