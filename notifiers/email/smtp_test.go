package email_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"golang.org/x/sync/errgroup"

	"upgradehub/notifiers"
	"upgradehub/notifiers/email"
)

func TestSends(t *testing.T) {
	in := serveInbox(t, func(s *smtp.Server) { s.EnableSMTPUTF8 = true })
	e := open(t, email.Config{URL: in.url})
	r := send(t, e, message("0123456789abcdef0123456789abcdef99"))
	if r.Provider != "<0123456789abcdef0123456789abcdef@example.org>" || r.Warning != "" {
		t.Errorf("receipt = %+v, want the Message-ID made of the delivery id", r)
	}
	mails := in.all()
	if len(mails) != 1 {
		t.Fatalf("%d mails, want 1", len(mails))
	}
	got := mails[0]
	if got.from != "hub@example.org" || !slices.Equal(got.to, []string{"ann@example.org"}) || got.utf8 {
		t.Errorf("envelope = %+v, want hub@ to ann@ without SMTPUTF8", got)
	}
	m, err := mail.ReadMessage(strings.NewReader(got.data))
	if err != nil || m.Header.Get("Message-ID") != r.Provider {
		t.Errorf("Message-ID = %q, %v; want %q", m.Header.Get("Message-ID"), err, r.Provider)
	}
}

func TestKeepsOneConnection(t *testing.T) {
	srv := serveRaw(t, &raw{})
	e := open(t, email.Config{URL: "smtp://" + srv.url + "?tls=none"})
	for i := range 20 {
		if r := send(t, e, message(fmt.Sprint("d", i))); r.Warning != "" {
			t.Errorf("receipt = %+v, want no warning", r)
		}
	}
	count := map[string]int{}
	for _, line := range srv.heard() {
		count[strings.Fields(line)[0]]++
	}
	if count["EHLO"] != 1 || count["MAIL"] != 20 || count["NOOP"] != 0 || count["RCPT"] != 20 {
		t.Errorf("commands = %v, want 20 mails in one session without NOOP", count)
	}
}

