package api_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"upgradehub/events/bus"
	"upgradehub/hub/api"
	"upgradehub/hub/store"
)

// TestRepeatedConflictIsAnswered: the same other content under one id, sent
// again, makes no fact; whoever waits is told all the same.
func TestRepeatedConflictIsAnswered(t *testing.T) {
	srv := startAPI(t)
	header := map[string]string{"Prefer": "wait=5", "Idempotency-Key": "plan-1"}
	if status, body := call(t, srv, "POST", "/api/v1/upgrades/pg17/upgrade.planned", operator, plan, header); status != 200 {
		t.Fatalf("first = %d: %s", status, body)
	}
	other := strings.Replace(plan, `"title":"T"`, `"title":"Other"`, 1)
	for range 2 {
		status, body := call(t, srv, "POST", "/api/v1/upgrades/pg17/upgrade.planned", operator, other, header)
		if status != 200 || !strings.Contains(body, `"result":"anomaly"`) || !strings.Contains(body, "other content") {
			t.Errorf("other content under the same id = %d: %s, want the anomaly", status, body)
		}
		<-afterMsgIDWindow()
	}
}

// startAlone serves the API of a log that nobody folds.
func startAlone(t *testing.T) (*httptest.Server, *bus.Bus, *store.Store) {
	t.Helper()
	quiet, dir := slog.New(slog.DiscardHandler), t.TempDir()
	b, err := bus.Open(t.Context(), bus.Config{Dir: dir, Listen: "-", NodeName: "test"}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	s, err := store.Open(t.Context(), filepath.Join(dir, "hub.db"), quiet)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	api.New(b, s, api.Config{Token: operator}, quiet).Routes(mux)
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return srv, b, s
}

// TestStoredIsNeverCalledNotStored: what the log has acknowledged is not sent
// again, even if nobody can find out what became of it.
func TestStoredIsNeverCalledNotStored(t *testing.T) {
	srv, _, s := startAlone(t)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	status, body := call(t, srv, "POST", "/api/v1/upgrades/pg17/upgrade.planned", operator, plan, wait)
	if status != 202 || !strings.Contains(body, `"result":"stored"`) {
		t.Errorf("publish = %d: %s, want 202 stored", status, body)
	}
}

// TestNotStoredIsSaidSo: while the log does not answer, a publisher is asked to
// come again, and never told that an event was taken.
func TestNotStoredIsSaidSo(t *testing.T) {
	srv, b, _ := startAlone(t)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), "POST", srv.URL+"/api/v1/upgrades/pg17/upgrade.planned", strings.NewReader(plan))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+operator)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" {
		t.Errorf("publish without a log = %d, Retry-After %q; want 503 with one", res.StatusCode, res.Header.Get("Retry-After"))
	}
}

// afterMsgIDWindow is when NATS itself no longer knows a message id again.
func afterMsgIDWindow() <-chan time.Time { return time.After(150 * time.Millisecond) }
