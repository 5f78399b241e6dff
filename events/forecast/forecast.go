// Package forecast says how long work will take by how long such work took
// before: reference-class forecasting, after Kahneman and Tversky (1979) and
// Flyvbjerg (2006). It looks at no detail of the work, only at the ratios of
// actual to planned duration in its history.
//
// The history of a piece of work is a chain of classes: the same kind of
// phase, then the same system (where none is known: a similar title), then
// the organisation. A class that has few runs of its own borrows from the
// wider one: every run of the class counts one, and all of the wider class
// together count two. That is the mean of a Dirichlet process around the
// wider class (Ferguson 1973), and there is no number of runs at which the
// forecast jumps. It also keeps its own record: the levels that it reads off
// the sample move with how its past forecasts went.
//
// It claims little. With fewer than [MinRuns] past runs there is no forecast.
// What is under way is compared only with runs that had not ended by then;
// when it outlasts every similar run, that is said and no end is given. No
// quantile lies outside what was seen. The package is pure: it reads no clock
// and draws no random numbers, and the same history gives the same forecast.
// Its results are views and are never folded.
package forecast

import (
	"cmp"
	"slices"
	"time"
)

// MinRuns is the number of past runs below which nothing is forecast, also of
// phases: eight phases of two runs are two runs.
const MinRuns = 8

// Run is a past upgrade or outage that has ended.
type Run struct {
	ID     string
	System string // what was worked on; where it is empty, the title is the class
	Title  string
	// Start is the moment at which a forecast of it was due: when it was to
	// start, or did if that was earlier.
	Start time.Time
	// Known is when it became known that it had ended. No forecast of an
	// earlier moment uses the run.
	Known           time.Time
	Planned, Actual time.Duration
	Phases          []Phase // empty where only the whole is known
	Line            int     // of the file it was read from, if it was
}

// Phase is a phase of a Run that has ended.
type Phase struct {
	Kind            string
	Planned, Actual time.Duration
}

// Work is what a forecast is wanted for.
type Work struct {
	Kind          string // of a phase
	System, Title string
	Similar       []string // ids of runs that are of its class by the plan's word
	Planned       time.Duration
	Elapsed       time.Duration // how long it has been under way; 0 before it starts
}

// Verdict says whether there is a forecast.
type Verdict int

// The verdicts. Of Thin and Beyond there are no quantiles.
const (
	Thin   Verdict = iota // fewer than MinRuns past runs: show the window only
	Beyond                // it has lasted longer than any of Runs before
	Likely
)

// Basis names the class whose runs are the evidence of a Forecast.
type Basis string

// The bases, from narrow to wide.
const (
	SameKind     Basis = "kind"
	SameSystem   Basis = "system"
	Organisation Basis = "organisation"
)

// Forecast is how long a piece of work is likely to take, from its start. Its
// evidence is the narrowest class that has MinRuns runs.
type Forecast struct {
	Verdict Verdict
	Basis   Basis
	Runs    int // how many runs of the basis there are

	basis  []float64 // what each run of the basis would take here, ascending
	sample sample    // durations in nanoseconds
	levels levels
}

// Quantile is the duration that the work keeps within with probability p. It
// is 0 without a forecast.
func (f Forecast) Quantile(p float64) time.Duration {
	if f.Verdict != Likely {
		return 0
	}
	return duration(f.sample.quantile(p))
}

// Interval holds the duration in 80 of 100 cases, as [History] has calibrated
// it. It is 0 and 0 without a forecast.
func (f Forecast) Interval() (low, high time.Duration) {
	return f.Quantile(f.levels.miss / 2), f.Quantile(1 - f.levels.miss/2)
}

// Expected is the duration that the work exceeds as often as not, as
// [History] has calibrated it; it lies in the interval. It is 0 without a
// forecast.
func (f Forecast) Expected() time.Duration {
	tail := f.levels.miss / 2
	return f.Quantile(min(max(f.levels.middle, tail), 1-tail))
}

// Within counts the runs of the basis that would have taken at most d here:
// "8 of 10 similar phases took under 45 min".
func (f Forecast) Within(d time.Duration) int {
	k := 0
	for _, v := range f.basis {
		if duration(v) <= d {
			k++
		}
	}
	return k
}

// History is what past runs teach. It has forecast each of its runs from
// those before it, and learnt from how that went.
type History struct {
	runs  []past  // in order
	rise  []*past // the same, by their ratios
	words vocabulary
}

