package statuspage_test

import (
	"net/http/httptest"
	"regexp"
	"testing"
	"time"

	"upgradehub/events/upgrade"
)

var (
	nowLine = regexp.MustCompile(`(?s)id="now".*?<line x1="([0-9.]+)%"`)
	factBar = regexp.MustCompile(`(?s)id="ph-begun".*?class="fact" x="([0-9.]+)%"`)
)

// TestNowIsNotBehind: what began within this minute does not begin behind the
// line of now, which stands still until the minute is over.
func TestNowIsNotBehind(t *testing.T) {
	begun := at("2026-11-22 02:11").Add(20 * time.Second)
	drawn := func(now time.Time) (line, bar string) {
		t.Helper()
		u := running()
		u.Phases[1].ID, u.Phases[1].Actual.Start = "begun", &begun
		p := newPages(t, &board{seq: 9, all: []upgrade.Public{u}}, now)
		page := serve(p, httptest.NewRequest("GET", "/upgrades/"+u.ID, nil)).Body.String()
		x, from := nowLine.FindStringSubmatch(page), factBar.FindStringSubmatch(page)
		if x == nil || from == nil {
			t.Fatalf("no line of now, or no bar:\n%s", page)
		}
		return x[1], from[1]
	}
	line, bar := drawn(begun.Add(5 * time.Second))
	if line != bar {
		t.Errorf("the bar begins at %s %%, now is %s %%", bar, line)
	}
	if later, _ := drawn(begun.Add(39 * time.Second)); later != line {
		t.Errorf("now moved from %s to %s %% within a minute", line, later)
	}
	if later, _ := drawn(begun.Add(4 * time.Minute)); later <= line {
		t.Errorf("now stands at %s %%, minutes ago it was at %s %%", later, line)
	}
}
