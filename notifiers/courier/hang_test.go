package courier_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-smtp"

	"upgradehub/events"
	"upgradehub/notifiers"
	"upgradehub/notifiers/courier"
	"upgradehub/notifiers/email"
)

// hanging is a real SMTP server that says nothing to mail for some.
type hanging struct {
	begun time.Time
	over  chan struct{} // closed when nobody is to hang any more

	mu    sync.Mutex
	hung  int
	taken map[string]time.Duration // by recipient, after begun
}

// NewSession begins one SMTP session.
func (h *hanging) NewSession(*smtp.Conn) (smtp.Session, error) {
	return &hangingSession{hanging: h}, nil
}

type hangingSession struct {
	*hanging
	to string
}

func (*hangingSession) Mail(string, *smtp.MailOptions) error { return nil }
func (*hangingSession) Reset()                               {}
func (*hangingSession) Logout() error                        { return nil }

func (s *hangingSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.to = to; strings.HasPrefix(to, "hang") {
		s.mu.Lock()
		s.hung++
		s.mu.Unlock()
		<-s.over
		return errors.New("too late")
	}
	return nil
}

func (s *hangingSession) Data(r io.Reader) error {
	_, err := io.Copy(io.Discard, r)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken[s.to] = time.Since(s.begun)
	return err
}

func serveHanging(t *testing.T) (h *hanging, url string) {
	t.Helper()
	h = &hanging{begun: time.Now(), over: make(chan struct{}), taken: map[string]time.Duration{}}
	srv := smtp.NewServer(h)
	srv.Domain = "mx.example.org"
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ln) }() // ends when srv is closed
	t.Cleanup(func() { srv.Close(); <-done })
	return h, "smtp://" + ln.Addr().String() + "?tls=none"
}

// inWords composes a mail to the address that the subscriber is.
type inWords struct{}

func (inWords) Compose(_ context.Context, d notifiers.Delivery) (notifiers.Message, []events.LinkHash, error) {
	return notifiers.Message{
		Delivery: d, To: notifiers.Person{Channel: "email", Address: d.Subscriber},
		Subject: "Planned", Text: "Planned.\n", HTML: "<p>Planned.</p>", Date: time.Date(2026, 5, 12, 20, 0, 0, 0, time.UTC),
	}, nil, nil
}

// TestHungMailsHoldUpNoOther: a mail server that takes no end of time for some
// recipients, or for a whole domain, does not keep the mails of others waiting.
func TestHungMailsHoldUpNoOther(t *testing.T) {
	for _, tt := range []struct {
		name string
		hung func(i int) string // its address; empty for none before the i-th of the others
	}{
		{"some mailboxes", func(i int) string {
			if i < 12 {
				return fmt.Sprintf("hang%d@example.org", i)
			}
			return ""
		}},
		{"a whole domain", func(i int) string { return fmt.Sprintf("hang%d@mute.example", i) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			const others = 200
			o := newOffice()
			for i := range others {
				if to := tt.hung(i); to != "" {
					o.add(mail(fmt.Sprint("h", i), to))
				}
				o.add(mail(fmt.Sprint("d", i), fmt.Sprintf("reader%d@example.org", i)))
			}
			h, url := serveHanging(t)
			h.deliver(t, o, url, others)
			last := time.Duration(0)
			for _, after := range h.taken {
				last = max(last, after)
			}
			t.Logf("%d of %d mails were taken within %v, %d hung", len(h.taken), others, last, h.hung)
			if len(h.taken) != others || last > 4*time.Second {
				t.Errorf("%d of %d mails were taken, the last after %v, while others hung", len(h.taken), others, last)
			}
		})
	}
}

// deliver has a courier send what is owed until the server has taken so many.
func (h *hanging) deliver(t *testing.T, o *office, url string, many int) {
	t.Helper()
	post, err := email.New(email.Config{URL: url, From: "hub@example.org", HELO: "hub.example.org"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer post.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	done := make(chan error, 1)
	c := courier.New(o, map[string]notifiers.Notifier{"email": post}, inWords{}, o, always(), courier.Config{}, slog.New(slog.DiscardHandler))
	go func() { done <- c.Run(ctx) }() // ends with ctx
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for taken := 0; taken < many && ctx.Err() == nil; <-tick.C {
		h.mu.Lock()
		taken = len(h.taken)
		h.mu.Unlock()
	}
	cancel()
	close(h.over)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestHungTargetsHoldUpNoOther: targets that hang make room for others, which go
// within two seconds, and their silence is not taken for that of the provider.
func TestHungTargetsHoldUpNoOther(t *testing.T) {
	for channel, hung := range map[string]int{"email": 16, "webhook": 4} {
		t.Run(channel, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o, begin := newOffice(), time.Now()
				add := func(id string) {
					d := mail(id, id)
					d.Channel = channel
					o.add(d)
				}
				for i := range hung {
					add(fmt.Sprint("hang", i))
				}
				for i := range 40 {
					add(fmt.Sprint("d", i))
				}
				late := time.AfterFunc(16*time.Second, func() { add("late") })
				defer late.Stop()
				c := &carrier{answer: func(ctx context.Context, _ int, m notifiers.Message) (notifiers.Receipt, error) {
					if !strings.HasPrefix(m.Delivery.ID, "hang") {
						<-time.After(10 * time.Millisecond)
						return notifiers.Receipt{}, nil
					}
					<-ctx.Done()
					return notifiers.Receipt{}, &notifiers.SendError{Code: "timeout", Err: ctx.Err()}
				}}
				run(t, 20*time.Second, o, map[string]notifiers.Notifier{channel: c}, nil, always())
				for _, s := range c.sent {
					at := s.at.Sub(begin)
					if id := s.m.Delivery.ID; strings.HasPrefix(id, "d") && at > 2*time.Second || id == "late" && at > 19*time.Second {
						t.Errorf("%s was held up until %v", id, at)
					}
				}
				if n := len(o.kinds("late")); n != 1 {
					t.Errorf("the late one has %d outcomes, want one", n)
				}
			})
		})
	}
}
