package forecast_test

import (
	"math"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"upgradehub/events/forecast"
)

var (
	noon  = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	later = noon.AddDate(10, 0, 0)
)

// run is the i-th of runs a day apart.
func run(i int, system string, planned, actual time.Duration) forecast.Run {
	start := noon.AddDate(0, 0, i)
	return forecast.Run{ID: strconv.Itoa(i), System: system, Start: start, Known: start.Add(actual), Planned: planned, Actual: actual}
}

// minutes draws durations of whole minutes.
func minutes(most int) *rapid.Generator[time.Duration] {
	return rapid.Map(rapid.IntRange(1, most), func(n int) time.Duration { return time.Duration(n) * time.Minute })
}

// runs draws a history of one system in which everything was planned to take
// an hour, so that the actual durations are the sample.
func runs(t *rapid.T, system string, from, least, most int) (all []forecast.Run, sample []time.Duration) {
	sample = rapid.SliceOfN(minutes(600), least, most).Draw(t, system)
	for i, actual := range sample {
		all = append(all, run(from+i, system, time.Hour, actual))
	}
	return all, slices.Sorted(slices.Values(sample))
}

// type6 is Hyndman and Fan's definition 6 in its closed form.
func type6(sorted []time.Duration, p float64) time.Duration {
	n := len(sorted)
	h := float64(n+1) * p
	switch i := int(h); {
	case h <= 1:
		return sorted[0]
	case h >= float64(n):
		return sorted[n-1]
	default:
		return sorted[i-1] + time.Duration((h-float64(i))*float64(sorted[i]-sorted[i-1]))
	}
}

func near(a, b time.Duration) bool { return (a - b).Abs() <= time.Millisecond }

func TestQuantilesAreOrderStatistics(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all, sample := runs(t, "db", 0, forecast.MinRuns, 40)
		p := rapid.Float64Range(0.001, 0.999).Draw(t, "p")
		f := forecast.New(all).Whole(later, forecast.Work{System: "db", Planned: time.Hour})
		if got, want := f.Quantile(p), type6(sample, p); f.Verdict != forecast.Likely || !near(got, want) {
			t.Errorf("Quantile(%v) of %v = %v, want %v", p, sample, got, want)
		}
		if f.Basis != forecast.SameSystem || f.Runs != len(sample) {
			t.Errorf("evidence is %d runs of %q, want %d of the system", f.Runs, f.Basis, len(sample))
		}
	})
}

func TestConditionalOnElapsed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all, sample := runs(t, "db", 0, forecast.MinRuns, 40)
		elapsed := minutes(700).Draw(t, "elapsed")
		p := rapid.Float64Range(0.001, 0.999).Draw(t, "p")
		f := forecast.New(all).Whole(later, forecast.Work{System: "db", Planned: time.Hour, Elapsed: elapsed})
		left := slices.DeleteFunc(slices.Clone(sample), func(d time.Duration) bool { return d <= elapsed })
		if len(left) == 0 {
			if low, high := f.Interval(); f.Verdict != forecast.Beyond || f.Runs != len(sample) || low != 0 || high != 0 {
				t.Errorf("after %v of at most %v: %v, %d runs, interval %v to %v; want no end", elapsed, sample[len(sample)-1], f.Verdict, f.Runs, low, high)
			}
			return
		}
		if got, want := f.Quantile(p), type6(left, p); !near(got, want) || got <= elapsed {
			t.Errorf("Quantile(%v) after %v of %v = %v, want %v", p, elapsed, sample, got, want)
		}
	})
}

// TestBorrowing compares with weights worked out by hand: own runs count one
// each, and the whole organisation two.
func TestBorrowing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		own, mine := runs(t, "db", 0, 1, 20)
		others, theirs := runs(t, "mail", 100, forecast.MinRuns, 20)
		p := rapid.Float64Range(0.001, 0.999).Draw(t, "p")
		h := forecast.New(slices.Concat(own, others))
		got := h.Whole(later, forecast.Work{System: "db", Planned: time.Hour}).Quantile(p)
		if want := blended(mine, theirs, p); !near(got, want) {
			t.Errorf("Quantile(%v) of own %v and other %v = %v, want %v", p, mine, theirs, got, want)
		}
	})
}

func blended(own, others []time.Duration, p float64) time.Duration {
	type weighted struct {
		d time.Duration
		w float64
	}
	var all []weighted
	share := 2 / float64(len(own)+len(others))
	for _, d := range others {
		all = append(all, weighted{d, share})
	}
	for _, d := range own {
		all = append(all, weighted{d, 1 + share})
	}
	slices.SortStableFunc(all, func(a, b weighted) int { return int(a.d - b.d) })
	sum, squares := 0.0, 0.0
	for _, x := range all {
		sum += x.w
		squares += x.w * x.w
	}
	n, below := sum*sum/squares, 0.0
	last, lastAt := all[0].d, math.Inf(-1)
	for _, x := range all {
		at := ((below+x.w/2)*n/sum + 0.5) / (n + 1)
		if at >= p {
			if math.IsInf(lastAt, -1) {
				return x.d
			}
			return last + time.Duration((p-lastAt)/(at-lastAt)*float64(x.d-last))
		}
		last, lastAt = x.d, at
		below += x.w
	}
	return last
}

func TestThin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all, _ := runs(t, "db", 0, 0, 12)
		f := forecast.New(all).Whole(later, forecast.Work{System: "db", Planned: time.Hour})
		if thin := len(all) < forecast.MinRuns; (f.Verdict == forecast.Thin) != thin || (f.Quantile(0.5) == 0) != thin {
			t.Errorf("%d runs: verdict %v, median %v", len(all), f.Verdict, f.Quantile(0.5))
		}
	})
}

