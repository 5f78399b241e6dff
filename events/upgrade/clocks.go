package upgrade

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
)

// leastWait bounds how soon lateness and silence are spoken of.
const leastWait = 10 * time.Minute

// The moments of clock.due.
const (
	reminderDay  = "reminder-24h"
	reminderSoon = "reminder-30m"
	reportDue    = "report-14d"
	learntDue    = "learnt-14d"
	// SurveyForget strips answers of whom they are from, long after the end.
	SurveyForget = "survey-forget"
	gateMoment   = "gate-"      // and the gate's id
	gatePassed   = "undecided-" // likewise
	nudgeOwner   = "nudge-70"   // per cent of the time of a promise
	nudgeBackup  = "nudge-90"
	holdingLine  = "holding"
	wayBack30    = "rollback-30m"
	wayBack10    = "rollback-10m"
	wayBack0     = "rollback-0m"
)

var clockTypes = map[events.Type]bool{
	events.ClockLate:          true,
	events.ClockOverdue:       true,
	events.ClockSilent:        true,
	events.ClockPromiseBroken: true,
	events.ClockDue:           true,
}

// Deadlines lists the clock facts that will be owed if nothing else happens,
// earliest first; those whose Due has passed are owed now.
func (u *Upgrade) Deadlines() []Deadline {
	if u.Plan == nil {
		return nil
	}
	list := slices.Concat(u.ownClocks(), u.phaseClocks(), u.moments(), u.promiseClocks(),
		u.escalations(), u.wayBackClocks(), u.triggerClocks())
	slices.SortFunc(list, func(a, b Deadline) int {
		return cmp.Or(a.Clock.Due.Compare(b.Clock.Due), cmp.Compare(a.Type, b.Type), cmp.Compare(a.Clock.Object, b.Clock.Object))
	})
	return list
}

func (u *Upgrade) deadline(t events.Type, object string, attempt int, due time.Time) Deadline {
	return Deadline{t, events.Clock{Object: object, Revision: u.Revision, Attempt: attempt, Due: due.UTC()}}
}

// ownClocks are those of the upgrade itself. The announced end is a promise:
// it has no tolerance.
func (u *Upgrade) ownClocks() []Deadline {
	var list []Deadline
	w := u.Plan.Window
	if !u.State.Live() && !u.State.Ended() && u.Late == nil {
		list = append(list, u.deadline(events.ClockLate, "", 0, w.Start.Add(u.startPatience())))
	}
	if u.State.Live() && u.Overdue == nil {
		list = append(list, u.deadline(events.ClockOverdue, "", 0, w.End))
	}
	if u.mayBeSilent() && u.Silent == nil {
		list = append(list, u.deadline(events.ClockSilent, "", 0, u.LastNews.Add(u.silence())))
	}
	return list
}

// mayBeSilent: a paused upgrade has nothing to say.
func (u *Upgrade) mayBeSilent() bool { return u.State.Live() && u.State != Paused }

// silence is how long a live upgrade may be without news.
func (u *Upgrade) silence() time.Duration {
	promised := max(leastWait, cmp.Or(u.shortest(u.planCadences(), ""), u.shortest(u.Cadences, ""), u.usualCadence()))
	return u.lessPatient("upgrade.silent", "", promised)
}

// startPatience is that with the first phase, by which the upgrade starts.
func (u *Upgrade) startPatience() time.Duration {
	if len(u.Plan.Phases) == 0 {
		return leastWait
	}
	return u.patience("phase.late", u.Plan.Phases[0])
}

// patience is how far beyond its time a phase may go before that is said: ten
// minutes or a tenth of its length, whatever is more.
func (u *Upgrade) patience(of string, p plan.Phase) time.Duration {
	return u.lessPatient(of, p.ID, max(leastWait, p.Duration.Std()/10))
}

// lessPatient is the usual patience, or that of a trigger of the plan which
// acts sooner: nobody is to act on what nobody was told.
func (u *Upgrade) lessPatient(of, object string, usual time.Duration) time.Duration {
	for _, w := range u.Watches {
		t, err := plan.ParseTrigger(w.Trigger)
		if err == nil && t.Type == of && t.Object == object && t.After > 0 {
			usual = min(usual, t.After.Std())
		}
	}
	return usual
}

func (u *Upgrade) phaseClocks() []Deadline {
	if u.State.Ended() {
		return nil
	}
	var list []Deadline
	for _, p := range u.Phases {
		planned, _ := u.Plan.Phase(p.ID)
		switch p.State {
		case Queued:
			if from, ok := u.startTime(planned); ok && p.Late == nil {
				list = append(list, u.deadline(events.ClockLate, p.ID, p.Attempt, from.Add(u.patience("phase.late", planned))))
			}
		case Running, Waiting:
			if p.Overdue == nil && !u.givenUp(p) {
				list = append(list, u.deadline(events.ClockOverdue, p.ID, p.Attempt, endTime(p, planned).Add(u.patience("phase.overdue", planned))))
			}
		}
	}
	return list
}

