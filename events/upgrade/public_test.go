package upgrade_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
)

const canary = "CANARY"

// canaryPlan has a canary in everything that is internal in a plan.
func canaryPlan() *plan.Plan {
	p := testPlan()
	p.Announce.Notice = 0
	p.Objectives[0].Text, p.Objectives[0].Measure = canary, canary
	p.Components[2].Name = canary
	p.Roster = plan.Roster{"lead": {Person: "@" + canary, Backup: canary, Shift: canary}}
	for i := range p.Phases {
		p.Phases[i].Owner, p.Phases[i].Kind = canary, canary
	}
	p.Phases[2].Title = canary
	p.Gates[0].Title, p.Gates[0].Decider = canary, canary
	p.Gates[0].Evidence = []plan.Evidence{{Signoff: canary}}
	p.Contingencies = []plan.Contingency{{ID: "c", Trigger: canary, Action: canary, Owner: canary}}
	p.Risks[0].Text, p.Risks[0].Mitigation, p.Risks[0].Trigger, p.Risks[0].Owner = canary, canary, canary, canary
	p.Audiences[0].Templates, p.Audiences[0].Match = canary, map[string]string{canary: canary}
	p.Similar = []string{canary}
	return p
}

// canaries are events whose free text is internal, by default or by word.
func canaries() []said {
	moved := canaryPlan()
	moved.Window.End = moved.Window.End.Add(time.Hour)
	return []said{
		{events.UpgradePlanned, &events.Planned{Plan: moved, Reason: canary}},
		{events.UpgradeScheduled, &events.Scheduled{By: canary, Reason: canary}},
		{events.UpgradeStarted, &events.Step{Note: canary, Reason: canary}},
		{events.PhaseStarted, &events.Phase{Phase: "prepare", Note: canary}},
		{events.PhaseWaiting, &events.Phase{Phase: "prepare", WaitingFor: "approval", Note: canary}},
		{events.PhaseProgressed, &events.Progressed{Phase: "prepare", Percent: new(5.0), Note: canary}},
		{events.PhaseStarted, &events.Phase{Phase: "secret", Note: canary}},
		{events.GateEvidence, &events.Evidence{Gate: "go", Kind: "check", Name: canary, By: canary, Build: canary}},
		{events.GateDecided, &events.Decided{Gate: "go", Decision: "go", By: canary, Reason: canary}},
		{events.ObjectiveMeasured, &events.Measured{Objective: "moved", Value: "100"}},
		{events.ComponentChanged, &events.Component{Component: "web", Impact: plan.Degraded, Note: canary}},
		{events.FailoverStarted, &events.Failover{Component: "api", Active: canary, Standby: canary}},
		{events.FailoverFinished, &events.Failover{Component: "api", Active: canary + "1", Standby: canary}},
		{events.RedundancyChanged, &events.Redundancy{Component: "api", Active: canary + "2"}},
		{events.RiskTriggered, &events.Risk{Risk: "disk", Note: canary}},
		{events.RollbackStarted, &events.Rollback{Reason: canary}},
		{events.RollbackFinished, &events.Rollback{Reason: canary + "3", Outcome: events.Failure}},
		{events.UpgradeReopened, &events.Reopened{By: canary, Reason: canary}},
	}
}

func noCanary(t *testing.T, u *upgrade.Upgrade, after string) {
	t.Helper()
	b, err := json.Marshal(u.Public(1))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), canary) {
		t.Errorf("after %s visitors see %s", after, b)
	}
}

func TestNothingInternalIsPublic(t *testing.T) {
	f := begin(t)
	f.must(events.UpgradePlanned, &events.Planned{Plan: canaryPlan(), Reason: canary})
	for _, e := range canaries() {
		f.must(e.typ, e.data)
		noCanary(t, f.u, string(e.typ))
	}
	for _, e := range []said{
		{events.UpdatePosted, &events.Update{Text: canary}},
		{events.UpdateCorrected, &events.Update{Text: canary + "4"}},
		{events.UpgradeCanceled, &events.Ended{Reason: canary}},
	} {
		f.said(events.Internal, e.typ, e.data)
		noCanary(t, f.u, string(e.typ))
	}
	if !strings.Contains(jsonOf(t, f.u), canary) {
		t.Error("the state itself lost the internal texts")
	}
}

