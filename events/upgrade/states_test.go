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

// said is one event of a path.
type said struct {
	typ  events.Type
	data events.Data
}

var (
	schedule = said{events.UpgradeScheduled, &events.Scheduled{}}
	start    = said{events.UpgradeStarted, &events.Step{}}
	pause    = said{events.UpgradePaused, &events.Step{}}
	resume   = said{events.UpgradeResumed, &events.Step{}}
	verify   = said{events.UpgradeVerifying, &events.Step{}}
	complete = said{events.UpgradeCompleted, &events.Completed{}}
	fail     = said{events.UpgradeFailed, &events.Ended{Reason: "disk"}}
	cancel   = said{events.UpgradeCanceled, &events.Ended{Reason: "storm"}}
	reopen   = said{events.UpgradeReopened, &events.Reopened{By: "lead", Reason: "typo"}}
	back     = said{events.RollbackStarted, &events.Rollback{}}
	backDone = said{events.RollbackFinished, &events.Rollback{}}
	backFail = said{events.RollbackFinished, &events.Rollback{Outcome: events.Failure}}
	phase    = said{events.PhaseStarted, &events.Phase{Phase: "prepare"}}
)

func revise() said {
	return said{events.UpgradePlanned, revised(func(p *plan.Plan) { p.Title = "Another title" })}
}

// paths lead to every state.
var paths = map[upgrade.State][]said{
	upgrade.Planned:     {},
	upgrade.Scheduled:   {schedule},
	upgrade.InProgress:  {start},
	upgrade.Paused:      {start, pause},
	upgrade.Verifying:   {start, verify},
	upgrade.RollingBack: {start, back},
	upgrade.Completed:   {start, complete},
	upgrade.RolledBack:  {start, back, backDone},
	upgrade.Failed:      {start, fail},
	upgrade.Canceled:    {cancel},
}

func inState(t testing.TB, s upgrade.State) *feed {
	t.Helper()
	f := announced(t)
	for _, e := range paths[s] {
		f.must(e.typ, e.data)
	}
	if f.u.State != s {
		t.Fatalf("path leads to %q, want %q", f.u.State, s)
	}
	return f
}

// TestTransitions is the whole state machine: what every event makes of every
// state. "=" repeats what holds, "!" is an anomaly, anything else is the new
// state, or the old one if only something in it changes.
func TestTransitions(t *testing.T) {
	columns := []said{revise(), schedule, start, pause, resume, verify, complete, fail, cancel, reopen, back, backDone, backFail, phase}
	table := map[upgrade.State]string{
		upgrade.Planned:     "planned scheduled in_progress ! ! ! ! ! canceled ! ! ! ! in_progress",
		upgrade.Scheduled:   "scheduled = in_progress ! ! ! ! ! canceled ! ! ! ! in_progress",
		upgrade.InProgress:  "in_progress ! = paused = verifying completed failed canceled ! rolling_back ! ! in_progress",
		upgrade.Paused:      "paused ! ! = in_progress verifying ! failed canceled ! rolling_back ! ! !",
		upgrade.Verifying:   "verifying ! ! ! in_progress = completed failed canceled ! rolling_back ! ! in_progress",
		upgrade.RollingBack: "rolling_back ! ! ! ! ! ! failed canceled ! = rolled_back failed rolling_back",
		upgrade.Completed:   "! ! ! ! ! ! = ! ! in_progress ! ! ! !",
		upgrade.RolledBack:  "! ! ! ! ! ! ! ! ! rolling_back ! = ! !",
		upgrade.Failed:      "! ! ! ! ! ! ! = ! in_progress ! ! ! !",
		upgrade.Canceled:    "! ! ! ! ! ! ! ! = planned ! ! ! !",
	}
	for from, row := range table {
		for i, want := range strings.Fields(row) {
			e := columns[i]
			t.Run(string(from)+" "+string(e.typ), func(t *testing.T) { checkCell(t, from, e, want) })
		}
	}
}

