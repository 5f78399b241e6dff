package notifiers

import (
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
)

// SupportLead is how much earlier the support desk hears of planned facts
// than the end users who will ask it.
const SupportLead = 5 * time.Minute

// cell is how one role is told of one moment.
type cell int

const (
	no     cell = iota // not at all, or by the page alone
	tell               // a message of its own; in Slack a broadcast
	thread             // a reply in the Slack thread; no mail
	asked              // a message to those who asked for just this
)

// rule is how a moment is told, and for how long that is of use.
type rule struct {
	users, teams, managers, stakeholders, support, crew cell
	is                                                  trait
	until                                               func(w plan.Window, recorded time.Time) time.Time
}

// trait is what else a moment is, besides told.
type trait int

const (
	root     trait = 1 << iota // the root message in Slack follows the state
	opens                      // that root message is the news itself, nothing is posted below it
	required                   // never dropped as superseded
	ahead                      // a planned fact: the support desk hears it first
	settles                    // may be over in a moment: told if it still is so by then
	within                     // the root message follows for insiders alone
)

// policy is the matrix of PRODUCT.md. A moment of a single phase, and one
// that only changes what the root message shows, is told as MomentStatus.
var policy = map[events.Moment]rule{
	//                        users  teams   mgrs   stakeh support crew
	events.MomentAnnounced:   {tell, tell, tell, tell, tell, no, root | opens | ahead, windowEnd},
	events.MomentReminder:    {tell, no, tell, no, tell, no, root | ahead, windowEnd},
	events.MomentMoved:       {tell, tell, tell, tell, tell, no, root | required | ahead, windowEndOrDay},
	events.MomentStarting:    {no, thread, no, no, tell, no, 0, halfHourIn},
	events.MomentStarted:     {asked, thread, no, no, tell, no, root, dayAfterWindow},
	events.MomentStatus:      {no, no, no, no, no, no, root, week},
	events.MomentPhase:       {no, thread, no, no, no, no, root, day},
	events.MomentUpdate:      {no, thread, no, no, no, no, root, day},
	events.MomentCorrected:   {no, thread, no, no, no, no, root, day},
	events.MomentLate:        {no, thread, tell, no, tell, tell, root, day},
	events.MomentOverdue:     {tell, tell, tell, tell, tell, tell, root | required, day},
	events.MomentSilent:      {no, thread, tell, no, no, tell, root, day},
	events.MomentPromise:     {no, thread, no, no, no, no, root, day},
	events.MomentPaused:      {no, thread, no, no, no, no, root, day},
	events.MomentResumed:     {no, thread, no, no, no, no, root, day},
	events.MomentGate:        {no, thread, no, no, no, no, root | within, day},
	events.MomentUndecided:   {no, no, no, no, no, tell, root | within, day},
	events.MomentFailover:    {no, tell, tell, no, tell, no, root | required, day},
	events.MomentFailback:    {no, thread, no, no, no, no, root, day},
	events.MomentRisk:        {no, thread, tell, no, no, tell, 0, day},
	events.MomentContingency: {no, thread, tell, no, no, tell, 0, day},
	events.MomentRedundancy:  {no, tell, tell, no, tell, no, root | settles, day},
	events.MomentHolding:     {no, thread, no, no, no, no, root, day},
	events.MomentNudge:       {no, no, no, no, no, tell, 0, day},
	events.MomentTrouble:     {no, no, no, no, no, tell, root | within, day},
	events.MomentItems:       {no, no, no, no, no, tell, 0, week},
	events.MomentWayBack:     {no, thread, no, no, no, tell, root, day},
	events.MomentRollback:    {tell, tell, tell, tell, tell, no, root | required, day},
	events.MomentCompleted:   {tell, tell, tell, tell, tell, no, root | required, week},
	events.MomentRolledBack:  {tell, tell, tell, tell, tell, no, root | required, week},
	events.MomentFailed:      {tell, tell, tell, tell, tell, no, root | required, week},
	events.MomentCanceled:    {tell, tell, tell, tell, tell, no, root | required, week},
	events.MomentReopened:    {tell, tell, tell, tell, tell, no, root, week},
	events.MomentReport:      {no, no, tell, no, no, no, 0, week},

	events.MomentSurvey:         {no, no, no, no, no, tell, 0, day},
	events.MomentSurveyReminder: {no, no, no, tell, no, tell, 0, week},
	events.MomentSurveyDigest:   {no, thread, no, no, tell, no, 0, week},
	events.MomentLearnt:         {no, thread, no, tell, no, no, 0, week},
}

var (
	// phaseOverdue is told to the teams and the owner alone: the announced
	// end still stands.
	phaseOverdue = rule{teams: thread, crew: tell, is: root, until: day}
	// endAtRisk is that of a phase which puts the announced end at risk,
	// as long as that has not passed. Users see it on the page, and ask.
	endAtRisk = rule{teams: tell, managers: tell, support: tell, crew: tell, is: root, until: day}
	// gateStops is that of a gate which says no-go, or no longer does. A go is
	// what everybody was told to expect.
	gateStops = rule{teams: tell, managers: tell, is: root | within, until: day}
	// gateShown: evidence changes what insiders see of the gates.
	gateShown = rule{is: root | within, until: day}
	// phaseLate is the owner's concern, and to be seen.
	phaseLate = rule{crew: tell, is: root, until: day}
	// escalated: the channels have heard of it.
	escalated = rule{crew: tell, until: day}
	// lastCall is the countdown of the way back when not all goes to plan:
	// then there is something to decide.
	lastCall = rule{teams: tell, managers: tell, crew: tell, is: root, until: day}
	// callRepeated reminds those who decide of it.
	callRepeated = rule{teams: thread, crew: tell, is: root, until: day}
	// callGoesOn says what became of it, or asks once more for another end.
	callGoesOn = rule{teams: thread, managers: tell, crew: tell, is: root, until: day}
)

// of is what the rule says of a role; a role nobody knows is told nothing.
func (r rule) of(role string) cell {
	return map[string]cell{
		"users": r.users, "teams": r.teams, "managers": r.managers,
		"stakeholders": r.stakeholders, "support": r.support, RoleCrew: r.crew,
	}[role]
}

// form is how c is carried by a channel; ok is false if it is not carried.
func (r rule) form(c cell, channel string) (f events.Form, ok bool) {
	switch {
	case c == no:
		return "", false
	case channel != slackChannel:
		return events.FormMessage, c == tell || c == asked || channel == "webhook"
	case r.is&opens != 0:
		return "", false
	case c == thread:
		return events.FormThread, true
	}
	return events.FormBroadcast, true
}

// Insider reports whether a role may read what is internal: those who do the
// work and those who answer for it.
func Insider(role string) bool {
	switch role {
	case "teams", "managers", "support", RoleCrew:
		return true
	}
	return false
}

func windowEnd(w plan.Window, _ time.Time) time.Time  { return w.End }
func halfHourIn(w plan.Window, _ time.Time) time.Time { return w.Start.Add(30 * time.Minute) }
func day(_ plan.Window, recorded time.Time) time.Time { return recorded.Add(24 * time.Hour) }
func week(_ plan.Window, recorded time.Time) time.Time {
	return recorded.Add(7 * 24 * time.Hour)
}

// windowEndOrDay outlives the window: that it moved must be told even if the
// new end has passed when it is recorded.
func windowEndOrDay(w plan.Window, recorded time.Time) time.Time {
	return newest(w.End, day(w, recorded))
}

func dayAfterWindow(w plan.Window, recorded time.Time) time.Time {
	return newest(w.End, recorded).Add(24 * time.Hour)
}

func newest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