func TestConcurrentSendersShareFewConnections(t *testing.T) {
	in := serveInbox(t, nil)
	e := open(t, email.Config{URL: in.url, Connections: 4})
	var g errgroup.Group
	for i := range 40 {
		g.Go(func() error { // ends with its mail
			_, err := e.Notify(t.Context(), message(fmt.Sprint("d", i)))
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	if n, m := len(in.all()), len(in.sessions); n != 40 || m > 4 {
		t.Errorf("%d mails over %d connections, want 40 over at most 4", n, m)
	}
}

func TestClose(t *testing.T) {
	srv := serveRaw(t, &raw{})
	e := open(t, email.Config{URL: "smtp://" + srv.url + "?tls=none"})
	send(t, e, message("d1"))
	if err := e.Close(); err != nil || !slices.Contains(srv.heard(), "QUIT") {
		t.Errorf("Close = %v after %q, want QUIT said", err, srv.heard())
	}
	if f := refusal(t, e, message("d2")); f.Code != "closed" || f.Permanent || f.Ambiguous {
		t.Errorf("Notify after Close = %+v, want to be tried again elsewhere", f)
	}
}

func TestWireCarriesWhatTheOutboxHolds(t *testing.T) {
	in := serveInbox(t, nil)
	m := message("d1")
	m.Text, m.Calendar = "first\n.\n..\nQUIT\nFrom here\n", []byte(calendar)
	send(t, open(t, email.Config{URL: in.url}), m)
	e, dir := outbox(t)
	send(t, e, m)
	if _, raw := written(t, dir); in.all()[0].data != string(raw) {
		t.Errorf("sent:\n%s\nwritten:\n%s", in.all()[0].data, raw)
	}
}

func TestIdleExpiry(t *testing.T) {
	in := serveInbox(t, nil)
	e := open(t, email.Config{URL: in.url, Idle: time.Millisecond})
	send(t, e, message("d1"))
	wait(t, "end of the session", in.ended)
	send(t, e, message("d2"))
	if n := len(in.all()); n != 2 {
		t.Errorf("%d mails, want 2", n)
	}
}

func TestDialsAgainWhenKeptConnectionHasEnded(t *testing.T) {
	for _, answer := range []string{"250 ok|drop", "250 ok"} {
		t.Run(answer, func(t *testing.T) {
			srv := serveRaw(t, &raw{answers: map[string]string{".": answer}})
			e := open(t, email.Config{URL: "smtp://" + srv.url + "?tls=none"})
			for i := range 3 {
				if r := send(t, e, message(fmt.Sprint("d", i))); r.Warning != "" {
					t.Errorf("receipt = %+v, want no warning", r)
				}
			}
		})
	}
}

func TestDialsAgainWhenServerSaysGoodbye(t *testing.T) {
	in := serveInbox(t, nil)
	e := open(t, email.Config{URL: in.url})
	send(t, e, message("d1"))
	said := false
	in.refuse = func(string, string) error {
		if said {
			return nil
		}
		said = true
		return &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 4, 2}, Message: "idle for too long"}
	}
	send(t, e, message("d2"))
	if n := len(in.all()); n != 2 || len(in.sessions) != 2 {
		t.Errorf("%d mails over %d sessions, want 2 over 2", n, len(in.sessions))
	}
}

// TestRefusals follows the codes of a real server through to the verdict.
func TestRefusals(t *testing.T) {
	type verdict struct {
		Code                                              string
		Permanent, TargetBroken, ChannelBroken, Ambiguous bool
		RetryAfter                                        time.Duration
	}
	tests := []struct {
		name, stage string
		code        int
		enhanced    smtp.EnhancedCode
		text        string
		want        verdict
	}{
		{"no such user", "RCPT", 550, smtp.EnhancedCode{5, 1, 1}, "no <ann@example.org> here", verdict{Code: "550 5.1.1", Permanent: true, TargetBroken: true}},
		{"no such domain", "RCPT", 550, smtp.EnhancedCode{5, 1, 2}, "x", verdict{Code: "550 5.1.2", Permanent: true, TargetBroken: true}},
		{"disabled", "RCPT", 550, smtp.EnhancedCode{5, 2, 1}, "x", verdict{Code: "550 5.2.1", Permanent: true, TargetBroken: true}},
		{"policy at RCPT", "RCPT", 550, smtp.EnhancedCode{5, 7, 1}, "x", verdict{Code: "550 5.7.1", Permanent: true}},
		{"without enhanced code", "RCPT", 550, smtp.NoEnhancedCode, "x", verdict{Code: "550", Permanent: true}},
		{"numbers that are an address", "RCPT", 550, smtp.NoEnhancedCode, "host [5.1.1.7] or 5.1.1 is blocked", verdict{Code: "550", Permanent: true}},
		{"policy at DATA", "DATA", 554, smtp.EnhancedCode{5, 7, 1}, "x", verdict{Code: "554 5.7.1", Permanent: true}},
		{"too large", "DATA", 552, smtp.EnhancedCode{5, 3, 4}, "x", verdict{Code: "552 5.3.4", Permanent: true}},
		{"login wanted", "MAIL", 530, smtp.EnhancedCode{5, 7, 0}, "x", verdict{Code: "530 5.7.0", ChannelBroken: true}},
		{"sender refused", "MAIL", 553, smtp.EnhancedCode{5, 7, 1}, "x", verdict{Code: "553 5.7.1", ChannelBroken: true}},
		{"greylisted", "RCPT", 451, smtp.EnhancedCode{4, 7, 1}, "x", verdict{Code: "451 4.7.1", RetryAfter: 5 * time.Minute}},
		{"greylisted in words", "RCPT", 450, smtp.EnhancedCode{4, 2, 0}, "Greylisted", verdict{Code: "450 4.2.0", RetryAfter: 5 * time.Minute}},
		{"full", "RCPT", 452, smtp.EnhancedCode{4, 2, 2}, "x", verdict{Code: "452 4.2.2"}},
		{"later at DATA", "DATA", 451, smtp.EnhancedCode{4, 3, 0}, "x", verdict{Code: "451 4.3.0"}},
		{"going down", "RCPT", 421, smtp.EnhancedCode{4, 3, 2}, "x", verdict{Code: "421 4.3.2"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := serveInbox(t, nil)
			e := open(t, email.Config{URL: in.url})
			in.refuse = func(stage, _ string) error {
				if stage != tt.stage {
					return nil
				}
				return &smtp.SMTPError{Code: tt.code, EnhancedCode: tt.enhanced, Message: tt.text}
			}
			f := refusal(t, e, message("d1"))
			got := verdict{f.Code, f.Permanent, f.TargetBroken, f.ChannelBroken, f.Ambiguous, f.RetryAfter}
			if got != tt.want {
				t.Errorf("verdict = %+v (%v), want %+v", got, &f, tt.want)
			}
			if strings.Contains(f.Error(), "ann@") {
				t.Errorf("error %q names the recipient", f.Error())
			}
			in.mu.Lock()
			in.refuse = nil
			in.mu.Unlock()
			send(t, e, message("d2"))
		})
	}
}

// patience is how long a silent server is waited for: long enough for a busy
// machine to get to the silence.
const patience = 2 * time.Second

// TestTraps is one case for each way a server goes wrong below its answers.
func TestTraps(t *testing.T) {
	type verdict struct {
		Code                     string
		ChannelBroken, Ambiguous bool
	}
	tests := []struct {
		name  string
		srv   raw
		query string
		user  string
		want  verdict
	}{
		{name: "421 greeting", srv: raw{greeting: "421 busy"}, query: "tls=none", want: verdict{Code: "421"}},
		{name: "554 greeting", srv: raw{greeting: "554 5.7.1 go away"}, query: "tls=none", want: verdict{Code: "554 5.7.1", ChannelBroken: true}},
		{name: "no mail server", srv: raw{greeting: "HTTP/1.1 400 Bad Request"}, query: "tls=none", want: verdict{Code: "config", ChannelBroken: true}},
		{name: "hangs up at once", srv: raw{greeting: "drop"}, query: "tls=none", want: verdict{Code: "network"}},
		{name: "silent greeting", srv: raw{greeting: "silence"}, query: "tls=none", want: verdict{Code: "timeout"}},
		{name: "no STARTTLS", srv: raw{ehlo: []string{"PIPELINING"}}, query: "tls=mandatory", want: verdict{Code: "config", ChannelBroken: true}},
		{name: "no STARTTLS by default", srv: raw{}, query: "", want: verdict{Code: "config", ChannelBroken: true}},
		{name: "STARTTLS refused", srv: raw{ehlo: []string{"STARTTLS"}, answers: map[string]string{"STARTTLS": "454 not now"}}, query: "tls=mandatory", want: verdict{Code: "454"}},
		{name: "no AUTH", srv: raw{ehlo: []string{"PIPELINING"}}, user: "hub:secret@", query: "tls=none", want: verdict{Code: "config", ChannelBroken: true}},
		{name: "password without TLS", srv: raw{ehlo: []string{"AUTH PLAIN LOGIN"}}, user: "hub:secret@", query: "tls=none", want: verdict{Code: "config", ChannelBroken: true}},
		{name: "drop at MAIL", srv: raw{answers: map[string]string{"MAIL": "drop"}}, query: "tls=none", want: verdict{Code: "network"}},
		{name: "drop at RCPT", srv: raw{answers: map[string]string{"RCPT": "drop"}}, query: "tls=none", want: verdict{Code: "network"}},
		{name: "drop at DATA", srv: raw{answers: map[string]string{"DATA": "drop"}}, query: "tls=none", want: verdict{Code: "network"}},
		{name: "silence at MAIL", srv: raw{answers: map[string]string{"MAIL": "silence"}}, query: "tls=none", want: verdict{Code: "timeout"}},
		{name: "silence after the mail", srv: raw{answers: map[string]string{".": "silence"}}, query: "tls=none", want: verdict{Code: "timeout", Ambiguous: true}},
		{name: "drop after the mail", srv: raw{answers: map[string]string{".": "drop"}}, query: "tls=none", want: verdict{Code: "network", Ambiguous: true}},
	}
	for i := range tests {
		tt := &tests[i]
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv := serveRaw(t, &tt.srv)
			e := open(t, email.Config{URL: "smtp://" + tt.user + srv.url + "?" + tt.query, Timeout: patience})
			f := refusal(t, e, message("d1"))
			if got := (verdict{f.Code, f.ChannelBroken, f.Ambiguous}); got != tt.want || f.Permanent || f.TargetBroken {
				t.Errorf("verdict = %+v (%v), want %+v and nothing permanent", got, &f, tt.want)
			}
			if strings.Contains(strings.Join(srv.heard(), "\n"), "c2VjcmV0") {
				t.Errorf("the password was sent: %q", srv.heard())
			}
			if !strings.Contains(srv.greeting+srv.answers["MAIL"]+srv.answers["RCPT"]+srv.answers["DATA"]+srv.answers["."], "drop") {
				wait(t, "end of the connection", srv.gone)
			}
		})
	}
}

