package notifiers

import (
	"slices"
	"strings"
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
)

// clockOccasion is what the clock found.
func clockOccasion(c Cause, d *events.Clock) occasion {
	due := rfc3339(d.Due)
	switch c.Event.Type {
	case events.ClockDue:
		return momentOccasion(c, d)
	case events.ClockLate:
		return troubleOccasion(c, "late", d.Object, due)
	case events.ClockOverdue:
		return troubleOccasion(c, "overdue", d.Object, due)
	case events.ClockSilent:
		return troubleOccasion(c, "silent", d.Object, due)
	case events.ClockPromiseBroken:
		return at(events.MomentPromise, "due", due)
	}
	return occasion{}
}

// troubles are the moments of what the clock found, by its kind.
var troubles = map[string]events.Moment{
	"late": events.MomentLate, "overdue": events.MomentOverdue, "silent": events.MomentSilent,
}

// phaseRules are those of a trouble with a single phase, by its kind.
var phaseRules = map[string]rule{"late": phaseLate, "overdue": phaseOverdue}

// troubleOccasion tells of a trouble that begins; its owner hears of it in
// person.
func troubleOccasion(c Cause, kind, phase, due string) occasion {
	var found upgrade.Trouble
	for _, t := range c.After.Troubles() {
		if t.Kind == kind && t.Phase == phase {
			found, due = t, rfc3339(t.Planned)
		}
	}
	o := at(troubles[kind], "due", due)
	if phase != "" {
		o = at(troubles[kind], "due", due, "phase", phase).by(phaseRules[kind])
		if kind == "overdue" && c.After.Overdue == nil && c.After.EndAtRisk(c.Event.Recorded) {
			o = o.by(endAtRisk)
		}
	}
	if len(found.People) > 0 {
		return o.to(found.People[0])
	}
	return o
}

// momentOccasion is a moment that has come.
func momentOccasion(c Cause, d *events.Clock) occasion {
	kind, id, _ := strings.Cut(d.Object, ":")
	if gate, asks := upgrade.GateOf(d.Object); asks {
		if c.After.State == upgrade.RollingBack {
			return occasion{} // what the gate is before will not be done
		}
		return occasion{cards: []string{gate}}
	}
	if gate, passed := upgrade.Undecided(d.Object); passed {
		return undecided(c, gate, d.Due)
	}
	if who, ok := c.Before.Nudged(d.Object); ok {
		return nudge(c, who)
	}
	if t, who, ok := c.After.Escalated(d.Object); ok {
		return escalation(t, who)
	}
	switch kind {
	case "reminder-24h":
		return at(events.MomentReminder)
	case "reminder-30m":
		return at(events.MomentStarting)
	case "report-14d", "learnt-14d":
		o := at(afterwards[kind])
		o.until = d.Due.Add(reportUseful)
		return o
	case "survey-ask", "survey-remind", "survey-digest":
		return surveyOccasion(c, d)
	case "holding":
		return holdingOccasion(c)
	case "rollback-30m", "rollback-10m", "rollback-0m":
		return wayBack(c, strings.TrimSuffix(strings.TrimPrefix(kind, "rollback-"), "m"))
	case "contingency":
		return contingency(c, id)
	case "risk":
		return riskOccasion(c, id)
	}
	return occasion{}
}

// undecided tells those who decide a gate, and the lead, that its deadline
// passed; its card says so too. Of a hub that kept no time then it is news for
// a week.
func undecided(c Cause, gate string, due time.Time) occasion {
	if c.After.State == upgrade.RollingBack {
		return at(events.MomentStatus) // what the gate is before will not be done
	}
	o := at(events.MomentUndecided, "gate", gate, "due", rfc3339(due)).to(c.After.DecidersAndLead(gate)...)
	o.cards, o.until = askedFor(c, gate), due.Add(reportUseful)
	return o
}

// afterwards are the moments two weeks after the end.
var afterwards = map[string]events.Moment{"report-14d": events.MomentReport, "learnt-14d": events.MomentLearnt}

