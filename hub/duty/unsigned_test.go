package duty_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/clock"
	"upgradehub/events/link"
	"upgradehub/events/plan"
	"upgradehub/hub/people"
)

// at is a clock that stands at a time of the hub, as good as.
func at(t time.Time) clock.Clock {
	return clock.Clock{Start: time.Now(), Legs: []clock.Leg{{From: t, Speed: 1}}}
}

// mirror keeps the node's copy of PEOPLE until the test ends.
func (r *rig) mirror(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended, ready := make(chan error, 1), make(chan bool)
	go func() { // ends with ctx
		ended <- r.bus.WatchPeople(ctx, func(key string, value []byte) error { return r.store.PutPeople(ctx, key, value) }, func() { close(ready) })
	}()
	t.Cleanup(func() { cancel(); <-ended })
	<-ready
}

// wait keeps n anonymous answers about an upgrade that nobody has published.
func (r *rig) wait(t *testing.T, upgrade string, n int) *people.People {
	t.Helper()
	p := people.New(r.bus, r.store, link.Key("secret"), r.clock)
	for i := range n {
		a := people.Pending{Upgrade: upgrade, Text: fmt.Sprint("words ", i), Numbers: events.FeedbackReceived{
			Answer: people.NewID(), Rating: 1 + i%5, HasText: true, Role: "users", Channel: "email", Mode: plan.Anonymous,
		}}
		if i == 0 {
			a.Numbers.Role = "managers"
		}
		if _, err := p.KeepPending(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the mirror has them", func() bool {
		waiting, _, err := p.Pending(t.Context())
		return err == nil && len(waiting[upgrade]) >= n
	})
	return p
}

// considered runs a duty at a time until it has decided about all that waits:
// it comes to another upgrade, whose name is behind, last.
func (r *rig) considered(t *testing.T, node string, now time.Time) {
	t.Helper()
	r.clock = at(now)
	p := r.wait(t, "zz-"+node, 10)
	stop := r.run(t, node)
	eventually(t, "the last upgrade's turn", func() bool {
		waiting, _, err := p.Pending(t.Context())
		return err == nil && len(waiting["zz-"+node]) == 5
	})
	stop()
}

// ended plays an upgrade to its end by one duty, and leaves.
func (r *rig) ended(t *testing.T) time.Time {
	t.Helper()
	stop := r.run(t, "a")
	r.say(t, "upgrade.planned", "plan", map[string]any{"plan": planAt(r.clock.Now(), "survey: {mode: anonymous}\n")})
	r.say(t, "upgrade.canceled", "off", map[string]any{"reason": "no"})
	var closes time.Time
	eventually(t, "the end", func() bool {
		p, err := r.store.Upgrade(t.Context(), "pg17")
		if err != nil || p.SurveyCloses == nil {
			return false
		}
		closes = *p.SurveyCloses
		return true
	})
	stop()
	return closes
}

