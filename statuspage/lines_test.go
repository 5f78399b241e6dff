package statuspage_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"upgradehub/events/upgrade"
)

const isLive = `document.querySelector("#link").textContent === "Live"`

// asked collects the queries of a path.
type asked struct {
	mu      sync.Mutex
	path    string
	queries []url.Values
	change  func(url.Values) // of what the server sees; nil for none
}

func (a *asked) around(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == a.path {
			a.mu.Lock()
			q := r.URL.Query()
			a.queries = append(a.queries, q)
			if a.change != nil {
				a.change(q)
				r.URL.RawQuery = q.Encode()
			}
			a.mu.Unlock()
		}
		h.ServeHTTP(w, r)
	})
}

func (a *asked) all() []url.Values {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.queries)
}

// saying is the running upgrade with one more update of these words.
func saying(words string) upgrade.Public {
	u := running()
	u.Updates = append([]upgrade.PublicUpdate{{ID: words, At: noon, Text: words}}, u.Updates...)
	return u
}

// says waits until the newest update has these words.
func (b *tab) says(words string) {
	b.t.Helper()
	b.across(fmt.Sprintf(`document.querySelector("#updates li .prose").textContent.trim() === %q`, words))
}

// TestCutLine pulls the plug of an open page, twice: it says so, comes back
// by itself, asks for what changed since, and has it.
func TestCutLine(t *testing.T) {
	sockets := &asked{path: "/ws"}
	s, tb := newSite(t, &board{seq: 9, all: []upgrade.Public{running()}}, noon, sockets.around), open(t)
	tb.do(chromedp.Navigate(s.URL + "/upgrades/pg16"))
	tb.wait(isLive)
	eval[bool](tb, `(() => {
		window.states = [];
		new MutationObserver(() => states.push(document.querySelector("#link").textContent)).observe(document.querySelector("#link"), {childList: true, characterData: true, subtree: true});
		return window.same = true;
	})()`)
	for i, words := range []string{"First.", "Second."} {
		s.cable.websocket(t, i).cut(t)
		tb.wait(fmt.Sprintf(`states.filter((s) => s.startsWith("Reconnecting… last known ")).length === %d`, i+1))
		s.board.put(saying(words))
		s.show("pg16")
		tb.says(words)
		tb.wait(isLive)
	}
	if !eval[bool](tb, `window.same === true`) {
		t.Error("the page was loaded again, want it to come back as it was")
	}
	var since []string
	for _, q := range sockets.all() {
		since = append(since, q.Get("since")+" "+q.Get("log"))
	}
	if want := []string{"9 log-1", "9 log-1", "10 log-1"}; !slices.Equal(since, want) {
		t.Errorf("the page asked for what changed since %q, want %q", since, want)
	}
}

// TestBackForwardCache leaves the page and comes back: the browser kept it,
// its socket was closed meanwhile, and what was missed arrives.
func TestBackForwardCache(t *testing.T) {
	s, tb := newSite(t, &board{seq: 9, all: []upgrade.Public{running()}}, noon, nil), openFull(t)
	tb.do(chromedp.Navigate(s.URL + "/upgrades/pg16"))
	tb.wait(isLive)
	eval[bool](tb, `(addEventListener("pageshow", (e) => { window.restored = e.persisted; }), true)`)
	eval[bool](tb, `(setTimeout(() => { location.href = "/history"; }), true)`)
	tb.across(`location.pathname === "/history" && ` + isLive)
	joined(t, s, 1)
	s.board.put(saying("While you were away."))
	s.show("pg16")
	eval[bool](tb, `(setTimeout(() => history.back()), true)`)
	tb.across(`location.pathname === "/upgrades/pg16" && window.restored === true`)
	tb.says("While you were away.")
	tb.across(isLive)
	joined(t, s, 1)
	s.board.put(saying("And live again."))
	s.show("pg16")
	tb.says("And live again.")
	tb.quiet()
}

// joined waits until so many pages are connected.
func joined(t *testing.T, s *site, n int) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for s.pages.Live().Viewers() != n {
		if time.Now().After(deadline) {
			t.Fatalf("%d pages are connected, want %d", s.pages.Live().Viewers(), n)
		}
		<-time.After(5 * time.Millisecond)
	}
}

