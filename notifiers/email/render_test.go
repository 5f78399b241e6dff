package email_test

import (
	"bytes"
	"flag"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"upgradehub/notifiers"
	"upgradehub/notifiers/email"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const calendar = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:PUBLISH\r\nEND:VCALENDAR\r\n"

// outbox returns an Email that writes files, and where.
func outbox(t testing.TB) (*email.Email, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "outbox")
	return open(t, email.Config{OutboxDir: dir}), dir
}

// written returns the only file of an outbox.
func written(t testing.TB, dir string) (string, []byte) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("outbox holds %v, %v; want one mail", files, err)
	}
	raw, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Base(files[0]), raw
}

func TestGolden(t *testing.T) {
	withCalendar := message("0123456789abcdef0123456789abcdef")
	withCalendar.Calendar = []byte(calendar)
	withReport := message("0123456789abcdef0123456789abcdef")
	withReport.Report = []byte("<!doctype html>\n<title>Report</title>\n")
	canceled := withCalendar
	canceled.CalendarMethod, canceled.HTML = "CANCEL", ""
	hostile := withCalendar
	hostile.Subject = "done\r\nBcc: eve@example.org\x00\u2028 <script>"
	hostile.To.Name = "Ann\r\nBcc: eve@example.org, \"x\" <y@example.org>"
	hostile.Text = "a\x00b\xff\n.\r\n.\nFrom here\n"
	local := message("not a word: ü")
	local.Links.Unsubscribe, local.Delivery.Upgrade = "http://127.0.0.1:8080/s/AbCdEfGhIjKlMnOpQrStUv", ""
	tests := []struct {
		name string
		m    notifiers.Message
	}{
		{"announced", withCalendar},
		{"report", withReport},
		{"plain", message("0123456789abcdef0123456789abcdef")},
		{"canceled", canceled},
		{"hostile", hostile},
		{"local", local},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e, dir := outbox(t)
			send(t, e, tt.m)
			_, raw := written(t, dir)
			compare(t, tt.name+".eml", raw)
			parts(t, raw)
		})
	}
}

func compare(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; run 'go test ./notifiers/email -update' if that is meant\n got:\n%s\nwant:\n%s", path, got, want)
	}
}

// parts reads a mail as a receiver does and returns its leaves by type.
func parts(t testing.TB, raw []byte) map[string]string {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("read mail: %v", err)
	}
	leaves := map[string]string{}
	walk(t, m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), m.Body, leaves)
	return leaves
}

func walk(t testing.TB, contentType, encoding string, body io.Reader, leaves map[string]string) {
	t.Helper()
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		t.Fatalf("Content-Type %q: %v", contentType, err)
	}
	if !strings.HasPrefix(kind, "multipart/") {
		raw, err := io.ReadAll(body)
		if err != nil {
			t.Fatalf("part %s: %v", kind, err)
		}
		leaves[contentType] = encoding + "\n" + string(raw)
		return
	}
	for r := multipart.NewReader(body, params["boundary"]); ; {
		p, err := r.NextPart()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatalf("part of %s: %v", kind, err)
		}
		walk(t, p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p, leaves)
	}
}

func TestPartsAreReadable(t *testing.T) {
	e, dir := outbox(t)
	m := message("d1")
	m.Calendar, m.CalendarMethod = []byte(calendar), "PUBLISH"
	send(t, e, m)
	_, raw := written(t, dir)
	leaves := parts(t, raw)
	if len(leaves) != 3 {
		t.Fatalf("parts = %v, want text, HTML and calendar", leaves)
	}
	if got := leaves["text/plain; charset=UTF-8"]; !strings.Contains(got, "15 minutes.") {
		t.Errorf("text = %q", got)
	}
	if got := leaves["text/html; charset=UTF-8"]; !strings.Contains(got, "<!doctype html>") {
		t.Errorf("HTML = %q", got)
	}
	if _, ok := leaves[`text/calendar; method=PUBLISH; charset=UTF-8; name="upgrade.ics"`]; !ok {
		t.Errorf("parts = %v, want a calendar with its method", leaves)
	}
}

func TestHeaders(t *testing.T) {
	e, dir := outbox(t)
	send(t, e, message("0123456789abcdef0123456789abcdef99"))
	_, raw := written(t, dir)
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"From":                     `"Upgrade Hub" <hub@example.org>`,
		"To":                       `"Ann" <ann@example.org>`,
		"Date":                     "Tue, 12 May 2026 20:00:00 +0000",
		"Message-Id":               "<0123456789abcdef0123456789abcdef@example.org>",
		"Auto-Submitted":           "auto-generated",
		"X-Auto-Response-Suppress": "All",
		"List-Unsubscribe":         "<https://hub.example.org/s/AbCdEfGhIjKlMnOpQrStUv>",
		"List-Unsubscribe-Post":    "List-Unsubscribe=One-Click",
		"List-Id":                  "<upgrades.example.org>",
		"Mime-Version":             "1.0",
	}
	for key, value := range want {
		if got := m.Header[key]; len(got) != 1 || got[0] != value {
			t.Errorf("%s = %q, want %q once", key, got, value)
		}
	}
	root := m.Header.Get("References")
	if root == "" || root != m.Header.Get("In-Reply-To") || strings.Count(root, "<") != 1 {
		t.Errorf("References = %q, In-Reply-To = %q; want one and the same root", root, m.Header.Get("In-Reply-To"))
	}
	for _, key := range []string{"User-Agent", "X-Mailer", "Bcc", "Cc"} {
		if m.Header.Get(key) != "" {
			t.Errorf("%s = %q, want none", key, m.Header.Get(key))
		}
	}
}

