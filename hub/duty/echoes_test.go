package duty_test

import (
	"fmt"
	"testing"

	"upgradehub/events"
	"upgradehub/events/clock"
	"upgradehub/notifiers"
)

// TestStormIsFewDecisions: root messages that follow the state are decided on
// once for what comes within a second, and the last of it is not left out.
func TestStormIsFewDecisions(t *testing.T) {
	r := newRig(t, clock.Clock{})
	r.more = []notifiers.Audience{{ID: "teams", Role: "teams", Channels: []string{"slack"}}}
	r.run(t, "a")
	r.say(t, "upgrade.planned", "plan", map[string]any{"plan": planAt(r.clock.Now(), "")})
	r.say(t, "phase.started", "go", map[string]any{"phase": "switchover"})
	const all = 300
	for n := range all {
		r.say(t, "phase.progressed", fmt.Sprint("p", n), map[string]any{"phase": "switchover", "done": n, "total": all})
	}
	eventually(t, "everything planned", func() bool {
		m, err := r.store.Meta(t.Context())
		return err == nil && count(r.facts(t), events.PhaseProgressed) == all && m.Planned >= r.last(t, events.PhaseProgressed)
	})
	if n := count(r.facts(t), events.TypeNoticeOwed); n > all/3 {
		t.Errorf("%d decisions on %d events that change a root message", n, all)
	}
	if owed := r.last(t, events.TypeNoticeOwed); owed < r.last(t, events.PhaseProgressed) {
		t.Errorf("the last decision is fact %d, before the last event", owed)
	}
}

// last is the position of the newest fact of a type.
func (r *rig) last(t *testing.T, typ events.Type) (seq uint64) {
	t.Helper()
	facts, err := r.store.Facts(t.Context(), 0, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range facts {
		if f.Event.Type == typ {
			seq = f.Seq
		}
	}
	return seq
}
