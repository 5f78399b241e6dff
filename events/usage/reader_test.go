package usage_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"upgradehub/events/usage"
)

// TestTables reads tables of a few hours, all of which begin at 2026-03-01
// 10:00 in Berlin.
func TestTables(t *testing.T) {
	tests := []struct {
		name, text  string
		values      usage.Values
		want        []float64
		wantSkipped string
	}{
		{"half hours", "timestamp,value\n2026-03-01 10:00:00,1\n2026-03-01 10:30:00,2\n2026-03-01 11:00:00,3\n2026-03-01 11:30:00,4\n", "", []float64{1, 2, 3, 4}, ""},
		{"no head, no end of line", "2026-03-01 10:00,1\n2026-03-01 11:00,2", "", []float64{1, 2}, ""},
		{"BOM, CRLF, quotes, comment", "\uFEFF# from the warehouse\r\n\"time\",\"users\"\r\n\"2026-03-01T10:00\",\"1\"\r\n\"2026-03-01T11:00\",\"2.5\"\r\n", "", []float64{1, 2.5}, ""},
		{"columns by name", "site;Users;Timestamp\nx;5;2026-03-01 10:00\nx;6;2026-03-01 11:00\n", "", []float64{5, 6}, ""},
		{"offsets", "2026-03-01T09:00:00Z,1\n2026-03-01T12:00:00+02:00,2\n2026-03-01 12:00:00+01:00,3\n", "", []float64{1, 2, 3}, ""},
		{"Unix seconds", "time,count\n1772355600,1\n1772359200,2\n", "", []float64{1, 2}, ""},
		{"not in order", "2026-03-01 12:00,3\n2026-03-01 10:00,1\n2026-03-01 11:00,2\n", "", []float64{1, 2, 3}, ""},
		{"two hours are shared", "2026-03-01 10:00,2\n2026-03-01 12:00,4\n", "", []float64{1, 1, 2, 2}, ""},
		{"steps across hours", "2026-03-01 10:00,3\n2026-03-01 10:45,3\n2026-03-01 11:30,3\n2026-03-01 12:15,3\n", "", []float64{4, 4, 4}, ""},
		{"levels", "2026-03-01 10:00,2\n2026-03-01 10:30,4\n2026-03-01 11:00,8\n2026-03-01 11:30,8\n", usage.Levels, []float64{1, 2, 4, 4}, ""},
		{"half of a level", "2026-03-01 10:00,2\n2026-03-01 10:15,4\n2026-03-01 10:30,8\n2026-03-01 11:00,6\n2026-03-01 11:15,6\n", usage.Levels, []float64{1.5, 4, 3}, ""},
		{"half of a count", "2026-03-01 10:00,2\n2026-03-01 10:15,4\n2026-03-01 10:30,8\n2026-03-01 11:00,6\n2026-03-01 11:15,6\n", "", []float64{6, math.NaN(), 12}, ""},
		{"twice", "2026-03-01 10:00,1\n2026-03-01 11:00,2\n2026-03-01 11:00,9\n", "", []float64{1, 2}, "test:3: 2026-03-01 11:00:00 +0100 is there already"},
		{"off the grid", "2026-03-01 10:00,1\n2026-03-01 11:00,2\n2026-03-01 11:07,3\n2026-03-01 12:00,3\n2026-03-01 13:00,3\n", "", []float64{1, 2, 3, 3}, "test:3: 2026-03-01 11:07:00 +0100 is not on the grid of 1h0m0s"},
		{
			"faults",
			"time,value\n2026-03-01 10:00,1\nyesterday,2\n2026-03-01 11:00,many\n2026-03-01 11:00,-1\n2026-03-01 11:00,NaN\nx\n\n2026-03-01 11:00,2\n",
			"",
			[]float64{1, 2},
			`test:3: "yesterday" is not a time such as 2026-03-01 18:00:00|test:4: "many" is not a number|test:5: "-1" is not a number of people|test:6: "NaN" is not a number of people|test:7: "x" has no column 2`,
		},
		{"a fault first", "2026-03-01 09:00,\n2026-03-01 10:00,1\n2026-03-01 11:00,2\n", "", []float64{1, 2}, `test:1: "" is not a number`},
		{"a long line", "2026-03-01 10:00,1\n" + strings.Repeat("x", 70_000) + "\n2026-03-01 11:00,2\n", "", []float64{1, 2}, "test:2: is too long for a row"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, skipped := read(t, usage.Config{Zone: zone(t, "Europe/Berlin"), Values: tt.values}, tt.text)
			expect(t, s, "2026-03-01 10:00", tt.want)
			if got := join(skipped); got != tt.wantSkipped {
				t.Errorf("skipped %q, want %q", got, tt.wantSkipped)
			}
		})
	}
}

