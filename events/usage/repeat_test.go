package usage_test

import (
	"strings"
	"testing"
	"time"

	"upgradehub/events/usage"
)

// TestRulesOfTheStandard are examples of RFC 5545, 3.8.5.3, as it solves them:
// the first times of each.
func TestRulesOfTheStandard(t *testing.T) {
	tests := []struct{ name, start, rule, want string }{
		{"ten days", "19970902", "FREQ=DAILY;COUNT=10", "97 9-2 9-3 9-4 9-5 9-6 9-7 9-8 9-9 9-10 9-11."},
		{"until", "19971222", "FREQ=DAILY;UNTIL=19971224T000000Z", "97 12-22 12-23."},
		{"until a day", "19971222", "FREQ=DAILY;UNTIL=19971224", "97 12-22 12-23 12-24."},
		{"every other day", "19970902", "FREQ=DAILY;INTERVAL=2", "97 9-2 9-4 9-6"},
		{"every 10 days", "19970902", "FREQ=DAILY;INTERVAL=10;COUNT=5", "97 9-2 9-12 9-22 10-2 10-12."},
		{"days in January", "19980101", "FREQ=DAILY;UNTIL=20000131T140000Z;BYMONTH=1", "98 1-1 1-2 1-3"},
		{"every other week", "19970902", "FREQ=WEEKLY;INTERVAL=2;WKST=SU", "97 9-2 9-16 9-30 10-14 10-28 11-11"},
		{"Tuesday and Thursday", "19970902", "FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH", "97 9-2 9-4 9-9 9-11 9-16 9-18 9-23 9-25 9-30 10-2."},
		{"every other week on three days", "19970901", "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR", "97 9-1 9-3 9-5 9-15 9-17 9-19 9-29"},
		{"first Friday", "19970905", "FREQ=MONTHLY;COUNT=10;BYDAY=1FR", "97 9-5 10-3 11-7 12-5 98 1-2 2-6 3-6 4-3 5-1 6-5."},
		{"first and last Sunday", "19970907", "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU", "97 9-7 9-28 11-2 11-30 98 1-4 1-25 3-1 3-29 5-3 5-31."},
		{"last Monday but one", "19970922", "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO", "97 9-22 10-20 11-17 12-22 98 1-19 2-16."},
		{"third last day", "19970928", "FREQ=MONTHLY;BYMONTHDAY=-3", "97 9-28 10-29 11-28 12-29 98 1-29 2-26"},
		{"second and fifteenth", "19970902", "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15", "97 9-2 9-15 10-2 10-15 11-2 11-15 12-2 12-15 98 1-2 1-15."},
		{"first and last day", "19970930", "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1", "97 9-30 10-1 10-31 11-1 11-30 12-1 12-31 98 1-1 1-31 2-1."},
		{"every 18 months", "19970910", "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15", "97 9-10 9-11 9-12 9-13 9-14 9-15 99 3-10 3-11 3-12 3-13."},
		{"June and July", "19970610", "FREQ=YEARLY;COUNT=10;BYMONTH=6,7", "97 6-10 7-10 98 6-10 7-10 99 6-10 7-10"},
		{"every other year", "19970310", "FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3", "97 3-10 99 1-10 2-10 3-10"},
		{"20th Monday of the year", "19970519", "FREQ=YEARLY;BYDAY=20MO", "97 5-19 98 5-18 99 5-17"},
		{"Thursdays in March", "19970313", "FREQ=YEARLY;BYMONTH=3;BYDAY=TH", "97 3-13 3-20 3-27 98 3-5 3-12 3-19 3-26 99 3-4"},
		{"first Saturday after a Sunday", "19970913", "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13", "97 9-13 10-11 11-8 12-13 98 1-10 2-7 3-7"},
		{"election day", "19961105", "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8", "96 11-5."},
		{"third of some days", "19970904", "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", "97 9-4 10-7 11-6."},
		{"last weekday but one", "19970929", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2", "97 9-29 10-30 11-27 12-30 98 1-29 2-26 3-30"},
		{"weeks from Monday", "19970805", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "97 8-5 8-10 8-19 8-24."},
		{"weeks from Sunday", "19970805", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "97 8-5 8-17 8-19 8-31."},
		{"days that some months lack", "19970115", "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5", "97 1-15 1-30 2-15 3-15 3-30."},
		{"a day in leap years", "19960229", "FREQ=YEARLY", "96 2-29."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := calendar(event("DTSTART;TZID=America/New_York:"+tt.start+"T090000", "DURATION:PT1H", "RRULE:"+tt.rule))
			found, err := blackouts(text, zone(t, "America/New_York"), 1996, 1997, 1998, 1999)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			year := ""
			for _, b := range found {
				if y := b.Start.Format("06"); y != year {
					got, year = append(got, y), y
				}
				got = append(got, b.Start.Format("1-2"))
				if b.Start.Hour() != 9 || b.End.Sub(b.Start) != time.Hour {
					t.Errorf("a time is %s to %s", b.Start, b.End)
				}
			}
			all := strings.Join(got, " ") + "."
			if !strings.HasPrefix(all, tt.want) {
				t.Errorf("%s = %s, want %s", tt.rule, all, tt.want)
			}
		})
	}
}

