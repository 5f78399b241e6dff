package live_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"upgradehub/statuspage/live"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// source is a page of fragments that a test changes.
type source struct {
	mu      sync.Mutex
	log     string
	seq     uint64
	made    uint64 // seq of the newest fact on the page
	parts   []live.Fragment
	say     []string
	ticks   bool
	renders int
}

func newSource() *source {
	return &source{log: "log-1", seq: 10, made: 10, parts: []live.Fragment{{ID: "main", HTML: "<main>"}, {ID: "a", HTML: "<p>a1"}, {ID: "b", HTML: "<p>b1"}}}
}

func (s *source) Fragments(_ context.Context, page, _ string) (live.View, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if page != "/" && page != "/upgrades/pg16" {
		return live.View{}, fmt.Errorf("%q: %w", page, live.ErrNotFound)
	}
	s.renders++
	v := live.View{Title: "Title", Say: append([]string(nil), s.say...), Fragments: append([]live.Fragment(nil), s.parts...), Seq: s.made, Ticks: s.ticks}
	if page != "/" {
		v.Upgrades = []string{"pg16"}
	}
	return v, nil
}

func (s *source) Position() (string, uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log, s.seq
}

// commit changes a fragment by one fact.
func (s *source) commit(id, html, say string) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seq++
	s.made = s.seq
	for i := range s.parts {
		if s.parts[i].ID == id {
			s.parts[i].HTML = html
		}
	}
	if say != "" {
		s.say = append(s.say, say)
	}
	return s.seq
}

type frame struct {
	Log, Title, Say    string
	Seq                uint64
	T0                 int64
	F                  map[string]string
	HB, Reload, Behind bool
}

// running starts a hub with a server.
func running(t *testing.T, src *source, cfg live.Config) (*live.Hub, *httptest.Server) {
	t.Helper()
	h := live.New(src, cfg)
	mux := http.NewServeMux()
	mux.HandleFunc("/ws", h.ServeWS)
	mux.HandleFunc("/live", h.ServeLive)
	srv := httptest.NewServer(mux)
	done := make(chan error, 1)
	go func() { done <- h.Run(t.Context()) }() // ends before the cleanup runs
	t.Cleanup(func() {
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
		srv.Close()
	})
	return h, srv
}

// dial opens a socket with the given query.
func dial(t *testing.T, srv *httptest.Server, query string) *websocket.Conn {
	t.Helper()
	c, res, err := websocket.DefaultDialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(srv.URL, "http")+"/ws?"+query, nil)
	if err != nil {
		t.Fatalf("dial %s: %v (%v)", query, err, res)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// read reads one frame.
func read(t *testing.T, c *websocket.Conn) frame {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	_, raw, err := c.ReadMessage()
	if err != nil {
		t.Fatalf("read frame: %v", err)
	}
	var f frame
	if err := json.Unmarshal(raw, &f); err != nil {
		t.Fatalf("frame %s: %v", raw, err)
	}
	return f
}

// joined waits until so many sockets are in their rooms.
func joined(t *testing.T, h *live.Hub, n int) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for h.Viewers() != n {
		if time.Now().After(deadline) {
			t.Fatalf("%d sockets, want %d", h.Viewers(), n)
		}
		<-time.After(time.Millisecond)
	}
}

func TestJoin(t *testing.T) {
	for _, tt := range []struct {
		name, query string
		want        string // ids of the first frame, in any order; empty: nothing is sent
	}{
		{"newest page gets nothing", "since=10&page=/", ""},
		{"older page gets what changed since", "since=11&page=/&after=1", "b"},
		{"page of no position gets all", "page=/", "main a b"},
		{"page from the beginning gets all", "since=0&page=/", "main a b"},
		{"page of another log gets all", "since=12&page=/&log=other&after=1", "main a b"},
		{"page of this log gets what changed", "since=11&page=/&log=log-1&after=1", "b"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			src := newSource()
			h, srv := running(t, src, live.Config{})
			if strings.Contains(tt.query, "after=1") { // somebody is there while a, then b changes
				watcher := dial(t, srv, "since=10&page=/")
				for _, id := range []string{"a", "b"} {
					h.Show(src.commit(id, "<p>new "+id, ""), time.Now(), []string{"pg16"})
					read(t, watcher)
				}
			}
			c := dial(t, srv, tt.query)
			if tt.want == "" {
				h.Show(src.commit("a", "<p>later", ""), time.Now(), []string{"pg16"})
				tt.want = "a"
			}
			f := read(t, c)
			if got := len(f.F); got != len(strings.Fields(tt.want)) {
				t.Errorf("fragments = %v, want %s", f.F, tt.want)
			}
			for id := range strings.FieldsSeq(tt.want) {
				if _, ok := f.F[id]; !ok {
					t.Errorf("fragments = %v, want %s", f.F, tt.want)
				}
			}
		})
	}
}

