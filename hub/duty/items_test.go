package duty_test

import (
	"slices"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/clock"
	"upgradehub/hub/duty"
	"upgradehub/hub/store"
	"upgradehub/notifiers"
)

// TestNobodyLooks: what nobody looks at within two working days is told to the
// lead, once and together, and what somebody has seen is not.
func TestNobodyLooks(t *testing.T) {
	monday := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	r := newRig(t, clock.Clock{Start: time.Now(), Legs: []clock.Leg{{From: monday, Speed: 600}, {From: monday.Add(time.Hour), Speed: 30_000}}})
	stop := r.run(t, "a", duty.Recipient{Person: notifiers.Person{Channel: "email", Address: "lead@example.org", Name: "@lead"}})
	r.say(t, "upgrade.planned", "plan", map[string]any{"plan": planAt(monday.Add(24*time.Hour), "roster: {lead: {person: \"@lead\"}}\n")})
	r.say(t, "upgrade.canceled", "end", map[string]any{"reason": "not today"})
	eventually(t, "it has ended", func() bool { return count(r.facts(t), events.UpgradeCanceled) == 1 })
	for _, id := range []string{"a", "b", "c"} {
		r.factOf(t, "pg17", events.TypeFeedbackReceived, id, &events.FeedbackReceived{Answer: id, Rating: 1})
	}
	r.factOf(t, "pg17", events.TypeFeedbackAcknowledged, "seen-b", &events.FeedbackAcknowledged{Answer: "b", By: "@lead"})
	overdue := func() []string {
		rows, err := r.store.Items(t.Context(), store.ItemFilter{Overdue: true})
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, row := range rows {
			ids = append(ids, row.ID)
		}
		return ids
	}
	eventually(t, "two are overdue", func() bool { return slices.Equal(overdue(), []string{"a", "c"}) })
	eventually(t, "the lead is told", func() bool { return slices.Contains(r.box.to("lead@example.org"), events.MomentItems) })
	stop()
	r.run(t, "b", duty.Recipient{Person: notifiers.Person{Channel: "email", Address: "lead@example.org", Name: "@lead"}})
	eventually(t, "the other node is on duty", func() bool { return count(r.facts(t), events.TypeDuty) == 2 })
	r.factOf(t, "pg17", events.TypeFeedbackAcknowledged, "seen-a", &events.FeedbackAcknowledged{Answer: "a", By: "@lead"})
	if told := r.box.to("lead@example.org"); count(r.facts(t), events.TypeFeedbackOverdue) != 1 || len(slices.DeleteFunc(told, func(m events.Moment) bool { return m != events.MomentItems })) != 1 {
		t.Errorf("%d facts, and the lead was told %v; want one of each", count(r.facts(t), events.TypeFeedbackOverdue), told)
	}
}
