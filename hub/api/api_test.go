package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"upgradehub/events/bus"
	"upgradehub/events/link"
	"upgradehub/hub/api"
	"upgradehub/hub/duty"
	"upgradehub/hub/ingest"
	"upgradehub/hub/store"
	"upgradehub/notifiers/courier"
)

const (
	operator  = "operator-token"
	publisher = "publisher-token"
)

// startAPI serves the API over a real log, with a node on duty behind it.
func startAPI(t *testing.T) *httptest.Server {
	t.Helper()
	quiet, dir := slog.New(slog.DiscardHandler), t.TempDir()
	b, err := bus.Open(t.Context(), bus.Config{Dir: dir, Listen: "-", NodeName: "test"}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), filepath.Join(dir, "hub.db"), quiet)
	if err != nil {
		t.Fatal(err)
	}
	d, err := duty.New(b, s, duty.Config{Node: "test", Version: "test", LinkKey: link.Key("secret")}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	fold := ingest.New(s, func(c ingest.Commit) { d.Folded(c.Upgrades, c.Subscribers, c.News) }, quiet)
	at, err := s.Resume(t.Context())
	if err == nil {
		err = b.Verify(t.Context(), at) // opens the log: no other fact may be its first
	}
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan bool, 2)
	go func() { _ = b.Follow(ctx, at, fold.Handle); ended <- true }() // both end with ctx
	go func() { _ = d.Run(ctx); ended <- true }()
	mux := http.NewServeMux()
	api.New(b, s, api.Config{Token: operator, Publishers: map[string][]string{link.Hash(publisher): {"pg17"}}}, quiet).Routes(mux)
	srv := httptest.NewServer(mux)
	t.Cleanup(func() {
		srv.Close()
		cancel()
		<-ended
		<-ended
		_ = s.Close()
		_ = b.Close()
	})
	return srv
}

// call sends a request and returns the status and the body.
func call(t *testing.T, srv *httptest.Server, method, path, token, body string, header map[string]string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, srv.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

const plan = `{"plan":{"schema":"upgradehub/plan/v1","id":"pg17","title":"T","system":"s","zone":"UTC",
	"window":{"start":"2026-03-01T10:00","end":"2026-03-01T12:00"},"components":[{"id":"web","name":"Web"}],
	"phases":[{"id":"move","title":"Move","start":"2026-03-01T10:00","duration":"1h"}]}}`

var wait = map[string]string{"Prefer": "wait=20"}

// TestWhoMayWhat goes through every kind of token.
func TestWhoMayWhat(t *testing.T) {
	srv := startAPI(t)
	tests := []struct {
		name, method, path, token string
		want                      int
	}{
		{"publish without a token", "POST", "/api/v1/upgrades/pg17/upgrade.paused", "", 401},
		{"publish with another token", "POST", "/api/v1/upgrades/pg17/upgrade.paused", "wrong", 401},
		{"publisher for its upgrade", "POST", "/api/v1/upgrades/pg17/upgrade.paused", publisher, 202},
		{"publisher for another upgrade", "POST", "/api/v1/upgrades/pg18/upgrade.paused", publisher, 403},
		{"publisher reopens", "POST", "/api/v1/upgrades/pg17/upgrade.reopened", publisher, 403},
		{"operator for any upgrade", "POST", "/api/v1/upgrades/pg18/upgrade.paused", operator, 202},
		{"events without a token", "POST", "/api/v1/events", "", 401},
		{"publisher reads the timeline", "GET", "/api/v1/upgrades/pg17/timeline", publisher, 403},
		{"operator reads the timeline", "GET", "/api/v1/upgrades/pg17/timeline", operator, 200},
		{"publisher reads what was rejected", "GET", "/api/v1/rejected", publisher, 200},
		{"nobody reads what was rejected", "GET", "/api/v1/rejected", "", 401},
		{"publisher holds", "POST", "/api/v1/hold", publisher, 403},
		{"public reads the upgrades", "GET", "/api/v1/upgrades", "", 200},
		{"public reads an unknown upgrade", "GET", "/api/v1/upgrades/nobody", "", 404},
		{"operator retries an unknown delivery", "POST", "/api/v1/deliveries/none/retry", operator, 404},
		{"schema of a type", "GET", "/schemas/phase.started", "", 200},
		{"schema of no type", "GET", "/schemas/phase.exploded", "", 404},
		{"list of schemas", "GET", "/schemas/", "", 200},
		{"deliveries in a state", "GET", "/api/v1/deliveries?state=dead", operator, 200},
		{"untold of no upgrade", "GET", "/api/v1/deliveries?state=untold", operator, 400},
		{"untold of one", "GET", "/api/v1/deliveries?state=untold&upgrade=pg16", operator, 200},
		{"deliveries in no state", "GET", "/api/v1/deliveries?state=lost", operator, 400},
		{"no such path", "GET", "/api/v1/nothing", "", 404},
		{"no such method", "GET", "/api/v1/events", "", 404},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, body := call(t, srv, tt.method, tt.path, tt.token, "", nil); got != tt.want {
				t.Errorf("%s %s = %d: %s, want %d", tt.method, tt.path, got, body, tt.want)
			}
		})
	}
}

// TestUnknownPathIsAProblem: a program that mistypes a path reads a problem
// document and not a page for visitors.
func TestUnknownPathIsAProblem(t *testing.T) {
	srv := startAPI(t)
	for _, path := range []string{"/api/v1/nothing", "/api/v1/upgrades/pg17/phase.started", "/api/v1/events"} {
		if _, body := call(t, srv, "GET", path, "", "", nil); !strings.HasPrefix(body, `{"type":"about:blank","title":"Not Found"`) {
			t.Errorf("GET %s = %q, want a problem document", path, body)
		}
	}
}

