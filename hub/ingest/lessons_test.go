package ingest_test

import (
	"strings"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/clock"
	"upgradehub/events/plan"
	"upgradehub/hub/ingest"
	"upgradehub/hub/lessons"
	"upgradehub/hub/people"
	"upgradehub/hub/store"
)

// overran is an upgrade whose copy took two hours in place of one, and what it
// taught.
func overran(t testing.TB) *logbook {
	l := newLogbook(t)
	l.planned()
	at := func(e events.Type, d events.Data, m int) {
		when := noon.Add(time.Duration(m) * time.Minute)
		l.add(events.Event{ID: string(e), Source: "tool", Type: e, Upgrade: "pg16", Time: when, Recorded: when, Intake: l.next(), Data: d})
	}
	at(events.PhaseStarted, &events.Phase{Phase: "copy"}, 60)
	at(events.PhaseFinished, &events.Phase{Phase: "copy"}, 180)
	at(events.UpgradeCompleted, &events.Completed{}, 181)
	return l
}

func TestLessonsAreProposedOnce(t *testing.T) {
	l := overran(t)
	s := l.fold(0)
	found, err := lessons.New(t.Context(), s, people.New(nil, s, nil, clock.Clock{}), "pg16", false)
	if err != nil || len(found) != 2 || found[0].Kind != "phase-overrun" || found[0].System != "postgres" || found[1].Kind != "broken-promises" {
		t.Fatalf("New() = %+v, %v, want the copy and the promise that broke", found, err)
	}
	for _, f := range found {
		l.own(events.LessonProposed, "pg16", f)
	}
	s = l.fold(0)
	if found, err := lessons.New(t.Context(), s, people.New(nil, s, nil, clock.Clock{}), "pg16", true); err != nil || len(found) != 0 {
		t.Errorf("New() = %+v, %v once they are proposed", found, err)
	}
	if none, err := lessons.New(t.Context(), s, people.New(nil, s, nil, clock.Clock{}), "unknown", false); err != nil || len(none) != 0 {
		t.Errorf("New() of nothing = %+v, %v", none, err)
	}
}

func TestLessonsAreDecided(t *testing.T) {
	l := overran(t)
	ask := &plan.Requirement{Kind: plan.NeedsPhase, Object: "copy", Title: "Copy", Was: plan.Duration(time.Hour), Want: plan.Duration(2 * time.Hour)}
	propose := func(id, text string) {
		l.own(events.LessonProposed, "pg16", &events.Lesson{Lesson: id, Kind: "phase-overrun", Text: text, Evidence: "2 h", System: "postgres", Requirement: ask, Owner: "@lead"})
	}
	due := noon.AddDate(0, 0, 14)
	propose("a", "first words")
	propose("a", "Plan 2h for the copy")
	propose("b", "Another")
	propose("c", "A third")
	l.own(events.LessonAssigned, "pg16", &events.Lesson{Lesson: "a", Owner: "@dba", Due: due})
	l.own(events.LessonAccepted, "pg16", &events.Lesson{Lesson: "a", By: "@lead", Reason: "measured twice"})
	l.own(events.LessonRejected, "pg16", &events.Lesson{Lesson: "b", By: "@lead", Reason: "a mistake"})
	l.own(events.LessonAccepted, "pg16", &events.Lesson{Lesson: "nobody proposed it", By: "@lead"})
	propose("a", "said again after it was accepted")
	s := l.fold(0)
	if one := l.fold(1); digest(t, one) != digest(t, s) {
		t.Error("other lessons when folded one by one")
	}
	a, known, err := s.Lesson(t.Context(), "a")
	if err != nil || !known || a.Status != store.LessonAccepted || a.Text != "Plan 2h for the copy" || a.Owner != "@dba" || !a.Due.Equal(due) ||
		a.By != "@lead" || a.Requirement != *ask || a.Upgrade != "pg16" {
		t.Errorf("Lesson(a) = %+v, %v", a, err)
	}
	for _, tt := range []struct {
		filter store.LessonFilter
		want   int
	}{
		{store.LessonFilter{}, 3},
		{store.LessonFilter{System: "postgres", Status: store.LessonAccepted}, 1},
		{store.LessonFilter{Upgrade: "pg16", Status: store.LessonRejected}, 1},
		{store.LessonFilter{System: "mail"}, 0},
	} {
		if rows, err := s.Lessons(t.Context(), tt.filter); err != nil || len(rows) != tt.want {
			t.Errorf("Lessons(%+v) = %+v, %v, want %d", tt.filter, rows, err, tt.want)
		}
	}
	want := digest(t, s)
	stale(t, s)
	if err := ingest.Refold(t.Context(), s); err != nil || digest(t, s) != want {
		t.Errorf("Refold() = %v and made other lessons", err)
	}
}

