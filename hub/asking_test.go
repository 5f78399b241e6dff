package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"upgradehub/events/clock"
	"upgradehub/hub/store"
)

const configAsking = `
people:
  "@owner": {slack: U0OWNER01, email: owner@example.org}
  "@tester": {email: tester@example.org}
audiences:
  users: {channels: {email: [user@example.org]}}
  teams: {channels: {slack: [C0UPGRADES]}}
  stakeholders: {channels: {email: [dean@example.org, registrar@example.org]}}
  support: {channels: {email: [desk@example.org]}}
  managers: {channels: {email: [boss@example.org]}}
`

// planAsking has somebody sign off, and stakeholders.
func planAsking(id string, start time.Time) map[string]any {
	p := planTimely(start)
	p["id"], p["title"] = id, "Database "+id
	p["roster"] = map[string]any{"lead": map[string]any{"person": "@owner"}, "tester": map[string]any{"person": "@tester"}}
	p["gates"] = []any{map[string]any{
		"id": "checked", "title": "Checked", "at": p["window"].(map[string]any)["start"], "evidence": []any{map[string]any{"signoff": "tester"}},
	}}
	p["survey"] = map[string]any{"questions": []string{"disruption", "communication"}} // else it is decided by turns
	for _, key := range []string{"audiences", "contingencies", "rollback"} {
		delete(p, key)
	}
	return p
}

// runs plans an upgrade, begins it and completes it.
func (w *world) runs(t *testing.T, id string, start time.Time) {
	t.Helper()
	w.applied(t, id, "upgrade.planned", map[string]any{"plan": planAsking(id, start)})
	w.applied(t, id, "upgrade.started", map[string]any{})
	w.applied(t, id, "upgrade.completed", map[string]any{})
}

// asks reports whether a mail about an upgrade to somebody has a personal link
// to its survey, and which.
func (w *world) asks(t *testing.T, to, headline string) (link string, came bool) {
	t.Helper()
	for _, m := range w.mail.mails(to) {
		if text := decoded(t, m); strings.Contains(text, headline) {
			return answerLink.FindString(text), true
		}
	}
	return "", false
}

// learns accepts all that an upgrade taught.
func (w *world) learns(t *testing.T, id string) {
	t.Helper()
	_, body := w.post(t, "/api/v1/upgrades/"+id+"/lessons", "", nil)
	var proposed struct{ Lessons []store.LessonRow }
	if err := json.Unmarshal([]byte(body), &proposed); err != nil || len(proposed.Lessons) == 0 {
		t.Fatalf("the upgrade taught nothing: %v\n%s", err, body)
	}
	for _, l := range proposed.Lessons {
		if code, body := w.post(t, "/api/v1/lessons/"+l.ID, `{"decision":"accept","by":"@owner"}`, nil); code != http.StatusOK {
			t.Fatalf("accept %s: %d\n%s", l.Text, code, body)
		}
	}
}

