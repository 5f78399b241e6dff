// Package when puts times, time zones and lengths of time into words.
//
// Every function is pure: the same arguments give the same words on every
// machine. Times are always shown in UTC, and in the reader's zone beside it
// with the zone named, because a bare clock time has misled people before.
package when

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

const (
	clock = "15:04"
	day   = "2006-01-02"
	full  = day + " " + clock
)

// Clock is the time of day in loc: "14:05".
func Clock(t time.Time, loc *time.Location) string { return t.In(known(loc)).Format(clock) }

// Full is the moment in UTC and, if loc is another zone, in loc:
// "2026-11-23 14:05 UTC (15:05 Europe/Berlin)". The bracket repeats the date
// only where it differs.
func Full(t time.Time, loc *time.Location) string {
	utc := t.UTC().Format(full) + " UTC"
	if isUTC(loc) {
		return utc
	}
	return fmt.Sprintf("%s (%s %s)", utc, t.In(loc).Format(bracket(t, loc)), loc)
}

// Range is the stretch from a to b in UTC and, if loc is another zone, in loc:
// "2026-11-23 14:05 to 16:00 UTC (15:05 to 17:00 Europe/Berlin)". A date is
// written only where it differs from the one before it.
func Range(a, b time.Time, loc *time.Location) string {
	utc := a.UTC().Format(full) + " to " + b.UTC().Format(second(a, b, time.UTC)) + " UTC"
	if isUTC(loc) {
		return utc
	}
	first := clock
	if bracket(a, loc) == full || bracket(b, loc) == full {
		first = full
	}
	return fmt.Sprintf("%s (%s to %s %s)", utc, a.In(loc).Format(first), b.In(loc).Format(second(a, b, loc)), loc)
}

// Duration is a length of time in the two largest units that matter:
// "2 d 3 h", "2 h 5 min", "45 min"; below a minute it is "under a minute".
// The sign is dropped: the sentence around it says which way.
func Duration(d time.Duration) string {
	minutes := int64(d.Abs() / time.Minute)
	days, hours, rest := minutes/(24*60), minutes/60%24, minutes%60
	switch {
	case days > 0:
		return units(days, "d", hours, "h")
	case hours > 0:
		return units(hours, "h", rest, "min")
	case rest > 0:
		return fmt.Sprintf("%d min", rest)
	}
	return "under a minute"
}

// Zone is the zone of that IANA name, UTC if it is empty or not known. The
// zone of the machine, "Local", is never meant.
func Zone(name string) *time.Location {
	if loc, ok := zones.Load(name); ok {
		return loc.(*time.Location)
	}
	if name == "Local" {
		return time.UTC
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	zones.Store(name, loc)
	return loc
}

// zones keeps what LoadLocation read, which opens a file each time. Only names
// that exist get in, so it cannot grow beyond the zone database.
var zones sync.Map

func known(loc *time.Location) *time.Location {
	if loc == nil {
		return time.UTC
	}
	return loc
}

func isUTC(loc *time.Location) bool { return name(known(loc)) == "UTC" }

func name(loc *time.Location) string {
	switch n := loc.String(); n {
	case "Etc/UTC", "Etc/UCT", "UCT", "Zulu":
		return "UTC"
	default:
		return n
	}
}

// bracket is the layout of t in loc beside the same moment in UTC.
func bracket(t time.Time, loc *time.Location) string {
	if t.In(loc).Format(day) == t.UTC().Format(day) {
		return clock
	}
	return full
}

// second is the layout of b after a.
func second(a, b time.Time, loc *time.Location) string {
	if a.In(loc).Format(day) == b.In(loc).Format(day) {
		return clock
	}
	return full
}

func units(n int64, unit string, m int64, small string) string {
	words := []string{fmt.Sprintf("%d %s", n, unit)}
	if m > 0 {
		words = append(words, fmt.Sprintf("%d %s", m, small))
	}
	return strings.Join(words, " ")
}
