package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/emersion/go-smtp"

	"upgradehub/hub/store"
)

// TestMailFaults: whatever a mail server does, each mail arrives that can, and
// comes twice only where the server's answer was lost, which is counted.
func TestMailFaults(t *testing.T) {
	t.Parallel()
	over := make(chan struct{})
	defer close(over)
	later := func(code int, text string) error {
		return &smtp.SMTPError{Code: code, EnhancedCode: smtp.NoEnhancedCode, Message: text}
	}
	box := startFaultyMailbox(t, func(stage, to string, try int, c *smtp.Conn) error {
		name, _, _ := strings.Cut(to, "@")
		switch fmt.Sprint(name, " ", stage, " ", try) {
		case "busy RCPT 1":
			return later(421, "come back later")
		case "greylisted RCPT 1":
			return later(451, "try again")
		case "nobody RCPT 1":
			return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
		case "silence KEPT 1":
			<-over // the mail is kept, and nobody learns of it
		case "drop RESET 1":
			_ = c.Conn().Close()
		}
		return nil
	})
	w := startWorldWith(t, box, `
audiences:
  users: {role: users, channels: {email: [good@a.example, busy@b.example, greylisted@c.example, nobody@d.example, silence@e.example, drop@f.example]}}
`)
	w.applied(t, "pg17", "upgrade.planned", map[string]any{"plan": planNow("pg17")})
	w.settled(t)
	for to, want := range map[string]int{
		"good@a.example": 1, "busy@b.example": 1, "greylisted@c.example": 1, "nobody@d.example": 0, "drop@f.example": 1,
		"silence@e.example": 2, // its answer was lost
	} {
		got := w.mail.mails(to)
		if len(got) != want {
			t.Errorf("%s got %d mails, want %d", to, len(got), want)
		}
		if len(got) == 2 && got[0].msg.Header.Get("Message-Id") != got[1].msg.Header.Get("Message-Id") {
			t.Errorf("%s cannot tell the repeat from a second mail", to)
		}
	}
	var ambiguous, failed []store.LedgerRow
	for _, d := range w.deliveries(t) {
		if d.Ambiguous {
			ambiguous = append(ambiguous, d)
		}
		if d.State == store.Failed {
			failed = append(failed, d)
		}
	}
	if len(ambiguous) != 1 || ambiguous[0].State != store.Accepted || ambiguous[0].Attempts != 2 {
		t.Errorf("in doubt were %+v, want the one whose answer was lost", ambiguous)
	}
	var told struct{ Proof store.Proof }
	w.getJSON(t, "/api/v1/upgrades/pg17/deliveries", true, &told)
	if told.Proof.Ambiguous != 1 || told.Proof.ExtraSends != 0 {
		t.Errorf("%d answers were lost and %d mails accepted again, want 1 and 0", told.Proof.Ambiguous, told.Proof.ExtraSends)
	}
	if len(failed) != 1 || failed[0].Code != "550 5.1.1" {
		t.Errorf("failed are %+v, want the one refused for good", failed)
	}
}

// TestDeadTargetsAreLeftAlone: a mailbox that is not there, and a webhook that
// is gone, are tried once and no more, until an operator says so.
func TestDeadTargetsAreLeftAlone(t *testing.T) {
	var alive atomic.Bool
	var knocks atomic.Int32
	box := startFaultyMailbox(t, func(stage, to string, _ int, _ *smtp.Conn) error {
		if stage != "RCPT" || !strings.HasPrefix(to, "nobody") {
			return nil
		}
		knocks.Add(1)
		if alive.Load() {
			return nil
		}
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
	})
	target := startTarget(t)
	w := startWorldWith(t, box, `
webhook_allow: [127.0.0.0/8]
audiences:
  users: {role: users, channels: {email: [good@a.example, nobody@d.example]}}
  tools: {role: users, channels: {webhook: ["`+target.URL+`/gone"]}}
`)
	announce := func(id string) {
		t.Helper()
		p := planNow(id)
		delete(p, "audiences")
		w.applied(t, id, "upgrade.planned", map[string]any{"plan": p})
		w.settled(t)
	}
	announce("pg17")
	announce("pg18")
	if n, calls := knocks.Load(), len(target.calls("/gone")); n != 1 || calls != 1 || len(w.mail.mails("good@a.example")) != 2 {
		t.Errorf("the dead mailbox was tried %d times and the webhook %d times, want once each; good got %d", n, calls, len(w.mail.mails("good@a.example")))
	}
	alive.Store(true)
	dead := ""
	for _, d := range w.deliveries(t) {
		if d.Channel == "email" && d.State == store.Failed && d.Upgrade == "pg18" {
			dead = d.ID
			if d.Code != "550 5.1.1" || d.Why != "left alone" {
				t.Errorf("what was not tried says %q %q", d.Code, d.Why)
			}
		}
	}
	if code, _, stderr := hub(t, nil, "retry", dead, "--http", w.page, "--data", w.data); code != exitDone {
		t.Fatalf("hub retry %s: %s", dead, stderr)
	}
	w.settled(t)
	announce("pg19")
	if n := len(w.mail.mails("nobody@d.example")); n != 2 {
		t.Errorf("the mailbox that is back got %d mails, want the one tried again and the next", n)
	}
}

