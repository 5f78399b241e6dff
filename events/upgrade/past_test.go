package upgrade_test

import (
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
)

// TestARevisedPlanIsNoMeasure: who plans anew while it overruns knows what
// comes. History, and the forecast of what runs, compare with what was meant
// when it began.
func TestARevisedPlanIsNoMeasure(t *testing.T) {
	longer := func(hours int) *events.Planned {
		return revised(func(p *plan.Plan) {
			p.Phases = p.Phases[:2]
			for i := range p.Phases {
				p.Phases[i].Duration = plan.Duration(time.Duration(hours) * time.Hour)
			}
			p.Phases[1].Start = p.Phases[0].End()
			p.Window.End = p.Phases[1].End()
		})
	}
	f := begin(t)
	f.must(events.UpgradePlanned, longer(1))
	f.pass(10 * time.Hour)
	f.must(events.PhaseStarted, &events.Phase{Phase: "prepare"})
	before := f.u.Outlook(pasts(9), pasts(0), f.now)
	f.must(events.UpgradePlanned, longer(3))
	after := f.u.Outlook(pasts(9), pasts(0), f.now)
	if before == nil || after == nil || before.Phases[0].High.Sub(after.Phases[0].High).Abs() > time.Minute {
		t.Errorf("the phase that runs was forecast as %+v, and of the revised plan %+v", before, after)
	}
	f.pass(2 * time.Hour)
	f.must(events.PhaseFinished, &events.Phase{Phase: "prepare"})
	f.must(events.PhaseStarted, &events.Phase{Phase: "migrate"})
	f.must(events.UpgradePlanned, longer(5))
	f.pass(3 * time.Hour)
	f.must(events.PhaseFinished, &events.Phase{Phase: "migrate"})
	f.must(events.UpgradeCompleted, &events.Completed{})
	run, ok := f.u.Past()
	if !ok || run.Planned != 2*3600 || len(run.Phases) != 2 {
		t.Fatalf("Past() = %+v, want two hours of work planned, and two phases", run)
	}
	for i, want := range []int64{3600, 3 * 3600} { // the second began with the first revision
		if got := run.Phases[i]; got.Planned != want {
			t.Errorf("phase %d: %+v, planned %d s", i, got, want)
		}
	}
}
