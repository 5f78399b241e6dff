package duty_test

import (
	"strings"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/clock"
	"upgradehub/hub/duty"
	"upgradehub/notifiers"
)

// TestNewItemsAreListedOnceADay: what came overnight is told to the lead when
// the office opens, together; what comes later that day waits for the next
// working day, and when nothing came nobody is told.
func TestNewItemsAreListedOnceADay(t *testing.T) {
	t.Parallel() // it mostly waits
	friday := time.Date(2026, 3, 6, 8, 0, 0, 0, time.UTC)
	hours := func(n float64) time.Time { return friday.Add(time.Duration(n * float64(time.Hour))) }
	r := newRig(t, clock.Clock{Start: time.Now(), Legs: []clock.Leg{
		{From: friday, Speed: 600},
		{From: hours(0.5), Speed: 7200},
		{From: hours(10), Speed: 90_000}, // the weekend
		{From: hours(72), Speed: 7200},
		{From: hours(76), Speed: 60_000},
		{From: hours(120), Speed: 7200},
	}})
	stop := r.run(t, "a", duty.Recipient{Person: notifiers.Person{Channel: "email", Address: "lead@example.org", Name: "@lead"}})
	r.say(t, "upgrade.planned", "plan", map[string]any{"plan": planAt(hours(24), "roster: {lead: {person: \"@lead\"}}\n")})
	r.say(t, "upgrade.canceled", "end", map[string]any{"reason": "not today"})
	eventually(t, "it has ended", func() bool { return count(r.facts(t), events.UpgradeCanceled) == 1 })
	for _, id := range []string{"a", "b"} {
		r.factOf(t, "pg17", events.TypeFeedbackReceived, id, &events.FeedbackReceived{Answer: id, Rating: 1})
	}
	lists := func() (texts []string) {
		r.box.mu.Lock()
		defer r.box.mu.Unlock()
		for _, m := range r.box.sent {
			if m.Delivery.Notice.Moment == events.MomentNewItems {
				texts = append(texts, m.Subject+"\n"+m.Text)
			}
		}
		return texts
	}
	eventually(t, "the lead has a list", func() bool { return len(lists()) == 1 })
	if r.clock.Now().Before(hours(1)) {
		t.Errorf("listed at %s, before the office opened", r.clock.Now())
	}
	r.factOf(t, "pg17", events.TypeFeedbackReported, "c", &events.FeedbackReported{Report: "c"})
	eventually(t, "and another one", func() bool { return len(lists()) == 2 })
	if monday := hours(73); r.clock.Now().Before(monday) {
		t.Errorf("listed at %s, and Monday is the next working day", r.clock.Now())
	}
	for i, want := range []string{"2 × rated 1", "report of trouble"} {
		if text := lists()[i]; !strings.Contains(text, want) || !strings.Contains(text, "http://status.example.org/upgrades/pg17/insights") {
			t.Errorf("list %d lacks %q or the link:\n%s", i, want, text)
		}
	}
	wednesday := hours(123)
	eventually(t, "it is Wednesday", func() bool { return r.clock.Now().After(wednesday) })
	stop()
	if n := count(r.facts(t), events.TypeFeedbackListed); n != 2 || len(lists()) != 2 {
		t.Errorf("%d lists, of which %d were sent; want 2", n, len(lists()))
	}
}
