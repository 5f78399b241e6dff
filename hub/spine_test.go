package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/nats-io/nats.go/jetstream"

	"upgradehub/notifiers/slack/slacktest"
)

// natsCLI is the unmodified command-line client of NATS.
const natsCLI = "github.com/nats-io/natscli/nats@v0.5.1"

// planNow is a plan whose window is open now, so that its events are not
// history to anybody.
func planNow(id string) map[string]any {
	start := time.Now().UTC().Add(-10 * time.Minute).Truncate(time.Minute)
	at := func(d time.Duration) string { return start.Add(d).Format("2006-01-02T15:04") }
	return map[string]any{
		"schema": "upgradehub/plan/v1", "id": id, "title": "Database 16 to 17", "system": "student-records", "zone": "UTC",
		"window": map[string]any{"start": at(0), "end": at(4 * time.Hour)},
		"impact": map[string]any{"default": "degraded", "still_works": []string{"public web"}},
		"components": []any{
			map[string]any{"id": "campus", "name": "Campus solutions"},
			map[string]any{"id": "links", "name": "Links to other systems", "public": false},
		},
		"phases": []any{
			map[string]any{"id": "switchover", "title": "Switch over", "start": at(0), "duration": "2h"},
			map[string]any{"id": "verify", "title": "Check everything", "start": at(2 * time.Hour), "duration": "1h", "after": []string{"switchover"}},
		},
		"audiences": []any{
			map[string]any{"id": "users", "channels": []string{"email"}},
			map[string]any{"id": "teams", "channels": []string{"slack"}},
		},
	}
}

const configNow = `
audiences:
  users: {role: users, channels: {email: [user@example.org]}}
  teams: {role: teams, channels: {slack: [C0UPGRADES]}}
`

// world is a hub with a real mail server and a strict fake of Slack.
type world struct {
	*hubProcess
	slack *slacktest.Server
	mail  *mailbox
	args  []string
	dir   string // its data
}

func startWorld(t testing.TB, config string, args ...string) *world {
	t.Helper()
	return startWorldWith(t, startMailbox(t), config, args...)
}

func startWorldWith(t testing.TB, box *mailbox, config string, args ...string) *world {
	t.Helper()
	w := newWorld(t, box, config, oneChannel, args...)
	w.hubProcess = startHub(t, w.dir, w.args...)
	return w
}

// newWorld is a world whose hub is not started yet.
func newWorld(t testing.TB, box *mailbox, config string, chat slacktest.Config, args ...string) *world {
	t.Helper()
	dir := t.TempDir()
	w := &world{slack: startSlack(t, chat), mail: box, dir: filepath.Join(dir, "data")}
	file := filepath.Join(dir, "hub.yaml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	w.args = []string{
		"--config", file, "--smtp", w.mail.url, "--mail-from", "Upgrade Hub <hub@example.org>",
		"--slack-api-url", w.slack.APIURL(),
	}
	w.args = append(w.args, args...)
	return w
}

// TestSpine walks the whole road: an unmodified nats client and an unmodified
// CloudEvents sender publish, and page, Slack and mail show it.
func TestSpine(t *testing.T) {
	w := startWorld(t, configNow)
	w.applied(t, "pg17", "upgrade.planned", map[string]any{"plan": planNow("pg17")})
	eventually(t, 20*time.Second, "announcement by mail", func() bool { return len(w.mail.mails("user@example.org")) == 1 })
	eventually(t, 20*time.Second, "root message in Slack", func() bool { return len(w.slack.Messages("C0UPGRADES")) >= 1 })

	publishByCLI(t, w)
	w.sees(t, "/upgrades/pg17", "Switch over", `data-state="running"`)

	sendCloudEvent(t, w, "switched", "phase.finished", map[string]any{"phase": "switchover", "outcome": "success"})
	sendCloudEvent(t, w, "checking", "phase.started", map[string]any{"phase": "verify"})
	w.publish(t, "pg17", "update.posted", map[string]any{"text": "The **new database** runs."})
	w.sees(t, "/upgrades/pg17", "<strong>new database</strong>")
	eventually(t, 20*time.Second, "update in the Slack thread", func() bool { return w.inThread("new database runs") })

	malformed(t, w)
	sendCloudEvent(t, w, "checked", "phase.finished", map[string]any{"phase": "verify"})
	w.applied(t, "pg17", "upgrade.completed", map[string]any{})
	eventually(t, 20*time.Second, "done by mail", func() bool { return len(w.mail.mails("user@example.org")) == 2 })
	eventually(t, 20*time.Second, "done in Slack, broadcast", func() bool {
		for _, m := range w.slack.Messages("C0UPGRADES") {
			if m.Broadcast {
				return true
			}
		}
		return false
	})
	rateByMail(t, w)
}

