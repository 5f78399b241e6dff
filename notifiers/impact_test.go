package notifiers_test

import (
	"strings"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/jargon"
	"upgradehub/events/plan"
)

// technical is what tooling and people write when they think of machines.
const technical = "db1.example.org is full, see OPS-123"

// impactWords begin the lines that say what people can and cannot do.
var impactWords = []string{
	"Not available", "Slow or partly unavailable", "Working, with less reserve", "Everything works", "everything works",
	"Not everything works", "nothing changes for you",
}

// TestImpactFirst: what somebody wrote about machines stands below what it
// means to the reader, whoever the reader is.
func TestImpactFirst(t *testing.T) {
	r, seen := renderer(t), 0
	for _, play := range []func(*story, *plan.Plan){technicalWell, technicalBack, technicalEnds} {
		s := newStory(t, everywhere())
		for i := range s.audiences {
			s.audiences[i].Channels = []string{"email", "slack"}
		}
		s.onNotice = func(n events.Notice) {
			m, err := r.Render(s.view(n))
			if err != nil {
				t.Fatalf("render %s for %s: %v", n.Moment, n.Role, err)
			}
			found, ok := jargon.In(m.Text)
			switch {
			case !ok, n.Moment == events.MomentDecision: // a card is for those who work on it
				return
			case n.Moment == events.MomentUpdate: // what people write stands as they wrote it
				return
			}
			seen++
			before := m.Text[:found.At]
			for _, words := range impactWords {
				if strings.Contains(before, words) {
					return
				}
			}
			t.Errorf("%s to %s by %s says %q before what it means:\n%s", n.Moment, n.Role, n.Channel, found.Text, m.Text)
		}
		play(s, withoutLinks(loadPlan(t, "testdata/plan.yaml")))
	}
	if seen < 40 {
		t.Errorf("%d messages say something technical, want every moment that can", seen)
	}
}

// withoutLinks leaves the file names out of the plan, which look like hosts.
func withoutLinks(p *plan.Plan) *plan.Plan {
	p.Gates[0].Evidence = []plan.Evidence{{Check: "rehearsal"}}
	p.Contingencies[0].Action, p.Contingencies[0].Trigger, p.Risks[0].Text = technical, "phase.overdue:backup:20m", technical
	return p
}

func technicalWell(s *story, p *plan.Plan) {
	start := p.Window.Start
	s.announce(p)
	moved := *p
	moved.Window.End = p.Window.End.Add(time.Hour)
	s.say(start.Add(-3*day), events.UpgradePlanned, &events.Planned{Plan: &moved, Reason: technical}, events.Public)
	s.say(start.Add(-2*day), events.GateDecided, &events.Decided{Gate: "g1", Decision: "no_go", Reason: technical})
	s.work(p, 0, "migrate")
	s.say(s.now, events.FailoverStarted, &events.Failover{Component: "checkout", Active: technical})
	s.say(s.now, events.FailoverFinished, &events.Failover{Component: "checkout", Active: technical})
	s.say(s.now, events.ComponentChanged, &events.Component{Component: "reports", Impact: plan.ReducedRedundancy})
	s.say(s.now, events.FailbackFinished, &events.Failover{Component: "checkout", Active: technical})
	s.say(s.now, events.RiskTriggered, &events.Risk{Risk: "r2", Note: technical})
	s.say(s.now, events.UpgradePaused, &events.Step{Reason: technical})
	s.say(s.now, events.UpgradeResumed, &events.Step{Reason: technical})
	again := moved
	again.Window.End = p.Window.End.Add(2 * time.Hour)
	s.say(s.now, events.UpgradePlanned, &events.Planned{Plan: &again, Reason: technical}, events.Public)
	s.say(s.now, events.UpgradeFailed, &events.Ended{Reason: technical})
	s.say(s.now, events.UpgradeReopened, &events.Reopened{By: "lead", Reason: technical}, events.Public)
	s.say(s.now, events.UpgradeCanceled, &events.Ended{Reason: technical})
}

func technicalBack(s *story, p *plan.Plan) {
	s.announce(p)
	s.say(p.Window.Start, events.PhaseStarted, &events.Phase{Phase: "backup"})
	s.say(p.Window.Start, events.ComponentChanged, &events.Component{Component: "checkout", Impact: plan.Outage})
	s.until(p.Window.Start.Add(55 * time.Minute)) // a contingency is called for
	s.say(s.now, events.PhaseFinished, &events.Phase{Phase: "backup", Outcome: events.Failure, Note: technical})
	s.say(s.now, events.RollbackStarted, &events.Rollback{Reason: technical}, events.Public)
	s.say(s.now, events.RollbackFinished, &events.Rollback{Reason: technical}, events.Public)
}

func technicalEnds(s *story, p *plan.Plan) {
	s.announce(p)
	s.say(s.now, events.UpgradeCanceled, &events.Ended{Reason: technical})
}
