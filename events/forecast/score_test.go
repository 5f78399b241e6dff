package forecast_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"upgradehub/events/forecast"
)

// promised are the thresholds under which the forecast may be shown.
func promised(t *testing.T, s forecast.Score) {
	t.Helper()
	gain := 1 - s.Error.Minutes()/s.PlanError.Minutes()
	t.Logf("n %d, coverage %.3f, error %.1f min, plan %.1f min, gain %.2f", s.Runs, s.Coverage, s.Error.Minutes(), s.PlanError.Minutes(), gain)
	if s.Coverage < 0.7 || s.Coverage > 0.9 {
		t.Errorf("the 80 %% interval held %.0f %%, want 70 to 90", 100*s.Coverage)
	}
	if gain < 0.15 {
		t.Errorf("the error is %.0f %% below the plan's, want 15", 100*gain)
	}
}

// TestSample scores real outages, those whose history is long enough: all of
// them rolling from nothing, and the later ones after the earlier ones.
func TestSample(t *testing.T) {
	all, skipped := sample(t)
	if len(all) != 40 || len(skipped) != 5 {
		t.Fatalf("%d runs and %v, want 40 and 5", len(all), skipped)
	}
	tests := []struct {
		name        string
		train, test []forecast.Run
		n, unscored int
	}{
		{"rolling from nothing", nil, all, 32, 8},
		{"the file against itself", all, all, 32, 8},
		{"second half", all[:20], all[20:], 20, 0},
		{"last third", all[:27], all[27:], 13, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, unscored := forecast.Backtest(tt.train, tt.test)
			if s.Runs != tt.n || len(unscored) != tt.unscored {
				t.Errorf("%d scored and %d not, want %d and %d", s.Runs, len(unscored), tt.n, tt.unscored)
			}
			promised(t, s)
		})
	}
}

// world is a way in which work may go against its plan.
type world struct {
	name  string
	ratio func(r *rand.Rand, system, i int) float64
	gains bool // systems differ from their plans by more than chance
}

var worlds = []world{
	{"honest plans", func(r *rand.Rand, _, _ int) float64 { return math.Exp(0.3 * r.NormFloat64()) }, false},
	{"biased systems", func(r *rand.Rand, system, _ int) float64 {
		return math.Exp(0.5*float64(system%4-1) + 0.3*r.NormFloat64())
	}, true},
	{"heavy tails", func(r *rand.Rand, system, _ int) float64 {
		return (0.4 + 0.3*float64(system%3)) * math.Pow(1-r.Float64(), -1/1.2)
	}, false},
	{"forgotten pages", func(r *rand.Rand, system, _ int) float64 {
		if r.Float64() < 0.1 {
			return 5 + 100*r.Float64()
		}
		return (0.5 + 0.4*float64(system%3)) * math.Exp(0.25*r.NormFloat64())
	}, true},
	{"one or the other", func(r *rand.Rand, system, _ int) float64 {
		return []float64{0.4, 0.6}[system%2] + float64(r.IntN(2))*0.3 + 0.1*r.Float64()
	}, true},
	{"plans become honest", func(r *rand.Rand, _, i int) float64 {
		return math.Exp(max(0, 1.5-float64(i)/80) + 0.3*r.NormFloat64())
	}, true},
}

func (w world) runs(r *rand.Rand, n int) []forecast.Run {
	var all []forecast.Run
	for i := range n {
		system := int(8 * r.Float64() * r.Float64())
		planned := time.Duration(1+r.IntN(5)) * time.Hour
		actual := time.Duration(w.ratio(r, system, i) * float64(planned))
		all = append(all, run(7*i, strconv.Itoa(system), planned, actual))
	}
	return all
}

