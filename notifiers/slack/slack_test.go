package slack_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"upgradehub/events"
	"upgradehub/notifiers"
	"upgradehub/notifiers/slack"
	"upgradehub/notifiers/slack/slacktest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const ops = "C0OPS0001"

// due is when the deliveries of these tests were owed.
var due = time.Now()

// setup is a fake Slack and a Slack that calls it without limits of its own.
func setup(t *testing.T, cfg slacktest.Config) (*slacktest.Server, *slack.Slack) {
	t.Helper()
	srv := slacktest.New(cfg)
	t.Cleanup(srv.Close)
	return srv, client(t, slack.Config{Token: slacktest.Token, APIURL: srv.APIURL()})
}

func client(t *testing.T, cfg slack.Config) *slack.Slack {
	t.Helper()
	if cfg.PostEvery == 0 {
		cfg.PostEvery, cfg.CallsPerMinute = -1, -1
	}
	s := slack.New(cfg, slog.New(slog.DiscardHandler))
	t.Cleanup(s.Close)
	return s
}

// message is owed in a form to a target; root is where the root message is.
func message(id string, form events.Form, root notifiers.Receipt) notifiers.Message {
	return notifiers.Message{
		Delivery: notifiers.Delivery{
			ID: id, Upgrade: "pg16", Channel: "slack", Place: root.Place, Root: root.Provider,
			Notice: events.Notice{Form: form},
		},
		To:       notifiers.Person{Channel: "slack", Address: "#ops"},
		Links:    notifiers.Links{Page: "https://hub.example.org/upgrades/pg16"},
		Text:     "PostgreSQL 16: " + id,
		Headline: "PostgreSQL 16: " + id,
		Sections: []notifiers.Section{{Label: "State", Text: "in progress"}},
		Context:  "Next update by 03:00 UTC",
		Buttons:  []notifiers.Button{{Text: "Open", URL: "https://hub.example.org/upgrades/pg16?a=1&b=2"}},
		Date:     due,
	}
}

func send(t *testing.T, s *slack.Slack, m notifiers.Message) notifiers.Receipt {
	t.Helper()
	r, err := s.Notify(t.Context(), m)
	if err != nil {
		t.Fatalf("Notify(%s) = %v", m.Delivery.ID, err)
	}
	return r
}

func refusal(t *testing.T, s *slack.Slack, m notifiers.Message) notifiers.SendError {
	t.Helper()
	r, err := s.Notify(t.Context(), m)
	e, ok := errors.AsType[*notifiers.SendError](err)
	if !ok || e == nil {
		t.Fatalf("Notify(%s) = %+v, %v; want a SendError", m.Delivery.ID, r, err)
	}
	return *e
}

// the returns the message with a ts.
func the(t *testing.T, srv *slacktest.Server, channel, ts string) slacktest.Message {
	t.Helper()
	for _, m := range srv.Messages(channel) {
		if m.TS == ts {
			return m
		}
	}
	t.Fatalf("no message %s in %s", ts, channel)
	return slacktest.Message{}
}

func TestRootThreadBroadcast(t *testing.T) {
	srv, s := setup(t, slacktest.Config{})
	root := send(t, s, message("d1", events.FormRoot, notifiers.Receipt{}))
	if root.Place != ops || root.Provider == "" || root.Warning != "" {
		t.Fatalf("receipt of the root = %+v, want place %s and a ts", root, ops)
	}
	edited := send(t, s, message("d2", events.FormRoot, root))
	if edited != root {
		t.Errorf("receipt of the edit = %+v, want %+v", edited, root)
	}
	reply := send(t, s, message("d3", events.FormThread, root))
	loud := send(t, s, message("d4", events.FormBroadcast, root))

	if m := the(t, srv, ops, root.Provider); m.Text != "PostgreSQL 16: d2" || !m.Edited || m.Unfurl ||
		m.Metadata.EventType != "upgradehub_delivery" || m.Metadata.EventPayload["delivery_id"] != "d1" {
		t.Errorf("root = %+v, want the second text, edited, without unfurling, marked d1", m)
	}
	if m := the(t, srv, ops, reply.Provider); m.ThreadTS != root.Provider || m.Broadcast {
		t.Errorf("reply = %+v, want quiet in thread %s", m, root.Provider)
	}
	if m := the(t, srv, ops, loud.Provider); m.ThreadTS != root.Provider || !m.Broadcast {
		t.Errorf("broadcast = %+v, want loud in thread %s", m, root.Provider)
	}
	if n := len(srv.Messages(ops)); n != 3 {
		t.Errorf("%d messages, want 3", n)
	}
}

