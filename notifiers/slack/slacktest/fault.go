package slacktest

import (
	"net"
	"net/http"
	"strconv"
)

// Fault is one way in which a single call goes wrong. The functions of this
// package make them.
type Fault struct {
	kind   kind
	status int
	after  string
	body   string
}

type kind int

const (
	faultNone kind = iota
	faultAnswer
	faultHang
	faultReset
	faultAcceptReset
)

// Pass lets one call through, for scripts in which a later call goes wrong.
func Pass() Fault { return Fault{} }

// RateLimited answers 429 with a Retry-After of so many seconds.
func RateLimited(seconds int) Fault { return RateLimitedUntil(strconv.Itoa(seconds)) }

// RateLimitedUntil answers 429 with any Retry-After, such as an HTTP date. With
// an empty one the header is left out.
func RateLimitedUntil(retryAfter string) Fault {
	return Fault{
		kind: faultAnswer, status: http.StatusTooManyRequests, after: retryAfter,
		body: `{"ok":false,"error":"ratelimited"}`,
	}
}

// Status answers with an HTTP status and a page of HTML, as Slack's front does.
func Status(status int) Fault {
	return Fault{kind: faultAnswer, status: status, body: "<!doctype html><title>Server Error</title>"}
}

// Refusal answers 200 with an error code of Slack's.
func Refusal(code string) Fault { return Body(`{"ok":false,"error":` + strconv.Quote(code) + `}`) }

// Body answers 200 with any body, and does nothing else.
func Body(body string) Fault { return Fault{kind: faultAnswer, status: http.StatusOK, body: body} }

// Hang answers nothing until the client gives up or the server is closed.
func Hang() Fault { return Fault{kind: faultHang} }

// Reset cuts the connection without doing what the call asks.
func Reset() Fault { return Fault{kind: faultReset} }

// AcceptReset does what the call asks and cuts the connection instead of
// answering.
func AcceptReset() Fault { return Fault{kind: faultAcceptReset} }

// Script makes the next calls of a method go wrong, one fault a call, in their
// order, after those scripted before.
func (s *Server) Script(method string, faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[method] = append(s.faults[method], faults...)
}

// ScriptIn is Script for the calls about one channel, by its id.
func (s *Server) ScriptIn(channel, method string, faults ...Fault) {
	s.Script(method+" "+channel, faults...)
}

// count notes a call and returns the fault that is due.
func (s *Server) count(method, channel string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[method]++
	for _, key := range []string{method + " " + channel, method} {
		if due := s.faults[key]; len(due) > 0 {
			s.faults[key] = due[1:]
			return due[0]
		}
	}
	return Fault{}
}

// misbehave reports whether the fault has dealt with the call.
func (s *Server) misbehave(w http.ResponseWriter, r *http.Request, f Fault) bool {
	switch f.kind {
	case faultAnswer:
		if f.after != "" {
			w.Header().Set("Retry-After", f.after)
		}
		w.WriteHeader(f.status)
		_, _ = w.Write([]byte(f.body)) // the client is gone
	case faultHang:
		select {
		case <-r.Context().Done():
		case <-s.done:
		}
	default:
		return false
	}
	return true
}

// reset ends the connection with a TCP reset, so that the client cannot take
// it for an orderly end.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // without it the end is orderly, no worse
	}
	_ = conn.Close() // it is meant to break
}
