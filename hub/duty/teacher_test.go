package duty_test

import (
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/clock"
	"upgradehub/hub/store"
)

// lessonsOf lists what is known to be learnt.
func (r *rig) lessonsOf(t *testing.T) []store.LessonRow {
	t.Helper()
	rows, err := r.store.Lessons(t.Context(), store.LessonFilter{Upgrade: "pg17"})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// overran is a rig whose clock plays fast, from the start of a plan on.
func overran(t *testing.T, extra string) (*rig, string) {
	t.Helper()
	start := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	return newRig(t, clock.Clock{Start: time.Now(), Legs: []clock.Leg{{From: start.Add(-time.Minute), Speed: 7200}}}), planAt(start, extra)
}

// overruns plays the plan with a phase that takes longer.
func (r *rig) overruns(t *testing.T, plan string) {
	t.Helper()
	r.say(t, "upgrade.planned", "plan", map[string]any{"plan": plan})
	r.say(t, "phase.started", "go", map[string]any{"phase": "switchover"})
	eventually(t, "the phase is overdue", func() bool { // and not the window alone, on a slow machine
		u, _, err := r.store.Full(t.Context(), "pg17")
		return err == nil && u != nil && len(u.Phases) == 1 && u.Phases[0].Overdue != nil
	})
	r.say(t, "phase.finished", "done", map[string]any{"phase": "switchover"})
	r.say(t, "upgrade.completed", "end", map[string]any{})
}

// TestLessonsAreProposedWhenTheSurveyCloses: not before, once, and by another
// node no second time.
func TestLessonsAreProposedWhenTheSurveyCloses(t *testing.T) {
	r, plan := overran(t, "survey: {ask_after: 1h, close_after: 12h}\nroster: {lead: {person: \"@lead\"}}\n")
	stop := r.run(t, "a")
	r.overruns(t, plan)
	eventually(t, "a lesson", func() bool { return len(r.lessonsOf(t)) > 0 })
	facts, err := r.store.Facts(t.Context(), 0, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	closed := false
	for _, f := range facts {
		if d, ok := f.Event.Data.(*events.Clock); ok && d.Object == "survey-close" {
			closed = true
		}
		if f.Event.Type == events.LessonProposed && !closed {
			t.Error("a lesson was proposed while answers could come")
		}
	}
	stop()
	before := count(r.facts(t), events.LessonProposed)
	r.run(t, "b")
	eventually(t, "the other node is on duty", func() bool { return count(r.facts(t), events.TypeDuty) == 2 })
	r.say(t, "upgrade.reopened", "again", map[string]any{"by": "lead", "reason": "typo"})
	eventually(t, "it is reopened", func() bool { return count(r.facts(t), events.UpgradeReopened) == 1 })
	if after := count(r.facts(t), events.LessonProposed); after != before {
		t.Errorf("%d lessons were proposed, then %d", before, after)
	}
	first := r.lessonsOf(t)[len(r.lessonsOf(t))-1]
	if first.Owner != "@lead" || first.Status != store.LessonProposed || first.System != "student-records" {
		t.Errorf("proposed %+v", first)
	}
}

// TestLessonsWaitForAnonymousAnswers: they are published some time after the
// survey has closed, and what they say may be a lesson.
func TestLessonsWaitForAnonymousAnswers(t *testing.T) {
	r, plan := overran(t, "survey: {mode: anonymous, ask_after: 1h, close_after: 12h}\n")
	r.run(t, "a")
	r.overruns(t, plan)
	var closes time.Time
	eventually(t, "the survey has closed", func() bool {
		u, _, err := r.store.Full(t.Context(), "pg17")
		if err != nil || u == nil || !u.SurveyClosed() {
			return false
		}
		closes, _ = u.SurveyCloses()
		return true
	})
	eventually(t, "the last answers are published", func() bool { return r.clock.Now().After(closes.Add(10 * time.Minute)) })
	r.say(t, "update.posted", "wake", map[string]any{"text": "Thank you."})
	eventually(t, "a lesson", func() bool { return len(r.lessonsOf(t)) > 0 })
	if first := r.lessonsOf(t)[0]; first.Proposed.Before(closes.Add(10 * time.Minute)) {
		t.Errorf("proposed %v, before the last answers, %v", first.Proposed, closes)
	}
}
