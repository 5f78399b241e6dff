package windows

import "time"

// Span is a stretch of time by the clocks of a zone. The end names its day if
// that is another one, and where clocks change meanwhile both ends say which
// they mean: of a slot from 01:00 to 05:00 nobody would see that it is three
// hours.
func Span(start, end time.Time, zone *time.Location) string {
	start, end = start.In(zone), end.In(zone)
	before, _ := start.Zone()
	after, _ := end.Zone()
	from := start.Format(slotTime)
	if before != after {
		from += " " + before
	}
	to := "15:04 MST"
	if start.Format(time.DateOnly) != end.Format(time.DateOnly) {
		to = slotTime + " MST"
	}
	return from + " to " + end.Format(to)
}
