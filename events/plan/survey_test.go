package plan_test

import (
	"slices"
	"testing"
	"time"

	"upgradehub/events/plan"
)

func TestAsked(t *testing.T) {
	disruption, communication, effort := plan.AskDisruption, plan.AskCommunication, plan.AskEffort
	tests := []struct {
		name   string
		survey plan.Survey
		role   string
		turn   int
		want   []string
	}{
		{"in turn", plan.Survey{}, "users", 0, []string{disruption, communication}},
		{"next", plan.Survey{}, "users", 4, []string{disruption, communication}},
		{"effort", plan.Survey{}, "users", 2, []string{disruption, effort}},
		{"named", plan.Survey{Questions: []string{"satisfaction", effort, "text"}}, "users", 2, []string{effort}},
		{"none but what is always asked", plan.Survey{Questions: []string{"satisfaction", "text"}}, "users", 2, nil},
		{"not known", plan.Survey{Questions: []string{"shoe size", communication}}, "users", 0, []string{communication}},
		{"at most two", plan.Survey{Questions: []string{effort, communication, disruption}}, "users", 0, []string{effort, communication}},
		{"of a role", plan.Survey{Questions: []string{effort}, Audiences: map[string][]string{"managers": {communication}}}, "managers", 0, []string{communication}},
		{"of no role", plan.Survey{Questions: []string{effort}, Audiences: map[string][]string{"managers": {communication}}}, "", 0, []string{effort}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.survey.Asked(tt.role, tt.turn); !slices.Equal(got, tt.want) {
				t.Errorf("Asked(%q, %d) = %v, want %v", tt.role, tt.turn, got, tt.want)
			}
		})
	}
}

func TestSurveyDefaults(t *testing.T) {
	var s plan.Survey
	if s.How() != plan.Confidential || s.Asks() != 2*time.Hour || s.Closes() != 7*24*time.Hour {
		t.Errorf("a survey without words is %s, asked after %s, closed after %s", s.How(), s.Asks(), s.Closes())
	}
}
