package main

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"upgradehub/notifiers/slack/slacktest"
)

// The people of these tests.
const (
	lead     = "U0LEAD001"
	tester   = "U0TESTER1"
	outsider = "U0OUTSIDE"
	reader   = "U0READER1" // of German
	guest    = "U0GUEST01" // of French
	channel  = "C0UPGRADES"
	german   = "C0LESER001"
	crew     = "C0TECHNIK" // that does the work, in German
)

const configSlack = `
people:
  "@lead": {email: lead@example.org, slack: U0LEAD001}
  "@registrar": {slack: U0TESTER1}
  "@guest": {slack: U0GUEST01, lang: fr}
audiences:
  users: {role: users, channels: {email: [user@example.org]}}
  teams: {role: teams, channels: {slack: [C0UPGRADES]}}
  technik: {role: teams, lang: de, channels: {slack: [C0TECHNIK]}}
  leser: {role: users, lang: de, channels: {slack: [C0LESER001]}}
`

// planGated is a plan whose gate is to be decided within the hour.
func planGated(id string) map[string]any {
	p := planNow(id)
	soon := time.Now().UTC().Add(30 * time.Minute).Format("2006-01-02T15:04")
	p["roster"] = map[string]any{"lead": map[string]any{"person": "@lead"}, "registrar": map[string]any{"person": "@registrar"}}
	for _, id := range []string{"leser", "technik"} {
		p["audiences"] = append(p["audiences"].([]any), map[string]any{"id": id, "channels": []string{"slack"}})
	}
	p["gates"] = []any{map[string]any{
		"id": "g1", "title": "Go or no-go", "at": soon, "decider": "lead", "deadline": soon, "evidence": []any{map[string]any{"signoff": "registrar"}},
	}}
	return p
}

// startSlackWorld is a hub that hears what people do in the fake: over signed
// requests, or over a socket.
func startSlackWorld(t *testing.T, socket bool, args ...string) *world {
	t.Helper()
	w := newWorld(t, startMailbox(t), configSlack, slacktest.Config{
		Token: "xoxb-test", Users: []string{lead, tester, outsider, reader, guest},
		Channels: []slacktest.Channel{{ID: channel, Name: "upgrades"}, {ID: german, Name: "leser"}, {ID: crew, Name: "technik"}},
	}, args...)
	w.hubProcess = newHubProcess(t, w.dir, append([]string{"serve"}, w.args...)...)
	secret := "HUB_SLACK_SIGNING_SECRET=the-new-secret," + slacktest.SigningSecret
	if socket {
		secret = "HUB_SLACK_APP_TOKEN=" + slacktest.AppToken
	}
	w.cmd.Env = append(w.cmd.Env, secret)
	w.start(t)
	w.slack.Callbacks(w.page + "/slack/interactions")
	if socket {
		t.Cleanup(func() {
			if t.Failed() {
				t.Log(w.errs)
			}
		})
		eventually(t, 20*time.Second, "socket open", w.slack.Connected)
	}
	return w
}

