package interact_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"upgradehub/events"
	"upgradehub/events/lang"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
	"upgradehub/notifiers"
	"upgradehub/notifiers/slack"
	"upgradehub/notifiers/slack/interact"
	"upgradehub/notifiers/slack/slacktest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	ops    = "C0OPS0001"
	lead   = "U0LEAD001"
	tester = "U0TESTER1"
	other  = "U0OTHER01"

	rateRole = "teams" // of the audience that is asked
)

// noon is the hub's time in these tests.
var noon = time.Date(2030, 3, 3, 12, 0, 0, 0, time.UTC)

// office is a desk and a board in memory.
type office struct {
	mu        sync.Mutex
	u         *upgrade.Upgrade
	deeds     []interact.Deed
	acks      []string
	announced []upgrade.Public  // besides u
	langs     map[string]string // of users and channels
	// troubles were reported, and so many items are overdue.
	troubles []interact.Trouble
	overdue  int
	rating   *interact.Rating
	closed   bool
	fail     error         // of every record
	slow     chan struct{} // every record waits for it, if there is one
}

func (o *office) Names(user string) []string {
	return map[string][]string{lead: {"@lead"}, tester: {"@registrar"}}[user]
}

func (o *office) Lang(user, channel string) string {
	return cmp.Or(o.langs[user], o.langs[channel], lang.English)
}

// wait is how long a record takes.
func (o *office) wait(ctx context.Context) error {
	if o.slow == nil {
		return nil
	}
	select {
	case <-o.slow:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (o *office) Record(ctx context.Context, d interact.Deed) error {
	if err := o.wait(ctx); err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fail == nil {
		o.deeds = append(o.deeds, d)
	}
	return o.fail
}

func (o *office) Acknowledge(_ context.Context, _, upgradeID, delivery, user string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.acks = append(o.acks, upgradeID+" "+delivery+" "+user)
	return o.fail
}

func (o *office) Rating(context.Context, string, string) (*interact.Rating, bool, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.rating, !o.closed, nil
}

func (o *office) Rate(ctx context.Context, _, _ string, r interact.Rating) error {
	if err := o.wait(ctx); err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fail == nil {
		o.rating = &r
	}
	return o.fail
}

func (o *office) Upgrade(_ context.Context, id string) (*upgrade.Upgrade, error) {
	if id != o.u.ID {
		return nil, interact.ErrNotFound
	}
	return o.u, nil
}

func (o *office) Upgrades(context.Context) ([]upgrade.Public, error) {
	return append(slices.Clone(o.announced), o.u.Public(1)), nil
}

func (o *office) Status(_ context.Context, id, language string) (notifiers.Message, error) {
	if id != o.u.ID {
		return notifiers.Message{}, interact.ErrNotFound
	}
	words := "As it stands, in " + language + "."
	return notifiers.Message{Text: words, Headline: words}, nil
}

func (o *office) recorded() []interact.Deed {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]interact.Deed(nil), o.deeds...)
}

// gated is an upgrade with a gate, under way.
func gated(t *testing.T) *upgrade.Upgrade {
	t.Helper()
	p, problems := plan.Parse([]byte(`
schema: upgradehub/plan/v1
id: pg16
title: "Postgres <16> & co"
system: orders
zone: UTC
window: {start: 2030-03-03T11:00, end: 2030-03-03T16:00}
roster: {lead: {person: "@lead", backup: "@deputy"}, registrar: {person: "@registrar"}}
phases: [{id: copy, title: Copy, start: 2030-03-03T11:00, duration: 2h}]
gates: [{id: g1, title: Go or no-go, at: 2030-03-03T13:00, decider: lead, evidence: [{signoff: registrar}, {check: lag}]}]
components: [{id: db, name: "Database <1>"}, {id: vault, name: Vault, public: false}]
audiences: [{id: teams, channels: [slack]}]
`))
	if p == nil {
		t.Fatal(problems)
	}
	u := upgrade.New("pg16")
	at := noon.Add(-24 * time.Hour)
	for i, d := range []events.Data{&events.Planned{Plan: p}, &events.Step{}} {
		typ := []events.Type{events.UpgradePlanned, events.UpgradeStarted}[i]
		if got := u.Apply(events.Event{ID: fmt.Sprint(i), Source: "t", Type: typ, Upgrade: "pg16", Time: at, Recorded: at, Data: d}); !got.Applied {
			t.Fatal(got.Anomaly)
		}
	}
	return u
}

