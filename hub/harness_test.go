package main

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"upgradehub/notifiers/slack/slacktest"
)

// asHub makes the test binary the hub itself, so that tests can kill it.
const asHub = "HUB_TEST_PROCESS"

func TestMain(m *testing.M) {
	if os.Getenv(asHub) == "1" {
		os.Exit(mainCode())
	}
	os.Exit(m.Run())
}

// hubProcess is a hub in a process of its own, with what it printed of where
// it is.
type hubProcess struct {
	cmd  *exec.Cmd
	page string // http://127.0.0.1:port
	nats string // nats://127.0.0.1:port
	data string
	errs *lockedBuffer
}

// startHub starts a hub on free ports and waits until it serves. It is killed
// when the test ends.
func startHub(t testing.TB, data string, args ...string) *hubProcess {
	t.Helper()
	h := newHubProcess(t, data, append([]string{"serve"}, args...)...)
	h.start(t)
	return h
}

// newHubProcess prepares a command of the hub that serves.
func newHubProcess(t testing.TB, data string, args ...string) *hubProcess {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args = append(args, "--data", data, "--http", "127.0.0.1:0", "--ops", "127.0.0.1:0")
	if !slices.Contains(args, "--nats-listen") {
		args = append(args, "--nats-listen", "127.0.0.1:0")
	}
	h := &hubProcess{cmd: exec.Command(exe, args...), data: data, errs: &lockedBuffer{}} //nolint:gosec // the test binary itself
	h.cmd.Env = append(os.Environ(), asHub+"=1", "HUB_SLACK_TOKEN=xoxb-test")
	h.cmd.Stderr = h.errs
	return h
}

func (h *hubProcess) start(t testing.TB) {
	t.Helper()
	out, err := h.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := h.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.kill)
	h.readAddresses(t, out)
}

// readAddresses reads what the hub prints when it serves.
func (h *hubProcess) readAddresses(t testing.TB, out io.Reader) {
	t.Helper()
	found := make(chan bool, 1)
	go func() { // ends with the process
		lines := bufio.NewScanner(io.TeeReader(out, h.errs))
		for lines.Scan() {
			name, value, _ := strings.Cut(strings.TrimSpace(lines.Text()), " ")
			switch name {
			case "page":
				h.page = strings.TrimSuffix(strings.TrimSpace(value), "/")
			case "publish":
				h.nats = strings.TrimSpace(value)
			case "data":
				found <- true
			}
		}
		close(found)
	}()
	select {
	case ok := <-found:
		if ok {
			return
		}
	case <-time.After(60 * time.Second):
	}
	t.Fatalf("hub did not start:\n%s", h.errs)
}

// kill ends the hub at once, as a power cut would.
func (h *hubProcess) kill() {
	_ = h.cmd.Process.Kill()
	_ = h.cmd.Wait()
}

// stop ends the hub cleanly.
func (h *hubProcess) stop(t testing.TB) {
	t.Helper()
	_ = h.cmd.Process.Signal(os.Interrupt)
	if err := h.cmd.Wait(); err != nil {
		t.Errorf("hub ended with %v:\n%s", err, h.errs)
	}
}

func (h *hubProcess) token(t testing.TB) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(h.data, "token"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(raw))
}

// get asks the public listener; with the operator's token when asked to.
func (h *hubProcess) get(t testing.TB, path string, operator bool) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.page+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if operator {
		req.Header.Set("Authorization", "Bearer "+h.token(t))
	}
	return answer(t, req)
}

// post sends a JSON body with the operator's token.
func (h *hubProcess) post(t testing.TB, path, body string, header map[string]string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.page+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+h.token(t))
	req.Header.Set("Content-Type", "application/json")
	for k, v := range header {
		req.Header.Set(k, v)
	}
	return answer(t, req)
}

func answer(t testing.TB, req *http.Request) (int, string) {
	t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// getJSON reads a JSON answer into v.
func (h *hubProcess) getJSON(t testing.TB, path string, operator bool, v any) {
	t.Helper()
	status, body := h.get(t, path, operator)
	if status != http.StatusOK {
		t.Fatalf("GET %s = %d: %s", path, status, body)
	}
	if err := json.Unmarshal([]byte(body), v); err != nil {
		t.Fatalf("GET %s: %v in %s", path, err, body)
	}
}

// publish sends a bare event over HTTP and waits for what became of it.
func (h *hubProcess) publish(t testing.TB, upgrade, typ string, data any) string {
	t.Helper()
	body, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	status, got := h.post(t, "/api/v1/upgrades/"+upgrade+"/"+typ, string(body), map[string]string{"Prefer": "wait=30"})
	if status != http.StatusOK {
		t.Fatalf("publish %s %s = %d: %s", upgrade, typ, status, got)
	}
	return got
}

// applied is publish for an event that must be applied.
func (h *hubProcess) applied(t testing.TB, upgrade, typ string, data any) {
	t.Helper()
	if got := h.publish(t, upgrade, typ, data); !strings.Contains(got, `"result":"applied"`) {
		t.Fatalf("publish %s %s: %s, want applied", upgrade, typ, got)
	}
}

// publisher connects to the hub's listener as any client would.
func (h *hubProcess) publisher(t testing.TB) (*nats.Conn, jetstream.JetStream) {
	t.Helper()
	nc, err := nats.Connect(h.nats)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return nc, js
}

// eventually waits until done is true, looking every 20 ms.
func eventually(t testing.TB, within time.Duration, what string, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			t.Fatalf("not within %s: %s", within, what)
		case <-tick.C:
		}
	}
}