// startTime is when a queued phase was to start, if it could start by now.
// What came before it may have ended after the planned start, and so may the
// upgrade itself have begun: it counts from then on, for it could not have
// begun earlier.
func (u *Upgrade) startTime(p plan.Phase) (time.Time, bool) {
	if u.State != InProgress || u.Started == nil {
		return time.Time{}, false
	}
	from := later(p.Start, u.Started.Recorded)
	for _, id := range p.After {
		i := slices.IndexFunc(u.Phases, func(p Phase) bool { return p.ID == id })
		if i < 0 {
			continue
		}
		if u.Phases[i].State != Finished {
			return time.Time{}, false
		}
		from = later(from, u.Phases[i].Ended.Recorded)
	}
	return from, true
}

// givenUp reports whether the upgrade is on its way back from a phase, or never
// came to it: nobody is to begin or finish it in time any more, and nobody is
// asked why not.
func (u *Upgrade) givenUp(p Phase) bool {
	return u.State == RollingBack && u.Returning != nil && (p.Started == nil || !p.Started.Recorded.After(u.Returning.Recorded))
}

// endTime is when a phase under way was to end: it may take as long as planned
// from its actual start.
func endTime(p Phase, planned plan.Phase) time.Time {
	end := planned.End()
	if p.Started != nil {
		end = later(end, p.Started.Recorded.Add(planned.Duration.Std()))
	}
	return end
}

// reportAfter is how long after the end it is summed up: what was measured
// and answered later is in it then.
const reportAfter = 14 * 24 * time.Hour

// forgetAfter is how long after the end it is kept who gave which answer.
const forgetAfter = 180 * 24 * time.Hour

// moments are the deadlines of what is to be said at a time, whatever
// happens.
func (u *Upgrade) moments() []Deadline {
	var list []Deadline
	add := func(object string, due time.Time) { list = u.moment(list, object, 0, due) }
	switch {
	case u.State.Ended():
		u.surveyMoments(add)
		add(SurveyForget, u.Finished.Recorded.Add(forgetAfter))
		if u.Started != nil {
			add(reportDue, u.Finished.Recorded.Add(reportAfter))
			add(learntDue, u.Finished.Recorded.Add(reportAfter))
		}
	case !u.State.Live():
		u.reminders(add)
	}
	u.gateMoments(add)
	return list
}

// SurveyCloses is when answers are no longer taken; false before the end.
func (u *Upgrade) SurveyCloses() (time.Time, bool) {
	if u.Plan == nil || u.Finished == nil {
		return time.Time{}, false
	}
	return u.Finished.Recorded.Add(u.Plan.Survey.Closes()), true
}

// gateMoments are when those who decide the open gates are asked, as far as
// the plan says until when: early enough to act on evidence that is missing;
// and when they hear that the deadline of the plan has passed.
func (u *Upgrade) gateMoments(add func(string, time.Time)) {
	if u.State.Ended() {
		return
	}
	for _, g := range u.Gates {
		planned, ok := u.Plan.Gate(g.ID)
		// What had to be decided before anybody knew of it is not asked.
		if by := u.decideBy(planned); ok && g.Decision == "" && by.After(u.Announced.Recorded) {
			ahead := decideSoon
			if u.DecidedBefore(g.ID) {
				ahead = decideAhead
			}
			add(GateMoment(g.ID), later(u.Announced.Recorded, by.Add(-ahead)))
			if !planned.Deadline.IsZero() {
				add(gatePassed+g.ID, planned.Deadline)
			}
		}
	}
}

// How long before it must be decided a gate is asked about: a day before the
// work, an hour within it.
const (
	decideAhead = 24 * time.Hour
	decideSoon  = time.Hour
)

// decideBy is until when a gate must be decided; zero if the plan does not say.
func (u *Upgrade) decideBy(g plan.Gate) time.Time {
	switch {
	case !g.Deadline.IsZero():
		return g.Deadline
	case !g.At.IsZero():
		return g.At
	}
	p, _ := u.Plan.Phase(g.Before)
	return p.Start
}

// DecidedBefore reports whether a gate is to be decided before the work begins.
func (u *Upgrade) DecidedBefore(gate string) bool {
	g, ok := u.Plan.Gate(gate)
	return ok && !u.decideBy(g).After(u.Plan.Window.Start)
}

// Asked reports whether the decision on a gate has been asked for.
func (u *Upgrade) Asked(gate string) bool {
	return slices.ContainsFunc(u.Passed, func(p Passed) bool { return p.Object == GateMoment(gate) })
}

// GateMoment is the object of the clock.due that asks about a gate.
func GateMoment(gate string) string { return gateMoment + gate }

