package upgrade_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"upgradehub/events"
	"upgradehub/events/upgrade"
)

// lanes are the objects whose events may overtake each other, each with what
// can happen to it.
var lanes = map[string][]events.Type{
	"component": {
		events.ComponentChanged, events.FailoverStarted, events.FailoverFinished,
		events.FailbackStarted, events.FailbackFinished, events.RedundancyChanged,
	},
	"gate": {events.GateEvidence, events.GateDecided},
	"risk": {events.RiskTriggered, events.RiskRetired},
}

// race is how long what may overtake each other takes to arrive.
const race = 4 * time.Minute

// strikeUntil folds the clock facts that fall due until then.
func strikeUntil(u *upgrade.Upgrade, then time.Time) {
	for _, d := range u.Deadlines() {
		if !d.Clock.Due.After(then) {
			u.Apply(clockEvent(d, then))
		}
	}
}

// TestOrderBetweenObjects: events of different components, gates, risks and
// updates may arrive in any order, as long as each object's own come in
// theirs; the upgrade ends in the same state. What arrives is recorded within
// minutes, as by tools that race each other, and no time runs out among it:
// that would be a fact of the clock, with its own place in the order.
func TestOrderBetweenObjects(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u, now := drawn(t, 12, apply)
		strikeUntil(u, now.Add(race))
		queues := drawQueues(t, now)
		want, got := u.Clone(), u.Clone()
		for _, q := range queues {
			for _, e := range q {
				want.Apply(e)
			}
		}
		for _, e := range shuffled(t, queues) {
			got.Apply(e)
		}
		if a, b := jsonOf(t, got), jsonOf(t, want); a != b {
			t.Fatalf("two orders end in two states, from %s:\n%s\n%s", jsonOf(t, u), a, b)
		}
	})
}

// drawQueues draws a few events for every object, each queue in its order.
func drawQueues(t *rapid.T, now time.Time) [][]events.Event {
	var queues [][]events.Event
	n := 1000
	next := func(typ events.Type) events.Event {
		n++
		e := drawEvent(t, n, now.Add(time.Duration(rapid.IntRange(0, int(race/time.Second)).Draw(t, "second"))*time.Second), []events.Type{typ})
		return e
	}
	for _, kind := range []string{"component", "component", "gate", "risk"} {
		var q []events.Event
		for range rapid.IntRange(0, 4).Draw(t, kind) {
			q = append(q, next(rapid.SampledFrom(lanes[kind]).Draw(t, "type")))
		}
		queues = append(queues, aim(q, len(queues)))
	}
	for range rapid.IntRange(0, 4).Draw(t, "updates") {
		queues = append(queues, drawUpdate(t, next))
	}
	return queues
}

// aim makes every queue of components one of a component of its own.
func aim(q []events.Event, lane int) []events.Event {
	id := []string{"web", "api"}[lane%2]
	for _, e := range q {
		switch d := e.Data.(type) {
		case *events.Component:
			d.Component = id
		case *events.Failover:
			d.Component = id
		case *events.Redundancy:
			d.Component = id
		}
	}
	return q
}

// drawUpdate draws a new update, and perhaps its corrections by the same
// source.
func drawUpdate(t *rapid.T, next func(events.Type) events.Event) []events.Event {
	post := next(events.UpdatePosted)
	q := []events.Event{post}
	for range rapid.IntRange(0, 2).Draw(t, "edits") {
		e := next(rapid.SampledFrom([]events.Type{events.UpdateCorrected, events.UpdateRetracted}).Draw(t, "type"))
		e.Source, e.Data.(*events.Update).Of = post.Source, post.ID
		q = append(q, e)
	}
	for _, e := range q {
		if d := e.Data.(*events.Update); !d.NextUpdateBy.IsZero() {
			d.NextUpdateBy = e.Recorded.Add(time.Hour)
		}
	}
	return q
}

// shuffled is one of the orders that keep each queue's own.
func shuffled(t *rapid.T, queues [][]events.Event) []events.Event {
	var turns []int
	for i, q := range queues {
		turns = append(turns, slices.Repeat([]int{i}, len(q))...)
	}
	taken := make([]int, len(queues))
	var order []events.Event
	for _, i := range rapid.Permutation(turns).Draw(t, "turns") {
		order = append(order, queues[i][taken[i]])
		taken[i]++
	}
	return order
}

// TestEqualIDsInAnyOrder: two sources that use one id for their updates.
func TestEqualIDsInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := started(&testing.T{})
		var posts []events.Event
		for i := range 4 {
			e := f.event(events.UpdatePosted, &events.Update{Text: fmt.Sprint(i)})
			e.ID, e.Source = fmt.Sprint(i/2), fmt.Sprint("source", i)
			posts = append(posts, e)
		}
		want, got := f.u.Clone(), f.u.Clone()
		for _, e := range posts {
			want.Apply(e)
		}
		for _, e := range rapid.Permutation(posts).Draw(t, "order") {
			got.Apply(e)
		}
		if a, b := jsonOf(t, got), jsonOf(t, want); a != b {
			t.Fatalf("two orders end in two states:\n%s\n%s", a, b)
		}
		if ids := updateIDs(got); len(ids) != 4 {
			t.Fatalf("ids %v, want four", ids)
		}
	})
}

func updateIDs(u *upgrade.Upgrade) map[string]bool {
	ids := map[string]bool{}
	for _, up := range u.Updates {
		ids[up.ID] = true
	}
	return ids
}
