// Package slacktest is a strict fake of Slack for tests and demonstrations.
//
// A [Server] is a real HTTP server, like one of httptest. It keeps channels,
// messages, threads, edits and broadcasts, gives every message a ts of its own,
// and refuses what Slack refuses, with Slack's own error codes: what passes
// here keeps Slack's documented limits. [Server.Script] makes it misbehave as
// the network and Slack do. A browser sees a channel at /view?channel=ID.
//
// It knows the methods the hub calls, and unknown_method for all others.
//
// [Server.Click], [Server.Submit] and [Server.Command] do what a person does:
// the app hears of it as Slack says it, signed and over HTTP, or over a socket
// it has opened, and must acknowledge within three seconds.
package slacktest

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// What a Server takes and signs with unless told otherwise.
const (
	Token         = "xoxb-slacktest"
	AppToken      = "xapp-slacktest"
	SigningSecret = "slacktest-signing-secret"
)

// Config tunes a Server. Its zero value is ready to use.
type Config struct {
	// Token is the only token that is taken; default [Token].
	Token string
	// Scopes of the token; default chat:write, im:write, channels:history,
	// channels:read.
	Scopes []string
	// Channels that exist; default C0OPS "ops", with the bot in it.
	Channels []Channel
	// Users that can be written to, by id; default U0LEAD.
	Users []string
	// Limit makes a channel take one message a second, as Slack does.
	Limit bool
	// Clock gives the seconds of a ts; default time.Now.
	Clock func() time.Time
	// Callbacks is where clicks, submissions and commands are posted; see
	// [Server.Callbacks] for an address that is known later. A connected
	// socket takes them in its place.
	Callbacks string
	// SigningSecret signs what is posted there; default [SigningSecret].
	SigningSecret string
	// AppToken opens sockets; default [AppToken].
	AppToken string
}

// Channel is a conversation that exists before anything is posted.
type Channel struct {
	ID, Name string
	Archived bool
	// Absent says that the bot is not in the channel.
	Absent bool
}

// Server is a fake Slack. Its methods are safe for concurrent use.
type Server struct {
	http *httptest.Server
	mux  *http.ServeMux
	cfg  Config
	done chan struct{} // closed by Close, ends what hangs

	mu       sync.Mutex
	channels map[string]*channel
	faults   map[string][]Fault
	calls    map[string]int
	lastTS   int // microseconds of the last ts, so that each is new
	revoked  string
	people
}

// New starts a Server on a local port. It must be closed.
func New(cfg Config) *Server {
	s := &Server{
		cfg: withDefaults(cfg), mux: http.NewServeMux(), done: make(chan struct{}),
		channels: map[string]*channel{}, faults: map[string][]Fault{}, calls: map[string]int{},
		people: newPeople(),
	}
	for _, c := range s.cfg.Channels {
		s.channels[c.ID] = &channel{Channel: c}
	}
	s.mux.HandleFunc("/api/{method}", s.serveMethod)
	s.mux.HandleFunc("POST /response/{id}", s.serveResponse)
	s.mux.HandleFunc("GET /socket", s.serveSocket)
	s.mux.HandleFunc("GET /view", s.serveView)
	s.mux.HandleFunc("GET /modal", s.serveModal)
	s.mux.HandleFunc("GET /view.css", serveStyle)
	s.http = httptest.NewServer(s.mux)
	return s
}

