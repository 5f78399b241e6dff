package upgrade_test

import (
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
)

// TestTriggers says what happens, one thing a minute, and when the trigger of
// a contingency fires.
func TestTriggers(t *testing.T) {
	begun := said{events.PhaseStarted, &events.Phase{Phase: "migrate"}}
	ended := func(o events.Outcome) said {
		return said{events.PhaseFinished, &events.Phase{Phase: "migrate", Outcome: o}}
	}
	web := func(i plan.Impact) said {
		return said{events.ComponentChanged, &events.Component{Component: "web", Impact: i}}
	}
	over := said{events.FailoverStarted, &events.Failover{Component: "web"}}
	for _, tt := range []struct {
		name, trigger string
		says          []said
		want          string
	}{
		{"overdue by the usual patience", "phase.overdue:migrate", []said{begun}, "contingency:x@12h42m0s"},
		{"overdue by the plan's", "phase.overdue:migrate:90m", []said{begun}, "contingency:x@14h0m0s"},
		{"over before", "phase.overdue:migrate:90m", []said{begun, ended("")}, ""},
		{"late by the usual patience", "phase.late:prepare", nil, "contingency:x@10h10m0s"},
		{"late by the plan's", "phase.late:prepare:1h", nil, "contingency:x@11h0m0s"},
		{"silent by the usual patience", "upgrade.silent", nil, "contingency:x@10h20m0s"},
		{"silent by the plan's", "upgrade.silent:3h", nil, "contingency:x@13h0m0s"},
		{"at once", "phase.started:migrate", []said{begun}, "contingency:x@10h0m0s"},
		{"once", "phase.finished:migrate:failure", []said{begun, ended("failure"), begun, ended("failure")}, "contingency:x@10h1m0s"},
		{"other outcome", "phase.finished:migrate:failure", []said{begun, ended("")}, ""},
		{"other object", "phase.finished:prepare", []said{begun, ended("")}, ""},
		{"for that long", "component.changed:web:20m", []said{web(plan.Degraded), web(plan.Outage)}, "contingency:x@10h20m0s"},
		{"not that long", "component.changed:web:20m", []said{web(plan.Degraded), web(plan.NoImpact)}, ""},
		{"level", "component.changed:web:outage", []said{web(plan.Degraded), web(plan.Outage), web(plan.NoImpact)}, "contingency:x@10h1m0s"},
		{"switched in time", "failover.started:web:5m", []said{over, {events.FailoverFinished, &events.Failover{Component: "web"}}}, ""},
		{"not switched", "failover.started:web:5m", []said{over}, "contingency:x@10h5m0s"},
		{"waiting", "phase.waiting:migrate:approval", []said{{events.PhaseWaiting, &events.Phase{Phase: "migrate", WaitingFor: "approval"}}}, "contingency:x@10h0m0s"},
		{"waiting no more", "phase.waiting:migrate:5m", []said{{events.PhaseWaiting, &events.Phase{Phase: "migrate"}}, begun}, ""},
		{"paused", "upgrade.paused:30m", []said{{events.UpgradePaused, &events.Step{}}}, "contingency:x@10h30m0s"},
		{"gate", "gate.decided:go:no_go", []said{{events.GateDecided, &events.Decided{Gate: "go", Decision: "no_go"}}}, "contingency:x@10h0m0s"},
		{"evidence", "gate.evidence:go:fail", []said{{events.GateEvidence, &events.Evidence{Gate: "go", Kind: "junit", Name: "smoke", JUnit: `<testsuite><testcase name="a"><failure/></testcase></testsuite>`}}}, "contingency:x@10h0m0s"},
		{"good evidence", "gate.evidence:go:fail", []said{{events.GateEvidence, &events.Evidence{Gate: "go", Kind: "check", Name: "lag", Result: "pass"}}}, ""},
		{"objective", "objective.measured:moved:missed", []said{{events.ObjectiveMeasured, &events.Measured{Objective: "moved", Value: "12"}}}, "contingency:x@10h0m0s"},
		{"risk", "risk.triggered:disk", []said{{events.RiskTriggered, &events.Risk{Risk: "disk"}}}, "contingency:x@10h0m0s"},
		{"way back", "rollback.started", []said{back}, "contingency:x@10h0m0s"},
		{"end", "upgrade.failed", []said{fail}, "contingency:x@10h0m0s"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := begin(t).risky(func(p *plan.Plan) {
				p.Contingencies = []plan.Contingency{{ID: "x", Trigger: tt.trigger, Action: "act"}}
			})
			for _, s := range tt.says {
				f.must(s.typ, s.data)
				f.now = f.now.Add(time.Minute - time.Second)
			}
			f.now = f.now.Add(-time.Duration(len(tt.says)) * time.Minute)
			if got := f.tick(5*time.Hour, "contingency"); got != tt.want {
				t.Errorf("fired %q, want %q", got, tt.want)
			}
		})
	}
}

