package notifiers

import (
	"testing"
	"time"
)

func TestOfficeHours(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, at, want string }{
		{"within", "2026-03-03T10:30:00+01:00", "2026-03-03T10:30:00+01:00"},
		{"as it opens", "2026-03-03T09:00:00+01:00", "2026-03-03T09:00:00+01:00"},
		{"at night", "2026-03-03T02:15:00+01:00", "2026-03-03T09:00:00+01:00"},
		{"in the evening", "2026-03-03T17:00:00+01:00", "2026-03-04T09:00:00+01:00"},
		{"on Friday evening", "2026-03-06T20:00:00+01:00", "2026-03-09T09:00:00+01:00"},
		{"on Saturday", "2026-03-07T11:00:00+01:00", "2026-03-09T09:00:00+01:00"},
		{"on Sunday night", "2026-03-08T23:59:00+01:00", "2026-03-09T09:00:00+01:00"},
		{"across the change to summer time", "2026-03-27T18:00:00+01:00", "2026-03-30T09:00:00+02:00"},
	} {
		at, _ := time.Parse(time.RFC3339, tt.at)
		want, _ := time.Parse(time.RFC3339, tt.want)
		if got := officeHours(at, zone); !got.Equal(want) {
			t.Errorf("%s: officeHours(%s) = %s, want %s", tt.name, tt.at, got.In(zone), want)
		}
	}
}