// GateOf is the gate that a moment of clock.due asks about.
func GateOf(object string) (gate string, ok bool) { return strings.CutPrefix(object, gateMoment) }

// Undecided is the gate whose deadline a moment of clock.due finds passed.
func Undecided(object string) (gate string, ok bool) { return strings.CutPrefix(object, gatePassed) }

// DeadlinePassed reports whether it was told that a gate's deadline passed and
// nothing was decided. A new plan with a later deadline gives that time back.
func (u *Upgrade) DeadlinePassed(gate string) bool {
	g, ok := u.planOrNone().Gate(gate)
	told := Passed{Object: gatePassed + gate, Due: g.Deadline}
	return ok && slices.ContainsFunc(u.Gates, func(g Gate) bool { return g.ID == gate && g.Decision == "" }) &&
		slices.ContainsFunc(u.Passed, told.same)
}

// moment appends a clock.due to the list unless it was told already.
func (u *Upgrade) moment(list []Deadline, object string, attempt int, due time.Time) []Deadline {
	told := Passed{Object: object, Due: due.UTC()}
	if slices.ContainsFunc(u.Passed, told.same) {
		return list
	}
	return append(list, u.deadline(events.ClockDue, object, attempt, due))
}

// reminders are those of the announced start. One that had passed when the
// window was announced is no reminder any more.
func (u *Upgrade) reminders(add func(string, time.Time)) {
	announced := u.Announced.Recorded
	if n := len(u.Moves); n > 0 {
		announced = u.Moves[n-1].Recorded
	}
	start := u.Plan.Window.Start
	if day := start.Add(-24 * time.Hour); !day.Before(announced) {
		add(reminderDay, day)
	}
	if soon := start.Add(-30 * time.Minute); !soon.Before(announced) {
		add(reminderSoon, soon)
	}
}

func (p Passed) same(o Passed) bool { return p.Object == o.Object && p.Due.Equal(o.Due) }

// clockFact folds what the timekeeper judged, if it still holds: if the state
// owes exactly that. Else it is dropped without a word.
func (u *Upgrade) clockFact(e events.Event) Effect {
	c, ok := e.Data.(*events.Clock)
	if !ok || c == nil {
		return refuse("%s: the payload is missing", e.Type)
	}
	for _, d := range u.Deadlines() {
		if d.Type == e.Type && d.Clock.Due.Equal(c.Due) && sameButDue(d.Clock, *c) {
			u.strike(d, e)
			return done(true)
		}
	}
	return done(false)
}

func sameButDue(a, b events.Clock) bool {
	return a.Object == b.Object && a.Revision == b.Revision && a.Attempt == b.Attempt
}

// strike marks what a deadline says, by the fact e.
func (u *Upgrade) strike(d Deadline, e events.Event) {
	late, overdue := &u.Late, &u.Overdue
	if i := slices.IndexFunc(u.Phases, func(p Phase) bool { return p.ID == d.Clock.Object }); i >= 0 {
		late, overdue = &u.Phases[i].Late, &u.Phases[i].Overdue
	}
	due := d.Clock.Due
	switch d.Type {
	case events.ClockLate:
		*late = &due
	case events.ClockOverdue:
		*overdue = &due
	case events.ClockSilent:
		u.Silent = &due
	case events.ClockPromiseBroken:
		u.Promise.breaks()
	case events.ClockDue:
		u.strikeMoment(d.Clock, e)
	}
}

func (u *Upgrade) strikeMoment(c events.Clock, e events.Event) {
	kind, _, _ := strings.Cut(c.Object, ":")
	switch {
	case c.Object == holdingLine:
		u.hold(e)
	case kind == ofContingency || kind == ofRisk:
		u.fire(c.Object, e)
	case c.Object == wayBack30 || c.Object == wayBack10 || c.Object == wayBack0:
		u.pass(Passed{Object: c.Object, Due: u.Plan.Window.End})
	default:
		u.pass(Passed{Object: c.Object, Due: c.Due})
	}
}

// pass remembers that a moment was told. Of those that come again and again
// the newest is enough, for they only move on.
func (u *Upgrade) pass(told Passed) {
	recurs := told.Object == nudgeOwner || told.Object == nudgeBackup || strings.HasPrefix(told.Object, escalate)
	u.Passed = append(slices.DeleteFunc(u.Passed, func(p Passed) bool {
		return recurs && p.Object == told.Object && p.Due.Before(told.Due)
	}), told)
}

// SurveyClosed reports whether the upgrade is over and so is its survey: what
// people think of it is known.
func (u *Upgrade) SurveyClosed() bool {
	return u.Finished != nil && u.State.Ended() && slices.ContainsFunc(u.Passed, func(p Passed) bool {
		return p.Object == surveyClose && !p.Due.Before(u.Finished.Recorded)
	})
}
