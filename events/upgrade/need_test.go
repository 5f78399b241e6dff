package upgrade_test

import (
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
)

func TestNeedOfAWindow(t *testing.T) {
	f := begin(t)
	if n, ok := f.u.Need(pasts(9), pasts(9), f.now); ok {
		t.Errorf("without a plan: %+v", n)
	}
	planned := twoPhases()
	planned.Plan.Rollback = plan.Rollback{Duration: plan.Duration(time.Hour), Buffer: plan.Duration(10 * time.Minute)}
	f.must(events.UpgradePlanned, planned)
	tests := []struct {
		name            string
		upgrades, backs int
		want            upgrade.Need
		total           time.Duration
	}{
		{"by the plan", 7, 7, upgrade.Need{Work: 150 * time.Minute, Rollback: time.Hour, Buffer: 10 * time.Minute}, 220 * time.Minute},
		// 8 of 10 migrations of 2 h take 96 min, behind half an hour; ways
		// back take (60 + 6 i) of 120 min.
		{
			"by history", 9, 9,
			upgrade.Need{Work: 126 * time.Minute, Rollback: 54 * time.Minute, Buffer: 10 * time.Minute, WorkRuns: 9, RollbackRuns: 9},
			190 * time.Minute,
		},
	}
	for _, tt := range tests {
		got, ok := f.u.Need(pasts(tt.upgrades), pasts(tt.backs), f.now)
		if !ok || got != tt.want || got.Total() != tt.total {
			t.Errorf("%s: Need() = %+v of %v, want %+v", tt.name, got, got.Total(), tt.want)
		}
	}
	f.pass(10 * time.Hour)
	f.must(events.PhaseStarted, &events.Phase{Phase: "prepare"})
	if n, ok := f.u.Need(pasts(9), pasts(9), f.now); ok {
		t.Errorf("of an upgrade that has begun: %+v", n)
	}
}
