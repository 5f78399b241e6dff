package forecast_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"upgradehub/events/forecast"
)

// outages are so many, two a day, of some dozen sorts, about as long as planned.
func outages(n int) []forecast.Run {
	draw, start := rand.New(rand.NewPCG(1, 2)), time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	runs := make([]forecast.Run, n)
	for i := range runs {
		at, planned := start.Add(time.Duration(i)*12*time.Hour), time.Duration(30+30*draw.IntN(8))*time.Minute
		actual := time.Duration(float64(planned) * (0.4 + draw.ExpFloat64()))
		runs[i] = forecast.Run{
			ID: fmt.Sprint(i), Title: fmt.Sprintf("Move of database %c and server %c", 'A'+draw.IntN(6), 'k'+draw.IntN(4)),
			Start: at, Known: at.Add(actual), Planned: planned, Actual: actual,
		}
	}
	return runs
}

// BenchmarkBacktest measures the backtest of 5,000 outages against the least
// that whoever forecasts each of them anew would do: sort what was known before
// it. Both are measured in turns, and the ratio is what counts:
//
//	go test ./events/forecast -bench Backtest -run '^$'
func BenchmarkBacktest(b *testing.B) {
	runs := outages(5000)
	took := make([]float64, len(runs))
	for i, r := range runs {
		took[i] = float64(r.Actual) / float64(r.Planned)
	}
	var ours, sorting time.Duration
	for b.Loop() {
		began := time.Now()
		forecast.Backtest(runs, runs)
		ours += time.Since(began)
		began = time.Now()
		for i := range runs {
			slices.Sort(slices.Clone(took[:i]))
		}
		sorting += time.Since(began)
	}
	b.ReportMetric(ours.Seconds()/float64(b.N), "s/backtest")
	b.ReportMetric(float64(ours)/float64(sorting), "backtest/sorting")
}
