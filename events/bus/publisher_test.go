package bus_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"upgradehub/events/bus"
)

// publisher connects a plain client to the bus's listener.
func publisher(t testing.TB, b *bus.Bus, opts ...nats.Option) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect(b.Addr(), append(opts, nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))...)
	if err != nil {
		t.Fatalf("connect publisher: %v", err)
	}
	t.Cleanup(nc.Close)
	return nc
}

// publish sends as JetStream clients do, without looking up the stream, and
// waits so long for the acknowledgement: a refusal is not told, nothing comes.
func publish(t testing.TB, nc *nats.Conn, wait time.Duration, subject, body string) (*jetstream.PubAck, error) {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), wait)
	defer cancel()
	return js.Publish(ctx, subject, []byte(body))
}

func token(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// intake reads INTAKE until its end.
func intake(t testing.TB, b *bus.Bus, after uint64) []*bus.IntakeMessage {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var got []*bus.IntakeMessage
	err := b.Intake(ctx, after, func(_ context.Context, m *bus.IntakeMessage) error {
		if m == nil {
			return errEnough
		}
		got = append(got, m)
		return nil
	})
	if !errors.Is(err, errEnough) {
		t.Fatalf("Intake() = %v", err)
	}
	return got
}

func TestLoopbackPublisher(t *testing.T) {
	b := open(t, local(t))
	nc := publisher(t, b)
	ack, err := publish(t, nc, 10*time.Second, "upgrades.pg16.phase.started", `{"phase":"p"}`)
	if err != nil || ack.Stream != "INTAKE" || ack.Sequence != 1 {
		t.Fatalf("publish = %+v, %v, want INTAKE 1", ack, err)
	}
	got := intake(t, b, 0)
	if len(got) != 1 || got[0].Subject != "upgrades.pg16.phase.started" || string(got[0].Body) != `{"phase":"p"}` ||
		got[0].Seq != 1 || got[0].Stored.IsZero() || got[0].Stream.IsZero() {
		t.Errorf("Intake() = %+v", got)
	}
}

func TestPublisherReachesNothingElse(t *testing.T) {
	b := open(t, local(t))
	identity(t, b)
	nc := publisher(t, b)
	for _, subject := range []string{
		"facts.upgrade.pg16.x", "$JS.API.STREAM.INFO.INTAKE", "$JS.API.STREAM.DELETE.INTAKE", "$JS.API.INFO",
		"$JS.API.STREAM.MSG.GET.INTAKE", "$KV.PEOPLE.person.1", "$SYS.REQ.SERVER.PING", "_INBOX.x", "other",
	} {
		if m, err := nc.Request(subject, nil, 100*time.Millisecond); err == nil {
			t.Errorf("request on %s was answered: %s", subject, m.Data)
		}
	}
	for _, subject := range []string{"facts.>", "upgrades.>", ">", "_HUB.>", "$JS.>", "$KV.>"} {
		if refused := subscribeRefused(t, b, subject); !refused {
			t.Errorf("subscription to %s was not refused", subject)
		}
	}
	if last, err := b.Last(t.Context()); err != nil || last != 1 {
		t.Errorf("Last() = %d, %v, want 1: a publisher reached FACTS", last, err)
	}
}

// subscribeRefused subscribes with a client of its own and reports whether
// the server refused.
func subscribeRefused(t testing.TB, b *bus.Bus, subject string) bool {
	t.Helper()
	refused := make(chan error, 1)
	nc, err := nats.Connect(b.Addr(), nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { refused <- err }))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if _, err := nc.SubscribeSync(subject); err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-refused:
		return errors.Is(err, nats.ErrPermissionViolation)
	case <-time.After(10 * time.Second):
		return false
	}
}

