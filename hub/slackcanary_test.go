package main

import (
	"strings"
	"testing"

	"upgradehub/notifiers/slack/slacktest"
)

const configOpenChannel = `
audiences:
  users:        {role: users, channels: {slack: [C0PUBLIC1]}}
  stakeholders: {role: stakeholders, channels: {slack: [C0STAKES1]}}
  teams:        {role: teams, channels: {slack: [C0UPGRADES]}}
`

// TestInternalTextStaysInside publishes internal texts in every field that can
// hold one: they reach the channels of insiders, and no others.
func TestInternalTextStaysInside(t *testing.T) {
	t.Parallel()
	w := newWorld(t, startMailbox(t), configOpenChannel, slacktest.Config{Token: "xoxb-test", Channels: []slacktest.Channel{
		{ID: "C0PUBLIC1", Name: "everybody"}, {ID: "C0STAKES1", Name: "stakeholders"}, {ID: "C0UPGRADES", Name: "upgrades"},
	}})
	w.hubProcess = startHub(t, w.dir, w.args...)
	p := canaryPlan()
	delete(p, "audiences")
	w.applied(t, "pg17", "upgrade.planned", map[string]any{"plan": p, "reason": canary + " reason"})
	for _, e := range canaryEvents {
		if got := w.publish(t, "pg17", e.typ, e.data); !strings.Contains(got, `"result":"applied"`) {
			t.Errorf("%s: %s, want applied", e.typ, got)
		}
	}
	w.settled(t)
	for channel, inside := range map[string]bool{"C0PUBLIC1": false, "C0STAKES1": false, "C0UPGRADES": true} {
		all := w.slack.Messages(channel)
		if len(all) < 2 {
			t.Errorf("%d messages in %s, want the root and the end at least", len(all), channel)
		}
		var said strings.Builder
		for _, m := range all {
			said.WriteString(string(m.Blocks) + m.Text)
		}
		if got := strings.Contains(said.String(), canary); got != inside {
			t.Errorf("internal texts in %s: %t, want %t", channel, got, inside)
		}
	}
}
