package statuspage

import (
	"strconv"
	"time"

	"upgradehub/events/upgrade"
)

// scale maps moments to per cent of the width of the chart.
type scale struct{ from, to time.Time }

// scaleOf spans the announced window and everything planned, done and forecast. While
// the work runs past that, the scale grows in steps, not by the minute:
// each growth redraws every row.
func scaleOf(p upgrade.Public, now time.Time) scale {
	s := scale{p.Window.Start, p.Window.End}
	for _, ph := range p.Phases {
		for _, span := range []upgrade.Span{ph.Planned, ph.Actual} {
			s = s.include(span.Start).include(span.End)
		}
	}
	s = s.include(p.Started).include(p.Finished)
	for _, end := range foreseenEnds(p) {
		s = s.include(end)
	}
	if step := s.to.Sub(s.from) / 8; p.State.Live() && now.After(s.to) && step > 0 {
		s.to = s.to.Add((now.Sub(s.to)/step + 1) * step)
	}
	return s
}

func (s scale) include(t *time.Time) scale {
	switch {
	case t == nil:
	case t.Before(s.from):
		s.from = *t
	case t.After(s.to):
		s.to = *t
	}
	return s
}

// chartTime is the time that a chart is drawn at: the full minute, so that rows
// stay the same within it, or what has begun or ended since. A bar that begins
// in this minute does not begin behind the line of now.
func chartTime(u upgrade.Public, now time.Time) time.Time {
	t := now.Truncate(time.Minute)
	latest := func(past *time.Time) {
		if past != nil && past.After(t) {
			t = *past
		}
	}
	latest(u.Started)
	latest(u.Returning)
	for _, ph := range u.Phases {
		latest(ph.Actual.Start)
		latest(ph.Actual.End)
	}
	return t
}

// at is where t lies, in per cent, never outside.
func (s scale) at(t time.Time) float64 {
	if !s.to.After(s.from) {
		return 0
	}
	return min(max(100*float64(t.Sub(s.from))/float64(s.to.Sub(s.from)), 0), 100)
}

// bar is a rectangle in the chart, in per cent.
type bar struct{ X, Width string }

// leastWidth keeps a moment visible.
const leastWidth = 0.6

// bar is the stretch from a to b; nil if it has not begun.
func (s scale) bar(a, b *time.Time, now time.Time) *bar {
	if a == nil {
		return nil
	}
	end := now
	if b != nil {
		end = *b
	}
	x := min(s.at(*a), 100-leastWidth)
	return &bar{percent(x), percent(max(s.at(end)-x, leastWidth))}
}

func percent(f float64) string { return strconv.FormatFloat(f, 'f', 2, 64) + "%" }