func checkCell(t *testing.T, from upgrade.State, e said, want string) {
	f := inState(t, from)
	before := jsonOf(t, f.u)
	eff := f.send(e.typ, e.data)
	wantState := from
	if want != "=" && want != "!" {
		wantState = upgrade.State(want)
	}
	wantEffect := upgrade.Effect{Applied: want != "!", Changed: want != "!" && want != "=", Anomaly: eff.Anomaly}
	if eff != wantEffect || (eff.Anomaly == "") == (want == "!") {
		t.Fatalf("Apply(%s) in %s = %+v, want %s", e.typ, from, eff, want)
	}
	if f.u.State != wantState {
		t.Errorf("Apply(%s) in %s leads to %s, want %s", e.typ, from, f.u.State, wantState)
	}
	if same := jsonOf(t, f.u) == before; same == eff.Changed {
		t.Errorf("Apply(%s) in %s: changed = %v, but the state is the same: %v", e.typ, from, eff.Changed, same)
	}
}

func TestNothingBeforeThePlan(t *testing.T) {
	for _, e := range []said{schedule, start, pause, cancel, reopen, back, phase, {events.UpdatePosted, &events.Update{Text: "hello"}}} {
		f := begin(t)
		eff := f.send(e.typ, e.data)
		if eff.Applied || !strings.Contains(eff.Anomaly, "no plan yet: publish upgrade.planned first") {
			t.Errorf("Apply(%s) before the plan = %+v", e.typ, eff)
		}
		if got, want := jsonOf(t, f.u), jsonOf(t, upgrade.New("pg16")); got != want {
			t.Errorf("Apply(%s) before the plan left %s", e.typ, got)
		}
	}
}

func TestAnomaliesSayWhatIsNeeded(t *testing.T) {
	tests := []struct {
		name string
		from upgrade.State
		say  said
		want string
	}{
		{"pause before start", upgrade.Planned, pause, "the upgrade is planned: publish upgrade.started first"},
		{"start in pause", upgrade.Paused, start, "the upgrade is paused: publish upgrade.resumed first"},
		{"phase in pause", upgrade.Paused, phase, "the upgrade is paused: publish upgrade.resumed first"},
		{"complete in pause", upgrade.Paused, complete, "publish upgrade.resumed first"},
		{"approve too late", upgrade.InProgress, schedule, "needs no approval"},
		{"rollback ends before it starts", upgrade.InProgress, backDone, "publish rollback.started first"},
		{"pause in rollback", upgrade.RollingBack, pause, "publish rollback.finished first"},
		{"after the end", upgrade.Failed, start, "publish upgrade.reopened first if it was a mistake"},
		{"phase after the end", upgrade.Completed, phase, "the upgrade is completed"},
		{"nothing to reopen", upgrade.Verifying, reopen, "has not ended"},
		{"other phase", upgrade.InProgress, said{events.PhaseStarted, &events.Phase{Phase: "cleanup"}}, `no phase "cleanup": known are prepare, migrate, secret`},
		{"other component", upgrade.Planned, said{events.ComponentChanged, &events.Component{Component: "db", Impact: plan.Outage}}, `no component "db": known are web, api, vault`},
		{"other gate", upgrade.Planned, said{events.GateDecided, &events.Decided{Gate: "x", Decision: "go"}}, `no gate "x": known are go`},
		{"other risk", upgrade.Planned, said{events.RiskRetired, &events.Risk{Risk: "x"}}, `no risk "x": known are disk`},
		{"other objective", upgrade.Planned, said{events.ObjectiveMeasured, &events.Measured{Objective: "x", Value: "1"}}, `no objective "x": known are moved`},
		{"no payload", upgrade.Planned, said{events.PhaseStarted, nil}, "the payload is missing"},
		{"nil payload", upgrade.Planned, said{events.PhaseStarted, (*events.Phase)(nil)}, "the payload is missing"},
		{"nil plan", upgrade.Planned, said{events.UpgradePlanned, &events.Planned{}}, "the plan is missing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := inState(t, tt.from)
			if eff := f.send(tt.say.typ, tt.say.data); eff.Applied || !strings.Contains(eff.Anomaly, tt.want) {
				t.Errorf("Apply(%s) in %s = %+v, want an anomaly with %q", tt.say.typ, tt.from, eff, tt.want)
			}
		})
	}
}