func TestReplyBeforeRootStandsAlone(t *testing.T) {
	srv, s := setup(t, slacktest.Config{})
	for _, form := range []events.Form{events.FormThread, events.FormBroadcast, events.FormMessage} {
		r := send(t, s, message(string(form), form, notifiers.Receipt{}))
		if m := the(t, srv, ops, r.Provider); m.ThreadTS != "" || m.Broadcast || r.Warning != "" {
			t.Errorf("%s without a root = %+v, receipt %+v; want a message of its own", form, m, r)
		}
	}
}

func TestTargets(t *testing.T) {
	srv, s := setup(t, slacktest.Config{})
	tests := []struct{ name, address, want string }{
		{"channel id", ops, ops},
		{"channel name", "#ops", ops},
		{"person", "U0LEAD001", "D0LEAD001"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for range 2 {
				m := message(tt.name, events.FormRoot, notifiers.Receipt{})
				m.To.Address = tt.address
				if r := send(t, s, m); r.Place != tt.want {
					t.Errorf("place = %q, want %q", r.Place, tt.want)
				}
			}
		})
	}
	if n := srv.Calls("conversations.open"); n != 1 {
		t.Errorf("conversations.open called %d times for one person, want once", n)
	}
}

func TestPersonWithoutScope(t *testing.T) {
	_, s := setup(t, slacktest.Config{Scopes: []string{"chat:write"}})
	m := message("d1", events.FormRoot, notifiers.Receipt{})
	m.To.Address = "U0LEAD001"
	if r := send(t, s, m); r.Place != "D0LEAD001" {
		t.Errorf("place = %q, want the direct message channel", r.Place)
	}
}

func TestUneditableRootIsReplaced(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(*slacktest.Server, string)
	}{
		{"deleted", func(srv *slacktest.Server, ts string) { srv.Delete(ops, ts) }},
		{"window closed", func(srv *slacktest.Server, ts string) { srv.CloseEditWindow(ops, ts) }},
		{"of another app", func(srv *slacktest.Server, ts string) { srv.Disown(ops, ts) }},
		{"inactive", func(srv *slacktest.Server, _ string) { srv.Script("chat.update", slacktest.Refusal("is_inactive")) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			srv, s := setup(t, slacktest.Config{})
			root := send(t, s, message("d1", events.FormRoot, notifiers.Receipt{}))
			tt.spoil(srv, root.Provider)
			next := send(t, s, message("d2", events.FormRoot, root))
			if next.Provider == root.Provider || next.Place != ops || next.Warning != "root_replaced" {
				t.Fatalf("receipt = %+v, want a new root in %s", next, ops)
			}
			m := the(t, srv, ops, next.Provider)
			if !strings.Contains(m.Text, "<https://hub.example.org/upgrades/pg16>") || !bytes.Contains(m.Blocks, []byte("takes its place")) {
				t.Errorf("new root = %s %s, want a link to the page", m.Text, m.Blocks)
			}
		})
	}
}

func TestReplyToDeletedRoot(t *testing.T) {
	srv, s := setup(t, slacktest.Config{})
	root := send(t, s, message("d1", events.FormRoot, notifiers.Receipt{}))
	srv.Delete(ops, root.Provider)
	unknown := notifiers.Receipt{Provider: "1.000001", Place: ops}
	for name, root := range map[string]notifiers.Receipt{"deleted": root, "unknown": unknown} {
		if r := send(t, s, message(name, events.FormThread, root)); r.Warning != "root_deleted" || r.Provider == "" {
			t.Errorf("reply to a root that is %s = %+v, want it posted with a warning", name, r)
		}
	}
}

func TestRefusedBlocksGoAsText(t *testing.T) {
	for _, code := range []string{"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "invalid_arguments", "invalid_metadata_format"} {
		srv, s := setup(t, slacktest.Config{})
		srv.Script("chat.postMessage", slacktest.Refusal(code))
		root := send(t, s, message("d1", events.FormRoot, notifiers.Receipt{}))
		if m := the(t, srv, ops, root.Provider); root.Warning != code || m.Blocks != nil || m.Text == "" {
			t.Errorf("%s: receipt %+v, message %+v; want text alone and the code as warning", code, root, m)
		}
		srv.Script("chat.update", slacktest.Refusal(code))
		root = send(t, s, message("d2", events.FormRoot, root))
		if m := the(t, srv, ops, root.Provider); root.Warning != code || m.Blocks != nil || m.Text != "PostgreSQL 16: d2" {
			t.Errorf("%s: edit %+v, message %+v; want text alone and the code as warning", code, root, m)
		}
	}
}

