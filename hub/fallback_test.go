package main

import (
	"strings"
	"testing"
	"time"

	"upgradehub/notifiers/slack/slacktest"
)

const configBroken = `
people:
  "@boss": {slack: U0GONE001, email: boss@example.org}
audiences:
  teams:    {role: teams, channels: {slack: [C0OLD0001], email: [team@example.org]}}
  managers: {role: managers, channels: {slack: ["@boss"]}}
`

// TestBrokenTargetFallsBack: a channel that is archived and a person who left
// Slack refuse everything. What they were owed comes by mail, once, and the
// operator sees who it is.
func TestBrokenTargetFallsBack(t *testing.T) {
	w := newWorld(t, startMailbox(t), configBroken, slacktest.Config{
		Token: "xoxb-test", Channels: []slacktest.Channel{{ID: "C0OLD0001", Name: "old", Archived: true}},
	})
	w.hubProcess = startHub(t, w.dir, w.args...)
	p := planNow("pg17")
	delete(p, "audiences")
	w.applied(t, "pg17", "upgrade.planned", map[string]any{"plan": p})
	w.hears(t, "boss@example.org", "Database 16 to 17")
	w.hears(t, "team@example.org", "Database 16 to 17")
	w.settled(t)
	if n := len(w.mail.mails("team@example.org")); n != 1 {
		t.Errorf("the team was mailed the announcement %d times, want once", n)
	}
	w.applied(t, "pg17", "phase.started", map[string]any{"phase": "switchover"})
	w.applied(t, "pg17", "upgrade.paused", map[string]any{"reason": "waiting for the vendor"})
	w.hears(t, "team@example.org", "waiting for the vendor")
	var broken struct {
		Broken []struct {
			Channel, Name, Code string
			Audiences           []string
		}
	}
	w.getJSON(t, "/api/v1/broken", true, &broken)
	var codes strings.Builder
	for _, b := range broken.Broken {
		codes.WriteString(b.Channel + " " + strings.Join(b.Audiences, ",") + b.Name + " " + b.Code + "; ")
	}
	if !strings.Contains(codes.String(), "slack teams is_archived") || !strings.Contains(codes.String(), "slack managers@boss user_not_found") {
		t.Errorf("broken targets = %q, want the channel and the person", codes.String())
	}
}

// hears waits until a mail to an address holds a text.
func (w *world) hears(t *testing.T, to, text string) {
	t.Helper()
	eventually(t, 30*time.Second, "mail to "+to+" with "+text, func() bool { return w.mailed(t, to, text) })
}