// TestReadyzTellsWhatIsAmiss: who forgot a hold, or revoked a token, finds it
// where a machine is looked after.
func TestReadyzTellsWhatIsAmiss(t *testing.T) {
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
	t.Cleanup(func() { _ = s.Close() })
	pause := courier.Pause{Channel: "slack", Code: "token_revoked", Detour: true, Until: time.Date(2030, 3, 3, 12, 0, 0, 0, time.UTC)}
	var paused []courier.Pause
	ops := httptest.NewServer(api.NewOps(b, s, func() int { return 0 }, func() []courier.Pause { return paused }, "test").Handler())
	t.Cleanup(ops.Close)
	if _, body := call(t, ops, "GET", "/readyz", "", "", nil); !strings.Contains(body, `{"name":"sending","ok":true}`) {
		t.Errorf("readyz = %s, want sending ok", body)
	}
	err = s.Update(t.Context(), func(tx *store.Tx) error {
		m, err := tx.Meta()
		m.Held = true
		return errors.Join(err, tx.PutMeta(m))
	})
	if err != nil {
		t.Fatal(err)
	}
	paused = append(paused, pause)
	status, body := call(t, ops, "GET", "/readyz", "", "", nil)
	for _, want := range []string{`"degraded":true,"detail":"on hold`, `"detail":"slack takes no messages (token_revoked), tried again at 12:00:00 UTC; who can be told on another channel is"`} {
		if !strings.Contains(body, want) || status == 200 {
			t.Errorf("readyz = %d %s, want %s among its checks", status, body, want)
		}
	}
	if _, body := call(t, ops, "GET", "/metrics", "", "", nil); !strings.Contains(body, `hub_channel_paused{channel="slack"} 1`) {
		t.Error("the metrics do not know that Slack is paused")
	}
}

// TestAnswers publishes with Prefer: wait and reads what became of it.
func TestAnswers(t *testing.T) {
	srv := startAPI(t)
	with := func(key string) map[string]string {
		return map[string]string{"Prefer": "respond-async, wait=20", "Idempotency-Key": key}
	}
	tests := []struct {
		name, path, body string
		header           map[string]string
		status           int
		want             string
	}{
		{"before the plan", "/api/v1/upgrades/pg17/phase.started", `{"phase":"move"}`, wait, 200, `"result":"anomaly"`},
		{"plan", "/api/v1/upgrades/pg17/upgrade.planned", plan, wait, 200, `"result":"applied"`},
		{"first", "/api/v1/upgrades/pg17/phase.started", `{"phase":"move"}`, with("a"), 200, `"result":"applied"`},
		{"again", "/api/v1/upgrades/pg17/phase.started", `{"phase":"move"}`, with("a"), 200, `"result":"duplicate"`},
		{"other content under the same id", "/api/v1/upgrades/pg17/phase.finished", `{"phase":"move"}`, with("a"), 200, `"result":"anomaly"`},
		{"not restored", "/api/v1/upgrades/pg17/component.changed", `{"component":"web","impact":"outage"}`, wait, 200, `"result":"applied"`},
		{"completed too early", "/api/v1/upgrades/pg17/upgrade.completed", `{}`, wait, 200, `Web`},
		{"unknown type", "/api/v1/upgrades/pg17/phase.exploded", `{"loud":true}`, wait, 200, `"result":"applied"`},
		{"faults", "/api/v1/upgrades/pg17/phase.finished", `{"outcome":"maybe","fase":"x"}`, wait, 400, `"faults":[`},
		{"not JSON", "/api/v1/upgrades/pg17/phase.finished", `{`, wait, 400, `"faults":[`},
		{"too large", "/api/v1/upgrades/pg17/update.posted", `{"text":"` + strings.Repeat("x", 1<<20) + `"}`, wait, 413, `1 MiB`},
		{"the hub's own type", "/api/v1/upgrades/pg17/clock.overdue", `{}`, wait, 400, `"faults":[`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, body := call(t, srv, "POST", tt.path, operator, tt.body, tt.header)
			if status != tt.status || !strings.Contains(body, tt.want) {
				t.Errorf("POST %s = %d: %s, want %d with %s", tt.path, status, body, tt.status, tt.want)
			}
		})
	}
}

// TestBatch judges every event of a batch before any is stored.
func TestBatch(t *testing.T) {
	srv := startAPI(t)
	event := func(id, typ, data string) string {
		return `{"specversion":"1.0","id":"` + id + `","source":"ci","type":"dev.upgradehub.` + typ + `.v1","subject":"pg17","data":` + data + `}`
	}
	header := map[string]string{"Content-Type": "application/cloudevents-batch+json", "Prefer": "wait=20"}
	bad := "[" + event("1", "upgrade.planned", plan) + "," + event("2", "phase.started", `{}`) + "]"
	if status, body := call(t, srv, "POST", "/api/v1/events", publisher, bad, header); status != 400 || !strings.Contains(body, "event 1: phase") {
		t.Errorf("bad batch = %d: %s, want 400 that names the second event", status, body)
	}
	if status, _ := call(t, srv, "GET", "/api/v1/upgrades/pg17", "", "", nil); status != 404 {
		t.Errorf("after a bad batch the upgrade answers %d, want 404: nothing was stored", status)
	}
	good := "[" + event("1", "upgrade.planned", plan) + "," + event("2", "phase.started", `{"phase":"move"}`) + "]"
	status, body := call(t, srv, "POST", "/api/v1/events", publisher, good, header)
	var answers []api.Answer
	if err := json.Unmarshal([]byte(body), &answers); status != 200 || err != nil || len(answers) != 2 || answers[1].Result != "applied" {
		t.Errorf("batch = %d: %s, want two answers, applied", status, body)
	}
}
