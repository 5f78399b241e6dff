// Package usage finds the hours in which an upgrade disturbs the fewest
// people, from how many there were at the same hours of the weeks before.
//
// A [Reader] makes a [Series] of what exporters, monitoring and web servers
// write; a [History] of it and of the days on which nothing may
// happen answers [History.Find] and scores itself by [History.Backtest].
//
// It promises that nothing is known before its time: what is said of a moment
// rests on what was before it alone. It reads no clock and no file; moments and
// readers are passed in. Hours are those of the clocks people live by, so a
// week in which clocks change has an hour less or more.
package usage

import (
	"cmp"
	"math"
	"time"
)

const week = 7 * 24 * time.Hour

// Series is usage step by step, without a gap in time. A step of which nothing
// is known is NaN.
type Series struct {
	Start  time.Time     // the first step, in the zone whose clocks count
	Step   time.Duration // an hour or half of one; zero is an hour
	Values []float64     // how many there were in each step
	Unit   string        // what is counted, in words; empty is people
}

// Zone is the zone whose clocks count.
func (s Series) Zone() *time.Location { return s.Start.Location() }

func (s Series) step() time.Duration { return cmp.Or(s.Step, time.Hour) }

// steps is how many steps d has.
func (s Series) steps(d time.Duration) int { return int(d / s.step()) }

// At is the beginning of step i, which may lie outside the series.
func (s Series) At(i int) time.Time { return s.Start.Add(time.Duration(i) * s.step()) }

// End is when the last step ends.
func (s Series) End() time.Time { return s.At(len(s.Values)) }

// Index is the first step that begins at t or later.
func (s Series) Index(t time.Time) int {
	i := s.steps(t.Sub(s.Start))
	if s.At(i).Before(t) {
		i++
	}
	return i
}

// Sum is the usage of a slot of length need that begins with step i. The last
// step counts by the part of it that is needed. It is not known if one of the
// steps is not.
func (s Series) Sum(i int, need time.Duration) (sum float64, known bool) {
	if i < 0 || i+s.span(need) > len(s.Values) {
		return 0, false
	}
	for k := range s.span(need) {
		sum += s.Values[i+k] * s.part(k, need)
	}
	return sum, !math.IsNaN(sum)
}

// span is how many steps a slot touches.
func (s Series) span(need time.Duration) int { return s.steps(need + s.step() - 1) }

// part is how much of its step k a slot needs: one, or less for the last.
func (s Series) part(k int, need time.Duration) float64 {
	return math.Min(1, float64(need-time.Duration(k)*s.step())/float64(s.step()))
}

// slot is the step of the week t lies in, as clocks show it.
func (s Series) slot(t time.Time) int {
	return (int(t.Weekday())+6)%7*s.steps(24*time.Hour) + s.clock(t)
}

// clock is the step of the day t lies in, as clocks show it.
func (s Series) clock(t time.Time) int {
	return s.steps(time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute)
}

// Hourly is the series in hours, for profiles of 168 of them. An hour of
// which a half is missing is not known.
func (s Series) Hourly() Series {
	h := Series{Start: s.At(s.odd()), Step: time.Hour, Unit: s.Unit}
	for i := s.odd(); i+s.span(time.Hour) <= len(s.Values); i += s.span(time.Hour) {
		sum, _ := s.Sum(i, time.Hour)
		h.Values = append(h.Values, sum)
	}
	return h
}

// odd is how many steps come before the first full hour.
func (s Series) odd() int {
	return (s.span(time.Hour) - s.clock(s.Start)%s.span(time.Hour)) % s.span(time.Hour)
}
