package upgrade

import (
	"slices"

	"upgradehub/events/plan"
)

// TestRun is how many tests the reports of one rule of a gate had in sum.
type TestRun struct {
	Gate string
	// Name is the report that the rule asks for.
	Name string
	// Known are all tests of the reports, of which Ran ran: the others were
	// skipped. Least is how many had to.
	Known, Ran, Least int
}

// TestRuns are those of all gates of the plan, in its order, as far as a report
// that can be read came.
func (u *Upgrade) TestRuns() []TestRun {
	var list []TestRun
	if u.Plan == nil {
		return nil
	}
	for _, planned := range u.Plan.Gates {
		i := slices.IndexFunc(u.Gates, func(g Gate) bool { return g.ID == planned.ID })
		if i < 0 {
			continue
		}
		for _, r := range planned.Evidence {
			run := TestRun{Gate: planned.ID, Name: r.JUnit, Least: leastTests(r)}
			readable := false
			run.Known, run.Ran, readable = ranTests(answering(r, u.Gates[i].Evidence, u.Plan.Roster))
			if r.JUnit != "" && readable {
				list = append(list, run)
			}
		}
	}
	return list
}

// answering are the pieces that answer a rule.
func answering(r plan.Evidence, evidence []Evidence, roster plan.Roster) []Evidence {
	var pieces []Evidence
	for _, ev := range evidence {
		if asksFor(r, ev, roster) {
			pieces = append(pieces, ev)
		}
	}
	return pieces
}

// ranTests counts the tests of reports, and those that ran; readable is false
// if no report can be read.
func ranTests(pieces []Evidence) (known, ran int, readable bool) {
	for _, ev := range pieces {
		if ev.Tests != nil {
			known, ran, readable = known+ev.Tests.Tests, ran+ev.Tests.Tests-ev.Tests.Skipped, true
		}
	}
	return known, ran, readable
}

// leastTests is how many tests must run: one even if the plan does not say.
func leastTests(r plan.Evidence) int { return max(r.MinTests, 1) }
