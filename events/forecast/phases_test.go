package forecast_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"upgradehub/events/forecast"
)

// phased draws upgrades of one system with a copy and a switch, planned to
// take an hour each.
func phased(t *rapid.T, most int) []forecast.Run {
	var all []forecast.Run
	for i := range rapid.IntRange(forecast.MinRuns, most).Draw(t, "n") {
		a, b := minutes(300).Draw(t, "copy"), minutes(300).Draw(t, "switch")
		r := run(i, "db", 2*time.Hour, a+b)
		r.Phases = []forecast.Phase{{"copy", time.Hour, a}, {"switch", time.Hour, b}}
		all = append(all, r)
	}
	return all
}

// TestPhaseKinds: the class of a phase is its kind, and all phases lend.
func TestPhaseKinds(t *testing.T) {
	var all []forecast.Run
	for i := range 30 {
		r := run(i, "db", 2*time.Hour, 5*time.Hour)
		r.Phases = []forecast.Phase{{"copy", time.Hour, 30 * time.Minute}, {"switch", time.Hour, 270 * time.Minute}, {"", 0, 0}}
		all = append(all, r)
	}
	h := forecast.New(all)
	tests := []struct {
		name string
		work forecast.Work
		want time.Duration
		from forecast.Basis
		n    int
	}{
		{"known kind", forecast.Work{Kind: "copy", System: "db", Planned: 2 * time.Hour}, time.Hour, forecast.SameKind, 30},
		{"kind of another system", forecast.Work{Kind: "switch", System: "mail", Planned: time.Hour}, 270 * time.Minute, forecast.SameKind, 30},
		{"unknown kind", forecast.Work{Kind: "reboot", System: "db", Planned: time.Hour}, 150 * time.Minute, forecast.SameSystem, 60},
		{"nothing known", forecast.Work{System: "mail", Planned: time.Hour}, 150 * time.Minute, forecast.Organisation, 60},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := h.Phase(later, tt.work)
			if got := f.Quantile(0.5); !near(got, tt.want) || f.Basis != tt.from || f.Runs != tt.n {
				t.Errorf("median %v by %d of %q, want %v by %d of %q", got, f.Runs, f.Basis, tt.want, tt.n, tt.from)
			}
			if k := f.Within(tt.want + time.Second); k < f.Runs/2 {
				t.Errorf("%d of %d took no longer than the median", k, f.Runs)
			}
		})
	}
}

// TestSumPlaysPastUpgrades: the empirical set of past upgrades, not the sum of
// the quantiles of phases.
func TestSumPlaysPastUpgrades(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := phased(t, 30)
		a, b := minutes(300).Draw(t, "plan of copy"), minutes(300).Draw(t, "plan of switch")
		elapsed := minutes(300).Draw(t, "elapsed")
		p := rapid.Float64Range(0.001, 0.999).Draw(t, "p")
		var totals []time.Duration
		for _, r := range all {
			x, y := r.Phases[0].Actual.Hours(), r.Phases[1].Actual.Hours()
			if took := time.Duration(x * float64(a)).Round(time.Millisecond); took > elapsed {
				totals = append(totals, took+time.Duration(y*float64(b)))
			}
		}
		slices.Sort(totals)
		f := forecast.New(all).Sum(later, []forecast.Work{
			{Kind: "copy", System: "db", Planned: a, Elapsed: elapsed}, {Kind: "switch", System: "db", Planned: b},
		})
		if len(totals) == 0 {
			if f.Verdict != forecast.Beyond {
				t.Errorf("verdict %v, want longer than any", f.Verdict)
			}
			return
		}
		if got, want := f.Quantile(p), type6(totals, p); !near(got, want) {
			t.Errorf("Quantile(%v) of %v = %v, want %v", p, totals, got, want)
		}
	})
}

// TestSumOfWholes: upgrades whose phases are not known lend their ratio as a
// whole.
func TestSumOfWholes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all, _ := runs(t, "db", 0, forecast.MinRuns, 20)
		p := rapid.Float64Range(0, 1).Draw(t, "p")
		h := forecast.New(all)
		sum := h.Sum(later, []forecast.Work{{Kind: "copy", System: "db", Planned: time.Hour}, {System: "db", Planned: 2 * time.Hour}})
		whole := h.Whole(later, forecast.Work{System: "db", Planned: 3 * time.Hour})
		if !near(sum.Quantile(p), whole.Quantile(p)) {
			t.Errorf("Quantile(%v) of the sum = %v, of the whole %v", p, sum.Quantile(p), whole.Quantile(p))
		}
	})
	if f := forecast.New(nil).Sum(later, nil); f.Verdict != forecast.Thin {
		t.Errorf("the sum of nothing: verdict %v", f.Verdict)
	}
}
