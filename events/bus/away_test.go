package bus_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"upgradehub/events/bus"
)

// TestRefusedCredentialsMayBecomeGood: the connection outlives credentials
// that are refused for a while.
func TestRefusedCredentialsMayBecomeGood(t *testing.T) {
	door := &door{}
	srv := startServer(t, &server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true,
		CustomClientAuthentication: door,
	})
	b := open(t, bus.Config{URL: "nats://hub:good@" + srv.Addr().String()})
	identity(t, b)
	door.shut.Store(true)
	disconnect(t, srv)
	eventually(t, "several refusals", func() bool { return door.refused.Load() >= 3 })
	if b.Healthy(t.Context()) == nil {
		t.Error("Healthy() = nil while nobody is let in")
	}
	door.shut.Store(false)
	eventually(t, "the hub is let in again", func() bool { return b.Healthy(t.Context()) == nil })
}

// door lets everybody in, or nobody. The server's own way of changing
// passwords races with the clients it turns out.
type door struct {
	shut    atomic.Bool
	refused atomic.Int64
}

func (d *door) Check(server.ClientAuthentication) bool {
	if d.shut.Load() {
		d.refused.Add(1)
		return false
	}
	return true
}

// disconnect ends every connection of the server.
func disconnect(t *testing.T, srv *server.Server) {
	t.Helper()
	all, err := srv.Connz(&server.ConnzOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all.Conns {
		if err := srv.DisconnectClientByID(c.Cid); err != nil {
			t.Logf("client %d went by itself: %v", c.Cid, err)
		}
	}
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
