package main

import (
	"maps"
	"strings"
	"testing"
	"time"
)

// TestCardsAreClosed: when an upgrade ends, no card goes on asking, however
// many gates nobody decided.
func TestCardsAreClosed(t *testing.T) {
	t.Parallel()
	w := startSlackWorld(t, false)
	p := planGated("pg17")
	first := p["gates"].([]any)[0].(map[string]any)
	second := maps.Clone(first)
	second["id"], second["title"] = "g2", "Last look"
	p["gates"] = []any{first, second}
	w.applied(t, "pg17", "upgrade.planned", map[string]any{"plan": p})
	cards := func(in, text string) int {
		n := 0
		for _, m := range w.slack.Messages(in) {
			if strings.Contains(string(m.Blocks), text) {
				n++
			}
		}
		return n
	}
	for _, in := range []string{channel, "D0LEAD001"} {
		eventually(t, 30*time.Second, "two cards in "+in, func() bool { return cards(in, "To be decided") == 2 })
	}
	w.applied(t, "pg17", "upgrade.canceled", map[string]any{"reason": "the vendor withdrew it"})
	for _, in := range []string{channel, "D0LEAD001"} {
		eventually(t, 30*time.Second, "both closed in "+in, func() bool {
			return cards(in, "Not decided") == 2 && cards(in, "gate-go")+cards(in, "gate-no-go") == 0
		})
	}
}