// TestWorlds scores histories of several kinds, those of years after those of
// months, and short ones from nothing: on the average of 40, the interval holds
// what it says, and nearly every one of them alone is within the bounds.
func TestWorlds(t *testing.T) {
	const worldsOfAKind = 40
	for _, long := range []struct {
		name     string
		n, train int
		gains    bool
	}{{"years", 112, 45, true}, {"months", 45, 0, false}} {
		for _, w := range worlds {
			t.Run(w.name+" for "+long.name, func(t *testing.T) {
				r := rand.New(rand.NewPCG(1, 2))
				var coverage float64
				var gains []float64
				within := 0
				for range worldsOfAKind {
					all := w.runs(r, long.n)
					s, _ := forecast.Backtest(all[:long.train], all[long.train:])
					coverage += s.Coverage / worldsOfAKind
					gains = append(gains, 1-s.Error.Minutes()/s.PlanError.Minutes())
					if 0.7 <= s.Coverage && s.Coverage <= 0.9 {
						within++
					}
				}
				slices.Sort(gains)
				gain := gains[len(gains)/2]
				t.Logf("coverage %.3f, %d of %d between 0.7 and 0.9, median gain %.2f", coverage, within, worldsOfAKind, gain)
				if coverage < 0.74 || coverage > 0.84 || within < worldsOfAKind*9/10 {
					t.Errorf("coverage %.3f, %d of %d between 0.7 and 0.9", coverage, within, worldsOfAKind)
				}
				if long.gains && (w.gains && gain < 0.15 || gain < -0.2) {
					t.Errorf("median gain over the plan %.2f", gain)
				}
			})
		}
	}
}

// TestScoresKeepStill: the forecast of a run does not change with what comes
// after it.
func TestScoresKeepStill(t *testing.T) {
	all, _ := sample(t)
	for n := range all {
		whole, part := forecast.New(all), forecast.New(all[:n+1])
		a, _ := whole.Forecast(all[n])
		b, ok := part.Forecast(all[n])
		alow, ahigh := a.Interval()
		if low, high := b.Interval(); !ok || low != alow || high != ahigh || a.Expected() != b.Expected() {
			t.Errorf("%s: interval %v to %v, with all that came later %v to %v", all[n].ID, low, high, alow, ahigh)
		}
	}
}

// TestPinballIsProper: no single number has less loss over a sample than its
// quantile.
func TestPinballIsProper(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, sample := runs(t, "db", 0, 1, 30)
		p := rapid.Float64Range(0.01, 0.99).Draw(t, "p")
		other := minutes(700).Draw(t, "other")
		loss := func(predicted time.Duration) (sum time.Duration) {
			for _, actual := range sample {
				sum += forecast.Pinball(p, predicted, actual)
			}
			return sum
		}
		best := sample[min(int(p*float64(len(sample))), len(sample)-1)]
		if loss(best) > loss(other)+time.Microsecond {
			t.Errorf("at %v of %v: loss of %v is %v, of %v %v", p, sample, best, loss(best), other, loss(other))
		}
	})
}

func TestScoreByHand(t *testing.T) {
	var train []forecast.Run
	for i := range forecast.MinRuns {
		train = append(train, run(i, "db", time.Hour, 2*time.Hour))
	}
	test := []forecast.Run{run(20, "db", time.Hour, 2*time.Hour), run(21, "db", time.Hour, 3*time.Hour), run(22, "db", time.Hour, 2*time.Hour)}
	s, unscored := forecast.Backtest(train, test)
	want := forecast.Score{Runs: 3, Coverage: 2.0 / 3, Error: 0, PlanError: time.Hour}
	want.Pinball = [3]time.Duration{2 * time.Minute, 10 * time.Minute, s.Pinball[2]}
	if s != want || len(unscored) != 0 {
		t.Errorf("Backtest = %+v, %v, want %+v", s, unscored, want)
	}
	// At 22 the longest known run, 3 h, is one of nine: P90 is there.
	if least, most := 17*time.Minute, 41*time.Minute; s.Pinball[2] < least || s.Pinball[2] > most {
		t.Errorf("loss at P90 is %v, want between %v and %v", s.Pinball[2], least, most)
	}
	if s, unscored := forecast.Backtest(nil, test); s.Runs != 0 || len(unscored) != 3 {
		t.Errorf("without history: %+v, %d unscored", s, len(unscored))
	}
}

func FuzzWhole(f *testing.F) {
	f.Add(int64(time.Hour), int64(time.Hour), int64(0))
	f.Add(int64(1), int64(math.MaxInt64), int64(math.MaxInt64))
	f.Fuzz(func(t *testing.T, planned, actual, elapsed int64) {
		var all []forecast.Run
		for i := range 12 {
			r := run(i, "db", time.Duration(planned), time.Duration(actual))
			r.Known = r.Start.Add(time.Minute)
			all = append(all, r)
		}
		got := forecast.New(all).Whole(later, forecast.Work{System: "db", Planned: time.Duration(actual), Elapsed: time.Duration(elapsed)})
		if low, high := got.Interval(); planned > 0 && actual > 0 && (low > high || low < 0) {
			t.Errorf("planned %d, actual %d, elapsed %d: interval %v to %v", planned, actual, elapsed, low, high)
		}
	})
}