// TestRepeatingBlackouts: exceptions, moves and clocks that change.
func TestRepeatingBlackouts(t *testing.T) {
	tests := []struct{ name, events, want string }{
		{
			"a holiday of many years", event("DTSTART;VALUE=DATE:19701225", "DTEND;VALUE=DATE:19701227", "RRULE:FREQ=YEARLY"),
			"2026-12-25T00:00+01:00/48h0m0s",
		},
		{
			"days of 23 and 25 hours", event("DTSTART;VALUE=DATE:20250330", "RRULE:FREQ=YEARLY;BYMONTH=3,10;BYDAY=-1SU"),
			"2026-03-29T00:00+01:00/23h0m0s 2026-10-25T00:00+02:00/25h0m0s",
		},
		{
			"the hour of the clock", event("DTSTART;TZID=Europe/Berlin:20260322T060000", "DTEND;TZID=Europe/Berlin:20260322T070000", "RRULE:FREQ=WEEKLY;COUNT=2"),
			"2026-03-22T06:00+01:00/1h0m0s 2026-03-29T06:00+02:00/1h0m0s",
		},
		{
			"the hour of UTC", event("DTSTART:20260322T050000Z", "DURATION:PT30M", "RRULE:FREQ=WEEKLY;UNTIL=20260329T050000Z"),
			"2026-03-22T06:00+01:00/30m0s 2026-03-29T07:00+02:00/30m0s",
		},
		{
			"without some", event("DTSTART;TZID=Europe/Berlin:20260301T060000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=5",
				"EXDATE;TZID=Europe/Berlin:20260301T060000,20260303T060000", "EXDATE:20260304T050000Z", "EXDATE:20260305T060000Z"),
			"2026-03-02T06:00+01:00/1h0m0s 2026-03-05T06:00+01:00/1h0m0s",
		},
		{
			"without a day", event("DTSTART:20260301T060000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=2", "EXDATE;VALUE=DATE:20260302"),
			"2026-03-01T06:00+01:00/1h0m0s",
		},
		{
			"more times", event("DTSTART;VALUE=DATE:20260301", "RDATE;VALUE=DATE:20260501,20260301", "RDATE;VALUE=DATE:20260701"),
			"2026-03-01T00:00+01:00/24h0m0s 2026-05-01T00:00+02:00/24h0m0s 2026-07-01T00:00+02:00/24h0m0s",
		},
		{
			"one is moved, one is canceled",
			event("DTSTART;VALUE=DATE:20260501", "RECURRENCE-ID;VALUE=DATE:20260401", "SUMMARY:moved") + "\r\n" +
				event("DTSTART;VALUE=DATE:20260301", "RRULE:FREQ=MONTHLY;COUNT=3") + "\r\n" +
				event("DTSTART;VALUE=DATE:20260301", "RECURRENCE-ID;VALUE=DATE:20260301", "STATUS:CANCELLED"),
			"2026-05-01T00:00+02:00/24h0m0s 2026-05-01T00:00+02:00/24h0m0s",
		},
		{
			"the first counts, though the rule does not name it", event("DTSTART;VALUE=DATE:20260302", "RRULE:FREQ=MONTHLY;BYMONTHDAY=1;COUNT=3"),
			"2026-03-02T00:00+01:00/24h0m0s 2026-04-01T00:00+02:00/24h0m0s 2026-05-01T00:00+02:00/24h0m0s",
		},
		{
			"canceled", event("DTSTART;VALUE=DATE:20260301", "RRULE:FREQ=MONTHLY", "STATUS:CANCELLED"), "",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			berlin := zone(t, "Europe/Berlin")
			found, err := blackouts(calendar(tt.events), berlin, 2026)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, b := range found {
				got = append(got, b.Start.In(berlin).Format("2006-01-02T15:04Z07:00")+"/"+b.End.Sub(b.Start).String())
			}
			if all := strings.Join(got, " "); all != tt.want {
				t.Errorf("blackouts = %s\nwant %s", all, tt.want)
			}
		})
	}
}

