package statuspage_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"upgradehub/events"
	"upgradehub/events/upgrade"
)

// scenes are the boards the pages are looked at with.
func scenes() map[string]*board {
	past := []upgrade.Public{ended("idp", "Sign-in service 26.1", upgrade.Completed, "2026-11-02"), ended("mail", "Mail gateway", upgrade.RolledBack, "2026-10-20")}
	past[0].Result = events.Successful
	past[1].DataSafe = new(true)
	next := planned()
	next.ID, next.Title = "storage", "Storage nodes: new operating system"
	next.Window.Start, next.Window.End = at("2026-12-05 06:00"), at("2026-12-09 14:00")
	return map[string]*board{
		"planned":   {seq: 9, all: []upgrade.Public{planned()}},
		"running":   {seq: 9, all: append([]upgrade.Public{running(), next}, past...)},
		"rich":      {seq: 9, all: append([]upgrade.Public{rich(), lastYear()}, past...)},
		"overdue":   {seq: 9, all: []upgrade.Public{overdue()}},
		"completed": {seq: 9, all: []upgrade.Public{completed()}},
		"quiet":     {seq: 9, all: append([]upgrade.Public{next}, past...)},
	}
}

// TestLooks opens every page that matters in light, dark and on a phone: no
// console message, no sideways scroll. With -shots the pictures are kept.
func TestLooks(t *testing.T) {
	for _, look := range []struct {
		name, scheme  string
		width, height int64
	}{{"light", "light", 1100, 900}, {"dark", "dark", 1100, 900}, {"phone", "light", 360, 760}, {"narrow", "dark", 320, 600}} {
		for scene, b := range scenes() {
			for page, path := range map[string]string{"upgrade": "/upgrades/pg16", "overview": "/", "history": "/history", "insights": "/upgrades/pg16/insights"} {
				if page != "overview" && scene == "quiet" || page == "history" && scene != "rich" || page == "insights" && scene != "completed" {
					continue
				}
				t.Run(look.name+"/"+scene+"/"+page, func(t *testing.T) {
					s := newSite(t, b, noon, nil)
					tb := open(t)
					tb.scheme(look.scheme)
					tb.do(chromedp.EmulateViewport(look.width, look.height), chromedp.Navigate(s.URL+path))
					tb.wait(`document.querySelector("#link").textContent === "Live"`)
					if over := eval[float64](tb, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
						t.Errorf("%s is %v px wider than the screen", path, over)
					}
					for _, faint := range eval[[]string](tb, faintText) {
						t.Errorf("%s has too little contrast: %s", path, faint)
					}
					for _, small := range eval[[]string](tb, smallTargets) {
						t.Errorf("%s has a target under 24 px: %s", path, small)
					}
					keep(t, tb, look.name+"-"+scene+"-"+page)
					tb.quiet()
				})
			}
		}
	}
}

// faintText lists text under the contrast of WCAG AA, 4.5 to 1, against the
// nearest background.
const faintText = `(() => {
	const canvas = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
	const rgb = (color) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
	const light = (c) => { const [r, g, b] = c.map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
	const ground = (el) => { for (; el; el = el.parentElement) { const c = rgb(getComputedStyle(el).backgroundColor); if (c[3] === 255) return c; } return [255, 255, 255, 255]; };
	const faint = [];
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let n; (n = walk.nextNode()); ) {
		const el = n.parentElement;
		if (!n.data.trim() || el.closest(".vh, .skip, svg") || !el.checkVisibility()) continue;
		const [a, b] = [light(rgb(getComputedStyle(el).color)), light(ground(el))];
		const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		if (ratio < 4.5) faint.push(n.data.trim() + " " + ratio.toFixed(2));
	}
	return faint;
})()`

// smallTargets lists buttons and links outside sentences that are too small
// to hit.
const smallTargets = `[...document.querySelectorAll("a.button, nav a, summary, footer a, .link a, .entry h3 a")]
	.filter((el) => el.getBoundingClientRect().height < 24).map((el) => el.textContent)`

// keep writes a picture of the page.
func keep(t *testing.T, tb *tab, name string) {
	t.Helper()
	if *shots == "" {
		return
	}
	png, err := chromedp.Run(tb.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatalf("screenshot: %v", err)
	}
	if err := os.WriteFile(filepath.Join(*shots, name+".png"), png, 0o644); err != nil {
		t.Fatalf("keep screenshot: %v", err)
	}
}
