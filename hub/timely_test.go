package main

import (
	"context"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"upgradehub/events/clock"
	"upgradehub/events/upgrade"
	"upgradehub/notifiers/slack/slacktest"
)

// playedWorld is a hub in this process whose time is played: as fast as the
// speed says, from a moment on.
func playedWorld(t *testing.T, config string, clk clock.Clock) *world {
	t.Helper()
	w := newWorld(t, startMailbox(t), config, slacktest.Config{
		Token: "xoxb-test", Channels: oneChannel.Channels, Users: []string{"U0OWNER01"},
	}, "--http", "127.0.0.1:0", "--ops", "127.0.0.1:0", "--nats-listen", "127.0.0.1:0", "--log", "warn")
	flags := map[string]string{}
	for pair := range slices.Chunk(w.args, 2) {
		flags[strings.TrimPrefix(pair[0], "--")] = pair[1]
	}
	flags["data"] = w.dir
	cfg, err := loadConfig(flags, env(map[string]string{"HUB_SLACK_TOKEN": "xoxb-test", "HUB_SLACK_APP_TOKEN": slacktest.AppToken}))
	if err == nil {
		err = cfg.createSecrets()
	}
	if err != nil {
		t.Fatal(err)
	}
	w.hubProcess = &hubProcess{data: cfg.Data, errs: &lockedBuffer{}}
	w.serve(t, cfg, clk)
	return w
}

// serve runs the hub until the test ends.
func (w *world) serve(t *testing.T, cfg Config, clk clock.Clock) {
	t.Helper()
	read, write := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := serve(ctx, cfg, write, clk); err != nil {
			t.Errorf("hub ended: %v", err)
		}
		_ = write.Close()
	})
	t.Cleanup(func() { cancel(); running.Wait() })
	w.readAddresses(t, read)
}

const configTimely = `
people:
  "@owner": {slack: U0OWNER01, email: owner@example.org}
  "@deputy": {email: deputy@example.org}
audiences:
  users: {channels: {email: [user@example.org]}}
  teams: {channels: {slack: [C0UPGRADES]}}
  managers: {channels: {email: [boss@example.org]}}
`

// planTimely is a plan with two hours of work and a word every hour. Its
// tooling reports at least every half hour.
func planTimely(start time.Time) map[string]any {
	at := func(d time.Duration) string { return start.Add(d).UTC().Format("2006-01-02T15:04") }
	return map[string]any{
		"schema": "upgradehub/plan/v1", "id": "pg17", "title": "Database 16 to 17", "system": "student-records", "zone": "UTC",
		"window":        map[string]any{"start": at(0), "end": at(8 * time.Hour)},
		"roster":        map[string]any{"lead": map[string]any{"person": "@owner", "backup": "@deputy"}},
		"phases":        []any{map[string]any{"id": "copy", "title": "Copy the data", "start": at(0), "duration": "6h", "owner": "lead"}},
		"rollback":      map[string]any{"duration": "5h", "buffer": "30m"},
		"contingencies": []any{map[string]any{"id": "c1", "trigger": "upgrade.silent:90m", "action": "Call the vendor"}},
		"audiences": []any{
			map[string]any{"id": "users", "channels": []string{"email"}, "cadence": map[string]any{"live": "1h"}},
			map[string]any{"id": "teams", "channels": []string{"slack"}, "cadence": map[string]any{"live": "30m"}},
			map[string]any{"id": "managers", "channels": []string{"email"}},
		},
	}
}

// within is how soon after a threshold everybody has to be told.
const within = 5 * time.Second

// TestSilentToolingAndPeople lets tooling fall silent in the middle of a
// phase, and nobody touches anything: page, Slack and managers say so, then
// the owner and the backup are asked for a word, the hub says its one line,
// and at last the page says that the promise is broken. What the
// plan does about it is told to those who do it.
func TestSilentToolingAndPeople(t *testing.T) {
	start := time.Date(2026, 3, 3, 1, 0, 0, 0, time.UTC)
	clk := clock.Clock{Start: time.Now(), Legs: []clock.Leg{{From: start.Add(-time.Minute), Speed: 240}}}
	w := playedWorld(t, configTimely, clk)
	w.applied(t, "pg17", "upgrade.planned", map[string]any{"plan": planTimely(start)})
	w.applied(t, "pg17", "phase.started", map[string]any{"phase": "copy"})
	last := w.known(t).Phases[0].Actual.Start

	silent := last.Add(30 * time.Minute)
	w.passes(t, clk, silent, "silence", func() bool {
		return w.known(t).Silent != nil && w.shows(t, "No news from the work: it should have reported by") &&
			w.posted("C0UPGRADES", "No news") && w.mailed(t, "boss@example.org", "No news: Database 16 to 17")
	})
	w.passes(t, clk, silent, "the owner in person", func() bool { return w.posted("D0OWNER01", "No news") })
	w.passes(t, clk, silent.Add(10*time.Minute), "the backup in person", func() bool {
		return w.mailed(t, "deputy@example.org", "@owner heard of it before; it still stands.")
	})
	w.passes(t, clk, last.Add(42*time.Minute), "a draft for the owner", func() bool {
		return w.posted("D0OWNER01", "Please say a word") && w.posted("D0OWNER01", "Copy the data: running.")
	})
	w.passes(t, clk, last.Add(54*time.Minute), "a draft for the backup", func() bool {
		return w.mailed(t, "deputy@example.org", "Please say a word")
	})
	w.passes(t, clk, last.Add(time.Hour), "the holding line", func() bool {
		p := w.known(t)
		return p.PromisesKeptByMachine == 1 && p.PromisesBroken == 0 && len(p.Updates) == 1 && p.Updates[0].Automatic != nil &&
			w.shows(t, "No new information since") && w.shows(t, "automatic") && w.posted("C0UPGRADES", "No new information since")
	})
	w.passes(t, clk, last.Add(90*time.Minute), "the contingency", func() bool {
		return w.posted("D0OWNER01", "Call the vendor") && w.mailed(t, "boss@example.org", "Call the vendor")
	})
	w.passes(t, clk, start.Add(2*time.Hour), "the way back", func() bool {
		return w.posted("D0OWNER01", "Go on or go back?") && w.mailed(t, "boss@example.org", "Go on or go back?")
	})
	w.passes(t, clk, last.Add(2*time.Hour), "the broken promise", func() bool {
		p := w.known(t)
		return p.PromisesBroken == 1 && p.UpdateOverdue != nil && p.UpdateOverdue.Sub(last.Add(2*time.Hour)).Abs() < time.Minute && w.posted("C0UPGRADES", "Update overdue")
	})
	_, timeline := w.get(t, "/api/v1/upgrades/pg17/timeline", true)
	for _, object := range []string{"nudge-70", "holding", "contingency:c1", "rollback-30m", "escalate-1:silent:"} {
		if !strings.Contains(timeline, `"object":"`+object+`"`) {
			t.Errorf("operators do not see %s in the timeline: %s", object, timeline)
		}
	}
	if mails := len(w.mail.mails("user@example.org")); mails != 1 {
		t.Errorf("users got %d mails of all that, want the announcement alone", mails)
	}
	w.managerIsSpared(t)
}

