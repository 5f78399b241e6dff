package usage

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// errEmpty is about input without one usable value.
var errEmpty = errors.New("usage: no usable value was found")

// sample is a value at a moment.
type sample struct {
	at    time.Time
	value float64
	line  int
}

const half = 30 * time.Minute

// tally is what is known of half an hour so far.
type tally struct {
	sum     float64       // of counts, or of levels by the hours they held
	covered time.Duration // by samples
	levels  bool
}

// grid numbers steps of a length that begin with the hours of a zone.
type grid struct {
	step  int64 // seconds
	phase int64 // by which the zone's steps begin after those of UTC
}

func newGrid(step time.Duration, zone *time.Location, at time.Time) grid {
	seconds := int64(step / time.Second)
	_, offset := at.In(zone).Zone()
	return grid{seconds, floorMod(int64(-offset), seconds)}
}

func floorMod(a, n int64) int64 { return (a%n + n) % n }

// key numbers the step t lies in.
func (g grid) key(t time.Time) int64 {
	since := t.Unix() - g.phase
	return (since - floorMod(since, g.step)) / g.step
}

func (g grid) start(key int64) time.Time { return time.Unix(key*g.step+g.phase, 0) }

// halves collects samples by half hours. Samples that lie across these count
// for each by its part, so any regular step will do.
type halves struct {
	grid
	tallies map[int64]*tally
	coarse  bool // some samples are of more than half an hour
}

// add puts in a value that stands for a step of time.
func (h *halves) add(at time.Time, step time.Duration, value float64, levels bool) {
	h.coarse = h.coarse || step > half
	for from, end := at, at.Add(step); from.Before(end); {
		key := h.key(from)
		to := h.start(key + 1)
		if to.After(end) {
			to = end
		}
		if h.tallies[key] == nil {
			h.tallies[key] = &tally{levels: levels}
		}
		t, covers := h.tallies[key], to.Sub(from)
		t.covered += covers
		if levels {
			t.sum += value * covers.Hours()
		} else {
			t.sum += value * covers.Seconds() / step.Seconds()
		}
		from = to
	}
}

// value is what the half hour had, NaN if too much of it is not known: a
// count must have been counted once, a level may be taken from half of the
// time.
func (t *tally) value() float64 {
	switch {
	case t == nil:
		return math.NaN()
	case t.levels && t.covered >= half/2:
		return t.sum / t.covered.Hours() * half.Hours()
	case !t.levels && t.covered == half:
		return t.sum
	}
	return math.NaN()
}

func (h *halves) series(zone *time.Location) (Series, error) {
	if len(h.tallies) == 0 {
		return Series{}, errEmpty
	}
	first, last := int64(math.MaxInt64), int64(math.MinInt64)
	for key := range h.tallies {
		first, last = min(first, key), max(last, key)
	}
	s, err := h.empty(first, last+1, zone)
	if err != nil {
		return s, err
	}
	for i := range s.Values {
		s.Values[i] = h.tallies[first+int64(i)].value()
	}
	if h.coarse {
		s = s.Hourly()
	}
	return trim(s)
}

// empty is a series of some steps, all zero.
func (g grid) empty(first, end int64, zone *time.Location) (Series, error) {
	from, until := g.start(first).In(zone), g.start(end).In(zone)
	if until.Sub(from) > longest {
		return Series{}, fmt.Errorf("usage: it reaches from %s to %s, more than ten years", from.Format(time.DateOnly), until.Format(time.DateOnly))
	}
	step := time.Duration(g.step) * time.Second
	return Series{Start: from, Step: step, Values: make([]float64, max(end-first, 0))}, nil
}

// trim cuts what is not known at both ends.
func trim(s Series) (Series, error) {
	known := func(v float64) bool { return !math.IsNaN(v) }
	first := slices.IndexFunc(s.Values, known)
	if first < 0 {
		return Series{}, errEmpty
	}
	last := len(s.Values)
	for !known(s.Values[last-1]) {
		last--
	}
	return Series{Start: s.At(first), Step: s.Step, Values: s.Values[first:last]}, nil
}

// take puts in the samples of one file, which must have a regular step. Times
// are those at which the steps begin.
func (r *Reader) take(name string, samples []sample, values Values) error {
	if len(samples) == 0 {
		return nil
	}
	sortByTime(samples)
	step, err := stepOf(samples)
	if err != nil {
		return err
	}
	if r.halves.tallies == nil {
		r.halves = halves{grid: newGrid(half, r.cfg.Zone, samples[0].at), tallies: map[int64]*tally{}}
	}
	apart := apartOf(step)
	origin := mostly(samples, apart)
	for _, s := range samples {
		switch {
		case (s.at.Unix()-origin)%apart != 0:
			r.skip(name, s.line, fmt.Sprintf("%s is not on the grid of %s", r.clock(s.at), step))
		case r.samples[s.at.Unix()]:
			r.skip(name, s.line, r.clock(s.at)+" is there already")
		default:
			r.samples[s.at.Unix()] = true
			r.halves.add(s.at, step, s.value, values == Levels)
		}
	}
	return nil
}

func (r *Reader) clock(t time.Time) string {
	return t.In(r.cfg.Zone).Format("2006-01-02 15:04:05 -0700")
}

// stepOf is the commonest distance of samples, which are in order.
func stepOf(samples []sample) (time.Duration, error) {
	seen := map[time.Duration]int{}
	for i := 1; i < len(samples); i++ {
		if d := samples[i].at.Sub(samples[i-1].at); d > 0 {
			seen[d]++
		}
	}
	var step time.Duration
	for d, n := range seen {
		if n > seen[step] || n == seen[step] && d < step {
			step = d
		}
	}
	switch {
	case step == 0:
		return 0, errors.New("one moment alone shows no step")
	case step > maxStep:
		return 0, fmt.Errorf("steps of %s are too coarse to find an hour in", step)
	}
	return step, nil
}

// apartOf is how many seconds apart moments may lie that begin a step: changing
// clocks move steps that do not fit into an hour.
func apartOf(step time.Duration) int64 {
	a, b := int64(step/time.Second), int64(3600)
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// mostly is where between them most samples lie.
func mostly(samples []sample, apart int64) int64 {
	seen, best := map[int64]int{}, samples[0].at.Unix()%apart
	for _, s := range samples {
		seen[s.at.Unix()%apart]++
	}
	for at, n := range seen {
		if n > seen[best] || n == seen[best] && at < best {
			best = at
		}
	}
	return best
}

func sortByTime(samples []sample) {
	slices.SortStableFunc(samples, func(a, b sample) int { return a.at.Compare(b.at) })
}
