package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"upgradehub/events/clock"
)

// canary marks every internal text: nothing public may ever hold it.
const canary = "CANARYZ"

// TestInternalTextStaysInternal publishes internal texts in every field that
// can hold one, then visits every public route the mux knows, listens to the
// live socket, reads the mails to end users and the snapshot's files.
func TestInternalTextStaysInternal(t *testing.T) {
	files := t.TempDir()
	n, box := startInProcess(t, configNow+"people: {\"@tester\": {email: tester@example.org}}\nsnapshot_dir: "+files+"\n")
	h := &hubProcess{page: n.cfg.PublicURL, data: n.cfg.Data}
	frames := listenLive(t, h.page)
	h.applied(t, "pg17", "upgrade.planned", map[string]any{"plan": canaryPlan(), "reason": canary + " reason"})
	signOff := signOffAsked(t, h, box)
	for _, e := range canaryEvents {
		if got := h.publish(t, "pg17", e.typ, e.data); !strings.Contains(got, `"result":"applied"`) {
			t.Errorf("%s: %s, want applied", e.typ, got)
		}
	}
	eventually(t, 30*time.Second, "mails to end users", func() bool { return len(box.mails("user@example.org")) == 2 })
	h.settled(t)

	visited := 0
	for _, path := range publicPaths(t, n, decoded(t, box.mails("user@example.org")[1])+signOff) {
		status, body := h.get(t, path, false)
		if status == http.StatusOK {
			visited++
		}
		if strings.Contains(body, canary) {
			t.Errorf("GET %s shows an internal text: …%s…", path, around(body, canary))
		}
	}
	if visited < 10 {
		t.Errorf("%d public pages answered, want at least 10", visited)
	}
	searchSnapshot(t, files)
	for _, m := range box.mails("user@example.org") {
		if text := decoded(t, m); strings.Contains(text, canary) {
			t.Errorf("mail %q holds an internal text: …%s…", m.msg.Header.Get("Subject"), around(text, canary))
		}
	}
	for _, frame := range frames() {
		if strings.Contains(frame, canary) {
			t.Errorf("live frame holds an internal text: …%s…", around(frame, canary))
		}
	}
	if status, _ := h.get(t, "/api/v1/upgrades/pg17/timeline", false); status != http.StatusUnauthorized {
		t.Errorf("the timeline answers the public with %d", status)
	}
	// The canary itself must be alive: the hub knows every text of it.
	if raw := strings.Join(strings1(t, h.db(t), `SELECT CAST(raw AS TEXT) FROM log`), "\n"); strings.Count(raw, canary) < len(canaryEvents) {
		t.Errorf("%d internal texts were folded, want at least %d", strings.Count(raw, canary), len(canaryEvents))
	}
}

// signOffAsked is the link that a tester is mailed. Its page names the gate it
// asks about, and nothing else that is internal; that of the end is visited
// with the other pages.
func signOffAsked(t *testing.T, h *hubProcess, box *mailbox) string {
	t.Helper()
	link := ""
	eventually(t, 30*time.Second, "mail that asks to sign off", func() bool {
		for _, m := range box.mails("tester@example.org") {
			link = cmp.Or(link, signOffLink.FindString(decoded(t, m)))
		}
		return link != ""
	})
	h.opens(t, link)
	status, body := h.get(t, link, false)
	if status != http.StatusOK || !strings.Contains(body, "Checked") || strings.Contains(body, canary) {
		t.Errorf("GET %s: %d, want the gate and nothing else that is internal:\n%s", link, status, body)
	}
	return link
}

// searchSnapshot waits for the snapshot of the end, and looks for an internal
// text in every file.
func searchSnapshot(t *testing.T, dir string) {
	t.Helper()
	eventually(t, 10*time.Second, "snapshot of the end", func() bool {
		raw, err := os.ReadFile(filepath.Join(dir, "upgrades", "pg17.html"))
		return err == nil && strings.Contains(string(raw), "Canceled")
	})
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if strings.Contains(string(raw), canary) {
			t.Errorf("%s holds an internal text: …%s…", path, around(string(raw), canary))
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // a file may be replaced meanwhile
		t.Error(err)
	}
}

