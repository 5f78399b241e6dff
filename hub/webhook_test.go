package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"upgradehub/hub/store"
	"upgradehub/notifiers/webhook"
)

// hookTarget is a program that is told; what it does with a message depends
// on the path and on how often the message came.
type hookTarget struct {
	*httptest.Server
	mu   sync.Mutex
	got  map[string][]hookCall // by path
	seen map[string]int        // by path and id
}

type hookCall struct {
	header http.Header
	body   []byte
}

func startTarget(t testing.TB) *hookTarget {
	h := &hookTarget{got: map[string][]hookCall{}, seen: map[string]int{}}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		h.mu.Lock()
		h.got[r.URL.Path] = append(h.got[r.URL.Path], hookCall{r.Header, body})
		key := r.URL.Path + " " + r.Header.Get("webhook-id")
		h.seen[key]++
		first := h.seen[key] == 1
		h.mu.Unlock()
		switch {
		case r.URL.Path == "/gone":
			w.WriteHeader(http.StatusGone)
		case r.URL.Path == "/reset" && first:
			panic(http.ErrAbortHandler) // it was taken, and nobody learns of it
		case r.URL.Path == "/broken" && first:
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hookTarget) calls(path string) []hookCall {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]hookCall(nil), h.got[path]...)
}

// TestWebhook: targets of hub.yaml are told, whatever they do, and one that
// is gone is left alone. Whoever knows the secret that the hub prints can
// tell that it was the hub.
func TestWebhook(t *testing.T) {
	t.Parallel()
	target := startTarget(t)
	w := startWorldWith(t, startMailbox(t), `
webhook_allow: [127.0.0.0/8]
audiences:
  tools: {role: users, channels: {webhook: ["`+target.URL+`/good", "`+target.URL+`/broken", "`+target.URL+`/reset", "`+target.URL+`/gone"]}}
`)
	plan := planNow("pg17")
	delete(plan, "audiences") // all of hub.yaml take part
	w.applied(t, "pg17", "upgrade.planned", map[string]any{"plan": plan})
	w.settled(t)
	for path, want := range map[string]int{"/good": 1, "/broken": 2, "/reset": 2, "/gone": 1} {
		if got := target.calls(path); len(got) != want || got[0].header.Get("webhook-id") != got[len(got)-1].header.Get("webhook-id") {
			t.Errorf("%s was told %d times, want %d times the same", path, len(got), want)
		}
	}
	var ledger struct {
		Deliveries []store.DeliveryRow `json:"deliveries"`
	}
	w.getJSON(t, "/api/v1/deliveries?state=failed", true, &ledger)
	if len(ledger.Deliveries) != 1 {
		t.Errorf("%d deliveries failed, want the one to the target that is gone", len(ledger.Deliveries))
	}

	code, secret, stderr := hub(t, nil, "webhook", "secret", target.URL+"/good", "--data", w.data)
	if code != exitDone {
		t.Fatalf("hub webhook secret: %s", stderr)
	}
	hook, err := standardwebhooks.NewWebhook(strings.TrimSpace(secret))
	if err != nil {
		t.Fatal(err)
	}
	call := target.calls("/good")[0]
	if err := hook.Verify(call.body, call.header); err != nil {
		t.Errorf("the secret that is printed does not verify: %v", err)
	}
	var told webhook.Payload
	if err := json.Unmarshal(call.body, &told); err != nil {
		t.Fatal(err)
	}
	if told.Type != webhook.PayloadType || told.Data.Upgrade.ID != "pg17" || !strings.Contains(told.Data.Text, "Status page: ") || time.Since(told.Timestamp) > time.Hour {
		t.Errorf("told %+v", told)
	}
}

func TestWebhookSecretNeedsAHub(t *testing.T) {
	code, _, stderr := hub(t, nil, "webhook", "secret", "https://a.example.org", "--data", t.TempDir())
	if code != exitFailed || !strings.Contains(stderr, "where no hub has run") {
		t.Errorf("exit %d, %s", code, stderr)
	}
	code, _, stderr = hub(t, nil, "webhook", "secret", "a.example.org")
	if code != exitUsage || !strings.Contains(stderr, "is not a URL") {
		t.Errorf("exit %d, %s", code, stderr)
	}
}
