package usage

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	maxCalendar = 8 << 20
	maxFaults   = 20
	maxBlackout = 400 * 24 * time.Hour
	// maxRepeating bounds how long a calendar can take: each is looked at day
	// by day.
	maxRepeating = 2000
)

// ReadBlackouts reads the events of an iCalendar file (RFC 5545): whole days
// and times, with a zone, in UTC, or floating, which means the zone that is
// given. Events repeat by the day or more seldom (RRULE, RDATE, EXDATE, and
// RECURRENCE-ID for one that is moved); canceled ones are none. It is strict,
// because a blackout that is overlooked is an upgrade on a holiday: what it
// cannot read is an error that names every line.
func ReadBlackouts(src io.Reader, zone *time.Location) (Blackouts, error) {
	raw, err := io.ReadAll(io.LimitReader(src, maxCalendar+1))
	if err != nil {
		return Blackouts{}, err
	}
	if len(raw) > maxCalendar {
		return Blackouts{}, fmt.Errorf("is larger than %d MiB", maxCalendar>>20)
	}
	c := icalendar{zone: zone}
	for _, p := range unfold(string(raw)) {
		c.property(p)
	}
	if len(c.within) > 0 {
		c.fault(0, "ends within "+c.within[len(c.within)-1])
	}
	if !c.begun && len(c.faults) == 0 {
		c.fault(0, "is no iCalendar file: it has no BEGIN:VCALENDAR")
	}
	return Blackouts{c.entries}, errors.Join(c.faults...)
}

// line is a content line put together again.
type line struct {
	number int
	text   string
}

// unfold joins the lines that begin with a space to those before them.
func unfold(text string) []line {
	var lines []line
	var open strings.Builder
	begun, n := 0, 0
	for one := range strings.Lines(strings.TrimPrefix(text, "\uFEFF") + "\nEND") {
		n++
		one = strings.TrimRight(one, "\r\n")
		if one != "" && (one[0] == ' ' || one[0] == '\t') {
			open.WriteString(one[1:])
			continue
		}
		if open.Len() > 0 {
			lines = append(lines, line{begun, open.String()})
		}
		open.Reset()
		open.WriteString(one)
		begun = n
	}
	return lines
}

// icalendar is what was read of a file so far.
type icalendar struct {
	zone      *time.Location
	begun     bool
	within    []string // the components that are open
	event     map[string]value
	lists     map[string][]value // of properties that may be there often
	entries   []entry
	repeating int
	faults    []error
}

// value is a property with the parameters that matter here.
type value struct {
	text, zone string
	following  bool // RANGE: of this and all that follow
	line       int
}

func (c *icalendar) fault(line int, why string) {
	if line > 0 {
		why = fmt.Sprintf("line %d: %s", line, why)
	}
	if len(c.faults) < maxFaults {
		c.faults = append(c.faults, errors.New(why))
	}
}

// property takes in one content line.
func (c *icalendar) property(l line) {
	name, v, ok := parseProperty(l)
	switch {
	case !ok:
		c.fault(l.number, quote(l.text)+" is no property")
	case name == "BEGIN":
		c.begin(v)
	case len(c.within) == 0:
		c.fault(l.number, name+" stands outside BEGIN:VCALENDAR")
	case name == "END":
		c.end(v)
	case c.within[len(c.within)-1] == "VEVENT":
		if _, twice := c.event[name]; twice && single[name] {
			c.fault(l.number, name+" is there twice in one event")
		}
		c.event[name] = v
		if name == "RDATE" || name == "EXDATE" {
			c.lists[name] = append(c.lists[name], v)
		}
	}
}

// single are the properties that decide when an event is.
var single = map[string]bool{"DTSTART": true, "DTEND": true, "DURATION": true, "STATUS": true, "RRULE": true, "RECURRENCE-ID": true}

func (c *icalendar) begin(v value) {
	name := strings.ToUpper(v.text)
	if len(c.within) == 0 && name != "VCALENDAR" {
		c.fault(v.line, "BEGIN:"+quote(v.text)+" stands outside BEGIN:VCALENDAR")
	}
	c.begun = true
	c.within = append(c.within, name)
	if name == "VEVENT" {
		c.event, c.lists = map[string]value{}, map[string][]value{}
	}
}

func (c *icalendar) end(v value) {
	open := c.within[len(c.within)-1]
	if strings.ToUpper(v.text) != open {
		c.fault(v.line, fmt.Sprintf("END:%s does not end %s", quote(v.text), quote(open)))
	}
	c.within = c.within[:len(c.within)-1]
	if open != "VEVENT" {
		return
	}
	e, err := c.entry()
	if e.rule != nil {
		c.repeating++
	}
	switch {
	case err != nil:
		c.fault(v.line, "the event that ends here: "+err.Error())
	case c.repeating > maxRepeating:
		c.fault(v.line, fmt.Sprintf("more than %d events repeat", maxRepeating))
	default:
		c.entries = append(c.entries, e)
	}
}