// opens waits until a personal link works: that is when the outcome of the
// mail it stands in is folded, an instant after the mail is there.
func (h *hubProcess) opens(t testing.TB, link string) {
	t.Helper()
	eventually(t, 20*time.Second, "personal link "+link+" opens", func() bool {
		status, _ := h.get(t, link, false)
		return status == http.StatusOK
	})
}

// settled waits until all that happened is planned and all that is owed is
// made.
func (h *hubProcess) settled(t testing.TB) {
	t.Helper()
	h.settledWithin(t, 60*time.Second)
}

func (h *hubProcess) settledWithin(t testing.TB, most time.Duration) {
	t.Helper()
	db := h.db(t)
	eventually(t, most, "everything planned and every delivery made", func() bool {
		var unplanned, pending int
		err := db.QueryRowContext(t.Context(), `SELECT (SELECT count(*) FROM timeline WHERE seq > planned AND type NOT LIKE 'anomaly%'),
			(SELECT count(*) FROM deliveries WHERE state = 'pending') FROM meta`).Scan(&unplanned, &pending)
		return err == nil && unplanned == 0 && pending == 0
	})
}

// db opens the hub's file beside it.
func (h *hubProcess) db(t testing.TB) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(h.data, "hub.db")+"?_pragma=busy_timeout(5000)&_pragma=query_only(1)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// lockedBuffer is a buffer a process writes to while a test reads it.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// mailbox is a real SMTP server that keeps what it accepts.
type mailbox struct {
	url string
	mu  sync.Mutex
	got []received
	// fault, if there is one, makes the server misbehave at a stage.
	fault mailFault
	tries tries
}

// mailFault is asked at the stages RCPT, DATA (before a mail is kept), KEPT
// (before it is answered for) and RESET (behind the answer). try counts from
// 1 the mails to an address. The error is what the server answers.
type mailFault func(stage, to string, try int, c *smtp.Conn) error

// tries counts the recipients named.
type tries struct {
	mu sync.Mutex
	n  map[string]int
}

func (c *tries) next(to string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n[to]++
	return c.n[to]
}

type received struct {
	from, to string // of the envelope
	raw      string
	msg      *mail.Message
}

func startMailbox(t testing.TB) *mailbox { return startFaultyMailbox(t, nil) }

func startFaultyMailbox(t testing.TB, fault mailFault) *mailbox {
	t.Helper()
	m := &mailbox{fault: fault, tries: tries{n: map[string]int{}}}
	m.url = serveSMTP(t, m)
	return m
}

// serveSMTP serves mail sessions until the test ends, and returns where.
func serveSMTP(t testing.TB, sessions smtp.Backend) (url string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := smtp.NewServer(sessions)
	srv.Domain = "mail.example.org"
	srv.ErrorLog = silent{} // killed hubs break off
	go func() {             // ends when the server is closed
		if err := srv.Serve(ln); err != nil && !errors.Is(err, smtp.ErrServerClosed) {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { _ = srv.Close() })
	return "smtp://" + ln.Addr().String() + "?tls=none"
}

// silent says nothing.
type silent struct{}

func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}

// NewSession begins one SMTP session.
func (m *mailbox) NewSession(c *smtp.Conn) (smtp.Session, error) {
	return &mailSession{box: m, conn: c}, nil
}

type mailSession struct {
	box      *mailbox
	conn     *smtp.Conn
	from, to string
	try      int
}

func (s *mailSession) Mail(from string, _ *smtp.MailOptions) error { s.from = from; return nil }

func (s *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to, s.try = to, s.box.tries.next(to)
	return s.at("RCPT")
}

func (s *mailSession) Reset()        { _ = s.at("RESET") }
func (s *mailSession) Logout() error { return nil }

func (s *mailSession) at(stage string) error {
	if s.box.fault == nil || s.to == "" {
		return nil
	}
	return s.box.fault(stage, s.to, s.try, s.conn)
}

func (s *mailSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	msg, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return fmt.Errorf("unreadable mail: %w", err)
	}
	if err := s.at("DATA"); err != nil {
		return err
	}
	s.box.keep(received{from: s.from, to: s.to, raw: string(raw), msg: msg})
	return s.at("KEPT")
}

func (m *mailbox) keep(r received) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.got = append(m.got, r)
}

// mails are those that arrived for an address; all of them for "".
func (m *mailbox) mails(to string) []received {
	m.mu.Lock()
	defer m.mu.Unlock()
	var found []received
	for _, r := range m.got {
		if to == "" || r.to == to {
			found = append(found, r)
		}
	}
	return found
}

// count is how many mails arrived.
func (m *mailbox) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.got)
}

// decoded is the text of a mail with its transfer encodings undone.
func decoded(t testing.TB, r received) string {
	t.Helper()
	msg, err := mail.ReadMessage(strings.NewReader(r.raw))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	decodePart(t, &b, msg.Header.Get("Content-Type"), msg.Header.Get("Content-Transfer-Encoding"), msg.Body)
	return b.String()
}

func decodePart(t testing.TB, out *strings.Builder, contentType, encoding string, body io.Reader) {
	t.Helper()
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(media, "multipart/") {
		parts := multipart.NewReader(body, params["boundary"])
		for {
			p, err := parts.NextRawPart()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			decodePart(t, out, p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p)
		}
	}
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	raw, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(raw)
	out.WriteByte('\n')
}

// oneChannel is a workspace with the one channel of the tests.
var oneChannel = slacktest.Config{Token: "xoxb-test", Channels: []slacktest.Channel{{ID: "C0UPGRADES", Name: "upgrades"}}}

// startSlack is a strict fake of Slack.
func startSlack(t testing.TB, cfg slacktest.Config) *slacktest.Server {
	t.Helper()
	s := slacktest.New(cfg)
	t.Cleanup(s.Close)
	return s
}
