package main

import (
	"bytes"
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

// make screenshots writes the README's pictures.
var screenshots = flag.String("screenshots", "", "directory to write the screenshots to")

// TestScreenshots takes pictures of an upgrade that runs late, as people see
// it, and of the overview; none of them is blank.
func TestScreenshots(t *testing.T) {
	h := startHub(t, filepath.Join(t.TempDir(), "data"))
	lateUpgrade(t, h)
	browser := openBrowser(t)
	looks := []struct {
		name, path    string
		width, height int64
		scheme        string
	}{
		{"upgrade-light", "/upgrades/records-17", 960, 1180, "light"},
		{"upgrade-dark", "/upgrades/records-17", 960, 1180, "dark"},
		{"upgrade-phone", "/upgrades/records-17", 390, 1180, "light"},
		{"overview-light", "/", 960, 620, "light"},
	}
	for _, look := range looks {
		t.Run(look.name, func(t *testing.T) {
			picture := shoot(browser, t, h.page+look.path, look.width, look.height, look.scheme)
			if n := colours(t, picture); n < 16 {
				t.Errorf("the picture has %d colours: it is blank", n)
			}
			if *screenshots == "" {
				return
			}
			if err := os.WriteFile(filepath.Join(*screenshots, look.name+".png"), picture, 0o644); err != nil { //nolint:gosec // a picture for everybody
				t.Fatal(err)
			}
		})
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

func shoot(ctx context.Context, t *testing.T, url string, width, height int64, scheme string) []byte {
	t.Helper()
	if _, err := chromedp.Call(ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: width, Height: height, DeviceScaleFactor: 1.5,
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	}); err != nil {
		t.Fatal(err)
	}
	do(ctx, t, chromedp.Navigate(url))
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatal(err)
	}
	return picture
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
