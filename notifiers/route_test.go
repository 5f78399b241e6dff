package notifiers_test

import (
	"strings"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
	"upgradehub/notifiers"
)

// routed is a cause about an upgrade with two components and two phases.
func routed(data events.Data) notifiers.Cause {
	u := upgrade.New("pg16-eu")
	u.Plan = &plan.Plan{
		System: "student-records", Impact: plan.ImpactWords{Default: plan.Degraded},
		Components: []plan.Component{{ID: "db"}, {ID: "web"}},
		Phases:     []plan.Phase{{ID: "copy"}, {ID: "switch"}},
	}
	u.State = upgrade.Planned
	return notifiers.Cause{Event: events.Event{Type: events.PhaseStarted, Data: data}, After: u}
}

func TestFilter(t *testing.T) {
	exact := func(name, text string) notifiers.Filter {
		return notifiers.Filter{Exact: map[string]string{name: text}}
	}
	whole, copying := &events.Planned{}, &events.Phase{Phase: "copy"}
	web := &events.Component{Component: "web"}
	no := exact("component", "web")
	for _, tt := range []struct {
		name   string
		filter notifiers.Filter
		about  events.Data
		want   bool
		why    string
	}{
		{"nothing set", notifiers.Filter{}, whole, true, "everything"},
		{"exact", exact("system", "student-records"), whole, true, `system exact "student-records"`},
		{"not exact", exact("system", "student"), whole, false, `not system exact "student"`},
		{"prefix", notifiers.Filter{Prefix: map[string]string{"upgrade": "pg"}}, whole, true, `upgrade prefix "pg"`},
		{"suffix", notifiers.Filter{Suffix: map[string]string{"upgrade": "-eu"}}, whole, true, `upgrade suffix "-eu"`},
		{"every attribute must hold", notifiers.Filter{Exact: map[string]string{"system": "student-records", "upgrade": "pg16"}}, whole, false, `not upgrade exact "pg16"`},
		{"every dialect must hold", notifiers.Filter{Exact: map[string]string{"system": "student-records"}, Suffix: map[string]string{"upgrade": "-us"}}, whole, false, `not upgrade suffix "-us"`},
		{"the whole upgrade concerns each component", exact("component", "web"), whole, true, `component exact "web"`},
		{"and each phase", exact("phase", "switch"), whole, true, `phase exact "switch"`},
		{"a phase does not concern another", exact("phase", "switch"), copying, false, `not phase exact "switch"`},
		{"a component does not concern another", exact("component", "db"), web, false, `not component exact "db"`},
		{"the clock of a phase is about it", exact("phase", "copy"), &events.Clock{Object: "copy"}, true, `phase exact "copy"`},
		{"the clock of a moment is about all", exact("phase", "copy"), &events.Clock{Object: "reminder-24h"}, true, `phase exact "copy"`},
		{"severity before the start is what is announced", exact("severity", "degraded"), whole, true, `severity exact "degraded"`},
		{"type", exact("type", "phase.started"), copying, true, `type exact "phase.started"`},
		{"all", notifiers.Filter{All: []notifiers.Filter{exact("phase", "copy"), exact("upgrade", "pg16-eu")}}, copying, true, `upgrade exact "pg16-eu"`},
		{"not all", notifiers.Filter{All: []notifiers.Filter{exact("phase", "copy"), exact("upgrade", "x")}}, copying, false, `not upgrade exact "x"`},
		{"any", notifiers.Filter{Any: []notifiers.Filter{exact("upgrade", "x"), exact("phase", "copy")}}, copying, true, `phase exact "copy"`},
		{"none of any", notifiers.Filter{Any: []notifiers.Filter{exact("upgrade", "x")}}, copying, false, "none of any"},
		{"not", notifiers.Filter{Not: &no}, &events.Component{Component: "db"}, true, `not component exact "web"`},
		{"not not", notifiers.Filter{Not: &no}, web, false, `not wanted: component exact "web"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := notifiers.Routes(routed(tt.about), []notifiers.Audience{{ID: "a", Match: &tt.filter}})
			if len(r) != 1 || r[0].Told != tt.want || r[0].Why != tt.why {
				t.Errorf("Routes = %+v, want told %t: %s", r, tt.want, tt.why)
			}
		})
	}
}

func TestRoutes(t *testing.T) {
	everything, nothing := &notifiers.Filter{}, &notifiers.Filter{Exact: map[string]string{"system": "other"}}
	for _, tt := range []struct {
		name      string
		audiences []notifiers.Audience
		want      string
	}{
		{"without a match all are told", []notifiers.Audience{{ID: "a"}, {ID: "b"}}, "a b "},
		{"the first that matches", []notifiers.Audience{{ID: "a", Match: nothing}, {ID: "b", Match: everything}, {ID: "c", Match: everything}}, "b "},
		{"continue", []notifiers.Audience{{ID: "a", Match: everything, Continue: true}, {ID: "b", Match: everything}}, "a b "},
		{"each role has its own search", []notifiers.Audience{{ID: "a", Role: "teams", Match: everything}, {ID: "b", Role: "users", Match: everything}}, "a b "},
		{"those without a match do not end it", []notifiers.Audience{{ID: "a"}, {ID: "b", Match: everything}}, "a b "},
		{"nobody", []notifiers.Audience{{ID: "a", Match: nothing}}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got strings.Builder
			for _, r := range notifiers.Routes(routed(&events.Planned{}), tt.audiences) {
				if r.Told {
					got.WriteString(r.Audience.ID + " ")
				}
			}
			if got.String() != tt.want {
				t.Errorf("told are %q, want %q", got.String(), tt.want)
			}
		})
	}
	if r := notifiers.Routes(notifiers.Cause{}, []notifiers.Audience{{ID: "a"}}); r != nil {
		t.Errorf("Routes without a plan = %v", r)
	}
}

// TestSeverity: whoever heard of the announcement hears what becomes of it.
func TestSeverity(t *testing.T) {
	for _, tt := range []struct {
		name  string
		state upgrade.State
		felt  plan.Impact
		about events.Data
		want  plan.Impact
	}{
		{"announced", upgrade.Planned, plan.NoImpact, &events.Planned{}, plan.Degraded},
		{"nothing is felt yet", upgrade.InProgress, plan.NoImpact, &events.Rollback{}, plan.Degraded},
		{"it is worse than announced", upgrade.InProgress, plan.Outage, &events.Rollback{}, plan.Outage},
		{"over", upgrade.Completed, plan.NoImpact, &events.Completed{}, plan.Degraded},
		{"one component", upgrade.InProgress, plan.ReducedRedundancy, &events.Component{Component: "web"}, plan.ReducedRedundancy},
	} {
		c := routed(tt.about)
		c.After.State, c.After.Components = tt.state, []upgrade.Component{{ID: "db"}, {ID: "web", Impact: tt.felt}}
		match := &notifiers.Filter{Exact: map[string]string{"severity": string(tt.want)}}
		if r := notifiers.Routes(c, []notifiers.Audience{{ID: "a", Match: match}}); !r[0].Told {
			t.Errorf("%s: %s, want %s", tt.name, r[0].Why, tt.want)
		}
	}
}

// TestPlanMatches: a plan says, too, what an audience is told of.
func TestPlanMatches(t *testing.T) {
	s, p := newStory(t, roles), loadPlan(t, "testdata/plan.yaml")
	p.Audiences = []plan.Audience{
		{ID: "users", Match: map[string]string{"system": "another"}},
		{ID: "teams", Match: map[string]string{"component": "checkout"}},
	}
	s.announce(p)
	if got := len(s.notices); got != 2 || s.count("teams", events.FormRoot) != got {
		t.Errorf("%d notices of the plan, want the root message of the teams and its edit", got)
	}
	s.say(p.Window.Start, events.UpgradeStarted, &events.Step{})
	for component, want := range map[string]int{"checkout": 1, "reports": 0} {
		s.notices = nil
		s.say(s.now, events.ComponentChanged, &events.Component{Component: component, Impact: plan.ReducedRedundancy})
		s.say(s.now, events.ComponentChanged, &events.Component{Component: component, Impact: plan.NoImpact})
		if got := s.count("teams", events.FormBroadcast); got != want || s.count("teams", events.FormRoot) != 2 {
			t.Errorf("%s: %d broadcasts and %d edits, want %d and 2", component, got, s.count("teams", events.FormRoot), want)
		}
	}
}

// TestStartIsOfAll: the phase that begins first begins the upgrade, of which
// those are told, too, who asked for another phase.
func TestStartIsOfAll(t *testing.T) {
	s := newStory(t, []notifiers.Audience{{
		ID: "check", Role: "teams", Channels: []string{"slack"}, Match: &notifiers.Filter{Exact: map[string]string{"phase": "check"}},
	}})
	p := loadPlan(t, "testdata/plan.yaml")
	s.announce(p)
	s.until(p.Window.Start.Add(-time.Minute))
	for _, tt := range []struct {
		phase string
		want  int
	}{{"backup", 1}, {"migrate", 0}, {"check", 1}} { // the last one is beyond the point of no return
		s.notices = nil
		s.say(p.Window.Start, events.PhaseStarted, &events.Phase{Phase: tt.phase})
		if got := s.count("check", events.FormThread); got != tt.want {
			t.Errorf("phase %s: %d replies, want %d", tt.phase, got, tt.want)
		}
	}
}

// TestRootFollowsAll: the root message of an audience that asks for one
// component shows all of them, and stands still for none.
func TestRootFollowsAll(t *testing.T) {
	match := func(component string) *notifiers.Filter {
		return &notifiers.Filter{Exact: map[string]string{"component": component}}
	}
	s := newStory(t, []notifiers.Audience{
		{ID: "checkout", Role: "teams", Channels: []string{"slack"}, Match: match("checkout"), Continue: true},
		{ID: "other", Role: "teams", Channels: []string{"slack"}, Match: match("of-another-system")},
	})
	p := loadPlan(t, "testdata/plan.yaml")
	s.announce(p)
	s.say(p.Window.Start, events.UpgradeStarted, &events.Step{})
	for component, want := range map[string]int{"checkout": 2, "reports": 1} {
		s.notices = nil
		s.say(s.now, events.ComponentChanged, &events.Component{Component: component, Impact: plan.ReducedRedundancy})
		s.say(s.now, events.ComponentChanged, &events.Component{Component: component, Impact: plan.NoImpact})
		if got := s.count("checkout", events.FormRoot); got != 2 {
			t.Errorf("%s: the root message follows %d of 2 changes", component, got)
		}
		if got := len(s.notices) - 1; got != want {
			t.Errorf("%s: %d notices, want %d", component, got, want)
		}
	}
}

func TestQuiet(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	night := &notifiers.Quiet{From: 22 * time.Hour, To: 7 * time.Hour, Zone: berlin}
	lunch := &notifiers.Quiet{From: 12 * time.Hour, To: 13*time.Hour + 30*time.Minute, Zone: berlin}
	for _, tt := range []struct {
		name     string
		quiet    *notifiers.Quiet
		at, want string
	}{
		{"by day", night, "2026-07-01T10:00:00Z", "2026-07-01T10:00:00Z"},
		{"in the evening", night, "2026-07-01T20:30:00Z", "2026-07-02T05:00:00Z"},
		{"after midnight", night, "2026-07-02T02:00:00Z", "2026-07-02T05:00:00Z"},
		{"at its end", night, "2026-07-02T05:00:00Z", "2026-07-02T05:00:00Z"},
		{"at its beginning", night, "2026-07-01T20:00:00Z", "2026-07-02T05:00:00Z"},
		{"the night that summer time begins", night, "2026-03-28T22:00:00Z", "2026-03-29T05:00:00Z"},
		{"the night that it ends", night, "2026-10-24T21:00:00Z", "2026-10-25T06:00:00Z"},
		{"within a day", lunch, "2026-01-01T11:15:00Z", "2026-01-01T12:30:00Z"},
		{"before it", lunch, "2026-01-01T10:59:59Z", "2026-01-01T10:59:59Z"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			at, err := time.Parse(time.RFC3339, tt.at)
			if err != nil {
				t.Fatal(err)
			}
			if got := tt.quiet.Until(at).Format(time.RFC3339); got != tt.want {
				t.Errorf("Until(%s) = %s, want %s", tt.at, got, tt.want)
			}
		})
	}
}

// TestPuttingOff plays an upgrade in the evening for audiences that want to be
// left alone at night, or to hear of the work seldom.
func TestPuttingOff(t *testing.T) {
	night := &notifiers.Quiet{From: 20 * time.Hour, To: 6 * time.Hour, Zone: time.UTC}
	s := newStory(t, []notifiers.Audience{
		{ID: "quiet", Role: "teams", Channels: []string{"slack", "email"}, Quiet: night},
		{ID: "seldom", Role: "teams", Channels: []string{"slack"}, Digest: time.Hour},
		{ID: "both", Role: "teams", Channels: []string{"slack"}, Digest: time.Hour, Quiet: night},
		{ID: "support", Role: "support", Channels: []string{"email"}, Quiet: night},
	})
	p := loadPlan(t, "testdata/plan.yaml")
	p.Window = plan.Window{Start: time.Date(2026, 5, 12, 21, 0, 0, 0, time.UTC), End: time.Date(2026, 5, 12, 23, 50, 0, 0, time.UTC)}
	p.Audiences, p.Roster = nil, nil
	s.say(p.Window.Start.Add(-9*time.Hour), events.UpgradePlanned, &events.Planned{Plan: p})
	s.say(p.Window.Start, events.UpgradeStarted, &events.Step{})
	s.say(p.Window.Start.Add(20*time.Minute), events.UpgradePaused, &events.Step{})
	s.say(p.Window.Start.Add(30*time.Minute), events.RollbackStarted, &events.Rollback{})
	for _, tt := range []struct {
		moment   events.Moment
		audience string
		channel  string
		want     string
	}{
		{events.MomentAnnounced, "quiet", "email", "12:00 "},
		{events.MomentStarted, "quiet", "slack", "06:00 quiet hours"},
		{events.MomentStatus, "quiet", "slack", "21:30 "}, // the root message makes no sound
		{events.MomentPaused, "quiet", "slack", "06:00 quiet hours"},
		{events.MomentPaused, "seldom", "slack", ""},
		{events.MomentDigest, "seldom", "slack", "22:00 digest"},
		{events.MomentDigest, "both", "slack", "06:00 quiet hours"},
		{events.MomentRollback, "quiet", "slack", "21:30 "}, // what nobody may miss breaks through
		{events.MomentRollback, "both", "slack", "21:30 "},
		{events.MomentStarting, "support", "email", "06:00 quiet hours"},
	} {
		got := ""
		for _, n := range s.notices {
			if n.Moment == tt.moment && n.Audience == tt.audience && n.Channel == tt.channel {
				got = n.NotBefore.Format("15:04") + " " + n.Deferred
				if n.Deferred != "" && n.UsefulUntil.Sub(n.NotBefore) < time.Hour {
					t.Errorf("%s to %s is of use until %s only", tt.moment, tt.audience, n.UsefulUntil)
				}
			}
		}
		if got != tt.want {
			t.Errorf("%s to %s by %s goes at %q, want %q", tt.moment, tt.audience, tt.channel, got, tt.want)
		}
	}
}
