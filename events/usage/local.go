package usage

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

var (
	offsetForms = []string{
		time.RFC3339Nano, "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 Z07:00", "2006-01-02T15:04:05Z0700",
		"2006-01-02 15:04:05 -0700", "2006-01-02T15:04Z07:00", "2006-01-02 15:04Z07:00",
	}
	localForms = []string{"2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02T15:04", time.DateOnly}
)

// stamp is a time as it was written: an instant, or what clocks showed.
type stamp struct {
	at    time.Time // of what clocks showed: as if they showed UTC
	local bool
}

// parseStamp reads a time with an offset, one without, or Unix seconds.
func parseStamp(s string) (stamp, error) {
	for _, form := range localForms {
		if t, err := time.Parse(form, s); err == nil {
			return stamp{t.Truncate(time.Second), true}, inRange(t)
		}
	}
	for _, form := range offsetForms {
		if t, err := time.Parse(form, s); err == nil {
			return stamp{t.UTC().Truncate(time.Second), false}, inRange(t)
		}
	}
	if n, err := strconv.ParseInt(strings.TrimSuffix(s, ".0"), 10, 64); err == nil && len(s) >= 9 {
		t := time.Unix(n, 0).UTC()
		return stamp{t, false}, inRange(t)
	}
	return stamp{}, fmt.Errorf("%s is not a time such as 2026-03-01 18:00:00", quote(s))
}

func inRange(t time.Time) error {
	if y := t.UTC().Year(); y < 1970 || y > 2199 {
		return fmt.Errorf("the year %d is not from 1970 to 2199", y)
	}
	return nil
}

// instants are the moments at which the clocks of zone show wall, which is
// given as if it were UTC: one as a rule, two when clocks go back over it,
// none when they skip it.
func instants(wall time.Time, zone *time.Location) []time.Time {
	_, before := wall.Add(-24 * time.Hour).In(zone).Zone()
	_, after := wall.Add(24 * time.Hour).In(zone).Zone()
	var found []time.Time
	for _, offset := range []int{before, after} {
		t := wall.Add(-time.Duration(offset) * time.Second)
		_, shown := t.In(zone).Zone()
		if shown == offset && (len(found) == 0 || !found[0].Equal(t)) {
			found = append(found, t)
		}
	}
	return found
}

// quote makes foreign text harmless and short.
func quote(s string) string {
	const most = 40
	if len(s) > most {
		s = s[:most] + "…"
	}
	return strconv.Quote(s)
}

// ParseTime reads a time with an offset, or a date or time that the clocks of
// zone show. Of a time they show twice it is the first.
func ParseTime(s string, zone *time.Location) (time.Time, error) {
	got, err := parseStamp(s)
	if err != nil || !got.local {
		return got.at, err
	}
	found := instants(got.at, zone)
	if len(found) == 0 {
		return time.Time{}, fmt.Errorf("clocks in %s skip %s", zone, quote(s))
	}
	return found[0], nil
}