func TestLongHostKeepsIDOnItsLine(t *testing.T) {
	dir := t.TempDir()
	e := open(t, email.Config{OutboxDir: dir, From: "hub@upgrades.mail.corporate.example.org"})
	r := send(t, e, message("0123456789abcdef0123456789abcdef"))
	_, raw := written(t, dir)
	if len(r.Provider) > 60 || !bytes.Contains(raw, []byte("\r\nMessage-ID: "+r.Provider+"\r\n")) {
		t.Errorf("Message-ID %q (%d) is folded:\n%s", r.Provider, len(r.Provider), raw)
	}
}

func TestOutboxFile(t *testing.T) {
	e, dir := outbox(t)
	first := send(t, e, message("0123456789abcdef0123"))
	name, raw := written(t, dir)
	if want := "1778616000000000-0123456789abcdef.eml"; name != want {
		t.Errorf("file = %s, want %s", name, want)
	}
	again := send(t, e, message("0123456789abcdef0123"))
	if _, repeat := written(t, dir); again != first || !bytes.Equal(raw, repeat) {
		t.Errorf("repeat = %+v, another mail than %+v", again, first)
	}
}

func TestOutboxNamesStayInside(t *testing.T) {
	e, dir := outbox(t)
	send(t, e, message("../../etc/passwd"))
	if name, _ := written(t, dir); strings.ContainsAny(name, "/\\") || strings.Contains(name, "..") {
		t.Errorf("file = %s", name)
	}
}

func TestOutboxGone(t *testing.T) {
	e, dir := outbox(t)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if f := refusal(t, e, message("d1")); f.Code != "outbox" || f.Permanent || f.Ambiguous {
		t.Errorf("error = %+v, want to be tried again", f)
	}
}

func TestClockDatesTheUndated(t *testing.T) {
	dir := t.TempDir()
	e := open(t, email.Config{OutboxDir: dir, Clock: func() time.Time { return date.Add(time.Hour) }})
	m := message("d1")
	m.Date = time.Time{}
	send(t, e, m)
	name, raw := written(t, dir)
	if !bytes.Contains(raw, []byte("Date: Tue, 12 May 2026 21:00:00 +0000")) || name != "0000000000000000-d1.eml" {
		t.Errorf("%s:\n%s", name, raw)
	}
}

func TestRefusedMessages(t *testing.T) {
	tests := []struct {
		name   string
		change func(*notifiers.Message)
		want   string
	}{
		{"no address", func(m *notifiers.Message) { m.To.Address = "" }, "address"},
		{"no domain", func(m *notifiers.Message) { m.To.Address = "ann" }, "address"},
		{"quoted local part", func(m *notifiers.Message) { m.To.Address = `"a b"@example.org` }, "address"},
		{"smuggled", func(m *notifiers.Message) { m.To.Address = `"ann@example.org> BODY=8BITMIME"@example.org` }, "address"},
		{"needless quotes", func(m *notifiers.Message) { m.To.Address = `"ann"@example.org` }, "address"},
		{"name inside", func(m *notifiers.Message) { m.To.Address = "Ann <ann@example.org>" }, "address"},
		{"comment", func(m *notifiers.Message) { m.To.Address = "ann(x)@example.org" }, "address"},
		{"two", func(m *notifiers.Message) { m.To.Address = "ann@example.org,eve@example.org" }, "address"},
		{"CRLF", func(m *notifiers.Message) { m.To.Address = "ann@example.org\r\nRCPT TO:<eve@example.org>" }, "address"},
		{"NUL", func(m *notifiers.Message) { m.To.Address = "ann\x00@example.org" }, "address"},
		{"IP literal", func(m *notifiers.Message) { m.To.Address = "ann@[127.0.0.1]" }, "address"},
		{"long", func(m *notifiers.Message) { m.To.Address = strings.Repeat("a", 65) + "@example.org" }, "address"},
		{"unsubscribe CRLF", func(m *notifiers.Message) { m.Links.Unsubscribe = "https://hub.example.org/\r\nBcc: eve@example.org" }, "unsubscribe"},
		{"unsubscribe two", func(m *notifiers.Message) { m.Links.Unsubscribe = "https://hub.example.org/>,<mailto:eve@example.org" }, "unsubscribe"},
		{"unsubscribe scheme", func(m *notifiers.Message) { m.Links.Unsubscribe = "javascript:alert(1)" }, "unsubscribe"},
		{"calendar method", func(m *notifiers.Message) { m.Calendar, m.CalendarMethod = []byte("x"), "PUBLISH\r\nX: y" }, "body"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e, dir := outbox(t)
			m := message("d1")
			tt.change(&m)
			if f := refusal(t, e, m); f.Code != tt.want || !f.Permanent || f.Ambiguous || f.ChannelBroken {
				t.Errorf("error = %+v, want %s, permanent", f, tt.want)
			}
			if files, _ := filepath.Glob(filepath.Join(dir, "*")); len(files) > 0 {
				t.Errorf("outbox holds %v", files)
			}
		})
	}
}

