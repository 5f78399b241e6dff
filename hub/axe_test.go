package main

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"upgradehub/events/lang"
)

// lighthousePanel is the file of Chromium's developer tools that carries
// axe-core, as a JavaScript string. So the tests need no download for it, and
// its rules are as new as the browser; make audit runs a release of a fixed
// version.
const lighthousePanel = "devtools://devtools/bundled/third_party/lighthouse/lighthouse-dt-bundle.js"

// axeCore is the source of axe-core, out of a full browser.
func axeCore(t *testing.T) string {
	t.Helper()
	tools := launch(t, fullBrowsers)
	do(tools, t, chromedp.Navigate(lighthousePanel))
	literal := ask[string](tools, t, "document.body.textContent.match(/`\\/\\*! axe v(?:[^`\\\\]|\\\\.)*`/s)?.[0] ?? ''")
	if literal == "" {
		t.Fatalf("no axe-core in %s: this browser keeps it elsewhere", lighthousePanel)
	}
	do(tools, t, chromedp.Navigate("about:blank"))
	return ask[string](tools, t, literal)
}

// runAxe lists what axe-core finds against WCAG 2.2 AA and its best practices,
// and says how many rules were passed.
const runAxe = `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
	.then((r) => [String(r.passes.length), ...r.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.html.slice(0, 120)).join(" | "))])`

// shifts lists what moved since the page was opened.
const shifts = `new Promise((done) => {
	const moved = [];
	new PerformanceObserver((list) => {
		for (const e of list.getEntries()) moved.push(e.value + " " + e.sources.map((s) => s.node?.id || s.node?.nodeName).join(" "));
	}).observe({type: "layout-shift", buffered: true});
	requestAnimationFrame(() => requestAnimationFrame(() => done(moved)));
})`

// looks are the ways a page is looked at.
var looks = []struct {
	name     string
	width    int64
	features []string
	query    string
}{
	{"light", 1100, []string{"prefers-color-scheme=light"}, "?lang=en"},
	{"dark", 1100, []string{"prefers-color-scheme=dark"}, "?lang=en"},
	{"320 px", 320, []string{"prefers-color-scheme=light"}, "?lang=en"},
	{"right to left", 1100, []string{"prefers-color-scheme=dark"}, "?lang=ar"},
	{"forced colours", 1100, []string{"forced-colors=active"}, "?lang=en"},
}

// TestAccessible visits a hub in the middle of a late upgrade, in every look:
// axe-core finds nothing, the console stays empty, no policy is violated,
// nothing is wider than the screen, and nothing moves while it is loaded though
// the reader's clock is not the server's.
func TestAccessible(t *testing.T) {
	n, _ := startInProcess(t, configNow)
	h := &hubProcess{page: n.cfg.PublicURL, data: n.cfg.Data}
	lateUpgrade(t, h)
	rated := endedUpgrade(t, h)
	for i := range 17 {
		giveAnswer(t, n, "pg17", i)
	}
	axe, browser := axeCore(t), openBrowser(t)
	paths := []string{"/", "/upgrades/records-17", "/upgrades/records-17/trouble", "/history", "/subscribe", rated + "/feedback", rated, rated + "/insights", "/embed"}
	t.Run("forms", func(t *testing.T) {
		narrow(browser, t, h, "/subscribe", rated+"/feedback", "/upgrades/records-17/trouble")
	})
	for _, look := range looks {
		t.Run(look.name, func(t *testing.T) {
			page, closePage := chromedp.NewContext(browser)
			defer closePage()
			console := consoleOf(page)
			device(page, t, look.width, look.features...)
			zone(page, t, "Asia/Kolkata")
			for _, path := range paths {
				do(page, t, chromedp.Navigate(h.page+path+look.query))
				visit(page, t, path, axe)
			}
			for _, line := range console() {
				t.Errorf("console: %s", line)
			}
		})
	}
}

// narrow opens the forms in every language on the narrowest screen.
func narrow(browser context.Context, t *testing.T, h *hubProcess, forms ...string) {
	t.Helper()
	page, closePage := chromedp.NewContext(browser)
	defer closePage()
	device(page, t, 320)
	for _, path := range forms {
		for _, code := range lang.Supported {
			do(page, t, chromedp.Navigate(h.page+path+"?lang="+code))
			if wide := ask[int](page, t, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
				t.Errorf("%s in %s is %d px wider than the screen", path, code, wide)
			}
		}
	}
}

// visit judges the page that is open.
func visit(page context.Context, t *testing.T, path, axe string) {
	t.Helper()
	if wide := ask[int](page, t, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
		t.Errorf("%s is %d px wider than the screen", path, wide)
	}
	if moved := ask[[]string](page, t, shifts, chromedp.EvalAwaitPromise); len(moved) > 0 {
		t.Errorf("%s shifted while it was loaded: %q", path, moved)
	}
	do(page, t, evaluate(axe+"; true"))
	found := ask[[]string](page, t, runAxe, chromedp.EvalAwaitPromise)
	if passed, err := strconv.Atoi(found[0]); err != nil || passed < 25 {
		t.Errorf("%s passed %s rules, want 25 or more: axe-core did not look at it", path, found[0])
	}
	for _, violation := range found[1:] {
		t.Errorf("%s: %s", path, violation)
	}
}

// endedUpgrade is the path of an upgrade that has ended and can be rated.
func endedUpgrade(t *testing.T, h *hubProcess) string {
	t.Helper()
	h.applied(t, "pg17", "upgrade.planned", map[string]any{"plan": planNow("pg17")})
	h.applied(t, "pg17", "phase.started", map[string]any{"phase": "switchover"})
	h.applied(t, "pg17", "phase.finished", map[string]any{"phase": "switchover"})
	h.applied(t, "pg17", "upgrade.completed", map[string]any{})
	const path = "/upgrades/pg17"
	eventually(t, 20*time.Second, "the form to rate it", func() bool {
		status, body := h.get(t, path+"/feedback", false)
		return status == 200 && strings.Contains(body, `name="rating"`)
	})
	return path
}
