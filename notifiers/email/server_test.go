package email_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"go.uber.org/goleak"

	"upgradehub/events"
	"upgradehub/notifiers"
	"upgradehub/notifiers/email"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// inbox is a real SMTP server that keeps what it takes.
type inbox struct {
	url      string
	sessions chan struct{} // one for each session begun
	ended    chan struct{} // one for each session ended

	mu     sync.Mutex
	mails  []received
	refuse func(stage, address string) error
}

type received struct {
	from string
	to   []string
	utf8 bool
	data string
}

func serveInbox(t testing.TB, tune func(*smtp.Server)) *inbox {
	t.Helper()
	in := &inbox{sessions: make(chan struct{}, 100), ended: make(chan struct{}, 100)}
	srv := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		in.sessions <- struct{}{}
		return &session{inbox: in}, nil
	}))
	srv.Domain, srv.ErrorLog = "mx.example.org", silent{}
	if tune != nil {
		tune(srv)
	}
	ln := listen(t)
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ln) }() // ends when srv is closed
	t.Cleanup(func() { srv.Close(); <-done })
	in.url = "smtp://" + ln.Addr().String() + "?tls=none"
	return in
}

type silent struct{}

func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}

func listen(t testing.TB) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

func (in *inbox) all() []received {
	in.mu.Lock()
	defer in.mu.Unlock()
	return slices.Clone(in.mails)
}

// take returns what has come, once.
func (in *inbox) take() []received {
	in.mu.Lock()
	defer in.mu.Unlock()
	mails := in.mails
	in.mails = nil
	return mails
}

// no asks the test whether to refuse.
func (in *inbox) no(stage, address string) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.refuse == nil {
		return nil
	}
	return in.refuse(stage, address)
}

type session struct {
	inbox *inbox
	mail  received
}

func (s *session) Reset() { s.mail = received{} }

func (s *session) Logout() error {
	s.inbox.ended <- struct{}{}
	return nil
}

func (s *session) Mail(from string, o *smtp.MailOptions) error {
	s.mail.from, s.mail.utf8 = from, o.UTF8
	return s.inbox.no("MAIL", from)
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mail.to = append(s.mail.to, to)
	return s.inbox.no("RCPT", to)
}

func (s *session) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := s.inbox.no("DATA", ""); err != nil {
		return err
	}
	s.mail.data = string(data)
	s.inbox.mu.Lock()
	defer s.inbox.mu.Unlock()
	s.inbox.mails = append(s.inbox.mails, s.mail)
	return nil
}

// raw is an SMTP server that answers as it is told, by verb; "." is the end of
// a mail. The answer "drop" cuts the connection, "silence" says nothing.
type raw struct {
	greeting string
	ehlo     []string
	answers  map[string]string
	tls      *tls.Config // for STARTTLS
	implicit bool        // TLS from the first byte

	url   string
	gone  chan struct{} // one for each connection that the client ended
	quiet chan struct{} // one for each silence
	wg    sync.WaitGroup
	stop  context.Context

	mu       sync.Mutex
	commands []string
}

func serveRaw(t *testing.T, r *raw) *raw {
	t.Helper()
	ln := listen(t)
	ctx, cancel := context.WithCancel(context.Background())
	r.stop, r.url = ctx, ln.Addr().String()
	r.gone, r.quiet = make(chan struct{}, 100), make(chan struct{}, 100)
	r.wg.Go(func() { r.accept(ln) }) // ends when ln is closed
	t.Cleanup(func() { cancel(); ln.Close(); r.wg.Wait() })
	return r
}

func (r *raw) accept(ln net.Listener) {
	for {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		r.wg.Go(func() { // ends when the connection does
			defer context.AfterFunc(r.stop, func() { c.Close() })()
			defer c.Close()
			if r.implicit {
				c = tls.Server(c, r.tls)
			}
			r.talk(c)
		})
	}
}

func (r *raw) talk(c net.Conn) {
	in := bufio.NewReader(c)
	if !r.say(c, r.or(r.greeting, "220 mx.example.org ESMTP")) {
		return
	}
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			r.gone <- struct{}{}
			return
		}
		line = strings.TrimRight(line, "\r\n")
		verb := strings.ToUpper(strings.Fields(line + " ?")[0])
		r.note(line)
		if !r.say(c, r.answer(verb, line)) {
			return
		}
		switch {
		case verb == "STARTTLS":
			c = tls.Server(c, r.tls)
			in = bufio.NewReader(c)
		case verb == "DATA" && strings.HasPrefix(r.answer(verb, line), "354"):
			if !r.data(c, in) {
				return
			}
		case verb == "QUIT":
			return
		}
	}
}