// TestEndsClose: gates, risks and phases are over with the upgrade; systems
// are not.
func TestEndsClose(t *testing.T) {
	refused := []said{
		{events.GateEvidence, &events.Evidence{Gate: "go", Kind: "check", Name: "a"}},
		{events.GateDecided, &events.Decided{Gate: "go", Decision: "go"}},
		{events.RiskTriggered, &events.Risk{Risk: "disk"}},
		{events.PhaseWaiting, &events.Phase{Phase: "prepare"}},
		{events.PhaseFinished, &events.Phase{Phase: "prepare"}},
		{events.PhaseProgressed, &events.Progressed{Phase: "prepare", Done: new(int64(1))}},
	}
	allowed := []said{
		{events.ComponentChanged, &events.Component{Component: "web", Impact: plan.Outage}},
		{events.FailoverStarted, &events.Failover{Component: "web"}},
		{events.FailoverFinished, &events.Failover{Component: "web"}},
		{events.FailbackStarted, &events.Failover{Component: "web"}},
		{events.FailbackFinished, &events.Failover{Component: "web"}},
		{events.RedundancyChanged, &events.Redundancy{Component: "web", Active: "a"}},
		{events.RiskRetired, &events.Risk{Risk: "disk"}},
		{events.ObjectiveMeasured, &events.Measured{Objective: "moved", Value: "100"}},
		{events.UpdatePosted, &events.Update{Text: "all is back"}},
		{events.UpdateCorrected, &events.Update{Text: "nearly all is back"}},
		{events.UpdateRetracted, &events.Update{}},
	}
	for _, end := range []upgrade.State{upgrade.Completed, upgrade.RolledBack, upgrade.Failed, upgrade.Canceled} {
		f := inState(t, end)
		for _, e := range refused {
			if eff := f.send(e.typ, e.data); eff.Applied || eff.Anomaly == "" {
				t.Errorf("Apply(%s) in %s = %+v, want an anomaly", e.typ, end, eff)
			}
		}
		for _, e := range allowed {
			f.must(e.typ, e.data)
		}
		if f.u.State != end {
			t.Errorf("the end %s became %s", end, f.u.State)
		}
	}
}

func TestOtherTypesMeanNothing(t *testing.T) {
	f := started(t)
	before := jsonOf(t, f.u)
	for _, e := range []said{
		{"weather.changed", &events.Unknown{}},
		{events.UsageSampled, &events.Usage{System: "orders"}},
		{events.TypeNoticeOwed, &events.NoticeOwed{}},
		{events.ClockLate, &events.Clock{Revision: 7}},
	} {
		if eff := f.send(e.typ, e.data); eff != (upgrade.Effect{Applied: true}) {
			t.Errorf("Apply(%s) = %+v, want applied only", e.typ, eff)
		}
	}
	if got := jsonOf(t, f.u); got != before {
		t.Errorf("state changed:\n got %s\nwant %s", got, before)
	}
}

