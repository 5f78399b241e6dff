package lesson

import (
	"fmt"

	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
)

// tests of which too few ran: a gate that asked for no more than that let
// skipped ones pass. Where it asked for more than there were, there must be
// time to run them before it is decided.
func (p *proposer) tests() {
	for _, run := range p.Upgrade.TestRuns() {
		g, _ := p.plan.Gate(run.Gate)
		evidence := fmt.Sprintf("%d of %d tests of %q ran for %q, and %d had to", run.Ran, run.Known, run.Name, g.Title, run.Least)
		switch {
		case manySkipped(run) && run.Known > run.Least:
			r := plan.Requirement{Kind: plan.NeedsTests, Object: run.Gate, Class: run.Name, Title: g.Title, Count: run.Known}
			p.propose(FewTests, r, fmt.Sprintf("Ask for %d tests of %q at %q", run.Known, run.Name, g.Title), evidence)
		case run.Ran < run.Least:
			p.earlier(FewTests, g, evidence)
		}
	}
}

// manySkipped reports whether more than a tenth of the tests did not run: a few
// are always meant for other machines.
func manySkipped(run upgrade.TestRun) bool { return run.Ran*10 < run.Known*9 }
