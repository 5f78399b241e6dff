package when_test

import (
	"slices"
	"testing"
	"time"
	_ "time/tzdata"

	"upgradehub/events/when"
)

func at(s string) time.Time {
	t, err := time.Parse("2006-01-02 15:04", s)
	if err != nil {
		panic(err)
	}
	return t
}

func TestFull(t *testing.T) {
	for _, tt := range []struct{ name, at, zone, want string }{
		{"UTC", "2026-11-23 14:05", "UTC", "2026-11-23 14:05 UTC"},
		{"UTC by another name", "2026-11-23 14:05", "Etc/UTC", "2026-11-23 14:05 UTC"},
		{"no zone", "2026-11-23 14:05", "", "2026-11-23 14:05 UTC"},
		{"unknown zone", "2026-11-23 14:05", "Mars/Olympus", "2026-11-23 14:05 UTC"},
		{"zone of the machine", "2026-11-23 14:05", "Local", "2026-11-23 14:05 UTC"},
		{"same day", "2026-11-23 14:05", "Europe/Berlin", "2026-11-23 14:05 UTC (15:05 Europe/Berlin)"},
		{"summer", "2026-07-23 14:05", "Europe/Berlin", "2026-07-23 14:05 UTC (16:05 Europe/Berlin)"},
		{"next day", "2026-11-23 23:30", "Europe/Berlin", "2026-11-23 23:30 UTC (2026-11-24 00:30 Europe/Berlin)"},
		{"quarter hour", "2026-11-23 14:05", "Asia/Kathmandu", "2026-11-23 14:05 UTC (19:50 Asia/Kathmandu)"},
	} {
		if got := when.In("en").Full(at(tt.at), when.Zone(tt.zone)); got != tt.want {
			t.Errorf("%s: Full(%s, %s) = %q, want %q", tt.name, tt.at, tt.zone, got, tt.want)
		}
	}
	if got, want := when.In("en").Full(at("2026-11-23 14:05"), nil), "2026-11-23 14:05 UTC"; got != want {
		t.Errorf("Full(nil zone) = %q, want %q", got, want)
	}
}

func TestRange(t *testing.T) {
	for _, tt := range []struct{ name, a, b, zone, want string }{
		{"one day", "2026-11-23 14:05", "2026-11-23 16:00", "UTC", "2026-11-23 14:05 to 16:00 UTC"},
		{"over midnight", "2026-11-23 22:00", "2026-11-24 02:00", "UTC", "2026-11-23 22:00 to 2026-11-24 02:00 UTC"},
		{"zone", "2026-11-23 14:05", "2026-11-23 16:00", "Europe/Berlin", "2026-11-23 14:05 to 16:00 UTC (15:05 to 17:00 Europe/Berlin)"},
		{"over midnight in the zone only", "2026-11-23 20:00", "2026-11-23 23:30", "Europe/Berlin", "2026-11-23 20:00 to 23:30 UTC (2026-11-23 21:00 to 2026-11-24 00:30 Europe/Berlin)"},
		{"another day in the zone", "2026-11-23 23:10", "2026-11-23 23:30", "Europe/Berlin", "2026-11-23 23:10 to 23:30 UTC (2026-11-24 00:10 to 00:30 Europe/Berlin)"},
		{"over midnight in UTC only", "2026-07-18 22:00", "2026-07-19 01:00", "America/New_York", "2026-07-18 22:00 to 2026-07-19 01:00 UTC (2026-07-18 18:00 to 21:00 America/New_York)"},
	} {
		if got := when.In("en").Range(at(tt.a), at(tt.b), when.Zone(tt.zone)); got != tt.want {
			t.Errorf("%s: Range = %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestDuration(t *testing.T) {
	for _, tt := range []struct {
		d    time.Duration
		want string
	}{
		{0, "under a minute"},
		{59 * time.Second, "under a minute"},
		{time.Minute, "1 min"},
		{119 * time.Minute, "1 h 59 min"},
		{2*time.Hour + 5*time.Minute, "2 h 5 min"},
		{3 * time.Hour, "3 h"},
		{51*time.Hour + 20*time.Minute, "2 days 3 h"},
		{48 * time.Hour, "2 days"},
		{-90 * time.Minute, "1 h 30 min"},
	} {
		if got := when.In("en").Duration(tt.d); got != tt.want {
			t.Errorf("Duration(%s) = %q, want %q", tt.d, got, tt.want)
		}
	}
}

func TestWords(t *testing.T) {
	noon, berlin := at("2026-11-03 12:00"), when.Zone("Europe/Berlin")
	for _, tt := range []struct{ name, got, want string }{
		{"Clock", when.Clock(noon, berlin), "13:00"},
		{"Clock without zone", when.Clock(noon, nil), "12:00"},
	} {
		if tt.got != tt.want {
			t.Errorf("%s = %q, want %q", tt.name, tt.got, tt.want)
		}
	}
}

// TestLanguages says one stretch of time and several lengths in every
// language.
func TestLanguages(t *testing.T) {
	lengths := []time.Duration{27 * time.Hour, 51*time.Hour + 5*time.Minute, 2*time.Hour + 11*time.Minute, time.Minute, 3 * time.Minute, 30 * time.Second}
	for code, want := range map[string][]string{
		"en": {"2026-11-23 14:05 to 16:00 UTC (15:05 to 17:00 Europe/Berlin)", "1 day 3 h", "2 days 3 h", "2 h 11 min", "1 min", "3 min", "under a minute"},
		"de": {"2026-11-23 14:05 bis 16:00 UTC (15:05 bis 17:00 Europe/Berlin)", "1 Tag 3 h", "2 Tage 3 h", "2 h 11 min", "1 min", "3 min", "unter einer Minute"},
		"fr": {"2026-11-23 14:05 à 16:00 UTC (15:05 à 17:00 Europe/Berlin)", "1 jour 3 h", "2 jours 3 h", "2 h 11 min", "1 min", "3 min", "moins d’une minute"},
		"es": {"2026-11-23 14:05 a 16:00 UTC (15:05 a 17:00 Europe/Berlin)", "1 día 3 h", "2 días 3 h", "2 h 11 min", "1 min", "3 min", "menos de un minuto"},
		"ar": {"\u20662026-11-23 14:05\u2069 إلى \u206616:00 UTC\u2069 (15:05 إلى \u206617:00 Europe/Berlin\u2069)", "يوم واحد و3 ساعات", "يومين و3 ساعات", "ساعتين و11 دقيقة", "دقيقة واحدة", "3 دقائق", "أقل من دقيقة"},
	} {
		w := when.In(code)
		got := []string{w.Range(at("2026-11-23 14:05"), at("2026-11-23 16:00"), when.Zone("Europe/Berlin"))}
		for _, d := range lengths {
			got = append(got, w.Duration(d))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s:\n got %q\nwant %q", code, got, want)
		}
	}
}
