// Package lesson proposes what to plan otherwise the next time, from what an
// upgrade has shown, and says to outsiders what was changed.
//
// [Propose] is pure and always proposes the same from the same evidence. It
// proposes nothing that a plan could not have: each proposal has the numbers
// behind it and a [plan.Requirement] that a machine can check and write into
// a plan. Whether a lesson is accepted is up to people.
package lesson

import (
	"cmp"
	"slices"
	"time"

	"upgradehub/events"
	"upgradehub/events/lang"
	"upgradehub/events/plan"
	"upgradehub/events/survey"
	"upgradehub/events/topic"
	"upgradehub/events/upgrade"
)

// Evidence is what lessons are made from: an upgrade that has ended, what
// people answered, and how many reported trouble while it was under way.
type Evidence struct {
	Upgrade  *upgrade.Upgrade
	Feedback survey.Result
	// Themes are what low answers speak of.
	Themes  []topic.Theme
	Reports int
}

// Proposal is a lesson as it is proposed.
type Proposal struct {
	// ID is the same whenever the same rule speaks of the same thing in the
	// same upgrade.
	ID string
	// Rule is what it was found by.
	Rule Rule
	// Text is what to do, Evidence the numbers behind it; both in English, for
	// those who ran the upgrade.
	Text, Evidence string
	// Found is what Evidence says.
	Found       []events.Finding
	Requirement plan.Requirement
}

// Rule is what a lesson was found by.
type Rule string

// The rules.
const (
	PhaseOverrun   Rule = "phase-overrun"
	UpgradeOverrun Rule = "upgrade-overrun"
	Promises       Rule = "broken-promises"
	GateNoGo       Rule = "gate-no-go"
	GateLate       Rule = "gate-late"
	FewTests       Rule = "few-tests"
	SlowRollback   Rule = "slow-rollback"
	LowScore       Rule = "low-score"
	Disruption     Rule = "disruption"
	ToldLate       Rule = "told-late"
	ToldLittle     Rule = "told-little"
	ToldMuch       Rule = "told-much"
	Trouble        Rule = "trouble"
)

// Propose lists what an upgrade teaches, in the order of the rules. One that
// has not ended, was a drill or never began teaches nothing yet.
func Propose(e Evidence) []Proposal {
	u := e.Upgrade
	if u == nil || u.Plan == nil || !u.State.Ended() || u.Plan.Drill || u.Started == nil {
		return nil
	}
	p := &proposer{Evidence: e, plan: u.Plan}
	p.lengths()
	p.promises()
	p.gates()
	p.tests()
	p.rollback()
	p.answers()
	p.reports()
	return p.found
}

// proposer collects proposals.
type proposer struct {
	Evidence
	plan  *plan.Plan
	found []Proposal
}

// propose adds a lesson. Two that ask for the same kind of change to the same
// thing are one: the first of them. What the plan had and did not help is no
// lesson; lengths may have been put right in the plan while it was too late.
func (p *proposer) propose(rule Rule, r plan.Requirement, found ...events.Finding) {
	if _, why := r.Unmet(p.plan); why == "" && r.Want == 0 {
		return
	}
	if slices.ContainsFunc(p.found, func(q Proposal) bool { return q.Requirement.Kind == r.Kind && q.Requirement.Object == r.Object }) {
		return
	}
	p.found = append(p.found, Proposal{
		ID: events.LessonID(p.Upgrade.ID, string(rule), r.Object), Rule: rule,
		Text: wanted(lang.English, r), Evidence: shown(lang.English, found), Found: found, Requirement: r,
	})
}

// overran reports whether a length is more than people would call on plan: ten
// minutes, and a tenth.
func overran(planned, actual time.Duration) bool {
	return planned > 0 && actual-planned > max(10*time.Minute, planned/10)
}

// roomy rounds up to what people plan in: 5, 15 or 30 minutes.
func roomy(d time.Duration) plan.Duration {
	step := 5 * time.Minute
	switch {
	case d > 6*time.Hour:
		step = 30 * time.Minute
	case d > time.Hour:
		step = 15 * time.Minute
	}
	return plan.Duration((d + step - 1) / step * step)
}

