package upgrade_test

import (
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
)

// riskyPlan is testPlan with people, a way back, and triggers of every kind.
func riskyPlan() *plan.Plan {
	p := testPlan()
	p.Roster = plan.Roster{
		"lead": {Person: "@lead", Backup: "@deputy"}, "dba": {Person: "@dba", Backup: "@dba2"}, "comms": {Person: "@comms"},
	}
	p.Phases[1].Owner = "dba"
	p.Gates[0].Decider = "dba"
	p.Rollback = plan.Rollback{Duration: plan.Duration(time.Hour), Buffer: plan.Duration(15 * time.Minute)}
	p.Risks[0].Trigger = "phase.overdue:migrate"
	p.Contingencies = []plan.Contingency{
		{ID: "back", Trigger: "phase.overdue:migrate:90m", Action: "go back", Owner: "dba"},
		{ID: "quiet", Trigger: "upgrade.silent:2h", Action: "call the vendor"},
		{ID: "down", Trigger: "component.changed:web:outage", Action: "show the plain page"},
		{ID: "slow", Trigger: "component.changed:api:30m", Action: "stop the jobs"},
		{ID: "stuck", Trigger: "failover.started:web:20m", Action: "switch by hand"},
	}
	return p
}

// risky is an upgrade of riskyPlan that began when its window did.
func (f *feed) risky(change func(*plan.Plan)) *feed {
	f.t.Helper()
	p := riskyPlan()
	change(p)
	f.must(events.UpgradePlanned, &events.Planned{Plan: p})
	f.now = at(10 * time.Hour)
	f.must(events.UpgradeStarted, &events.Step{})
	return f
}

func asIs(*plan.Plan) {}
