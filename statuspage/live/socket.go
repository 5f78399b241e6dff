package live

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// This file alone knows the websocket library.

// socket is an open connection to one page. Write and end may be called from
// different goroutines, everything else from one.
type socket interface {
	// drain reads and drops what the page sends, until the connection ends.
	drain()
	// write sends one message; it fails when the socket takes nothing for
	// so long that the reader is to be cut off.
	write(message) error
	// end closes the connection with a code of RFC 6455.
	end(code int)
}

// Why a socket is closed.
const (
	closeNormal  = websocket.CloseNormalClosure  // the page went away
	closeAway    = websocket.CloseGoingAway      // the reader is cut off
	closeRestart = websocket.CloseServiceRestart // this process stops: come back
)

// message is a frame that is encoded once for all sockets.
type message struct{ p *websocket.PreparedMessage }

func prepare(raw []byte) message {
	p, err := websocket.NewPreparedMessage(websocket.TextMessage, raw)
	if err != nil {
		panic("live: prepare message: " + err.Error()) // only for an unknown message type
	}
	return message{p}
}

type upgrader struct{ websocket.Upgrader }

// newUpgrader sizes buffers for readers who never send: 512 bytes to read
// into, and write buffers that are shared. No compression: a deflate state a
// connection costs more than the bytes it saves.
func newUpgrader(origin string) upgrader {
	return upgrader{websocket.Upgrader{
		ReadBufferSize: 512, WriteBufferSize: 4096, WriteBufferPool: &sync.Pool{},
		HandshakeTimeout: 10 * time.Second,
		CheckOrigin:      func(r *http.Request) bool { return allowed(r, origin) },
	}}
}

// allowed admits pages of our own host, of the public origin, and clients
// that are no browsers and therefore send no Origin.
func allowed(r *http.Request, origin string) bool {
	sent := r.Header.Values("Origin")
	if len(sent) == 0 {
		return true
	}
	if len(sent) > 1 {
		return false
	}
	if origin != "" && strings.EqualFold(sent[0], origin) {
		return true
	}
	u, err := url.Parse(sent[0])
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, r.Host)
}

// open upgrades the request; on failure it has answered it.
func (u *upgrader) open(w http.ResponseWriter, r *http.Request) (socket, error) {
	conn, err := u.Upgrade(w, r, nil)
	if err != nil {
		return nil, err
	}
	conn.SetReadLimit(512)
	// A small kernel buffer makes a slow reader known early.
	if tcp, ok := conn.NetConn().(interface{ SetWriteBuffer(int) error }); ok {
		_ = tcp.SetWriteBuffer(64 << 10) // only a hint; the connection works without
	}
	return &gorilla{conn}, nil
}

type gorilla struct{ conn *websocket.Conn }

func (g *gorilla) drain() {
	for {
		if _, _, err := g.conn.NextReader(); err != nil {
			return
		}
	}
}

func (g *gorilla) write(m message) error {
	if err := g.conn.SetWriteDeadline(time.Now().Add(stalled)); err != nil {
		return err
	}
	return g.conn.WritePreparedMessage(m.p)
}

func (g *gorilla) end(code int) {
	bye := websocket.FormatCloseMessage(code, "")
	_ = g.conn.WriteControl(websocket.CloseMessage, bye, time.Now().Add(time.Second)) // the peer may be gone
	_ = g.conn.Close()
}