// TestAnonymousAnswersHideAmongOthers: nothing is published of fewer than ten,
// and of more than that five stay behind, until the survey has closed. Fewer
// than five in all are never published.
func TestAnonymousAnswersHideAmongOthers(t *testing.T) {
	for _, tt := range []struct{ waiting, published, inAll int }{{4, 0, 0}, {9, 0, 9}, {10, 5, 10}, {13, 8, 13}} {
		t.Run(fmt.Sprint(tt.waiting), func(t *testing.T) {
			start := time.Date(2026, 3, 1, 10, 20, 0, 0, time.UTC)
			r := newRig(t, at(start))
			r.mirror(t)
			closes := r.ended(t)
			p := r.wait(t, "pg17", tt.waiting)
			left := func() int {
				waiting, _, err := p.Pending(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				return len(waiting["pg17"])
			}
			for i, now := range []time.Time{start, closes.Add(time.Minute)} { // the last ones may be under way
				r.considered(t, string(rune('b'+i)), now)
				if got := r.answered(t); got != tt.published || left() != tt.waiting-tt.published {
					t.Errorf("at %v: %d published, %d left; want %d", now, got, left(), tt.published)
				}
			}
			r.considered(t, "d", closes.Add(11*time.Minute))
			if got := r.answered(t); got != tt.inAll || left() != 0 {
				t.Errorf("behind the close: %d published, %d left; want %d and none", got, left(), tt.inAll)
			}
			r.wholeAndUnsigned(t)
		})
	}
}

func (r *rig) answered(t *testing.T) int {
	t.Helper()
	rows, err := r.store.Answers(t.Context(), "pg17")
	if err != nil {
		t.Fatal(err)
	}
	return len(rows)
}

// wholeAndUnsigned: every answer has its words, the hour, and nothing that
// leads to anybody; that one is a manager's, no answer and no fact says.
func (r *rig) wholeAndUnsigned(t *testing.T) {
	t.Helper()
	rows, err := r.store.Answers(t.Context(), "pg17")
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range rows {
		raw, err := r.bus.Person(t.Context(), "answer."+a.Answer)
		if err != nil || raw == nil {
			t.Errorf("answer %s has lost its words: %v", a.Answer, err)
		}
		if a.Invited || a.Recorded != a.Recorded.Truncate(time.Hour) || a.Mode != plan.Anonymous || a.Role == "managers" {
			t.Errorf("answer = %+v, want the hour and nobody", a)
		}
	}
	facts, err := r.store.Facts(t.Context(), 0, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range facts {
		if d, ok := f.Event.Data.(*events.FeedbackReceived); ok && (d.Invited || d.Role == "managers" || f.Event.ID != d.Answer) {
			t.Errorf("fact %s = %+v, want the answer's own id and no invitation", f.Event.ID, d)
		}
	}
}

// TestPublishedOnce: an answer that stands in a fact already is only erased.
func TestPublishedOnce(t *testing.T) {
	r := newRig(t, at(time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)))
	r.mirror(t)
	closes := r.ended(t)
	p := r.wait(t, "pg17", 6)
	waiting, _, err := p.Pending(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r.clock = at(closes.Add(time.Hour))
	stop := r.run(t, "b")
	eventually(t, "all are published", func() bool { return r.answered(t) == 6 })
	stop()
	for _, a := range waiting["pg17"][:3] { // as if the node had died before it erased them
		if _, err := p.KeepPending(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	r.run(t, "c")
	eventually(t, "what was left is erased", func() bool {
		left, _, err := p.Pending(t.Context())
		return err == nil && len(left) == 0
	})
	if got := count(r.facts(t), events.TypeFeedbackReceived); got != 6 {
		t.Errorf("%d answers in the log, want 6", got)
	}
	if rows, err := r.store.Answers(t.Context(), "pg17"); err != nil || len(slices.Compact(rows)) != 6 {
		t.Errorf("answers = %v, %v", rows, err)
	}
}

// TestUnreadAnswersAreErased: what was sealed with a secret that is gone is
// kept until the survey has closed, and no longer.
func TestUnreadAnswersAreErased(t *testing.T) {
	start := time.Date(2026, 3, 1, 10, 20, 0, 0, time.UTC)
	r := newRig(t, at(start))
	r.mirror(t)
	closes := r.ended(t)
	former := people.New(r.bus, r.store, link.Key("former"), r.clock)
	if _, err := former.KeepPending(t.Context(), people.Pending{Upgrade: "pg17"}); err != nil {
		t.Fatal(err)
	}
	left := func() int {
		_, unread, err := people.New(r.bus, r.store, link.Key("secret"), r.clock).Pending(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return len(unread)
	}
	eventually(t, "the mirror has it", func() bool { return left() == 1 })
	r.considered(t, "b", start)
	if left() != 1 {
		t.Error("it is erased while the survey is open")
	}
	r.considered(t, "c", closes.Add(11*time.Minute))
	eventually(t, "it is erased", func() bool { return left() == 0 })
}
