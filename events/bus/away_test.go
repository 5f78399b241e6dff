package bus_test

import (
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"upgradehub/events/bus"
)

// TestRefusedCredentialsMayBecomeGood: the connection outlives credentials
// that are refused for a while.
func TestRefusedCredentialsMayBecomeGood(t *testing.T) {
	opts := func(password string) *server.Options {
		return &server.Options{
			Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true,
			Users: []*server.User{{Username: "hub", Password: password}},
		}
	}
	good := opts("good")
	srv := startServer(t, good)
	b := open(t, bus.Config{URL: "nats://hub:good@" + srv.Addr().String()})
	identity(t, b)
	change := func(password string) {
		next := good.Clone()
		next.Port = server.RANDOM_PORT
		next.Users = []*server.User{{Username: "hub", Password: password}}
		if err := srv.ReloadOptions(next); err != nil {
			t.Fatal(err)
		}
	}
	change("other")
	eventually(t, "nobody is let in", func() bool { return b.Healthy(t.Context()) != nil })
	<-time.After(3 * time.Second) // several refusals
	change("good")
	eventually(t, "the hub is let in again", func() bool { return b.Healthy(t.Context()) == nil })
}

// TestExpiresDoesNotWaitForNATS: the end of the lease is known at once, also
// while a renewal waits for a NATS that does not answer.
func TestExpiresDoesNotWaitForNATS(t *testing.T) {
	srv := external(t)
	w := newWire(t, srv.Addr().String())
	b := open(t, bus.Config{URL: "nats://" + w.listener.Addr().String()})
	lease, ok, err := b.TryLease(t.Context(), "a", 10*time.Second)
	if err != nil || !ok {
		t.Fatalf("TryLease() = %v, %v", ok, err)
	}
	w.lose.Store(true)
	renewed := make(chan error, 1)
	go func() { renewed <- lease.Renew(t.Context()) }() // ends with its ttl or the connection
	<-time.After(200 * time.Millisecond)
	asked := time.Now()
	if lease.Expires().Before(asked) {
		t.Error("the lease ended while it was being renewed")
	}
	if took := time.Since(asked); took > time.Second {
		t.Errorf("Expires() took %s", took)
	}
	w.lose.Store(false)
	w.cut()
	<-renewed
}
