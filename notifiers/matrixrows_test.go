package notifiers_test

import (
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
)

const (
	leadAsked  = "slack card to @deputy @lead, email message to @deputy @lead"
	leadTold   = "slack message to @lead, email message to @lead"
	backupTold = "slack message to @dba, email message to @dba"
)

// matrix has the rows of PRODUCT.md; one that means several things is several.
var matrix = []moment{
	{"announced", cells{mail + " +5m", root, mail, mail, mail}, "", fresh, func(s *story, p *plan.Plan) {
		s.say(p.Window.Start.Add(-week), events.UpgradePlanned, &events.Planned{Plan: p})
	}},
	{"reminder (T−24 h)", cells{mail + " +5m", edited, mail, "", mail}, "", announcedUntil(-day - time.Minute), untilStart(-day)},
	{"T−30 min", cells{"", thread, "", "", mail}, "", gatePassed, untilStart(-30 * time.Minute)},
	{"started", cells{"", edited + ", " + thread, "", "", mail}, "", announcedUntil(-time.Minute), says(events.UpgradeStarted, &events.Step{})},
	{"phase on plan", cells{"", edited, "", "", ""}, "", running, says(events.PhaseStarted, &events.Phase{Phase: "migrate"})},
	{"overdue: a phase, the end stands", cells{"", edited + ", " + thread, "", "", ""}, backupTold, migrating, untilStart(162 * time.Minute)},
	{"overdue: a phase puts the end at risk", cells{"", edited + ", " + shown, mail, "", mail}, backupTold, backingUp(39 * time.Minute), untilStart(40 * time.Minute)},
	{"overdue: the announced end passed", cells{mail + " +30m!", edited + ", " + shown + "!", mail + "!", mail + " +30m!", mail + "!"}, overdueTold, passing, untilEnd},
	{"delayed: the announced end moves", cells{mail + " +5m!", edited + ", " + shown + "!", mail + "!", mail + "!", mail + "!"}, "", running, moves},
	{"moved before the start", cells{mail + " +5m!", edited + ", " + shown + "!", mail + "!", mail + "!", mail + "!"}, "", announcedUntil(-3 * day), moves},
	{"gate: to be decided", cells{"", card, "", "", ""}, leadAsked, announcedUntil(-day - time.Hour), untilStart(-day - 30*time.Minute)},
	{"gate: its deadline passed undecided", cells{"", edited + ", " + card, "", "", ""}, undecidedTold, undecided, untilStart(-40 * time.Minute)},
	{"gate: go", cells{"", edited + ", " + thread + ", " + card, "", "", ""}, leadCard, announcedUntil(-2 * time.Hour), decides("go")},
	{"gate: no-go", cells{"", edited + ", " + shown + ", " + card, mail, "", ""}, leadCard, announcedUntil(-2 * time.Hour), decides("no_go")},
	{"point of no return", cells{"", edited + ", " + thread, "", "", ""}, "", running, says(events.PhaseStarted, &events.Phase{Phase: "check"})},
	{"the way back runs out, on plan", cells{"", edited + ", " + thread, "", "", ""}, leadTold, checking, untilStart(135 * time.Minute)},
	{"the way back runs out, not on plan", cells{"", edited + ", " + shown, mail, "", ""}, leadTold, backingUp(94 * time.Minute), untilStart(95 * time.Minute)},
	{"ten minutes before it does", cells{"", edited + ", " + thread, "", "", ""}, leadTold, backingUp(114 * time.Minute), untilStart(115 * time.Minute)},
	{"forward fix only", cells{"", edited + ", " + thread, mail, "", ""}, leadTold, backingUp(124 * time.Minute), untilStart(125 * time.Minute)},
	{"failover", cells{"", edited + ", " + shown + "!", mail + "!", "", mail + "!"}, "", running, says(events.FailoverFinished, &events.Failover{Component: "checkout", Active: "db2"})},
	{"reduced redundancy", cells{"", edited + ", " + shown + " +1m", mail + " +1m", "", mail + " +1m"}, "", restored, says(events.ComponentChanged, &events.Component{Component: "checkout", Impact: plan.ReducedRedundancy})},
	{"rollback", cells{mail + "!", edited + ", " + shown + "!", mail + "!", mail + "!", mail + "!"}, "", running, says(events.RollbackStarted, &events.Rollback{})},
	{"rolled back", cells{mail + "!", edited + ", " + shown + "!", mail + "!", mail + "!", mail + "!"}, "", goingBack, says(events.RollbackFinished, &events.Rollback{})},
	{"failed", cells{mail + "!", edited + ", " + shown + "!", mail + "!", mail + "!", mail + "!"}, "", running, says(events.UpgradeFailed, &events.Ended{Reason: "the copy is broken"})},
	{"done", cells{mail + "!", edited + ", " + shown + "!", mail + "!", mail + " +2h!", mail + "!"}, "", restored, says(events.UpgradeCompleted, &events.Completed{})},
	{"2–3 days later, in hours of office", cells{"", thread + " +10h30m", "", mail + " +10h30m", mail + " +10h30m"}, "", done(day), untilLater(2 * day)},
	{"14 days later", cells{"", thread, mail, mail, ""}, "", done(13 * day), untilLater(2 * day)},
	{"canceled before the start", cells{mail + "!", edited + ", " + shown + "!", mail + "!", mail + "!", mail + "!"}, "", announcedUntil(-3 * day), cancels},
	{"canceled under way", cells{mail + "!", edited + ", " + shown + "!", mail + "!", mail + "!", mail + "!"}, "", running, cancels},
	{"an update to users", cells{mail, edited, "", "", ""}, "", running, says(events.UpdatePosted, &events.Update{Text: "Half way.", Audiences: []string{"users"}})},
	{"retracted", cells{mail, edited, "", "", ""}, "", updated, says(events.UpdateRetracted, &events.Update{})},
}