func TestChangeReachesReader(t *testing.T) {
	src := newSource()
	h, srv := running(t, src, live.Config{})
	c := dial(t, srv, "since=10&page=/upgrades/pg16")
	joined(t, h, 1)
	published := time.Date(2026, 11, 22, 2, 0, 0, 123, time.UTC)
	h.Show(src.commit("a", `<p id="a">a & "b"</p>`, "A changed."), published, []string{"pg16"})
	got := read(t, c)
	if got.F["a"] != `<p id="a">a & "b"</p>` || len(got.F) != 1 {
		t.Errorf("fragments = %v, want the changed a alone", got.F)
	}
	if got.Say != "A changed." || got.Title != "Title" || got.Log != "log-1" || got.Seq != 11 || got.T0 != published.UnixNano() {
		t.Errorf("frame = %+v, want what was said, the position 11 and t0 %d", got, published.UnixNano())
	}
}

func TestNothingForOtherUpgrades(t *testing.T) {
	src := newSource()
	h, srv := running(t, src, live.Config{})
	c := dial(t, srv, "since=10&page=/upgrades/pg16")
	joined(t, h, 1)
	h.Show(src.commit("a", "<p>a2", ""), time.Now(), []string{"another"})
	h.Show(src.commit("b", "<p>b2", ""), time.Now(), []string{"pg16"})
	if f := read(t, c); f.F["b"] == "" || f.F["a"] == "" {
		t.Errorf("fragments = %v, want both in the one frame that pg16 caused", f.F)
	}
}

func TestStormIsCoalesced(t *testing.T) {
	src := newSource()
	h, srv := running(t, src, live.Config{Gap: 50 * time.Millisecond})
	c := dial(t, srv, "since=10&page=/")
	joined(t, h, 1)
	const events = 500
	go func() {
		for i := range events {
			h.Show(src.commit("a", fmt.Sprintf("<p>%d", i), ""), time.Now(), []string{"pg16"})
			<-time.After(200 * time.Microsecond)
		}
	}()
	frames, began := 0, time.Now()
	for last := ""; last != fmt.Sprintf("<p>%d", events-1); frames++ {
		last = read(t, c).F["a"]
	}
	if most := int(time.Since(began)/(50*time.Millisecond)) + 2; frames > most {
		t.Errorf("%d frames for %d events, want at most %d", frames, events, most)
	}
}

func TestOneRenderForMany(t *testing.T) {
	src := newSource()
	h, srv := running(t, src, live.Config{})
	var readers []*websocket.Conn
	for range 20 {
		readers = append(readers, dial(t, srv, "since=10&page=/"))
	}
	joined(t, h, 20)
	src.mu.Lock()
	before := src.renders
	src.mu.Unlock()
	h.Show(src.commit("a", "<p>a2", ""), time.Now(), []string{"pg16"})
	for _, c := range readers {
		if f := read(t, c); f.F["a"] != "<p>a2" {
			t.Errorf("fragments = %v, want a2", f.F)
		}
	}
	src.mu.Lock()
	defer src.mu.Unlock()
	if got := src.renders - before; got != 1 {
		t.Errorf("%d renders for one change and 20 readers, want 1", got)
	}
}