func join(all []usage.Skipped) string {
	var list []string
	for _, s := range all {
		list = append(list, s.String())
	}
	return strings.Join(list, "|")
}

func expect(t *testing.T, s usage.Series, start string, want []float64) {
	t.Helper()
	same := func(a, b float64) bool { return math.Abs(a-b) < 1e-9 || math.IsNaN(a) && math.IsNaN(b) }
	if got := s.Start.Format("2006-01-02 15:04"); got != start || !slices.EqualFunc(s.Values, want, same) {
		t.Errorf("series from %s: %v, want from %s: %v", got, s.Values, start, want)
	}
}

// TestClockChanges: hours that clocks show twice or never.
func TestClockChanges(t *testing.T) {
	tests := []struct {
		name, text  string
		values      usage.Values
		want        []float64
		wantSkipped string
	}{
		{"shown twice, written twice", "2014-11-02 00:00,1\n2014-11-02 01:00,2\n2014-11-02 01:00,3\n2014-11-02 02:00,4\n", "", []float64{1, 2, 3, 4}, ""},
		{"shown twice, written once", "2014-11-02 00:00,1\n2014-11-02 01:00,6\n2014-11-02 02:00,4\n", "", []float64{1, 3, 3, 4}, ""},
		{"shown twice, written once, levels", "2014-11-02 00:00,1\n2014-11-02 01:00,6\n2014-11-02 02:00,4\n", usage.Levels, []float64{1, 6, 6, 4}, ""},
		{"shown twice, written thrice", "2014-11-02 00:00,1\n2014-11-02 01:00,2\n2014-11-02 01:00,3\n2014-11-02 01:00,9\n2014-11-02 02:00,4\n", "", []float64{1, 2, 3, 4}, "test:4: 2014-11-02 01:00:00 -0500 is there already"},
		{"shown twice, half hours by turns", "2014-11-02 00:30,0\n2014-11-02 01:00,1\n2014-11-02 01:30,2\n2014-11-02 01:00,3\n2014-11-02 01:30,4\n2014-11-02 02:00,5\n2014-11-02 02:30,6\n", "", []float64{0, 1, 2, 3, 4, 5, 6}, ""},
		{"never shown, not written", "2014-03-09 00:00,1\n2014-03-09 01:00,2\n2014-03-09 03:00,3\n", "", []float64{1, 2, 3}, ""},
		{"never shown, written", "2014-03-09 00:00,1\n2014-03-09 01:00,2\n2014-03-09 02:00,0\n2014-03-09 03:00,3\n", "", []float64{1, 2, 3}, "test:3: clocks in America/New_York skip 2014-03-09 02:00:00"},
		{"with offsets", "2014-11-02T01:00:00-04:00,1\n2014-11-02T01:00:00-05:00,2\n", "", []float64{1, 2}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, skipped := read(t, usage.Config{Zone: zone(t, "America/New_York"), Values: tt.values}, tt.text)
			expect(t, s, s.Start.Format("2006-01-02 15:04"), tt.want)
			if got := join(skipped); got != tt.wantSkipped {
				t.Errorf("skipped %q, want %q", got, tt.wantSkipped)
			}
		})
	}
}