func TestRefusedTextIsPermanent(t *testing.T) {
	srv, s := setup(t, slacktest.Config{})
	srv.Script("chat.postMessage", slacktest.Refusal("invalid_blocks"), slacktest.Refusal("msg_too_long"))
	e := refusal(t, s, message("d1", events.FormRoot, notifiers.Receipt{}))
	if e.Code != "msg_too_long" || !e.Permanent || e.TargetBroken || e.ChannelBroken || e.Ambiguous {
		t.Errorf("error = %+v, want msg_too_long, permanent for the message only", e)
	}
	if n := srv.Calls("chat.postMessage"); n != 2 {
		t.Errorf("%d calls, want one fallback and no more", n)
	}
}

func TestAdoptsWhatWasPosted(t *testing.T) {
	for _, form := range []events.Form{events.FormRoot, events.FormThread, events.FormBroadcast} {
		t.Run(string(form), func(t *testing.T) {
			srv, s := setup(t, slacktest.Config{})
			root := notifiers.Receipt{}
			if form != events.FormRoot {
				root = send(t, s, message("root", events.FormRoot, root))
			}
			srv.Script("chat.postMessage", slacktest.AcceptReset())
			m := message("d1", form, root)
			m.To.Address = ops
			if e := refusal(t, s, m); !e.Ambiguous || e.Permanent || e.Code != "network" {
				t.Fatalf("reset after the post = %+v, want ambiguous", e)
			}
			posted := srv.Messages(ops)
			m.Delivery.Attempts = 1
			r := send(t, s, m)
			if after := srv.Messages(ops); len(after) != len(posted) || r.Provider != after[len(after)-1].TS || r.Place != ops {
				t.Errorf("repeat = %+v with %d messages; want the one of the first try", r, len(after))
			}
		})
	}
}

// TestKnowsThatNothingArrived: a lost answer is no reason to give up after one
// of which the history says that nothing came of it.
func TestKnowsThatNothingArrived(t *testing.T) {
	for name, scopes := range map[string][]string{"history open": {"chat:write", "channels:history"}, "history closed": {"chat:write"}} {
		t.Run(name, func(t *testing.T) {
			srv, s := setup(t, slacktest.Config{Scopes: scopes})
			srv.Script("chat.postMessage", slacktest.Reset(), slacktest.Reset())
			m := message("d1", events.FormThread, notifiers.Receipt{})
			m.To.Address = ops
			if e := refusal(t, s, m); !e.Ambiguous || e.EarlierLost {
				t.Errorf("first try = %+v, want ambiguous alone", e)
			}
			m.Delivery.Attempts = 1
			if e := refusal(t, s, m); !e.Ambiguous || e.EarlierLost != (name == "history open") {
				t.Errorf("second try = %+v", e)
			}
		})
	}
}

func TestRepeatPostsWhatIsNotThere(t *testing.T) {
	tests := []struct {
		name    string
		scopes  []string
		address string
	}{
		{"nothing in the history", nil, ops},
		{"no scope", []string{"chat:write"}, ops},
		{"name only", nil, "#ops"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			srv, s := setup(t, slacktest.Config{Scopes: tt.scopes})
			srv.Script("chat.postMessage", slacktest.Reset())
			m := message("d1", events.FormRoot, notifiers.Receipt{})
			m.To.Address = tt.address
			refusal(t, s, m)
			m.Delivery.Attempts = 1
			if r := send(t, s, m); r.Provider == "" || len(srv.Messages(ops)) != 1 {
				t.Errorf("repeat = %+v, %d messages; want one", r, len(srv.Messages(ops)))
			}
		})
	}
}

func TestRepeatWaitsForTheHistory(t *testing.T) {
	srv, s := setup(t, slacktest.Config{})
	srv.Script("conversations.history", slacktest.RateLimited(9))
	m := message("d1", events.FormRoot, notifiers.Receipt{})
	m.To.Address, m.Delivery.Attempts = ops, 1
	if e := refusal(t, s, m); e.RetryAfter != 9*time.Second || e.Ambiguous || srv.Calls("chat.postMessage") != 0 {
		t.Errorf("error = %+v after %d posts, want to come again in 9 s without a post", e, srv.Calls("chat.postMessage"))
	}
}