// parseProperty cuts NAME;PARAMETER=VALUE:TEXT. Quotes hide what separates.
func parseProperty(l line) (name string, v value, ok bool) {
	quoted := false
	colon := strings.IndexFunc(l.text, func(r rune) bool {
		quoted = quoted != (r == '"')
		return r == ':' && !quoted
	})
	if colon < 1 {
		return "", value{}, false
	}
	parts := strings.Split(l.text[:colon], ";")
	v = value{text: l.text[colon+1:], line: l.number}
	for _, parameter := range parts[1:] {
		switch key, text, _ := strings.Cut(parameter, "="); strings.ToUpper(key) {
		case "TZID":
			v.zone = strings.Trim(text, `"`)
		case "RANGE":
			v.following = true
		}
	}
	return strings.ToUpper(parts[0]), v, true
}

// entry is the event that was read last.
func (c *icalendar) entry() (e entry, err error) {
	start, err := c.moment("DTSTART")
	if err != nil {
		return e, err
	}
	end, err := c.ending(start.Time, start.whole)
	if err != nil {
		return e, err
	}
	if length := end.Sub(start.Time); length <= 0 || length > maxBlackout {
		return e, fmt.Errorf("lasts %s, which is none or more than 400 days", length)
	}
	e = entry{
		Blackout: Blackout{Start: start.Time, End: end, Name: plainText(c.event["SUMMARY"].text)},
		uid:      c.event["UID"].text, whole: start.whole, length: c.event["DURATION"].text,
		canceled: strings.EqualFold(c.event["STATUS"].text, "CANCELLED"),
	}
	return e, c.repetition(&e)
}

// ending is DTEND, or DTSTART and DURATION, or the whole day.
func (c *icalendar) ending(start time.Time, whole bool) (time.Time, error) {
	_, hasEnd := c.event["DTEND"]
	length, hasLength := c.event["DURATION"]
	switch {
	case hasEnd && hasLength:
		return start, errors.New("has both DTEND and DURATION")
	case hasLength:
		return after(start, length.text)
	case !hasEnd && whole:
		return start.AddDate(0, 0, 1), nil
	case !hasEnd:
		return start, errors.New("has neither DTEND nor DURATION")
	}
	end, err := c.moment("DTEND")
	if err == nil && whole != end.whole {
		err = errors.New("has a day and a time as DTSTART and DTEND")
	}
	return end.Time, err
}

// moment reads a property that is there once.
func (c *icalendar) moment(name string) (stampOf, error) {
	v, ok := c.event[name]
	if !ok {
		return stampOf{}, fmt.Errorf("has no %s", name)
	}
	return c.parse(name, v.zone, v.text)
}

// moments reads all values of a property.
func (c *icalendar) moments(name string) (list []stampOf, err error) {
	for _, v := range c.lists[name] {
		for text := range strings.SplitSeq(v.text, ",") {
			s, err := c.parse(name, v.zone, text)
			if err != nil {
				return nil, err
			}
			list = append(list, s)
		}
	}
	return list, nil
}

// parse reads a DATE, which is a whole day of the zone, or a DATE-TIME.
func (c *icalendar) parse(name, tzid, text string) (s stampOf, err error) {
	zone := c.zone
	if tzid != "" {
		if zone, err = location(tzid); err != nil {
			return s, fmt.Errorf("%s: %w", name, err)
		}
	}
	if s.Time, err = time.ParseInLocation("20060102", text, c.zone); err == nil {
		s.whole = true
		return s, inRange(s.Time)
	}
	if s.Time, err = time.Parse("20060102T150405Z", text); err == nil {
		return s, inRange(s.Time)
	}
	if s.Time, err = time.ParseInLocation("20060102T150405", text, zone); err == nil {
		return s, inRange(s.Time)
	}
	return s, fmt.Errorf("%s: %s is no time such as 20260301T180000Z", name, quote(text))
}

var lengthForm = regexp.MustCompile(`^\+?P(?:(\d{1,3})W|(?:(\d{1,4})D)?(T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?)$`)

// after adds a DURATION, whose days are those of the clock.
func after(start time.Time, length string) (time.Time, error) {
	m := lengthForm.FindStringSubmatch(length)
	if m == nil || strings.HasSuffix(length, "P") || strings.HasSuffix(length, "T") {
		return start, fmt.Errorf("DURATION: %s is no length such as P1D or PT2H", quote(length))
	}
	n := func(i int) int {
		v, _ := strconv.Atoi(m[i]) // nothing is zero; the form bounds the rest
		return v
	}
	hours := time.Duration(n(4))*time.Hour + time.Duration(n(5))*time.Minute + time.Duration(n(6))*time.Second
	return start.AddDate(0, 0, 7*n(1)+n(2)).Add(hours), nil
}

var escapes = strings.NewReplacer(`\\`, `\`, `\,`, ",", `\;`, ";", `\n`, " ", `\N`, " ")

// plainText is a TEXT in one line.
func plainText(s string) string {
	s = strings.Join(strings.Fields(escapes.Replace(strings.ToValidUTF8(s, "\uFFFD"))), " ")
	if s == "" {
		return "blackout"
	}
	return s
}
