package notifiers_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
	"upgradehub/notifiers"
)

// asked lists the notices of a moment as role by channel, and to whom.
func (s *story) asked(m events.Moment) []string {
	var got []string
	for _, n := range s.notices {
		if n.Moment == m {
			got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", n.Role, n.Channel, n.Form, strings.Join(n.People, ","))))
		}
	}
	return got
}

// begun is a story of plan.yaml whose upgrade has begun.
func begun(t *testing.T, change func(*plan.Plan)) (*story, *plan.Plan) {
	t.Helper()
	p := loadPlan(t, "testdata/plan.yaml")
	change(p)
	s := newStory(t, roles)
	s.careful = false
	s.announce(p)
	s.say(p.Window.Start, events.PhaseStarted, &events.Phase{Phase: "backup"})
	s.notices = nil
	return s, p
}

func asIs(*plan.Plan) {}

// TestWhoIsToldInPerson: the owner, then whoever is next, one after the other.
func TestWhoIsToldInPerson(t *testing.T) {
	for _, tt := range []struct {
		moment events.Moment
		until  time.Duration
		want   []string
	}{
		{events.MomentSilent, time.Hour + 5*time.Minute, []string{"teams slack thread", "managers email message", "crew slack message @dba", "crew email message @dba"}},
		{events.MomentOverdue, 45 * time.Minute, []string{"teams slack thread", "crew slack message @dba", "crew email message @dba"}},
		{events.MomentOverdue, 55 * time.Minute, []string{
			"teams slack thread", "crew slack message @dba", "crew email message @dba", "crew slack message @lead", "crew email message @lead",
		}},
		{events.MomentNudge, 43 * time.Minute, []string{"crew slack message @lead", "crew email message @lead"}},
		{events.MomentNudge, 55 * time.Minute, []string{
			"crew slack message @lead", "crew email message @lead", "crew slack message @deputy", "crew email message @deputy",
		}},
		{events.MomentHolding, time.Hour, []string{"teams slack thread"}},
		{events.MomentPromise, 2 * time.Hour, []string{"teams slack thread"}},
	} {
		s, p := begun(t, asIs)
		s.until(p.Window.Start.Add(tt.until))
		if got := s.asked(tt.moment); !slices.Equal(got, tt.want) {
			t.Errorf("%s until %s: told %q, want %q", tt.moment, tt.until, got, tt.want)
		}
	}
	s, p := begun(t, func(p *plan.Plan) { p.Roster = nil })
	s.until(p.Window.Start.Add(3 * time.Hour))
	for _, n := range s.notices {
		if n.Role == notifiers.RoleCrew {
			t.Errorf("%s goes to the crew of a plan that names nobody", n.Moment)
		}
	}
}

// TestOverdueOnTheWayBack: whoever read that it goes back, and that the announced
// end had passed, is not written to half an hour later that it has.
func TestOverdueOnTheWayBack(t *testing.T) {
	r := renderer(t)
	for _, tt := range []struct {
		back time.Duration // after the announced end
		said bool
	}{{-time.Minute, false}, {time.Minute, true}} {
		s, p := begun(t, asIs)
		s.until(p.Window.End.Add(min(tt.back, 0)))
		s.say(p.Window.End.Add(tt.back), events.RollbackStarted, &events.Rollback{})
		s.until(p.Window.End.Add(2 * time.Minute))
		for _, n := range s.notices {
			if n.Moment != events.MomentOverdue || n.Facts["phase"] != "" || n.Role == notifiers.RoleCrew || n.Form == events.FormRoot {
				continue
			}
			_, err := r.Render(s.view(n))
			waits := n.Role == "users" || n.Role == "stakeholders"
			if got, want := errors.Is(err, notifiers.ErrStale), tt.said && waits; got != want {
				t.Errorf("back %s after the end, %s: stale %t, want %t (%v)", tt.back, n.Role, got, want, err)
			}
		}
		if len(s.asked(events.MomentOverdue)) == 0 {
			t.Error("nobody is told that the announced end passed")
		}
	}
}

