package interact_test

import (
	"strings"
	"testing"

	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
	"upgradehub/notifiers/slack/interact"
)

// rated is the office after an end, with a survey.
func rated(t *testing.T, state upgrade.State, survey plan.Survey) *office {
	t.Helper()
	o := &office{u: gated(t)}
	o.u.State, o.u.Plan.Survey = state, survey
	return o
}

// TestRatingAsksWhatThePlanSays holds the modal after a rollback, with the
// questions of the plan.
func TestRatingAsksWhatThePlanSays(t *testing.T) {
	o := rated(t, upgrade.RolledBack, plan.Survey{Mode: plan.Named, Questions: []string{"effort", "disruption"}})
	o.rating = &interact.Rating{Stars: 2, Disruption: "lot", Minutes: 45, Effort: 3}
	s := start(t, o, nil)
	s.click(t, other, s.buttons(t), "rate")
	goldenModal(t, "rate-unhappy.json", s.opened(t, other, 1))
}

// TestNamedRatingWaitsForSend: nothing is recorded before the modal has said
// that the name is shown.
func TestNamedRatingWaitsForSend(t *testing.T) {
	s := start(t, rated(t, upgrade.Completed, plan.Survey{Mode: plan.Named}), nil)
	s.click(t, other, s.buttons(t), "rate")
	v := s.opened(t, other, 1)
	if !strings.Contains(string(v.Blocks), "shown with your name") {
		t.Errorf("the modal does not say that the name is shown: %s", v.Blocks)
	}
	if r, _, _ := s.Rating(t.Context(), "", ""); r != nil {
		t.Fatalf("recorded %+v before it was sent", *r)
	}
	if _, err := s.srv.Submit(other, v.ID, map[string]string{"disruption": "little", "minutes": "10080"}); err != nil {
		t.Fatal(err)
	}
	if r, _, _ := s.Rating(t.Context(), "", ""); *r != (interact.Rating{Stars: 4, Disruption: "little", Minutes: 10080, Role: rateRole}) {
		t.Errorf("rating = %+v", *r)
	}
}

func TestNobodyDisturbedLosesNothing(t *testing.T) {
	s := start(t, rated(t, upgrade.Completed, plan.Survey{}), nil)
	s.click(t, other, s.buttons(t), "rate")
	v := s.opened(t, other, 1)
	if _, err := s.srv.Submit(other, v.ID, map[string]string{"disruption": "none", "minutes": "30"}); err != nil {
		t.Fatal(err)
	}
	if r, _, _ := s.Rating(t.Context(), "", ""); r.Minutes != 0 {
		t.Errorf("rating = %+v, want no minutes lost", *r)
	}
}

// TestAnonymousRatingIsSentToTheWeb: a button of an older message records
// nothing, and says why and where.
func TestAnonymousRatingIsSentToTheWeb(t *testing.T) {
	s := start(t, rated(t, upgrade.Completed, plan.Survey{Mode: plan.Anonymous}), nil)
	s.click(t, other, s.buttons(t), "rate")
	got := s.whispered(t, other, 1)
	if !strings.Contains(got, "the hub would learn who you are") || !strings.Contains(got, "https://hub.example.org/upgrades/pg16/feedback") {
		t.Errorf("told %q", got)
	}
	if r, _, _ := s.Rating(t.Context(), "", ""); r != nil || len(s.srv.Views(other)) != 0 {
		t.Errorf("recorded %+v, opened %d modals; want nothing", r, len(s.srv.Views(other)))
	}
}