func around(body, text string) string {
	i := strings.Index(body, text)
	return body[max(0, i-80):min(len(body), i+80)]
}

func canaryPlan() map[string]any {
	p := planNow("pg17")
	soon := time.Now().UTC().Add(30 * time.Minute).Format("2006-01-02T15:04")
	p["roster"] = map[string]any{
		"lead": map[string]any{"person": "@" + canary, "shift": canary + " shift"}, "tester": map[string]any{"person": "@tester"},
	}
	p["components"] = append(p["components"].([]any), map[string]any{"id": "secret", "name": canary + " component", "public": false})
	p["phases"] = append(p["phases"].([]any), map[string]any{
		"id": "hidden", "title": canary + " phase", "public": false, "start": p["window"].(map[string]any)["start"], "duration": "10m",
	})
	p["gates"] = []any{
		map[string]any{"id": "g1", "title": canary + " gate", "at": p["window"].(map[string]any)["start"], "evidence": []any{map[string]any{"check": canary + " check"}}},
		map[string]any{"id": "g2", "title": "Checked", "at": soon, "deadline": soon, "decider": "lead", "evidence": []any{map[string]any{"signoff": "tester"}}},
	}
	p["contingencies"] = []any{map[string]any{"id": "c1", "trigger": "phase.overdue:switchover:90m", "action": canary + " action"}}
	p["risks"] = []any{map[string]any{"id": "r1", "text": canary + " risk", "mitigation": canary + " mitigation"}}
	return p
}

var canaryEvents = []struct {
	typ  string
	data map[string]any
}{
	{"upgrade.scheduled", map[string]any{"by": canary + " by", "reason": canary + " reason"}},
	{"upgrade.started", map[string]any{"note": canary + " note", "reason": canary + " reason"}},
	{"phase.started", map[string]any{"phase": "switchover", "note": canary + " note"}},
	{"phase.progressed", map[string]any{"phase": "switchover", "percent": 5, "note": canary + " note"}},
	{"phase.waiting", map[string]any{"phase": "switchover", "waiting_for": "approval", "note": canary + " note"}},
	{"phase.started", map[string]any{"phase": "hidden", "note": canary + " note"}},
	{"component.changed", map[string]any{"component": "campus", "impact": "degraded", "note": canary + " note"}},
	{"component.changed", map[string]any{"component": "secret", "impact": "outage", "note": canary + " note"}},
	{"gate.evidence", map[string]any{"gate": "g1", "kind": "check", "name": canary + " name", "by": canary, "result": "pass"}},
	{"gate.decided", map[string]any{"gate": "g1", "decision": "go", "by": canary + " by", "reason": canary + " reason"}},
	{"risk.triggered", map[string]any{"risk": "r1", "note": canary + " note"}},
	{"update.posted", map[string]any{"text": canary + " update", "visibility": "internal"}},
	{"failover.started", map[string]any{"component": "secret", "active": canary + " node"}},
	{"failover.finished", map[string]any{"component": "secret", "active": canary + " node", "standby": canary + " other"}},
	{"failback.finished", map[string]any{"component": "secret", "active": canary + " node"}},
	{"component.changed", map[string]any{"component": "secret", "impact": "no_impact"}},
	{"component.changed", map[string]any{"component": "campus", "impact": "no_impact"}},
	{"upgrade.paused", map[string]any{"reason": canary + " reason", "note": canary + " note"}},
	{"upgrade.resumed", map[string]any{"reason": canary + " reason"}},
	{"upgrade.canceled", map[string]any{"reason": canary + " reason", "visibility": "internal"}},
}