func TestMonotonous(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		own, _ := runs(t, "db", 0, 0, 20)
		others, _ := runs(t, "mail", 100, forecast.MinRuns, 20)
		all := slices.Concat(own, others)
		work := forecast.Work{System: "db", Planned: minutes(600).Draw(t, "planned")}
		f := forecast.New(all).Whole(later, work)
		slower := slices.Clone(all)
		for i := range slower {
			slower[i].Actual += minutes(60).Draw(t, "slower")
		}
		g := forecast.New(slower).Whole(later, work)
		a, b := rapid.Float64Range(0, 1).Draw(t, "a"), rapid.Float64Range(0, 1).Draw(t, "b")
		if f.Quantile(min(a, b)) > f.Quantile(max(a, b)) {
			t.Errorf("Quantile(%v) = %v and Quantile(%v) = %v", a, f.Quantile(a), b, f.Quantile(b))
		}
		if len(own) == 0 && g.Quantile(a) < f.Quantile(a)-time.Millisecond {
			t.Errorf("Quantile(%v) = %v, and %v when everything took longer", a, f.Quantile(a), g.Quantile(a))
		}
		low, high := f.Interval()
		if e := f.Expected(); low > e || e > high || f.Within(high) < f.Within(low) || f.Within(f.Quantile(0)-time.Second) > 0 && f.Basis == forecast.Organisation {
			t.Errorf("interval %v to %v, within them %d and %d", low, high, f.Within(low), f.Within(high))
		}
	})
}

func TestOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		own, _ := runs(t, "db", 0, 0, 12)
		others, _ := runs(t, "mail", 3, forecast.MinRuns, 12)
		all := slices.Concat(own, others)
		mixed := rapid.Permutation(all).Draw(t, "mixed")
		work := forecast.Work{System: "db", Planned: time.Hour}
		a, b := forecast.New(all).Whole(later, work), forecast.New(mixed).Whole(later, work)
		alow, ahigh := a.Interval()
		if low, high := b.Interval(); low != alow || high != ahigh || a.Expected() != b.Expected() {
			t.Errorf("interval %v to %v, in another order %v to %v", alow, ahigh, low, high)
		}
	})
}

// TestNoPeeking: what becomes known at or after the moment changes nothing.
func TestNoPeeking(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		past, _ := runs(t, "db", 0, forecast.MinRuns, 20)
		at := past[len(past)-1].Known.Add(time.Second)
		future, _ := runs(t, "db", 0, 0, 20)
		for i := range future {
			future[i].ID = "future" + future[i].ID
			future[i].Known = at.Add(minutes(1000).Draw(t, "known") - time.Minute)
		}
		future = slices.DeleteFunc(future, func(r forecast.Run) bool { return !r.Known.After(r.Start) })
		work := forecast.Work{System: "db", Planned: time.Hour}
		a, b := forecast.New(past).Whole(at, work), forecast.New(append(future, past...)).Whole(at, work)
		alow, ahigh := a.Interval()
		if low, high := b.Interval(); low != alow || high != ahigh || a.Runs != b.Runs {
			t.Errorf("interval %v to %v, with the future %v to %v", alow, ahigh, low, high)
		}
	})
}

// TestBeyondSimilar: the system has always ended by now; that others once took
// days is no ground for an end.
func TestBeyondSimilar(t *testing.T) {
	var all []forecast.Run
	for i := range 10 {
		all = append(all, run(i, "db", time.Hour, time.Hour), run(100+i, "mail", time.Hour, 90*time.Hour))
	}
	f := forecast.New(all).Whole(later, forecast.Work{System: "db", Planned: time.Hour, Elapsed: 2 * time.Hour})
	if f.Verdict != forecast.Beyond || f.Runs != 10 || f.Quantile(0.9) != 0 {
		t.Errorf("verdict %v of %d runs, P90 %v; want longer than any of 10", f.Verdict, f.Runs, f.Quantile(0.9))
	}
}

func TestUnusableRunsAreLeftOut(t *testing.T) {
	var all []forecast.Run
	for i := range 7 {
		all = append(all, run(i, "db", time.Hour, time.Hour))
	}
	early := run(9, "db", time.Hour, time.Hour)
	early.Known = early.Start
	all = append(all, all[0], early, run(10, "db", 0, time.Hour), run(11, "db", time.Hour, -time.Hour))
	if f := forecast.New(all).Whole(later, forecast.Work{System: "db", Planned: time.Hour}); f.Verdict != forecast.Thin || f.Runs != 7 {
		t.Errorf("verdict %v of %d runs, want too few: 7", f.Verdict, f.Runs)
	}
}

func TestTitles(t *testing.T) {
	tests := []struct {
		name, past, title string
		same              bool
	}{
		{"other order and endings", "Server Updates & Reboots", "update/reboots of servers", true},
		{"versions", "Bodhi upgrade to 3.7.0", "Bodhi upgrades", true},
		{"one word more", "Upgrade of Copr servers", "Copr upgrade", true},
		{"half of the words", "Bodhi upgrade", "Bodhi outage", true},
		{"other work", "Fedora wiki update", "wiki upgrade outage", false},
		{"other system", "Bodhi upgrade", "Copr upgrade", false},
		{"no words", "2026", "2026", false},
		{"other script", "Обновление сервера", "обновление сервера 2", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var all []forecast.Run
			for i := range forecast.MinRuns {
				r := run(i, "", time.Hour, time.Hour)
				r.Title = tt.past
				all = append(all, r)
			}
			f := forecast.New(all).Whole(later, forecast.Work{Title: tt.title, Planned: time.Hour})
			if same := f.Basis == forecast.SameSystem; same != tt.same {
				t.Errorf("%q after %q: basis %q, want the same class: %t", tt.title, tt.past, f.Basis, tt.same)
			}
		})
	}
}