// TestStamps: what pages and rules show of the course of things.
func TestStamps(t *testing.T) {
	f := announced(t)
	f.now = at(10 * time.Hour)
	f.must(events.PhaseStarted, &events.Phase{Phase: "prepare"})
	if f.u.Started == nil || !f.u.Started.Recorded.Equal(f.now) {
		t.Fatalf("Started = %+v, want %s: the first phase starts the upgrade", f.u.Started, f.now)
	}
	begun := *f.u.Started
	f.must(pause.typ, pause.data)
	if f.u.Paused == nil || !f.u.Paused.Recorded.Equal(f.now) {
		t.Errorf("Paused = %+v, want %s", f.u.Paused, f.now)
	}
	f.must(resume.typ, resume.data)
	f.must(verify.typ, verify.data)
	f.must(resume.typ, resume.data)
	f.must(complete.typ, &events.Completed{Outcome: events.SuccessfulWithIssues})
	u := f.u
	if u.Paused != nil || *u.Started != begun || u.Finished == nil || u.Before != upgrade.InProgress || u.Result != events.SuccessfulWithIssues {
		t.Errorf("after the end: paused %v started %v finished %v before %q result %q", u.Paused, u.Started, u.Finished, u.Before, u.Result)
	}
	f.must(reopen.typ, reopen.data)
	if u.Finished != nil || u.Result != "" || u.Before != "" || *u.Started != begun {
		t.Errorf("after reopened: finished %v result %q before %q started %v", u.Finished, u.Result, u.Before, u.Started)
	}
}

func TestEndIsRepeatedOnlyInItsOwnWords(t *testing.T) {
	f := inState(t, upgrade.Completed)
	for outcome, applied := range map[events.Result]bool{"": true, events.Successful: true, events.SuccessfulWithIssues: false} {
		if eff := f.send(events.UpgradeCompleted, &events.Completed{Outcome: outcome}); eff.Applied != applied || eff.Changed {
			t.Errorf("completed again with %q = %+v, want applied %v", outcome, eff, applied)
		}
	}
	f = inState(t, upgrade.Failed)
	if eff := f.send(events.UpgradeFailed, &events.Ended{Reason: "another"}); eff.Applied {
		t.Errorf("failed again for another reason = %+v, want an anomaly", eff)
	}
}

func TestRollbackWords(t *testing.T) {
	f := started(t)
	f.said(events.Public, events.RollbackStarted, &events.Rollback{Reason: "too slow"})
	f.must(events.RollbackStarted, &events.Rollback{DataSafe: new(true)})
	f.must(events.RollbackFinished, &events.Rollback{})
	want := upgrade.Text{Text: "too slow", Public: true}
	if f.u.EndReason != want || f.u.DataSafe == nil || !*f.u.DataSafe || f.u.Before != upgrade.RollingBack {
		t.Errorf("rolled back: reason %+v, data safe %v, before %q", f.u.EndReason, f.u.DataSafe, f.u.Before)
	}
	if p := f.u.Public(1); p.Reason != "too slow" || p.DataSafe == nil {
		t.Errorf("Public: reason %q, data safe %v", p.Reason, p.DataSafe)
	}
}

func TestOlderThanKnown(t *testing.T) {
	f := started(t)
	f.must(events.ComponentChanged, &events.Component{Component: "web", Impact: plan.Outage})
	late := f.event(events.ComponentChanged, &events.Component{Component: "web", Impact: plan.Degraded})
	late.Time = f.now.Add(-time.Minute)
	if eff := f.u.Apply(late); eff.Applied || !strings.Contains(eff.Anomaly, `older than what is known of component "web" from source "tool"`) {
		t.Errorf("late event = %+v, want an anomaly", eff)
	}
	for name, change := range map[string]func(*events.Event){
		"other source": func(e *events.Event) { e.Source = "operator" },
		"other object": func(e *events.Event) {
			e.Data = &events.Component{Component: "api", Impact: plan.Degraded}
		},
	} {
		e := late
		change(&e)
		if eff := f.u.Apply(e); !eff.Changed {
			t.Errorf("%s: late event = %+v, want changed", name, eff)
		}
	}
}

func TestStateNames(t *testing.T) {
	ends := []upgrade.State{upgrade.Completed, upgrade.RolledBack, upgrade.Failed, upgrade.Canceled}
	live := []upgrade.State{upgrade.InProgress, upgrade.Paused, upgrade.Verifying, upgrade.RollingBack}
	for s := range paths {
		if s.Ended() != slices.Contains(ends, s) || s.Live() != slices.Contains(live, s) {
			t.Errorf("%s: Ended %v, Live %v", s, s.Ended(), s.Live())
		}
	}
}