func TestPauseOfOneChannelOnly(t *testing.T) {
	srv, s := setup(t, slacktest.Config{Channels: []slacktest.Channel{{ID: ops, Name: "ops"}, {ID: "C0DEV0001", Name: "dev"}}})
	srv.Script("chat.postMessage", slacktest.RateLimited(60))
	m := message("d1", events.FormRoot, notifiers.Receipt{})
	if e := refusal(t, s, m); e.RetryAfter != time.Minute || e.Code != "ratelimited" {
		t.Fatalf("429 = %+v, want to come again in a minute", e)
	}
	if e := refusal(t, s, m); e.RetryAfter <= 50*time.Second || srv.Calls("chat.postMessage") != 1 {
		t.Errorf("next = %+v after %d calls, want refused without asking Slack", e, srv.Calls("chat.postMessage"))
	}
	m.To.Address = "#dev"
	send(t, s, m)
}

// TestPauseOfTheWorkspace: where all channels together are over the limit, no
// other is tried.
func TestPauseOfTheWorkspace(t *testing.T) {
	srv, s := setup(t, slacktest.Config{Channels: []slacktest.Channel{{ID: ops, Name: "ops"}, {ID: "C0DEV0001", Name: "dev"}}})
	srv.Script("chat.postMessage", slacktest.Refusal("message_limit_exceeded"))
	m := message("d1", events.FormRoot, notifiers.Receipt{})
	refusal(t, s, m)
	m.To.Address = "#dev"
	if e := refusal(t, s, m); e.RetryAfter <= 9*time.Minute || srv.Calls("chat.postMessage") != 1 {
		t.Errorf("the other channel = %+v after %d calls, want refused without asking Slack", e, srv.Calls("chat.postMessage"))
	}
}

func TestPacesPostsToOneChannel(t *testing.T) {
	srv := slacktest.New(slacktest.Config{Limit: true})
	t.Cleanup(srv.Close)
	s := client(t, slack.Config{Token: slacktest.Token, APIURL: srv.APIURL(), PostEvery: time.Second})
	for _, id := range []string{"d1", "d2"} {
		send(t, s, message(id, events.FormRoot, notifiers.Receipt{}))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := s.Notify(ctx, message("d3", events.FormRoot, notifiers.Receipt{}))
	if e, ok := errors.AsType[*notifiers.SendError](err); !ok || e.RetryAfter <= 0 || e.Ambiguous {
		t.Errorf("third within the second = %v, want to be told when to come again", err)
	}
}

func TestAPIURLWithoutSlash(t *testing.T) {
	srv, _ := setup(t, slacktest.Config{})
	s := client(t, slack.Config{Token: slacktest.Token, APIURL: strings.TrimRight(srv.APIURL(), "/")})
	send(t, s, message("d1", events.FormRoot, notifiers.Receipt{}))
}

func TestRedirectIsNotFollowed(t *testing.T) {
	asked := false
	mux := http.NewServeMux()
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/else", http.StatusTemporaryRedirect)
	})
	mux.HandleFunc("/else", func(http.ResponseWriter, *http.Request) { asked = true })
	srv := serve(t, mux)
	s := client(t, slack.Config{Token: "xoxb-secret", APIURL: srv + "/api/"})
	if e := refusal(t, s, message("d1", events.FormRoot, notifiers.Receipt{})); !e.ChannelBroken || e.Code != "http_307" {
		t.Errorf("redirect = %+v, want a broken channel", e)
	}
	if asked {
		t.Error("the token went to another address")
	}
}

func TestUnreachableIsNotAmbiguous(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := ln.Addr().String()
	ln.Close()
	s := client(t, slack.Config{Token: "xoxb", APIURL: "http://" + address})
	if e := refusal(t, s, message("d1", events.FormRoot, notifiers.Receipt{})); e.Code != "network" || e.Ambiguous || e.Permanent || e.ChannelBroken {
		t.Errorf("nobody listens: %+v, want network, to be tried again", e)
	}
}

func TestHang(t *testing.T) {
	srv, s := setup(t, slacktest.Config{})
	root := send(t, s, message("d0", events.FormRoot, notifiers.Receipt{}))
	impatient := client(t, slack.Config{Token: slacktest.Token, APIURL: srv.APIURL(), HTTPClient: &http.Client{Timeout: time.Second, Transport: &http.Transport{}}})
	srv.Script("chat.postMessage", slacktest.Hang())
	if e := refusal(t, impatient, message("d1", events.FormRoot, notifiers.Receipt{})); e.Code != "timeout" || !e.Ambiguous || e.Permanent {
		t.Errorf("post without an answer = %+v, want an ambiguous timeout", e)
	}
	srv.Script("chat.update", slacktest.Hang())
	if e := refusal(t, impatient, message("d2", events.FormRoot, root)); e.Code != "timeout" || e.Ambiguous || e.Permanent {
		t.Errorf("edit without an answer = %+v, want a timeout, to be tried again", e)
	}
}
