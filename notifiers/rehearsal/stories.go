package rehearsal

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
)

// Story is what happens in a rehearsal.
type Story struct {
	Name  string
	Tells string // in one sentence
	Steps []Step // in the order in which they happen
	// Words: somebody says a word before a promise is missed.
	Words bool
}

// Step is one event and when the hub hears of it.
type Step struct {
	At    time.Time
	Event events.Event
}

// Stories are those that every plan can be played in.
func Stories(p *plan.Plan) []Story { return []Story{Happy(p), Overrun(p), Back(p)} }

// Happy is the plan as it is meant: every gate says go, each phase ends a
// little before its time, and somebody says a word when one is promised.
func Happy(p *plan.Plan) Story {
	s := newScript(p)
	phases := s.phases()
	s.work(phases)
	at := p.Window.End.Add(-early)
	if len(phases) > 0 {
		at = phases[len(phases)-1].finish()
	}
	s.end(at, events.Successful)
	return s.story("happy", "everything goes to plan and is completed")
}

// The delays of an overrun, from the announced end on.
const (
	movedAfter = 30 * time.Minute // people notice, and say so
	movedBy    = 2 * time.Hour
	overrunBy  = 90 * time.Minute
)

// Overrun is the plan whose last phase ends 90 minutes after the announced
// end. The end is moved once, half an hour after it passed.
func Overrun(p *plan.Plan) Story {
	s := newScript(p)
	phases := s.phases()
	over := p.Window.End.Add(overrunBy)
	if len(phases) > 0 {
		phases[len(phases)-1].until = over
	}
	s.work(phases)
	moved := *p
	moved.Window.End = p.Window.End.Add(movedBy)
	s.say(p.Window.End.Add(movedAfter), events.UpgradePlanned,
		&events.Planned{Plan: &moved, Reason: "The last phase takes longer than planned."}, events.Public)
	s.end(over, events.SuccessfulWithIssues)
	return s.story("overrun", "the last phase ends 90 minutes after the announced end, which is moved once; completed with issues")
}

// Back is the plan that fails in the middle and is rolled back.
func Back(p *plan.Plan) Story {
	s, safe := newScript(p), true
	failed := p.Window.Start.Add(p.Window.Duration() / 2)
	phases := s.phases()
	if len(phases) > 0 {
		phases = phases[:len(phases)/2+1]
		bad := &phases[len(phases)-1]
		failed = bad.Start.Add(bad.Duration.Std() / 2)
		bad.until, bad.outcome = failed, events.Failure
	}
	s.work(phases)
	decided := failed.Add(10 * time.Minute)
	back := decided.Add(cmp.Or(p.Rollback.Duration.Std(), time.Hour))
	s.say(decided, events.RollbackStarted, &events.Rollback{Reason: "A phase failed and cannot be repeated in time.", DataSafe: &safe}, "")
	s.restore(back)
	s.say(back, events.RollbackFinished, &events.Rollback{Outcome: events.Success, DataSafe: &safe}, "")
	s.steps = slices.DeleteFunc(s.steps, func(st Step) bool {
		return st.Event.Type == events.GateDecided && st.At.After(failed)
	})
	return s.story("rollback", "a phase in the middle fails, and everything is rolled back")
}

// Replay is what really happened, or is thought to happen. The plan is
// announced first: in place of the first revision of the steps, or if there
// is none, when it is to be announced.
func Replay(p *plan.Plan, steps []Step) Story {
	s := &script{plan: p, steps: slices.Clone(steps)}
	if len(steps) > 0 && steps[0].Event.Type == events.UpgradePlanned {
		s.steps[0].Event.Data = &events.Planned{Plan: p}
	} else {
		at := announced(p)
		if len(steps) > 0 && steps[0].At.Before(at) {
			at = steps[0].At
		}
		s.steps = slices.Insert(s.steps, 0, step(at, events.UpgradePlanned, &events.Planned{Plan: p}))
	}
	return Story{Name: "events", Tells: "the events as they were recorded", Steps: s.steps}
}

// script is a story being written.
type script struct {
	plan  *plan.Plan
	steps []Step
}

// newScript begins with the announcement and the gates.
func newScript(p *plan.Plan) *script {
	s := &script{plan: p}
	at := announced(p)
	s.say(at, events.UpgradePlanned, &events.Planned{Plan: p}, "")
	s.say(at.Add(time.Minute), events.UpgradeScheduled, &events.Scheduled{By: "lead"}, "")
	for _, g := range p.Gates {
		by := cmp.Or(p.Roster[g.Decider].Person, g.Decider)
		s.say(latest(at.Add(2*time.Minute), decided(g)), events.GateDecided, &events.Decided{Gate: g.ID, Decision: "go", By: by}, "")
	}
	return s
}

