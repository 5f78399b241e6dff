package email_test

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"upgradehub/notifiers/email"
)

// TestPostfix: a mail server that is none of ours takes the mail and delivers
// it, and sends back what it cannot deliver to where the hub reads it.
func TestPostfix(t *testing.T) {
	p := startPostfix(t)
	e := open(t, email.Config{URL: "smtp://" + p.addr + "?tls=none", Bounces: bounces})
	good, dead := message("d1"), message(bounced)
	good.Calendar, dead.To.Address = []byte(calendar), "dead@example.org"
	const many = 30 // over kept sessions
	for range many {
		send(t, e, good)
	}
	send(t, e, dead)
	delivered, err := os.ReadFile(p.await(t, "ann", many)[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Delivered-To: ann@example.org\n", "\nTo: \"Ann\" <ann@example.org>\n", "\nContent-Type: text/calendar"} {
		if !bytes.Contains(delivered, []byte(want)) {
			t.Errorf("delivered without %q:\n%s", want, delivered)
		}
	}
	checkReturned(t, filepath.Dir(filepath.Dir(p.await(t, "bounces", 1)[0])))
}

// checkReturned reads the maildir until it has seen a mail.
func checkReturned(t *testing.T, maildir string) {
	t.Helper()
	ctx, seen := context.WithTimeout(t.Context(), time.Minute)
	defer seen()
	var got email.Bounce
	err := email.Maildir{Dir: maildir, Interval: time.Second, Take: func(_ context.Context, f *os.File) (err error) {
		defer seen()
		got, err = bounces.Read(f)
		got.Report = ""
		return err
	}}.Watch(ctx)
	if want := (email.Bounce{Delivery: bounced, Code: "bounce 5.1.1", TargetBroken: true}); got != want || err != nil {
		t.Errorf("returned is %+v, %v; want %+v", got, err, want)
	}
}

// postfix is a mail server of its own, on a port of this machine.
type postfix struct{ addr, mail string }

const postfixMain = `compatibility_level = 3.6
queue_directory = DIR/queue
data_directory = DIR/data
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.example.org
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
local_recipient_maps =
recipient_delimiter = +
virtual_mailbox_domains = example.org hub.example.org
virtual_mailbox_base = DIR/mail
virtual_mailbox_maps = inline:{ bounces@hub.example.org=bounces/ ann@example.org=ann/ dead@example.org=dead/ }
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
virtual_minimum_uid = 1
transport_maps = inline:{ { dead@example.org = error:5.1.1 no such user } }
smtpd_reject_unlisted_recipient = no
maillog_file = /dev/stdout
`

const postfixMaster = `ADDR inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
`

// startPostfix starts a Postfix that knows ann, takes mail for dead and sends
// it back, and delivers to maildirs.
func startPostfix(t *testing.T) *postfix {
	t.Helper()
	ln := listen(t)
	addr := ln.Addr().String()
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	dir := postfixDir(t, strings.NewReplacer("ADDR", addr))
	var log bytes.Buffer
	run := exec.Command("/usr/sbin/postfix", "-c", filepath.Join(dir, "conf"), "start-fg")
	run.Stdout, run.Stderr, run.WaitDelay = &log, &log, 10*time.Second
	if err := run.Start(); err != nil {
		t.Fatalf("Postfix is not to be had; .ci/tools installs it: %v", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- run.Wait() }() // ends when Postfix is stopped
	t.Cleanup(func() {
		stop := exec.Command("/usr/sbin/postfix", "-c", filepath.Join(dir, "conf"), "stop")
		if out, err := stop.CombinedOutput(); err != nil {
			t.Errorf("stop Postfix: %v\n%s", err, out)
		}
		<-ended
		if t.Failed() {
			t.Logf("Postfix said:\n%s", &log)
		}
	})
	eventually(t, "Postfix answers", func() bool {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			return false
		}
		return c.Close() == nil
	})
	return &postfix{addr, filepath.Join(dir, "mail")}
}

// postfixDir makes the directories of a Postfix. They lie where other users
// can reach them, which a test's own directory does not.
func postfixDir(t *testing.T, fill *strings.Replacer) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "postfix-*") //nolint:usetesting // others must reach it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	steps := [][]string{
		{"chmod", "755", dir},
		{"mkdir", dir + "/conf", dir + "/queue", dir + "/data", dir + "/mail"},
		{"chown", "postfix", dir + "/data"},
		{"chown", "65534", dir + "/mail"},
	}
	for _, s := range steps {
		if out, err := exec.Command(s[0], s[1:]...).CombinedOutput(); err != nil { //nolint:gosec // words of this file
			t.Fatalf("%v: %v\n%s", s, err, out)
		}
	}
	for name, text := range map[string]string{"main.cf": strings.ReplaceAll(postfixMain, "DIR", dir), "master.cf": fill.Replace(postfixMaster)} {
		if err := os.WriteFile(filepath.Join(dir, "conf", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// await returns the mails of a box as soon as there are n.
func (p *postfix) await(t *testing.T, box string, n int) (files []string) {
	t.Helper()
	eventually(t, "mail for "+box, func() bool {
		files, _ = filepath.Glob(filepath.Join(p.mail, box, "new", "*"))
		return len(files) >= n
	})
	return files
}

// eventually waits for ok.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			t.Fatalf("not within a minute: %s", what)
		case <-tick.C:
		}
	}
}