// TestTakenIsTaken is about servers that break off after they took the mail.
func TestTakenIsTaken(t *testing.T) {
	tests := []struct {
		name, verb, answer string
	}{
		{"drop after 250", ".", "250 queued|drop"},
		{"QUIT refused", "QUIT", "500 what"},
		{"QUIT drops", "QUIT", "drop"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv := serveRaw(t, &raw{answers: map[string]string{tt.verb: tt.answer}})
			e := open(t, email.Config{URL: "smtp://" + srv.url + "?tls=none", Timeout: patience})
			if r := send(t, e, message("d1")); r.Provider == "" {
				t.Errorf("receipt = %+v, want it accepted", r)
			}
			if err := e.Close(); err != nil {
				t.Errorf("Close = %v", err)
			}
			dots := 0
			for _, line := range srv.heard() {
				if line == "." {
					dots++
				}
			}
			if dots != 1 {
				t.Errorf("%d mails sent, want 1", dots)
			}
		})
	}
}

func TestContextEndsASend(t *testing.T) {
	tests := []struct {
		name      string
		srv       raw
		ambiguous bool
	}{
		{"greeting", raw{greeting: "silence"}, false},
		{"MAIL", raw{answers: map[string]string{"MAIL": "silence"}}, false},
		{"end of the mail", raw{answers: map[string]string{".": "silence"}}, true},
	}
	for i := range tests {
		tt := &tests[i]
		t.Run(tt.name, func(t *testing.T) {
			srv := serveRaw(t, &tt.srv)
			e := open(t, email.Config{URL: "smtp://" + srv.url + "?tls=none"})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			go func() { // ends with the silence
				<-srv.quiet
				cancel()
			}()
			_, err := e.Notify(ctx, message("d1"))
			f, ok := errors.AsType[*notifiers.SendError](err)
			if !ok || f.Code != "timeout" || f.Ambiguous != tt.ambiguous || f.Permanent || f.ChannelBroken {
				t.Errorf("Notify = %+v, want a timeout, ambiguous %v", err, tt.ambiguous)
			}
			wait(t, "end of the connection", srv.gone)
		})
	}
}

