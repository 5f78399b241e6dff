package holding_test

import (
	"strings"
	"testing"

	"upgradehub/events/holding"
	"upgradehub/events/upgrade"
)

var known = []upgrade.PublicHolding{
	{State: upgrade.InProgress},
	{State: upgrade.InProgress, Phases: []string{"Copy", "Index"}},
	{State: upgrade.Paused, Phases: []string{"Copy"}},
	{State: upgrade.Verifying},
	{State: upgrade.RollingBack},
	{State: upgrade.InProgress, Phases: []string{"Copy"}, Silent: true},
}

// TestWorkInEnglish: the words of the API are those that people read.
func TestWorkInEnglish(t *testing.T) {
	for _, h := range known {
		if got := holding.Work("en", h, strings.Join(h.Phases, ", ")); got != h.Work() {
			t.Errorf("said %q, the API says %q", got, h.Work())
		}
	}
}

func TestWorkInOtherLanguages(t *testing.T) {
	want := []string{
		"die Arbeiten gehen weiter", "die Arbeiten gehen weiter bei Copy, Index", "die Arbeiten sind unterbrochen",
		"die letzten Prüfungen laufen", "die Rücknahme läuft", "auch die Werkzeuge melden nichts",
	}
	for i, h := range known {
		if got := holding.Work("de", h, strings.Join(h.Phases, ", ")); got != want[i] {
			t.Errorf("said %q, want %q", got, want[i])
		}
	}
}