// TestNewBuild lets the server be of another build when the page comes back:
// the page loads itself again, once, and is live afterwards though the server
// still says that it is of another build.
func TestNewBuild(t *testing.T) {
	sockets := &asked{path: "/ws"}
	loads := &asked{path: "/upgrades/pg16"}
	s, tb := newSite(t, &board{seq: 9, all: []upgrade.Public{running()}}, noon, func(h http.Handler) http.Handler {
		return sockets.around(loads.around(h))
	}), open(t)
	tb.script(`Math.random = () => 0`) // it would wait up to half a minute, so that not everybody comes at once
	tb.do(chromedp.Navigate(s.URL + "/upgrades/pg16"))
	tb.wait(isLive)
	eval[bool](tb, `window.first = true`)
	sockets.mu.Lock()
	sockets.change = func(q url.Values) { q.Set("build", "another") }
	sockets.mu.Unlock()
	s.cable.websocket(t, 0).cut(t)
	tb.across(`window.first === undefined && ` + isLive)
	s.cable.websocket(t, 2).cut(t) // told a second time
	s.cable.websocket(t, 3)
	s.board.put(saying("Still here."))
	s.show("pg16")
	tb.says("Still here.")
	if n := len(loads.all()); n != 2 {
		t.Errorf("the page was loaded %d times, want 2", n)
	}
	tb.quiet()
}

// TestHiddenTab: a page nobody looks at is not touched; when it is seen
// again it has the newest state, and one sentence of it is spoken.
func TestHiddenTab(t *testing.T) {
	s, tb := newSite(t, &board{seq: 9, all: []upgrade.Public{running()}}, noon, nil), open(t)
	tb.script(counting)
	tb.do(chromedp.Navigate(s.URL + "/upgrades/pg16"))
	tb.wait(isLive)
	eval[bool](tb, `(() => {
		window.away = true;
		Object.defineProperty(document, "hidden", {get: () => window.away});
		document.dispatchEvent(new Event("visibilitychange"));
		window.touched = window.spoken = 0;
		new MutationObserver((m) => { touched += m.length; }).observe(document.querySelector("main"), {childList: true, characterData: true, attributes: true, subtree: true});
		new MutationObserver(() => spoken++).observe(document.querySelector("#say"), {childList: true});
		return true;
	})()`)
	for i := range 5 {
		s.board.put(saying(fmt.Sprintf("Number %d.", i)))
		s.show("pg16")
		tb.wait(fmt.Sprintf(`window.frames_.length > %d`, i))
	}
	s.board.put(completed())
	s.show("pg16")
	tb.wait(`document.title.endsWith("Completed")`)
	if n := eval[int](tb, `touched + spoken`); n != 0 {
		t.Errorf("the hidden page was touched %d times, want not at all", n)
	}
	eval[bool](tb, `(window.away = false, document.dispatchEvent(new Event("visibilitychange")), true)`)
	tb.wait(`document.querySelector("#banner .word").textContent === "Completed"`)
	if n := eval[int](tb, `document.querySelectorAll("#updates > ol > li").length`); n != 3 {
		t.Errorf("%d updates, want the 3 of the newest state", n)
	}
	if n := eval[int](tb, `spoken`); n != 1 {
		t.Errorf("%d sentences were spoken, want one", n)
	}
	tb.quiet()
}

// counting keeps every message a page receives by a socket.
const counting = `window.frames_ = []; window.WebSocket = class extends WebSocket {
	constructor(...args) { super(...args); this.addEventListener("message", (m) => m.data.includes('"f"') && frames_.push(m.data.length)); }
}`

// TestSlowLine clogs the line of one reader while much happens: the other one
// is not held up, and the slow one gets the newest state and no queue.
func TestSlowLine(t *testing.T) {
	s, slow, quick := newSite(t, &board{seq: 9, all: []upgrade.Public{running()}}, noon, nil), open(t), open(t)
	slow.script(counting)
	for i, tb := range []*tab{slow, quick} {
		tb.do(chromedp.Navigate(s.URL + "/upgrades/pg16"))
		tb.wait(isLive)
		s.cable.websocket(t, i)
	}
	s.cable.websocket(t, 0).clog()
	const changes = 30
	for i := range changes {
		words := fmt.Sprintf("Number %d.", i)
		s.board.put(saying(words))
		s.show("pg16")
		quick.says(words)
	}
	if n := eval[int](slow, `frames_.length`); n != 0 {
		t.Fatalf("the clogged line let %d frames pass: this test proves nothing", n)
	}
	s.cable.websocket(t, 0).unclog()
	slow.says(fmt.Sprintf("Number %d.", changes-1))
	if n := eval[int](slow, `frames_.length`); n > 2 {
		t.Errorf("the slow reader got %d frames for %d changes, want the one under way and the newest", n, changes)
	}
	slow.quiet()
	quick.quiet()
}

