package main

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"upgradehub/events/clock"
)

var signOffLink = regexp.MustCompile(`/g/[A-Za-z0-9_-]{22}`)

// TestSignOffByMail: a tester who is not in Slack signs off by the link of the
// mail that asks for it; whoever only decides gets none.
func TestSignOffByMail(t *testing.T) {
	start := time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC)
	clk := clock.Clock{Start: time.Now(), Legs: []clock.Leg{{From: start.Add(-24*time.Hour - time.Minute), Speed: 60}}}
	w := playedWorld(t, strings.Replace(configAsking, "slack: U0OWNER01, ", "", 1), clk)
	w.applied(t, "pg17", "upgrade.planned", map[string]any{"plan": planAsking("pg17", start)})
	links := map[string]string{}
	for _, to := range []string{"tester@example.org", "owner@example.org"} {
		eventually(t, 30*time.Second, "the gate's mail to "+to, func() bool {
			for _, m := range w.mail.mails(to) {
				if text := decoded(t, m); strings.Contains(text, "To be decided: Checked") {
					links[to] = signOffLink.FindString(text)
					return true
				}
			}
			return false
		})
	}
	link := links["tester@example.org"]
	if link == "" || links["owner@example.org"] != "" {
		t.Fatalf("links to sign off: %v, want one for the tester alone", links)
	}
	w.opens(t, link)
	if got := w.readiness(t); !strings.Contains(got, `"kind":"signoff","name":"tester","ready":false`) {
		t.Fatalf("looking at the link signed something off, or the gate does not ask for it:\n%s", got)
	}
	for _, word := range []string{"pass", "fail", "pass"} {
		if status := submit(t, w.page+link, url.Values{"gate": {"checked"}, "word": {word}}.Encode()); status != http.StatusSeeOther {
			t.Fatalf("POST %s: %d, want 303", word, status)
		}
		ready := map[string]string{"pass": "true", "fail": "false"}[word]
		if got := w.readiness(t); !strings.Contains(got, `"kind":"signoff","name":"tester","ready":`+ready) {
			t.Errorf("after %s the sign-off is not %s:\n%s", word, ready, got)
		}
	}
	w.applied(t, "pg17", "upgrade.canceled", map[string]any{"reason": "not today"})
	if status := submit(t, w.page+link, url.Values{"gate": {"checked"}, "word": {"fail"}}.Encode()); status != http.StatusOK {
		t.Errorf("POST after the end: %d, want the page that says so", status)
	}
	if got := w.readiness(t); !strings.Contains(got, `"kind":"signoff","name":"tester","ready":true`) {
		t.Errorf("a word after the end was taken:\n%s", got)
	}
}

// readiness is what stands against the upgrade.
func (w *world) readiness(t *testing.T) string {
	t.Helper()
	_, body := w.get(t, "/api/v1/upgrades/pg17/readiness", true)
	return body
}
