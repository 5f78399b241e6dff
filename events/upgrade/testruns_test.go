package upgrade_test

import (
	"reflect"
	"testing"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
)

// TestTestRuns: the parts of a report are counted together, and what nobody can
// read, or asked for, is not.
func TestTestRuns(t *testing.T) {
	f := begin(t)
	f.must(events.UpgradePlanned, revised(func(p *plan.Plan) {
		p.Gates = []plan.Gate{
			{ID: "go", Evidence: []plan.Evidence{{JUnit: "part-*.xml", MinTests: 5}, {JUnit: "broken"}, {Check: "disk"}, {JUnit: "missing"}}},
			{ID: "later", Evidence: []plan.Evidence{{JUnit: "smoke"}}},
		}
	}))
	for name, doc := range map[string]string{"part-1.xml": suite("a", "b"), "part-2.xml": suite("a", "b", "c", "d:skipped"), "broken": "<no", "other": suite("a")} {
		f.must(events.GateEvidence, &events.Evidence{Gate: "go", Kind: "junit", Name: name, JUnit: doc})
	}
	f.must(events.GateEvidence, &events.Evidence{Gate: "later", Kind: "junit", Name: "smoke", JUnit: suite("a")})
	want := []upgrade.TestRun{{Gate: "go", Name: "part-*.xml", Known: 6, Ran: 5, Least: 5}, {Gate: "later", Name: "smoke", Known: 1, Ran: 1, Least: 1}}
	if got := f.u.TestRuns(); !reflect.DeepEqual(got, want) {
		t.Errorf("TestRuns() = %+v\nwant %+v", got, want)
	}
	if got := upgrade.New("x").TestRuns(); got != nil {
		t.Errorf("without a plan: %+v", got)
	}
}