// TestLessonsAreGivenOnce: the fact that gives a lesson to somebody counts, not
// those that say the same again, nor one that only decides.
func TestLessonsAreGivenOnce(t *testing.T) {
	l := overran(t)
	given := func(at uint64) uint64 {
		t.Helper()
		row, _, err := l.fold(0).Lesson(t.Context(), "a")
		if err != nil || row.Given != at {
			t.Errorf("Lesson(a) is given by %d, %v, want %d", row.Given, err, at)
		}
		return l.next()
	}
	propose := func() {
		l.own(events.LessonProposed, "pg16", &events.Lesson{Lesson: "a", System: "postgres", Owner: "@lead"})
	}
	say := func(what events.Type, owner string) {
		l.own(what, "pg16", &events.Lesson{Lesson: "a", By: "@lead", Owner: owner, Reason: "so"})
	}
	propose()
	first := given(0) // whoever leads decides of it
	say(events.LessonAssigned, "@dba")
	given(first)
	say(events.LessonAssigned, "@dba")
	propose()
	say(events.LessonAccepted, "")
	second := given(first)
	say(events.LessonAccepted, "@dev")
	third := given(second)
	say(events.LessonAssigned, "@dba")
	given(third)
	say(events.LessonRejected, "@lead")
	given(third)
}

// TestLearnt: the upgrade that taught a lesson says so, and so does the next one
// of the system if its plan does as the lesson asks.
func TestLearnt(t *testing.T) {
	l := overran(t)
	l.own(events.LessonProposed, "pg16", &events.Lesson{Lesson: "a", System: "postgres", Requirement: &plan.Requirement{
		Kind: plan.NeedsPhase, Object: "copy", Was: plan.Duration(time.Hour), Want: plan.Duration(2 * time.Hour),
	}})
	next := func(id, system string, length time.Duration, waived ...plan.Waiver) {
		p := samplePlan()
		p.ID, p.System, p.Lessons, p.Phases[0].Duration = id, system, waived, plan.Duration(length)
		p.Window.End = p.Window.Start.Add(4 * time.Hour)
		at := noon.Add(5 * time.Hour)
		l.add(events.Event{ID: id, Source: "tool", Type: events.UpgradePlanned, Upgrade: id, Time: at, Recorded: at, Intake: l.next(), Data: &events.Planned{Plan: p}})
	}
	next("pg17", "postgres", 3*time.Hour)
	next("hasty", "postgres", time.Hour)
	next("waived", "postgres", 3*time.Hour, plan.Waiver{ID: "a", WaivedBy: "@lead", Reason: "x"})
	next("mail", "mail", 3*time.Hour)
	check := func(when string, want map[string]string) {
		t.Helper()
		s := l.fold(0)
		for id, words := range want {
			since, taught, err := s.Learnt(t.Context(), id)
			var got []string
			for _, c := range since {
				got = append(got, "since: "+c.In("en"))
			}
			for _, c := range taught {
				got = append(got, "taught: "+c.In("en"))
			}
			if said := strings.Join(got, " "); err != nil || said != words {
				t.Errorf("%s, Learnt(%s) says %q, %v, want %q", when, id, said, err, words)
			}
		}
	}
	none := map[string]string{"pg16": "", "pg17": "", "hasty": "", "waived": "", "mail": "", "unknown": ""}
	check("proposed", none)
	l.own(events.LessonAccepted, "pg16", &events.Lesson{Lesson: "a", By: "@lead"})
	none["pg16"] = "taught: We planned 2 h for “Copy” instead of 1 h."
	none["pg17"] = "since: We planned 3 h for “Copy” instead of 1 h."
	check("accepted", none)
}
