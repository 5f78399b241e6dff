package windows_test

import (
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"upgradehub/events/usage"
	"upgradehub/hub/windows"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// november is what is found for the week after the sample.
func november(t *testing.T) windows.Windows {
	t.Helper()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Open("../../events/usage/testdata/passengers-2014-07-to-10.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	reader := usage.NewReader(usage.Config{Zone: zone})
	if err := reader.Add("sample", file); err != nil {
		t.Fatal(err)
	}
	series, err := reader.Series()
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2014, 11, 4, 4, 0, 0, 0, zone)
	blackouts := []usage.Blackout{{Start: start, End: start.Add(4 * time.Hour), Name: "upgrade <b>other</b> of the same system", Busy: true}}
	answer, err := usage.New(series, blackouts).Find(usage.Query{Need: 3 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	w := windows.New(3*time.Hour, zone, answer)
	w.Week = windows.Week(usage.New(series.Hourly(), blackouts).Profile(answer.From))
	w.NeedOf = &windows.NeedOf{Upgrade: "pg16", Work: 6300, WorkRuns: 12, Rollback: 2700, Buffer: 1800}
	return w
}

func html(t *testing.T, w windows.Windows) string {
	t.Helper()
	var b strings.Builder
	if err := w.HTML(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPage(t *testing.T) {
	found := november(t)
	got := html(t, found)
	if *update {
		if err := os.WriteFile("testdata/november.html", []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/november.html")
	if err != nil || string(want) != got {
		t.Errorf("the page differs, %v; run 'go test ./hub/windows -update' if that is meant\n%s", err, got)
	}
	if n := strings.Count(got, `<td class="h`); n != 168 {
		t.Errorf("%d hours in the week, want 168", n)
	}
	if strings.Contains(got, "<b>") || strings.Contains(got, "style=") || strings.Contains(got, "ZgotmplZ") {
		t.Error("foreign text is read as HTML, or a style stands in the page")
	}
	raw, err := json.Marshal(found)
	if err != nil {
		t.Fatal(err)
	}
	var read windows.Windows
	if err := json.Unmarshal(raw, &read); err != nil || html(t, read) != got {
		t.Errorf("another page after it was read from JSON, %v", err)
	}
}

// TestHoursOfWhichNothingIsKnown are drawn as such; without a week there is no
// map.
func TestHoursOfWhichNothingIsKnown(t *testing.T) {
	w := november(t)
	w.Week[30].Median = nil
	if got := html(t, w); !strings.Contains(got, `class="hunknown">?`) {
		t.Error("an unknown hour looks known")
	}
	w.Week = nil
	if got := html(t, w); strings.Contains(got, `class="week"`) {
		t.Error("a map of nothing")
	}
}

func TestSpan(t *testing.T) {
	for _, tt := range []struct{ name, start, length, zone, want string }{
		{"within a day", "2026-03-01T10:00:00Z", "3h", "Europe/Berlin", "Sun 1 Mar 2026 11:00 to 14:00 CET"},
		{"over midnight", "2026-03-01T22:00:00Z", "3h", "Europe/Berlin", "Sun 1 Mar 2026 23:00 to Mon 2 Mar 2026 02:00 CET"},
		{"days", "2026-03-01T10:00:00Z", "72h", "UTC", "Sun 1 Mar 2026 10:00 to Wed 4 Mar 2026 10:00 UTC"},
		{"clocks skip an hour", "2026-03-29T00:00:00Z", "3h", "Europe/Berlin", "Sun 29 Mar 2026 01:00 CET to 05:00 CEST"},
		{"clocks show an hour twice", "2026-10-25T00:00:00Z", "3h", "Europe/Berlin", "Sun 25 Oct 2026 02:00 CEST to 04:00 CET"},
		{"half an hour of its own", "2026-03-01T10:00:00Z", "1h", "Asia/Kathmandu", "Sun 1 Mar 2026 15:45 to 16:45 +0545"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			start, err := time.Parse(time.RFC3339, tt.start)
			if err != nil {
				t.Fatal(err)
			}
			length, err := time.ParseDuration(tt.length)
			if err != nil {
				t.Fatal(err)
			}
			zone, err := time.LoadLocation(tt.zone)
			if err != nil {
				t.Fatal(err)
			}
			if got := windows.Span(start, start.Add(length), zone); got != tt.want {
				t.Errorf("Span = %s, want %s", got, tt.want)
			}
		})
	}
}
