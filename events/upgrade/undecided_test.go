package upgrade_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
)

// withDeadline is testPlan whose gate is to be decided by d before the start.
func withDeadline(d time.Duration) *events.Planned {
	return revised(func(p *plan.Plan) { p.Gates[0].Deadline = p.Window.Start.Add(-d) })
}

// undecided are the deadlines about gates that nobody decided.
func undecided(list []upgrade.Deadline) string {
	return listed(slices.DeleteFunc(list, func(d upgrade.Deadline) bool { return !strings.HasPrefix(d.Clock.Object, "undecided-") }))
}

// TestUndecided: a deadline that passes is told once, and again only if the
// plan moves it. What has none, is decided or is over is not told at all.
func TestUndecided(t *testing.T) {
	decided := &events.Decided{Gate: "go", Decision: "no_go", By: "lead"}
	for _, tt := range []struct {
		name   string
		say    func(f *feed)
		want   string
		passed bool
	}{
		{"none", func(f *feed) { f.must(events.UpgradePlanned, &events.Planned{Plan: testPlan()}) }, "", false},
		{"passes", func(f *feed) { f.must(events.UpgradePlanned, withDeadline(time.Hour)) }, "due:undecided-go@9h0m0s", true},
		{"passed before anybody knew", func(f *feed) { f.must(events.UpgradePlanned, withDeadline(30*time.Hour)) }, "", false},
		{"decided", func(f *feed) {
			f.must(events.UpgradePlanned, withDeadline(time.Hour))
			f.must(events.GateDecided, decided)
		}, "", false},
		{"decided after it", func(f *feed) {
			f.must(events.UpgradePlanned, withDeadline(time.Hour))
			f.pass(9*time.Hour + time.Minute)
			f.must(events.GateDecided, decided)
		}, "", false},
		{"moved after it", func(f *feed) {
			f.must(events.UpgradePlanned, withDeadline(time.Hour))
			f.pass(9*time.Hour + time.Minute)
			f.must(events.UpgradePlanned, withDeadline(30*time.Minute))
		}, "due:undecided-go@9h30m0s", true},
		{"over", func(f *feed) {
			f.must(events.UpgradePlanned, withDeadline(time.Hour))
			f.must(events.UpgradeCanceled, &events.Ended{Reason: "no more"})
		}, "", false},
	} {
		f := begin(t)
		tt.say(f)
		if got := undecided(f.pass(10 * time.Hour)); got != tt.want {
			t.Errorf("%s: told %q, want %q", tt.name, got, tt.want)
		}
		if got := f.u.DeadlinePassed("go"); got != tt.passed {
			t.Errorf("%s: DeadlinePassed = %t, want %t", tt.name, got, tt.passed)
		}
		if got := undecided(f.u.Deadlines()); got != "" {
			t.Errorf("%s: still owed %q", tt.name, got)
		}
	}
}

func TestDecidersAndLead(t *testing.T) {
	roster := plan.Roster{"lead": {Person: "@lead", Backup: "@deputy"}, "dba": {Person: "@dba", Backup: "@second"}, "boss": {Person: "lead"}}
	for _, tt := range []struct {
		decider string
		roster  plan.Roster
		want    []string
	}{
		{"dba", roster, []string{"@dba", "@second", "@lead"}},
		{"", roster, []string{"@lead", "@deputy"}},
		{"boss", roster, []string{"lead"}},
		{"@cto", roster, []string{"@cto", "@lead"}},
		{"@cto", nil, []string{"@cto", "lead"}},
		{"", nil, []string{"lead"}},
	} {
		f := begin(t)
		f.must(events.UpgradePlanned, revised(func(p *plan.Plan) { p.Gates[0].Decider, p.Roster = tt.decider, tt.roster }))
		if got := f.u.DecidersAndLead("go"); !slices.Equal(got, tt.want) {
			t.Errorf("decider %q: %q, want %q", tt.decider, got, tt.want)
		}
	}
}