// TestAsking: users are asked with the news of the end, stakeholders and
// testers two hours later, once more two working days later if they have not
// answered, and nobody about two upgrades within two weeks. Teams and support
// hear what was answered; after two weeks managers get the report, and
// stakeholders read what is changed.
func TestAsking(t *testing.T) {
	t.Parallel()                                         // most of the time is waiting
	start := time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC) // a Tuesday
	clk := clock.Clock{Start: time.Now(), Legs: []clock.Leg{
		{From: start.Add(-time.Minute), Speed: 20},
		{From: start.Add(3 * time.Minute), Speed: 1200},
		{From: start.Add(3 * time.Hour), Speed: 16000},
		{From: start.AddDate(0, 0, 2).Add(8 * time.Hour), Speed: 60000},
	}}
	w := playedWorld(t, configAsking, clk)
	w.runs(t, "pg17", start)
	came := func(to, headline string) (link string) {
		t.Helper()
		eventually(t, 60*time.Second, headline+" to "+to, func() bool {
			var ok bool
			link, ok = w.asks(t, to, headline)
			return ok
		})
		return link
	}
	if came("user@example.org", "Done: Database pg17") == "" {
		t.Error("users are not asked in the mail that it is done")
	}
	if _, early := w.asks(t, "dean@example.org", "Done: Database pg17"); early {
		t.Errorf("stakeholders are asked at once")
	}
	if link := came("dean@example.org", "Done: Database pg17"); link == "" {
		t.Error("stakeholders are not asked")
	}
	link := came("tester@example.org", "How was it? Database pg17")
	if asked := clk.Now(); link == "" || asked.Before(start.Add(time.Hour)) || asked.After(start.Add(4*time.Hour)) {
		t.Errorf("testers are asked by %q at %s, want between one and four hours after the end", link, asked)
	}
	w.opens(t, link)
	code, body := w.post(t, link, url.Values{"rating": {"2"}, "communication": {"late"}, "text": {freeText}}.Encode(),
		map[string]string{"Content-Type": "application/x-www-form-urlencoded"})
	if code >= http.StatusBadRequest {
		t.Fatalf("the tester's answer: %d\n%s", code, body)
	}
	w.learns(t, "pg17")
	if came("dean@example.org", "One more time: Database pg17") != came("dean@example.org", "Done: Database pg17") {
		t.Error("the reminder has another link")
	}
	if reminded := clk.Now(); reminded.Before(start.AddDate(0, 0, 2)) {
		t.Errorf("reminded at %s, want two working days later", reminded)
	}
	came("desk@example.org", "Told too late: 1")
	eventually(t, 20*time.Second, "the digest for teams", func() bool { return w.posted("C0UPGRADES", "Feedback so far: Database pg17") })

	w.runs(t, "pg18", clk.Now())
	if link := came("user@example.org", "Done: Database pg18"); link != "" {
		t.Error("users are asked about two upgrades within two weeks")
	}
	came("boss@example.org", "Feedback: 1 answers, ")
	if _, whole := w.asks(t, "boss@example.org", "<h1>Report: Database pg17</h1>"); !whole {
		t.Error("the mail does not carry the report")
	}
	came("dean@example.org", "You said, we changed: Database pg17")
	eventually(t, 20*time.Second, "the lessons for teams", func() bool { return w.posted("C0UPGRADES", "Lessons: Database pg17") })
	if _, again := w.asks(t, "tester@example.org", "One more time"); again {
		t.Error("the tester has answered and is reminded")
	}
	for _, to := range []string{"dean@example.org", "user@example.org"} {
		n := 0
		for _, m := range w.mail.mails(to) {
			if strings.Contains(decoded(t, m), "One more time") {
				n++
			}
		}
		if want := map[string]int{"dean@example.org": 1}[to]; n != want {
			t.Errorf("%s is reminded %d times, want %d", to, n, want)
		}
	}
	dropped := strings1(t, w.db(t), `SELECT count(*) FROM deliveries WHERE moment = 'survey-reminder' AND state = 'superseded' AND why = 'answered'`)
	if dropped[0] != "1" {
		t.Errorf("%s reminders were dropped because of an answer, want the tester's", dropped[0])
	}
	w.keepsWords(t)
}

// freeText is what somebody wrote.
const freeText = "My words for nobody else"

// keepsWords: what people write goes to no channel: not with the digest, the
// report, the items nor the lessons.
func (w *world) keepsWords(t *testing.T) {
	t.Helper()
	if w.posted("C0UPGRADES", freeText) || w.posted("D0OWNER01", freeText) {
		t.Error("what somebody wrote is in Slack")
	}
	for _, m := range w.mail.mails("") {
		if strings.Contains(decoded(t, m), freeText) {
			t.Errorf("what somebody wrote is in a mail to %s", m.to)
		}
	}
	if _, body := w.get(t, "/api/v1/upgrades/pg17/feedback", true); !strings.Contains(body, freeText) {
		t.Error("operators cannot read what somebody wrote")
	}
}
