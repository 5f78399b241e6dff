package upgrade_test

import (
	"strings"
	"testing"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
)

// TestFailover is what every event makes of every state of a failover, in
// the notation of TestTransitions; "none" is the empty state.
func TestFailover(t *testing.T) {
	tell := func(typ events.Type, o events.Outcome) said {
		return said{typ, &events.Failover{Component: "web", Outcome: o}}
	}
	over, overDone := tell(events.FailoverStarted, ""), tell(events.FailoverFinished, "")
	overFail := tell(events.FailoverFinished, events.Failure)
	back, backDone := tell(events.FailbackStarted, ""), tell(events.FailbackFinished, "")
	backFail := tell(events.FailbackFinished, events.Failure)
	columns := []said{over, overDone, overFail, back, backDone, backFail}
	tests := []struct {
		name string
		path []said
		want string
	}{
		{"none", nil, "failing_over failed_over = ! = !"},
		{"failing_over", []said{over}, "= failed_over none ! ! !"},
		{"failed_over", []said{overDone}, "! = ! failing_back none ="},
		{"failing_back", []said{over, overDone, back}, "! ! ! = none failed_over"},
	}
	for _, tt := range tests {
		for i, want := range strings.Fields(tt.want) {
			f := announced(t)
			for _, e := range tt.path {
				f.must(e.typ, e.data)
			}
			eff := f.send(columns[i].typ, columns[i].data)
			wantState := want
			if want == "=" || want == "!" {
				wantState = tt.name
			}
			wantState = strings.TrimPrefix(wantState, "none")
			got := f.component("web").Failover
			if got != wantState || eff.Applied == (want == "!") || eff.Changed == (want == "=" || want == "!") {
				t.Errorf("%s: Apply(%s %+v) = %q, %+v, want %s", tt.name, columns[i].typ, columns[i].data, got, eff, want)
			}
		}
	}
}

func TestFailoverSides(t *testing.T) {
	f := started(t)
	f.must(events.FailoverFinished, &events.Failover{Component: "web", Active: "b", Standby: "a", DataLoss: new(false)})
	c := f.component("web")
	if c.Active != "b" || c.Standby != "a" || c.DataLoss == nil || !f.u.Public(1).Components[0].OnStandby {
		t.Errorf("failed over = %+v, want b active and on standby", c)
	}
	f.must(events.FailbackStarted, &events.Failover{Component: "web"})
	f.must(events.FailbackFinished, &events.Failover{Component: "web", Active: "a", Standby: "b"})
	if c := f.component("web"); c.Active != "a" || f.u.Public(1).Components[0].OnStandby {
		t.Errorf("failed back = %+v, want a active", c)
	}
	f.must(events.RedundancyChanged, &events.Redundancy{Component: "web", Standby: "c", LagSeconds: new(2.5), CapacityPercent: new(50.0)})
	if c := f.component("web"); c.Active != "a" || c.Standby != "c" || *c.Lag != 2.5 || *c.Capacity != 50 {
		t.Errorf("redundancy = %+v", c)
	}
}

// TestCompletedIsRefused while anything is not restored, naming all of it.
func TestCompletedIsRefused(t *testing.T) {
	f := started(t)
	f.must(events.ComponentChanged, &events.Component{Component: "web", Impact: plan.ReducedRedundancy})
	f.must(events.FailoverStarted, &events.Failover{Component: "api"})
	f.must(events.ComponentChanged, &events.Component{Component: "vault", Impact: plan.Outage})
	f.must(events.FailoverFinished, &events.Failover{Component: "vault"})
	eff := f.send(events.UpgradeCompleted, &events.Completed{})
	want := `upgrade.completed: not everything is restored: ` +
		`component "web" (Website) is at reduced_redundancy: publish component.changed with impact no_impact; ` +
		`component "api" (Interface) is failing_over: publish failover.finished, then failback.finished; ` +
		`component "vault" (Vault) is at outage: publish component.changed with impact no_impact; ` +
		`component "vault" (Vault) is failed_over: publish failback.finished`
	if eff.Applied || eff.Anomaly != want {
		t.Fatalf("completed = %+v\nwant anomaly %s", eff, want)
	}
	f.must(events.ComponentChanged, &events.Component{Component: "web", Impact: plan.NoImpact})
	f.must(events.FailoverFinished, &events.Failover{Component: "api", Outcome: events.Failure})
	f.must(events.FailbackFinished, &events.Failover{Component: "vault"})
	if eff := f.send(events.UpgradeCompleted, &events.Completed{}); eff.Applied || strings.Contains(eff.Anomaly, "api") {
		t.Errorf("completed with vault down = %+v, want an anomaly about vault only", eff)
	}
	f.must(events.ComponentChanged, &events.Component{Component: "vault", Impact: plan.NoImpact})
	f.must(events.UpgradeCompleted, &events.Completed{})
	if f.u.State != upgrade.Completed || f.u.Result != events.Successful {
		t.Errorf("state %s, result %q, want completed, successful", f.u.State, f.u.Result)
	}
}

func TestOtherEndsNeedNothingRestored(t *testing.T) {
	for _, e := range []said{fail, cancel} {
		f := started(t)
		f.must(events.ComponentChanged, &events.Component{Component: "web", Impact: plan.Outage})
		f.must(e.typ, e.data)
		if f.u.Public(1).Impact != plan.NoImpact {
			t.Errorf("after %s the upgrade as a whole has impact %s", e.typ, f.u.Public(1).Impact)
		}
	}
}

func TestComponentNotes(t *testing.T) {
	f := started(t)
	f.said(events.Public, events.ComponentChanged, &events.Component{Component: "web", Impact: plan.Degraded, Note: "slow"})
	since := *f.component("web").Since
	if eff := f.send(events.ComponentChanged, &events.Component{Component: "web", Impact: plan.Degraded}); eff.Changed {
		t.Errorf("the same impact without a note = %+v, want unchanged", eff)
	}
	f.said(events.Public, events.ComponentChanged, &events.Component{Component: "web", Impact: plan.Degraded, Note: "slower"})
	if c := f.component("web"); c.Note.Text != "slower" || *c.Since != since {
		t.Errorf("component = %+v, want the new note since %v", c, since)
	}
	f.must(events.ComponentChanged, &events.Component{Component: "web", Impact: plan.NoImpact})
	if c := f.component("web"); c.Note.Text != "" {
		t.Errorf("the note %q outlived its impact", c.Note.Text)
	}
}