// publishByCLI publishes with the real nats command, in its bare form.
func publishByCLI(t *testing.T, w *world) {
	t.Helper()
	dir := t.TempDir()
	install := exec.CommandContext(t.Context(), "go", "install", natsCLI)
	install.Env = append(os.Environ(), "GOBIN="+dir, "GOFLAGS=-mod=mod")
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("install the nats client: %v\n%s", err, out)
	}
	pub := exec.CommandContext(t.Context(), filepath.Join(dir, "nats"), "--server", w.nats, "pub", "upgrades.pg17.phase.started", `{"phase":"switchover"}`) //nolint:gosec // a test's own binary
	pub.Env = append(os.Environ(), "HOME="+dir)
	if out, err := pub.CombinedOutput(); err != nil {
		t.Fatalf("nats pub: %v\n%s", err, out)
	}
}

// sendCloudEvent sends with the CloudEvents project's own SDK over HTTP.
func sendCloudEvent(t *testing.T, w *world, id, typ string, data any) {
	t.Helper()
	client, err := cloudevents.NewClientHTTP(cloudevents.WithTarget(w.page+"/api/v1/events"),
		cloudevents.WithHeader("Authorization", "Bearer "+w.token(t)))
	if err != nil {
		t.Fatal(err)
	}
	e := cloudevents.NewEvent()
	e.SetID(id)
	e.SetSource("https://ci.example.org/pipelines/7")
	e.SetType("dev.upgradehub." + typ + ".v1")
	e.SetSubject("pg17")
	if err := e.SetData(cloudevents.ApplicationJSON, data); err != nil {
		t.Fatal(err)
	}
	if result := client.Send(t.Context(), e); !cloudevents.IsACK(result) {
		t.Fatalf("send %s: %v", typ, result)
	}
}

// malformed publishes an event with several faults over HTTP and over NATS:
// the answer names every one, it is listed, and the next event flows.
func malformed(t *testing.T, w *world) {
	t.Helper()
	status, body := w.post(t, "/api/v1/upgrades/pg17/phase.finished", `{"outcome":"maybe","visibility":"secret"}`, nil)
	if status != http.StatusBadRequest {
		t.Fatalf("malformed event = %d: %s, want 400", status, body)
	}
	for _, fault := range []string{"phase", "outcome", "visibility"} {
		if !strings.Contains(body, fault) {
			t.Errorf("answer %s does not name %s", body, fault)
		}
	}
	_, js := w.publisher(t)
	if _, err := js.Publish(t.Context(), "upgrades.pg17.phase.finished", []byte(`{"outcome":"maybe"}`), jetstream.WithMsgID("bad")); err != nil {
		t.Fatal(err)
	}
	eventually(t, 10*time.Second, "rejected event listed", func() bool {
		_, body := w.get(t, "/api/v1/rejected", true)
		return strings.Contains(body, "phase") && strings.Contains(body, "outcome")
	})
}

