package store_test

import (
	"testing"
	"time"

	"upgradehub/hub/store"
)

// TestOpening: what was forecast first when half of the work was done is no
// forecast of its beginning.
func TestOpening(t *testing.T) {
	began := time.Date(2026, 3, 7, 22, 0, 0, 0, time.UTC)
	at := func(minutes int) time.Time { return began.Add(time.Duration(minutes) * time.Minute) }
	row := func(phase string, made, planned int) store.ForecastRow {
		return store.ForecastRow{Phase: phase, Made: at(made), Planned: at(planned)}
	}
	for _, tt := range []struct {
		name string
		rows []store.ForecastRow
		made int
		ok   bool
	}{
		{"none", nil, 0, false},
		{"at once", []store.ForecastRow{row("", -60, 300), row("copy", 0, 60), row("", 1, 300), row("", 9, 300)}, 1, true},
		{"before only", []store.ForecastRow{row("", -1, 300)}, 0, false},
		{"after a tenth", []store.ForecastRow{row("", 30, 300)}, 30, true},
		{"after more", []store.ForecastRow{row("", 31, 300)}, 0, false},
		{"a quarter of an hour is always soon", []store.ForecastRow{row("", 15, 20)}, 15, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := store.Opening(tt.rows, "", began)
			if ok != tt.ok || ok && !got.Made.Equal(at(tt.made)) {
				t.Errorf("Opening = %+v, %t, want that of minute %d, %t", got, ok, tt.made, tt.ok)
			}
		})
	}
}
