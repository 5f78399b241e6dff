package email_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"upgradehub/events/link"
	"upgradehub/notifiers/email"
)

const bounced = "0123456789abcdef0123456789abcdef"

var bounces = email.Bounces{Address: "bounces@hub.example.org", Key: link.Key("0123456789abcdef")}

// returnPath is the envelope's sender of a real mail.
func returnPath(t *testing.T, id string) string {
	t.Helper()
	in := serveInbox(t, nil)
	if _, err := open(t, email.Config{URL: in.url, Bounces: bounces}).Notify(t.Context(), message(id)); err != nil {
		t.Fatal(err)
	}
	return in.all()[0].from
}

// report is a delivery status notification as Postfix writes it.
func report(to, action, status string) string {
	return strings.ReplaceAll(fmt.Sprintf(`Return-Path: <>
From: MAILER-DAEMON@mx.example.org (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: %s
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B/1"

--B/1
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

Action: failed
Status: 5.9.9

--B/1
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; ann@example.org
Original-Recipient: rfc822;ann@example.org
Action: %s
Status: %s
Diagnostic-Code: smtp; 550 5.1.1 no such user

--B/1--
`, to, action, status), "\n", "\r\n")
}

func TestBounces(t *testing.T) {
	to := returnPath(t, bounced)
	if local, _, _ := strings.Cut(to, "@"); len(local) > 64 {
		t.Errorf("return path %s: the local part has %d characters", to, len(local))
	}
	dead := email.Bounce{Delivery: bounced, Code: "bounce 5.1.1", TargetBroken: true}
	for _, tt := range []struct {
		name, mail string
		want       email.Bounce
		none       bool
	}{
		{"no mailbox", report(to, "failed", "5.1.1"), dead, false},
		{"address folded by a server", report(strings.ToUpper(to), "Failed", "5.1.1 (no such user)"), dead, false},
		{"with a name", report("Hub <"+to+">", "failed", "5.1.1"), dead, false},
		{"full, given up after days", report(to, "failed", "4.2.2"), email.Bounce{Delivery: bounced, Code: "bounce 4.2.2"}, false},
		{"policy", report(to, "failed", "5.7.1"), email.Bounce{Delivery: bounced, Code: "bounce 5.7.1"}, false},
		{"no status", report(to, "failed", "x"), email.Bounce{Delivery: bounced, Code: "bounce 5.0.0"}, false},
		{"envelope noted by the server", "Delivered-To: " + to + "\r\n" + report("undisclosed", "failed", "5.1.1"), dead, false},
		{"delayed", report(to, "delayed", "4.4.1"), email.Bounce{}, true},
		{"delivered", report(to, "delivered", "2.0.0"), email.Bounce{}, true},
		{"to somebody else", report("ann@example.org", "failed", "5.1.1"), email.Bounce{}, true},
		{"without proof", report("bounces+"+bounced+"@hub.example.org", "failed", "5.1.1"), email.Bounce{}, true},
		{"proof of another", report(strings.Replace(to, "0123", "0124", 1), "failed", "5.1.1"), email.Bounce{}, true},
		{"other host", report(strings.Replace(to, "hub.", "hub2.", 1), "failed", "5.1.1"), email.Bounce{}, true},
		{"auto-reply", "To: " + to + "\r\nSubject: Out of office\r\n\r\nBack on Monday.\r\n", email.Bounce{}, true},
		{"no mail", "\x00\xff", email.Bounce{}, true},
		{"cut off", report(to, "failed", "5.1.1")[:500], email.Bounce{}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := bounces.Read(strings.NewReader(tt.mail))
			if (got.Report == "") != tt.none {
				t.Errorf("the report is %q", got.Report)
			}
			got.Report = ""
			if got != tt.want || errors.Is(err, email.ErrNoBounce) != tt.none {
				t.Errorf("Read = %+v, %v; want %+v, none: %t", got, err, tt.want, tt.none)
			}
		})
	}
}

