package forecast

import (
	"cmp"
	"slices"
	"time"
)

// levels are where in the sample a forecast is read off.
type levels struct {
	miss   float64 // the share of cases that the interval leaves out
	middle float64 // the share of cases that keep within the expected duration
}

// nominal are the levels of a forecast without a record.
var nominal = levels{miss: 0.2, middle: 0.5}

// How far the outcome of one forecast moves the levels. A miss of the interval
// is rare news and moves it far; on which side of the middle a run falls is
// half chance, and moves little.
const (
	missLearning   = 0.05
	middleLearning = 0.02
)

// calibrated are the levels at which, in the long run, a fifth misses the
// interval and half keep within the expected duration. History drifts:
// forgotten pages become rarer, plans more honest. Adaptive conformal
// inference (Gibbs and Candès 2021) follows that by the record of past
// forecasts alone. The interval never becomes narrower than the middle 40 % of
// history nor wider than 98 %.
func calibrated(known []*past) levels {
	l := nominal
	for _, r := range known {
		if r.verdict != Likely {
			continue
		}
		l.miss += missLearning * nominal.miss
		if !r.covered {
			l.miss -= missLearning
		}
		l.middle += middleLearning * (nominal.middle - r.kept)
	}
	return levels{miss: min(max(l.miss, 0.02), 0.6), middle: min(max(l.middle, 0.2), 0.8)}
}

// learn keeps how the forecast of a run went.
func (p *past) learn(f Forecast) {
	if p.verdict = f.Verdict; f.Verdict != Likely {
		return
	}
	p.made = Prediction{Expected: f.Expected(), Planned: p.Planned, Actual: p.Actual}
	p.made.Low, p.made.High = f.Interval()
	for i, level := range scored {
		p.made.Quantiles[i] = f.Quantile(level)
	}
	p.covered, p.kept = p.made.covered(), p.made.kept()
}

// kept is 1 if the run kept within what was expected, 0 if not, and neither
// when it took exactly that.
func (p Prediction) kept() float64 {
	switch cmp.Compare(p.Actual.Round(time.Millisecond), p.Expected) {
	case -1:
		return 1
	case 0:
		return 0.5
	}
	return 0
}

// Score says how good forecasts were.
type Score struct {
	Runs     int     // forecasts that were scored
	Coverage float64 // share of actual durations in the 80 % interval
	// The medians of the absolute errors of the expected and the planned.
	Error, PlanError time.Duration
	// Pinball is the mean loss of the quantiles at 10, 50 and 90 %: the proper
	// score that the true quantiles make least.
	Pinball [3]time.Duration
}

// scored are the quantiles whose loss a Score tells.
var scored = [3]float64{0.1, 0.5, 0.9}

// Prediction is a forecast that was made, and what came.
type Prediction struct {
	Low, Expected, High time.Duration    // the 80 % interval, and its middle
	Quantiles           [3]time.Duration // at 10, 50 and 90 %
	Planned, Actual     time.Duration
}

func (p Prediction) covered() bool {
	actual := p.Actual.Round(time.Millisecond)
	return p.Low <= actual && actual <= p.High
}

// Score scores the forecast that each of the runs got at its start, from
// nothing but what was known before. Runs that the history does not have, or
// for which there was too little of it, do not count.
func (h *History) Score(of []Run) Score {
	var made []Prediction
	for _, run := range of {
		if r, ok := h.find(run); ok && r.verdict == Likely {
			made = append(made, r.made)
		}
	}
	return ScoreOf(made)
}

// ScoreOf scores predictions.
func ScoreOf(made []Prediction) Score {
	s := Score{Runs: len(made)}
	if s.Runs == 0 {
		return s
	}
	var covered float64
	var off, planOff []time.Duration
	var losses [len(scored)]float64
	for _, p := range made {
		if p.covered() {
			covered++
		}
		off, planOff = append(off, (p.Expected-p.Actual).Abs()), append(planOff, (p.Planned-p.Actual).Abs())
		for i, level := range scored {
			losses[i] += float64(Pinball(level, p.Quantiles[i], p.Actual))
		}
	}
	n := float64(s.Runs)
	s.Coverage, s.Error, s.PlanError = covered/n, median(off), median(planOff)
	for i := range scored {
		s.Pinball[i] = duration(losses[i] / n)
	}
	return s
}

// Backtest forecasts each of the test runs at its start from what was known
// before, train and earlier test runs alike, and scores that. Runs for which
// too few were known are returned unscored. A run that stands in both is
// scored as test has it, and is no evidence for itself.
func Backtest(train, test []Run) (s Score, unscored []Run) {
	all := slices.Clone(test)
	tested := slices.SortedFunc(slices.Values(test), order)
	for _, r := range train {
		if _, both := slices.BinarySearchFunc(tested, r, order); !both {
			all = append(all, r)
		}
	}
	h := New(all)
	for _, r := range test {
		if p, ok := h.find(r); !ok || p.verdict != Likely {
			unscored = append(unscored, r)
		}
	}
	return h.Score(test), unscored
}

// Forecast returns the forecast that a run of the history got at its start.
func (h *History) Forecast(of Run) (Forecast, bool) {
	r, ok := h.find(of)
	if !ok {
		return Forecast{}, false
	}
	return h.atStart(r.Run), true
}

func (h *History) find(run Run) (past, bool) {
	i, ok := slices.BinarySearchFunc(h.runs, run, func(p past, r Run) int {
		return order(p.Run, r)
	})
	if !ok {
		return past{}, false
	}
	return h.runs[i], true
}

// Pinball is the loss of having said that the actual duration keeps within
// the predicted one with probability p.
func Pinball(p float64, predicted, actual time.Duration) time.Duration {
	if actual >= predicted {
		return duration(p * float64(actual-predicted))
	}
	return duration((1 - p) * float64(predicted-actual))
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	n := len(d)
	return d[(n-1)/2] + (d[n/2]-d[(n-1)/2])/2
}
