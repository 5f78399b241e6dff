package report_test

import (
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/hub/report"
)

// TestLessonsInTheReadersLanguage: what was found is said in it, and what
// somebody wrote stands.
func TestLessonsInTheReadersLanguage(t *testing.T) {
	l := report.Lesson{
		Text: "Announce it 3 days ahead", Evidence: "it was announced 2 days ahead",
		Requirement: plan.Requirement{Kind: plan.NeedsNotice, Want: plan.Duration(72 * time.Hour)},
		Found:       []events.Finding{{Kind: "ahead", Took: plan.Duration(48 * time.Hour)}},
	}
	for code, want := range map[string][2]string{
		"en": {"Announce it 3 days ahead", "it was announced 2 days ahead"},
		"de": {"3 Tage vorher ankündigen", "angekündigt wurde es 2 Tage vorher"},
	} {
		if text, evidence := l.In(code); text != want[0] || evidence != want[1] {
			t.Errorf("in %s: %q (%q), want %q", code, text, evidence, want)
		}
	}
	l.Text = "Say it a week before"
	if text, evidence := l.In("de"); text != l.Text || evidence != "angekündigt wurde es 2 Tage vorher" {
		t.Errorf("own words: %q (%q)", text, evidence)
	}
}