// stage is a handler that hears from the fake.
type stage struct {
	*office
	srv  *slacktest.Server
	chat *slack.Slack
	http *httptest.Server
	// lang is the language of the messages that ask; English if empty.
	lang string
}

func start(t *testing.T, o *office, tune func(*interact.Config)) *stage {
	t.Helper()
	s := &stage{office: o, srv: slacktest.New(slacktest.Config{Users: []string{lead, tester, other}})}
	if o.u == nil {
		o.u = gated(t)
	}
	t.Cleanup(s.srv.Close)
	log := slog.New(slog.DiscardHandler)
	s.chat = slack.New(slack.Config{Token: slacktest.Token, APIURL: s.srv.APIURL(), PostEvery: -1, CallsPerMinute: -1, Presses: true}, log)
	t.Cleanup(s.chat.Close)
	cfg := interact.Config{
		Desk: o, Board: o, Reports: o, SigningSecrets: []string{"the-new-secret", slacktest.SigningSecret}, Page: "https://hub.example.org/", Now: func() time.Time { return noon },
	}
	if tune != nil {
		tune(&cfg)
	}
	h := interact.New(s.chat, cfg, log)
	mux := http.NewServeMux()
	h.Routes(mux)
	s.http = httptest.NewServer(mux)
	s.srv.Callbacks(s.http.URL + "/slack/interactions")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }() // ends with ctx
	t.Cleanup(func() {
		s.http.Close()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run = %v", err)
		}
	})
	return s
}

