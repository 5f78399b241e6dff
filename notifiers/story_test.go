package notifiers_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
	"upgradehub/notifiers"
)

// roles has one audience for each role, on the channel it usually has.
var roles = []notifiers.Audience{
	{ID: "users", Role: "users", Channels: []string{"email"}},
	{ID: "teams", Role: "teams", Channels: []string{"slack"}},
	{ID: "managers", Role: "managers", Channels: []string{"email"}},
	{ID: "stakeholders", Role: "stakeholders", Channels: []string{"email"}},
	{ID: "support", Role: "support", Channels: []string{"email"}},
	notifiers.Crew(func(string) bool { return true }),
}

// story plays an upgrade as the hub would: facts fold in order, the
// timekeeper speaks when something is due, and each cause is planned.
type story struct {
	t         *testing.T
	u         *upgrade.Upgrade
	now       time.Time
	seq       uint64
	audiences []notifiers.Audience
	// careful people say a word before a promise is broken.
	careful bool
	notices []events.Notice
	log     strings.Builder
	// onNotice sees each notice and the state at its time.
	onNotice func(n events.Notice)
}

func newStory(t *testing.T, audiences []notifiers.Audience) *story {
	return &story{t: t, audiences: audiences, careful: true}
}

func loadPlan(t *testing.T, path string) *plan.Plan {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	p, problems := plan.Parse(data)
	if p == nil {
		t.Fatalf("parse %s: %v", path, problems)
	}
	return p
}

// say publishes an event of tooling at a time, after what was due before it.
func (s *story) say(at time.Time, t events.Type, d events.Data, v ...events.Visibility) upgrade.Effect {
	s.t.Helper()
	s.until(at)
	e := events.Event{Type: t, Data: d, Source: "test"}
	if len(v) > 0 {
		e.Visibility = v[0]
	}
	return s.fact(at, e)
}

// until lets time pass.
func (s *story) until(at time.Time) {
	s.t.Helper()
	for range 500 {
		d, ok := s.next(at)
		if !ok {
			s.now = at
			return
		}
		if word := s.wordBefore(); s.careful && word.After(s.now) && !word.After(d.Clock.Due) {
			s.fact(word, events.Event{Type: events.UpdatePosted, Source: "test", Data: &events.Update{Text: "All goes **well**."}})
			continue
		}
		c := d.Clock
		if eff := s.fact(d.Clock.Due, events.Event{Type: d.Type, Source: "hub", Data: &c}); !eff.Changed {
			s.t.Fatalf("%s of %q due %s changed nothing: %s", d.Type, c.Object, c.Due, eff.Anomaly)
		}
	}
	s.t.Fatalf("the clock of the story does not stop: %+v", s.u.Deadlines())
}

// wordBefore is a minute before somebody misses a word; zero if nobody will.
func (s *story) wordBefore() time.Time {
	for _, d := range s.u.Deadlines() {
		if d.Type == events.ClockSilent || d.Type == events.ClockPromiseBroken || d.Clock.Object == "nudge-70" || d.Clock.Object == "holding" {
			return d.Clock.Due.Add(-time.Minute)
		}
	}
	return time.Time{}
}

func (s *story) next(at time.Time) (upgrade.Deadline, bool) {
	if s.u == nil || s.u.Plan == nil {
		return upgrade.Deadline{}, false
	}
	for _, d := range s.u.Deadlines() {
		return d, !d.Clock.Due.After(at)
	}
	return upgrade.Deadline{}, false
}

func (s *story) fact(at time.Time, e events.Event) upgrade.Effect {
	s.t.Helper()
	s.seq++
	s.now = later(s.now, at)
	e.ID, e.Upgrade, e.Time, e.Recorded = fmt.Sprintf("e%d", s.seq), "u1", s.now, s.now
	before := upgrade.New("u1")
	if s.u != nil {
		before = s.u
	}
	after := before.Clone()
	effect := after.Apply(e)
	if effect.Anomaly != "" {
		s.t.Fatalf("%s at %s: %s", e.Type, at, effect.Anomaly)
	}
	s.u = after
	fmt.Fprintf(&s.log, "%s  %s\n", s.now.Format("2006-01-02 15:04"), what(e))
	for _, n := range notifiers.Plan(notifiers.Cause{Seq: s.seq, Event: e, Effect: effect, Before: before, After: after}, s.audiences) {
		s.write(n)
	}
	return effect
}

func (s *story) write(n events.Notice) {
	s.notices = append(s.notices, n)
	lead, flags := "", ""
	if d := n.NotBefore.Sub(s.now); d > 0 {
		lead = " after " + d.String()
	}
	if n.Required {
		flags = " required"
	}
	fmt.Fprintf(&s.log, "    %-14s %-13s %-6s %-9s%s%s\n", n.Moment, n.Audience, n.Channel, n.Form, flags, lead)
	if s.onNotice != nil {
		s.onNotice(n)
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func what(e events.Event) string {
	switch d := e.Data.(type) {
	case *events.Phase:
		return fmt.Sprintf("%s %s %s", e.Type, d.Phase, d.Outcome)
	case *events.Clock:
		return fmt.Sprintf("%s %s", e.Type, d.Object)
	case *events.Component:
		return fmt.Sprintf("%s %s %s", e.Type, d.Component, d.Impact)
	}
	return string(e.Type)
}

// announce publishes the plan its notice ahead, or a week.
func (s *story) announce(p *plan.Plan) {
	s.t.Helper()
	notice := max(p.Announce.Notice.Std(), 7*24*time.Hour)
	s.say(p.Window.Start.Add(-notice), events.UpgradePlanned, &events.Planned{Plan: p})
	s.say(p.Window.Start.Add(-notice+time.Minute), events.UpgradeScheduled, &events.Scheduled{By: "lead"})
}

// work runs the phases, each late by delay, up to and without the one named.
func (s *story) work(p *plan.Plan, delay time.Duration, stop string) {
	s.t.Helper()
	s.say(p.Window.Start, events.UpgradeStarted, &events.Step{})
	for _, c := range p.Components {
		s.say(p.Window.Start, events.ComponentChanged, &events.Component{Component: c.ID, Impact: plan.Degraded})
	}
	for _, ph := range p.Phases {
		if ph.ID == stop {
			return
		}
		s.say(ph.Start, events.PhaseStarted, &events.Phase{Phase: ph.ID})
		s.say(later(ph.Start, ph.End().Add(delay)), events.PhaseFinished, &events.Phase{Phase: ph.ID, Outcome: events.Success})
	}
}

// restore ends the work well.
func (s *story) restore(p *plan.Plan) {
	s.t.Helper()
	for _, c := range p.Components {
		s.say(s.now, events.ComponentChanged, &events.Component{Component: c.ID, Impact: plan.NoImpact})
	}
	s.say(s.now, events.UpgradeVerifying, &events.Step{})
	s.say(s.now.Add(time.Minute), events.UpgradeCompleted, &events.Completed{})
}

func (s *story) count(audience string, f events.Form) int {
	n := 0
	for _, notice := range s.notices {
		if notice.Audience == audience && notice.Form == f {
			n++
		}
	}
	return n
}