// TestTriggersBeforeTheWork: the first phase is late when nobody begins at all.
func TestTriggersBeforeTheWork(t *testing.T) {
	for trigger, want := range map[string]string{
		"phase.late:prepare": "contingency:x@10h10m0s", "phase.late:prepare:5m": "contingency:x@10h5m0s", "phase.late:migrate:5m": "",
	} {
		p := riskyPlan()
		p.Contingencies = []plan.Contingency{{ID: "x", Trigger: trigger, Action: "act"}}
		f := begin(t)
		f.must(events.UpgradePlanned, &events.Planned{Plan: p})
		f.now = at(10 * time.Hour)
		if got := f.tick(time.Hour, "contingency"); got != want {
			t.Errorf("%s fired %q, want %q", trigger, got, want)
		}
	}
}

// TestTriggeredRisk: the trigger of a risk makes it come true, unless somebody
// said so before, or that it is over.
func TestTriggeredRisk(t *testing.T) {
	for _, tt := range []struct {
		name string
		says []said
		want string
	}{
		{"untouched", nil, "risk:disk@12h42m0s"},
		{"came true before", []said{{events.RiskTriggered, &events.Risk{Risk: "disk"}}}, ""},
		{"over", []said{{events.RiskRetired, &events.Risk{Risk: "disk"}}}, ""},
	} {
		f := begin(t).risky(asIs)
		f.must(events.PhaseStarted, &events.Phase{Phase: "migrate"})
		for _, s := range tt.says {
			f.must(s.typ, s.data)
		}
		if got := f.tick(4*time.Hour, "risk"); got != tt.want {
			t.Errorf("%s: fired %q, want %q", tt.name, got, tt.want)
		}
		if tt.want != "" && f.u.Risks[0].Triggered == nil {
			t.Errorf("%s: the risk did not come true", tt.name)
		}
	}
}

// TestRevisedTrigger: a trigger that stays keeps what it knows; a new one
// begins anew.
func TestRevisedTrigger(t *testing.T) {
	f := begin(t).risky(asIs)
	f.must(events.ComponentChanged, &events.Component{Component: "web", Impact: plan.Outage})
	f.tick(time.Minute, "contingency")
	p := riskyPlan()
	p.Title = "Another title"
	f.must(events.UpgradePlanned, &events.Planned{Plan: p})
	if got := f.tick(time.Minute, "contingency"); got != "" {
		t.Errorf("a revision that leaves the trigger fires %q again", got)
	}
	p = riskyPlan()
	p.Contingencies[2].Trigger = "component.changed:web:degraded"
	f.must(events.UpgradePlanned, &events.Planned{Plan: p})
	f.must(events.ComponentChanged, &events.Component{Component: "web", Impact: plan.Degraded})
	if got, want := f.tick(time.Minute, "contingency"), "contingency:down@10h2m0s"; got != want {
		t.Errorf("another trigger fires %q, want %q", got, want)
	}
}

// TestImpatientPlan: what the plan acts on is said by then at the latest.
func TestImpatientPlan(t *testing.T) {
	f := begin(t).risky(func(p *plan.Plan) {
		p.Contingencies = []plan.Contingency{
			{ID: "a", Trigger: "phase.overdue:migrate:3m", Action: "act"},
			{ID: "b", Trigger: "upgrade.silent:5m", Action: "act"},
			{ID: "c", Trigger: "phase.late:prepare:2m", Action: "act"},
		}
	})
	f.must(events.PhaseStarted, &events.Phase{Phase: "migrate"})
	wantListed(t, filter(f.u.Deadlines(), events.ClockLate, events.ClockOverdue, events.ClockSilent),
		"late:prepare@10h2m0s silent:@10h5m0s late:secret@12h10m0s overdue:migrate@12h33m0s overdue:@14h0m0s")
}
