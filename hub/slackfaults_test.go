package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"upgradehub/notifiers/slack/slacktest"
)

// hangsOn is the channel whose first message goes wrong twice.
const hangsOn = "C0HANG002"

type slackFault struct {
	channel, name string
	fault         func() slacktest.Fault
	lost          bool // Slack did it, and its answer was lost
}

// slackFaults are the ways in which a call to Slack goes wrong, by the channel
// it is about.
var slackFaults = []slackFault{
	{"C0CALM001", "none", slacktest.Pass, false},
	{"C0LIMIT01", "429 with Retry-After", func() slacktest.Fault { return slacktest.RateLimited(2) }, false},
	{"C0LIMIT02", "429 without Retry-After", func() slacktest.Fault { return slacktest.RateLimitedUntil("") }, false},
	{"C0LIMIT03", "429 until a date", func() slacktest.Fault {
		return slacktest.RateLimitedUntil(time.Now().Add(2 * time.Second).UTC().Format(http.TimeFormat))
	}, false},
	{"C0LIMIT04", "200 with ratelimited", func() slacktest.Fault { return slacktest.Refusal("ratelimited") }, false},
	{"C0FAIL001", "500", func() slacktest.Fault { return slacktest.Status(http.StatusInternalServerError) }, false},
	{"C0HANG001", "hang", slacktest.Hang, false},
	{hangsOn, "hang on", slacktest.Hang, false},
	{"C0RESET01", "reset", slacktest.Reset, false},
	{"C0LOST001", "accepted, then reset", slacktest.AcceptReset, true},
}

// ambiguous reports whether nobody can tell from a call what came of it.
func (f slackFault) ambiguous() bool {
	return f.lost || strings.HasPrefix(f.name, "hang") || f.name == "reset"
}

// TestSlackFaults: whatever Slack does to a call, each required message
// arrives in each channel, in its thread, and what goes wrong in one holds up
// no other for good. A message comes twice only where Slack's answer was lost
// and its history is closed to the hub; each lost answer is counted.
func TestSlackFaults(t *testing.T) {
	for name, scopes := range map[string][]string{
		"history open":   {"chat:write", "channels:history"},
		"history closed": {"chat:write"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of the time is waiting
			w := startFaultyWorld(t, scopes)
			w.script("chat.postMessage")
			w.slack.ScriptIn(hangsOn, "chat.postMessage", slacktest.Hang())
			w.applied(t, "pg17", "upgrade.planned", map[string]any{"plan": planNow("pg17")})
			w.everywhere(t, "Planned: Database 16 to 17", false)
			w.applied(t, "pg17", "phase.started", map[string]any{"phase": "switchover"})
			w.settledWithin(t, 3*time.Minute)
			w.script("chat.postMessage")
			w.script("chat.update")
			w.applied(t, "pg17", "rollback.started", map[string]any{"reason": "lag", "data_safe": true})
			w.everywhere(t, "lag", true)
			w.settledWithin(t, 3*time.Minute)
			w.countsSends(t, name == "history closed")
		})
	}
}

func startFaultyWorld(t *testing.T, scopes []string) *world {
	t.Helper()
	cfg := slacktest.Config{Token: "xoxb-test", Scopes: scopes}
	var ids []string
	for _, f := range slackFaults {
		cfg.Channels = append(cfg.Channels, slacktest.Channel{ID: f.channel, Name: strings.ToLower(f.channel)})
		ids = append(ids, f.channel)
	}
	w := newWorld(t, startMailbox(t), "audiences:\n  teams: {role: teams, channels: {slack: ["+strings.Join(ids, ", ")+"]}}\n", cfg)
	w.hubProcess = startHub(t, w.dir, w.args...)
	return w
}

// script makes the next call of a method go wrong in each channel.
func (w *world) script(method string) {
	for _, f := range slackFaults {
		w.slack.ScriptIn(f.channel, method, f.fault())
	}
}

// everywhere waits until a text stands in each channel: in the root message,
// or in a reply that the channel sees.
func (w *world) everywhere(t *testing.T, text string, reply bool) {
	t.Helper()
	for _, f := range slackFaults {
		eventually(t, 3*time.Minute, fmt.Sprintf("%q after %s", text, f.name), func() bool {
			for _, m := range w.slack.Messages(f.channel) {
				if strings.Contains(string(m.Blocks), text) && (!reply || m.Broadcast && m.ThreadTS != "") {
					return true
				}
			}
			return false
		})
	}
}

// countsSends: one root message, the start and the rollback in each channel; the
// first and the last once more where the answer was lost and could not be
// looked up.
func (w *world) countsSends(t *testing.T, closed bool) {
	t.Helper()
	ambiguous := 0
	for _, f := range slackFaults {
		want := 3
		if f.lost && closed {
			want = 5
		}
		if got := len(w.slack.Messages(f.channel)); got != want {
			t.Errorf("%s: %d messages, want %d: %+v", f.name, got, want, w.slack.Messages(f.channel))
		}
		if f.ambiguous() {
			ambiguous += 2
		}
		if f.channel == hangsOn {
			ambiguous++
		}
	}
	var told struct{ Proof struct{ Ambiguous int } }
	w.getJSON(t, "/api/v1/upgrades/pg17/deliveries", true, &told)
	if told.Proof.Ambiguous != ambiguous {
		t.Errorf("%d lost answers counted, want %d", told.Proof.Ambiguous, ambiguous)
	}
}