// TestUsualBlackouts: what must be kept free week by week is a part of the
// usual week. Its hours and the day before are learnt from, so that they are
// offered where there is an exception.
func TestUsualBlackouts(t *testing.T) {
	s := passengers(t)
	for _, tt := range []struct {
		name, rule string
		usual      bool
	}{
		{"every Tuesday", "FREQ=WEEKLY", true},
		{"Tuesdays of months", "FREQ=WEEKLY;COUNT=9", true},
		{"two Tuesdays", "FREQ=WEEKLY;COUNT=2", false},
		{"a week of holidays", "FREQ=DAILY;COUNT=7", false},
		{"every month", "FREQ=MONTHLY;BYDAY=1TU", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := calendar(event("DTSTART;VALUE=DATE:20140902", "RRULE:"+tt.rule, "EXDATE;VALUE=DATE:20141104"))
			found, err := blackouts(text, s.Zone(), 2014)
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range found {
				if b.Usual != tt.usual {
					t.Errorf("%s: usual %t, want %t", b.Start, b.Usual, tt.usual)
				}
			}
			a, err := usage.New(s, found).Find(usage.Query{Need: 3 * time.Hour})
			if err != nil {
				t.Fatal(err)
			}
			if best := a.Slots[0].Start.Format("Mon 2006-01-02 15:04"); tt.usual && best != "Tue 2014-11-04 02:30" {
				t.Errorf("the best slot is %s, want that of the exception", best)
			}
			for _, slot := range a.Slots {
				if strings.Contains(strings.Join(slot.Reasons, ";"), "the eve of") && tt.usual {
					t.Errorf("a slot is an eve: %v", slot.Reasons)
				}
			}
		})
	}
}

// TestTheLastOfSomeDays is one of them, whether UNTIL is a day or a midnight of
// UTC, which is another day in half of the world.
func TestTheLastOfSomeDays(t *testing.T) {
	for _, name := range []string{"America/New_York", "UTC", "Pacific/Auckland"} {
		for _, until := range []string{"20260303", "20260303T000000Z", "20260303T000000"} {
			found, err := blackouts(calendar(event("DTSTART;VALUE=DATE:20260301", "RRULE:FREQ=DAILY;UNTIL="+until)), zone(t, name), 2026)
			if err != nil || len(found) != 3 || found[2].Start.Format(time.DateOnly) != "2026-03-03" {
				t.Errorf("in %s until %s: %v, %v, want 1 to 3 March", name, until, found, err)
			}
		}
	}
}

func TestFaultyRules(t *testing.T) {
	tests := []struct{ rule, want string }{
		{"", "has no FREQ"},
		{"INTERVAL=2", "has no FREQ"},
		{"FREQ=DAILY;INTERVAL=0", `INTERVAL "0" is no number from 1`},
		{"FREQ=DAILY;FREQ=DAILY", `has "FREQ" twice`},
		{"FREQ=DAILY;COUNT=1;UNTIL=20260301", "has both COUNT and UNTIL"},
		{"FREQ=DAILY;UNTIL=soon", `UNTIL "SOON" is no time`},
		{"FREQ=YEARLY;BYWEEKNO=20", `has "BYWEEKNO", which is not read`},
		{"FREQ=WEEKLY;BYDAY=1MO", "counts weekdays"},
		{"FREQ=WEEKLY;BYDAY=", "is no day of the week"},
		{"FREQ=MONTHLY;BYDAY=54MO", "is no number"},
		{"FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY in a rule of weeks"},
		{"FREQ=MONTHLY;BYSETPOS=1", "nothing to choose from"},
		{"FREQ=MONTHLY;BYMONTH=13", `BYMONTH "13" is no number from 1 to 12`},
		{"FREQ=WEEKLY;WKST=XX", `"XX" is no day of the week`},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			_, err := blackouts(calendar(event("DTSTART;VALUE=DATE:20260301", "RRULE:"+tt.rule)), time.UTC, 2026)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "RRULE in line 6") {
				t.Errorf("error = %v, want %q in line 6", err, tt.want)
			}
		})
	}
}
