package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// startNATS runs a NATS server of its own, as an operator's cluster would be.
func startNATS(t *testing.T) string {
	t.Helper()
	srv, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), SyncAlways: true, NoSigs: true, NoLog: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	srv.Start()
	if !srv.ReadyForConnections(20 * time.Second) {
		t.Fatal("nats server is not ready")
	}
	t.Cleanup(func() { srv.Shutdown(); srv.WaitForShutdown() })
	return srv.ClientURL()
}

// twoNodes starts two nodes on one external NATS; the first is on duty.
func twoNodes(t *testing.T, config string) (w *world, first, second *hubProcess) {
	t.Helper()
	w = &world{slack: startSlack(t, oneChannel), mail: startMailbox(t)}
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	w.args = []string{
		"--config", write("hub.yaml", config+"token_file: "+write("token", "operator-token-0123456789abcdef")+
			"\nlink_secret_file: "+write("link", "0123456789abcdef0123456789abcdef")+"\n"),
		"--nats", startNATS(t), "--smtp", w.mail.url, "--mail-from", "hub@example.org", "--slack-api-url", w.slack.APIURL(),
	}
	nodes := []*hubProcess{startHub(t, filepath.Join(dir, "a"), w.args...), startHub(t, filepath.Join(dir, "b"), w.args...)}
	for _, n := range nodes {
		write(filepath.Join(filepath.Base(n.data), "token"), "operator-token-0123456789abcdef")
	}
	return w, nodes[0], nodes[1]
}

// TestSecondNodeGoesOn kills the node on duty of two on one external NATS:
// the other one takes over and goes on in the same Slack thread.
func TestSecondNodeGoesOn(t *testing.T) {
	t.Parallel()
	w, first, second := twoNodes(t, configNow)
	first.applied(t, "pg17", "upgrade.planned", map[string]any{"plan": planNow("pg17")})
	eventually(t, 30*time.Second, "root message", func() bool { return len(w.slack.Messages("C0UPGRADES")) == 1 })
	first.settled(t)

	first.kill()
	second.applied(t, "pg17", "phase.started", map[string]any{"phase": "switchover"}) // once the lease of the first has ended
	second.applied(t, "pg17", "update.posted", map[string]any{"text": "The second node speaks."})
	eventually(t, 30*time.Second, "the second node answers in the first one's thread", func() bool { return w.inThread("The second node speaks.") })
	second.settled(t)
	if roots, _ := w.inSlack(); roots != 1 {
		t.Errorf("%d root messages, want the one of the first node", roots)
	}
	if n := len(w.mail.mails("user@example.org")); n != 1 {
		t.Errorf("%d announcements, want one", n)
	}
}

// TestDutyDiesHalfWay kills the node on duty in the middle of an announcement
// to many: the other one tells everybody else, and no more are told twice than
// were under way.
func TestDutyDiesHalfWay(t *testing.T) {
	t.Parallel()
	const many = 500
	addresses := make([]string, many)
	for i := range addresses {
		addresses[i] = crowdAddress(i)
	}
	w, first, second := twoNodes(t, "\naudiences:\n  users: {role: users, channels: {email: ["+strings.Join(addresses, ", ")+"]}}\n")
	first.applied(t, "pg17", "upgrade.planned", map[string]any{"plan": planNow("pg17")})
	eventually(t, 60*time.Second, "some are told", func() bool { return w.mail.count() >= many/6 })
	first.kill()
	if n := w.mail.count(); n >= many {
		t.Fatal("everybody was told before the kill: this test proves nothing")
	}
	second.applied(t, "pg17", "phase.started", map[string]any{"phase": "switchover"}) // once the lease of the first has ended
	second.settled(t)
	got := map[string]int{}
	for _, m := range w.mail.mails("") {
		got[m.to]++
	}
	twice := 0
	for _, n := range got {
		twice += n - 1
	}
	if len(got) != many || twice > inFlight {
		t.Errorf("%d people told, %d mails too many; want %d people and at most %d that were under way", len(got), twice, many, inFlight)
	}
}