func (r *raw) data(c net.Conn, in *bufio.Reader) bool {
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			r.gone <- struct{}{}
			return false
		}
		if line == ".\r\n" {
			r.note(".")
			return r.say(c, r.answer(".", "."))
		}
	}
}

func (r *raw) answer(verb, line string) string {
	if a, ok := r.answers[verb]; ok {
		return a
	}
	switch verb {
	case "EHLO":
		lines := append([]string{"mx.example.org"}, r.ehlo...)
		return "250-" + strings.Join(lines[:len(lines)-1], "\r\n250-") + "\r\n250 " + lines[len(lines)-1]
	case "DATA":
		return "354 go on"
	case "QUIT":
		return "221 bye"
	case "STARTTLS":
		return "220 ready"
	case "AUTH":
		return "235 welcome"
	}
	return "250 fine: " + line
}

func (r *raw) or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func (r *raw) say(c net.Conn, s string) bool {
	// "250 ok|drop" answers and then cuts.
	s, cut, _ := strings.Cut(s, "|")
	switch s {
	case "drop":
		return false
	case "silence":
		r.quiet <- struct{}{}
	default:
		// A single-line EHLO must not begin with an empty continuation.
		fmt.Fprintf(c, "%s\r\n", strings.TrimPrefix(s, "250-\r\n"))
	}
	return cut != "drop"
}

func (r *raw) note(line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.commands = append(r.commands, line)
}

func (r *raw) heard() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.commands)
}

// certificate is one for 127.0.0.1, and a configuration that trusts it.
func certificate(t *testing.T) (srv, client *tls.Config) {
	t.Helper()
	h := httptest.NewTLSServer(nil)
	defer h.Close()
	roots := x509.NewCertPool()
	roots.AddCert(h.Certificate())
	return &tls.Config{Certificates: h.TLS.Certificates}, &tls.Config{RootCAs: roots}
}

// open is an Email that is closed at the end of the test.
func open(t testing.TB, cfg email.Config) *email.Email {
	t.Helper()
	if cfg.From == "" {
		cfg.From = "Upgrade Hub <hub@example.org>"
	}
	if cfg.HELO == "" {
		cfg.HELO = "hub.example.org"
	}
	e, err := email.New(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

var date = time.Date(2026, 5, 12, 20, 0, 0, 0, time.UTC)

// message is a notice to one person.
func message(id string) notifiers.Message {
	return notifiers.Message{
		Delivery: notifiers.Delivery{ID: id, Upgrade: "pg16", Channel: "email", Notice: events.Notice{Form: events.FormMessage}},
		To:       notifiers.Person{Channel: "email", Address: "ann@example.org", Name: "Ann"},
		Links:    notifiers.Links{Unsubscribe: "https://hub.example.org/s/AbCdEfGhIjKlMnOpQrStUv"},
		Subject:  "[PostgreSQL 16 → 17] Planned for Saturday",
		Text:     "Orders cannot be written for about 15 minutes.\n",
		HTML:     "<!doctype html><p>Orders cannot be written for about 15 minutes.</p>\n",
		Date:     date,
	}
}

func send(t *testing.T, e *email.Email, m notifiers.Message) notifiers.Receipt {
	t.Helper()
	r, err := e.Notify(t.Context(), m)
	if err != nil {
		t.Fatalf("Notify(%s) = %v", m.Delivery.ID, err)
	}
	return r
}

func refusal(t *testing.T, e *email.Email, m notifiers.Message) notifiers.SendError {
	t.Helper()
	r, err := e.Notify(t.Context(), m)
	f, ok := errors.AsType[*notifiers.SendError](err)
	if !ok || f == nil {
		t.Fatalf("Notify(%s) = %+v, %v; want a SendError", m.Delivery.ID, r, err)
	}
	return *f
}

// wait waits for one signal and fails if it does not come.
func wait(t *testing.T, what string, c <-chan struct{}) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	select {
	case <-c:
	case <-ctx.Done():
		t.Fatalf("no %s within 5 s", what)
	}
}