// TestHalfDeadLine: a proxy that keeps the socket open and says nothing does
// not fool the page. Its minute of patience passes in no time here.
func TestHalfDeadLine(t *testing.T) {
	var dials atomic.Int32
	s, tb := newSite(t, &board{seq: 9, all: []upgrade.Public{running()}}, noon, func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/ws" {
				dials.Add(1)
			}
			h.ServeHTTP(w, r)
		})
	}), open(t)
	tb.script(`{ const real = setTimeout; window.setTimeout = (f, ms, ...rest) => real(f, ms === 60000 ? 300 : ms, ...rest); }`)
	tb.do(chromedp.Navigate(s.URL + "/upgrades/pg16"))
	tb.wait(isLive)
	s.cable.websocket(t, 0).clog()
	t.Cleanup(s.cable.websocket(t, 0).unclog)
	tb.wait(`document.querySelector("#link").textContent.startsWith("Reconnecting…")`)
	s.board.put(saying("By a new socket."))
	s.show("pg16")
	tb.says("By a new socket.")
	if dials.Load() < 2 {
		t.Errorf("%d sockets were opened, want a second one", dials.Load())
	}
}

// The size of the first view of an upgrade in progress.
const (
	mostBytes  = 60_000
	mostScript = 6_000
)

// TestWeight counts what goes over the wire until the page is live, headers
// and socket included.
func TestWeight(t *testing.T) {
	for _, size := range []int64{1100, 360} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			s, tb := newSite(t, &board{seq: 9, all: []upgrade.Public{overdue()}}, noon, nil), open(t)
			tb.zone("Asia/Kolkata")
			tb.script(shifts)
			tb.do(chromedp.EmulateViewport(size, 740), chromedp.Navigate(s.URL+"/upgrades/pg16"))
			tb.wait(isLive)
			tb.wait(`painted()`)
			if n := s.cable.bytes.Load(); n > mostBytes || n < 3_000 {
				t.Errorf("%d bytes over the wire, want at most %d", n, mostBytes)
			} else {
				t.Logf("%d bytes over the wire", n)
			}
			loaded := eval[[]string](tb, `performance.getEntriesByType("resource").map((e) => e.initiatorType + " " + e.name)`)
			for _, one := range loaded {
				if _, address, _ := strings.Cut(one, " "); !strings.HasPrefix(address, s.URL+"/") {
					t.Errorf("the page asks somebody else: %s", one)
				}
			}
			if n := eval[int](tb, `performance.getEntriesByType("resource").filter((e) => e.name.endsWith(".js")).reduce((sum, e) => sum + e.encodedBodySize, 0)`); n > mostScript || n == 0 {
				t.Errorf("%d bytes of script, want at most %d", n, mostScript)
			} else {
				t.Logf("%d bytes of script", n)
			}
			if n := eval[int](tb, `document.styleSheets.length`); n != 1 {
				t.Errorf("%d style sheets, want one: %q", n, loaded)
			}
			// A line that drops and comes back must not move the page either.
			s.cable.websocket(t, 0).cut(t)
			tb.wait(`document.querySelector("#link").textContent.startsWith("Reconnecting…")`)
			tb.wait(isLive)
			tb.wait(`painted()`)
			if moved := eval[[]string](tb, `shifted`); len(moved) > 0 {
				t.Errorf("the page shifted: %q", moved)
			}
		})
	}
}

// shifts collects layout shifts; painted asks whether a frame was drawn since
// it was asked for the first time.
const shifts = `window.shifted = []; new PerformanceObserver((list) => {
	for (const e of list.getEntries()) shifted.push(e.value + " " + e.sources.map((s) => s.node?.id || s.node?.className || s.node?.nodeName).join(" "));
}).observe({type: "layout-shift", buffered: true});
window.painted = () => {
	window.drawn ??= (requestAnimationFrame(() => requestAnimationFrame(() => { window.drawn = true; })), false);
	if (!window.drawn) return false;
	window.drawn = undefined;
	return true;
};`