// TestHoursOfTheZone: hours are those of clocks, also where these are half an
// hour away.
func TestHoursOfTheZone(t *testing.T) {
	s, _ := read(t, usage.Config{Zone: zone(t, "Asia/Kolkata")}, "2026-03-01T00:00:00Z,2\n2026-03-01T01:00:00Z,4\n2026-03-01T02:00:00Z,6\n")
	expect(t, s, "2026-03-01 06:00", []float64{3, 5})
}

func TestQueries(t *testing.T) {
	matrix := func(series ...string) string {
		return `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"b"},"values":[` + strings.Join(series, `]},{"metric":{},"values":[`) + `]}]}}`
	}
	half := `[1772355600,"2"],[1772357400,"4"],[1772359200.0,"6"],[1772361000,"8"]`
	tests := []struct {
		name, text  string
		values      usage.Values
		start       string
		want        []float64
		wantSkipped string
	}{
		{"levels", matrix(half), "", "2026-03-01 09:00", []float64{1, 2, 3, 4}, ""},
		{"counts are of the step before", matrix(`[1772357400,"2"],[1772359200,"4"],[1772361000,"6"],[1772362800,"8"]`), usage.Counts, "2026-03-01 09:00", []float64{2, 4, 6, 8}, ""},
		{"series are summed", " \n" + matrix(half, half), "", "2026-03-01 09:00", []float64{2, 4, 6, 8}, ""},
		{"no number", matrix(half, `[1772355600,"NaN"]`), "", "2026-03-01 09:00", []float64{1, 2, 3, 4}, `test: series 2 at 2026-03-01 09:00:00 +0000: "NaN" is not a number of people`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, skipped := read(t, usage.Config{Zone: time.UTC, Values: tt.values}, tt.text)
			expect(t, s, tt.start, tt.want)
			if got := join(skipped); got != tt.wantSkipped {
				t.Errorf("skipped %q, want %q", got, tt.wantSkipped)
			}
		})
	}
}

func TestLogs(t *testing.T) {
	line := func(address, at string) string {
		return fmt.Sprintf(`%s - - [01/Mar/2026:%s +0100] "GET /a\"] HTTP/1.1" 200 512 "-" "agent"`+"\n", address, at)
	}
	log := "started\n" + line("192.0.2.1", "10:00:01") + line("192.0.2.2", "10:20:00") + line("192.0.2.1", "10:59:59") +
		line("2001:db8::1", "12:00:00") + line("2001:db8::1", "11:59:59") + "\n" + line("192.0.2.1", "12:58:00")
	for _, tt := range []struct {
		name     string
		distinct bool
		want     []float64
		unit     string
	}{{"lines", false, []float64{2, 1, 0, 1, 1, 1}, "requests"}, {"addresses", true, []float64{2, 1, 2}, "people"}} {
		t.Run(tt.name, func(t *testing.T) {
			s, skipped := read(t, usage.Config{Zone: zone(t, "Europe/Berlin"), Distinct: tt.distinct}, log)
			expect(t, s, "2026-03-01 10:00", tt.want)
			if got := join(skipped); got != "test:1: is no line in combined format" || s.Unit != tt.unit {
				t.Errorf("skipped %q, unit %q, want %q", got, s.Unit, tt.unit)
			}
		})
	}
}

// TestLogGaps: half an hour without a line had nobody, a day without one is
// not known, and the half hour the log ends in does not count.
func TestLogGaps(t *testing.T) {
	var log strings.Builder
	start := time.Date(2026, 3, 1, 10, 30, 0, 0, time.UTC)
	for i := range 60 {
		if i > 2 && i < 7 || i > 20 && i < 50 {
			continue
		}
		fmt.Fprintf(&log, "192.0.2.1 - - [%s] \"GET / HTTP/1.1\" 200 1\n", start.Add(time.Duration(i)*time.Hour).Format("02/Jan/2006:15:04:05 -0700"))
	}
	s, _ := read(t, usage.Config{Zone: time.UTC}, log.String())
	var want []float64
	for i := range 59 {
		switch {
		case i > 2 && i < 7:
			want = append(want, 0, 0)
		case i == 20:
			want = append(want, 1, math.NaN())
		case i > 20 && i < 50:
			want = append(want, math.NaN(), math.NaN())
		default:
			want = append(want, 1, 0)
		}
	}
	expect(t, s, "2026-03-01 10:30", want)
}

