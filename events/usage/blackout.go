package usage

import (
	"slices"
	"strings"
	"time"
)

// Blackout is a stretch of time in which no upgrade may run: a holiday, a
// freeze, a big event.
type Blackout struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
	Name  string    `json:"name"`
	// Busy: only those who do the work are kept from it. It is no holiday,
	// and the day before is a day like others.
	Busy bool `json:"busy,omitempty"`
	// Usual: it happens week by week. What people do then, and the day before,
	// is what they usually do, and is learnt from.
	Usual bool `json:"usual,omitempty"`
}

func (b Blackout) overlaps(start, end time.Time) bool {
	return b.Start.Before(end) && start.Before(b.End)
}

// calendar knows which time is blocked, and which is unlike other weeks.
type calendar struct {
	blackouts []Blackout
	eves      []Blackout // the days before whole blackout days, named after them
}

func newCalendar(blackouts []Blackout, zone *time.Location) calendar {
	c := calendar{blackouts: slices.Clone(blackouts)}
	for _, b := range blackouts {
		if b.Busy || b.Usual {
			continue
		}
		first := midnight(b.Start, zone, 0)
		if first.Before(b.Start) {
			first = midnight(b.Start, zone, 1)
		}
		if midnight(first, zone, 1).After(b.End) {
			continue // a part of a day makes no holiday, and so has no eve
		}
		c.eves = append(c.eves, Blackout{Start: midnight(first, zone, -1), End: first, Name: b.Name})
	}
	return c
}

// midnight is when the day of t in zone begins, or one some days later.
func midnight(t time.Time, zone *time.Location, days int) time.Time {
	y, m, d := t.In(zone).Date()
	return time.Date(y, m, d+days, 0, 0, 0, 0, zone)
}

// during is the calendar of a stretch of time.
func (c calendar) during(start, end time.Time) calendar {
	return calendar{blackouts: overlapping(c.blackouts, start, end), eves: overlapping(c.eves, start, end)}
}

func overlapping(all []Blackout, start, end time.Time) []Blackout {
	var found []Blackout
	for _, b := range all {
		if b.overlaps(start, end) {
			found = append(found, b)
		}
	}
	return found
}

// blocks says whether a blackout lies in a stretch of time.
func (c calendar) blocks(start, end time.Time) bool {
	return slices.ContainsFunc(c.blackouts, func(b Blackout) bool { return b.overlaps(start, end) })
}

// odd marks the steps of a series that say nothing about other weeks.
func (c calendar) odd(s Series) []bool {
	marks := make([]bool, len(s.Values))
	for _, b := range slices.Concat(c.blackouts, c.eves) {
		if b.Usual {
			continue
		}
		// The step in which it begins is touched by it too.
		first := max(s.Index(b.Start.Add(time.Nanosecond-s.step())), 0)
		last := min(s.Index(b.End), len(marks))
		for i := first; i < last; i++ {
			marks[i] = true
		}
	}
	return marks
}

// names are the different names of blackouts.
func names(all []Blackout) string {
	var list []string
	for _, b := range all {
		if !slices.Contains(list, b.Name) {
			list = append(list, b.Name)
		}
	}
	return strings.Join(list, ", ")
}