func TestReplySubjectReachesNobody(t *testing.T) {
	b := open(t, local(t))
	identity(t, b)
	nc := publisher(t, b)
	for _, reply := range []string{"facts.upgrade.other.x", "upgrades.other.upgrade.completed", "$KV.PEOPLE.person.1"} {
		err := nc.PublishMsg(&nats.Msg{Subject: "upgrades.pg16.update.posted", Reply: reply, Data: []byte(`{"text":"x"}`)})
		if err != nil {
			t.Fatal(err)
		}
	}
	refused := nats.NewMsg("upgrades.pg16.update.posted")
	refused.Reply = "upgrades.other.upgrade.canceled"
	refused.Header.Set("Nats-Expected-Last-Sequence", "99")
	if err := nc.PublishMsg(refused); err != nil {
		t.Fatal(err)
	}
	eventually(t, "INTAKE holds the three, an acknowledgement and a refusal", func() bool {
		last, err := b.IntakeLast(t.Context())
		return err == nil && last == 5
	})
	if _, err := publish(t, nc, 10*time.Second, "upgrades.pg16.upgrade.started", ""); err != nil {
		t.Fatal(err)
	}
	for _, m := range intake(t, b, 0) {
		if !strings.HasPrefix(m.Subject, "upgrades.pg16.") {
			t.Errorf("Intake() hands over %s %s", m.Subject, m.Body)
		}
	}
	if last, err := b.Last(t.Context()); err != nil || last != 1 {
		t.Errorf("Last() = %d, %v, want 1: the acknowledgement reached FACTS", last, err)
	}
	if p, err := b.Person(t.Context(), "person.1"); err != nil || p != nil {
		t.Errorf("Person() = %s, %v: the acknowledgement reached PEOPLE", p, err)
	}
}

func TestTokenPublisher(t *testing.T) {
	cfg := local(t)
	cfg.Publishers = map[string][]string{
		token("one"):                  {"pg16"},
		strings.ToUpper(token("all")): {"*"},
		token("none"):                 nil,
	}
	cfg.Operator = "boss"
	b := open(t, cfg)
	tests := []struct {
		name    string
		login   nats.Option
		subject string
		want    bool
	}{
		{"own upgrade", nats.Token("one"), "upgrades.pg16.phase.started", true},
		{"own upgrade by password", nats.UserInfo("ci", "one"), "upgrades.pg16.phase.started", true},
		{"other upgrade", nats.Token("one"), "upgrades.pg17.phase.started", false},
		{"upgrade with the same beginning", nats.Token("one"), "upgrades.pg16x.phase.started", false},
		{"any upgrade", nats.Token("all"), "upgrades.pg17.phase.started", true},
		{"reopening its own upgrade", nats.Token("one"), "upgrades.pg16.upgrade.reopened", false},
		{"reopening any upgrade", nats.Token("all"), "upgrades.pg16.upgrade.reopened", false},
		{"the operator", nats.Token("boss"), "upgrades.pg16.upgrade.reopened", true},
		{"granted nothing", nats.Token("none"), "upgrades.pg16.phase.started", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			wait := 300 * time.Millisecond
			if tt.want {
				wait = 10 * time.Second
			}
			_, err := publish(t, publisher(t, b, tt.login), wait, tt.subject, "")
			if (err == nil) != tt.want {
				t.Errorf("publish to %s = %v, want success %v", tt.subject, err, tt.want)
			}
		})
	}
}

func TestWrongCredentialsAreRefused(t *testing.T) {
	free, granted := local(t), local(t)
	granted.Publishers = map[string][]string{token("one"): {"pg16"}}
	tests := []struct {
		name string
		cfg  bus.Config
		opts []nats.Option
	}{
		{"wrong token", granted, []nats.Option{nats.Token("two")}},
		{"the hash as token", granted, []nats.Option{nats.Token(token("one"))}},
		{"no token", granted, nil},
		{"empty token", granted, []nats.Option{nats.UserInfo("x", "")}},
		{"the hub's name", granted, []nats.Option{nats.UserInfo("hub", "one ")}},
		{"credentials where none are known", free, []nats.Option{nats.UserInfo("hub", "guess")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := open(t, tt.cfg)
			nc, err := nats.Connect(b.Addr(), tt.opts...)
			if err == nil {
				nc.Close()
			}
			if !errors.Is(err, nats.ErrAuthorization) {
				t.Errorf("Connect() = %v, want ErrAuthorization", err)
			}
			closeBus(t, b)
		})
	}
}