// TestManyFiles: tables are put side by side, logs are added up.
func TestManyFiles(t *testing.T) {
	r := usage.NewReader(usage.Config{Zone: time.UTC})
	for name, text := range map[string]string{
		"march": "2026-03-31 23:00,1\n2026-03-31 23:30,2\n2026-04-01 00:00,3\n",
		"april": "2026-04-01 00:30,4\n2026-04-01 01:00,5\n2026-04-01 01:30,5\n",
	} {
		if err := r.Add(name, strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
	}
	s, err := r.Series()
	if err != nil || len(r.Skipped()) > 0 {
		t.Fatalf("%v, skipped %v", err, r.Skipped())
	}
	expect(t, s, "2026-03-31 23:00", []float64{1, 2, 3, 4, 5, 5})
	expect(t, s.Hourly(), "2026-03-31 23:00", []float64{3, 7, 10})
	if err := r.Add("log", strings.NewReader(`192.0.2.1 - - [01/Mar/2026:10:00:00 +0100] "GET / HTTP/1.1" 200 1`)); err == nil {
		t.Error("a log after tables is taken")
	}
}

func TestUnreadable(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"nothing", "", "no usable value"},
		{"a head alone", "time,value\n", "no usable value"},
		{"one row", "2026-03-01 10:00,1\n", "one moment alone shows no step"},
		{"days", "2026-03-01,1\n2026-03-02,2\n", "steps of 24h0m0s are too coarse"},
		{"a century", "1971-01-01 10:00,1\n1971-01-01 11:00,1\n2071-01-01 11:00,1\n", "more than ten years"},
		{"cut JSON", `{"status":"succ`, "answer of Prometheus: unexpected end"},
		{"an error", `{"status":"error","error":"no such metric"}`, `status "error": "no such metric"`},
		{"a vector", `{"status":"success","data":{"resultType":"vector","result":[]}}`, `"vector" is no matrix: ask query_range`},
		{"no series", `{"status":"success","data":{"resultType":"matrix","result":[]}}`, "it found no series"},
		{"a histogram", `{"status":"success","data":{"resultType":"matrix","result":[{"values":[[1,{}]]}]}}`, `"{}" is not a value as text`},
		{"a log of minutes", `192.0.2.1 - - [01/Mar/2026:10:10:00 +0100] "GET / HTTP/1.1" 200 1`, "no usable value"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := usage.NewReader(usage.Config{Zone: time.UTC})
			err := r.Add("test", strings.NewReader(tt.text))
			if err == nil {
				_, err = r.Series()
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error = %v, want %q", err, tt.want)
			}
		})
	}
}

func TestSkippedIsBounded(t *testing.T) {
	_, skipped := read(t, usage.Config{Zone: time.UTC}, "2026-03-01 10:00,1\n2026-03-01 11:00,1\n"+strings.Repeat("x\n", 5000))
	if last := skipped[len(skipped)-1].String(); len(skipped) != 1001 || last != "others: 4000 more were skipped" {
		t.Errorf("%d were named, the last %q", len(skipped), last)
	}
}

func TestParseTime(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	for text, want := range map[string]string{
		"2026-03-02":                "2026-03-01T23:00:00Z",
		"2026-03-02T18:00":          "2026-03-02T17:00:00Z",
		"2026-10-25 02:30":          "2026-10-25T00:30:00Z",
		"2026-03-02T18:00:00-05:00": "2026-03-02T23:00:00Z",
		"2026-03-29 02:30":          "",
		"tomorrow":                  "",
		"0001-01-01":                "",
	} {
		got, err := usage.ParseTime(text, berlin)
		if want == "" != (err != nil) || err == nil && got.UTC().Format(time.RFC3339) != want {
			t.Errorf("ParseTime(%q) = %s, %v, want %q", text, got, err, want)
		}
	}
}
