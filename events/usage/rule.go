package usage

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// rule is an RRULE (RFC 5545, 3.3.10) of days: which of them it names does not
// depend on those before, but for COUNT.
type rule struct {
	freq       string
	interval   int
	count      int       // 0 for no end by number
	until      time.Time // zero for no end by time
	untilDay   time.Time // as it is written, for events of days
	months     []int
	monthDays  []int // negative from the end of the month
	weekdays   []weekday
	positions  []int // BYSETPOS
	weekStarts time.Weekday
}

// weekday is a day of the week, or the n-th of its month or year.
type weekday struct {
	n   int // 0 for each, negative from the end
	day time.Weekday
}

var weekdayNames = []string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"}

// parseRule reads a rule. What is finer than days, and what few calendars
// write, is an error.
func parseRule(text string, zone *time.Location) (*rule, error) {
	r := &rule{interval: 1, weekStarts: time.Monday}
	seen := map[string]bool{}
	for part := range strings.SplitSeq(strings.ToUpper(text), ";") {
		if part == "" {
			continue
		}
		key, value, _ := strings.Cut(part, "=")
		if seen[key] {
			return nil, fmt.Errorf("has %s twice", quote(key))
		}
		seen[key] = true
		if err := r.set(key, value, zone); err != nil {
			return nil, err
		}
	}
	return r, r.check(seen)
}

func (r *rule) check(seen map[string]bool) error {
	numbered := slices.ContainsFunc(r.weekdays, func(w weekday) bool { return w.n != 0 })
	switch {
	case r.freq == "":
		return errors.New("has no FREQ")
	case seen["COUNT"] && seen["UNTIL"]:
		return errors.New("has both COUNT and UNTIL")
	case numbered && r.freq != "MONTHLY" && r.freq != "YEARLY":
		return errors.New("counts weekdays in a rule that is not of months or years")
	case len(r.monthDays) > 0 && r.freq == "WEEKLY":
		return errors.New("has BYMONTHDAY in a rule of weeks")
	case len(r.positions) > 0 && len(r.months)+len(r.monthDays)+len(r.weekdays) == 0:
		return errors.New("has BYSETPOS and nothing to choose from")
	}
	return nil
}