func TestSMTPUTF8OnlyWhenNeeded(t *testing.T) {
	tests := []struct {
		name, address string
		offered       bool
		want          bool
		code          string
	}{
		{"ASCII", "ann@example.org", true, false, ""},
		{"UTF-8", "änn@example.org", true, true, ""},
		{"UTF-8 not offered", "änn@example.org", false, false, "smtputf8"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := serveInbox(t, func(s *smtp.Server) { s.EnableSMTPUTF8 = tt.offered })
			e := open(t, email.Config{URL: in.url})
			m := message("d1")
			m.To.Address = tt.address
			_, err := e.Notify(t.Context(), m)
			if f, _ := errors.AsType[*notifiers.SendError](err); tt.code != "" && (f == nil || f.Code != tt.code || !f.Permanent) || tt.code == "" && err != nil {
				t.Fatalf("Notify = %v, want code %q", err, tt.code)
			}
			if mails := in.all(); tt.code == "" && (len(mails) != 1 || mails[0].utf8 != tt.want || mails[0].to[0] != tt.address) {
				t.Errorf("mails = %+v, want SMTPUTF8 %v to %s", mails, tt.want, tt.address)
			}
		})
	}
}

func TestTLSAndLogin(t *testing.T) {
	server, trusting := certificate(t)
	plain := "AUTH PLAIN AGh1YgBzZWNyZXQ=" // \0hub\0secret
	tests := []struct {
		name   string
		srv    raw
		scheme string
	}{
		{"STARTTLS", raw{tls: server, ehlo: []string{"STARTTLS", "AUTH PLAIN LOGIN"}}, "smtp"},
		{"from the first byte", raw{tls: server, implicit: true, ehlo: []string{"AUTH PLAIN LOGIN"}}, "smtps"},
	}
	for i := range tests {
		tt := &tests[i]
		t.Run(tt.name, func(t *testing.T) {
			srv := serveRaw(t, &tt.srv)
			e := open(t, email.Config{URL: tt.scheme + "://hub:secret@" + srv.url, TLS: trusting})
			send(t, e, message("d1"))
			if !slices.Contains(srv.heard(), plain) {
				t.Errorf("commands = %q, want a login", srv.heard())
			}
		})
	}
}

