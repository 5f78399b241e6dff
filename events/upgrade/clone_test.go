package upgrade_test

import (
	"reflect"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
)

// full is an upgrade that has something everywhere.
func full(t *testing.T) *upgrade.Upgrade {
	f := announced(t)
	f.u.Apply(events.Event{Type: events.TypeForecastMade, Source: "hub", Time: f.now, Recorded: f.now, Data: f.u.Outlook(pasts(9), pasts(9), f.now)})
	f.pass(11 * time.Hour) // reminded, late
	f.must(events.UpgradePlanned, revised(func(p *plan.Plan) { p.Window.End = p.Window.End.Add(time.Hour) }))
	f.must(events.PhaseStarted, &events.Phase{Phase: "prepare", Note: "n"})
	f.must(events.PhaseProgressed, &events.Progressed{Phase: "prepare", Done: new(int64(1)), Total: new(int64(2)), Percent: new(50.0)})
	f.must(events.ComponentChanged, &events.Component{Component: "web", Impact: plan.Outage})
	f.must(events.FailoverFinished, &events.Failover{Component: "web", Active: "b", DataLoss: new(false)})
	f.must(events.RedundancyChanged, &events.Redundancy{Component: "web", LagSeconds: new(1.0), CapacityPercent: new(5.0)})
	f.must(events.GateEvidence, &events.Evidence{Gate: "go", Kind: "check", Name: "n"})
	f.must(events.UpgradePlanned, revised(func(p *plan.Plan) {
		p.Gates[0].Evidence = []plan.Evidence{{JUnit: "smoke", Cases: []string{"a"}}}
	}))
	f.must(events.GateEvidence, &events.Evidence{Gate: "go", Kind: "junit", Name: "smoke", JUnit: `<testsuite><testcase name="a"><failure/></testcase></testsuite>`})
	f.must(events.GateDecided, &events.Decided{Gate: "go", Decision: "go"})
	for range 2 {
		f.must(events.RiskTriggered, &events.Risk{Risk: "disk"})
		f.must(events.RiskRetired, &events.Risk{Risk: "disk"})
	}
	f.must(events.ObjectiveMeasured, &events.Measured{Objective: "moved", Value: "1"})
	f.must(events.UpdatePosted, &events.Update{Text: "one", Audiences: []string{"users"}})
	f.must(events.UpdateCorrected, &events.Update{Text: "two"})
	f.must(events.TypeFeedbackReported, &events.FeedbackReported{Report: "r1", Component: "web"})
	f.must(events.RollbackStarted, &events.Rollback{DataSafe: new(true)})
	f.pass(9 * time.Hour)
	return f.u
}

// TestCloneSharesNothing but the plan, which nobody changes.
func TestCloneSharesNothing(t *testing.T) {
	u := full(t)
	noneShared(t, "Upgrade", reflect.ValueOf(*u), reflect.ValueOf(*u.Clone()))
}

// noneShared fails if a and b lead to the same memory anywhere.
func noneShared(t *testing.T, path string, a, b reflect.Value) {
	t.Helper()
	switch a.Kind() {
	case reflect.Pointer:
		if a.Type() == reflect.TypeFor[*plan.Plan]() || a.IsNil() {
			return
		}
		if a.Pointer() == b.Pointer() {
			t.Errorf("%s is shared", path)
		}
		noneShared(t, path, a.Elem(), b.Elem())
	case reflect.Slice:
		if a.Len() > 0 && a.Pointer() == b.Pointer() {
			t.Errorf("%s is shared", path)
		}
		for i := range a.Len() {
			noneShared(t, path+"[]", a.Index(i), b.Index(i))
		}
	case reflect.Map:
		if a.Pointer() == b.Pointer() {
			t.Errorf("%s is shared", path)
		}
	case reflect.Struct:
		if a.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range a.NumField() {
			noneShared(t, path+"."+a.Type().Field(i).Name, a.Field(i), b.Field(i))
		}
	}
}