// lengths are what took longer than planned: phases that succeeded, and the
// whole.
func (p *proposer) lengths() {
	for _, ph := range p.Upgrade.Phases {
		planned, _ := p.plan.Phase(ph.ID)
		if ph.Started == nil || ph.Ended == nil || ph.Outcome != events.Success {
			continue
		}
		want, actual := p.Upgrade.PlannedFor(ph.ID), ph.Ended.At.Sub(ph.Started.At)
		if !overran(want, actual) {
			continue
		}
		r := plan.Requirement{
			Kind: plan.NeedsPhase, Object: ph.ID, Class: planned.Kind, Title: planned.Title, Hidden: !planned.IsPublic() || ph.Hidden,
			Was: plan.Duration(want), Want: roomy(actual),
		}
		p.propose(PhaseOverrun, r, took(foundPhase, planned.Title, actual, want))
	}
	u := p.Upgrade
	if u.State != upgrade.Completed {
		return
	}
	announced := p.announced()
	if actual := u.Finished.At.Sub(u.Started.At); overran(announced.Duration(), actual) {
		r := plan.Requirement{Kind: plan.NeedsWindow, Was: plan.Duration(announced.Duration()), Want: roomy(actual)}
		p.propose(UpgradeOverrun, r, took(foundUpgrade, "", actual, announced.Duration()))
	}
}

// announced is the window as it was announced first.
func (p *proposer) announced() plan.Window {
	if len(p.Upgrade.Moves) > 0 {
		return p.Upgrade.Moves[0].From
	}
	return p.plan.Window
}

// promises that broke need somebody who is told before the next one does.
func (p *proposer) promises() {
	kept := p.Upgrade.Promise
	if kept.Broken == 0 {
		return
	}
	r := plan.Requirement{Kind: plan.NeedsVoice, Want: max(plan.Duration(10*time.Minute), fives(p.cadence()*2/3))}
	if _, why := r.Unmet(p.plan); why == "" {
		return
	}
	p.propose(Promises, r, events.Finding{Kind: foundPromises, Count: kept.Broken, Of: kept.Broken + kept.Kept + kept.ByMachine})
}

// cadence is how often users were to hear of the work.
func (p *proposer) cadence() plan.Duration {
	every := plan.Duration(0)
	for _, a := range p.plan.Audiences {
		if c := a.Cadence["live"]; a.RoleOf() == "users" && c > 0 && (every == 0 || c < every) {
			every = c
		}
	}
	return cmp.Or(every, plan.Duration(time.Hour))
}

// ahead is how long before the work a gate is decided at the latest, so that
// there is time to act on the decision.
const ahead = plan.Duration(30 * time.Minute)

func (p *proposer) gates() {
	for _, g := range p.Upgrade.Gates {
		planned, ok := p.plan.Gate(g.ID)
		if !ok {
			continue
		}
		switch late := g.Decided != nil && !planned.Deadline.IsZero() && g.Decided.At.After(planned.Deadline); {
		case g.Decision == "no_go":
			r := plan.Requirement{Kind: plan.NeedsAnswer, Object: g.ID, Title: planned.Title}
			p.propose(GateNoGo, r, events.Finding{Kind: foundNoGo, Name: planned.Title})
		case g.Decision == "":
			p.earlier(GateLate, planned, events.Finding{Kind: foundUndecided, Name: planned.Title})
		case late:
			p.earlier(GateLate, planned, events.Finding{Kind: foundLate, Name: planned.Title, Took: seconds(g.Decided.At.Sub(planned.Deadline))})
		}
	}
}

func (p *proposer) earlier(rule Rule, g plan.Gate, found events.Finding) {
	r := plan.Requirement{Kind: plan.NeedsDeadline, Object: g.ID, Title: g.Title, Want: ahead}
	for {
		if _, why := r.Unmet(p.plan); why != "" {
			break
		}
		r.Want *= 2 // it was as early as that, and not early enough
	}
	p.propose(rule, r, found)
}

// rollback that took longer than planned makes the last moment to go back
// wrong.
func (p *proposer) rollback() {
	u := p.Upgrade
	if u.State != upgrade.RolledBack || u.Returning == nil || u.Finished == nil {
		return
	}
	planned, actual := p.plan.Rollback.Duration.Std(), u.Finished.At.Sub(u.Returning.At)
	if !overran(planned, actual) {
		return
	}
	r := plan.Requirement{Kind: plan.NeedsRollback, Was: p.plan.Rollback.Duration, Want: roomy(actual)}
	p.propose(SlowRollback, r, took(foundRollback, "", actual, planned))
}

// of is a finding of a count of all.
func of(count, all int, kind string) events.Finding {
	return events.Finding{Kind: kind, Count: count, Of: all}
}

// reports of trouble while the work went on.
func (p *proposer) reports() {
	if p.Reports < survey.Least {
		return
	}
	found := events.Finding{Kind: foundReports, Count: p.Reports}
	r := plan.Requirement{Kind: plan.NeedsSupport}
	if _, why := r.Unmet(p.plan); why != "" {
		p.propose(Trouble, r, found)
		return
	}
	p.prepare(Trouble, found)
}

// prepare asks for one thing more that people can do before.
func (p *proposer) prepare(rule Rule, found events.Finding) {
	r := plan.Requirement{Kind: plan.NeedsPrepare, Count: len(p.plan.Impact.DoBefore) + 1}
	p.propose(rule, r, found)
}
