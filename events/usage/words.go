package usage

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

var ordinals = [...]string{"quietest", "second quietest", "third quietest", "fourth quietest", "fifth quietest"}

// explain gives each slot its reasons. All slots are those that were chosen
// from, in blackouts or not.
func (a *Answer) explain(all []Slot, c calendar) {
	for i := range a.Slots {
		s := &a.Slots[i]
		s.Reasons = append([]string{ordinals[i] + a.ofWhat(), share(s.OfMedian) + " of the median slot"}, s.cautions(c)...)
	}
	quietest := slices.MinFunc(all, quieter)
	if in := overlapping(c.blackouts, quietest.Start, quietest.End); len(in) > 0 {
		first := &a.Slots[0]
		first.Reasons = append(first.Reasons, fmt.Sprintf("%s would be quieter in other weeks but lies in %s", quietest.Start.Format("Monday 15:04"), names(in)))
	}
}

// cautions are what makes a slot unlike its median.
func (s *Slot) cautions(c calendar) []string {
	var list []string
	if change := math.Round(100 * (s.Trend - 1)); math.Abs(change) >= 5 {
		list = append(list, lately(change))
	}
	if s.Weeks < memory {
		list = append(list, fmt.Sprintf("only %d weeks speak for it", s.Weeks))
	}
	if eve := overlapping(c.eves, s.Start, s.End); len(eve) > 0 {
		list = append(list, "the eve of "+names(eve)+", when people keep other hours: less certain")
	}
	if clocksChange(s.Start, s.End) {
		list = append(list, "clocks change meanwhile")
	}
	return list
}

// lately says by how many percent the last two weeks differed.
func lately(change float64) string {
	word := "busier"
	if change < 0 {
		word = "quieter"
	}
	return fmt.Sprintf("these hours were %.0f %% %s than their medians in the last two weeks", math.Abs(change), word)
}

func (a *Answer) ofWhat() string {
	where := " of the week"
	if weeks := int(math.Round(a.Until.Sub(a.From).Hours() / week.Hours())); weeks > 1 {
		where = fmt.Sprintf(" of the %d weeks", weeks)
	}
	if len(a.LeftOut) > 0 {
		where += " outside blackouts"
	}
	return where
}

func clocksChange(start, end time.Time) bool {
	_, before := start.Zone()
	_, after := end.Zone()
	return before != after
}

// Sentence says what the favourite slot would cost.
func (f *Favourite) Sentence() string {
	const many = "Sunday 02:00, the favourite of many,"
	switch {
	case f.Times < 1.05:
		return many + " is as good as the best."
	case f.Times < 100:
		return fmt.Sprintf("%s hits %.1f times as many (%s).", many, f.Times, Count(f.Expected))
	}
	return fmt.Sprintf("%s hits %s times as many (%s).", many, Count(f.Times), Count(f.Expected))
}

// share is a ratio with two digits that count.
func share(v float64) string { return strconv.FormatFloat(v, 'g', 2, 64) }

// Count is a number of people for reading: "14,213"; under ten with a tenth,
// because usage per second is small.
func Count(v float64) string {
	if v < 10 {
		return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
	}
	digits := strconv.FormatFloat(math.Round(v), 'f', 0, 64)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
