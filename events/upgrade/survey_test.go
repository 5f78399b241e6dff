package upgrade_test

import (
	"testing"
	"time"

	"upgradehub/events/upgrade"
)

func TestWorkingDaysAfter(t *testing.T) {
	for _, tt := range []struct {
		from, want string
		n          int
	}{
		{"2026-03-02T09:30:00Z", "2026-03-04T09:30:00Z", 2},      // Monday
		{"2026-03-05T09:30:00Z", "2026-03-09T09:30:00Z", 2},      // Thursday
		{"2026-03-06T23:00:00Z", "2026-03-10T23:00:00Z", 2},      // Friday
		{"2026-03-07T00:00:00Z", "2026-03-10T00:00:00Z", 2},      // Saturday
		{"2026-03-08T00:00:00Z", "2026-03-09T00:00:00Z", 1},      // Sunday
		{"2026-03-02T00:30:00+02:00", "2026-03-03T22:30:00Z", 2}, // Sunday in UTC
		{"2026-03-02T09:30:00Z", "2026-03-02T09:30:00Z", 0},
	} {
		from, err := time.Parse(time.RFC3339, tt.from)
		if err != nil {
			t.Fatal(err)
		}
		if got := upgrade.WorkingDaysAfter(from, tt.n).Format(time.RFC3339); got != tt.want {
			t.Errorf("WorkingDaysAfter(%s, %d) = %s, want %s", tt.from, tt.n, got, tt.want)
		}
	}
}