// TestSlowReader stops reading one of two sockets: the other is not delayed,
// and the slow one gets the newest state and no queue.
func TestSlowReader(t *testing.T) {
	src := newSource()
	h, srv := running(t, src, live.Config{Gap: time.Millisecond})
	slow, quick := dial(t, srv, "since=10&page=/"), dial(t, srv, "since=10&page=/")
	joined(t, h, 2)
	if err := slow.NetConn().(*net.TCPConn).SetReadBuffer(4096); err != nil {
		t.Fatal(err)
	}
	const rounds, size = 60, 30_000
	var worst time.Duration
	for i := range rounds {
		began, want := time.Now(), fmt.Sprintf("<p>%d %s", i, strings.Repeat("x", size))
		h.Show(src.commit("a", want, ""), time.Now(), []string{"pg16"})
		for read(t, quick).F["a"] != want {
			continue
		}
		worst = max(worst, time.Since(began))
	}
	if worst > 2*time.Second {
		t.Errorf("the quick reader waited %s for the slow one", worst)
	}
	frames := 0
	for {
		frames++
		if f := read(t, slow); strings.HasPrefix(f.F["a"], fmt.Sprintf("<p>%d ", rounds-1)) {
			break
		}
	}
	if frames > rounds/2 {
		t.Errorf("the slow reader got %d of %d frames, want few and the newest", frames, rounds)
	}
}

func TestBehind(t *testing.T) {
	src := newSource()
	_, srv := running(t, src, live.Config{CatchUp: 30 * time.Millisecond})
	c := dial(t, srv, "since=12&page=/")
	if f := read(t, c); !f.Behind || len(f.F) != 0 || f.Seq != 10 {
		t.Fatalf("first frame = %+v, want behind at 10 and no fragments", f)
	}
	src.commit("a", "<p>a2", "")
	src.commit("b", "<p>b2", "")
	if f := read(t, c); f.Behind || len(f.F) != 3 {
		t.Errorf("second frame = %+v, want everything", f)
	}
}

func TestReloadOfAnotherBuild(t *testing.T) {
	src := newSource()
	h, srv := running(t, src, live.Config{Build: "new"})
	c := dial(t, srv, "since=10&page=/&build=old")
	if f := read(t, c); !f.Reload {
		t.Fatalf("first frame = %+v, want reload", f)
	}
	joined(t, h, 1)
	h.Show(src.commit("a", "<p>a2", ""), time.Now(), []string{"pg16"})
	if f := read(t, c); f.F["a"] != "<p>a2" {
		t.Errorf("second frame = %+v, want the change all the same", f)
	}
}

func TestPoll(t *testing.T) {
	src := newSource()
	_, srv := running(t, src, live.Config{Build: "new", CatchUp: 10 * time.Millisecond})
	for _, tt := range []struct {
		query  string
		status int
		ids    int
		want   func(frame) bool
	}{
		{"since=10&page=/", 200, 0, func(f frame) bool { return f.Seq == 10 && !f.Behind }},
		{"since=9&page=/", 200, 3, func(f frame) bool { return f.Log == "log-1" }},
		{"since=9&page=/&build=old", 200, 3, func(f frame) bool { return f.Reload }},
		{"since=99&page=/", 200, 0, func(f frame) bool { return f.Behind }},
		{"since=99&page=/&log=other", 200, 3, func(f frame) bool { return !f.Behind }},
		{"since=0&page=/nowhere", 404, 0, nil},
		{"since=0&page=../etc", 404, 0, nil},
	} {
		t.Run(tt.query, func(t *testing.T) {
			res, err := srv.Client().Get(srv.URL + "/live?" + tt.query)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			if res.StatusCode != tt.status {
				t.Fatalf("status = %d, want %d", res.StatusCode, tt.status)
			}
			if tt.want == nil {
				return
			}
			var f frame
			if err := json.NewDecoder(res.Body).Decode(&f); err != nil {
				t.Fatal(err)
			}
			if !tt.want(f) || len(f.F) != tt.ids || res.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("frame = %+v with %d fragments and %q, want %d fragments", f, len(f.F), res.Header.Get("Cache-Control"), tt.ids)
			}
		})
	}
}

