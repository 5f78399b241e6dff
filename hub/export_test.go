package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestExportAndSnapshot: both write what visitors see, the one when asked,
// the other by itself, and what a hub wrote is still there when it is gone.
func TestExportAndSnapshot(t *testing.T) {
	kept, asked := filepath.Join(t.TempDir(), "kept"), t.TempDir()
	h := startHub(t, t.TempDir(), "--snapshot-dir", kept)
	h.applied(t, "pg17", "upgrade.planned", map[string]any{"plan": planNow("pg17")})
	h.applied(t, "pg17", "upgrade.started", map[string]any{})
	h.applied(t, "pg17", "update.posted", map[string]any{"text": "Half of it is **done**."})

	if code, stdout, stderr := hub(t, map[string]string{"HUB_HTTP": h.page}, "export", asked, "--json"); code != exitDone || !strings.Contains(stdout, `"files"`) {
		t.Fatalf("hub export = %d, %s%s", code, stdout, stderr)
	}
	page := filepath.Join(kept, "upgrades", "pg17.html")
	eventually(t, 10*time.Second, "the snapshot of the update", func() bool {
		raw, err := os.ReadFile(page)
		return err == nil && strings.Contains(string(raw), "<strong>done</strong>")
	})
	h.applied(t, "pg17", "upgrade.canceled", map[string]any{"reason": "A last word."})
	h.stop(t)

	for dir, want := range map[string]string{asked: "Half of it is", kept: "A last word."} {
		files := httptest.NewServer(http.FileServer(http.Dir(dir)))
		defer files.Close()
		down := &hubProcess{page: files.URL}
		if status, body := down.get(t, "/upgrades/pg17.html", false); status != http.StatusOK || !strings.Contains(body, want) || !strings.Contains(body, "Snapshot taken at") {
			t.Errorf("the page in %s = %d without %q: %s", dir, status, want, body)
		}
		var summary struct {
			Page struct{ URL string }
		}
		down.getJSON(t, "/api/v2/summary.json", false, &summary)
		if summary.Page.URL != h.page {
			t.Errorf("summary.json is of %q, want %q", summary.Page.URL, h.page)
		}
		var list []json.RawMessage
		down.getJSON(t, "/upgrades.json", false, &list)
		if status, body := down.get(t, "/", false); len(list) != 1 || status != http.StatusOK || !strings.Contains(body, `href="upgrades/pg17.html"`) {
			t.Errorf("the overview in %s = %d: %s", dir, status, body)
		}
	}
}

func TestExportSendsNoToken(t *testing.T) {
	f := newFakeHub(t, nil)
	if code, _, stderr := f.hub(t, "export", t.TempDir()); code != exitFailed || !strings.Contains(stderr, "GET /api/v2/status.json: 404") {
		t.Errorf("export from no hub = %d %q, want what is missing", code, stderr)
	}
	for _, r := range f.asked {
		if r.token != "" {
			t.Errorf("%s was sent the token", r.line)
		}
	}
	if code, _, _ := f.hub(t, "export"); code != exitUsage {
		t.Errorf("export to nowhere = %d, want %d", code, exitUsage)
	}
}

func TestSnapshotDirThatCannotBe(t *testing.T) {
	file := writeFile(t, "taken", "")
	code, _, stderr := hub(t, map[string]string{
		"HUB_DATA": t.TempDir(), "HUB_HTTP": "127.0.0.1:0", "HUB_OPS": "127.0.0.1:0", "HUB_NATS_LISTEN": "-", "HUB_SNAPSHOT_DIR": file,
	}, "serve")
	if code != exitFailed || !strings.Contains(stderr, "--snapshot-dir "+file) {
		t.Errorf("serve = %d %q, want a fault of --snapshot-dir", code, stderr)
	}
}