// find waits for a message in a channel that holds a text.
func (w *world) find(t *testing.T, in, text string) slacktest.Message {
	t.Helper()
	var found slacktest.Message
	eventually(t, 30*time.Second, "message in "+in+" with "+text, func() bool {
		for _, m := range w.slack.Messages(in) {
			if strings.Contains(string(m.Blocks), text) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

// click presses a button, which must be acknowledged in time.
func (w *world) click(t *testing.T, user, in, ts, action string) {
	t.Helper()
	if ack, err := w.slack.Click(user, in, ts, action); err != nil || ack.Status != http.StatusOK {
		t.Fatalf("click %s = %+v, %v", action, ack, err)
	}
}

// opened waits for the n-th modal of a user.
func (w *world) opened(t *testing.T, user string, n int) slacktest.View {
	t.Helper()
	eventually(t, 20*time.Second, "modal of "+user, func() bool { return len(w.slack.Views(user)) >= n })
	return w.slack.Views(user)[n-1]
}

// submit fills in a modal, which must be acknowledged in time and closed.
func (w *world) submit(t *testing.T, user, view string, values map[string]string) {
	t.Helper()
	if ack, err := w.slack.Submit(user, view, values); err != nil || ack.Status != http.StatusOK || strings.Contains(ack.Body, "errors") {
		t.Fatalf("submit %v = %+v, %v", values, ack, err)
	}
}

// told waits until a user alone was shown a text.
func (w *world) told(t *testing.T, user, text string) {
	t.Helper()
	eventually(t, 20*time.Second, user+" is told "+text, func() bool {
		for _, e := range w.slack.Ephemerals(user) {
			if strings.Contains(e.Text, text) {
				return true
			}
		}
		return false
	})
}

// TestPeopleInSlack walks through everything people can do in Slack: a tester
// signs off, the lead decides and posts an update, a reader asks, reads and
// rates; and nobody does what is not theirs to do.
func TestPeopleInSlack(t *testing.T) {
	t.Parallel()
	for name, socket := range map[string]bool{"signed requests": false, "socket": true} {
		t.Run(name, func(t *testing.T) {
			w := startSlackWorld(t, socket)
			w.applied(t, "pg17", "upgrade.planned", map[string]any{"plan": planGated("pg17")})
			decideInSlack(t, w)
			w.applied(t, "pg17", "phase.started", map[string]any{"phase": "switchover"})
			updateInSlack(t, w)
			refuseInGerman(t, w)
			reportInSlack(t, w)
			askInSlack(t, w)
			w.applied(t, "pg17", "upgrade.completed", map[string]any{})
			rateInSlack(t, w)
			rateInGerman(t, w)
			noNames(t, w)
			forgetInSlack(t, w)
		})
	}
}

// decideInSlack: the card follows the sign-off and the decision.
func decideInSlack(t *testing.T, w *world) {
	t.Helper()
	card := w.find(t, channel, "To be decided")
	w.find(t, "D0LEAD001", "To be decided")
	w.find(t, "D0TESTER1", "To be decided")
	w.click(t, outsider, channel, card.TS, "gate-go")
	w.told(t, outsider, "Only @lead may decide Go or no-go.")
	w.click(t, lead, channel, card.TS, "gate-sign-off")
	w.told(t, lead, "Only @registrar may sign off for Go or no-go.")
	w.click(t, tester, channel, card.TS, "gate-sign-off")
	w.submit(t, tester, w.opened(t, tester, 1).ID, map[string]string{"word": "pass"})
	w.edited(t, card.TS, "sign-off of registrar")
	w.click(t, lead, channel, card.TS, "gate-go")
	w.submit(t, lead, w.opened(t, lead, 1).ID, map[string]string{"reason": "Rehearsed <!channel> twice"})
	w.edited(t, card.TS, "Rehearsed &lt;!channel&gt; twice")
	var ready struct{ Gates []struct{ Decision string } }
	_, body := w.get(t, "/api/v1/upgrades/pg17/readiness", true)
	if err := json.Unmarshal([]byte(body), &ready); err != nil || len(ready.Gates) != 1 || ready.Gates[0].Decision != "go" {
		t.Errorf("readiness = %s, %v, want the gate decided go", body, err)
	}
}

// edited waits until a message says something new in its place.
func (w *world) edited(t *testing.T, ts, text string) {
	t.Helper()
	// As JSON holds it.
	text = strings.NewReplacer("&", `\u0026`).Replace(text)
	eventually(t, 30*time.Second, "edit with "+text, func() bool {
		for _, m := range w.slack.Messages(channel) {
			if m.TS == ts && m.Edited && strings.Contains(string(m.Blocks), text) {
				return true
			}
		}
		return false
	})
}

func updateInSlack(t *testing.T, w *world) {
	t.Helper()
	root := w.slack.Messages(channel)[0]
	w.edited(t, root.TS, "Post an update")
	w.click(t, outsider, channel, root.TS, "update")
	w.told(t, outsider, "Only @lead may post updates now.")
	w.click(t, lead, channel, root.TS, "update")
	view := w.opened(t, lead, 2)
	past := strconv.FormatInt(time.Now().Add(-time.Hour).Unix(), 10)
	if _, err := w.slack.Submit(lead, view.ID, map[string]string{"text": "Halfway there.", "next": past}); err != nil {
		t.Fatal(err)
	}
	if got := w.slack.Views(lead)[1]; got.Errors["next"] == "" || !got.Open {
		t.Errorf("view after a time that has passed = %+v, want it open with a complaint", got)
	}
	next := strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10)
	w.submit(t, lead, view.ID, map[string]string{"text": "Halfway there.", "next": next})
	w.sees(t, "/upgrades/pg17", "Halfway there.")
}

// refuseInGerman: whoever presses a button of a German message, meant for those
// who do the work, is answered in German.
func refuseInGerman(t *testing.T, w *world) {
	t.Helper()
	w.click(t, outsider, crew, w.find(t, crew, "Meldung veröffentlichen").TS, "update:")
	w.told(t, outsider, "Nur @lead darf jetzt Meldungen veröffentlichen.")
}

// reportInSlack: a reader says what is broken and gets a receipt; the count
// stands in the channel, the lead hears of it, and the words go to neither.
func reportInSlack(t *testing.T, w *world) {
	t.Helper()
	root := w.slack.Messages(channel)[0]
	w.click(t, outsider, channel, root.TS, "trouble")
	w.submit(t, outsider, w.opened(t, outsider, 1).ID, map[string]string{"component": "campus", "text": "Nothing can be saved"})
	w.edited(t, root.TS, "1 in all, 1 in the last quarter of an hour")
	said := string(w.find(t, "D0LEAD001", "Broken for people").Blocks)
	if !strings.Contains(said, "Campus solutions: 1") || strings.Contains(said, "Nothing can be saved") {
		t.Errorf("the lead reads %s", said)
	}
	var found struct {
		Items []struct{ Number, Text, Owner string }
	}
	w.getJSON(t, "/api/v1/items?upgrade=pg17", true, &found)
	if len(found.Items) != 1 || found.Items[0].Text != "Nothing can be saved" || found.Items[0].Owner != "@lead" {
		t.Fatalf("items %+v, want the report", found.Items)
	}
	receipt := string(w.slack.Views(outsider)[0].Blocks)
	if !strings.Contains(receipt, found.Items[0].Number) {
		t.Errorf("the modal says %s, want the number %s", receipt, found.Items[0].Number)
	}
	w.sees(t, receiptLink.FindString(receipt), found.Items[0].Number, "Nobody has opened it yet.")
}

var receiptLink = regexp.MustCompile(`/upgrades/pg17/trouble\?receipt=[0-9a-f]{22}`)

// askInSlack: anybody is answered, in their own language, else in that of the
// channel, else in English.
func askInSlack(t *testing.T, w *world) {
	t.Helper()
	for _, tt := range []struct{ text, want string }{
		{"status", "pg17: Database 16 to 17, in progress"},
		{"status pg17", "In progress: Database 16 to 17"},
		{"status lost", "There is no upgrade lost."},
		{"please", "Say /upgrade status"},
	} {
		if _, err := w.slack.Command(outsider, channel, "/upgrade", tt.text); err != nil {
			t.Errorf("/upgrade %s: %v", tt.text, err)
		}
		w.told(t, outsider, tt.want)
	}
	for _, tt := range []struct{ user, in, want string }{
		{outsider, german, "pg17: Database 16 to 17, läuft"}, {guest, german, "pg17\u00a0: Database 16 to 17, en cours"},
	} {
		if _, err := w.slack.Command(tt.user, tt.in, "/upgrade", "status"); err != nil {
			t.Errorf("/upgrade status in %s: %v", tt.in, err)
		}
		w.told(t, tt.user, tt.want)
	}
}

// rateInSlack: a click is recorded at once, the modal adds to it, and a later
// click changes it.
func rateInSlack(t *testing.T, w *world) {
	t.Helper()
	end := w.find(t, channel, "very badly")
	w.click(t, outsider, channel, end.TS, "rate:4")
	view := w.opened(t, outsider, 2)
	var got struct {
		Count   int
		Answers []struct {
			Rating                          int
			Disruption, Communication, Text string
		}
	}
	eventually(t, 20*time.Second, "rating recorded", func() bool {
		w.getJSON(t, "/api/v1/upgrades/pg17/feedback", true, &got)
		return got.Count == 1 && got.Answers[0].Rating == 4
	})
	w.submit(t, outsider, view.ID, map[string]string{"disruption": "little", "communication": "late", "comment": "Say it earlier"})
	w.click(t, outsider, channel, end.TS, "rate:2")
	eventually(t, 20*time.Second, "rating changed, the words kept", func() bool {
		w.getJSON(t, "/api/v1/upgrades/pg17/feedback", true, &got)
		a := got.Answers[0]
		return got.Count == 1 && a.Rating == 2 && a.Disruption == "little" && a.Communication == "late" && a.Text == "Say it earlier"
	})
	w.click(t, lead, channel, end.TS, "link-")
	for _, m := range w.slack.Messages(channel) {
		if said := string(m.Blocks); strings.Contains(said, "Say it earlier") || strings.Contains(said, "Nothing can be saved") {
			t.Error("the text of an answer or a report stands in a channel")
		}
	}
}

// rateInGerman: whoever is asked in German is asked the rest, and thanked, in
// German.
func rateInGerman(t *testing.T, w *world) {
	t.Helper()
	w.click(t, reader, german, w.find(t, german, "sehr schlecht").TS, "rate:5")
	v := w.opened(t, reader, 1)
	if v.Title != "Wie waren wir?" || v.Submit != "Senden" || !strings.Contains(string(v.Blocks), "Was sollen wir anders machen?") {
		t.Errorf("the modal is called %q, sent by %q: %s", v.Title, v.Submit, v.Blocks)
	}
	w.submit(t, reader, v.ID, map[string]string{"disruption": "none"})
	eventually(t, 20*time.Second, "thanks in German", func() bool {
		return strings.Contains(string(w.slack.Views(reader)[0].Blocks), "Ihre Antwort ist gespeichert")
	})
}

// noNames: what people did is in the log, and who they are is not.
func noNames(t *testing.T, w *world) {
	t.Helper()
	log := strings.Join(strings1(t, w.db(t), `SELECT CAST(raw AS TEXT) FROM log`), "\n")
	for _, secret := range []string{lead, tester, outsider, "lead@example.org", "Say it earlier", "Nothing can be saved"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	deeds := strings1(t, w.db(t), `SELECT type FROM log WHERE json_extract(raw, '$.source') LIKE 'slack/%' ORDER BY seq`)
	if want := []string{"gate.evidence", "gate.decided", "update.posted"}; !slices.Equal(deeds, want) {
		t.Errorf("facts from Slack = %q, want %q", deeds, want)
	}
}

// forgetInSlack: who only ever pressed a button can be erased too.
func forgetInSlack(t *testing.T, w *world) {
	t.Helper()
	status, body := w.post(t, "/api/v1/people/erase", `{"address":"`+outsider+`"}`, nil)
	if status != http.StatusOK {
		t.Fatalf("erase = %d: %s", status, body)
	}
	eventually(t, 20*time.Second, "nothing left of the reader", func() bool {
		left := strings.Join(strings1(t, w.db(t), `SELECT CAST(value AS TEXT) FROM people`), "\n")
		return !strings.Contains(left, outsider) && !strings.Contains(left, "Say it earlier") && !strings.Contains(left, "Nothing can be saved")
	})
}
