package upgrade_test

import (
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
)

// promised checks the open promise; a due of zero means none is open.
func (f *feed) promised(due time.Time, kept, broken int) {
	f.t.Helper()
	p := f.u.Promise
	if !p.Due.Equal(due) || p.Kept != kept || p.Broken != broken {
		f.t.Errorf("promise due %s, kept %d, broken %d, want %s, %d, %d", p.Due, p.Kept, p.Broken, due, kept, broken)
	}
}

// follows checks that the promise is due one cadence of the users after now.
func (f *feed) follows(kept, broken int) {
	f.t.Helper()
	f.promised(f.now.Add(time.Hour), kept, broken)
}

func TestCadencePromise(t *testing.T) {
	f := announced(t)
	f.promised(time.Time{}, 0, 0)
	f.now = at(10 * time.Hour)
	f.must(events.UpgradeStarted, &events.Step{})
	f.follows(0, 0)
	f.now = at(10*time.Hour + 30*time.Minute)
	f.must(events.PhaseStarted, &events.Phase{Phase: "prepare"})
	f.follows(0, 0) // put off by news
	f.must(events.UpdatePosted, &events.Update{Text: "going well"})
	f.follows(1, 0)
	f.must(events.UpgradePaused, &events.Step{})
	f.follows(1, 0)
	f.must(events.UpgradeCanceled, &events.Ended{Reason: "storm"})
	f.promised(time.Time{}, 2, 0)
	f.must(events.UpgradeReopened, &events.Reopened{By: "lead", Reason: "typo"})
	f.follows(2, 0)
}

func TestWhatIsNewsToVisitors(t *testing.T) {
	moved := revised(func(p *plan.Plan) { p.Window.End = p.Window.End.Add(time.Hour) })
	renamed := revised(func(p *plan.Plan) { p.Window.End, p.Title = p.Window.End.Add(time.Hour), "Renamed" })
	outage := func(id string) *events.Component { return &events.Component{Component: id, Impact: plan.Outage} }
	steps := []struct {
		say  said
		news bool
	}{
		{said{events.PhaseStarted, &events.Phase{Phase: "prepare"}}, true},
		{said{events.PhaseStarted, &events.Phase{Phase: "secret"}}, false},
		{said{events.PhaseProgressed, &events.Progressed{Phase: "prepare", Percent: new(5.0)}}, false},
		{said{events.PhaseWaiting, &events.Phase{Phase: "prepare"}}, true},
		{said{events.PhaseFinished, &events.Phase{Phase: "prepare"}}, true},
		{said{events.ComponentChanged, outage("web")}, true},
		{said{events.ComponentChanged, outage("vault")}, false},
		{said{events.FailoverStarted, &events.Failover{Component: "web"}}, true},
		{said{events.FailoverStarted, &events.Failover{Component: "vault"}}, false},
		{said{events.RedundancyChanged, &events.Redundancy{Component: "web", Active: "b"}}, false},
		{said{events.RiskTriggered, &events.Risk{Risk: "disk"}}, false},
		{said{events.UpgradePlanned, moved}, true},
		{said{events.UpgradePlanned, renamed}, false},
		{verify, true},
		{back, true},
	}
	f := started(t)
	for _, s := range steps {
		due := f.u.Promise.Due
		f.must(s.say.typ, s.say.data)
		if news := f.u.Promise.Due.After(due); news != s.news {
			t.Errorf("%s %+v puts the promise off: %v, want %v", s.say.typ, s.say.data, news, s.news)
		}
	}
}

func TestInternalChangesAreNoNews(t *testing.T) {
	f := started(t)
	due := f.u.Promise.Due
	f.said(events.Internal, events.UpgradePaused, &events.Step{})
	f.said(events.Internal, events.ComponentChanged, &events.Component{Component: "web", Impact: plan.Outage})
	f.said(events.Internal, events.UpdatePosted, &events.Update{Text: "psst"})
	if f.u.State != upgrade.Paused || !f.u.Promise.Due.Equal(due) || f.u.Promise.Kept != 0 {
		t.Errorf("state %s, promise %+v, want paused and the promise as it was", f.u.State, f.u.Promise)
	}
}

func TestWordedPromise(t *testing.T) {
	f := started(t)
	due := at(15 * time.Hour)
	f.must(events.UpdatePosted, &events.Update{Text: "more at three", NextUpdateBy: due})
	f.promised(due, 1, 0)
	f.must(events.PhaseStarted, &events.Phase{Phase: "prepare"})
	f.promised(due, 1, 0) // only the human word keeps it
	f.must(events.UpdateCorrected, &events.Update{Text: "more at four", NextUpdateBy: due.Add(time.Hour)})
	f.promised(due.Add(time.Hour), 1, 0)
	f.must(events.UpdatePosted, &events.Update{Text: "here it is", NextUpdateBy: f.now.Add(-time.Minute)})
	f.follows(2, 0) // a time that has passed promises nothing
	f.must(events.UpdatePosted, &events.Update{Text: "nothing more", Final: true})
	f.promised(time.Time{}, 3, 0)
	f.must(events.PhaseFinished, &events.Phase{Phase: "prepare"})
	f.promised(time.Time{}, 3, 0)
	f.must(events.UpdatePosted, &events.Update{Text: "one more"})
	f.follows(3, 0)
}

