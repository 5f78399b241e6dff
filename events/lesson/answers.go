package lesson

import (
	"fmt"
	"slices"
	"time"

	"upgradehub/events/lang"
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
		p.propose(LowScore, plan.Requirement{Kind: plan.NeedsObjective}, "Make what people think of it an objective",
			of(f.Satisfied.Count, f.Count, "gave 4 or 5")+p.spokeOf())
	}
	p.disruption()
	p.communication()
	p.themes()
}

// spokeOf says what low answers speak of, for the evidence of a lesson.
func (p *proposer) spokeOf() string {
	if len(p.Themes) == 0 {
		return ""
	}
	return "; low answers speak of " + topic.Told(p.Themes, lang.English)
}

// themes that a plan can do something about. What people said when they were
// asked about it stands before what they wrote.
func (p *proposer) themes() {
	for _, t := range p.Themes {
		evidence := fmt.Sprintf("%d of %d low answers speak of %s", t.Count, p.Feedback.Low, t.Name(lang.English))
		switch t.Topic {
		case topic.Notice:
			p.notice(evidence)
		case topic.Updates:
			p.oftener(evidence)
		case topic.Data:
			p.prepare(Disruption, evidence)
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
	evidence := of(blocked+lot, all, "were disturbed a lot or could not work")
	r := plan.Requirement{Kind: plan.NeedsImpact, Level: plan.Degraded}
	if blocked*100 >= disturbedPercent*all {
		r.Level, evidence = plan.Outage, of(blocked, all, "could not work")
	}
	if _, why := r.Unmet(p.plan); why == "" {
		p.prepare(Disruption, evidence)
		return
	}
	p.propose(Disruption, r, fmt.Sprintf("Announce it as %s", r.Level), evidence)
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
		p.notice(of(said["late"], all, "said that they were told too late"))
	case said["little"]*2 > all:
		p.oftener(of(said["little"], all, "said that they were told too little"))
	case said["much"]*2 > all && every < mostCadence:
		r := plan.Requirement{Kind: plan.NeedsCalm, Was: every, Want: min(mostCadence, every*2)}
		p.propose(ToldMuch, r, fmt.Sprintf("Tell users something every %s and not more often", r.Want), of(said["much"], all, "said that they were told too much"))
	}
}

// oftener tells users something twice as often, within reason.
func (p *proposer) oftener(evidence string) {
	every := p.cadence()
	if every <= leastCadence {
		return
	}
	r := plan.Requirement{Kind: plan.NeedsCadence, Was: every, Want: max(leastCadence, fives(every/2))}
	p.propose(ToldLittle, r, fmt.Sprintf("Tell users something every %s", r.Want), evidence)
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
func (p *proposer) notice(evidence string) {
	had := p.announced().Start.Sub(p.Upgrade.Announced.At)
	i := slices.IndexFunc(notices, func(d time.Duration) bool { return d > max(had, p.plan.Announce.Notice.Std()) })
	if i < 0 {
		return
	}
	r := plan.Requirement{Kind: plan.NeedsNotice, Was: p.plan.Announce.Notice, Want: plan.Duration(notices[i])}
	p.propose(ToldLate, r, fmt.Sprintf("Announce it %s ahead", r.Want), fmt.Sprintf("%s; it was announced %s ahead", evidence, length(max(0, had))))
}