// TestDraftOnTheWayBack: what the lead could say is not how a phase goes that is
// given up.
func TestDraftOnTheWayBack(t *testing.T) {
	r := renderer(t)
	s, p := begun(t, asIs)
	s.say(p.Window.Start.Add(time.Minute), events.RollbackStarted, &events.Rollback{})
	s.until(p.Window.Start.Add(25 * time.Minute))
	for _, n := range s.notices {
		if n.Moment != events.MomentNudge || n.Channel != "email" {
			continue
		}
		m, err := r.Render(s.view(n))
		if err != nil || !strings.Contains(m.Text, "the way back goes on") || strings.Contains(m.Text, "Back up: running") {
			t.Errorf("draft: %v\n%s", err, m.Text)
		}
		return
	}
	t.Error("nobody is asked for a word")
}

// TestUndecidedIsToldOnce: to those who decide and the lead, each in person; in
// the channels its card and the root message say so. Going back it is moot.
func TestUndecidedIsToldOnce(t *testing.T) {
	during := func(p *plan.Plan) {
		p.Roster["dba"] = plan.Duty{Person: "@dba", Backup: "@second"}
		p.Gates[0].Decider, p.Gates[0].At, p.Gates[0].Deadline = "dba", p.Window.Start, p.Window.Start.Add(20*time.Minute)
	}
	s, p := begun(t, during)
	s.until(p.Window.Start.Add(time.Hour))
	want := []string{"crew slack message @dba,@second,@lead", "crew email message @dba,@second,@lead"}
	if got := s.asked(events.MomentUndecided); !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
	cards := []string{"teams slack card", "crew slack card @dba,@second"}
	if got := s.asked(events.MomentDecision); !slices.Equal(got, cards) {
		t.Errorf("cards %q, want %q", got, cards)
	}
	s, p = begun(t, during)
	s.say(p.Window.Start.Add(time.Minute), events.RollbackStarted, &events.Rollback{})
	s.until(p.Window.Start.Add(time.Hour))
	if got := s.asked(events.MomentUndecided); len(got) > 0 {
		t.Errorf("on the way back told %q", got)
	}
}

// TestEndAtRiskIsForManagers: a phase that runs long is the team's concern as
// long as the rest fits.
func TestEndAtRiskIsForManagers(t *testing.T) {
	for _, tt := range []struct {
		shorter  time.Duration
		managers bool
	}{{0, false}, {40 * time.Minute, true}} {
		s, p := begun(t, func(p *plan.Plan) { p.Window.End = p.Window.End.Add(-tt.shorter) })
		s.until(p.Window.Start.Add(45 * time.Minute))
		if got := slices.Contains(s.asked(events.MomentOverdue), "managers email message"); got != tt.managers {
			t.Errorf("window shorter by %s: managers told %t, want %t", tt.shorter, got, tt.managers)
		}
	}
}

// TestDecidersCountDown: who decides always hears of the way back, managers
// only when not all goes to plan.
func TestDecidersCountDown(t *testing.T) {
	crew := []string{"crew slack message @lead", "crew email message @lead"}
	for _, tt := range []struct {
		name string
		say  func(*story)
		want []string // at 30 minutes
		all  int      // at 30, 10 and 0; managers are not asked twice
	}{
		{"on plan", func(*story) {}, append([]string{"teams slack thread"}, crew...), 9},
		{
			"a risk came true", func(s *story) { s.say(s.now, events.RiskTriggered, &events.Risk{Risk: "r2"}) },
			append([]string{"teams slack broadcast", "managers email message"}, crew...), 11,
		},
	} {
		s, p := begun(t, func(p *plan.Plan) { p.Phases, p.Phases[0].Duration = p.Phases[:1], plan.Duration(3*time.Hour) })
		s.careful = true
		tt.say(s)
		s.until(p.Window.End.Add(-75*time.Minute - 30*time.Minute))
		if got := s.asked(events.MomentWayBack); !slices.Equal(got, tt.want) {
			t.Errorf("%s: told %q, want %q", tt.name, got, tt.want)
		}
		for range 10 {
			s.until(s.now.Add(3 * time.Minute))
		}
		if n := len(s.asked(events.MomentWayBack)); n != tt.all {
			t.Errorf("%s: %d notices of 30, 10 and 0 minutes, want %d", tt.name, n, tt.all)
		}
	}
}

