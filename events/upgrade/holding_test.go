package upgrade_test

import (
	"strings"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
)

// tick lets time pass minute by minute, as a timekeeper that is there, and
// lists what it told of clock.due moments of that kind.
func (f *feed) tick(d time.Duration, kind string) string {
	f.t.Helper()
	var told []string
	for end := f.now.Add(d); f.now.Before(end); {
		for _, s := range f.pass(min(time.Minute, end.Sub(f.now))) {
			if strings.HasPrefix(s.Clock.Object, kind) {
				told = append(told, s.Clock.Object+"@"+s.Clock.Due.Sub(noon).Truncate(time.Minute).String())
			}
		}
	}
	return strings.Join(told, " ")
}

// counted is how many promises people, the hub and nobody kept.
func (f *feed) counted(kept, byMachine, broken int) {
	f.t.Helper()
	p := f.u.Public(1)
	if p.PromisesKept != kept || p.PromisesKeptByMachine != byMachine || p.PromisesBroken != broken {
		f.t.Errorf("%d kept, %d by machine, %d broken, want %d, %d, %d",
			p.PromisesKept, p.PromisesKeptByMachine, p.PromisesBroken, kept, byMachine, broken)
	}
}

// TestHubHoldsOnce: the hub speaks once in place of people; the next promise
// that passes is broken, and a human word gives the hub its turn back.
func TestHubHoldsOnce(t *testing.T) {
	f := begin(t).risky(asIs)
	f.must(events.PhaseStarted, &events.Phase{Phase: "prepare"})
	since := f.now
	f.tick(61*time.Minute, "holding")
	f.counted(0, 1, 0)
	p := f.u.Public(1)
	if p.UpdateOverdue != nil || p.NextUpdateBy == nil || !p.NextUpdateBy.Equal(since.Add(2*time.Hour)) {
		t.Errorf("after the holding line: next by %v, overdue %v, want next by %s", p.NextUpdateBy, p.UpdateOverdue, since.Add(2*time.Hour))
	}
	f.tick(time.Hour, "holding")
	f.counted(0, 1, 1)
	if p := f.u.Public(1); p.UpdateOverdue == nil || len(p.Updates) != 1 {
		t.Errorf("nobody kept the second one: overdue %v, %d updates, want overdue and the one line", p.UpdateOverdue, len(p.Updates))
	}
	f.must(events.UpdatePosted, &events.Update{Text: "here I am"})
	f.tick(61*time.Minute, "holding")
	f.counted(0, 2, 1)
	f.must(complete.typ, complete.data)
	f.counted(1, 2, 1)
}

func TestHoldingLine(t *testing.T) {
	running := said{events.PhaseStarted, &events.Phase{Phase: "prepare"}}
	hidden := said{events.PhaseStarted, &events.Phase{Phase: "secret"}}
	for _, tt := range []struct {
		name string
		says []said
		talk bool // the tooling reports what visitors would not call news
		want string
	}{
		{"phase", []said{running}, true, "No new information since 2026-03-01 22:00 UTC; work goes on in Prepare. Next update by 2026-03-02 00:00 UTC."},
		{"hidden phase", []said{hidden}, true, "; work goes on. Next"},
		{"paused", []said{running, {events.UpgradePaused, &events.Step{}}}, true, "; the work is paused. Next"},
		{"final checks", []said{verify}, true, "; the final checks go on. Next"},
		{"way back", []said{back}, true, "; the way back goes on. Next"},
		{"silent tooling", []said{running}, false, "; the tooling reports nothing either. Next"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := begin(t).risky(asIs)
			for _, s := range tt.says {
				f.must(s.typ, s.data)
			}
			for range 12 {
				if f.tick(5*time.Minute, "holding"); tt.talk {
					f.u.Apply(f.event(events.RiskRetired, &events.Risk{Risk: "disk", Note: f.now.String()}))
				}
			}
			f.tick(2*time.Minute, "holding")
			updates := f.u.Public(1).Updates
			if len(updates) != 1 || updates[0].Automatic == nil || !strings.Contains(updates[0].Text, tt.want) {
				t.Errorf("updates = %+v, want one that is automatic and says %q", updates, tt.want)
			}
		})
	}
}

// TestHoldingLineNamesNothingHidden: a phase that was hidden after the line
// was said is no longer named by it.
func TestHoldingLineNamesNothingHidden(t *testing.T) {
	f := begin(t).risky(asIs)
	f.must(events.PhaseStarted, &events.Phase{Phase: "prepare"})
	f.tick(61*time.Minute, "holding")
	f.said(events.Internal, events.PhaseFinished, &events.Phase{Phase: "prepare"})
	if up := f.u.Public(1).Updates[0]; strings.Contains(up.Text, "Prepare") || len(up.Automatic.Phases) > 0 {
		t.Errorf("the line still names a hidden phase: %+v", up)
	}
}

