package upgrade

import (
	"cmp"
	"slices"
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
)

// The kinds of what has a trigger.
const (
	ofContingency = "contingency"
	ofRisk        = "risk"
)

// Watch is the trigger of a contingency or a risk of the plan. It fires once.
type Watch struct {
	Kind    string `json:"kind"` // contingency or risk
	ID      string `json:"id"`
	Trigger string `json:"trigger"`
	// Since is when what it waits for happened, as long as that lasts; nil
	// if it has not. What the clock finds is not noted here.
	Since *time.Time `json:"since,omitempty"`
	Fired *Stamp     `json:"fired,omitempty"`
}

// Object names the watch in clock facts: "contingency:c1".
func (w Watch) Object() string { return w.Kind + ":" + w.ID }

// watchesOf are the triggers of a plan, none of them fired.
func watchesOf(p *plan.Plan) []Watch {
	var list []Watch
	for _, c := range p.Contingencies {
		list = append(list, Watch{Kind: ofContingency, ID: c.ID, Trigger: c.Trigger})
	}
	for _, r := range p.Risks {
		if r.Trigger != "" {
			list = append(list, Watch{Kind: ofRisk, ID: r.ID, Trigger: r.Trigger})
		}
	}
	return list
}

// watch notes in the watches what an event did that changed something.
func (u *Upgrade) watch(e events.Event) {
	for i := range u.Watches {
		w := &u.Watches[i]
		t, err := plan.ParseTrigger(w.Trigger)
		if err != nil || w.Fired != nil {
			continue
		}
		switch lasts := t.After == 0 || u.lasts(t); {
		case !lasts:
			w.Since = nil
		case u.meets(t, e) && (w.Since == nil || e.Recorded.Before(*w.Since)):
			at := e.Recorded.UTC().Round(0)
			w.Since = &at
		}
	}
}

// meets reports whether an event is what a trigger waits for.
func (u *Upgrade) meets(t plan.Trigger, e events.Event) bool {
	object, outcome := u.subject(e)
	return t.Type == string(e.Type) && t.Object == object && (t.Outcome == "" || t.Outcome == outcome)
}

// subject is the object of an event and its outcome, as triggers name them.
func (u *Upgrade) subject(e events.Event) (object, outcome string) {
	switch d := e.Data.(type) {
	case *events.Phase:
		if e.Type == events.PhaseWaiting {
			return d.Phase, d.WaitingFor
		}
		return d.Phase, string(cmp.Or(d.Outcome, events.Success))
	case *events.Progressed:
		return d.Phase, ""
	case *events.Evidence:
		return d.Gate, u.evidenceOutcome(d)
	case *events.Decided:
		return d.Gate, d.Decision
	case *events.Measured:
		return d.Objective, u.objectiveOutcome(d.Objective)
	case *events.Component:
		return d.Component, string(d.Impact)
	case *events.Failover:
		return d.Component, string(cmp.Or(d.Outcome, events.Success))
	case *events.Redundancy:
		return d.Component, ""
	case *events.Risk:
		return d.Risk, ""
	case *events.Completed:
		return "", string(cmp.Or(d.Outcome, events.Successful))
	case *events.Rollback:
		return "", string(cmp.Or(d.Outcome, events.Success))
	}
	return "", ""
}

func (u *Upgrade) evidenceOutcome(d *events.Evidence) string {
	for _, g := range u.Gates {
		for _, ev := range g.Evidence {
			if g.ID == d.Gate && ev.Kind == d.Kind && ev.Name == d.Name {
				return ev.outcome()
			}
		}
	}
	return d.Result
}

// outcome is pass or fail; empty if the evidence says neither.
func (ev Evidence) outcome() string {
	switch {
	case ev.Kind != kindJUnit:
		return ev.Result
	case len(ev.failures()) > 0:
		return "fail"
	}
	return "pass"
}

func (u *Upgrade) objectiveOutcome(id string) string {
	i := slices.IndexFunc(u.Objectives, func(o Objective) bool { return o.ID == id })
	switch {
	case i < 0 || u.Objectives[i].Met == nil:
		return ""
	case *u.Objectives[i].Met:
		return "met"
	}
	return "missed"
}

