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
	// cards are the gates whose cards follow the state.
	cards []string
	// people are whom it concerns in person.
	people []string
	// recalls: only those are told who got the update before.
	recalls bool
	// until is when it is of no more use; zero means what the rule says.
	until time.Time
	// from is when it may go at the earliest, and why not at once; zero means
	// at once.
	from    time.Time
	fromWhy string
	// asks is how long after the end those are told who are asked with it how
	// it went; 0 means at once.
	asks time.Duration
	// unasked and unanswered narrow the recipients, see [events.Notice].
	unasked, unanswered bool
}

// settleTime is how long something that may be over in a moment is watched
// before anybody is told.
const settleTime = time.Minute

// newEndTime is how long those who only wait for the end are not written to
// when it passes: the page says so at once, and a mail is worth more with a new
// time in it, or when all is done.
const newEndTime = 30 * time.Minute

// notBefore is when it may go to a role at the earliest, and why not at once.
func (o occasion) notBefore(role string, recorded time.Time) (at time.Time, why string) {
	switch {
	case o.moment == events.MomentOverdue && awaitsEnd(role):
		return recorded.Add(newEndTime), "a new end may be told instead"
	case o.rule.is&settles != 0:
		return recorded.Add(settleTime), "it may be over in a moment"
	case o.asks > 0 && role == "stakeholders":
		return recorded.Add(o.asks), "asked when it has settled"
	case o.from.After(recorded):
		return o.from, o.fromWhy
	}
	return recorded, ""
}

// awaitsEnd reports whether all that a role does about an upgrade is to wait
// for its end.
func awaitsEnd(role string) bool { return role == "users" || role == "stakeholders" }

func (o occasion) usefulUntil(w plan.Window, recorded time.Time) time.Time {
	if !o.until.IsZero() {
		return o.until
	}
	return o.rule.until(w, recorded)
}

// to names whom it concerns in person.
func (o occasion) to(people ...string) occasion {
	o.people = people
	return o
}

// by replaces the rule of the moment.
func (o occasion) by(r rule) occasion {
	o.rule = r
	return o
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
		return clockOccasion(c, d)
	case *events.Phase:
		return phaseOccasion(c, d)
	case *events.Update:
		return updateOccasion(c)
	case *events.Decided:
		return gateOccasion(c, d)
	case *events.Evidence:
		o := at(events.MomentStatus).by(gateShown)
		o.cards = askedFor(c, d.Gate)
		return o
	case *events.Failover:
		return failover(c.Event.Type, d)
	case *events.Risk:
		if c.Event.Type == events.RiskTriggered {
			return riskOccasion(c, d.Risk)
		}
	case *events.Component:
		return componentOccasion(c, d)
	case *events.FeedbackReported:
		return reportOccasion(c)
	case *events.FeedbackOverdue:
		return overdueOccasion(c, d)
	case *events.Progressed, *events.Redundancy:
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
	o := at(events.MomentMoved, "old_start", rfc3339(old.Start), "old_end", rfc3339(old.End),
		"new_start", rfc3339(now.Start), "new_end", rfc3339(now.End)).because(d.Reason, c.Event)
	o.from, o.fromWhy = calm(c.After.Moves), "it changes again and again"
	return o
}

// calm is when a window that is moved again and again may be told of: the
// first move at once, those that follow within a minute every minute, so that
// the newest of them stands for all.
func calm(moves []upgrade.Move) time.Time {
	last := len(moves) - 1
	first := last
	for first > 0 && moves[first].Recorded.Sub(moves[first-1].Recorded) < settleTime {
		first--
	}
	if first >= last {
		return time.Time{}
	}
	since := moves[last].Recorded.Sub(moves[first].Recorded)
	return moves[first].Recorded.Add((since/settleTime + 1) * settleTime)
}

// leftOpen are the gates that were asked about and not decided: their cards
// must not go on asking.
func leftOpen(u *upgrade.Upgrade) []string {
	var open []string
	for _, g := range u.Gates {
		if g.Decision == "" && u.Asked(g.ID) {
			open = append(open, g.ID)
		}
	}
	return open
}

// noGo is the decision that stops an upgrade at a gate.
const noGo = "no_go"

func gateOccasion(c Cause, d *events.Decided) occasion {
	o := at(events.MomentGate, "gate", d.Gate)
	stopped := func(g upgrade.Gate) bool { return g.ID == d.Gate && g.Decision == noGo }
	if d.Decision == noGo || slices.ContainsFunc(c.Before.Gates, stopped) {
		o = o.by(gateStops)
	}
	o.cards = askedFor(c, d.Gate)
	return o
}

// askedFor is the gate if there is a card on it, which follows the state.
func askedFor(c Cause, gate string) []string {
	if !c.After.Asked(gate) {
		return nil
	}
	return []string{gate}
}

func sameWindow(a, b plan.Window) bool { return a.Start.Equal(b.Start) && a.End.Equal(b.End) }

// phaseOccasion: a phase that starts the upgrade, or takes it back from
// verifying, is told as that.
func phaseOccasion(c Cause, d *events.Phase) occasion {
	if o := transition(c); o.moment != "" && o.moment != events.MomentStatus {
		return o
	}
	planned, _ := c.After.Plan.Phase(d.Phase)
	switch {
	case c.Event.Type == events.PhaseFinished && d.Outcome == events.Failure:
		return at(events.MomentPhase, "phase", d.Phase)
	case c.Event.Type == events.PhaseStarted && planned.PointOfNoReturn && c.After.WayBack(c.Event.Recorded) != nil:
		return at(events.MomentWayBack, "phase", d.Phase) // known to those who decide: it is the plan
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
	o.update, o.recalls = u, u.Retracted
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
		o := at(ends[after])
		o.cards = leftOpen(c.After)
		if after == upgrade.Completed {
			o = o.because(reason(c.Event), c.Event)
			o.asks = c.After.Plan.Survey.Asks()
		}
		return o
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
	case *events.Completed:
		return d.Note
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