// reportUseful is how long after its time a report is of use. The end of an
// upgrade that lies longer back is no news when a hub learns to sum it up.
const reportUseful = 7 * 24 * time.Hour

// nudge reminds one person of the word that is promised.
func nudge(c Cause, who string) occasion {
	p := c.Before.Promise
	o := at(events.MomentNudge, "due", rfc3339(p.Due)).to(who)
	o.until = p.Due
	return o
}

// holdingOccasion is the hub's own line; it may have come too late.
func holdingOccasion(c Cause) occasion {
	if broken := c.After.Promise.BrokenSince; broken != nil {
		return at(events.MomentPromise, "due", rfc3339(*broken))
	}
	return at(events.MomentHolding, "update", c.Event.ID, "source", c.Event.Source)
}

// escalation tells the next one responsible of a trouble that still stands.
func escalation(t upgrade.Trouble, who string) occasion {
	o := at(troubles[t.Kind], "due", rfc3339(t.Planned), "phase", t.Phase, "before", before(t.People, who))
	if t.Phase == "" {
		delete(o.facts, "phase")
	}
	return o.by(escalated).to(who)
}

// before names who heard of it before who did.
func before(people []string, who string) string {
	var names []string
	for _, p := range people {
		if p == who {
			break
		}
		names = append(names, p)
	}
	return strings.Join(names, ", ")
}

// wayBack counts down until the way back no longer fits. Who decides always
// hears of it, the managers when there is something to decide, and what became
// of it: an upgrade on plan goes on.
func wayBack(c Cause, minutes string) occasion {
	o := at(events.MomentWayBack, "minutes", minutes).to(c.After.WayBackDeciders()...)
	switch {
	case c.After.OnPlan():
	case minutes == "30" && !calledBefore(c):
		o = o.by(lastCall)
	case minutes == "10":
		o = o.by(callRepeated)
	default:
		o = o.by(callGoesOn)
	}
	if w := c.After.WayBack(c.Event.Recorded); w != nil && minutes != "0" {
		o.until = w.By
	}
	return o
}

// calledBefore reports whether the way back ran out before, by an end that was
// announced then: the channel has been asked once.
func calledBefore(c Cause) bool {
	return slices.ContainsFunc(c.Before.Passed, func(p upgrade.Passed) bool { return p.Object == "rollback-30m" })
}

func contingency(c Cause, id string) occasion {
	o := at(events.MomentContingency, "contingency", id)
	for _, k := range c.After.Plan.Contingencies {
		if k.ID == id {
			return o.to(first(c.After.Plan, k.Owner)...)
		}
	}
	return o
}

// riskOccasion: a risk comes true once, whatever is said of it afterwards.
func riskOccasion(c Cause, id string) occasion {
	for _, known := range c.Before.Risks {
		if known.ID == id && known.Triggered != nil && known.Retired == nil {
			return at(events.MomentStatus)
		}
	}
	o := at(events.MomentRisk, "risk", id)
	for _, r := range c.After.Plan.Risks {
		if r.ID == id {
			return o.to(first(c.After.Plan, r.Owner)...)
		}
	}
	return o
}

// first is who answers for what a role owns; nobody if nobody is named.
func first(p *plan.Plan, role string) []string {
	chain := p.Chain(role)
	return chain[:min(1, len(chain))]
}

// componentOccasion: redundancy that is lost is an impact of its own, and told
// unless it was announced. The first component stands for those that follow.
func componentOccasion(c Cause, d *events.Component) occasion {
	if d.Impact != plan.ReducedRedundancy || c.After.Plan.Impact.Default == plan.ReducedRedundancy || !c.After.State.Live() {
		return at(events.MomentStatus)
	}
	for _, known := range c.Before.Components {
		if known.Impact == plan.ReducedRedundancy || known.ID == d.Component && known.Impact != plan.NoImpact {
			return at(events.MomentStatus)
		}
	}
	return at(events.MomentRedundancy, "component", d.Component)
}