// TestHoldingComesInTime: the hub was down at the due; a line that comes late
// keeps nothing, and neither does one before the work began.
func TestHoldingComesInTime(t *testing.T) {
	for _, tt := range []struct {
		late      time.Duration
		byMachine int
	}{{0, 1}, {time.Minute, 1}, {time.Minute + time.Second, 0}} {
		f := begin(t).risky(asIs)
		f.must(events.UpdatePosted, &events.Update{Text: "soon", NextUpdateBy: f.now.Add(10 * time.Minute)})
		f.now = f.u.Promise.Due.Add(tt.late)
		f.pass(0)
		f.counted(1, tt.byMachine, 1-tt.byMachine)
	}
	f := announced(t)
	f.must(events.UpdatePosted, &events.Update{Text: "soon", NextUpdateBy: f.now.Add(10 * time.Minute)})
	f.tick(11*time.Minute, "holding")
	f.counted(0, 0, 1)
}

// TestWordInTheHubsMinute: where a machine would still have kept the promise,
// so does a word.
func TestWordInTheHubsMinute(t *testing.T) {
	for _, tt := range []struct {
		late         time.Duration
		kept, broken int
	}{{59 * time.Second, 1, 0}, {2 * time.Minute, 0, 1}} {
		f := started(t)
		f.now = f.u.Promise.Due.Add(tt.late - time.Second) // saying it takes one
		f.must(events.UpdatePosted, &events.Update{Text: "here"})
		f.counted(tt.kept, 0, tt.broken)
	}
}

func TestNudges(t *testing.T) {
	nobody := func(p *plan.Plan) { p.Roster = nil }
	one := func(p *plan.Plan) { p.Roster = plan.Roster{"lead": {Person: "@lead"}} }
	for _, tt := range []struct {
		name   string
		change func(*plan.Plan)
		want   string
	}{
		{"owner and backup", asIs, "nudge-70@10h42m0s nudge-90@10h54m0s"},
		{"one person", one, "nudge-70@10h42m0s"},
		{"nobody", nobody, ""},
	} {
		if got := begin(t).risky(tt.change).tick(time.Hour, "nudge"); got != tt.want {
			t.Errorf("%s: told %q, want %q", tt.name, got, tt.want)
		}
	}
	f := begin(t).risky(asIs)
	f.must(events.UpdatePosted, &events.Update{Text: "more at one", NextUpdateBy: at(13 * time.Hour)})
	f.must(events.PhaseStarted, &events.Phase{Phase: "prepare"})
	if got, want := f.tick(3*time.Hour, "nudge"), "nudge-70@12h6m0s nudge-90@12h42m0s"; got != want {
		t.Errorf("a promised time: told %q, want %q", got, want)
	}
	for object, want := range map[string]string{"nudge-70": "@comms", "nudge-90": "@lead", "holding": ""} {
		if who, ok := f.u.Nudged(object); who != want || ok != (want != "") {
			t.Errorf("Nudged(%s) = %q, %t, want %q", object, who, ok, want)
		}
	}
}

// TestEachUpdatePromises: an update says when the next one comes, also when
// nobody wrote it into it.
func TestEachUpdatePromises(t *testing.T) {
	f := announced(t)
	own := at(11 * time.Hour)
	for _, tt := range []struct {
		name string
		say  events.Update
		want func() time.Time
	}{
		{"before the work", events.Update{Text: "soon"}, func() time.Time { return time.Time{} }},
		{"by the cadence", events.Update{Text: "it goes on"}, func() time.Time { return f.now.Add(time.Hour) }},
		{"its own time", events.Update{Text: "more at eleven", NextUpdateBy: own}, func() time.Time { return own }},
		{"the last", events.Update{Text: "done", Final: true}, func() time.Time { return time.Time{} }},
	} {
		f.must(events.UpdatePosted, &tt.say)
		switch got, want := f.u.Public(1).Updates[0].NextUpdateBy, tt.want(); {
		case want.IsZero() && got != nil, !want.IsZero() && (got == nil || !got.Equal(want)):
			t.Errorf("%s: next by %v, want %s", tt.name, got, want)
		}
		if f.u.State == upgrade.Planned {
			f.now = at(10 * time.Hour)
			f.must(events.UpgradeStarted, &events.Step{})
		}
	}
}

// TestCadenceOfStates: a cadence of the state goes before that of all live
// ones, and the way back is told more often if the plan says nothing.
func TestCadenceOfStates(t *testing.T) {
	stated := map[string]plan.Duration{"live": plan.Duration(2 * time.Hour), "paused": plan.Duration(4 * time.Hour)}
	for _, tt := range []struct {
		cadence map[string]plan.Duration
		say     said
		want    time.Duration
	}{
		{stated, said{events.UpgradePaused, &events.Step{}}, 4 * time.Hour},
		{stated, back, 2 * time.Hour},
		{nil, said{events.UpgradePaused, &events.Step{}}, time.Hour},
		{nil, back, 30 * time.Minute},
	} {
		f := begin(t).risky(func(p *plan.Plan) { p.Audiences = []plan.Audience{{ID: "users", Cadence: tt.cadence}} })
		f.must(tt.say.typ, tt.say.data)
		if got := f.u.Promise.Due.Sub(f.now); got != tt.want {
			t.Errorf("%s with %v: promised within %s, want %s", tt.say.typ, tt.cadence, got, tt.want)
		}
	}
}