func TestHandshake(t *testing.T) {
	src := newSource()
	h, srv := running(t, src, live.Config{Origin: "https://status.example.org", MaxPerIP: 1})
	host := strings.TrimPrefix(srv.URL, "http://")
	for _, tt := range []struct {
		name, origin, page string
		status             int
	}{
		{"no origin", "", "/", 101},
		{"no page is the first one", "", "", 101},
		{"own host", "http://" + host, "/", 101},
		{"public origin", "https://status.example.org", "/", 101},
		{"upper case", "HTTPS://STATUS.EXAMPLE.ORG", "/", 101},
		{"foreign", "https://evil.example.org", "/", 403},
		{"null", "null", "/", 403},
		{"prefix", "https://status.example.org.evil.example.org", "/", 403},
		{"other port", "http://127.0.0.1:1", "/", 403},
		{"no such page", "", "/upgrades/none", 404},
	} {
		t.Run(tt.name, func(t *testing.T) {
			joined(t, h, 0)
			header := http.Header{}
			if tt.origin != "" {
				header.Set("Origin", tt.origin)
			}
			c, res, err := websocket.DefaultDialer.Dial("ws://"+host+"/ws?since=10&page="+tt.page, header)
			if c != nil {
				joined(t, h, 1) // or the next one finds the place taken
				_ = c.Close()
			}
			if res == nil || res.StatusCode != tt.status {
				t.Errorf("handshake = %v, %v; want %d", res, err, tt.status)
			}
		})
	}
	joined(t, h, 0)
	dial(t, srv, "since=10&page=/")
	joined(t, h, 1)
	if _, res, err := websocket.DefaultDialer.Dial("ws://"+host+"/ws?since=10&page=/", nil); err == nil || res.StatusCode != 503 {
		t.Errorf("second socket of one address = %v, %v; want 503", res, err)
	}
}

func TestCloseSaysComeBack(t *testing.T) {
	src := newSource()
	h, srv := running(t, src, live.Config{})
	c := dial(t, srv, "since=10&page=/")
	joined(t, h, 1)
	if err := h.Close(t.Context()); err != nil {
		t.Fatalf("Close: %v", err)
	}
	if _, _, err := c.ReadMessage(); !websocket.IsCloseError(err, 1012) {
		t.Errorf("the page saw %v, want the code 1012", err)
	}
	if _, res, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(srv.URL, "http")+"/ws?since=10&page=/", nil); err == nil || res.StatusCode != 503 {
		t.Errorf("socket after Close = %v, %v; want 503", res, err)
	}
}

// pipes is a listener in memory, so that a test can have a false clock.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	c, ok := <-p
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (p pipes) Close() error   { close(p); return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

func TestHeartbeatAndTick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newSource()
		src.ticks = true
		h, ln := live.New(src, live.Config{}), make(pipes)
		srv := &http.Server{Handler: http.HandlerFunc(h.ServeWS), ReadHeaderTimeout: time.Second}
		go func() { _ = srv.Serve(ln) }()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- h.Run(ctx) }()
		dialer := websocket.Dialer{NetDial: func(string, string) (net.Conn, error) {
			a, b := net.Pipe()
			ln <- a
			return b, nil
		}}
		c, _, err := dialer.Dial("ws://hub.example.org/ws?since=10&page=/", nil)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		for i := 1; i <= 2; i++ {
			if f := readAny(t, c); !f.HB || time.Since(began) != time.Duration(i)*25*time.Second {
				t.Errorf("after %s: %+v, want heartbeat %d", time.Since(began), f, i)
			}
		}
		src.mu.Lock()
		src.parts[1].HTML = "<p>moved" // as the line of now does, without a fact
		src.mu.Unlock()
		if f := readAny(t, c); f.F["a"] != "<p>moved" || f.Say != "" || f.T0 != 0 || time.Since(began) > time.Minute {
			t.Errorf("after %s: %+v, want the moved fragment within the minute", time.Since(began), f)
		}
		cancel()
		if _, _, err := c.ReadMessage(); !websocket.IsCloseError(err, 1012) {
			t.Errorf("at the end the page saw %v, want the code 1012", err)
		}
		_ = c.Close()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
		_ = srv.Close()
	})
}

// readAny reads a frame without a deadline: under a false clock none is
// needed.
func readAny(t *testing.T, c *websocket.Conn) frame {
	t.Helper()
	_, raw, err := c.ReadMessage()
	if err != nil {
		t.Fatalf("read frame: %v", err)
	}
	var f frame
	if err := json.Unmarshal(raw, &f); err != nil {
		t.Fatalf("frame %s: %v", raw, err)
	}
	return f
}