func TestLoginRefused(t *testing.T) {
	server, trusting := certificate(t)
	tests := []struct {
		answer, want string
		broken       bool
	}{
		{"535 5.7.8 wrong password", "535 5.7.8", true},
		{"454 4.7.0 later", "454 4.7.0", false},
	}
	for _, tt := range tests {
		srv := serveRaw(t, &raw{tls: server, ehlo: []string{"STARTTLS", "AUTH PLAIN"}, answers: map[string]string{"AUTH": tt.answer}})
		e := open(t, email.Config{URL: "smtp://hub:secret@" + srv.url, TLS: trusting})
		f := refusal(t, e, message("d1"))
		if f.Code != tt.want || f.ChannelBroken != tt.broken || f.Permanent || strings.Contains(f.Error(), "secret") {
			t.Errorf("login answered %q = %+v, want code %s, channel broken %v", tt.answer, f, tt.want, tt.broken)
		}
	}
}

func TestUntrustedCertificate(t *testing.T) {
	server, _ := certificate(t)
	for _, srv := range []*raw{{tls: server, ehlo: []string{"STARTTLS"}}, {tls: server, implicit: true}} {
		serveRaw(t, srv)
		scheme := map[bool]string{false: "smtp", true: "smtps"}[srv.implicit]
		e := open(t, email.Config{URL: scheme + "://" + srv.url})
		if f := refusal(t, e, message("d1")); f.Code != "tls" || !f.ChannelBroken {
			t.Errorf("%s with a certificate nobody knows = %+v, want a broken channel", scheme, f)
		}
	}
}

func TestNobodyListens(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := ln.Addr().String()
	ln.Close()
	e := open(t, email.Config{URL: "smtp://" + address})
	if f := refusal(t, e, message("d1")); f.Code != "network" || f.ChannelBroken || f.Permanent || f.Ambiguous {
		t.Errorf("nobody listens = %+v, want to be tried again", f)
	}
}
