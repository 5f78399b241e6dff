package main

import (
	"bytes"
	"cmp"
	"context"
	"flag"
	"image/png"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// make screenshots writes the README's pictures to the one directory and those
// of every page to the other.
var (
	screenshots = flag.String("screenshots", "", "directory to write the README's pictures to")
	album       = flag.String("album", "", "directory to write every page in every look to")
)

// picture is a page as somebody sees it.
type picture struct {
	name, path    string
	width, height int64
	scheme        string
}

// TestScreenshots takes pictures of an upgrade that runs late, as people see
// it, and of the overview; none of them is blank.
func TestScreenshots(t *testing.T) {
	h := startHub(t, filepath.Join(t.TempDir(), "data"))
	lateUpgrade(t, h)
	browser := openBrowser(t)
	takeAll(browser, t, h, *screenshots, []picture{
		{"upgrade-light", "/upgrades/records-17?lang=en", 960, 1180, "light"},
		{"upgrade-dark", "/upgrades/records-17?lang=en", 960, 1180, "dark"},
		{"upgrade-phone", "/upgrades/records-17?lang=en", 390, 1180, "light"},
		{"upgrade-right-to-left", "/upgrades/records-17?lang=ar", 960, 1180, "light"},
		{"overview-light", "/?lang=en", 960, 620, "light"},
	})
	if *album != "" {
		everyPicture(browser, t, h)
	}
}

// everyPicture fills the album: each page in light, in dark, on a phone and
// right to left, from top to bottom, and on paper.
func everyPicture(browser context.Context, t *testing.T, h *hubProcess) {
	t.Helper()
	h.applied(t, "catalogue-18", "upgrade.planned", map[string]any{"plan": planNow("catalogue-18")})
	rated := endedUpgrade(t, h)
	for name, path := range map[string]string{
		"overview": "/", "history": "/history", "late": "/upgrades/records-17", "planned": "/upgrades/catalogue-18", "ended": rated,
		"insights": rated + "/insights", "feedback": rated + "/feedback", "trouble": "/upgrades/records-17/trouble",
		"subscribe": "/subscribe", "embed": "/embed", "nowhere": "/nowhere",
	} {
		takeAll(browser, t, h, *album, []picture{
			{name + "-light", path + "?lang=en", 1100, 0, "light"},
			{name + "-dark", path + "?lang=en", 1100, 0, "dark"},
			{name + "-phone", path + "?lang=en", 360, 0, "light"},
			{name + "-right-to-left", path + "?lang=ar", 1100, 0, "light"},
		})
		do(browser, t, chromedp.Navigate(h.page+path+"?lang=en"))
		pdf, err := chromedp.Run(browser, chromedp.PrintToPDF())
		if err != nil {
			t.Fatalf("print %s: %v", path, err)
		}
		write(t, filepath.Join(*album, name+".pdf"), pdf)
	}
}

// takeAll takes the pictures and writes them to dir, if there is one.
func takeAll(browser context.Context, t *testing.T, h *hubProcess, dir string, all []picture) {
	t.Helper()
	for _, p := range all {
		t.Run(p.name, func(t *testing.T) {
			png := shoot(browser, t, h.page, p)
			if n := colours(t, png); n < 16 {
				t.Errorf("the picture has %d colours: it is blank", n)
			}
			if dir != "" {
				write(t, filepath.Join(dir, p.name+".png"), png)
			}
		})
	}
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o644); err != nil { //nolint:gosec // a picture for everybody
		t.Fatal(err)
	}
}

