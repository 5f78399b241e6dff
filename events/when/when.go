// Package when puts times, time zones and lengths of time into words.
//
// Every function is pure: the same arguments give the same words on every
// machine. Times are always shown in UTC, and in the reader's zone beside it
// with the zone named, because a bare clock time has misled people before.
// Dates and clock times are figures (ISO 8601, 24 hours), the same in every
// language; what stands between and behind them is the reader's. Where that is
// written from the right they are set apart (lang.Apart), so that a date keeps its
// order wherever it is put.
package when

import (
	"embed"
	"fmt"
	"sync"
	"time"

	"upgradehub/events/lang"
)

//go:embed words
var files embed.FS

var catalog = lang.MustLoad(files, "words")

// Words says times in one language.
type Words struct{ said lang.Words }

// In says times in a language of package lang.
func In(code string) Words { return Words{catalog.In(code)} }

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
func (w Words) Full(t time.Time, loc *time.Location) string {
	utc := t.UTC().Format(full) + " UTC"
	if IsUTC(loc) {
		return w.said.Apart(utc)
	}
	return w.said.Apart(fmt.Sprintf("%s (%s %s)", utc, t.In(loc).Format(bracket(t, loc)), loc))
}

// Range is the stretch from a to b in UTC and, if loc is another zone, in loc,
// in English "2026-11-23 14:05 to 16:00 UTC (15:05 to 17:00 Europe/Berlin)". A date is
// written only where it differs from the one before it.
func (w Words) Range(a, b time.Time, loc *time.Location) string {
	utc := w.span(a.UTC().Format(full), b.UTC().Format(second(a, b, time.UTC))+" UTC")
	if IsUTC(loc) {
		return utc
	}
	first := clock
	if bracket(a, loc) == full || bracket(b, loc) == full {
		first = full
	}
	return fmt.Sprintf("%s (%s)", utc, w.span(a.In(loc).Format(first), b.In(loc).Format(second(a, b, loc))+" "+loc.String()))
}

func (w Words) span(from, to string) string { return w.said.Say("range", "from", from, "to", to) }

// Duration is a length of time in the two largest units that matter, in
// English "2 days 3 h", "2 h 5 min", "45 min"; below a minute it is "under a
// minute". The sign is dropped: the sentence around it says which way.
func (w Words) Duration(d time.Duration) string {
	minutes := int(d.Abs() / time.Minute)
	days, hours, rest := minutes/(24*60), minutes/60%24, minutes%60
	switch {
	case days > 0:
		return w.units("days", days, "hours", hours)
	case hours > 0:
		return w.units("hours", hours, "minutes", rest)
	case rest > 0:
		return w.said.Say("minutes", "n", rest)
	}
	return w.said.Say("moment")
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

// IsUTC reports whether loc is UTC, by whatever name; no zone at all is UTC.
func IsUTC(loc *time.Location) bool { return name(known(loc)) == "UTC" }

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

func (w Words) units(unit string, n int, small string, m int) string {
	large := w.said.Say(unit, "n", n)
	if m == 0 {
		return large
	}
	return w.said.Say("both", "a", large, "b", w.said.Say(small, "n", m))
}
