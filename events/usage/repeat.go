package usage

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// mostBlackouts is how many times blackouts may happen in what is looked at.
const mostBlackouts = 200_000

// Blackouts are the events of calendars: those of one time, and those that
// repeat.
type Blackouts struct{ entries []entry }

// entry is an event as it is written: once, or repeating.
type entry struct {
	Blackout
	uid      string
	whole    bool // of days, not of times
	rule     *rule
	dates    []stampOf // RDATE
	without  []stampOf // EXDATE
	instead  *stampOf  // RECURRENCE-ID: it stands for this time of another
	canceled bool
	length   string // DURATION, if it is written so
}

// stampOf is a day or a time.
type stampOf struct {
	time.Time
	whole bool
}

// Between are the blackouts of a stretch of time, with two days around it,
// each repetition of its own.
func (b Blackouts) Between(from, until time.Time) ([]Blackout, error) {
	from, until = from.AddDate(0, 0, -2), until.AddDate(0, 0, 2)
	instead := map[string][]stampOf{}
	for _, e := range b.entries {
		if e.instead != nil {
			instead[e.uid] = append(instead[e.uid], *e.instead)
		}
	}
	var list []Blackout
	for _, e := range b.entries {
		if e.canceled {
			continue
		}
		starts := e.starts(from, until)
		usual := e.usual(starts)
		for _, start := range starts {
			one, err := e.at(start)
			if err != nil {
				return nil, err
			}
			one.Usual = usual
			if one.overlaps(from, until) && !e.excluded(start, instead) {
				list = append(list, one)
			}
		}
		if len(list) > mostBlackouts {
			return nil, fmt.Errorf("its events happen more than %d times from %s to %s", mostBlackouts, from.Format(time.DateOnly), until.Format(time.DateOnly))
		}
	}
	return list, nil
}

// usual says whether the event is a part of most weeks: a holiday of some days
// is none, though it may be written as days that repeat.
func (e entry) usual(starts []time.Time) bool {
	if e.rule == nil || e.rule.freq != "DAILY" && e.rule.freq != "WEEKLY" {
		return false
	}
	endless := e.rule.count == 0 && e.rule.until.IsZero()
	return endless || starts[len(starts)-1].Sub(e.Start) >= memory*week
}

func (e entry) excluded(start time.Time, instead map[string][]stampOf) bool {
	is := func(s stampOf) bool {
		if s.whole {
			return s.Format(time.DateOnly) == start.Format(time.DateOnly)
		}
		return s.Equal(start)
	}
	return slices.ContainsFunc(e.without, is) || e.instead == nil && slices.ContainsFunc(instead[e.uid], is)
}

// starts are when the event begins, from about a time on. Its first time is
// one even if its rule does not name it.
func (e entry) starts(from, until time.Time) []time.Time {
	starts := []time.Time{e.Start}
	for _, d := range e.dates {
		if !slices.ContainsFunc(starts, d.Equal) {
			starts = append(starts, d.Time)
		}
	}
	if e.rule == nil {
		return starts
	}
	given := len(starts)
	y, m, d := e.Start.Date()
	first, seen := date(y, m, d), 1
	day := first.AddDate(0, 0, 1)
	if soonest := from.Add(-e.End.Sub(e.Start)).AddDate(0, 0, -2); e.rule.count == 0 && day.Before(soonest) {
		day = date(soonest.Date())
	}
	for ; !day.After(until); day = day.AddDate(0, 0, 1) {
		if !e.rule.names(first, day) {
			continue
		}
		y, m, d := day.Date()
		h, minute, s := e.Start.Clock()
		start := time.Date(y, m, d, h, minute, s, 0, e.Start.Location())
		if seen++; e.rule.over(seen, day, start, e.whole) {
			break
		}
		if !slices.ContainsFunc(starts[:given], start.Equal) {
			starts = append(starts, start)
		}
	}
	return starts
}

// at is the event at one of its times: as many days, or as long.
func (e entry) at(start time.Time) (Blackout, error) {
	b := e.Blackout
	b.Start = start
	switch {
	case e.length != "":
		end, err := after(start, e.length)
		b.End = end
		return b, err
	case e.whole:
		days := 0
		for e.Start.AddDate(0, 0, days).Before(e.End) {
			days++
		}
		b.End = start.AddDate(0, 0, days)
	default:
		b.End = start.Add(e.End.Sub(e.Start))
	}
	return b, nil
}

// repetition reads what says when the event happens again.
func (c *icalendar) repetition(e *entry) (err error) {
	if v, ok := c.event["RRULE"]; ok {
		if e.rule, err = parseRule(v.text, e.Start.Location()); err != nil {
			return fmt.Errorf("RRULE in line %d: %w", v.line, err)
		}
	}
	if e.dates, err = c.moments("RDATE"); err != nil {
		return err
	}
	if slices.ContainsFunc(e.dates, func(s stampOf) bool { return s.whole != e.whole }) {
		return errors.New("has a day and a time as DTSTART and RDATE")
	}
	if e.without, err = c.moments("EXDATE"); err != nil {
		return err
	}
	if v, ok := c.event["RECURRENCE-ID"]; ok {
		instead, err := c.moment("RECURRENCE-ID")
		if err != nil {
			return err
		}
		if v.following {
			return errors.New("RECURRENCE-ID moves what follows (RANGE): write two events")
		}
		e.instead = &instead
	}
	return nil
}