func (h *hubProcess) deliveries(t testing.TB) []store.LedgerRow {
	t.Helper()
	var list struct{ Deliveries []store.LedgerRow }
	h.getJSON(t, "/api/v1/deliveries", true, &list)
	return list.Deliveries
}

// TestReturnedMail: mails are signed, and one that comes back is told to the
// hub by a mail server or found in a maildir.
func TestReturnedMail(t *testing.T) {
	t.Parallel()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	key := writeFile(t, "dkim.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})))
	maildir := t.TempDir()
	for _, sub := range []string{"new", "cur"} {
		if err := os.Mkdir(filepath.Join(maildir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	w := startWorld(t, strings.Replace(configNow, "user@example.org", "user@example.org, other@example.org", 1),
		"--dkim-key", key, "--bounce-address", "bounces@example.org", "--bounce-dir", maildir)
	w.applied(t, "pg17", "upgrade.planned", map[string]any{"plan": planNow("pg17")})
	w.settled(t)
	first, second := w.mail.mails("user@example.org")[0], w.mail.mails("other@example.org")[0]
	checkSigned(t, first.raw, public)

	status, body := w.post(t, "/api/v1/bounces", returned(first.from), map[string]string{"Content-Type": "message/rfc822"})
	if status != http.StatusNoContent {
		t.Errorf("POST a returned mail = %d %s", status, body)
	}
	if status, body = w.post(t, "/api/v1/bounces", returned("bounces+x@example.org"), nil); status != http.StatusUnprocessableEntity {
		t.Errorf("POST a mail that is none of ours = %d %s", status, body)
	}
	if err := os.WriteFile(filepath.Join(maildir, "new", "1.mx"), []byte(returned(second.from)), 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, time.Minute, "both mails count as not delivered", func() bool {
		n := 0
		for _, d := range w.deliveries(t) {
			if d.State == store.Failed && d.Code == "bounce 5.1.1" && d.Why == "returned" {
				n++
			}
		}
		return n == 2
	})
	if seen, _ := filepath.Glob(filepath.Join(maildir, "cur", "*:2,S")); len(seen) != 1 {
		t.Errorf("seen are %v, want the returned mail", seen)
	}
	w.checkReportIsReadOnce(t, first.from)
}

// checkReportIsReadOnce sends a returned mail once more: the old report says
// nothing of it, and a new one does.
func (w *world) checkReportIsReadOnce(t *testing.T, from string) {
	t.Helper()
	id, _, _ := strings.Cut(strings.TrimPrefix(from, "bounces+"), "-")
	if code, _, stderr := hub(t, nil, "retry", id, "--http", w.page, "--data", w.data); code != exitDone {
		t.Fatalf("hub retry %s: %s", id, stderr)
	}
	w.settled(t)
	for _, tt := range []struct{ report, want string }{
		{returned(from), store.Accepted},
		{"Date: Sat, 28 Nov 2026 14:00:00 +0000\r\n" + returned(from), store.Failed},
	} {
		if status, body := w.post(t, "/api/v1/bounces", tt.report, nil); status != http.StatusNoContent {
			t.Errorf("POST a returned mail = %d %s", status, body)
		}
		for _, d := range w.deliveries(t) {
			if d.ID == id && d.State != tt.want {
				t.Errorf("the mail sent once more is %s, want %s", d.State, tt.want)
			}
		}
	}
}

func checkSigned(t *testing.T, raw string, key ed25519.PublicKey) {
	t.Helper()
	found, err := dkim.VerifyWithOptions(strings.NewReader(raw), &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
		return []string{"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(key)}, nil
	}})
	if err != nil || len(found) != 1 || found[0].Err != nil || found[0].Domain != "example.org" {
		t.Errorf("signatures %+v, %v; want a good one of example.org", found, err)
	}
}

// returned is a mail that says that the mail from an address came back.
func returned(from string) string {
	return strings.ReplaceAll("From: MAILER-DAEMON@mx.example.org\nTo: "+from+`
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Action: failed
Status: 5.1.1

--b--
`, "\n", "\r\n")
}
