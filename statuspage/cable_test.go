package statuspage_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// cable is a listener whose connections a test can cut, clog and count.
type cable struct {
	net.Listener
	mu      sync.Mutex
	sockets []*conn // those that became websockets, in order
	bytes   atomic.Int64
}

func (c *cable) Accept() (net.Conn, error) {
	raw, err := c.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &conn{Conn: raw, cable: c, open: make(chan struct{}, 1)}, nil
}

// conn is one connection of a cable.
type conn struct {
	net.Conn
	cable   *cable
	clogged atomic.Bool
	stuck   atomic.Bool
	patient atomic.Int64 // how long the last write may take, as it was told
	open    chan struct{}
}

// SetWriteDeadline notes the patience of who writes.
func (c *conn) SetWriteDeadline(t time.Time) error {
	c.patient.Store(int64(time.Until(t)))
	return c.Conn.SetWriteDeadline(t)
}

func (c *conn) Write(p []byte) (int, error) {
	if c.stuck.Load() {
		return 0, os.ErrDeadlineExceeded
	}
	if c.clogged.Load() {
		<-c.open
		c.open <- struct{}{}
	}
	n, err := c.Conn.Write(p)
	c.cable.bytes.Add(int64(n))
	return n, err
}

// clog stops everything that is written until unclog.
func (c *conn) clog() { c.clogged.Store(true) }

// stall takes nothing any more, until the patience of who writes is over: that
// is at once here.
func (c *conn) stall() { c.stuck.Store(true) }

func (c *conn) unclog() {
	c.clogged.Store(false)
	c.open <- struct{}{}
}

// cut ends the connection as a pulled plug does: no word of farewell.
func (c *conn) cut(t *testing.T) {
	t.Helper()
	if err := c.Conn.(*net.TCPConn).SetLinger(0); err != nil {
		t.Errorf("cut: %v", err)
	}
	_ = c.Close() // the peer may be gone
}

// websocket waits for the socket of that number, from 0.
func (c *cable) websocket(t *testing.T, n int) *conn {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		c.mu.Lock()
		if len(c.sockets) > n {
			defer c.mu.Unlock()
			return c.sockets[n]
		}
		c.mu.Unlock()
		if time.Now().After(deadline) {
			t.Fatalf("socket %d was never opened", n)
		}
		<-time.After(5 * time.Millisecond)
	}
}

// newCable lays a cable to the handler.
func newCable(h http.Handler) (*httptest.Server, *cable) {
	srv := httptest.NewUnstartedServer(h)
	c := &cable{Listener: srv.Listener}
	srv.Listener = c
	srv.Config.ConnState = func(nc net.Conn, s http.ConnState) {
		if s != http.StateHijacked {
			return
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.sockets = append(c.sockets, nc.(*conn))
	}
	srv.Start()
	return srv, c
}