// decided is when a gate is decided by whoever keeps its deadline.
func decided(g plan.Gate) time.Time {
	if last := g.Deadline.Add(-time.Minute); !g.Deadline.IsZero() && last.Before(g.At) {
		return last
	}
	return g.At
}

// announced is when the plan is announced: as early as it says, or a week.
func announced(p *plan.Plan) time.Time {
	return p.Window.Start.Add(-cmp.Or(p.Announce.Notice.Std(), 7*24*time.Hour))
}

func (s *script) say(at time.Time, t events.Type, d events.Data, v events.Visibility) {
	st := step(at, t, d)
	st.Event.Visibility = v
	s.steps = append(s.steps, st)
}

func step(at time.Time, t events.Type, d events.Data) Step {
	return Step{At: at, Event: events.Event{Type: t, Source: "rehearsal", Data: d}}
}

// early is how much before its time a phase ends that goes to plan.
const early = 5 * time.Minute

// scene is a phase as it goes in a story.
type scene struct {
	plan.Phase
	until   time.Time // when it really ends; zero means on plan
	outcome events.Outcome
}

// phases are the plan's, in the order in which they end.
func (s *script) phases() []scene {
	var list []scene
	for _, ph := range s.plan.Phases {
		if ph.Duration == 0 && ph.Start.Equal(s.plan.Window.End) {
			ph.Start = ph.Start.Add(-early) // on plan is before the announced end has passed
		}
		list = append(list, scene{Phase: ph, outcome: events.Success})
	}
	slices.SortStableFunc(list, func(a, b scene) int { return a.End().Compare(b.End()) })
	return list
}

// finish is when the phase ends: on plan is a little early.
func (sc scene) finish() time.Time {
	if !sc.until.IsZero() {
		return sc.until
	}
	return sc.End().Add(-min(early, sc.Duration.Std()/2))
}

// work starts the upgrade and runs the phases.
func (s *script) work(phases []scene) {
	start := s.plan.Window.Start
	s.say(start, events.UpgradeStarted, &events.Step{}, "")
	if impact := s.plan.Impact.Default; impact != "" && impact != plan.NoImpact {
		for _, c := range s.plan.Components {
			s.say(start, events.ComponentChanged, &events.Component{Component: c.ID, Impact: impact}, "")
		}
	}
	for _, sc := range phases {
		s.say(sc.Start, events.PhaseStarted, &events.Phase{Phase: sc.ID}, "")
		s.progress(sc)
		s.say(sc.finish(), events.PhaseFinished, &events.Phase{Phase: sc.ID, Outcome: sc.outcome}, "")
	}
}

// mostBatches bounds how often a phase says how far it is.
const mostBatches = 50

// progress reports batch by batch, in even steps.
func (s *script) progress(sc scene) {
	if sc.outcome != events.Success {
		return
	}
	each := sc.finish().Sub(sc.Start) / time.Duration(max(sc.Batches, 1))
	total := int64(sc.Batches)
	for i := 1; i < sc.Batches && sc.Batches <= mostBatches; i++ {
		done := int64(i)
		s.say(sc.Start.Add(time.Duration(i)*each), events.PhaseProgressed, &events.Progressed{Phase: sc.ID, Done: &done, Total: &total}, "")
	}
}

func (s *script) restore(at time.Time) {
	for _, c := range s.plan.Components {
		s.say(at, events.ComponentChanged, &events.Component{Component: c.ID, Impact: plan.NoImpact}, "")
	}
}

func (s *script) end(at time.Time, result events.Result) {
	s.restore(at)
	s.say(at, events.UpgradeVerifying, &events.Step{}, "")
	done := at.Add(time.Minute)
	if at.Before(s.plan.Window.End) && !done.Before(s.plan.Window.End) {
		done = at
	}
	s.say(done, events.UpgradeCompleted, &events.Completed{Outcome: result}, "")
}

func (s *script) story(name, tells string) Story {
	slices.SortStableFunc(s.steps, func(a, b Step) int { return a.At.Compare(b.At) })
	return Story{Name: name, Tells: tells, Steps: s.steps, Words: true}
}

// rosterOf are the people of the roster, each once.
func rosterOf(p *plan.Plan) []string {
	names := map[string]bool{}
	for _, d := range p.Roster {
		names[d.Person], names[d.Backup] = true, true
	}
	delete(names, "")
	return slices.Sorted(maps.Keys(names))
}
