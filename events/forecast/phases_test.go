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

// chain makes one step wait for the other.
func chain(works ...forecast.Work) []forecast.Step {
	var steps []forecast.Step
	for i, w := range works {
		step := forecast.Step{Work: w}
		if i > 0 {
			step.After = []int{i - 1}
		}
		steps = append(steps, step)
	}
	return steps
}

// TestSchedulePlaysPastUpgrades: the empirical set of past upgrades, not the
// sum of the quantiles of phases.
func TestSchedulePlaysPastUpgrades(t *testing.T) {
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
		_, f := forecast.New(all).Schedule(later, chain(
			forecast.Work{Kind: "copy", System: "db", Planned: a, Elapsed: elapsed}, forecast.Work{Kind: "switch", System: "db", Planned: b},
		))
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

// TestScheduleFollowsThePlan: what runs side by side is not added, what waits
// moves along, and what has a time of its own does not begin before it.
func TestScheduleFollowsThePlan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := phased(t, 20)
		begin := minutes(600).Draw(t, "begin of the second switch")
		p := rapid.Float64Range(0.001, 0.999).Draw(t, "p")
		work := func(kind string) forecast.Work { return forecast.Work{Kind: kind, System: "db", Planned: time.Hour} }
		each, f := forecast.New(all).Schedule(later, []forecast.Step{
			{Work: work("copy")}, {Work: work("switch")}, {Work: work("switch"), Begin: begin, After: []int{0, 1}},
		})
		var ends, both []time.Duration
		for _, r := range all {
			a, b := r.Phases[0].Actual, r.Phases[1].Actual
			both = append(both, b)
			ends = append(ends, max(a, b, begin)+b)
		}
		slices.Sort(ends)
		slices.Sort(both)
		if got, want := f.Quantile(p), type6(ends, p); !near(got, want) {
			t.Errorf("Quantile(%v) of all = %v, want %v", p, got, want)
		}
		if got, want := each[1].Quantile(p), type6(both, p); !near(got, want) {
			t.Errorf("Quantile(%v) of the switch = %v, want %v", p, got, want)
		}
		if got, want := each[2].Quantile(p), f.Quantile(p); got != want {
			t.Errorf("Quantile(%v) of the last = %v, of all %v", p, got, want)
		}
	})
}

// TestScheduleOfWholes: upgrades whose phases are not known lend their ratio
// as a whole, and what is forecast of a schedule is calibrated as the backtest
// is: otherwise that would score another forecast than people see.
func TestScheduleOfWholes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all, _ := runs(t, "db", 0, forecast.MinRuns, 20)
		p := rapid.Float64Range(0, 1).Draw(t, "p")
		h := forecast.New(all)
		_, sum := h.Schedule(later, chain(forecast.Work{Kind: "copy", System: "db", Planned: time.Hour}, forecast.Work{System: "db", Planned: 2 * time.Hour}))
		whole := h.Whole(later, forecast.Work{System: "db", Planned: 3 * time.Hour})
		if !near(sum.Quantile(p), whole.Quantile(p)) {
			t.Errorf("Quantile(%v) of the sum = %v, of the whole %v", p, sum.Quantile(p), whole.Quantile(p))
		}
		low, high := sum.Interval()
		wantLow, wantHigh := whole.Interval()
		if !near(low, wantLow) || !near(high, wantHigh) || !near(sum.Expected(), whole.Expected()) {
			t.Errorf("the sum is expected in %v, %v to %v; the whole in %v, %v to %v", sum.Expected(), low, high, whole.Expected(), wantLow, wantHigh)
		}
	})
	if each, f := forecast.New(nil).Schedule(later, nil); f.Verdict != forecast.Thin || each != nil {
		t.Errorf("a schedule of nothing: verdict %v of %d", f.Verdict, len(each))
	}
}

// TestScheduleNeverOverflows, nor waits for what waits for it.
func TestScheduleNeverOverflows(t *testing.T) {
	var all []forecast.Run
	for i := range forecast.MinRuns {
		all = append(all, run(i, "db", time.Millisecond, time.Hour))
	}
	long := forecast.Work{System: "db", Planned: 24 * 365 * 100 * time.Hour}
	_, f := forecast.New(all).Schedule(later, []forecast.Step{{Work: long, After: []int{1}}, {Work: long, After: []int{0}}})
	if f.Verdict != forecast.Likely || f.Expected() <= 0 {
		t.Errorf("verdict %v, expected %v", f.Verdict, f.Expected())
	}
}

// TestEightRunsNotEightPhases: few upgrades of many phases are few.
func TestEightRunsNotEightPhases(t *testing.T) {
	var all []forecast.Run
	for i := range forecast.MinRuns {
		r := run(i, "db", 2*time.Hour, 2*time.Hour)
		r.Phases = []forecast.Phase{{"copy", time.Hour, time.Hour}, {"copy", time.Hour, time.Hour}}
		all = append(all, r)
	}
	work := forecast.Work{Kind: "copy", System: "db", Planned: time.Hour}
	for n, want := range map[int]forecast.Verdict{forecast.MinRuns - 1: forecast.Thin, forecast.MinRuns: forecast.Likely} {
		if f := forecast.New(all[:n]).Phase(later, work); f.Verdict != want {
			t.Errorf("of %d runs: verdict %v, want %v", n, f.Verdict, want)
		}
	}
}

// TestSimilar: a plan may name runs of other systems as its like.
func TestSimilar(t *testing.T) {
	var all []forecast.Run
	var similar []string
	for i := range forecast.MinRuns {
		other := run(i, "mail", time.Hour, time.Hour)
		all = append(all, other, run(100+i, "web", time.Hour, 3*time.Hour))
		similar = append(similar, other.ID)
	}
	work := forecast.Work{System: "db", Planned: time.Hour, Similar: similar}
	if f := forecast.New(all).Whole(later, work); f.Basis != forecast.SameSystem || f.Runs != forecast.MinRuns || f.Expected() > 2*time.Hour {
		t.Errorf("expected %v by %d of %q", f.Expected(), f.Runs, f.Basis)
	}
}

// TestTitlesWhereASystemIsUnknown: imported outages name no system; their
// titles speak for the plan of one. Another system is another class whatever
// its titles.
func TestTitlesWhereASystemIsUnknown(t *testing.T) {
	work := forecast.Work{System: "fleet", Title: "Server updates and reboots", Planned: time.Hour}
	for system, want := range map[string]forecast.Basis{"": forecast.SameSystem, "mail": forecast.Organisation} {
		var all []forecast.Run
		for i := range forecast.MinRuns {
			like, other := run(i, system, time.Hour, time.Hour), run(100+i, system, time.Hour, 9*time.Hour)
			like.Title, other.Title = "Updates/reboots of servers", "New wiki"
			all = append(all, like, other)
		}
		if f := forecast.New(all).Whole(later, work); f.Basis != want {
			t.Errorf("runs of system %q: basis %q of %d, want %q", system, f.Basis, f.Runs, want)
		}
	}
}