const (
	leadCard      = "slack card to @deputy @lead"
	overdueTold   = leadTold
	undecidedTold = "slack message to @lead @deputy, email message to @lead @deputy, " + leadCard
)

func fresh(*story, *plan.Plan) {}

// announcedUntil is announced, and time has passed up to so long after the start.
func announcedUntil(d time.Duration) func(*story, *plan.Plan) {
	return func(s *story, p *plan.Plan) {
		p.Risks, p.Contingencies = nil, nil // they have rows of their own
		s.announce(p)
		s.until(p.Window.Start.Add(d))
	}
}

func gatePassed(s *story, p *plan.Plan) {
	announcedUntil(-2*time.Hour)(s, p)
	decides("go")(s, p)
	s.until(p.Window.Start.Add(-31 * time.Minute))
}

// undecided is a gate that was to be decided before the last reminder.
func undecided(s *story, p *plan.Plan) {
	p.Gates[0].Deadline = p.Window.Start.Add(-40 * time.Minute)
	announcedUntil(-41*time.Minute)(s, p)
}

// running is half an hour in, on plan, and the gate was passed.
func running(s *story, p *plan.Plan) {
	announcedUntil(-2*time.Hour)(s, p)
	s.say(s.now, events.GateDecided, &events.Decided{Gate: "g1", Decision: "go"})
	s.work(p, 0, "migrate")
}

func migrating(s *story, p *plan.Plan) {
	running(s, p)
	s.say(s.now, events.PhaseStarted, &events.Phase{Phase: "migrate"})
	s.until(p.Window.Start.Add(161 * time.Minute))
}

// backingUp is still at the first phase, of a window that has no time to lose.
func backingUp(d time.Duration) func(*story, *plan.Plan) {
	return func(s *story, p *plan.Plan) {
		p.Window.End = p.Window.End.Add(-40 * time.Minute)
		announcedUntil(-2*time.Hour)(s, p)
		s.say(p.Window.Start, events.PhaseStarted, &events.Phase{Phase: "backup"})
		s.until(p.Window.Start.Add(d))
	}
}

// checking is on plan when the way back is about to run out.
func checking(s *story, p *plan.Plan) {
	running(s, p)
	s.say(s.now, events.PhaseStarted, &events.Phase{Phase: "migrate"})
	s.until(p.Window.Start.Add(134 * time.Minute))
}

func passing(s *story, p *plan.Plan) {
	running(s, p)
	s.until(p.Window.End.Add(-time.Minute))
}

func restored(s *story, p *plan.Plan) {
	running(s, p)
	for _, c := range p.Components {
		s.say(s.now, events.ComponentChanged, &events.Component{Component: c.ID, Impact: plan.NoImpact})
	}
}

func goingBack(s *story, p *plan.Plan) {
	running(s, p)
	s.say(s.now, events.RollbackStarted, &events.Rollback{})
}

func updated(s *story, p *plan.Plan) {
	running(s, p)
	s.say(s.now, events.UpdatePosted, &events.Update{Text: "Half way.", Audiences: []string{"users"}})
}

// done is over, and so long ago.
func done(d time.Duration) func(*story, *plan.Plan) {
	return func(s *story, p *plan.Plan) {
		restored(s, p)
		s.say(s.now, events.UpgradeCompleted, &events.Completed{})
		s.until(s.now.Add(d))
	}
}

func untilStart(d time.Duration) func(*story, *plan.Plan) {
	return func(s *story, p *plan.Plan) { s.until(p.Window.Start.Add(d)) }
}

func untilEnd(s *story, p *plan.Plan) { s.until(p.Window.End) }

func untilLater(d time.Duration) func(*story, *plan.Plan) {
	return func(s *story, _ *plan.Plan) { s.until(s.now.Add(d)) }
}

func says(t events.Type, d events.Data) func(*story, *plan.Plan) {
	return func(s *story, _ *plan.Plan) { s.say(s.now, t, d) }
}

func decides(what string) func(*story, *plan.Plan) {
	return says(events.GateDecided, &events.Decided{Gate: "g1", Decision: what, By: "@lead"})
}

func moves(s *story, p *plan.Plan) {
	moved := *p
	moved.Window.End = p.Window.End.Add(time.Hour)
	s.say(s.now, events.UpgradePlanned, &events.Planned{Plan: &moved})
}

func cancels(s *story, _ *plan.Plan) {
	s.say(s.now, events.UpgradeCanceled, &events.Ended{Reason: "the vendor withdrew it"})
}
