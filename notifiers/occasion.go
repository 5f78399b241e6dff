package notifiers

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
)

// occasion is the moment a cause is, and what its wording needs.
type occasion struct {
	moment events.Moment
	rule   rule
	facts  map[string]string
	// reason is free text; only insiders read it unless it is public.
	reason upgrade.Text
	// update is the human word of MomentUpdate and MomentCorrected.
	update *upgrade.Update
	// card is the gate whose card follows the state; empty for none.
	card string
}

func at(m events.Moment, facts ...string) occasion {
	o := occasion{moment: m, rule: policy[m]}
	for i := 0; i+1 < len(facts); i += 2 {
		if o.facts == nil {
			o.facts = map[string]string{}
		}
		o.facts[facts[i]] = facts[i+1]
	}
	return o
}

func (o occasion) because(reason string, e events.Event) occasion {
	o.reason = upgrade.Text{Text: reason, Public: e.TextVisible()}
	return o
}

// cell is how the audience is told. An update goes to those it names; an
// internal one to insiders only.
func (o occasion) cell(a Audience) cell {
	c := o.rule.of(a.Role)
	if o.update == nil {
		return c
	}
	if !o.update.Public && !Insider(a.Role) {
		return no
	}
	names := o.update.Audiences
	switch {
	case len(names) == 0:
		return c
	case !slices.Contains(names, a.ID) && !slices.Contains(names, a.Role):
		return no
	case c == no:
		return tell
	}
	return c
}

func (o occasion) factsFor(role string) map[string]string {
	if o.reason.Text == "" || !o.reason.Public && !Insider(role) {
		return o.facts
	}
	facts := maps.Clone(o.facts)
	if facts == nil {
		facts = map[string]string{}
	}
	facts["reason"] = o.reason.Text
	return facts
}

// occasionOf names the moment; its moment is empty if nobody is to be told.
func occasionOf(c Cause) occasion {
	switch d := c.Event.Data.(type) {
	case *events.Planned:
		return planned(c, d)
	case *events.Clock:
		return clockOccasion(c.Event.Type, d)
	case *events.Phase:
		return phaseOccasion(c, d)
	case *events.Update:
		return updateOccasion(c)
	case *events.Decided:
		o := at(events.MomentGate, "gate", d.Gate)
		o.card = askedFor(c, d.Gate)
		return o
	case *events.Evidence:
		return occasion{card: askedFor(c, d.Gate)}
	case *events.Failover:
		return failover(c.Event.Type, d)
	case *events.Risk:
		if c.Event.Type == events.RiskTriggered {
			return at(events.MomentRisk, "risk", d.Risk)
		}
	case *events.Progressed, *events.Component, *events.Redundancy:
		return at(events.MomentStatus)
	}
	return transition(c)
}

func planned(c Cause, d *events.Planned) occasion {
	now := c.After.Plan.Window
	switch {
	case c.Before == nil || c.Before.Plan == nil:
		if !now.End.After(c.Event.Recorded) {
			return at(events.MomentStatus) // told after the event: no announcement
		}
		return at(events.MomentAnnounced)
	case sameWindow(c.Before.Plan.Window, now):
		return at(events.MomentStatus)
	}
	old := c.Before.Plan.Window
	return at(events.MomentMoved, "old_start", rfc3339(old.Start), "old_end", rfc3339(old.End),
		"new_start", rfc3339(now.Start), "new_end", rfc3339(now.End)).because(d.Reason, c.Event)
}

// askedFor is the gate if there is a card on it, which follows the state.
func askedFor(c Cause, gate string) string {
	if !c.After.Asked(gate) {
		return ""
	}
	return gate
}

func sameWindow(a, b plan.Window) bool { return a.Start.Equal(b.Start) && a.End.Equal(b.End) }

func clockOccasion(t events.Type, d *events.Clock) occasion {
	due := rfc3339(d.Due)
	gate, asks := upgrade.GateOf(d.Object)
	switch {
	case t == events.ClockDue && asks:
		return occasion{card: gate}
	case t == events.ClockDue && d.Object == "reminder-24h":
		return at(events.MomentReminder)
	case t == events.ClockDue && d.Object == "reminder-30m":
		return at(events.MomentStarting)
	case t == events.ClockLate && d.Object == "":
		return at(events.MomentLate, "due", due)
	case t == events.ClockLate:
		return at(events.MomentStatus)
	case t == events.ClockOverdue && d.Object == "":
		return at(events.MomentOverdue, "due", due)
	case t == events.ClockOverdue:
		o := at(events.MomentOverdue, "due", due, "phase", d.Object)
		o.rule = phaseOverdue
		return o
	case t == events.ClockSilent:
		return at(events.MomentSilent, "due", due)
	case t == events.ClockPromiseBroken:
		return at(events.MomentPromise, "due", due)
	}
	return occasion{}
}

