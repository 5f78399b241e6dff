package upgrade_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
)

// change is what a component became so many minutes after noon.
type change struct {
	minute    int
	component string
	impact    plan.Impact
	internal  bool
}

// felt plays the changes on testPlan and measures until a minute.
func felt(t testing.TB, until int, changes ...change) upgrade.Felt {
	return feltSince(t, 0, until, changes...)
}

// feltSince is the same with the plan published at a minute.
func feltSince(t testing.TB, published, until int, changes ...change) upgrade.Felt {
	f := announced(t)
	var m upgrade.Meter
	m.Read(f.u, noon.Add(time.Duration(published)*time.Minute))
	for i, c := range changes {
		at := noon.Add(time.Duration(c.minute) * time.Minute)
		e := events.Event{
			ID: string(rune('a' + i)), Source: "tool", Upgrade: "pg16", Type: events.ComponentChanged, Time: at, Recorded: at,
			Data: &events.Component{Component: c.component, Impact: c.impact},
		}
		if c.internal {
			e.Visibility = events.Internal
		}
		f.u.Apply(e)
		m.Read(f.u, at)
	}
	return m.Felt(noon.Add(time.Duration(until) * time.Minute))
}

func TestMeter(t *testing.T) {
	web := func(minute int, i plan.Impact) change { return change{minute: minute, component: "web", impact: i} }
	api := func(minute int, i plan.Impact) change { return change{minute: minute, component: "api", impact: i} }
	for _, tt := range []struct {
		name             string
		changes          []change
		outage, degraded int64 // minutes
	}{
		{"nothing", nil, 0, 0},
		{"one", []change{web(10, plan.Outage), web(25, plan.NoImpact)}, 15, 0},
		{"better by steps", []change{web(10, plan.Outage), web(25, plan.Degraded), web(40, plan.NoImpact)}, 15, 15},
		{"the worst counts", []change{web(10, plan.Degraded), api(20, plan.Outage), api(30, plan.NoImpact), web(40, plan.NoImpact)}, 10, 20},
		{"less redundancy is not felt", []change{web(10, plan.ReducedRedundancy)}, 0, 0},
		{"never restored", []change{web(10, plan.Outage)}, 90, 0},
		{"later than asked for", []change{web(10, plan.Outage), web(130, plan.NoImpact)}, 120, 0},
		{"what is not public", []change{{10, "vault", plan.Outage, false}}, 0, 0},
		{"said in confidence", []change{{10, "web", plan.Outage, true}}, 0, 0},
		{"told of late", []change{web(30, plan.Outage), web(20, plan.Degraded), web(50, plan.NoImpact)}, 20, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, want := felt(t, 100, tt.changes...), (upgrade.Felt{Outage: 60 * tt.outage, Degraded: 60 * tt.degraded}); got != want {
				t.Errorf("felt %+v, want %+v", got, want)
			}
		})
	}
}

// TestMeterOfWhatIsToldAfterwards: the plan is published when all is over.
func TestMeterOfWhatIsToldAfterwards(t *testing.T) {
	got := feltSince(t, 90, 100, change{minute: 10, component: "web", impact: plan.Outage}, change{minute: 40, component: "web", impact: plan.NoImpact})
	if want := (upgrade.Felt{Outage: 30 * 60}); got != want {
		t.Errorf("felt %+v, want %+v", got, want)
	}
}

// TestMeterCountsMinutes holds it against counting: in each minute, the worst
// of what components were then.
func TestMeterCountsMinutes(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		minute := 0
		changes := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) change {
			minute += rapid.IntRange(0, 20).Draw(r, "minutes")
			return change{
				minute: minute, component: rapid.SampledFrom([]string{"web", "api", "vault"}).Draw(r, "component"),
				impact: rapid.SampledFrom(plan.Impacts).Draw(r, "impact"),
			}
		}), 0, 12).Draw(r, "changes")
		var want upgrade.Felt
		now := map[string]plan.Impact{}
		for m, next := 0, 0; m < 300; m++ {
			for ; next < len(changes) && changes[next].minute <= m; next++ {
				now[changes[next].component] = changes[next].impact
			}
			switch {
			case now["web"] == plan.Outage || now["api"] == plan.Outage:
				want.Outage += 60
			case now["web"] == plan.Degraded || now["api"] == plan.Degraded:
				want.Degraded += 60
			}
		}
		if got := felt(t, 300, changes...); got != want {
			r.Errorf("felt %+v, counted %+v", got, want)
		}
	})
}

func TestNotice(t *testing.T) {
	p := upgrade.Public{Announced: noon, Window: plan.Window{Start: noon.Add(50 * time.Hour)}}
	if got := p.Notice(); got != 50*time.Hour {
		t.Errorf("notice = %s, want 50 h", got)
	}
	p.Moves = []upgrade.PublicMove{{At: noon.Add(49 * time.Hour)}}
	if got := p.Notice(); got != time.Hour {
		t.Errorf("notice of a window that moved = %s, want 1 h", got)
	}
}
