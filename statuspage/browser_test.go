package statuspage_test

import (
	"context"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"upgradehub/statuspage"
)

var (
	update = flag.Bool("update", false, "rewrite the golden files")
	shots  = flag.String("shots", "", "keep the screenshots in this `directory`")
)

// fullBrowsers have what the headless shell has not, such as the back/forward
// cache.
var fullBrowsers = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}

// browser is started once for all tests of the package; it ends with TestMain.
var browser = sync.OnceValues(func() (context.Context, error) {
	ctx, stop := launch(append([]string{"chromium-headless-shell"}, fullBrowsers...))
	stopBrowser = stop
	return ctx, chromedp.Do(ctx)
})

// launch prepares a browser, the first of the names there is.
func launch(names []string) (context.Context, context.CancelFunc) {
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true))
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			opts = append(opts, chromedp.ExecPath(path))
			break
		}
	}
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, cancelTab := chromedp.NewContext(ctx)
	return ctx, func() { cancelTab(); cancel() }
}

var stopBrowser = func() {}

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	stopBrowser()
	os.Exit(code)
}

// tab is one page of the browser. It fails the test for everything that is
// written to the console, violations of the content security policy included.
type tab struct {
	t       *testing.T
	ctx     context.Context
	console func() []string
}

// open opens a new tab.
func open(t *testing.T) *tab {
	t.Helper()
	shared, err := browser()
	if err != nil {
		t.Fatalf("no browser for this test: install Chromium (on Debian: apt-get install chromium-headless-shell): %v", err)
	}
	return openIn(shared, t)
}

// openFull opens a tab in a full browser of its own.
func openFull(t *testing.T) *tab {
	t.Helper()
	ctx, stop := launch(fullBrowsers)
	t.Cleanup(stop)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("no full browser for this test: install Chromium (on Debian: apt-get install chromium): %v", err)
	}
	return openIn(ctx, t)
}

func openIn(shared context.Context, t *testing.T) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(shared)
	t.Cleanup(cancel)
	ctx, stop := context.WithTimeout(ctx, time.Minute)
	t.Cleanup(stop)
	b := &tab{t: t, ctx: ctx}
	b.listen()
	return b
}

// listen collects the console until the tab closes.
func (b *tab) listen() {
	var mu sync.Mutex
	var lines []string
	messages := chromedp.Console(b.ctx)
	go func() { // ends with the tab
		for m, err := range messages {
			if err != nil {
				return
			}
			mu.Lock()
			lines = append(lines, m.String())
			mu.Unlock()
		}
	}()
	b.console = func() []string {
		mu.Lock()
		defer mu.Unlock()
		return append([]string(nil), lines...)
	}
}

// quiet fails the test if the console has anything.
func (b *tab) quiet() {
	b.t.Helper()
	for _, line := range b.console() {
		b.t.Errorf("console: %s", line)
	}
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatalf("browser: %v (console: %q)", err, b.console())
	}
}

// wait waits until the expression is true.
func (b *tab) wait(expression string) {
	b.t.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.Poll[bool](expression, chromedp.WithPollingInterval(20*time.Millisecond), chromedp.WithPollingTimeout(20*time.Second))); err != nil {
		b.t.Fatalf("wait for %s: %v (console: %q)", expression, err, b.console())
	}
}

// across waits as wait does, over the loading of other pages: a poll inside
// the page ends with it.
func (b *tab) across(expression string) {
	b.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		yes, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](expression))
		if err == nil && yes {
			return
		}
		if time.Now().After(deadline) {
			b.t.Fatalf("wait for %s: %v (console: %q)", expression, err, b.console())
		}
		<-time.After(20 * time.Millisecond)
	}
}

func eval[T any](b *tab, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatalf("evaluate %s: %v", expression, err)
	}
	return v
}

// scheme sets light or dark.
func (b *tab) scheme(name string) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}},
	})
	if err != nil {
		b.t.Fatalf("set colour scheme: %v", err)
	}
}

// zone sets the time zone of the device.
func (b *tab) zone(name string) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: name}); err != nil {
		b.t.Fatalf("set time zone: %v", err)
	}
}

// site is the pages on a real listener, live.
type site struct {
	*httptest.Server
	cable *cable
	board *board
	pages *statuspage.Pages
	show  func(id string)
}

func newSite(t *testing.T, b *board, now time.Time, around func(http.Handler) http.Handler) *site {
	t.Helper()
	p := newPages(t, b, now)
	mux := http.NewServeMux()
	p.Routes(mux)
	h := statuspage.Secure(mux)
	if around != nil {
		h = around(h)
	}
	srv, cable := newCable(h)
	done := make(chan error, 1)
	go func() { done <- p.Live().Run(t.Context()) }() // ends before the cleanup runs
	t.Cleanup(func() {
		if err := <-done; err != nil {
			t.Errorf("live hub: %v", err)
		}
		srv.Close()
	})
	return &site{Server: srv, cable: cable, board: b, pages: p, show: func(id string) {
		_, seq := b.Position()
		p.Live().Show(seq, time.Now(), []string{id})
	}}
}