func TestNewNamesEveryFault(t *testing.T) {
	tests := []struct {
		name string
		cfg  email.Config
		want []string
	}{
		{"nothing", email.Config{}, []string{"sender", "neither a server nor an outbox"}},
		{"scheme", email.Config{From: "hub@example.org", URL: "http://mx.example.org"}, []string{"want smtp://"}},
		{"all", email.Config{From: "hub", URL: "smtp://u:hunter2@mx.example.org:0/x?tls=maybe&retry=1"}, []string{"sender", `port "0"`, `tls="maybe"`, `unknown key "retry"`, `path "/x"`}},
		{"not a URL", email.Config{From: "hub@example.org", URL: "smtp://u:hunter2@ mx"}, []string{"want smtp://"}},
		{"tls twice", email.Config{From: "hub@example.org", URL: "smtps://mx.example.org?tls=none"}, []string{`unknown key "tls"`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := email.New(tt.cfg, slog.New(slog.DiscardHandler))
			for _, want := range tt.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("New = %v, want %q named", err, want)
				}
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("New = %v, which shows the password", err)
			}
		})
	}
}

// FuzzInjection tries to add a header, a part or a recipient through what
// people and tools may write.
func FuzzInjection(f *testing.F) {
	f.Add("Planned", "Ann", "ann@example.org", "https://hub.example.org/s/x", "text")
	f.Add("a\r\nBcc: eve@example.org", "A\r\nB: c", "ann@example.org\r\nX: y", "https://hub.example.org/\r\nX: y", "\r\n.\r\nQUIT")
	f.Add("=?utf-8?q?=0D=0ABcc:_x?=", "=?utf-8?q?x?=", `"a\r\n"@example.org`, "http://h/%0d%0a", "--mix-")
	f.Add(strings.Repeat("ü", 300), strings.Repeat("x", 2000), "änn@example.org", "https://h/>,<mailto:x", "\x00\xff")
	want := []string{
		"Auto-Submitted", "Content-Type", "Date", "From", "In-Reply-To", "List-Id", "List-Unsubscribe",
		"List-Unsubscribe-Post", "Message-Id", "Mime-Version", "References", "Subject", "To", "X-Auto-Response-Suppress",
	}
	f.Fuzz(func(t *testing.T, subject, name, address, unsubscribe, text string) {
		e, dir := outbox(t)
		m := message("d1")
		m.Subject, m.To.Name, m.To.Address, m.Text = subject, name, address, text
		m.Links.Unsubscribe, m.Calendar = unsubscribe, []byte(calendar)
		if unsubscribe == "" {
			m.Links.Unsubscribe = "https://hub.example.org/s/x"
		}
		if _, err := e.Notify(t.Context(), m); err != nil {
			return
		}
		_, raw := written(t, dir)
		got, err := mail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			t.Fatalf("read mail: %v\n%s", err, raw)
		}
		for _, key := range want {
			if len(got.Header[key]) != 1 {
				t.Errorf("%s = %q, want it once\n%s", key, got.Header[key], raw)
			}
		}
		if to, err := got.Header.AddressList("To"); len(got.Header) != len(want) || err != nil || len(to) != 1 || to[0].Address != address {
			t.Errorf("%d headers, to %v, %v; want %d and %q\n%s", len(got.Header), to, err, len(want), address, raw)
		}
		if n := len(parts(t, raw)); n != 3 {
			t.Errorf("%d parts, want 3\n%s", n, raw)
		}
	})
}

// TestAnswersReachSomebody: a mail asks for an answer, and the sender reads
// none.
func TestAnswersReachSomebody(t *testing.T) {
	dir := t.TempDir()
	e := open(t, email.Config{OutboxDir: dir, ReplyTo: `"Desk" <desk@example.org>`})
	send(t, e, message("0123456789abcdef0123456789abcdef"))
	_, raw := written(t, dir)
	if !bytes.Contains(raw, []byte("\r\nReply-To: \"Desk\" <desk@example.org>\r\n")) {
		t.Errorf("no Reply-To in\n%s", raw)
	}
	if _, err := email.New(email.Config{From: "hub@example.org", OutboxDir: dir, ReplyTo: "desk"}, nil); err == nil || !strings.Contains(err.Error(), `reply to "desk"`) {
		t.Errorf("New with a reply address that is none = %v", err)
	}
}