// managerIsSpared: the manager hears of everything once. The countdown goes on
// 20 minutes after it began, so where the hub begins slowly it has by now.
func (w *world) managerIsSpared(t *testing.T) {
	t.Helper()
	heard := 0
	for text, most := range map[string]int{"Plan on a page": 1, "No news:": 1, "Call the vendor": 1, "Go on or go back?": 2} {
		n := 0
		for _, m := range w.mail.mails("boss@example.org") {
			if strings.Contains(decoded(t, m), text) {
				n++
			}
		}
		if n < 1 || n > most {
			t.Errorf("the manager got %d mails with %q, want 1 to %d", n, text, most)
		}
		heard += n
	}
	if mails := len(w.mail.mails("boss@example.org")); mails != heard {
		t.Errorf("the manager got %d mails, %d of them unasked", mails, mails-heard)
	}
}

// TestDraftIsPostedInSlack: the owner is reminded of the promised word in
// time, presses a button, and the promise is kept by a person.
func TestDraftIsPostedInSlack(t *testing.T) {
	start := time.Date(2026, 3, 3, 1, 0, 0, 0, time.UTC)
	clk := clock.Clock{Start: time.Now(), Legs: []clock.Leg{{From: start.Add(-time.Minute), Speed: 240}, {From: start.Add(50 * time.Minute), Speed: 1}}}
	w := playedWorld(t, configTimely, clk)
	eventually(t, 20*time.Second, "socket open", w.slack.Connected)
	w.applied(t, "pg17", "upgrade.planned", map[string]any{"plan": planTimely(start)})
	w.applied(t, "pg17", "phase.started", map[string]any{"phase": "copy"})
	nudge := w.find(t, "D0OWNER01", "Please say a word")
	w.click(t, "U0OWNER01", "D0OWNER01", nudge.TS, "update-post")
	eventually(t, 20*time.Second, "the draft on the page", func() bool {
		p := w.known(t)
		return len(p.Updates) == 1 && p.Updates[0].Text == "Copy the data: running." && p.Updates[0].Automatic == nil &&
			p.PromisesKept == 1 && p.PromisesBroken+p.PromisesKeptByMachine == 0
	})
}

// passes waits until the hub's time is a moment, and then for what must be
// told within five seconds of it.
func (w *world) passes(t *testing.T, clk clock.Clock, at time.Time, what string, told func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), clk.Wait(at))
	defer cancel()
	<-ctx.Done()
	passed := time.Now()
	defer func() {
		if t.Failed() {
			_, timeline := w.get(t, "/api/v1/upgrades/pg17/timeline", true)
			_, owed := w.get(t, "/api/v1/deliveries?upgrade=pg17", true)
			t.Logf("%s at %s (from %s)\n%s\n%s", what, clk.Now(), at, timeline, owed)
		}
	}()
	eventually(t, within, what, told)
	t.Logf("%s %s after its moment", what, time.Since(passed).Round(time.Millisecond))
}

// known is the upgrade as visitors may know it.
func (w *world) known(t *testing.T) upgrade.Public {
	t.Helper()
	var p upgrade.Public
	w.getJSON(t, "/api/v1/upgrades/pg17", false, &p)
	return p
}

func (w *world) shows(t *testing.T, text string) bool {
	t.Helper()
	_, body := w.get(t, "/upgrades/pg17", false)
	return strings.Contains(body, text)
}

// posted reports whether a message of a channel holds a text.
func (w *world) posted(in, text string) bool {
	for _, m := range w.slack.Messages(in) {
		if raw, _ := json.Marshal(m); strings.Contains(string(raw), text) {
			return true
		}
	}
	return false
}

func (w *world) mailed(t *testing.T, to, text string) bool {
	t.Helper()
	for _, m := range w.mail.mails(to) {
		if strings.Contains(decoded(t, m), text) {
			return true
		}
	}
	return false
}
