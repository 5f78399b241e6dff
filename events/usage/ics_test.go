package usage_test

import (
	"strings"
	"testing"
	"time"

	"upgradehub/events/usage"
)

func calendar(lines ...string) string {
	return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" + strings.Join(lines, "\r\n") + "\r\nEND:VCALENDAR\r\n"
}

func event(lines ...string) string {
	return "BEGIN:VEVENT\r\nUID:1\r\n" + strings.Join(lines, "\r\n") + "\r\nEND:VEVENT"
}

func TestBlackouts(t *testing.T) {
	tests := []struct {
		name, event, start, end, title string
	}{
		{"a day", event("DTSTART;VALUE=DATE:20260301", "SUMMARY:Holiday"), "2026-03-01T00:00:00+01:00", "2026-03-02T00:00:00+01:00", "Holiday"},
		{"days", event("DTSTART;VALUE=DATE:20260301", "DTEND;VALUE=DATE:20260303"), "2026-03-01T00:00:00+01:00", "2026-03-03T00:00:00+01:00", "blackout"},
		{"a day of 23 hours", event("DTSTART;VALUE=DATE:20260329", "DURATION:P1D"), "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00", "blackout"},
		{"UTC", event("DTSTART:20260301T180000Z", "DTEND:20260301T200000Z"), "2026-03-01T18:00:00Z", "2026-03-01T20:00:00Z", "blackout"},
		{"floating", event("DTSTART:20260301T180000", "DURATION:PT1H30M"), "2026-03-01T18:00:00+01:00", "2026-03-01T19:30:00+01:00", "blackout"},
		{"a zone", event(`DTSTART;TZID="America/New_York";X-A="b:c;d":20260301T180000`, "DTEND;TZID=America/New_York:20260301T190000"), "2026-03-01T18:00:00-05:00", "2026-03-01T19:00:00-05:00", "blackout"},
		{"a zone of Outlook", event("DTSTART;TZID=\"W. Europe Standard Time\":20260701T180000", "DURATION:PT1H"), "2026-07-01T18:00:00+02:00", "2026-07-01T19:00:00+02:00", "blackout"},
		{"a zone behind an address", event("DTSTART;TZID=/example.org/20260101_1/America/Indiana/Knox:20260301T180000", "DURATION:PT1H"), "2026-03-01T18:00:00-06:00", "2026-03-01T19:00:00-06:00", "blackout"},
		{"two zones", event("DTSTART;TZID=America/New_York:20260301T180000", "DTEND:20260302T000000Z"), "2026-03-01T18:00:00-05:00", "2026-03-02T00:00:00Z", "blackout"},
		{"weeks", event("DTSTART:20260301T180000Z", "DURATION:P1W"), "2026-03-01T18:00:00Z", "2026-03-08T18:00:00Z", "blackout"},
		{"folded and escaped", event("DTSTART;VALUE=DA\r\n TE:20260301", "SUMMARY:Cup fi\r\n\tnal\\, both\\nhalves \\;-)"), "2026-03-01T00:00:00+01:00", "2026-03-02T00:00:00+01:00", "Cup final, both halves ;-)"},
		{"an alarm within", event("DTSTART:20260301T180000Z", "BEGIN:VALARM", "TRIGGER:-PT15M", "DURATION:PT5M", "END:VALARM", "DTEND:20260301T200000Z"), "2026-03-01T18:00:00Z", "2026-03-01T20:00:00Z", "blackout"},
		{"lower case", "begin:vevent\r\ndtstart:20260301T180000Z\r\ndtend:20260301T200000Z\r\nend:vevent", "2026-03-01T18:00:00Z", "2026-03-01T20:00:00Z", "blackout"},
		{"after a zone", "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nBEGIN:DAYLIGHT\r\nDTSTART:19700329T020000\r\nRRULE:FREQ=YEARLY\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n" +
			event("DTSTART;VALUE=DATE:20260301"), "2026-03-01T00:00:00+01:00", "2026-03-02T00:00:00+01:00", "blackout"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := blackouts(calendar(tt.event), zone(t, "Europe/Berlin"), 2026)
			if err != nil || len(got) != 1 {
				t.Fatalf("blackouts = %v, %v, want one", got, err)
			}
			start, _ := time.Parse(time.RFC3339, tt.start)
			end, _ := time.Parse(time.RFC3339, tt.end)
			if b := got[0]; !b.Start.Equal(start) || !b.End.Equal(end) || b.Name != tt.title {
				t.Errorf("blackout = %+v, want %s to %s, %q", b, tt.start, tt.end, tt.title)
			}
		})
	}
}

