package duty_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/clock"
	"upgradehub/hub/store"
)

// fact appends a fact as an operator's command would, and waits for its fold.
func (r *rig) fact(t *testing.T, typ events.Type, id string, data events.Data) {
	t.Helper()
	r.factOf(t, "", typ, id, data)
}

// factOf is the same about an upgrade.
func (r *rig) factOf(t *testing.T, upgrade string, typ events.Type, id string, data events.Data) {
	t.Helper()
	now := r.clock.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	seq, err := r.bus.Append(ctx, events.Event{ID: id, Source: "test", Type: typ, Upgrade: upgrade, Time: now, Recorded: now, Data: data})
	if err == nil {
		err = r.store.Wait(ctx, seq)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// owed waits until the deliveries, in the order of their causes, are as told.
func (r *rig) owed(t *testing.T, want string) {
	t.Helper()
	got := ""
	defer func() {
		if t.Failed() {
			t.Logf("owed %q, want %q", got, want)
		}
	}()
	eventually(t, "owed as told", func() bool {
		rows, err := r.store.Deliveries(t.Context(), store.DeliveryFilter{})
		var words []string
		for _, row := range slices.Backward(rows) { // the newest cause comes first
			words = append(words, strings.TrimSpace(string(row.Moment)+" "+row.State+" "+row.Why))
		}
		got = strings.Join(words, ", ")
		return err == nil && got == want
	})
}

// TestMovedWindowTakesBackWhatIsOwed: an unsent word of the old window is
// dropped by a fact that says why; who has heard of it is told the new one.
func TestMovedWindowTakesBackWhatIsOwed(t *testing.T) {
	r := newRig(t, clock.Clock{})
	r.run(t, "a", user("user@example.org", "users"))
	start := time.Now().Add(48 * time.Hour)
	plan := func(id string, by time.Duration) {
		r.say(t, "upgrade.planned", id, map[string]any{"plan": planAt(start.Add(by), "")})
	}
	plan("plan", 0)
	r.owed(t, "announced accepted")
	r.fact(t, events.TypeHold, "hold1", &events.Hold{By: "test"})
	plan("moved", time.Hour)
	r.owed(t, "announced accepted, moved pending")
	plan("again", 2*time.Hour)
	r.owed(t, "announced accepted, moved superseded the window was moved again, moved pending")
	if n := count(r.facts(t), events.TypeNoticeSuperseded); n != 1 {
		t.Errorf("%d facts say what is superseded, want 1", n)
	}
}

// TestWithdrawnUpdate: those who got it are told, and nobody else.
func TestWithdrawnUpdate(t *testing.T) {
	r := newRig(t, clock.Clock{})
	r.run(t, "a", user("user@example.org", "users"), user("boss@example.org", "managers"))
	r.say(t, "upgrade.planned", "plan", map[string]any{"plan": planAt(time.Now().Add(48*time.Hour), "")})
	r.say(t, "update.posted", "sent", map[string]any{"text": "Save your work.", "audiences": []string{"users"}})
	eventually(t, "the update", func() bool { return len(r.box.to("user@example.org")) == 2 })
	r.say(t, "update.retracted", "back", map[string]any{"of": "sent"})
	eventually(t, "that it is withdrawn", func() bool { return len(r.box.to("user@example.org")) == 3 })

	r.fact(t, events.TypeHold, "hold1", &events.Hold{By: "test"})
	r.say(t, "update.posted", "unsent", map[string]any{"text": "Never mind.", "audiences": []string{"users"}})
	eventually(t, "the second update", func() bool {
		rows, err := r.store.Deliveries(t.Context(), store.DeliveryFilter{State: "pending"})
		return err == nil && len(rows) == 1
	})
	r.say(t, "update.retracted", "back2", map[string]any{"of": "unsent"})
	eventually(t, "that it is dropped", func() bool { return count(r.facts(t), events.TypeNoticeSuperseded) == 1 })
	r.fact(t, events.TypeRelease, "release1", &events.Hold{By: "test"})
	r.say(t, "upgrade.canceled", "end", map[string]any{"reason": "no"})
	eventually(t, "the end", func() bool { return len(r.box.to("boss@example.org")) == 2 })
	want := []events.Moment{events.MomentAnnounced, events.MomentUpdate, events.MomentCorrected, events.MomentCanceled}
	eventually(t, "the end", func() bool { return len(r.box.to("user@example.org")) >= len(want) })
	for i, m := range r.box.to("user@example.org") {
		if i >= len(want) || m != want[i] {
			t.Errorf("the user was told %v, want %v", r.box.to("user@example.org"), want)
			break
		}
	}
}
