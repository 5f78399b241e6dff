package statuspage_test

import (
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
)

// overnight is an upgrade in a window, with one phase on each side of the
// middle and one across it.
func overnight(start, end time.Time) upgrade.Public {
	half := start.Add(end.Sub(start) / 2)
	span := func(from, to time.Time) upgrade.Span { return upgrade.Span{Start: &from, End: &to} }
	return upgrade.Public{
		ID: "night", Title: "Across the change", State: upgrade.Scheduled, Zone: "UTC", Seq: 9, Revision: 1,
		Announced: start.Add(-7 * 24 * time.Hour), Window: plan.Window{Start: start, End: end}, Impact: plan.NoImpact,
		Phases: []upgrade.PublicPhase{
			{ID: "before", Title: "Before", State: upgrade.Queued, Planned: span(start, half)},
			{ID: "across", Title: "Across", State: upgrade.Queued, Planned: span(half.Add(-30*time.Minute), half.Add(30*time.Minute))},
			{ID: "after", Title: "After", State: upgrade.Queued, Planned: span(half, end)},
		},
	}
}

// TestClocksChange reads an upgrade in the night in which the reader's clocks
// change, in three zones. Where an hour comes twice, both ends of a range say
// which of the two is meant.
func TestClocksChange(t *testing.T) {
	for _, tt := range []struct {
		name, zone string
		change     string // in UTC; the window is two hours before and after
		window     string
		across     string
		after      string
	}{
		{"an hour comes twice", "Europe/Berlin", "2026-10-25 01:00", "Sun 25 Oct 2026, 01:00 CEST to 04:00 CET", "Planned 02:30 CEST to 02:30 CET", "Planned 02:00 to 04:00 CET"},
		{"an hour is left out", "America/New_York", "2026-03-08 07:00", "Sun 8 Mar 2026, 00:00 GMT-5 to 05:00 GMT-4", "Planned 01:30 GMT-5 to 03:30 GMT-4", "Planned 03:00 to 05:00 GMT-4"},
		{"half an hour comes twice", "Australia/Lord_Howe", "2026-04-04 15:00", "Sun 5 Apr 2026, 00:00 GMT+11 to 03:30 GMT+10:30", "Planned 01:30 GMT+11 to 02:00 GMT+10:30", "Planned 01:30 to 03:30 GMT+10:30"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			change := at(tt.change)
			u := overnight(change.Add(-2*time.Hour), change.Add(2*time.Hour))
			now := change.Add(-7 * 24 * time.Hour)
			s, tb := newSite(t, &board{seq: 9, all: []upgrade.Public{u}}, now, nil), open(t)
			tb.zone(tt.zone)
			tb.do(chromedp.Navigate(s.URL + "/upgrades/night"))
			tb.wait(isLive)
			got := eval[[]string](tb, `["#window .lead", "#ph-across .times", "#ph-after .times"].map((s) => document.querySelector(s).textContent.replace(/ \(.*/, ""))`)
			if want := []string{tt.window, tt.across, tt.after}; !slices.Equal(got, want) {
				t.Errorf("the reader sees\n%q, want\n%q", got, want)
			}
			if length := eval[string](tb, `document.querySelector("#window .lead .small").textContent`); length != "(4 h)" {
				t.Errorf("the window is %s long, want (4 h): hours are counted, not read off the clock", length)
			}
			if zone := eval[string](tb, `document.querySelector("[data-zone]").textContent`); zone != tt.zone {
				t.Errorf("times are said to be in %s, want %s", zone, tt.zone)
			}
			bars := eval[[]string](tb, `[...document.querySelectorAll("#phases .plan")].map((r) => r.getAttribute("x") + " " + r.getAttribute("width"))`)
			if want := []string{"0.00% 50.00%", "37.50% 25.00%", "50.00% 50.00%"}; !slices.Equal(bars, want) {
				t.Errorf("bars at %q, want %q: the chart is of time, not of clocks", bars, want)
			}
			tb.quiet()
		})
	}
}
