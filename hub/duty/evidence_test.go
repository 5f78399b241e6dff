package duty_test

import (
	"fmt"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/clock"
)

// TestEvidenceComesBeforeTheClock: a start that was published in time and is
// admitted late, behind many other events, is no late start.
func TestEvidenceComesBeforeTheClock(t *testing.T) {
	r := newRig(t, clock.Clock{})
	r.say(t, "upgrade.planned", "plan", map[string]any{"plan": planAt(time.Now().Add(-time.Hour), "")})
	for n := range 200 {
		r.say(t, "update.posted", fmt.Sprintf("u%d", n), map[string]any{"text": "news"})
	}
	started := r.say(t, "phase.started", "p1", map[string]any{"phase": "switchover"})
	r.run(t, "a") // finds all of it in INTAKE, and the planned start long past
	eventually(t, "the start is admitted", func() bool {
		j, known, err := r.store.ByIntake(t.Context(), started)
		return err == nil && known && j.Applied
	})
	if types := r.facts(t); count(types, events.ClockLate) != 0 {
		t.Errorf("the upgrade was called late before its start was read: %d of %d facts", count(types, events.ClockLate), len(types))
	}
}