func TestPublish(t *testing.T) {
	b := open(t, local(t))
	header := map[string][]string{
		"content-type": {"application/cloudevents+json"}, "ce-id": {"1"}, "Nats-Msg-Id": {"same"},
		"Authorization": {"Bearer secret"}, "Nats-Rollup": {"all"}, "nats-ttl": {"1s"}, "Connection": {"close"},
	}
	first, err := b.Publish(t.Context(), "upgrades.pg16.phase.started", header, []byte("a"))
	if err != nil {
		t.Fatalf("Publish() = %v", err)
	}
	again, err := b.Publish(t.Context(), "upgrades.pg16.phase.started", header, []byte("a"))
	if err != nil || again != first {
		t.Errorf("Publish() again = %d, %v, want %d", again, err, first)
	}
	other, err := b.Publish(t.Context(), "upgrades.pg17.phase.started", header, []byte("a"))
	if err != nil || other != first+1 {
		t.Errorf("Publish() with another's id = %d, %v, want %d: it was swallowed", other, err, first+1)
	}
	bare, err := b.Publish(t.Context(), "upgrades.pg17.phase.started", nil, nil)
	if err != nil || bare != first+2 {
		t.Errorf("Publish() without headers = %d, %v, want %d", bare, err, first+2)
	}
	got := intake(t, b, 0)
	if len(got) != 3 {
		t.Fatalf("Intake() gave %d messages, want 3", len(got))
	}
	var names []string
	for name := range got[0].Header {
		names = append(names, name)
	}
	slices.Sort(names)
	// Nats-Expected-Stream is the hub's own order to NATS.
	if want := []string{"Nats-Expected-Stream", "Nats-Msg-Id", "ce-id", "content-type"}; !slices.Equal(names, want) {
		t.Errorf("stored headers = %q, want %q", names, want)
	}
	if got[2].Header["Nats-Msg-Id"] == nil {
		t.Error("a message without an id was stored without one")
	}
	if _, err := b.Publish(t.Context(), "upgrades.pg16.x", nil, make([]byte, 1<<20+1)); err == nil || errors.Is(err, bus.ErrUnavailable) {
		t.Errorf("Publish(too large) = %v, want a final error", err)
	}
}

func TestIntakeSaysWhenItIsAtTheEnd(t *testing.T) {
	b := open(t, silent(t))
	for range 300 {
		if _, err := b.Publish(t.Context(), "upgrades.pg16.phase.started", nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var seqs []uint64
	ends := make(chan int)
	done := make(chan error)
	go func() { // ends with ctx
		done <- b.Intake(ctx, 100, func(ctx context.Context, m *bus.IntakeMessage) error {
			if m != nil {
				seqs = append(seqs, m.Seq)
				return nil
			}
			select {
			case ends <- len(seqs):
			case <-ctx.Done():
			}
			return nil
		})
	}()
	if got := <-ends; got != 200 {
		t.Errorf("at the first end %d messages had come, want 200", got)
	}
	if got := <-ends; got != 200 {
		t.Errorf("while idle %d messages had come, want 200", got)
	}
	if _, err := b.Publish(t.Context(), "upgrades.pg16.phase.started", nil, nil); err != nil {
		t.Fatal(err)
	}
	for got := range ends {
		if got == 201 {
			break
		}
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Intake() = %v, want context.Canceled", err)
	}
	for i, seq := range seqs {
		if seq != uint64(101+i) {
			t.Fatalf("message %d has sequence %d, want %d", i, seq, 101+i)
		}
	}
}

func TestIntakeThatHoldsLessIsReadFromItsBeginning(t *testing.T) {
	b := open(t, silent(t))
	if got := intake(t, b, 77); len(got) != 0 {
		t.Errorf("empty Intake(77) gave %d messages", len(got))
	}
	if _, err := b.Publish(t.Context(), "upgrades.pg16.phase.started", nil, nil); err != nil {
		t.Fatal(err)
	}
	if got := intake(t, b, 77); len(got) != 1 {
		t.Errorf("Intake(77) gave %d messages, want 1", len(got))
	}
}
