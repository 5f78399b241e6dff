package bus_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"upgradehub/events/bus"
)

// external starts a NATS server that is not the hub's.
func external(t testing.TB) *server.Server {
	t.Helper()
	return startServer(t, &server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true,
	})
}

func startServer(t testing.TB, opts *server.Options) *server.Server {
	t.Helper()
	srv, err := server.NewServer(opts)
	if err != nil {
		t.Fatal(err)
	}
	srv.Start()
	t.Cleanup(func() {
		srv.Shutdown()
		srv.WaitForShutdown()
	})
	if !srv.ReadyForConnections(10 * time.Second) {
		t.Fatal("the server is not ready")
	}
	return srv
}

// streams connects past the hub.
func streams(t testing.TB, srv *server.Server) jetstream.JetStream {
	t.Helper()
	nc, err := nats.Connect(srv.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

func TestExternalServer(t *testing.T) {
	srv := external(t)
	b := open(t, bus.Config{URL: srv.ClientURL()})
	id := identity(t, b)
	appendFacts(t, b, 1, 3)
	if _, err := b.Publish(t.Context(), "upgrades.pg16.phase.started", nil, nil); err != nil {
		t.Errorf("Publish() = %v", err)
	}
	if got := intake(t, b, 0); len(got) != 1 {
		t.Errorf("Intake() gave %d messages, want 1", len(got))
	}
	if w := strings.Join(b.Warnings(), "\n"); !strings.Contains(w, "1 replicas") || !strings.Contains(w, "sync_interval") {
		t.Errorf("Warnings() = %q", w)
	}
	other := open(t, bus.Config{URL: srv.ClientURL(), NodeName: "n2"})
	if got := identity(t, other); got != id {
		t.Errorf("Identity() of the second node = %s, want %s", got, id)
	}
	if got := follow(t, other, bus.Position{Log: id}, 4); len(got) != 4 {
		t.Errorf("the second node read %d facts, want 4", len(got))
	}
}

func TestNodesThatOpenAtOnceAgree(t *testing.T) {
	srv := external(t)
	nodes := []*bus.Bus{open(t, bus.Config{URL: srv.ClientURL()}), open(t, bus.Config{URL: srv.ClientURL()})}
	ids := make([]string, 10)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			id, err := nodes[i%2].Identity(t.Context())
			if err != nil {
				t.Errorf("Identity() = %v", err)
			}
			ids[i] = id
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Errorf("identities differ: %q", ids)
		}
	}
	if last, err := nodes[0].Last(t.Context()); err != nil || last != 1 {
		t.Errorf("Last() = %d, %v, want 1", last, err)
	}
}

func TestFollowRefusesAGap(t *testing.T) {
	srv := external(t)
	js := streams(t, srv)
	s, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "FACTS", Subjects: []string{"facts.>"}})
	if err != nil {
		t.Fatal(err)
	}
	b := open(t, bus.Config{URL: srv.ClientURL()})
	closeBus(t, b) // it made the stream refuse deletion
	b = open(t, bus.Config{URL: srv.ClientURL()})
	info, err := s.Info(t.Context())
	if err != nil || !info.Config.DenyDelete || !info.Config.DenyPurge {
		t.Fatalf("stream after Open = %+v, %v, want deletion denied", info.Config, err)
	}
	// What cannot be deleted can still be lost: a fresh stream with a hole.
	closeBus(t, b)
	if err := js.DeleteStream(t.Context(), "FACTS"); err != nil {
		t.Fatal(err)
	}
	s, err = js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "FACTS", Subjects: []string{"facts.>"}})
	if err != nil {
		t.Fatal(err)
	}
	fillWithHole(t, js, s)
	b = open(t, bus.Config{URL: srv.ClientURL()})
	err = b.Follow(t.Context(), bus.Position{}, func(context.Context, []bus.Fact) error { return nil })
	if !errors.Is(err, bus.ErrGap) || !strings.Contains(err.Error(), "after fact 2 came fact 4") {
		t.Errorf("Follow() = %v, want ErrGap that names 2 and 4", err)
	}
	if _, err := b.FactAt(t.Context(), "facts.x.3"); !errors.Is(err, bus.ErrNoFact) {
		t.Errorf("FactAt(deleted) = %v, want ErrNoFact", err)
	}
}

