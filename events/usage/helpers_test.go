package usage_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"upgradehub/events/usage"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func testdata(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// read makes a series of one text; it must be readable.
func read(t testing.TB, cfg usage.Config, text string) (usage.Series, []usage.Skipped) {
	t.Helper()
	r := usage.NewReader(cfg)
	if err := r.Add("test", strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	s, err := r.Series()
	if err != nil {
		t.Fatalf("%v, skipped %v", err, r.Skipped())
	}
	return s, r.Skipped()
}

func passengers(t testing.TB) usage.Series {
	t.Helper()
	s, skipped := read(t, usage.Config{Zone: zone(t, "America/New_York")}, string(testdata(t, "passengers-2014-07-to-10.csv")))
	if len(skipped) > 0 {
		t.Fatalf("skipped %v of the sample", skipped)
	}
	return s
}

func holidays(t testing.TB) []usage.Blackout {
	t.Helper()
	b, err := blackouts(string(testdata(t, "us-holidays-2014.ics")), zone(t, "America/New_York"), 2014)
	if err != nil || len(b) != 3 {
		t.Fatalf("holidays = %v, %v, want three", b, err)
	}
	return b
}

// blackouts are those of a calendar in some years.
func blackouts(text string, zone *time.Location, years ...int) ([]usage.Blackout, error) {
	read, err := usage.ReadBlackouts(strings.NewReader(text), zone)
	if err != nil {
		return nil, err
	}
	from := time.Date(years[0], 1, 1, 0, 0, 0, 0, zone)
	return read.Between(from, from.AddDate(1+years[len(years)-1]-years[0], 0, 0))
}
