package notifiers_test

import (
	"strings"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/lang"
	"upgradehub/events/lesson"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
	"upgradehub/notifiers"
)

// TestSinceLastTime: the announcement says in one sentence what is otherwise,
// to every role and in every language, and the root message until it begins.
func TestSinceLastTime(t *testing.T) {
	r, err := notifiers.NewRenderer(nil)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 5, 9, 22, 0, 0, 0, time.UTC)
	u := upgrade.New("pg17")
	say := func(id string, what events.Type, data events.Data, at time.Time) {
		u.Apply(events.Event{ID: id, Source: "test", Type: what, Upgrade: "pg17", Time: at, Recorded: at, Data: data})
	}
	say("plan", events.UpgradePlanned, &events.Planned{Plan: &plan.Plan{
		Schema: plan.Schema, ID: "pg17", Title: "Database 16 to 17", System: "orders", Zone: "UTC",
		Window: plan.Window{Start: start, End: start.Add(4 * time.Hour)},
		Phases: []plan.Phase{{ID: "import", Title: "Import", Start: start, Duration: plan.Duration(2 * time.Hour)}},
	}}, start.Add(-72*time.Hour))
	hour := plan.Duration(time.Hour)
	learnt := []lesson.Change{
		{Lesson: "a", Kind: plan.NeedsPhase, Phase: "Import", Was: hour, Now: 2 * hour}, {Lesson: "b", Kind: plan.NeedsNotice, Now: 72 * hour},
	}
	render := func(role, channel, code string, form events.Form) string {
		t.Helper()
		n := events.Notice{ID: "n", Moment: events.MomentAnnounced, Audience: role, Role: role, Channel: channel, Form: form, UsefulUntil: start}
		m, err := r.Render(notifiers.View{
			Delivery: notifiers.Delivery{Notice: n, Upgrade: "pg17", Channel: channel}, Upgrade: u, Public: u.Public(7), Learnt: learnt,
			Person: notifiers.Person{Channel: channel, Lang: code}, Links: notifiers.Links{Page: "https://status.example.org/upgrades/pg17"}, Now: start.Add(-72 * time.Hour),
		})
		if err != nil {
			t.Fatal(err)
		}
		return m.Text
	}
	var all strings.Builder
	for _, code := range lang.Supported {
		all.WriteString("# " + code + "\n" + render("users", "email", code, events.FormMessage) + "\n")
	}
	for _, role := range plan.Roles {
		if text := render(role, "email", "en", events.FormMessage); strings.Count(text, "Since last time: ") != 1 {
			t.Errorf("%s read %q", role, text)
		}
	}
	all.WriteString("# root\n" + render("teams", "slack", "en", events.FormRoot) + "\n")
	golden(t, "testdata/golden/since.txt", all.String())
	say("go", events.PhaseStarted, &events.Phase{Phase: "import"}, start)
	if text := render("teams", "slack", "en", events.FormRoot); strings.Contains(text, "Since last time") {
		t.Errorf("while live: %q", text)
	}
}