// startInProcess runs a node inside the test, so that its routes are known.
func startInProcess(t *testing.T, config string) (*node, *mailbox) {
	t.Helper()
	cfg, box := inProcess(t, config)
	n, _ := runNode(t, cfg, clock.Clock{})
	return n, box
}

// inProcess is the configuration of a node inside the test, and where its mails
// arrive.
func inProcess(t *testing.T, config string) (Config, *mailbox) {
	t.Helper()
	box, dir := startMailbox(t), t.TempDir()
	file := filepath.Join(dir, "hub.yaml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{
		"HUB_CONFIG": file, "HUB_DATA": filepath.Join(dir, "data"), "HUB_HTTP": "127.0.0.1:0", "HUB_OPS": "127.0.0.1:0",
		"HUB_NATS_LISTEN": "127.0.0.1:0", "HUB_SMTP": box.url, "HUB_MAIL_FROM": "hub@example.org",
	}
	cfg, err := loadConfig(nil, func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	if err := cfg.createSecrets(); err != nil {
		t.Fatal(err)
	}
	return cfg, box
}

// runNode runs a node until it is stopped, with the test at the latest.
func runNode(t *testing.T, cfg Config, clk clock.Clock) (n *node, stop func()) {
	t.Helper()
	n, err := openNode(t.Context(), cfg, clk, newLogger(io.Discard, cfg.Log))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- n.run(ctx, io.Discard) }() // ends with ctx
	stop = sync.OnceFunc(func() {
		cancel()
		if err := errors.Join(<-ended, n.close()); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return n, stop
}

var wildcard = regexp.MustCompile(`\{[^}]*\}`)

// publicPaths are the GET routes of the mux with their wildcards filled in,
// those of personal links from a mail.
func publicPaths(t *testing.T, n *node, mail string) []string {
	t.Helper()
	paths := map[string]bool{}
	for _, pattern := range n.pages.patterns {
		method, path, found := strings.Cut(pattern, " ")
		if !found {
			method, path = "", pattern
		}
		if method == http.MethodPost {
			continue
		}
		switch {
		case strings.HasPrefix(path, "/f/"), strings.HasPrefix(path, "/g/"), strings.HasPrefix(path, "/s/"):
			link := regexp.MustCompile(regexp.QuoteMeta(path[:3]) + `[A-Za-z0-9_-]{22}`).FindString(mail)
			if link == "" {
				t.Errorf("no link of %s in the mail", path)
			}
			paths[link] = true
		case path == "/ws":
		default:
			paths[wildcard.ReplaceAllString(strings.Replace(path, "{$}", "", 1), "pg17")] = true
		}
	}
	paths["/live?since=0&page=/upgrades/pg17"], paths["/live?since=0&page=/"], paths["/nowhere"] = true, true, true
	var list []string
	for p := range maps.Keys(paths) {
		list = append(list, p)
	}
	return list
}

// listenLive collects what the live socket of the overview, which shows every
// upgrade, says until it is asked.
func listenLive(t *testing.T, url string) func() []string {
	t.Helper()
	var conn *websocket.Conn
	eventually(t, 30*time.Second, "live socket", func() bool {
		c, res, err := websocket.DefaultDialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(url, "http")+"/ws?since=0&page=/", nil)
		if err != nil {
			return false
		}
		_ = res.Body.Close()
		conn = c
		return true
	})
	var frames []string
	done := make(chan bool)
	go func() { // ends when the connection is closed
		defer close(done)
		for {
			_, raw, err := conn.ReadMessage()
			if err != nil {
				return
			}
			if !json.Valid(raw) {
				t.Errorf("frame is not JSON: %s", raw)
			}
			frames = append(frames, string(raw))
		}
	}()
	return func() []string {
		_ = conn.Close()
		<-done
		if len(frames) == 0 {
			t.Error("the live socket said nothing")
		}
		return frames
	}
}
