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

// TestListedID: one list for each owner and day, by the clocks of the zone.
func TestListedID(t *testing.T) {
	auckland := time.FixedZone("", 12*60*60)
	nine := time.Date(2026, 3, 3, 9, 0, 0, 0, auckland)
	one := events.ListedID("@lead", nine)
	if one != events.ListedID("@lead", nine.Add(time.Hour)) {
		t.Error("two lists of one day")
	}
	for _, other := range []string{events.ListedID("@dba", nine), events.ListedID("@lead", nine.Add(24*time.Hour)), events.ListedID("@lead", nine.UTC())} {
		if one == other {
			t.Errorf("two different lists have the id %s", one)
		}
	}
}

func TestListedFaults(t *testing.T) {
	good := events.FeedbackListed{Owner: "@lead", Until: received, Count: 1}
	for _, tt := range []struct {
		name   string
		change func(*events.FeedbackListed)
		faults int
	}{
		{"good", func(*events.FeedbackListed) {}, 0},
		{"nobody", func(d *events.FeedbackListed) { d.Owner = "" }, 1},
		{"an address", func(d *events.FeedbackListed) { d.Owner = "me@example.org" }, 1},
		{"no time", func(d *events.FeedbackListed) { d.Until = time.Time{} }, 1},
		{"nothing", func(d *events.FeedbackListed) { d.Count = 0 }, 1},
	} {
		d := good
		if tt.change(&d); len(d.Faults()) != tt.faults {
			t.Errorf("%s: %v, want %d", tt.name, d.Faults(), tt.faults)
		}
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
