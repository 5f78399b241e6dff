package forecast

import (
	"cmp"
	"slices"
)

// borrowed is how many runs all of the wider class count for together. A
// class of three runs is then mostly its own, and one of thirty entirely.
const borrowed = 2.0

// observation is what one past run says of the work at hand.
type observation struct {
	value        float64 // what the work takes if it goes as the run did
	survives     bool    // the run had not ended by what has elapsed
	kind, system bool    // it is of the same class
	weight       float64
}

// forecast judges all observations of an organisation.
func forecast(all []observation, at levels) Forecast {
	if len(all) < MinRuns {
		return Forecast{Runs: len(all), Basis: Organisation}
	}
	f := evidence(all)
	f.levels = at
	if f.Verdict == Likely {
		f.sample = newSample(weigh(all))
	}
	return f
}

// evidence finds the narrowest class that is large enough to be shown. When
// all of it has ended by what has elapsed, the little that wider classes know
// of such cases is no ground for naming an end.
func evidence(all []observation) Forecast {
	f := Forecast{Verdict: Beyond}
	class := all
	f.Basis = Organisation
	for _, narrower := range []struct {
		name Basis
		has  func(observation) bool
	}{{SameKind, isKind}, {SameSystem, isSystem}} {
		if own := only(all, narrower.has); len(own) >= MinRuns {
			class, f.Basis = own, narrower.name
			break
		}
	}
	f.Runs = len(class)
	for _, o := range class {
		f.basis = append(f.basis, o.value)
		if o.survives {
			f.Verdict = Likely
		}
	}
	slices.Sort(f.basis)
	return f
}

func isKind(o observation) bool   { return o.kind }
func isSystem(o observation) bool { return o.system }

func only(all []observation, keep func(observation) bool) []observation {
	var own []observation
	for _, o := range all {
		if keep(o) {
			own = append(own, o)
		}
	}
	return own
}

// weigh gives each observation its weight, from the narrowest class that has
// any to the organisation, and returns those that survive.
func weigh(all []observation) []observation {
	weighed := slices.Clone(all)
	levels := []func(observation) bool{isKind, isSystem}
	mass, first := 0.0, true
	for _, in := range levels {
		n := float64(len(only(all, in)))
		if n == 0 {
			continue
		}
		if first {
			mass, first = n+borrowed, false
		}
		for i := range weighed {
			if in(weighed[i]) {
				weighed[i].weight += mass / (n + borrowed)
			}
		}
		mass *= borrowed / (n + borrowed)
	}
	if first {
		mass = float64(len(all))
	}
	for i := range weighed {
		weighed[i].weight += mass / float64(len(all))
	}
	return only(weighed, func(o observation) bool { return o.survives })
}

// sample is a weighted sample, ascending, with the probability at which each
// value stands.
type sample []point

type point struct{ value, p float64 }

// newSample places each of n equal weights at i/(n+1), which is definition 6
// of Hyndman and Fan (Sample Quantiles in Statistical Packages, 1996) and
// makes what comes next equally likely to fall between any two neighbours, as
// in conformal prediction. Where weights differ, n is Kish's effective number
// (Survey Sampling, 1965), and a value stands in the middle of its weight.
func newSample(obs []observation) sample {
	slices.SortFunc(obs, func(a, b observation) int {
		return cmp.Or(cmp.Compare(a.value, b.value), cmp.Compare(a.weight, b.weight))
	})
	var sum, squares float64
	for _, o := range obs {
		sum += o.weight
		squares += o.weight * o.weight
	}
	n := sum * sum / squares
	s, before := make(sample, len(obs)), 0.0
	for i, o := range obs {
		s[i] = point{o.value, ((before+o.weight/2)/sum*n + 0.5) / (n + 1)}
		before += o.weight
	}
	return s
}

// quantile interpolates between the points and stays within them.
func (s sample) quantile(p float64) float64 {
	i, _ := slices.BinarySearchFunc(s, p, func(pt point, p float64) int { return cmp.Compare(pt.p, p) })
	switch i {
	case 0:
		return s[0].value
	case len(s):
		return s[len(s)-1].value
	}
	low, high := s[i-1], s[i]
	return low.value + (p-low.p)/(high.p-low.p)*(high.value-low.value)
}
