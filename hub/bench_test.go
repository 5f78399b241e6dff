package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/gorilla/websocket"
)

// frameGap is longer than the pause between two frames of one page, in which
// a storm of events is gathered: the benchmark measures one event by itself.
const frameGap = 75 * time.Millisecond

// BenchmarkEventToDOM measures, in a real browser, how long it takes from the
// publishing of an event until the page has changed, against a bare echo of
// gorilla/websocket into the same browser. Both are measured in turns, and
// the ratio is what counts:
//
//	make bench
func BenchmarkEventToDOM(b *testing.B) {
	// A browser each: a tab behind another is served later.
	hub, echo := newHubProbe(openBrowser(b), b), newEchoProbe(openBrowser(b), b)
	var viaHub, bare []time.Duration
	for b.Loop() {
		<-time.After(frameGap) // a page alone: not held back by the frame before
		viaHub = append(viaHub, hub.once(b, len(viaHub)))
		bare = append(bare, echo.once(b, len(bare)))
	}
	report := func(of []time.Duration, name string) time.Duration {
		slices.Sort(of)
		p50 := of[len(of)/2]
		b.ReportMetric(float64(p50.Microseconds())/1000, name+"-p50-ms")
		b.ReportMetric(float64(of[len(of)*99/100].Microseconds())/1000, name+"-p99-ms")
		return p50
	}
	b.ReportMetric(float64(report(viaHub, "hub"))/float64(report(bare, "echo")), "hub/echo")
}

// probe sends markers and waits until the browser's page shows them.
type probe struct {
	seen chan sight
	send func(b *testing.B, n int)
}

// sight is the newest marker a page shows, and since when in Unix
// milliseconds: the page and the benchmark read the same machine's clock.
type sight struct {
	N  int     `json:"n"`
	At float64 `json:"at"`
}

// once is the time from the sending until the page shows it.
func (p *probe) once(b *testing.B, n int) time.Duration {
	b.Helper()
	start := time.Now()
	p.send(b, n)
	deadline := time.After(10 * time.Second)
	for {
		select {
		case s := <-p.seen:
			if s.N == n {
				return time.UnixMicro(int64(s.At * 1000)).Sub(start)
			}
		case <-deadline:
			b.Fatalf("the page never showed marker %d", n)
		}
	}
}

// look tells of every change of the page the newest marker and the moment.
const look = `new MutationObserver(() => {
	const at = performance.timeOrigin + performance.now();
	const all = [...document.body.textContent.matchAll(/Marker (\d+)\./g)].map((m) => Number(m[1]));
	tellTest({n: Math.max(-1, ...all), at});
}).observe(document.body, {subtree: true, childList: true, characterData: true}), true`

// watch opens a page in a tab of its own and tells of every change of it.
func watch(browser context.Context, b *testing.B, url string) chan sight {
	b.Helper()
	tab, cancel := chromedp.NewContext(browser)
	b.Cleanup(cancel)
	seen := make(chan sight, 1024)
	tell := func(_ context.Context, s sight) (bool, error) {
		select {
		case seen <- s:
		default: // nobody measures now
		}
		return true, nil
	}
	do(tab, b, chromedp.ExposeFunc("tellTest", tell), chromedp.Navigate(url), evaluate(look))
	return seen
}

func newHubProbe(browser context.Context, b *testing.B) *probe {
	b.Helper()
	h := startHub(b, filepath.Join(b.TempDir(), "data"))
	h.applied(b, "pg17", "upgrade.planned", map[string]any{"plan": planNow("pg17")})
	h.applied(b, "pg17", "phase.started", map[string]any{"phase": "switchover"})
	_, js := h.publisher(b)
	return &probe{
		seen: watch(browser, b, h.page+"/upgrades/pg17"),
		send: func(b *testing.B, n int) {
			if _, err := js.Publish(b.Context(), "upgrades.pg17.update.posted", fmt.Appendf(nil, `{"text":"Marker %d."}`, n)); err != nil {
				b.Fatal(err)
			}
		},
	}
}

const echoPage = `<!doctype html><title>echo</title><p id=said></p><script>
const socket = new WebSocket("ws://" + location.host + "/ws");
socket.onmessage = (m) => { document.getElementById("said").textContent = m.data; };
</script>`

func newEchoProbe(browser context.Context, b *testing.B) *probe {
	b.Helper()
	conns := make(chan *websocket.Conn, 1)
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(echoPage)) })
	mux.HandleFunc("/ws", func(w http.ResponseWriter, r *http.Request) {
		var up websocket.Upgrader
		conn, err := up.Upgrade(w, r, nil)
		if err != nil {
			b.Error(err)
			return
		}
		conns <- conn
	})
	srv := httptest.NewServer(mux)
	b.Cleanup(srv.Close)
	p := &probe{seen: watch(browser, b, srv.URL)}
	conn := <-conns
	b.Cleanup(func() { _ = conn.Close() })
	p.send = func(b *testing.B, n int) {
		if err := conn.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, "Marker %d.", n)); err != nil {
			b.Fatal(err)
		}
	}
	return p
}