// lasts reports whether what began with an event of the trigger's type still
// is so. What is over as soon as it has happened lasts for ever.
func (u *Upgrade) lasts(t plan.Trigger) bool {
	phase := func(states ...PhaseState) bool {
		return slices.ContainsFunc(u.Phases, func(p Phase) bool { return p.ID == t.Object && slices.Contains(states, p.State) })
	}
	component := func(is func(Component) bool) bool {
		return slices.ContainsFunc(u.Components, func(c Component) bool { return c.ID == t.Object && is(c) })
	}
	switch events.Type(t.Type) {
	case events.PhaseStarted:
		return phase(Running, Waiting)
	case events.PhaseWaiting:
		return phase(Waiting)
	case events.UpgradePaused:
		return u.State == Paused
	case events.UpgradeVerifying:
		return u.State == Verifying
	case events.RollbackStarted:
		return u.State == RollingBack
	case events.ComponentChanged:
		return component(func(c Component) bool { return c.Impact != plan.NoImpact })
	case events.FailoverStarted:
		return component(func(c Component) bool { return c.Failover == failingOver })
	case events.FailoverFinished:
		return component(func(c Component) bool { return c.Failover == failedOver })
	case events.FailbackStarted:
		return component(func(c Component) bool { return c.Failover == failingBack })
	}
	return true
}

// triggerClocks are when the triggers fire that are met.
func (u *Upgrade) triggerClocks() []Deadline {
	var list []Deadline
	for _, w := range u.Watches {
		t, err := plan.ParseTrigger(w.Trigger)
		if err != nil || w.Fired != nil || w.Kind == ofRisk && u.riskSettled(w.ID) {
			continue
		}
		if due, ok := u.fires(t, w.Since); ok {
			list = append(list, u.deadline(events.ClockDue, w.Object(), 0, due))
		}
	}
	return list
}

// riskSettled: a risk that came true, or is over, is not watched.
func (u *Upgrade) riskSettled(id string) bool {
	return slices.ContainsFunc(u.Risks, func(r Risk) bool { return r.ID == id && (r.Triggered != nil || r.Retired != nil) })
}

// fires is when a trigger fires if nothing else happens. A time given for
// what is late, overdue or silent counts from the moment that was planned or
// heard of last, as the plan's own word in place of the usual patience.
func (u *Upgrade) fires(t plan.Trigger, since *time.Time) (due time.Time, ok bool) {
	after := t.After.Std()
	switch {
	case t.Type == "upgrade.silent":
		if after > 0 && u.mayBeSilent() {
			return u.LastNews.Add(after), true
		}
		return struck(u.Silent, after)
	case t.Type == "phase.late" || t.Type == "phase.overdue":
		return u.phaseFires(t)
	case since != nil:
		return since.Add(after), true
	}
	return time.Time{}, false
}

func (u *Upgrade) phaseFires(t plan.Trigger) (due time.Time, ok bool) {
	i := slices.IndexFunc(u.Phases, func(p Phase) bool { return p.ID == t.Object })
	if i < 0 || u.State.Ended() || u.givenUp(u.Phases[i]) {
		return time.Time{}, false
	}
	p, after := u.Phases[i], t.After.Std()
	planned, _ := u.Plan.Phase(p.ID)
	if t.Type == "phase.late" {
		from, late := u.lateBy(planned, p.Late)
		if !from.IsZero() && after > 0 && p.State == Queued {
			return from.Add(after), true
		}
		return struck(late, after)
	}
	if after > 0 && (p.State == Running || p.State == Waiting) {
		return endTime(p, planned).Add(after), true
	}
	return struck(p.Overdue, after)
}

// lateBy is from when a phase counts as late, zero if it could not begin yet,
// and when the clock found it so. The first phase of work that nobody has begun
// is as late as the work.
func (u *Upgrade) lateBy(p plan.Phase, late *time.Time) (from time.Time, found *time.Time) {
	if !u.State.Live() && !u.State.Ended() && u.Plan.Phases[0].ID == p.ID {
		return p.Start, u.Late
	}
	from, _ = u.startTime(p)
	return from, late
}

// struck is the moment the clock found, for triggers that name no time.
func struck(due *time.Time, after time.Duration) (time.Time, bool) {
	if due == nil || after > 0 {
		return time.Time{}, false
	}
	return *due, true
}

// fire notes that a trigger fired; a risk has come true by it.
func (u *Upgrade) fire(object string, e events.Event) {
	now := stampOf(e)
	for i := range u.Watches {
		w := &u.Watches[i]
		if w.Object() != object || w.Fired != nil {
			continue
		}
		fired := now
		w.Fired = &fired
		for j := range u.Risks {
			if w.Kind == ofRisk && u.Risks[j].ID == w.ID && u.Risks[j].Triggered == nil {
				u.Risks[j].Triggered = &now
			}
		}
	}
}
