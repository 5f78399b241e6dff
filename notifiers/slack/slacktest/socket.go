package slacktest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// socket is an app's connection in Socket Mode.
type socket struct {
	conn  *websocket.Conn
	write chan answer
	done  <-chan struct{}

	mu      sync.Mutex
	waiting map[string]chan<- socketAck // by envelope
}

type socketAck struct {
	Envelope string          `json:"envelope_id"`
	Payload  json.RawMessage `json:"payload"`
}

// connect gives an address at which one socket may be opened.
func (s *Server) connect(r *http.Request) (answer, *refusal) {
	switch token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "); {
	case token == "" && r.Form.Get("token") == "":
		return nil, refuse("not_authed")
	case token != s.cfg.AppToken && r.Form.Get("token") != s.cfg.AppToken:
		return nil, refuse("not_allowed_token_type")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ticket := s.next("ticket")
	s.tickets[ticket] = true
	return answer{"ok": true, "url": "ws" + strings.TrimPrefix(s.http.URL, "http") + "/socket?ticket=" + ticket}, nil
}

// Connected reports whether the app has a socket open.
func (s *Server) Connected() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.socket != nil
}

// Disconnect closes the app's socket as Slack does every few hours.
func (s *Server) Disconnect() {
	s.mu.Lock()
	link := s.socket
	s.socket = nil
	s.mu.Unlock()
	if link != nil {
		link.say(answer{"type": "disconnect", "reason": "refresh_requested"})
	}
}

// hangUp cuts the socket.
func (s *Server) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.socket != nil {
		_ = s.socket.conn.Close() // it is meant to break
	}
}

func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	known := s.tickets[r.FormValue("ticket")]
	delete(s.tickets, r.FormValue("ticket"))
	s.mu.Unlock()
	if !known {
		http.NotFound(w, r)
		return
	}
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }} // apps name their own
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // the upgrader has answered
	}
	done := make(chan struct{})
	link := &socket{conn: conn, write: make(chan answer), done: done, waiting: map[string]chan<- socketAck{}}
	s.mu.Lock()
	s.socket = link
	s.mu.Unlock()
	go link.speak() // ends when the reading ends
	link.say(answer{"type": "hello", "num_connections": 1, "connection_info": answer{"app_id": "A0TEST001"}})
	link.listen()
	close(done)
	_ = conn.Close() // it broke
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.socket == link {
		s.socket = nil
	}
}

// speak is the only writer of the connection.
func (l *socket) speak() {
	ping := time.NewTicker(5 * time.Second)
	defer ping.Stop()
	for {
		var err error
		select {
		case <-l.done:
			return
		case m := <-l.write:
			err = l.conn.WriteJSON(m)
		case <-ping.C:
			err = l.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(time.Second))
		}
		if err != nil {
			_ = l.conn.Close() // ends the reading
		}
	}
}

func (l *socket) say(m answer) {
	select {
	case l.write <- m:
	case <-l.done:
	}
}

// listen reads acknowledgements until the connection ends.
func (l *socket) listen() {
	for {
		var a socketAck
		if l.conn.ReadJSON(&a) != nil {
			return
		}
		l.mu.Lock()
		waits := l.waiting[a.Envelope]
		delete(l.waiting, a.Envelope)
		l.mu.Unlock()
		if waits != nil {
			waits <- a // has room for the one
		}
	}
}

// deliver sends an envelope and waits for its acknowledgement.
func (l *socket) deliver(kind string, payload answer) (Ack, error) {
	id, began, acked := fmt.Sprintf("envelope-%d", time.Now().UnixNano()), time.Now(), make(chan socketAck, 1)
	l.mu.Lock()
	l.waiting[id] = acked
	l.mu.Unlock()
	l.say(answer{"type": kind, "envelope_id": id, "payload": payload, "accepts_response_payload": true})
	timer := time.NewTimer(ackTime)
	defer timer.Stop()
	select {
	case a := <-acked:
		body := string(a.Payload)
		if body == "null" {
			body = ""
		}
		return Ack{Status: http.StatusOK, Body: body, Took: time.Since(began)}, nil
	case <-timer.C:
		return Ack{}, errLate
	case <-l.done:
		return Ack{}, errLate
	}
}
