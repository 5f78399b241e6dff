package plan

import (
	"fmt"
	"time"
)

var (
	offsetForms = []string{"2006-01-02T15:04Z07:00", time.RFC3339Nano}
	localForms  = []string{"2006-01-02T15:04", "2006-01-02T15:04:05"}
)

// parseTime reads a time to the minute or the second. Without an offset it is
// local to zone: one that clocks skip is an error, and of one that they show
// twice the first is taken, with an advice.
func parseTime(s string, zone *time.Location) (t time.Time, advice string, err error) {
	for _, form := range offsetForms {
		if t, err := time.Parse(form, s); err == nil {
			return inRange(s, t)
		}
	}
	for _, form := range localForms {
		if t, err := time.Parse(form, s); err == nil {
			if t, advice, err = resolve(t, zone); err != nil {
				return t, "", err
			}
			t, _, err = inRange(s, t)
			return t, advice, err
		}
	}
	return time.Time{}, "", fmt.Errorf("%q is not a time: write 2026-03-01T18:00, with an offset if it is not in the plan's zone", clip(s))
}

func inRange(s string, t time.Time) (time.Time, string, error) {
	if t = t.UTC(); t.Year() < 1970 || t.Year() > 2199 {
		return time.Time{}, "", fmt.Errorf("%s is not from 1970 to 2199", clip(s))
	}
	return t, "", nil
}

// resolve finds the instant at which the clocks of zone show wall, which is
// given in UTC. It asks for the offsets a day before and after: a change of
// offset between them makes two candidates.
func resolve(wall time.Time, zone *time.Location) (time.Time, string, error) {
	_, before := wall.Add(-24 * time.Hour).In(zone).Zone()
	_, after := wall.Add(24 * time.Hour).In(zone).Zone()
	first := wall.Add(-time.Duration(before) * time.Second)
	second := wall.Add(-time.Duration(after) * time.Second)
	isFirst, isSecond := shows(first, wall, zone), shows(second, wall, zone)
	switch {
	case isFirst && isSecond && !first.Equal(second):
		return first, fmt.Sprintf("clocks in %s show %s twice, the first is taken; add an offset to say which", zone, wall.Format("2006-01-02T15:04")), nil
	case isFirst:
		return first, "", nil
	case isSecond:
		return second, "", nil
	}
	return time.Time{}, "", fmt.Errorf("clocks in %s skip %s", zone, wall.Format("2006-01-02T15:04"))
}

func shows(t, wall time.Time, zone *time.Location) bool {
	_, offset := t.In(zone).Zone()
	return t.Add(time.Duration(offset) * time.Second).Equal(wall)
}