// lateUpgrade is a hub in the middle of a night that takes longer than
// announced.
func lateUpgrade(t *testing.T, h *hubProcess) {
	t.Helper()
	end := time.Now().UTC().Truncate(time.Hour).Add(-time.Hour)
	at := func(before time.Duration) string { return end.Add(-before).Format("2006-01-02T15:04") }
	h.applied(t, "records-17", "upgrade.planned", map[string]any{"plan": map[string]any{
		"schema": "upgradehub/plan/v1", "id": "records-17", "title": "Student records move to database 17", "system": "student-records", "zone": "UTC",
		"window": map[string]any{"start": at(6 * time.Hour), "end": at(0)},
		"impact": map[string]any{
			"default": "outage", "still_works": []string{"public web", "e-mail", "library"},
			"odd_after": []string{"lists may load slowly until noon"},
		},
		"components": []any{
			map[string]any{"id": "campus", "name": "Campus solutions"},
			map[string]any{"id": "hr", "name": "Human resources"},
			map[string]any{"id": "portal", "name": "Student portal"},
		},
		"phases": []any{
			map[string]any{"id": "backup", "title": "Back up", "start": at(6 * time.Hour), "duration": "1h"},
			map[string]any{"id": "copy", "title": "Copy the records", "start": at(5 * time.Hour), "duration": "2h", "after": []string{"backup"}},
			map[string]any{"id": "switch", "title": "Switch over", "start": at(3 * time.Hour), "duration": "2h", "after": []string{"copy"}},
			map[string]any{"id": "check", "title": "Check everything", "start": at(time.Hour), "duration": "1h", "after": []string{"switch"}},
		},
	}})
	when := func(before time.Duration) string { return end.Add(-before).Format(time.RFC3339) }
	for _, e := range []struct {
		typ  string
		data map[string]any
	}{
		{"phase.started", map[string]any{"phase": "backup", "time": when(6 * time.Hour)}},
		{"component.changed", map[string]any{"component": "campus", "impact": "outage", "time": when(6 * time.Hour)}},
		{"component.changed", map[string]any{"component": "portal", "impact": "degraded", "time": when(6 * time.Hour)}},
		{"phase.finished", map[string]any{"phase": "backup", "time": when(5*time.Hour + 10*time.Minute)}},
		{"phase.started", map[string]any{"phase": "copy", "time": when(5*time.Hour + 5*time.Minute)}},
		{"phase.finished", map[string]any{"phase": "copy", "time": when(2 * time.Hour)}},
		{"phase.started", map[string]any{"phase": "switch", "time": when(2*time.Hour - 5*time.Minute)}},
		{"phase.progressed", map[string]any{"phase": "switch", "done": 146, "total": 156, "unit": "tables", "time": when(0)}},
		{"update.posted", map[string]any{"text": "Copying took **an hour longer** than rehearsed. All data is safe; ten tables are left.", "time": when(0)}},
	} {
		h.applied(t, "records-17", e.typ, e.data)
	}
	eventually(t, 20*time.Second, "the hub says by itself that it runs late", func() bool {
		var u struct{ Overdue *time.Time }
		h.getJSON(t, "/api/v1/upgrades/records-17", false, &u)
		return u.Overdue != nil
	})
}

// shoot takes the picture; one without a height, of the page to its end.
func shoot(ctx context.Context, t *testing.T, base string, p picture) []byte {
	t.Helper()
	device(ctx, t, p.width, "prefers-color-scheme="+p.scheme)
	size := emulation.SetDeviceMetricsOverrideParams{Width: p.width, Height: cmp.Or(p.height, 800), DeviceScaleFactor: 1.5}
	if _, err := chromedp.Call(ctx, emulation.SetDeviceMetricsOverride, size); err != nil {
		t.Fatal(err)
	}
	do(ctx, t, chromedp.Navigate(base+p.path))
	take := chromedp.CaptureScreenshot()
	if p.height == 0 {
		take = chromedp.FullScreenshot(100)
	}
	png, err := chromedp.Run(ctx, take)
	if err != nil {
		t.Fatal(err)
	}
	return png
}

// colours counts the different colours of a picture, up to 64.
func colours(t *testing.T, picture []byte) int {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[[3]uint32]bool{}
	for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y && len(seen) < 64; y += 3 {
		for x := img.Bounds().Min.X; x < img.Bounds().Max.X; x += 3 {
			r, g, b, _ := img.At(x, y).RGBA()
			seen[[3]uint32{r, g, b}] = true
		}
	}
	return len(seen)
}
