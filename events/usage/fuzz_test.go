package usage_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"upgradehub/events/usage"
)

// sound checks what every series is, whatever it was read from.
func sound(t *testing.T, cfg usage.Config, text string) {
	t.Helper()
	r := usage.NewReader(cfg)
	if err := r.Add("fuzz", strings.NewReader(text)); err != nil {
		return
	}
	s, err := r.Series()
	if err != nil {
		return
	}
	if len(s.Values) == 0 || len(s.Values) > 2*10*366*24+1 || math.IsNaN(s.Values[0]) || math.IsNaN(s.Values[len(s.Values)-1]) {
		t.Fatalf("%d steps, ends %v and %v", len(s.Values), s.Values[0], s.Values[len(s.Values)-1])
	}
	for i, v := range s.Values {
		if v < 0 || math.IsInf(v, 0) {
			t.Fatalf("step %d is %v", i, v)
		}
	}
	h := usage.New(s, nil)
	if a, err := h.Find(usage.Query{Need: 3 * time.Hour}); err == nil && (len(a.Slots) == 0 || a.Slots[0].Expected < 0) {
		t.Fatalf("found %+v", a)
	}
}

func FuzzTable(f *testing.F) {
	for _, seed := range []string{
		"timestamp,value\n2026-03-01 10:00:00,1\n2026-03-01 10:30:00,2\n", "2014-11-02 01:00,1\n2014-11-02 01:00,2\n",
		"a;b;time\n1;2;1772355600\n", "\uFEFF\"time\"\t\"users\"\n2026-03-01T10:00:00.5Z\t1e3\n2026-03-01T10:00:00.6Z\t1\n",
		"2014-03-09 02:30,1\n2014-03-09 00:00,2\n2014-03-09 05:30,2\n", "time\n\n#\n,,,\n",
	} {
		f.Add(seed)
	}
	newYork := zone(f, "America/New_York")
	f.Fuzz(func(t *testing.T, text string) {
		sound(t, usage.Config{Zone: newYork}, text)
		sound(t, usage.Config{Zone: newYork, Values: usage.Levels}, text)
	})
}

func FuzzQuery(f *testing.F) {
	for _, seed := range []string{
		`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1772355600,"2"],[1772357400,"4"]]}]}}`,
		`{"status":"success","data":{"resultType":"matrix","result":[{"values":[[1e300,"2"],[-1,"4"],[null,null]]}]}}`,
		`{"status":"error","error":"x"}`, `{"data":{"result":[{"values":[[]]}]}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		sound(t, usage.Config{Zone: time.UTC}, "{"+strings.TrimPrefix(text, "{"))
		sound(t, usage.Config{Zone: time.UTC, Values: usage.Counts}, "{"+strings.TrimPrefix(text, "{"))
	})
}

func FuzzLog(f *testing.F) {
	first := `192.0.2.1 - - [01/Mar/2026:10:00:00 +0100] "GET / HTTP/1.1" 200 512 "-" "-"` + "\n"
	for _, seed := range []string{
		first, `:: - - [01/Mar/1970:10:00:00 -9999] "" 500`, `x - bob [31/Dec/2199:23:59:59 +0000] "GET /\"] \" HTTP/1.1" 304 -`, "] \" [",
	} {
		f.Add(seed)
	}
	kolkata := zone(f, "Asia/Kolkata")
	f.Fuzz(func(t *testing.T, text string) {
		sound(t, usage.Config{Zone: kolkata}, first+text)
		sound(t, usage.Config{Zone: kolkata, Distinct: true}, first+text)
	})
}

func FuzzBlackouts(f *testing.F) {
	for _, seed := range []string{
		calendar(event("DTSTART;VALUE=DATE:20260301", "SUMMARY:x\\, y")), calendar(event(`DTSTART;TZID="Europe/Berlin":20260301T180000`, "DURATION:P1DT2H")),
		calendar(event("DTSTART:20260301T180000Z", "DTEND:20260301T190000Z", "STATUS:CANCELLED")), "BEGIN:VCALENDAR\n \n\tx\nEND:VCALENDAR",
		calendar(event("DTSTART;VALUE=DATE:20240229", "RRULE:FREQ=YEARLY;INTERVAL=2;BYMONTH=1,2;BYDAY=-1SU,MO;BYSETPOS=-1,2", "EXDATE:20260222")),
		calendar(event("DTSTART:20251231T235959", "DURATION:P1DT1S", "RRULE:FREQ=MONTHLY;COUNT=9;BYMONTHDAY=-1,15", "RDATE:20260301T180000Z")), "END:VEVENT\nBEGIN:",
	} {
		f.Add(seed)
	}
	s := usage.Series{Start: time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC), Values: make([]float64, 10*168)}
	f.Fuzz(func(t *testing.T, text string) {
		found, err := blackouts(text, time.UTC, 2026)
		for _, b := range found {
			if !b.End.After(b.Start) || b.End.Sub(b.Start) > 400*24*time.Hour || b.Name == "" {
				t.Fatalf("blackout %+v", b)
			}
		}
		if err != nil {
			return
		}
		a, err := usage.New(s, found).Find(usage.Query{Need: time.Hour})
		if err == nil && len(found) == 0 && len(a.LeftOut) > 0 {
			t.Fatalf("left out %v of no blackouts", a.LeftOut)
		}
	})
}