// TestLostRedundancy is told when it was not announced, once for all parts,
// and not of what was worse before.
func TestLostRedundancy(t *testing.T) {
	reduced := func(c string) func(*story) {
		return func(s *story) {
			s.say(s.now, events.ComponentChanged, &events.Component{Component: c, Impact: plan.ReducedRedundancy})
		}
	}
	outage := func(s *story) {
		s.say(s.now, events.ComponentChanged, &events.Component{Component: "checkout", Impact: plan.Outage})
	}
	for _, tt := range []struct {
		name   string
		change func(*plan.Plan)
		says   []func(*story)
		want   int
	}{
		{"one part", asIs, []func(*story){reduced("checkout")}, 3},
		{"two parts", asIs, []func(*story){reduced("checkout"), reduced("reports")}, 3},
		{"announced", func(p *plan.Plan) { p.Impact.Default = plan.ReducedRedundancy }, []func(*story){reduced("checkout")}, 0},
		{"better than before", asIs, []func(*story){outage, reduced("checkout")}, 0},
	} {
		s, _ := begun(t, tt.change)
		for _, say := range tt.says {
			say(s)
		}
		if got := s.asked(events.MomentRedundancy); len(got) != tt.want {
			t.Errorf("%s: told %q, want %d notices", tt.name, got, tt.want)
		}
	}
}

// TestRiskComesTrueOnce: what is said of it later is no news to anybody.
func TestRiskComesTrueOnce(t *testing.T) {
	s, _ := begun(t, asIs)
	for _, note := range []string{"it began", "it goes on"} {
		s.say(s.now, events.RiskTriggered, &events.Risk{Risk: "r1", Note: note})
	}
	want := []string{"teams slack thread", "managers email message", "crew slack message @dba", "crew email message @dba"}
	if got := s.asked(events.MomentRisk); !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}