// past is a run with what is compared, and how its own forecast went. The
// forecast itself holds a sample of all that came before: it is made anew for
// who asks.
type past struct {
	Run
	class   class
	ratio   float64
	verdict Verdict
	made    Prediction // if it was Likely
	covered bool
	kept    float64
}

// New returns a History of runs. Runs without a positive planned and actual
// duration, or known before they began, are left out, and so is a second run
// of the same id and start. The order of runs does not matter.
func New(runs []Run) *History {
	h := &History{words: vocabulary{}}
	for _, r := range runs {
		if r.Planned > 0 && r.Actual > 0 && r.Known.After(r.Start) {
			h.runs = append(h.runs, past{Run: r, class: h.words.learn(r.System, r.Title), ratio: ratio(r.Actual, r.Planned)})
		}
	}
	slices.SortFunc(h.runs, func(a, b past) int {
		return cmp.Or(order(a.Run, b.Run), a.Known.Compare(b.Known), cmp.Compare(a.Planned, b.Planned),
			cmp.Compare(a.Actual, b.Actual), cmp.Compare(a.System, b.System), cmp.Compare(a.Title, b.Title))
	})
	h.runs = slices.CompactFunc(h.runs, func(a, b past) bool { return order(a.Run, b.Run) == 0 })
	for i := range h.runs {
		h.rise = append(h.rise, &h.runs[i])
	}
	slices.SortStableFunc(h.rise, func(a, b *past) int { return cmp.Compare(a.ratio, b.ratio) })
	// In the order of their starts, all that is known at one start has been
	// forecast already, because every run is known after its start.
	for i := range h.runs {
		h.runs[i].learn(h.atStart(h.runs[i].Run))
	}
	return h
}

// atStart is the forecast that a run got at its start.
func (h *History) atStart(r Run) Forecast {
	return h.Whole(r.Start, Work{System: r.System, Title: r.Title, Planned: r.Planned})
}

// order sorts runs by their start. What it finds equal is the same run.
func order(a, b Run) int { return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.ID, b.ID)) }

// Whole forecasts an upgrade as a whole from what was known before the
// moment at. The Kind of the work does not count.
func (h *History) Whole(at time.Time, w Work) Forecast {
	known, in := h.known(at), h.class(w)
	all := make([]observation, 0, len(known))
	for _, r := range h.rise { // so what follows sorts what is sorted
		if !r.Known.Before(at) {
			continue
		}
		value := r.ratio * float64(w.Planned)
		all = append(all, observation{value: value, survives: duration(value) > w.Elapsed, system: in.has(r)})
	}
	return forecast(all, calibrated(known))
}

// Phase forecasts one phase from the phases that were known before the
// moment at. It is not calibrated.
func (h *History) Phase(at time.Time, w Work) Forecast {
	var all []observation
	in, runs := h.class(w), 0
	for _, r := range h.known(at) {
		before, system := len(all), in.has(r)
		for _, p := range r.Phases {
			if p.Planned <= 0 || p.Actual <= 0 {
				continue
			}
			value := ratio(p.Actual, p.Planned) * float64(w.Planned)
			all = append(all, observation{
				value: value, survives: duration(value) > w.Elapsed,
				system: system, kind: w.Kind != "" && p.Kind == w.Kind,
			})
		}
		if len(all) > before {
			runs++
		}
	}
	if runs < MinRuns {
		return Forecast{Runs: len(all), Basis: Organisation}
	}
	return forecast(all, nominal)
}

// known returns the runs whose end was known before the moment at.
func (h *History) known(at time.Time) []*past {
	var known []*past
	for i := range h.runs {
		if r := &h.runs[i]; r.Known.Before(at) {
			known = append(known, r)
		}
	}
	return known
}

// ratioOf is actual to planned of a run's phases of a kind; of the whole run,
// if none is known.
func (p *past) ratioOf(kind string) (r float64, known bool) {
	var planned, actual time.Duration
	for _, ph := range p.Phases {
		if kind != "" && ph.Kind == kind && ph.Planned > 0 && ph.Actual > 0 {
			planned += ph.Planned
			actual += ph.Actual
		}
	}
	if planned <= 0 || actual <= 0 {
		return p.ratio, false
	}
	return ratio(actual, planned), true
}

func ratio(actual, planned time.Duration) float64 { return float64(actual) / float64(planned) }

// duration rounds to whole milliseconds, so that a run which went as others
// did is not found shorter by a rounding error, and does not overflow.
func duration(ns float64) time.Duration {
	return time.Duration(min(ns, float64(longest))).Round(time.Millisecond)
}

// longest is the longest duration that is told from longer ones.
const longest = time.Duration(1 << 62)
