package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"upgradehub/events"
	"upgradehub/hub/api"
	"upgradehub/hub/store"
	"upgradehub/notifiers/slack/slacktest"
	"upgradehub/statuspage/feedback"
)

var stampField = regexp.MustCompile(`name="at" value="([^"]+)"`)

// reports fills in the form of an upgrade under way as a person does, and is
// the path of the receipt.
func (a *asker) reports(t *testing.T, id, text string) string {
	t.Helper()
	form := "/upgrades/" + id + "/trouble"
	status, body := a.get(t, form, false)
	stamp := stampField.FindStringSubmatch(body)
	if status != http.StatusOK || stamp == nil {
		t.Fatalf("GET %s = %d: %s", form, status, body)
	}
	<-time.After(2100 * time.Millisecond) // a person does not type faster
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	filled := url.Values{"at": {stamp[1]}, "component": {"campus"}, "text": {text}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.page+form, strings.NewReader(filled.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusSeeOther {
		said, _ := io.ReadAll(res.Body)
		t.Fatalf("POST %s = %d: %s", form, res.StatusCode, said)
	}
	return res.Header.Get("Location")
}

// items lists them with a query.
func (a *asker) items(t *testing.T, query string) []api.Item {
	t.Helper()
	var found api.Items
	a.getJSON(t, "/api/v1/items"+query, true, &found)
	return found.Items
}

// does says what was done about an item.
func (a *asker) does(t *testing.T, id, deed string, want int) api.Item {
	t.Helper()
	status, body := a.post(t, "/api/v1/items/"+id, deed, nil)
	var item api.Item
	if err := json.Unmarshal([]byte(body), &item); err != nil || status != want {
		t.Fatalf("%s of %s = %d: %s, want %d", deed, id, status, body, want)
	}
	return item
}

// TestReportsAndLowAnswersAreItems: somebody says that something is broken and
// reads on the receipt what became of it; somebody else could not work, and is
// answered by mail.
func TestReportsAndLowAnswersAreItems(t *testing.T) {
	a := newAsker(t, configNow)
	a.applied(t, "pg17", "upgrade.planned", map[string]any{"plan": planNow("pg17")})
	a.applied(t, "pg17", "phase.started", map[string]any{"phase": "switchover"})
	receipt := a.reports(t, "pg17", "Nothing can be saved.")
	a.shows(t, receipt, "Nobody has opened it yet.")
	metrics := httptest.NewRecorder()
	a.n.ops.Handler().ServeHTTP(metrics, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, want := range []string{`hub_reports{upgrade="pg17"} 1`, `hub_items{state="open"} 1`, `hub_items{state="overdue"} 0`} {
		if !strings.Contains(metrics.Body.String(), want) {
			t.Errorf("/metrics has no %s", want)
		}
	}
	all := a.items(t, "?upgrade=pg17&status=new")
	if len(all) != 1 || all[0].Kind != "report" || all[0].Component != "campus" || all[0].Text != "Nothing can be saved." || !strings.Contains(receipt, all[0].ID) {
		t.Fatalf("items %+v, want the report", all)
	}
	a.shows(t, receipt, all[0].Number)
	a.does(t, all[0].ID, `{"status":"action","by":"@lead","owner":"@dba"}`, http.StatusOK)
	a.shows(t, receipt, "The team is doing something about it.")
	got := a.does(t, all[0].ID, `{"status":"answered","by":"@dba","note":"index rebuilt","reply":"It works again."}`, http.StatusOK)
	if got.Status != "answered" || got.Owner != "@dba" || got.Note != "index rebuilt" || !got.Noted || got.Reply != "It works again." {
		t.Errorf("the item is %+v, want it answered", got)
	}
	a.shows(t, receipt, "The team has answered it.", "It works again.")

	a.applied(t, "pg17", "phase.finished", map[string]any{"phase": "switchover"})
	a.applied(t, "pg17", "upgrade.completed", map[string]any{})
	a.answersWith(t, decoded(t, a.mailed(t, "user@example.org", 2)), "rating=4&disruption=blocked&text=Half+a+day+lost.")
	low := a.items(t, "?upgrade=pg17&status=new")
	if len(low) != 1 || low[0].Kind != "answer" || low[0].Said() != "4 of 5; blocked; Half a day lost." {
		t.Fatalf("items %+v, want the answer", low)
	}
	a.does(t, low[0].ID, `{"status":"answered","by":"@lead","reply":"We are **sorry**; next time we start at night."}`, http.StatusOK)
	mail := decoded(t, a.mailed(t, "user@example.org", 3))
	if !strings.Contains(mail, "An answer to you: Database 16 to 17") || !strings.Contains(mail, "next time we start at night") {
		t.Errorf("the mail says\n%s", mail)
	}
	a.shows(t, answerLink.FindString(decoded(t, a.mailed(t, "user@example.org", 2)))+"?thanks=1", "next time we start at night")
	var said api.Feedback
	a.getJSON(t, "/api/v1/upgrades/pg17/feedback", true, &said)
	if said.Reports != 1 || said.Items.All != 2 || said.Items.Open != 0 {
		t.Errorf("feedback counts %d reports and items %+v, want 1, and 2 of which none is open", said.Reports, said.Items)
	}
	status, _ := a.get(t, "/upgrades/pg17/trouble", false)
	if status != http.StatusNotFound {
		t.Errorf("the form after the end = %d, want 404", status)
	}
	a.shows(t, receipt, "It works again.")
}

// shows holds a page to some words.
func (a *asker) shows(t *testing.T, path string, words ...string) {
	t.Helper()
	status, body := a.get(t, path, false)
	for _, w := range words {
		if status != http.StatusOK || !strings.Contains(body, w) {
			t.Errorf("GET %s = %d without %q: %s", path, status, w, body)
		}
	}
}

func TestItemDeedsAreChecked(t *testing.T) {
	a := newAsker(t, configNow)
	a.applied(t, "pg17", "upgrade.planned", map[string]any{"plan": planNow("pg17")})
	a.applied(t, "pg17", "phase.started", map[string]any{"phase": "switchover"})
	const id = "rrrrrrrrrrrrrrrrrrrrrr"
	for range 2 { // a form that is sent twice
		if err := a.n.desk("page").Report(t.Context(), feedback.Report{ID: id, Upgrade: "pg17"}); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name, id, deed string
		status         int
		want           string
	}{
		{"nobody", id, `{"status":"seen"}`, 400, "by: is required"},
		{"an address", id, `{"by":"me@example.org"}`, 400, "is an address"},
		{"no such status", id, `{"status":"new","by":"@lead"}`, 400, "is not one of seen, answered, action"},
		{"a reply without an answer", id, `{"status":"seen","by":"@lead","reply":"hello"}`, 400, "has_reply"},
		{"a long reply", id, `{"status":"answered","by":"@lead","reply":"` + strings.Repeat("x", 4001) + `"}`, 400, "at most 4000"},
		{"no JSON", id, `seen`, 400, "the body is"},
		{"no such item", "none", `{"status":"seen","by":"@lead"}`, 404, "no item has this id"},
		{"seen by default", id, `{"by":"@lead"}`, 200, `"status":"seen"`},
	} {
		if status, body := a.post(t, "/api/v1/items/"+tt.id, tt.deed, nil); status != tt.status || !strings.Contains(body, tt.want) {
			t.Errorf("%s = %d: %s, want %d and %q", tt.name, status, body, tt.status, tt.want)
		}
	}
	for query, want := range map[string]int{"?status=lost": 400, "?overdue=perhaps": 400, "?overdue=true&upgrade=pg17": 200} {
		if status, body := a.get(t, "/api/v1/items"+query, true); status != want {
			t.Errorf("items%s = %d: %s, want %d", query, status, body, want)
		}
	}
	if all := a.items(t, ""); len(all) != 1 || all[0].By != "@lead" {
		t.Errorf("items %+v, want one that somebody has seen", all)
	}
}

// TestItemsByCommand prints what the hub answers, and sends what was done.
func TestItemsByCommand(t *testing.T) {
	const list = `{"items":[
		{"id":"a1","upgrade":"pg16","kind":"answer","due":"2026-03-04T10:00:00Z","status":"new","owner":"@lead","rating":1,"disruption":"blocked","text":"Half a day\nlost.","overdue":true},
		{"id":"r1","upgrade":"pg16","kind":"report","due":"2026-03-05T10:00:00Z","status":"new","owner":"@lead","component":"db","number":"1234-5678"}]}`
	f := newFakeHub(t, map[string]string{
		"GET /api/v1/items?overdue=true&status=new&upgrade=pg16": list,
		"POST /api/v1/items/a1":                                  `{"id":"a1","status":"answered","owner":"@dba"}`,
	})
	const want = `ID  NUMBER     UPGRADE  STATUS  DUE                           OWNER  SAID
a1             pg16     new     2026-03-04T10:00:00Z overdue  @lead  1 of 5; blocked; Half a day lost.
r1  1234-5678  pg16     new     2026-03-05T10:00:00Z          @lead  db
`
	if code, stdout, stderr := f.hub(t, "items", "--upgrade", "pg16", "--status", "new", "--overdue"); code != exitDone || stdout != want || stderr != "" {
		t.Errorf("exit %d, stderr %q, printed\n%s\nwant\n%s", code, stderr, stdout, want)
	}
	code, stdout, stderr := f.hub(t, "items", "answered", "a1", "--by", "@lead", "--owner", "@dba", "--note", "called", "--reply", "Sorry.")
	if code != exitDone || stdout != "a1: answered, @dba sees to it\n" || stderr != "" {
		t.Errorf("exit %d, stderr %q, printed %q", code, stderr, stdout)
	}
	if sent, want := f.asked[1].body, `{"status":"answered","by":"@lead","owner":"@dba","note":"called","reply":"Sorry."}`; sent != want {
		t.Errorf("sent %s, want %s", sent, want)
	}
	if code, _, stderr := f.hub(t, "items", "seen", "a1"); code != exitUsage || !strings.Contains(stderr, "--by is required") {
		t.Errorf("without --by: exit %d, %q", code, stderr)
	}
	if code, _, _ := f.hub(t, "items", "seen", "a1", "--by", "@lead", "--reply", "x"); code != exitUsage {
		t.Errorf("a reply with seen: exit %d, want a usage error", code)
	}
}

// TestStormOfReports: when hundreds say that something is broken, the lead gets
// a handful of messages, and the message in the channel is edited now and then
// until it shows the last count.
func TestStormOfReports(t *testing.T) {
	const many = 300
	srv := slacktest.New(slacktest.Config{Token: "xoxb-test", Channels: []slacktest.Channel{{ID: channel, Name: "upgrades"}}})
	t.Cleanup(srv.Close)
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("xoxb-test"), 0o600); err != nil {
		t.Fatal(err)
	}
	a := newAsker(t, `
people: {"@lead": {email: lead@example.org}}
audiences: {teams: {role: teams, channels: {slack: [C0UPGRADES]}}}
slack_token_file: `+secret+"\nslack_api_url: "+srv.APIURL()+"\n")
	plan := planNow("pg17")
	plan["roster"] = map[string]any{"lead": map[string]any{"person": "@lead"}}
	a.applied(t, "pg17", "upgrade.planned", map[string]any{"plan": plan})
	a.applied(t, "pg17", "phase.started", map[string]any{"phase": "switchover"})
	var work errgroup.Group
	work.SetLimit(8)
	for i := range many {
		work.Go(func() error {
			return a.n.desk("page").Report(t.Context(), feedback.Report{ID: fmt.Sprintf("report-%016d", i), Upgrade: "pg17", Component: "campus"})
		})
	}
	if err := work.Wait(); err != nil {
		t.Fatal(err)
	}
	eventually(t, 60*time.Second, "the last count in the channel", func() bool {
		all := srv.Messages(channel)
		return len(all) > 0 && strings.Contains(string(all[0].Blocks), "300 in all, at least 64 in the last quarter of an hour")
	})
	rows, err := a.n.store.Deliveries(t.Context(), store.DeliveryFilter{Upgrade: "pg17", State: store.Accepted, Limit: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	edits, told := 0, 0
	for _, row := range rows {
		switch {
		case row.Form == events.FormRoot:
			edits++
		case row.Moment == events.MomentTrouble:
			told++
		}
	}
	t.Logf("%d reports made %d edits and %d messages to the lead", many, edits, told)
	if edits > many/4 || told == 0 || told > 4 || len(srv.Messages(channel)) > 2 {
		t.Errorf("%d edits, %d messages to the lead, %d in the channel; want at most %d, 4, and the root with one reply", edits, told, len(srv.Messages(channel)), many/4)
	}
}
