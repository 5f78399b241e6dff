package statuspage_test

import (
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"upgradehub/events/upgrade"
)

var item = regexp.MustCompile(`(?s)<ul role="list" class="record".*?</ul>`)

// TestRecord: what is said of how promises were kept is counted, and what was
// never begun counts for nothing but its notice.
func TestRecord(t *testing.T) {
	onTime, late, canceled := ended("a", "A", upgrade.Completed, "2026-11-02"), lastYear(), ended("c", "C", upgrade.Canceled, "2026-11-04")
	onTime.Announced, canceled.Announced = at("2026-11-01 06:00"), at("2026-11-01 06:00")
	canceled.Started = nil
	for _, tt := range []struct {
		name string
		past []upgrade.Public
		want []string
	}{
		{"on time", []upgrade.Public{onTime}, []string{"1 upgrade ended", "1 of 1 over by the announced end", "announced 1 day ahead, at the median"}},
		{"late", []upgrade.Public{late}, []string{"1 upgrade ended", "0 of 1 over by the announced end", "announced 13 days 22 h ahead, at the median", "4 of 5 promised updates in time"}},
		{"canceled", []upgrade.Public{canceled}, []string{"1 upgrade ended", "announced 3 days ahead, at the median"}},
		{"all", []upgrade.Public{onTime, late, canceled}, []string{"3 upgrades ended", "1 of 2 over by the announced end", "announced 3 days ahead, at the median", "4 of 5 promised updates in time"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPages(t, &board{seq: 9, all: tt.past}, noon)
			page := serve(p, httptest.NewRequest("GET", "/history", nil)).Body.String()
			var got []string
			for _, m := range regexp.MustCompile(`<li>([^<]*)</li>`).FindAllStringSubmatch(item.FindString(page), -1) {
				got = append(got, m[1])
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("the record says %q, want %q", got, tt.want)
			}
		})
	}
}

// TestLastTime: the newest of the same system that was begun and is over
// before this one begins.
func TestLastTime(t *testing.T) {
	older, other, later := lastYear(), lastYear(), lastYear()
	older.ID, older.Title, older.Finished = "pg14", "The one before", new(at("2024-10-04 09:10"))
	other.ID, other.Title, other.System = "mail", "Another system", "mail"
	later.ID, later.Title, later.Finished = "pg17", "The one after", new(at("2026-12-04 09:10"))
	p := newPages(t, &board{seq: 9, all: []upgrade.Public{planned(), older, other, later, lastYear()}}, noon.Add(-24*time.Hour))
	page := serve(p, httptest.NewRequest("GET", "/upgrades/pg16", nil)).Body.String()
	if want := "it took 3 h 8 min and ended 1 h 10 min after the announced end."; !strings.Contains(page, "Last time (Database upgrade to PostgreSQL 15") || !strings.Contains(page, want) {
		t.Errorf("the page does not say how it went the last time: %q", want)
	}
}