// rateByMail follows the feedback link of the last mail: looking records
// nothing, sending does, and sending again changes the answer.
func rateByMail(t *testing.T, w *world) {
	t.Helper()
	mails := w.mail.mails("user@example.org")
	link := regexp.MustCompile(`/f/[A-Za-z0-9_-]{22}`).FindString(decoded(t, mails[len(mails)-1]))
	if link == "" {
		t.Fatalf("no feedback link in:\n%s", mails[len(mails)-1].raw)
	}
	var before, after struct {
		Count   int
		Invited int
		Answers []struct {
			Rating int
			Text   string
		}
	}
	w.opens(t, link)
	for range 3 {
		if status, body := w.get(t, link+"?r=4", false); status != http.StatusOK || !regexp.MustCompile(`value="?4"?[^>]*checked`).MatchString(body) {
			t.Fatalf("GET %s?r=4 = %d, want a form with 4 preselected:\n%s", link, status, body)
		}
	}
	w.getJSON(t, "/api/v1/upgrades/pg17/feedback", true, &before)
	if before.Count != 0 || before.Invited == 0 {
		t.Fatalf("after looking: %+v, want no answer and someone invited", before)
	}
	for _, rating := range []string{"4", "2"} {
		if status := submit(t, w.page+link, "rating="+rating+"&disruption=little&text=Tell+us+earlier"); status != http.StatusSeeOther && status != http.StatusOK {
			t.Fatalf("POST %s = %d", link, status)
		}
	}
	w.getJSON(t, "/api/v1/upgrades/pg17/feedback", true, &after)
	if after.Count != 1 || after.Answers[0].Rating != 2 || after.Answers[0].Text != "Tell us earlier" {
		t.Errorf("feedback = %+v, want the one answer, changed to 2", after)
	}
}

// submit posts a form without following the redirect.
func submit(t *testing.T, url, form string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}

// sees waits until a page holds all of the texts.
func (w *world) sees(t *testing.T, path string, texts ...string) {
	t.Helper()
	var body string
	eventually(t, 15*time.Second, fmt.Sprintf("%s shows %q", path, texts), func() bool {
		_, body = w.get(t, path, false)
		for _, text := range texts {
			if !strings.Contains(body, text) {
				return false
			}
		}
		return true
	})
}

// inThread reports whether a reply to the first message of the channel, the
// root, holds a text.
func (w *world) inThread(text string) bool {
	all := w.slack.Messages("C0UPGRADES")
	for _, m := range all {
		raw, _ := json.Marshal(m)
		if m.TS != all[0].TS && m.ThreadTS == all[0].TS && strings.Contains(string(raw), text) {
			return true
		}
	}
	return false
}

// inSlack counts the messages that stand in the channel and those in a thread.
func (w *world) inSlack() (roots, replies int) {
	for _, m := range w.slack.Messages("C0UPGRADES") {
		if m.ThreadTS == "" || m.ThreadTS == m.TS {
			roots++
		} else {
			replies++
		}
	}
	return roots, replies
}

// TestRepeatedEventChangesNothing publishes one event a hundred times.
func TestRepeatedEventChangesNothing(t *testing.T) {
	w := startWorld(t, configNow)
	w.applied(t, "pg17", "upgrade.planned", map[string]any{"plan": planNow("pg17")})
	_, js := w.publisher(t)
	for i := range 100 {
		_, err := js.Publish(t.Context(), "upgrades.pg17.upgrade.started", []byte(`{}`), jetstream.WithMsgID("start-1"))
		if err != nil {
			t.Fatalf("publish %d: %v", i, err)
		}
	}
	w.applied(t, "pg17", "phase.started", map[string]any{"phase": "switchover"})
	var timeline struct{ Events []struct{ ID, Type string } }
	w.getJSON(t, "/api/v1/upgrades/pg17/timeline", true, &timeline)
	if len(timeline.Events) != 3 {
		t.Errorf("timeline has %d events, want 3: %+v", len(timeline.Events), timeline.Events)
	}
	w.settled(t)
	if roots, replies := w.inSlack(); roots != 1 || replies != 1 {
		t.Errorf("%d root messages and %d replies in Slack, want one and one for the start: %+v", roots, replies, w.slack.Messages("C0UPGRADES"))
	}
	if n := len(w.mail.mails("")); n != 1 {
		t.Errorf("%d mails, want the one announcement", n)
	}
}