func TestBouncesAreOffWithoutAddress(t *testing.T) {
	if _, err := (email.Bounces{}).Read(strings.NewReader(report("+"+bounced+"-x@", "failed", "5.1.1"))); !errors.Is(err, email.ErrNoBounce) {
		t.Errorf("Read = %v, want ErrNoBounce", err)
	}
	in := serveInbox(t, nil)
	if _, err := open(t, email.Config{URL: in.url}).Notify(t.Context(), message(bounced)); err != nil {
		t.Fatal(err)
	}
	if from := in.all()[0].from; from != "hub@example.org" {
		t.Errorf("envelope from %s, want the sender", from)
	}
}

func TestBounceAddressFaults(t *testing.T) {
	for address, want := range map[string]string{
		"bounces": "want name@host", "a+b@example.org": "without a +",
		"returned-mail-here@example.org": "may have 14 characters",
	} {
		_, err := email.New(email.Config{From: "hub@example.org", OutboxDir: t.TempDir(), Bounces: email.Bounces{Address: address, Key: bounces.Key}}, nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New with %s = %v, want %q", address, err, want)
		}
	}
}

// FuzzBounces: only a mail to an address that is proved names a delivery.
func FuzzBounces(f *testing.F) {
	f.Add(report("bounces+"+bounced+"-0123456789abcdef@hub.example.org", "failed", "5.1.1"))
	f.Add("Content-Type: multipart/report; report-type=delivery-status; boundary=\"\"\r\n\r\n----\r\n")
	f.Fuzz(func(t *testing.T, mail string) {
		if b, err := bounces.Read(strings.NewReader(mail)); err == nil || b != (email.Bounce{}) {
			t.Errorf("Read = %+v, %v of a mail nobody could address", b, err)
		}
	})
}

// TestMaildir: each mail is taken once, and one that could not be dealt with
// comes again.
func TestMaildir(t *testing.T) {
	dir := t.TempDir()
	for _, sub := range []string{"new", "cur", "tmp"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"1.a", "2.b"} {
		if err := os.WriteFile(filepath.Join(dir, "new", name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		var taken []string
		err := email.Maildir{Dir: dir, Interval: time.Second, Take: func(_ context.Context, f *os.File) error {
			raw, err := io.ReadAll(f)
			if err != nil {
				return err
			}
			if taken = append(taken, string(raw)); len(taken) == 1 {
				return errors.New("not now")
			}
			return nil
		}}.Watch(ctx)
		if err != nil || strings.Join(taken, " ") != "1.a 1.a 2.b" {
			t.Errorf("Watch = %v, taken %v", err, taken)
		}
	})
	if seen, _ := filepath.Glob(filepath.Join(dir, "cur", "*:2,S")); len(seen) != 2 {
		t.Errorf("seen are %v, want both", seen)
	}
	if err := (email.Maildir{Dir: t.TempDir(), Interval: time.Second}).Watch(t.Context()); err == nil || !strings.Contains(err.Error(), "want the directories new and cur") {
		t.Errorf("Watch of no maildir = %v", err)
	}
}

// TestMaildirThatCannotBeWritten: a mail that cannot be marked is dealt with
// once, the operator hears of it once, and others are read.
func TestMaildirThatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	for _, sub := range []string{"new", "cur", filepath.Join("cur", "1.a:2,S")} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"1.a", "2.b"} {
		if err := os.WriteFile(filepath.Join(dir, "new", name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		var taken []string
		var told []error
		err := email.Maildir{
			Dir: dir, Interval: time.Second,
			Take: func(_ context.Context, f *os.File) error {
				taken = append(taken, filepath.Base(f.Name()))
				return nil
			},
			Tell: func(err error) { told = append(told, err) },
		}.Watch(ctx)
		if err != nil || strings.Join(taken, " ") != "1.a 2.b" || len(told) != 1 || !strings.Contains(told[0].Error(), "maildir "+dir) {
			t.Errorf("Watch = %v, taken %v, told %v", err, taken, told)
		}
	})
}
