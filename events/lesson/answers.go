package lesson

import (
	"slices"
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/events/survey"
	"upgradehub/events/topic"
)

// goodShare is what the share of 4 and 5 should be; below it, with all of its
// interval, something is to be learnt.
const goodShare = 0.8

// disturbed is the share of those disturbed a lot from which it is said.
const disturbedPercent = 20

// answers are what people told. From fewer than five nothing is concluded.
func (p *proposer) answers() {
	f := p.Feedback
	if f.Count >= survey.Least && f.Satisfied.High < goodShare {
		found := []events.Finding{of(f.Satisfied.Count, f.Count, foundSatisfied)}
		for _, t := range p.Themes {
			found = append(found, events.Finding{Kind: foundSpoke, Name: string(t.Topic), Count: t.Count})
		}
		p.propose(LowScore, plan.Requirement{Kind: plan.NeedsObjective}, found...)
	}
	p.disruption()
	p.communication()
	p.themes()
}

// themes that a plan can do something about. What people said when they were
// asked about it stands before what they wrote.
func (p *proposer) themes() {
	for _, t := range p.Themes {
		found := events.Finding{Kind: foundTheme, Name: string(t.Topic), Count: t.Count, Of: p.Feedback.Low}
		switch t.Topic {
		case topic.Notice:
			p.notice(found)
		case topic.Updates:
			p.oftener(found)
		case topic.Data:
			p.prepare(Disruption, found)
		}
	}
}

// disruption that many felt was announced as less, or they could have been
// prepared better.
func (p *proposer) disruption() {
	blocked, lot := p.Feedback.Disruption["blocked"], p.Feedback.Disruption["lot"]
	all := total(p.Feedback.Disruption)
	if all < survey.Least || (blocked+lot)*100 < disturbedPercent*all {
		return
	}
	found := of(blocked+lot, all, foundDisturbed)
	r := plan.Requirement{Kind: plan.NeedsImpact, Level: plan.Degraded}
	if blocked*100 >= disturbedPercent*all {
		r.Level, found = plan.Outage, of(blocked, all, foundBlocked)
	}
	if _, why := r.Unmet(p.plan); why == "" {
		p.prepare(Disruption, found)
		return
	}
	p.propose(Disruption, r, found)
}

func total(counts map[string]int) int {
	n := 0
	for _, c := range counts {
		n += c
	}
	return n
}

// communication that more than half found wanting in the same way.
func (p *proposer) communication() {
	said, all := p.Feedback.Communication, total(p.Feedback.Communication)
	if all < survey.Least {
		return
	}
	switch every := p.cadence(); {
	case said["late"]*2 > all:
		p.notice(of(said["late"], all, toldLate))
	case said["little"]*2 > all:
		p.oftener(of(said["little"], all, toldLittle))
	case said["much"]*2 > all && every < mostCadence:
		r := plan.Requirement{Kind: plan.NeedsCalm, Was: every, Want: min(mostCadence, every*2)}
		p.propose(ToldMuch, r, of(said["much"], all, toldMuch))
	}
}

// oftener tells users something twice as often, within reason.
func (p *proposer) oftener(found events.Finding) {
	every := p.cadence()
	if every <= leastCadence {
		return
	}
	r := plan.Requirement{Kind: plan.NeedsCadence, Was: every, Want: max(leastCadence, fives(every/2))}
	p.propose(ToldLittle, r, found)
}

// The bounds of a cadence that a lesson asks for.
const (
	leastCadence = plan.Duration(15 * time.Minute)
	mostCadence  = plan.Duration(4 * time.Hour)
)

func fives(d plan.Duration) plan.Duration {
	const five = plan.Duration(5 * time.Minute)
	return d / five * five
}

const day = 24 * time.Hour

// notices are how early people are told, three days at least.
var notices = []time.Duration{3 * day, 7 * day, 14 * day, 28 * day}

// notice asks for the next longer one than people had.
func (p *proposer) notice(found events.Finding) {
	had := p.announced().Start.Sub(p.Upgrade.Announced.At)
	i := slices.IndexFunc(notices, func(d time.Duration) bool { return d > max(had, p.plan.Announce.Notice.Std()) })
	if i < 0 {
		return
	}
	r := plan.Requirement{Kind: plan.NeedsNotice, Was: p.plan.Announce.Notice, Want: plan.Duration(notices[i])}
	p.propose(ToldLate, r, found, events.Finding{Kind: foundAhead, Took: seconds(max(0, had))})
}
