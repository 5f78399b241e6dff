package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/gorilla/websocket"
)

// BenchmarkEventToDOM measures, in a real browser, how long it takes from the
// publishing of an event until the page has changed, against a bare echo of
// gorilla/websocket into the same browser. Both are measured in turns, and
// the ratio is what counts:
//
//	make bench
func BenchmarkEventToDOM(b *testing.B) {
	browser := openBrowser(b)
	hub, echo := newHubProbe(browser, b), newEchoProbe(browser, b)
	var viaHub, bare time.Duration
	n := 0
	for b.Loop() {
		viaHub += hub.once(b, n)
		bare += echo.once(b, n)
		n++
	}
	b.ReportMetric(float64(viaHub.Microseconds())/1000/float64(n), "hub-ms/event")
	b.ReportMetric(float64(bare.Microseconds())/1000/float64(n), "echo-ms/event")
	b.ReportMetric(float64(viaHub)/float64(bare), "hub/echo")
}

// probe sends something and waits until the browser's page shows it.
type probe struct {
	seen chan string
	send func(b *testing.B, n int)
	want func(n int) string
}

// once is the time from the sending until the page shows it.
func (p *probe) once(b *testing.B, n int) time.Duration {
	b.Helper()
	start := time.Now()
	p.send(b, n)
	deadline := time.After(10 * time.Second)
	for {
		select {
		case text := <-p.seen:
			if strings.Contains(text, p.want(n)) {
				return time.Since(start)
			}
		case <-deadline:
			b.Fatalf("the page never showed %q", p.want(n))
		}
	}
}

// watch opens a page in a tab of its own and tells of every change of it.
func watch(browser context.Context, b *testing.B, url string) chan string {
	b.Helper()
	tab, cancel := chromedp.NewContext(browser)
	b.Cleanup(cancel)
	seen := make(chan string, 1024)
	tell := func(_ context.Context, text string) (bool, error) {
		select {
		case seen <- text:
		default: // nobody measures now
		}
		return true, nil
	}
	do(tab, b, chromedp.ExposeFunc("tellTest", tell), chromedp.Navigate(url))
	do(tab, b, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := chromedp.Evaluate[bool](`new MutationObserver(() => tellTest(document.body.innerText)).observe(document.body, {subtree: true, childList: true, characterData: true, attributes: true}), true`)(ctx, t)
		return err
	}))
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
		want: func(n int) string { return fmt.Sprintf("Marker %d.", n) },
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
	p := &probe{seen: watch(browser, b, srv.URL), want: func(n int) string { return fmt.Sprintf("Marker %d.", n) }}
	conn := <-conns
	b.Cleanup(func() { _ = conn.Close() })
	p.send = func(b *testing.B, n int) {
		if err := conn.WriteMessage(websocket.TextMessage, []byte(p.want(n))); err != nil {
			b.Fatal(err)
		}
	}
	return p
}