func (r *rule) set(key, value string, zone *time.Location) (err error) {
	switch key {
	case "FREQ":
		if r.freq = value; !slices.Contains([]string{"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}, value) {
			err = fmt.Errorf("FREQ %s is none of DAILY, WEEKLY, MONTHLY, YEARLY", quote(value))
		}
	case "INTERVAL":
		r.interval, err = number(key, value, 1, 1000)
	case "COUNT":
		r.count, err = number(key, value, 1, 100_000)
	case "UNTIL":
		if r.until, err = parseUntil(value, zone); err == nil {
			r.untilDay, err = time.Parse("20060102", value[:8])
		}
	case "WKST":
		r.weekStarts, err = parseWeekday(value)
	case "BYMONTH":
		r.months, err = numbers(key, value, 1, 12)
	case "BYMONTHDAY":
		r.monthDays, err = numbers(key, value, -31, 31)
	case "BYSETPOS":
		r.positions, err = numbers(key, value, -366, 366)
	case "BYDAY":
		r.weekdays, err = parseWeekdays(value)
	default:
		err = fmt.Errorf("has %s, which is not read: write each of its times as an event", quote(key))
	}
	return err
}

// parseUntil reads the last moment: of a day its end.
func parseUntil(text string, zone *time.Location) (time.Time, error) {
	if t, err := time.ParseInLocation("20060102", text, zone); err == nil {
		return t.AddDate(0, 0, 1).Add(-time.Nanosecond), nil
	}
	if t, err := time.Parse("20060102T150405Z", text); err == nil {
		return t, nil
	}
	t, err := time.ParseInLocation("20060102T150405", text, zone)
	if err != nil {
		err = fmt.Errorf("UNTIL %s is no time", quote(text))
	}
	return t, err
}

// over says whether a time is behind the end of the rule. Many programs write
// the last of some days as a midnight of UTC, which is the evening before in
// America: of days the day counts, or the last would be overlooked.
func (r *rule) over(n int, day, start time.Time, whole bool) bool {
	switch {
	case r.count > 0:
		return n > r.count
	case r.until.IsZero():
		return false
	case whole:
		return day.After(r.untilDay)
	}
	return start.After(r.until)
}

func number(key, text string, least, most int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most || n == 0 {
		return 0, fmt.Errorf("%s %s is no number from %d to %d", key, quote(text), least, most)
	}
	return n, nil
}

func numbers(key, text string, least, most int) (list []int, err error) {
	for one := range strings.SplitSeq(text, ",") {
		n, err := number(key, one, least, most)
		if err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	return list, nil
}

func parseWeekdays(text string) (list []weekday, err error) {
	for one := range strings.SplitSeq(text, ",") {
		var w weekday
		split := max(len(one)-2, 0)
		if w.day, err = parseWeekday(one[split:]); err != nil {
			return nil, err
		}
		if split > 0 {
			if w.n, err = number("BYDAY", one[:split], -53, 53); err != nil {
				return nil, err
			}
		}
		list = append(list, w)
	}
	return list, nil
}

func parseWeekday(text string) (time.Weekday, error) {
	i := slices.Index(weekdayNames, text)
	if i < 0 {
		return 0, fmt.Errorf("%s is no day of the week", quote(text))
	}
	return time.Weekday(i), nil
}

// names says whether the rule that begins with the day start names a day. Days
// are midnights of UTC.
func (r *rule) names(start, day time.Time) bool {
	if !r.inPeriod(start, day) || !r.fits(start, day) {
		return false
	}
	if len(r.positions) == 0 {
		return true
	}
	var set []time.Time
	first, next := r.period(day)
	for d := first; d.Before(next); d = d.AddDate(0, 0, 1) {
		if r.fits(start, d) {
			set = append(set, d)
		}
	}
	i := slices.Index(set, day)
	return slices.Contains(r.positions, i+1) || slices.Contains(r.positions, i-len(set))
}

// period is the day, week, month or year of a day.
func (r *rule) period(day time.Time) (first, next time.Time) {
	y, m, d := day.Date()
	switch r.freq {
	case "YEARLY":
		return date(y, 1, 1), date(y+1, 1, 1)
	case "MONTHLY":
		return date(y, m, 1), date(y, m+1, 1)
	case "WEEKLY":
		first = date(y, m, d-(int(day.Weekday()-r.weekStarts)+7)%7)
		return first, first.AddDate(0, 0, 7)
	}
	return day, day.AddDate(0, 0, 1)
}

func date(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

// inPeriod: every INTERVAL-th of the periods counts.
func (r *rule) inPeriod(start, day time.Time) bool {
	from, _ := r.period(start)
	to, _ := r.period(day)
	days := int(to.Sub(from).Hours()) / 24
	n := map[string]int{
		"DAILY": days, "WEEKLY": days / 7, "YEARLY": to.Year() - from.Year(),
		"MONTHLY": 12*(to.Year()-from.Year()) + int(to.Month()-from.Month()),
	}[r.freq]
	return n >= 0 && n%r.interval == 0
}

// fits checks a day by itself. What the rule leaves open is as on its first
// day.
func (r *rule) fits(start, day time.Time) bool {
	if len(r.months) > 0 && !slices.Contains(r.months, int(day.Month())) {
		return false
	}
	if len(r.monthDays) > 0 && !r.fitsMonthDay(day) {
		return false
	}
	if len(r.weekdays) > 0 {
		return slices.ContainsFunc(r.weekdays, func(w weekday) bool { return r.fitsWeekday(w, day) })
	}
	if len(r.monthDays) > 0 {
		return true
	}
	switch r.freq {
	case "WEEKLY":
		return day.Weekday() == start.Weekday()
	case "MONTHLY":
		return day.Day() == start.Day()
	case "YEARLY":
		return day.Day() == start.Day() && (len(r.months) > 0 || day.Month() == start.Month())
	}
	return true
}

func (r *rule) fitsMonthDay(day time.Time) bool {
	last := date(day.Year(), day.Month()+1, 0).Day()
	return slices.Contains(r.monthDays, day.Day()) || slices.Contains(r.monthDays, day.Day()-last-1)
}

// fitsWeekday counts weekdays in the month, or in the year of a rule of years
// that names no months.
func (r *rule) fitsWeekday(w weekday, day time.Time) bool {
	if day.Weekday() != w.day {
		return false
	}
	first, next := date(day.Year(), day.Month(), 1), date(day.Year(), day.Month()+1, 1)
	if r.freq == "YEARLY" && len(r.months) == 0 {
		first, next = date(day.Year(), 1, 1), date(day.Year()+1, 1, 1)
	}
	weeks := func(d time.Duration) int { return int(d.Hours()) / 24 / 7 }
	return cmp.Or(w.n, 1+weeks(day.Sub(first))) == 1+weeks(day.Sub(first)) || w.n == -1-weeks(next.AddDate(0, 0, -1).Sub(day))
}
