package main

import (
	"context"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// fullBrowsers have what the headless shell has not, such as developer tools.
var fullBrowsers = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}

// openBrowser starts a real browser that ends with the test, the quickest to
// start there is.
func openBrowser(t testing.TB) context.Context {
	t.Helper()
	return launch(t, append([]string{"chromium-headless-shell"}, fullBrowsers...))
}

// launch starts the first browser of these names there is.
func launch(t testing.TB, names []string) context.Context {
	t.Helper()
	path := ""
	for _, name := range names {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Fatalf("none of %v is installed; make test installs one on Debian", names)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-sync", true))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// consoleOf collects what is written to the console from now on, violations of
// the content security policy included, until the page closes.
func consoleOf(page context.Context) (lines func() []string) {
	var mu sync.Mutex
	var all []string
	messages := chromedp.Console(page)
	go func() { // ends with the page
		for m, err := range messages {
			if err != nil {
				return
			}
			mu.Lock()
			all = append(all, m.String())
			mu.Unlock()
		}
	}()
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(all)
	}
}

// ask evaluates an expression in the page.
func ask[T any](page context.Context, t testing.TB, js string, how ...chromedp.EvaluateOption) T {
	t.Helper()
	v, err := chromedp.Run(page, chromedp.Evaluate[T](js, how...))
	if err != nil {
		t.Fatalf("evaluate %.80s: %v", js, err)
	}
	return v
}

// device is how a page is looked at.
func device(page context.Context, t testing.TB, width int64, features ...string) {
	t.Helper()
	var media emulation.SetEmulatedMediaParams
	for _, f := range features {
		name, value, _ := strings.Cut(f, "=")
		media.Features = append(media.Features, &emulation.MediaFeature{Name: name, Value: value})
	}
	if _, err := chromedp.Call(page, emulation.SetEmulatedMedia, media); err != nil {
		t.Fatalf("set media features %q: %v", features, err)
	}
	do(page, t, chromedp.EmulateViewport(width, 900))
}

// zone sets the time zone of the device.
func zone(page context.Context, t testing.TB, name string) {
	t.Helper()
	if _, err := chromedp.Call(page, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: name}); err != nil {
		t.Fatalf("set time zone %s: %v", name, err)
	}
}

// do runs browser steps that must succeed.
func do(ctx context.Context, t testing.TB, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}