// buttons posts a message with every button there is, and returns its ts.
func (s *stage) buttons(t *testing.T) string {
	t.Helper()
	on := func(a notifiers.Action, object, draft string) notifiers.Button {
		return notifiers.Button{Text: string(a), Press: notifiers.Press{Action: a, Upgrade: "pg16", Object: object, Draft: draft}.In(s.lang)}
	}
	r, err := s.chat.Notify(t.Context(), notifiers.Message{
		To: notifiers.Person{Channel: "slack", Address: ops}, Text: "buttons", Headline: "buttons",
		Buttons: []notifiers.Button{
			on(notifiers.ActionGo, "g1", ""), on(notifiers.ActionNoGo, "g1", ""), on(notifiers.ActionSignOff, "g1", ""),
			on(notifiers.ActionUpdate, "", "We are <half> way."), on(notifiers.ActionExtend, "", ""), on(notifiers.ActionPost, "", "Posted as it is."),
			on(notifiers.ActionAccept, "1faf74d047e7", ""), on(notifiers.ActionReject, "1faf74d047e7", ""), on(notifiers.ActionAssign, "1faf74d047e7", ""),
			on(notifiers.ActionTrouble, "", ""), on(notifiers.ActionSeen, "", ""),
			on(notifiers.ActionAcknowledge, "d1", ""), on(notifiers.ActionRate, notifiers.RatingObject("4", rateRole), ""),
			{Text: "page", URL: "https://hub.example.org/"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return r.Provider
}

func (s *stage) click(t *testing.T, user, ts, action string) {
	t.Helper()
	if ack, err := s.srv.Click(user, ops, ts, action); err != nil || ack.Status != http.StatusOK || ack.Body != "" {
		t.Fatalf("click %s = %+v, %v; want an empty acknowledgement", action, ack, err)
	}
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(20 * time.Second)
	for !done() {
		select {
		case <-limit:
			t.Fatalf("never: %s", what)
		case <-tick.C:
		}
	}
}

func (s *stage) opened(t *testing.T, user string, n int) slacktest.View {
	t.Helper()
	eventually(t, "modal of "+user, func() bool { return len(s.srv.Views(user)) >= n })
	return s.srv.Views(user)[n-1]
}

func (s *stage) whispered(t *testing.T, user string, n int) string {
	t.Helper()
	eventually(t, "answer to "+user, func() bool { return len(s.srv.Ephemerals(user)) >= n })
	return s.srv.Ephemerals(user)[n-1].Text
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run 'go test ./notifiers/slack/interact -update' if that is meant\n got:\n%s\nwant:\n%s", path, got, want)
	}
}

func goldenModal(t *testing.T, name string, v slacktest.View) {
	t.Helper()
	var blocks bytes.Buffer
	if err := json.Indent(&blocks, v.Blocks, "", "  "); err != nil {
		t.Fatal(err)
	}
	golden(t, name, strings.Join([]string{v.Title, v.Submit + " | " + v.Close, v.Metadata, blocks.String()}, "\n")+"\n")
}

// TestRate: the click counts at once; the modal adds to it and can change it.
func TestRate(t *testing.T) {
	s := start(t, &office{}, nil)
	s.click(t, other, s.buttons(t), "rate")
	v := s.opened(t, other, 1)
	eventually(t, "rating", func() bool { r, _, _ := s.Rating(t.Context(), "", ""); return r != nil && r.Stars == 4 })
	if _, err := s.srv.Submit(other, v.ID, map[string]string{"stars": "2", "disruption": "lot", "communication": "late", "comment": "Earlier!"}); err != nil {
		t.Fatal(err)
	}
	if r, _, _ := s.Rating(t.Context(), "", ""); *r != (interact.Rating{Stars: 2, Disruption: "lot", Communication: "late", Text: "Earlier!", Role: rateRole}) {
		t.Errorf("rating = %+v", *r)
	}
	if v := s.srv.Views(other)[0]; !v.Open || !strings.Contains(string(v.Blocks), "Your answer is recorded") {
		t.Errorf("view = %+v, want thanks", v)
	}
}

// TestSlowRecord: Slack is answered in time, and the modal says later what
// became of it, well or badly.
func TestSlowRecord(t *testing.T) {
	for name, want := range map[string]string{"well": "Recorded.", "badly": "Please try again."} {
		t.Run(name, func(t *testing.T) {
			o := &office{slow: make(chan struct{})}
			if name == "badly" {
				o.fail = errors.New("no log")
			}
			s := start(t, o, func(c *interact.Config) { c.AckWithin = 50 * time.Millisecond })
			s.click(t, lead, s.buttons(t), "gate-go")
			v := s.opened(t, lead, 1)
			ack, err := s.srv.Submit(lead, v.ID, nil)
			if err != nil || ack.Took > time.Second || !strings.Contains(string(s.srv.Views(lead)[0].Blocks), "being recorded") {
				t.Fatalf("acknowledged %+v, %v; view %s", ack, err, s.srv.Views(lead)[0].Blocks)
			}
			close(o.slow)
			eventually(t, "the end in the modal", func() bool { return strings.Contains(string(s.srv.Views(lead)[0].Blocks), want) })
		})
	}
}

// TestBusy: what cannot be taken is not acknowledged, so that the person sees
// it; nothing is piled up without end.
func TestBusy(t *testing.T) {
	o := &office{slow: make(chan struct{})}
	s := start(t, o, func(c *interact.Config) { c.AckWithin = time.Millisecond })
	ts := s.buttons(t)
	status := http.StatusOK
	for n := 0; status == http.StatusOK && n < 200; n++ {
		ack, err := s.srv.Click(lead, ops, ts, "update-post")
		if err != nil {
			t.Fatal(err)
		}
		status = ack.Status
	}
	if status != http.StatusServiceUnavailable {
		t.Errorf("status = %d after many slow clicks, want 503", status)
	}
	close(o.slow)
	eventually(t, "what was taken is done", func() bool { return len(s.recorded()) >= 64 })
}

// TestSignature: only what Slack signed within five minutes is taken, and only
// once.
func TestSignature(t *testing.T) {
	s := start(t, &office{}, nil)
	ack := url.Values{"payload": {`{"type":"block_actions","user":{"id":"U1"},"container":{"message_ts":"1.1","channel_id":"C1"},` +
		`"actions":[{"action_id":"acknowledge:1","value":"pg16/d1","type":"button","block_id":"b","action_ts":"2.2"}]}`}}.Encode()
	now := time.Now()
	at := func(d time.Duration) string { return strconv.FormatInt(now.Add(d).Unix(), 10) }
	for _, tt := range []struct {
		name, at, signature, body string
		twice                     bool
		status                    int
	}{
		{"signed", at(0), slacktest.Sign(slacktest.SigningSecret, at(0), ack), ack, false, 200},
		{"replayed", at(0), slacktest.Sign(slacktest.SigningSecret, at(0), ack), ack, false, 200},
		{"signed anew", at(1), slacktest.Sign(slacktest.SigningSecret, at(1), ack), ack, false, 200},
		{"old", at(-301 * time.Second), slacktest.Sign(slacktest.SigningSecret, at(-301*time.Second), ack), ack, false, 401},
		{"of the future", at(310 * time.Second), slacktest.Sign(slacktest.SigningSecret, at(310*time.Second), ack), ack, false, 401},
		{"signed with the other of two", at(2), slacktest.Sign("the-new-secret", at(2), ack), ack, false, 200},
		{"other secret", at(0), slacktest.Sign("other", at(0), ack), ack, false, 401},
		{"empty secret", at(0), slacktest.Sign("", at(0), ack), ack, false, 401},
		{"changed", at(0), slacktest.Sign(slacktest.SigningSecret, at(0), ack), ack + "&x=1", false, 401},
		{"encoded anew", at(0), slacktest.Sign(slacktest.SigningSecret, at(0), ack), strings.ReplaceAll(ack, "%22", `"`), false, 401},
		{"two headers", at(0), slacktest.Sign(slacktest.SigningSecret, at(0), ack), ack, true, 401},
		{"unsigned", "", "", ack, false, 401},
		{"no payload", at(0), slacktest.Sign(slacktest.SigningSecret, at(0), "a=b"), "a=b", false, 400},
		{"no JSON", at(0), slacktest.Sign(slacktest.SigningSecret, at(0), "payload=x"), "payload=x", false, 400},
		{"check", at(0), slacktest.Sign(slacktest.SigningSecret, at(0), "ssl_check=1"), "ssl_check=1", false, 200},
		{"too large", at(0), "v0=00", strings.Repeat("a", 600<<10), false, 413},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.http.URL+"/slack/interactions", strings.NewReader(tt.body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Slack-Request-Timestamp", tt.at)
		req.Header.Set("X-Slack-Signature", tt.signature)
		if tt.twice {
			req.Header.Add("X-Slack-Signature", tt.signature)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != tt.status {
			t.Errorf("%s: status %d, want %d", tt.name, resp.StatusCode, tt.status)
		}
	}
	http.DefaultClient.CloseIdleConnections()
	eventually(t, "acknowledged", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return len(s.acks) > 0 })
	s.mu.Lock()
	defer s.mu.Unlock()
	if got := strings.Join(s.acks, ";"); got != "pg16 d1 U1" {
		t.Errorf("acknowledged %q, want once, whoever sends it again", got)
	}
}

// TestNoSecretNoRoute: without a signing secret nothing is taken over HTTP.
func TestNoSecretNoRoute(t *testing.T) {
	s := start(t, &office{}, func(c *interact.Config) { c.SigningSecrets = nil })
	if ack, err := s.srv.Click(lead, ops, s.buttons(t), "acknowledge"); err != nil || ack.Status != http.StatusNotFound {
		t.Errorf("click = %+v, %v; want 404", ack, err)
	}
}

// TestSocket: the same arrives over a socket, also after Slack renewed it.
func TestSocket(t *testing.T) {
	o := &office{u: gated(t)}
	srv := slacktest.New(slacktest.Config{Users: []string{lead}})
	t.Cleanup(srv.Close)
	log := slog.New(slog.DiscardHandler)
	chat := slack.New(slack.Config{Token: slacktest.Token, APIURL: srv.APIURL(), PostEvery: -1, CallsPerMinute: -1, Presses: true}, log)
	t.Cleanup(chat.Close)
	h := interact.New(chat, interact.Config{Desk: o, Board: o, AppToken: slacktest.AppToken, APIURL: srv.APIURL(), Now: func() time.Time { return noon }}, log)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }() // ends with ctx
	s := &stage{office: o, srv: srv, chat: chat}
	ts := s.buttons(t)
	for n := 1; n <= 2; n++ {
		eventually(t, "connected", srv.Connected)
		s.click(t, lead, ts, "update-post")
		s.whispered(t, lead, n)
		srv.Disconnect()
	}
	if got := len(s.recorded()); got != 2 {
		t.Errorf("%d updates recorded, want 2", got)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Run = %v", err)
	}
}