func withDefaults(c Config) Config {
	c.Token = cmp.Or(c.Token, Token)
	c.AppToken = cmp.Or(c.AppToken, AppToken)
	c.SigningSecret = cmp.Or(c.SigningSecret, SigningSecret)
	if c.Scopes == nil {
		c.Scopes = []string{"chat:write", "im:write", "channels:history", "channels:read"}
	}
	if c.Channels == nil {
		c.Channels = []Channel{{ID: "C0OPS0001", Name: "ops"}}
	}
	if c.Users == nil {
		c.Users = []string{"U0LEAD001"}
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	return c
}

// APIURL is the base of the methods, for the client under test.
func (s *Server) APIURL() string { return s.http.URL + "/api/" }

// URL is the root of the server; /view?channel=ID below it shows a channel.
func (s *Server) URL() string { return s.http.URL }

// Close ends what hangs and stops the server.
func (s *Server) Close() {
	close(s.done)
	s.hangUp()
	s.http.CloseClientConnections()
	s.http.Close()
}

// Revoke makes every call with the token fail with a code such as
// token_revoked, until the code is empty.
func (s *Server) Revoke(code string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revoked = code
}

// Calls is how often a method was called, refused calls included.
func (s *Server) Calls(method string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[method]
}

// answer is a JSON object, as every method of Slack's returns one.
type answer map[string]any

// refusal is an error code of Slack's.
type refusal struct {
	code     string
	messages []string
	needed   string
}

func refuse(code string, messages ...string) *refusal {
	return &refusal{code: code, messages: messages}
}

// method is one of the API's; it runs under the server's lock.
type method struct {
	scope string
	run   func(*Server, url.Values) (answer, *refusal)
}

var methods = map[string]method{
	"auth.test":             {"", (*Server).authTest},
	"chat.postMessage":      {"chat:write", (*Server).postMessage},
	"chat.update":           {"chat:write", (*Server).update},
	"chat.delete":           {"chat:write", (*Server).remove},
	"chat.getPermalink":     {"", (*Server).permalink},
	"chat.postEphemeral":    {"chat:write", (*Server).postEphemeral},
	"views.open":            {"", (*Server).viewsOpen},
	"views.update":          {"", (*Server).viewsUpdate},
	"conversations.open":    {"im:write", (*Server).open},
	"conversations.info":    {"channels:read", (*Server).info},
	"conversations.history": {"channels:history", (*Server).history},
	"conversations.replies": {"channels:history", (*Server).replies},
}

func (s *Server) serveMethod(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("method")
	err := parse(r)
	fault := s.count(name, r.Form.Get("channel"))
	if fault.kind == faultReset {
		reset(w)
		return
	}
	if err != nil {
		writeJSON(w, answer{"ok": false, "error": "invalid_form_data"})
		return
	}
	if fault.kind == faultAcceptReset {
		s.do(name, r)
		reset(w)
		return
	}
	if s.misbehave(w, r, fault) {
		return
	}
	s.write(w, name, r)
}

func (s *Server) write(w http.ResponseWriter, name string, r *http.Request) {
	a, no := s.do(name, r)
	if no != nil {
		a = answer{"ok": false, "error": no.code}
		if len(no.messages) > 0 {
			a["response_metadata"] = answer{"messages": no.messages}
		}
		if no.needed != "" {
			a["needed"], a["provided"] = no.needed, strings.Join(s.cfg.Scopes, ",")
		}
		if no.code == "ratelimited" {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
		}
	}
	writeJSON(w, a)
}

// do runs a method for the client that r speaks for.
func (s *Server) do(name string, r *http.Request) (answer, *refusal) {
	if name == "apps.connections.open" {
		return s.connect(r)
	}
	m, ok := methods[name]
	if !ok {
		return nil, refuse("unknown_method")
	}
	token := cmp.Or(r.Form.Get("token"), strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	switch {
	case token == "":
		return nil, refuse("not_authed")
	case token != s.cfg.Token:
		return nil, refuse("invalid_auth")
	case m.scope != "" && !slices.Contains(s.cfg.Scopes, m.scope):
		return nil, &refusal{code: "missing_scope", needed: m.scope}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.revoked != "" {
		return nil, refuse(s.revoked)
	}
	a, no := m.run(s, r.Form)
	if no == nil {
		a["ok"] = true
	}
	return a, no
}

func writeJSON(w http.ResponseWriter, a answer) {
	raw, err := json.Marshal(a)
	if err != nil {
		http.Error(w, "encode answer", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(raw) // the client is gone
}