// TestSuperseded plays a change and asks which of the notices owed before it
// is no longer true.
func TestSuperseded(t *testing.T) {
	owed := []events.Notice{
		{ID: "announced", Moment: events.MomentAnnounced},
		{ID: "reminder", Moment: events.MomentReminder},
		{ID: "starting", Moment: events.MomentStarting},
		{ID: "moved", Moment: events.MomentMoved},
		{ID: "overdue", Moment: events.MomentOverdue},
		{ID: "phase", Moment: events.MomentOverdue, Facts: map[string]string{"phase": "backup"}},
		{ID: "back", Moment: events.MomentWayBack, Facts: map[string]string{"minutes": "30"}},
		{ID: "crossed", Moment: events.MomentWayBack, Facts: map[string]string{"phase": "check"}},
		{ID: "root", Moment: events.MomentMoved, Form: events.FormRoot},
		{ID: "word", Moment: events.MomentUpdate, Facts: map[string]string{"update": "e1", "source": "test"}},
		{ID: "other", Moment: events.MomentUpdate, Facts: map[string]string{"update": "e2", "source": "test"}},
	}
	p := loadPlan(t, "testdata/plan.yaml")
	revise := func(start, end time.Duration) events.Event {
		next := *p
		next.Window = plan.Window{Start: p.Window.Start.Add(start), End: p.Window.End.Add(end)}
		return events.Event{Type: events.UpgradePlanned, Data: &events.Planned{Plan: &next}}
	}
	retitled := *p
	retitled.Title = "Another"
	for _, tt := range []struct {
		name string
		e    events.Event
		want string
	}{
		{"start and end moved", revise(time.Hour, time.Hour), "reminder starting moved overdue back"},
		{"end moved", revise(0, time.Hour), "moved overdue back"},
		{"start moved", revise(time.Hour, 0), "reminder starting moved"},
		{"end moved into the past", revise(-100*time.Hour, -100*time.Hour), "reminder starting moved back"},
		{"another title", events.Event{Type: events.UpgradePlanned, Data: &events.Planned{Plan: &retitled}}, ""},
		{"withdrawn", events.Event{Type: events.UpdateRetracted, Data: &events.Update{}}, "word"},
		{"corrected", events.Event{Type: events.UpdateCorrected, Data: &events.Update{Text: "better"}}, ""},
		{"another event", events.Event{Type: events.UpgradeStarted, Data: &events.Step{}}, ""},
	} {
		now := p.Window.Start.Add(-time.Hour)
		u := upgrade.New("u1")
		for i, e := range []events.Event{
			{ID: "plan", Type: events.UpgradePlanned, Data: &events.Planned{Plan: p}},
			{ID: "e1", Type: events.UpdatePosted, Data: &events.Update{Text: "one"}},
		} {
			e.Source, e.Time = "test", now.Add(time.Duration(i)*time.Second)
			e.Recorded = e.Time
			u.Apply(e)
		}
		e := tt.e
		e.ID, e.Source, e.Time, e.Recorded = "now", "test", now.Add(time.Minute), now.Add(time.Minute)
		after := u.Clone()
		effect := after.Apply(e)
		var got []string
		for _, gone := range notifiers.Superseded(notifiers.Cause{Seq: 9, Event: e, Effect: effect, Before: u, After: after}, owed) {
			if gone.Why == "" {
				t.Errorf("%s: %s is dropped without a reason", tt.name, gone.Notice)
			}
			got = append(got, gone.Notice)
		}
		if strings.Join(got, " ") != tt.want || len(got) > 0 && !notifiers.MaySupersede(e.Type) {
			t.Errorf("%s: no longer true %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestMovedAgainAndAgain: the first move is told at once, those that follow
// within a minute every minute.
func TestMovedAgainAndAgain(t *testing.T) {
	p := loadPlan(t, "testdata/plan.yaml")
	s := newStory(t, roles)
	s.announce(p)
	begin := p.Window.Start.Add(-48 * time.Hour)
	for i, tt := range []struct{ at, want time.Duration }{
		{0, 0},
		{10 * time.Second, time.Minute},
		{59 * time.Second, time.Minute},
		{80 * time.Second, 2 * time.Minute},
		{2 * time.Minute, 3 * time.Minute},
		{3 * time.Minute, 3 * time.Minute},
	} {
		s.notices = nil
		next := *p
		next.Window.End = p.Window.End.Add(time.Duration(i+1) * time.Minute)
		s.say(begin.Add(tt.at), events.UpgradePlanned, &events.Planned{Plan: &next})
		for _, n := range s.notices {
			if n.Role == "managers" && !n.NotBefore.Equal(begin.Add(tt.want)) {
				t.Errorf("move %d after %s: told after %s, want %s", i, tt.at, n.NotBefore.Sub(begin), tt.want)
			}
		}
	}
}

// TestContingencyWords: who acts reads what happened, in words where there are
// some.
func TestContingencyWords(t *testing.T) {
	r := renderer(t)
	for _, tt := range []struct{ trigger, want string }{
		{"phase.overdue:backup", "Back up takes longer than planned\n"},
		{"phase.overdue:backup:90m", "Back up takes longer than planned, for 1 h 30 min\n"},
		{"phase.late:migrate:10m", "Copy the data has not started, for 10 min\n"},
		{"upgrade.silent:2h", "nothing was reported, for 2 h\n"},
		{"phase.finished:backup:failure", "Back up failed\n"},
		{"gate.decided:g1:no_go", "gate.decided:g1:no_go\n"},
	} {
		s, _ := begun(t, func(p *plan.Plan) {
			p.Contingencies = []plan.Contingency{{ID: "c1", Trigger: tt.trigger, Action: "Call the vendor"}}
		})
		n := events.Notice{
			Moment: events.MomentContingency, Role: notifiers.RoleCrew, Channel: "email", Form: events.FormMessage,
			Facts: map[string]string{"contingency": "c1"},
		}
		m, err := r.Render(s.view(n))
		if err != nil || !strings.Contains(m.Text, "Why:\n"+tt.want) || !strings.Contains(m.Text, "What to do:\nCall the vendor\n") {
			t.Errorf("%s: %v, want %q in\n%s", tt.trigger, err, tt.want, m.Text)
		}
	}
}

// TestFailbackPlan: a failover says how it is to end, by the plan if that
// thought of it.
func TestFailbackPlan(t *testing.T) {
	r := renderer(t)
	for _, tt := range []struct{ trigger, want string }{
		{"failover.finished:checkout", "The way back:\nMove back on Monday\n"},
		{"failover.finished:reports", "The way back:\nThe upgrade cannot be completed before Checkout & payment is back.\n"},
	} {
		s, _ := begun(t, func(p *plan.Plan) {
			p.Contingencies = []plan.Contingency{{ID: "c1", Trigger: tt.trigger, Action: "Move back on Monday"}}
		})
		s.say(s.now, events.FailoverFinished, &events.Failover{Component: "checkout", Active: "db2"})
		n := events.Notice{
			Moment: events.MomentFailover, Role: "managers", Channel: "email", Form: events.FormMessage,
			Facts: map[string]string{"component": "checkout", "stage": "finished"},
		}
		m, err := r.Render(s.view(n))
		if err != nil || !strings.Contains(m.Text, tt.want) {
			t.Errorf("%s: %v, want %q in\n%s", tt.trigger, err, tt.want, m.Text)
		}
	}
}