// fillWithHole writes a log of four facts, without the third.
func fillWithHole(t testing.TB, js jetstream.JetStream, s jetstream.Stream) {
	t.Helper()
	opened := `{"specversion":"1.0","id":"l","source":"hub","type":"dev.upgradehub.log.opened.v1","data":{"log":"l"}}`
	for _, m := range []struct{ subject, body string }{
		{"facts.log.l", opened}, {"facts.x.2", "no event"}, {"facts.x.3", "{}"}, {"facts.x.4", "{}"},
	} {
		if _, err := js.Publish(t.Context(), m.subject, []byte(m.body)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.DeleteMsg(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
}

func TestUnreadableFactIsHandedOver(t *testing.T) {
	srv := external(t)
	b := open(t, bus.Config{URL: srv.ClientURL()})
	identity(t, b)
	if _, err := streams(t, srv).Publish(t.Context(), "facts.x.2", []byte("no event")); err != nil {
		t.Fatal(err)
	}
	got := follow(t, b, bus.Position{}, 2)
	if f := got[1]; f.Err == nil || string(f.Raw) != "no event" || f.Subject != "facts.x.2" {
		t.Errorf("fact = %+v, want its bytes and an error", f)
	}
}

func TestOpenRefusesUnsafeStreams(t *testing.T) {
	tests := []struct {
		name string
		cfg  jetstream.StreamConfig
		want string
	}{
		{"facts with an age", jetstream.StreamConfig{Name: "FACTS", Subjects: []string{"facts.>"}, MaxAge: time.Hour}, "forgets facts"},
		{"facts in memory", jetstream.StreamConfig{Name: "FACTS", Subjects: []string{"facts.>"}, Storage: jetstream.MemoryStorage}, "forgets facts"},
		{"facts as work", jetstream.StreamConfig{Name: "FACTS", Subjects: []string{"facts.>"}, Retention: jetstream.WorkQueuePolicy}, "forgets facts"},
		{"intake with rollup", jetstream.StreamConfig{Name: "INTAKE", Subjects: []string{"upgrades.*.>"}, AllowRollup: true}, "rollup"},
		{"intake with lifetimes", jetstream.StreamConfig{Name: "INTAKE", Subjects: []string{"upgrades.*.>"}, AllowMsgTTL: true}, "TTL"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			srv := external(t)
			if _, err := streams(t, srv).CreateStream(t.Context(), tt.cfg); err != nil {
				t.Fatal(err)
			}
			_, err := bus.Open(t.Context(), bus.Config{URL: srv.ClientURL()}, discard)
			if err == nil || !strings.Contains(err.Error(), "stream "+tt.cfg.Name) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Open() = %v, want a refusal with %q", err, tt.want)
			}
		})
	}
}

// TestFullDisk plays a server whose disk is full: the reason is told, and
// stays, because the real one goes on refusing.
func TestFullDisk(t *testing.T) {
	srv := external(t)
	b := open(t, bus.Config{URL: srv.ClientURL()})
	js := streams(t, srv)
	if err := js.DeleteStream(t.Context(), "FACTS"); err != nil {
		t.Fatal(err)
	}
	_, err := js.Conn().Subscribe("facts.>", func(m *nats.Msg) {
		m.Respond([]byte(`{"error":{"code":503,"err_code":10023,"description":"insufficient resources"}}`))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := js.Conn().Flush(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := b.Append(ctx, fact(1)); !errors.Is(err, bus.ErrUnavailable) {
		t.Errorf("Append() = %v, want ErrUnavailable", err)
	}
	if err := b.Healthy(t.Context()); !errors.Is(err, bus.ErrUnavailable) || !strings.Contains(err.Error(), "disk space") {
		t.Errorf("Healthy() = %v, want the full disk", err)
	}
	if err := b.PutPerson(t.Context(), "person.1", nil); err != nil {
		t.Fatal(err)
	}
	if err := b.Healthy(t.Context()); err == nil || !strings.Contains(err.Error(), "stream FACTS") {
		t.Errorf("Healthy() after a write to another stream = %v, want the full disk still", err)
	}
}

func TestIntakeMadeAnewIsReadFromItsBeginning(t *testing.T) {
	srv := external(t)
	b := open(t, bus.Config{URL: srv.ClientURL()})
	js := streams(t, srv)
	say := func(body string) {
		if _, err := js.Publish(t.Context(), "upgrades.pg16.update.posted", []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		say("old")
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	bodies, done := make(chan string, 100), make(chan error)
	go func() { // ends with ctx
		done <- b.Intake(ctx, 2, func(_ context.Context, m *bus.IntakeMessage) error {
			if m != nil {
				bodies <- string(m.Body)
			}
			return nil
		})
	}()
	if got := <-bodies; got != "old" {
		t.Fatalf("first message = %q", got)
	}
	stream, err := js.Stream(ctx, "INTAKE")
	if err != nil {
		t.Fatal(err)
	}
	if err := js.DeleteStream(ctx, "INTAKE"); err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(ctx, stream.CachedInfo().Config); err != nil {
		t.Fatal(err)
	}
	say("new")
	if got := <-bodies; got != "new" {
		t.Errorf("after INTAKE was made anew came %q", got)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Intake() = %v, want context.Canceled", err)
	}
}

// wire stands between the hub and a server, and can lose what the server
// answers.
type wire struct {
	listener net.Listener
	target   string
	lose     atomic.Bool
	mu       sync.Mutex
	open     []net.Conn
	running  sync.WaitGroup
}

func newWire(t testing.TB, target string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{listener: l, target: target}
	w.running.Go(w.accept)
	t.Cleanup(func() {
		l.Close()
		w.cut()
		w.running.Wait()
	})
	return w
}

func (w *wire) accept() {
	for {
		client, err := w.listener.Accept()
		if err != nil {
			return
		}
		srv, err := net.Dial("tcp", w.target)
		if err != nil {
			client.Close()
			continue
		}
		w.mu.Lock()
		w.open = append(w.open, client, srv)
		w.mu.Unlock()
		w.running.Go(func() { io.Copy(srv, client); srv.Close() })
		w.running.Go(func() { io.Copy(answers{client, w}, srv); client.Close() })
	}
}

// cut breaks all connections.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.open {
		c.Close()
	}
	w.open = nil
}

type answers struct {
	io.Writer
	wire *wire
}

func (a answers) Write(p []byte) (int, error) {
	if a.wire.lose.Load() {
		return len(p), nil
	}
	return a.Writer.Write(p)
}

func TestLostAcknowledgementAndConnection(t *testing.T) {
	srv := external(t)
	w := newWire(t, srv.Addr().String())
	b := open(t, bus.Config{URL: "nats://" + w.listener.Addr().String()})
	identity(t, b)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	seqs, done := make(chan uint64, 100), make(chan error)
	go func() { // ends with ctx
		done <- b.Follow(ctx, bus.Position{}, func(_ context.Context, facts []bus.Fact) error {
			for _, f := range facts {
				seqs <- f.Seq
			}
			return nil
		})
	}()
	if seq := <-seqs; seq != 1 {
		t.Fatalf("first fact has sequence %d", seq)
	}
	w.lose.Store(true)
	appended := make(chan error)
	go func() { // ends when the fact is stored
		seq, err := b.Append(ctx, fact(1))
		if seq != 2 && err == nil {
			err = errors.New("stored under another sequence")
		}
		appended <- err
	}()
	facts, err := streams(t, srv).Stream(t.Context(), "FACTS")
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the fact is stored", func() bool {
		info, err := facts.Info(t.Context())
		return err == nil && info.State.LastSeq == 2
	})
	w.cut()
	w.lose.Store(false)
	if err := <-appended; err != nil {
		t.Errorf("Append() whose acknowledgement was lost = %v", err)
	}
	appendFacts(t, b, 2, 4)
	for want := uint64(2); want <= 5; want++ {
		if seq := <-seqs; seq != want {
			t.Errorf("after the cut came fact %d, want %d", seq, want)
		}
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Follow() = %v, want context.Canceled", err)
	}
}