// phaseOccasion: a phase that starts the upgrade, or takes it back from
// verifying, is told as that.
func phaseOccasion(c Cause, d *events.Phase) occasion {
	if o := transition(c); o.moment != "" && o.moment != events.MomentStatus {
		return o
	}
	if c.Event.Type == events.PhaseFinished && d.Outcome == events.Failure {
		return at(events.MomentPhase, "phase", d.Phase)
	}
	return at(events.MomentStatus)
}

func failover(t events.Type, d *events.Failover) occasion {
	facts := []string{"component", d.Component, "outcome", string(d.Outcome)}
	switch t {
	case events.FailoverStarted:
		return at(events.MomentFailover, append(facts, "stage", "started")...)
	case events.FailoverFinished:
		return at(events.MomentFailover, append(facts, "stage", "finished")...)
	case events.FailbackStarted:
		return at(events.MomentFailback, append(facts, "stage", "started")...)
	}
	return at(events.MomentFailback, append(facts, "stage", "finished")...)
}

// updateOccasion finds the human word that is new or different.
func updateOccasion(c Cause) occasion {
	u := changedUpdate(c)
	if u == nil {
		return at(events.MomentStatus)
	}
	m := events.MomentCorrected
	if c.Event.Type == events.UpdatePosted {
		m = events.MomentUpdate
	}
	o := at(m, "update", u.ID, "source", u.Source)
	o.update = u
	return o
}

func changedUpdate(c Cause) *upgrade.Update {
	for i := range c.After.Updates {
		u := &c.After.Updates[i]
		if was := findUpdate(c.Before, u.ID, u.Source); was == nil ||
			was.Text != u.Text || was.Retracted != u.Retracted || len(was.Edits) != len(u.Edits) {
			return u
		}
	}
	return nil
}

func findUpdate(u *upgrade.Upgrade, id, source string) *upgrade.Update {
	if u == nil {
		return nil
	}
	for i := range u.Updates {
		if u.Updates[i].ID == id && u.Updates[i].Source == source {
			return &u.Updates[i]
		}
	}
	return nil
}

// transition names the moment by what the upgrade was and what it is now.
func transition(c Cause) occasion {
	before, after := upgrade.State(""), c.After.State
	if c.Before != nil {
		before = c.Before.State
	}
	switch {
	case before == after:
		return occasion{}
	case after.Ended():
		return at(ends[after])
	case before.Ended():
		return at(events.MomentReopened).because(reason(c.Event), c.Event)
	case !before.Live() && after.Live():
		return at(events.MomentStarted)
	case after == upgrade.RollingBack:
		return at(events.MomentRollback).because(reason(c.Event), c.Event)
	case after == upgrade.Paused:
		return at(events.MomentPaused).because(reason(c.Event), c.Event)
	case before == upgrade.Paused:
		return at(events.MomentResumed).because(reason(c.Event), c.Event)
	}
	return at(events.MomentStatus)
}

var ends = map[upgrade.State]events.Moment{
	upgrade.Completed:  events.MomentCompleted,
	upgrade.RolledBack: events.MomentRolledBack,
	upgrade.Failed:     events.MomentFailed,
	upgrade.Canceled:   events.MomentCanceled,
}

// reason is the free text that says why the state changed.
func reason(e events.Event) string {
	switch d := e.Data.(type) {
	case *events.Step:
		return cmp.Or(d.Reason, d.Note)
	case *events.Reopened:
		return d.Reason
	case *events.Rollback:
		return d.Reason
	case *events.Phase:
		return d.Note
	}
	return ""
}

// factTime reads a time that Plan wrote into the facts; zero if it is not there.
func factTime(n events.Notice, key string) time.Time {
	t, err := time.Parse(time.RFC3339, n.Facts[key])
	if err != nil {
		return time.Time{}
	}
	return t
}
