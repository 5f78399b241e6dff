package lesson

import (
	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
)

// tests of which too few ran: a gate that asked for no more than that let
// skipped ones pass. Where it asked for more than there were, there must be
// time to run them before it is decided.
func (p *proposer) tests() {
	for _, run := range p.Upgrade.TestRuns() {
		g, _ := p.plan.Gate(run.Gate)
		found := events.Finding{Kind: foundTests, Name: g.Title, Report: run.Name, Count: run.Ran, Of: run.Known, Least: run.Least}
		switch {
		case manySkipped(run) && run.Known > run.Least:
			r := plan.Requirement{Kind: plan.NeedsTests, Object: run.Gate, Class: run.Name, Title: g.Title, Count: run.Known}
			p.propose(FewTests, r, found)
		case run.Ran < run.Least:
			p.earlier(FewTests, g, found)
		}
	}
}

// manySkipped reports whether more than a tenth of the tests did not run: a few
// are always meant for other machines.
func manySkipped(run upgrade.TestRun) bool { return run.Ran*10 < run.Known*9 }