func TestRetractedTextIsGone(t *testing.T) {
	f := started(t)
	f.must(events.UpdatePosted, &events.Update{Text: canary})
	f.must(events.UpdateRetracted, &events.Update{})
	noCanary(t, f.u, "retraction")
}

func TestHidden(t *testing.T) {
	f := started(t)
	f.said(events.Internal, events.ComponentChanged, &events.Component{Component: "web", Impact: plan.Outage})
	f.must(events.ComponentChanged, &events.Component{Component: "api", Impact: plan.Degraded})
	f.said(events.Internal, events.PhaseStarted, &events.Phase{Phase: "prepare"})
	p := f.u.Public(1)
	if len(p.Components) != 1 || p.Components[0].ID != "api" || len(p.Phases) != 1 || p.Phases[0].ID != "migrate" {
		t.Errorf("visitors see %+v and %+v, want api and migrate only", p.Components, p.Phases)
	}
	if p.Impact != plan.Degraded {
		t.Errorf("impact = %s, want that of what visitors see", p.Impact)
	}
	f.must(events.ComponentChanged, &events.Component{Component: "web", Impact: plan.NoImpact})
	if got := len(f.u.Public(1).Components); got != 1 {
		t.Errorf("%d components are shown, want 1: hidden stays hidden", got)
	}
}

func TestPublicTexts(t *testing.T) {
	f := started(t)
	f.said(events.Public, events.PhaseStarted, &events.Phase{Phase: "prepare", Note: "a note"})
	f.said(events.Public, events.UpgradePlanned, &events.Planned{Plan: revised(func(p *plan.Plan) {
		p.Window.End = p.Window.End.Add(time.Hour)
	}).Plan, Reason: "a cause"})
	f.must(events.UpgradeFailed, &events.Ended{Reason: "a reason"})
	p := f.u.Public(9)
	if p.Phases[0].Note != "a note" || p.Moves[0].Reason != "a cause" || p.Reason != "a reason" || p.Seq != 9 {
		t.Errorf("note %q, cause %q, reason %q, seq %d", p.Phases[0].Note, p.Moves[0].Reason, p.Reason, p.Seq)
	}
	if p.SurveyCloses == nil || !p.SurveyCloses.Equal(f.now.Add(7*24*time.Hour)) {
		t.Errorf("survey closes %v, want a week from now", p.SurveyCloses)
	}
	if !p.Phases[1].NotReported || p.Phases[0].NotReported {
		t.Errorf("not reported: %v, %v, want false, true", p.Phases[0].NotReported, p.Phases[1].NotReported)
	}
}

func TestPublicOfNothing(t *testing.T) {
	b, err := json.Marshal(upgrade.New("x").Public(0))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"phases":[]`, `"components":[]`, `"updates":[]`} {
		if !strings.Contains(string(b), want) {
			t.Errorf("%s has no %s", b, want)
		}
	}
}

// TestPublicSharesNothing: whoever holds a Public may change it.
func TestPublicSharesNothing(t *testing.T) {
	f := started(t)
	f.must(events.PhaseStarted, &events.Phase{Phase: "prepare"})
	f.must(events.PhaseProgressed, &events.Progressed{Phase: "prepare", Done: new(int64(1)), Total: new(int64(2))})
	f.must(events.ComponentChanged, &events.Component{Component: "web", Impact: plan.Outage})
	f.pass(4 * time.Hour)
	before := jsonOf(t, f.u)
	p := f.u.Public(1)
	for _, at := range []*time.Time{
		p.Started, p.Overdue, p.Silent, p.UpdateOverdue, p.Phases[0].Actual.Start,
		p.Phases[0].Planned.Start, p.Phases[0].Overdue, p.Components[0].Since,
	} {
		*at = noon
	}
	*p.Phases[0].Done, *p.Phases[0].Total = 9, 9
	if after := jsonOf(t, f.u); after != before {
		t.Errorf("the upgrade became\n%s\nwas\n%s", after, before)
	}
}
