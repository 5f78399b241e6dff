package events_test

import (
	"regexp"
	"testing"
	"time"

	"upgradehub/events"
)

func TestReportNumber(t *testing.T) {
	form, seen := regexp.MustCompile(`^\d{4}-\d{4}$`), map[string]bool{}
	for _, id := range []string{"a", "b", "ab", "report-1", "report-2"} {
		n := events.ReportNumber(id)
		if !form.MatchString(n) || seen[n] || n != events.ReportNumber(id) {
			t.Errorf("ReportNumber(%q) = %q, want eight digits of its own, always the same", id, n)
		}
		seen[n] = true
	}
}

func TestOverdueID(t *testing.T) {
	one := events.OverdueID("pg16", received, []string{"a", "b"})
	for _, other := range []string{
		events.OverdueID("pg16", received, []string{"ab"}), events.OverdueID("pg17", received, []string{"a", "b"}),
		events.OverdueID("pg16", received.Add(time.Hour), []string{"a", "b"}),
	} {
		if one == other {
			t.Errorf("two different lists of items have the id %s", one)
		}
	}
}
