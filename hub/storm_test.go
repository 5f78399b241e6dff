package main

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"upgradehub/events/clock"
)

const configStorm = `
audiences:
  users: {channels: {email: [user@example.org]}}
  teams: {channels: {slack: [C0UPGRADES]}}
  managers: {channels: {email: [boss@example.org]}}
  stakeholders: {channels: {email: [tester@example.org]}}
  support: {channels: {email: [desk@example.org]}}
`

// storm is the n-th of a thousand events: progress mostly, parts that come and
// go, work that stops and goes on, and a window that moves again and again.
func storm(start time.Time, n int) (typ string, data map[string]any) {
	switch {
	case n%50 == 49:
		plan := planTimely(start)
		delete(plan, "audiences")
		plan["components"] = []any{map[string]any{"id": "web", "name": "Website"}}
		end := start.Add(8*time.Hour + time.Duration(n)*time.Second).Truncate(time.Minute)
		plan["window"] = map[string]any{"start": start.Format("2006-01-02T15:04"), "end": end.Format("2006-01-02T15:04")}
		return "upgrade.planned", map[string]any{"plan": plan}
	case n%10 == 3:
		return "upgrade.paused", nil
	case n%10 == 4:
		return "upgrade.resumed", nil
	case n%5 == 2:
		impact := []string{"reduced_redundancy", "no_impact", "outage", "no_impact"}[n/5%4]
		return "component.changed", map[string]any{"component": "web", "impact": impact}
	}
	return "phase.progressed", map[string]any{"phase": "copy", "done": n, "total": 1000}
}

// TestStorm publishes a thousand events in a minute of the hub's time, through
// the real courier: what people get of it stays within their budgets.
func TestStorm(t *testing.T) {
	start := time.Date(2026, 3, 3, 1, 0, 0, 0, time.UTC)
	// The minute of the storm passes slowly enough for a slow machine to read
	// all of it within; what waits for more of the same passes fast.
	clk := clock.Clock{Start: time.Now(), Legs: []clock.Leg{{From: start.Add(-time.Minute), Speed: 3}, {From: start, Speed: 30}}}
	w := playedWorld(t, configStorm, clk)
	_, first := storm(start, 49)
	w.applied(t, "pg17", "upgrade.planned", first)
	w.applied(t, "pg17", "phase.started", map[string]any{"phase": "copy"})
	_, js := w.publisher(t)
	began := clk.Now()
	for n := range 1000 {
		typ, data := storm(start, n)
		body, err := json.Marshal(data)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := js.PublishAsync("upgrades.pg17."+typ, body, jetstream.WithMsgID(fmt.Sprint("storm-", n))); err != nil {
			t.Fatal(err)
		}
	}
	<-js.PublishAsyncComplete()
	w.settled(t)
	t.Logf("a thousand events and what they made took %s of the hub's time", clk.Now().Sub(began).Round(time.Second))
	for to, most := range map[string]int{
		"user@example.org":   1, // the announcement, which tells the newest window
		"boss@example.org":   4, // the plan, the first and the last of the moves, lost redundancy
		"tester@example.org": 3,
		"desk@example.org":   5, // told of the start too
	} {
		got := len(w.mail.mails(to))
		t.Logf("%s: %d mails", to, got)
		if got == 0 || got > most {
			t.Errorf("%s got %d mails, want 1 to %d", to, got, most)
		}
	}
	roots, broadcasts := 0, 0
	for _, m := range w.slack.Messages("C0UPGRADES") {
		switch {
		case m.ThreadTS == "" || m.ThreadTS == m.TS:
			roots++
		case m.Broadcast:
			broadcasts++
		}
	}
	t.Logf("Slack: %d messages, %d of them broadcasts", len(w.slack.Messages("C0UPGRADES")), broadcasts)
	if roots != 1 || broadcasts > 4 {
		t.Errorf("the team got %d root messages and %d broadcasts, want 1 and at most 4", roots, broadcasts)
	}
}