func TestNoBlackouts(t *testing.T) {
	for name, text := range map[string]string{
		"canceled": calendar(event("DTSTART;VALUE=DATE:20260301", "STATUS:CANCELLED")),
		"empty":    calendar("X-WR-CALNAME:none"),
		"a task":   calendar("BEGIN:VTODO", "DTSTART;VALUE=DATE:20260301", "END:VTODO"),
	} {
		if got, err := blackouts(text, time.UTC, 2026); err != nil || len(got) > 0 {
			t.Errorf("%s: blackouts = %v, %v, want none", name, got, err)
		}
	}
}

// TestBlackoutFaults: nothing that might be a blackout is passed over.
func TestBlackoutFaults(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"no calendar", "timestamp,value\n", `line 1: "timestamp,value" is no property`},
		{"nothing", "", "is no iCalendar file"},
		{"cut", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20260301\n", "ends within VEVENT"},
		{"repeating by the hour", calendar(event("DTSTART;VALUE=DATE:20260301", "RRULE:FREQ=HOURLY")), `line 7: the event that ends here: RRULE in line 6: FREQ "HOURLY" is none of DAILY`},
		{"two rules", calendar(event("DTSTART;VALUE=DATE:20260301", "RRULE:FREQ=DAILY", "RRULE:FREQ=DAILY")), "RRULE is there twice"},
		{"a bad exception", calendar(event("DTSTART;VALUE=DATE:20260301", "RRULE:FREQ=DAILY", "EXDATE:soon")), `EXDATE: "soon" is no time`},
		{"a period", calendar(event("DTSTART:20260301T180000Z", "DURATION:PT1H", "RDATE;VALUE=PERIOD:20260302T180000Z/PT2H")), "RDATE: "},
		{"days and times", calendar(event("DTSTART;VALUE=DATE:20260301", "RDATE:20260302T180000Z")), "a day and a time as DTSTART and RDATE"},
		{"this and the following", calendar(event("DTSTART;VALUE=DATE:20260301", "RECURRENCE-ID;RANGE=THISANDFUTURE:20260302")), "write two events"},
		{"hundreds of thousands", calendar(strings.Repeat(event("DTSTART;VALUE=DATE:20250101", "RRULE:FREQ=DAILY")+"\r\n", 600)), "happen more than 200000 times"},
		{"no start", calendar(event("SUMMARY:x")), "has no DTSTART"},
		{"no end", calendar(event("DTSTART:20260301T180000Z")), "has neither DTEND nor DURATION"},
		{"two ends", calendar(event("DTSTART:20260301T180000Z", "DTEND:20260301T190000Z", "DURATION:PT1H")), "has both DTEND and DURATION"},
		{"two starts", calendar(event("DTSTART;VALUE=DATE:20260301", "DTSTART;VALUE=DATE:20260302")), "DTSTART is there twice"},
		{"backwards", calendar(event("DTSTART:20260301T180000Z", "DTEND:20260301T170000Z")), "lasts -1h0m0s"},
		{"for years", calendar(event("DTSTART;VALUE=DATE:20260301", "DTEND;VALUE=DATE:20290301")), "more than 400 days"},
		{"mixed", calendar(event("DTSTART;VALUE=DATE:20260301", "DTEND:20260302T170000Z")), "has a day and a time"},
		{"another zone", calendar(event("DTSTART;TZID=Shire Standard Time:20260301T180000", "DURATION:PT1H")), `TZID "Shire Standard Time" is no IANA zone`},
		{"a local zone", calendar(event("DTSTART;TZID=Local:20260301T180000", "DURATION:PT1H")), `TZID "Local" is no IANA zone`},
		{"an address and no zone", calendar(event("DTSTART;TZID=/example.org/Local:20260301T180000", "DURATION:PT1H")), `is no IANA zone`},
		{"a bad time", calendar(event("DTSTART:2026-03-01")), `DTSTART: "2026-03-01" is no time`},
		{"a bad length", calendar(event("DTSTART:20260301T180000Z", "DURATION:PT")), `DURATION: "PT" is no length`},
		{"crossed", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\nEND:VEVENT\n", `END:"VCALENDAR" does not end "VEVENT"`},
		{"outside", "BEGIN:VEVENT\nEND:VEVENT\n", "stands outside BEGIN:VCALENDAR"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := blackouts(tt.text, time.UTC, 2026)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("blackouts = %v, %v, want %q", got, err, tt.want)
			}
		})
	}
	two := calendar(event("SUMMARY:x"), event("DTSTART:soon"))
	if _, err := blackouts(two, time.UTC, 2026); strings.Count(err.Error(), "the event that ends here") != 2 {
		t.Errorf("error = %v, want both faults", err)
	}
}

// TestZonesOfWindows are all known by their places.
func TestZonesOfWindows(t *testing.T) {
	for _, name := range usage.WindowsZones() {
		text := calendar(event("DTSTART;TZID="+name+":20260301T180000", "DURATION:PT1H"))
		if _, err := usage.ReadBlackouts(strings.NewReader(text), time.UTC); err != nil {
			t.Error(err)
		}
	}
}
