package statuspage_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"upgradehub/events/upgrade"
)

// TestEmbed: the page may be framed, and no other one; it is small, sets no
// cookie, and has nothing to press.
func TestEmbed(t *testing.T) {
	p := newPages(t, &board{seq: 9, all: []upgrade.Public{running()}}, noon)
	w := serve(p, httptest.NewRequest("GET", "/embed?lang=de", nil))
	h, body := w.Header(), w.Body.String()
	csp := h.Get("Content-Security-Policy")
	if !strings.Contains(csp, "frame-ancestors *;") || strings.Contains(csp, "frame-ancestors 'none'") || !strings.Contains(csp, "script-src 'self'") || h.Get("X-Frame-Options") != "" {
		t.Errorf("policy %q, X-Frame-Options %q", csp, h.Get("X-Frame-Options"))
	}
	if h.Get("Set-Cookie") != "" || strings.Contains(body, "<form") || len(body) > 4096 {
		t.Errorf("the embedded page has %d bytes, cookie %q, or a form", len(body), h.Get("Set-Cookie"))
	}
	golden(t, "embed.html", body)
	for _, path := range []string{"/", "/embed/", "/upgrades/pg16", "/nowhere"} {
		secured(t, serve(p, httptest.NewRequest("GET", path, nil)).Header())
	}
}

// TestEmbedIsLive frames the page in one that is not ours, in a small frame.
func TestEmbedIsLive(t *testing.T) {
	b := &board{seq: 9, all: []upgrade.Public{running()}}
	s := newSite(t, b, noon, func(ours http.Handler) http.Handler {
		mux := http.NewServeMux()
		mux.Handle("/", ours)
		mux.HandleFunc("/theirs", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, `<!doctype html><title>Theirs</title><iframe src="/embed" width="320" height="260" title="Upgrades"></iframe>`)
		})
		return mux
	})
	tb := open(t)
	tb.do(chromedp.Navigate(s.URL + "/theirs"))
	in := `document.querySelector("iframe").contentDocument`
	tb.wait(in + `?.querySelector("#link")?.textContent === "Live"`)
	if over := eval[float64](tb, in+`.documentElement.scrollWidth - 320`); over > 0 {
		t.Errorf("the page is %v px wider than its frame", over)
	}
	u := running()
	u.Title = "Another title"
	b.put(u)
	s.show("pg16")
	tb.wait(in + `.querySelector("h3").textContent === "Another title"`)
	if got := eval[string](tb, in+`.querySelector("h3 a").target || `+in+`.querySelector("base").target`); got != "_blank" {
		t.Errorf("links open in %q", got)
	}
	tb.quiet()
}
