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
	t.Parallel()
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

const configRevoked = `
people:
  "@boss": {slack: U0BOSS001, email: boss@example.org}
audiences:
  teams:    {role: teams, channels: {slack: [C0TEAM001], email: [team@example.org]}}
  managers: {role: managers, channels: {slack: ["@boss"]}}
  support:  {role: support, channels: {slack: [C0DESK001]}}
`

// TestRevokedTokenFallsBack: a workspace that refuses the token of the hub is
// told another way at once where there is one, and waits elsewhere. When it
// takes messages again, nobody hears again what came by mail.
func TestRevokedTokenFallsBack(t *testing.T) {
	w := newWorld(t, startMailbox(t), configRevoked, slacktest.Config{
		Token: "xoxb-test", Users: []string{"U0BOSS001"},
		Channels: []slacktest.Channel{{ID: "C0TEAM001", Name: "team"}, {ID: "C0DESK001", Name: "desk"}},
	})
	w.slack.Revoke("token_revoked")
	w.hubProcess = startHub(t, w.dir, w.args...)
	p := planNow("pg17")
	delete(p, "audiences")
	w.applied(t, "pg17", "upgrade.planned", map[string]any{"plan": p})
	w.hears(t, "boss@example.org", "Database 16 to 17")
	w.hears(t, "team@example.org", "Database 16 to 17")
	eventually(t, 10*time.Second, "the ledger says that it went another way", func() bool {
		return w.ledger(t, "managers", "slack") == "failed token_revoked told another way" && w.ledger(t, "managers", "email") == "accepted"
	})
	eventually(t, 10*time.Second, "only those who wait for Slack are untold", func() bool {
		var all struct{ Untold []struct{ Audience string } }
		w.getJSON(t, "/api/v1/upgrades/pg17/deliveries", true, &all)
		return len(all.Untold) == 1 && all.Untold[0].Audience == "support"
	})
	w.slack.Revoke("")
	w.restart(t) // a new token comes with a restart
	eventually(t, 30*time.Second, "the desk hears in Slack", func() bool { return w.posted("C0DESK001", "Database 16 to 17") })
	w.settled(t)
	if n := len(w.slack.Messages("D0BOSS001")) + len(w.slack.Messages("C0TEAM001")); n != 0 {
		t.Errorf("%d messages in Slack of what was told by mail", n)
	}
	w.applied(t, "pg17", "upgrade.started", map[string]any{})
	w.applied(t, "pg17", "upgrade.canceled", map[string]any{"reason": "vendor withdrew it"})
	eventually(t, 30*time.Second, "the boss hears in Slack again", func() bool { return w.posted("D0BOSS001", "vendor withdrew it") })
	w.settled(t)
	if w.posted("D0BOSS001", "Planned") || w.mailed(t, "boss@example.org", "vendor withdrew it") {
		t.Error("the boss was told the same by mail and in Slack")
	}
	if n := len(w.mail.mails("boss@example.org")); n != 1 {
		t.Errorf("the boss got %d mails, want one", n)
	}
}

// ledger says what became of the newest delivery to an audience on a channel.
func (w *world) ledger(t *testing.T, audience, channel string) string {
	t.Helper()
	var all struct {
		Deliveries []struct{ Audience, Channel, State, Code, Why string }
	}
	w.getJSON(t, "/api/v1/deliveries?upgrade=pg17", true, &all)
	for _, d := range all.Deliveries {
		if d.Audience == audience && d.Channel == channel {
			return strings.TrimSpace(d.State + " " + d.Code + " " + d.Why)
		}
	}
	return ""
}

// hears waits until a mail to an address holds a text.
func (w *world) hears(t *testing.T, to, text string) {
	t.Helper()
	eventually(t, 30*time.Second, "mail to "+to+" with "+text, func() bool { return w.mailed(t, to, text) })
}