func TestPromiseBeforeTheStart(t *testing.T) {
	f := announced(t)
	f.must(events.UpdatePosted, &events.Update{Text: "we look at it"})
	f.promised(time.Time{}, 0, 0)
	due := at(11 * time.Hour)
	f.must(events.UpdatePosted, &events.Update{Text: "more at eleven", NextUpdateBy: due})
	f.promised(due, 0, 0)
	f.must(events.UpgradeStarted, &events.Step{})
	f.promised(due, 0, 0)
	f.pass(12 * time.Hour)
	f.promised(due, 0, 1)
	if p := f.u.Public(1); p.NextUpdateBy != nil || p.UpdateOverdue == nil || !p.UpdateOverdue.Equal(due) {
		t.Errorf("Public: next %v, overdue %v, want overdue since %s", p.NextUpdateBy, p.UpdateOverdue, due)
	}
}

func TestBrokenPromise(t *testing.T) {
	f := started(t)
	f.must(events.UpdatePosted, &events.Update{Text: "soon", NextUpdateBy: f.now.Add(10 * time.Minute)})
	f.pass(15 * time.Minute)
	number := f.u.Promise.Number
	f.must(events.PhaseStarted, &events.Phase{Phase: "prepare"})
	if p := f.u.Promise; p.BrokenSince == nil || p.Number != number || p.Broken != 1 {
		t.Errorf("after a change the worded promise is %+v, want still broken", p)
	}
	f.must(events.UpdatePosted, &events.Update{Text: "sorry"})
	f.follows(1, 1)
	f.pass(2 * time.Hour)                                         // nobody kept time, so no line held it
	f.must(events.PhaseFinished, &events.Phase{Phase: "prepare"}) // a change resumes the cadence
	f.follows(1, 2)
	f.must(events.UpdatePosted, &events.Update{Text: "here"}) // and the word takes it over
	f.follows(1, 2)
	f.must(events.UpgradeCompleted, &events.Completed{})
	f.promised(time.Time{}, 2, 2)
}

// TestPromiseNobodyTimed: the hub was down when the promise passed, and there
// is no clock fact; it was broken all the same.
func TestPromiseNobodyTimed(t *testing.T) {
	for name, end := range map[string]said{
		"word":   {events.UpdatePosted, &events.Update{Text: "late"}},
		"change": {events.PhaseStarted, &events.Phase{Phase: "prepare"}},
		"end":    complete,
	} {
		f := started(t)
		f.now = f.now.Add(2 * time.Hour)
		f.must(end.typ, end.data)
		if p := f.u.Promise; p.Broken != 1 || p.Kept != 0 || p.BrokenSince != nil {
			t.Errorf("%s after the due: %+v, want one broken, none kept", name, p)
		}
	}
}

func TestCadence(t *testing.T) {
	live := func(role string, d time.Duration) plan.Audience {
		return plan.Audience{ID: role, Cadence: map[string]plan.Duration{"live": plan.Duration(d)}}
	}
	configured := func(role string, d time.Duration) events.Cadence {
		return events.Cadence{Role: role, Every: map[string]plan.Duration{"live": plan.Duration(d)}}
	}
	tests := []struct {
		name      string
		audiences []plan.Audience
		hub       []events.Cadence
		want      time.Duration
	}{
		{"none", nil, nil, time.Hour},
		{"users first", []plan.Audience{live("users", 2*time.Hour), live("teams", time.Minute)}, nil, 2 * time.Hour},
		{"smallest of all", []plan.Audience{live("support", 3*time.Hour), live("teams", 2*time.Hour)}, nil, 2 * time.Hour},
		{"none live", []plan.Audience{{ID: "users", Cadence: map[string]plan.Duration{"before": plan.Duration(time.Minute)}}}, nil, time.Hour},
		{"of the configuration", nil, []events.Cadence{configured("teams", 10*time.Minute), configured("users", 45*time.Minute)}, 45 * time.Minute},
		{"the plan before the configuration", []plan.Audience{live("users", 2*time.Hour)}, []events.Cadence{configured("users", time.Minute)}, 2 * time.Hour},
		{"users of the configuration before others of the plan", []plan.Audience{live("teams", time.Minute)}, []events.Cadence{configured("users", 45*time.Minute)}, 45 * time.Minute},
		{"any of the configuration", nil, []events.Cadence{configured("support", 20*time.Minute), configured("teams", 25*time.Minute)}, 20 * time.Minute},
	}
	for _, tt := range tests {
		f := begin(t)
		planned := revised(func(p *plan.Plan) { p.Audiences, p.Title = tt.audiences, tt.name })
		planned.Cadences = tt.hub
		f.must(events.UpgradePlanned, planned)
		f.must(events.UpgradeStarted, &events.Step{})
		if got := f.u.Promise.Due.Sub(f.now); got != tt.want {
			t.Errorf("%s: promised within %s, want %s", tt.name, got, tt.want)
		}
	}
}
