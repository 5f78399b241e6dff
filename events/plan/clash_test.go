package plan_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"upgradehub/events/plan"
)

func TestClashes(t *testing.T) {
	noon := time.Date(2030, 3, 3, 12, 0, 0, 0, time.UTC)
	mine := plan.Plan{
		ID: "pg16", System: "orders", Window: plan.Window{Start: noon, End: noon.Add(2 * time.Hour)},
		Components: []plan.Component{{ID: "shop"}, {ID: "search"}},
		Roster:     plan.Roster{"dba": {Person: "@dba", Backup: "@ops"}, "lead": {Person: "@lead"}},
	}
	at := func(from, to time.Duration, change func(*plan.Plan)) plan.Plan {
		other := plan.Plan{ID: "pg15", System: "mail", Window: plan.Window{Start: noon.Add(from), End: noon.Add(to)}}
		change(&other)
		return other
	}
	sameSystem := func(p *plan.Plan) { p.System, p.Components = "orders", []plan.Component{{ID: "search"}} }
	samePeople := func(p *plan.Plan) {
		p.Roster = plan.Roster{"ops": {Person: "@ops"}, "lead": {Person: "@boss", Backup: "@lead"}}
	}
	tests := []struct {
		name  string
		other plan.Plan
		want  []string
	}{
		{"system and component", at(time.Hour, 3*time.Hour, sameSystem), []string{
			"system: orders is worked on at the same time by upgrade pg15, 2030-03-03 13:00 to 2030-03-03 15:00 UTC",
			"components[1].id: search is touched at the same time by upgrade pg15, 2030-03-03 13:00 to 2030-03-03 15:00 UTC",
		}},
		{"people", at(-time.Hour, time.Hour, samePeople), []string{
			"roster.dba.backup: @ops works at the same time on upgrade pg15, 2030-03-03 11:00 to 2030-03-03 13:00 UTC",
			"roster.lead.person: @lead works at the same time on upgrade pg15, 2030-03-03 11:00 to 2030-03-03 13:00 UTC",
		}},
		{"component of another system", at(0, time.Hour, func(p *plan.Plan) { p.Components = mine.Components }), nil},
		{"before", at(-2*time.Hour, 0, sameSystem), nil},
		{"after", at(2*time.Hour, 3*time.Hour, samePeople), nil},
		{"itself", at(0, time.Hour, func(p *plan.Plan) { p.ID = "pg16"; sameSystem(p) }), nil},
		{"nobody", at(0, time.Hour, func(p *plan.Plan) { p.Roster = plan.Roster{"x": {Person: "@x"}} }), nil},
	}
	for _, tt := range tests {
		var got []string
		for _, c := range mine.Clashes(&tt.other) {
			got = append(got, fmt.Sprintf("%s: %s", c.Path, c.Message))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: Clashes = %q, want %q", tt.name, got, tt.want)
		}
	}
}
