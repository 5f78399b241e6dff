package notifiers_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
	"upgradehub/notifiers"
)

// TestLessonCard: whoever leads gets a card in Slack that follows the decision,
// or the proposal by mail; nobody else hears of it.
func TestLessonCard(t *testing.T) {
	r := renderer(t)
	start, u := finished(t)
	lesson := notifiers.Lesson{ID: "1faf74d047e7", Text: `Plan 2h for "Import"`, Evidence: "took 1 h 50 min,\nplanned 1 h (+83 %)", Status: "proposed"}
	audiences := []notifiers.Audience{{ID: "teams", Role: "teams", Channels: []string{"slack"}}, notifiers.Crew(func(string) bool { return true })}
	var all strings.Builder
	show := func(l notifiers.Lesson, want int) {
		// The card alone: a mail would tell the same once more.
		redrawn := want == 1
		t.Helper()
		notices := notifiers.PlanLesson(9, start, u, l, audiences)
		if len(notices) != want {
			t.Fatalf("PlanLesson(%s) = %+v, want %d", l.Status, notices, want)
		}
		for _, n := range notices {
			if n.Role != notifiers.RoleCrew || len(n.People) != 1 || n.People[0] != "@lead" {
				t.Errorf("it is for %v of %s", n.People, n.Role)
			}
			if n.Redrawn != redrawn {
				t.Errorf("%s %s: redrawn = %t", n.Form, l.Status, n.Redrawn)
			}
			all.WriteString(lessonWords(t, r, u, l, n))
		}
	}
	show(lesson, 2)
	lesson.Assigned, lesson.Owner = true, "@dba"
	show(lesson, 1)
	lesson.Assigned = false
	lesson.Status, lesson.By, lesson.Reason, lesson.Owner = "accepted", "@lead", "measured twice.", "@dba"
	show(lesson, 1)
	lesson.Status, lesson.By, lesson.Reason, lesson.Owner = "rejected", "@deputy", "the disk was broken", ""
	show(lesson, 1)
	golden(t, "testdata/golden/lesson.txt", all.String())
	u.Plan.Roster = nil
	if notices := notifiers.PlanLesson(9, start, u, lesson, audiences); notices != nil {
		t.Errorf("without a lead %+v is owed", notices)
	}
}

// finished is an upgrade that has ended, and when it did.
func finished(t *testing.T) (time.Time, *upgrade.Upgrade) {
	t.Helper()
	start := time.Date(2026, 5, 9, 22, 0, 0, 0, time.UTC)
	u := upgrade.New("pg16")
	for _, e := range []struct {
		what events.Type
		data events.Data
	}{
		{events.UpgradePlanned, &events.Planned{Plan: &plan.Plan{
			Schema: plan.Schema, ID: "pg16", Title: "Database 15 to 16", System: "orders", Zone: "UTC",
			Window: plan.Window{Start: start, End: start.Add(4 * time.Hour)}, Roster: plan.Roster{"lead": {Person: "@lead", Backup: "@deputy"}},
		}}},
		{events.UpgradeStarted, &events.Step{}},
		{events.UpgradeCompleted, &events.Completed{}},
	} {
		u.Apply(events.Event{ID: string(e.what), Source: "test", Type: e.what, Upgrade: "pg16", Time: start, Recorded: start, Data: e.data})
	}
	return start, u
}

func lessonWords(t *testing.T, r *notifiers.Renderer, u *upgrade.Upgrade, l notifiers.Lesson, n events.Notice) string {
	t.Helper()
	v := notifiers.View{
		Delivery: notifiers.Delivery{ID: "d", Notice: n, Upgrade: "pg16", Channel: n.Channel}, Upgrade: u, Public: u.Public(9),
		Person: notifiers.Person{Channel: n.Channel}, Links: notifiers.Links{Page: "https://status.example.org/upgrades/pg16"}, Now: n.NotBefore,
	}
	m, err := r.Render(v)
	if err != nil {
		t.Fatal(err)
	}
	inOtherLanguages(t, r, v, string(n.Moment)+"-"+l.Status)
	buttons, err := json.MarshalIndent(m.Buttons, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return "# " + l.Status + " by " + n.Channel + " as " + string(n.Form) + "\n" + m.Text + "\n" + string(buttons) + "\n\n"
}

// TestLessonOwner: whoever is given a lesson hears of it in person, with what
// shows it, since when, until when, and what is then to be done.
func TestLessonOwner(t *testing.T) {
	r := renderer(t)
	start, u := finished(t)
	u.Plan.Roster["tester"] = plan.Duty{Person: "@tester"}
	audiences := []notifiers.Audience{{ID: "teams", Role: "teams", Channels: []string{"slack"}}, notifiers.Crew(func(string) bool { return true })}
	lesson := notifiers.Lesson{
		ID: "1faf74d047e7", Text: "Plan 2h for the import", Evidence: "took 1 h 50 min", Status: "proposed", Owner: "@dba",
		Proposed: start, Due: start.AddDate(0, 0, 14),
	}
	accepted, role, own, drill := lesson, lesson, lesson, lesson
	accepted.Status, accepted.Due, role.Owner, own.Owner = "accepted", time.Time{}, "tester", "lead"
	var all strings.Builder
	for _, tt := range []struct {
		name   string
		lesson notifiers.Lesson
		drill  bool
		to     string
	}{
		{"proposed", lesson, false, "@dba"},
		{"accepted", accepted, false, "@dba"},
		{"a role", role, false, "@tester"},
		{"who gives it to themselves", own, false, ""},
		{"nobody", notifiers.Lesson{ID: "a"}, false, ""},
		{"a drill that does not name them", drill, true, ""},
	} {
		u.Plan.Drill = tt.drill
		notices := notifiers.PlanLessonOwner(9, start.AddDate(0, 0, 1), u, tt.lesson, "@lead", audiences)
		if (len(notices) == 2) != (tt.to != "") {
			t.Errorf("%s: owed %+v, want a message on each channel to %q", tt.name, notices, tt.to)
		}
		for _, n := range notices {
			if n.Role != notifiers.RoleCrew || n.Form != events.FormMessage || strings.Join(n.People, " ") != tt.to {
				t.Errorf("%s: a %s to %v of %s, want one to %s", tt.name, n.Form, n.People, n.Role, tt.to)
			}
			if tt.to == "@dba" {
				all.WriteString(lessonWords(t, r, u, tt.lesson, n))
			}
		}
	}
	golden(t, "testdata/golden/lesson-owner.txt", all.String())
}
