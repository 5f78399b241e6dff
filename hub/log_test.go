package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"upgradehub/events/bus"
	"upgradehub/hub/ingest"
	"upgradehub/hub/store"
	"upgradehub/notifiers/slack/slacktest"
)

// refused starts a hub that must end by itself, and returns what it says.
func refused(t *testing.T, data string) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, exe, "serve", "--data", data, //nolint:gosec // the test binary itself
		"--http", "127.0.0.1:0", "--ops", "127.0.0.1:0", "--nats-listen", "127.0.0.1:0")
	cmd.Env = append(os.Environ(), asHub+"=1")
	said, err := cmd.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 1 {
		t.Fatalf("hub ended with %v, want exit 1:\n%s", err, said)
	}
	return string(said)
}

func says(t *testing.T, said string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(said, w) {
			t.Errorf("the operator does not read %q in:\n%s", w, said)
		}
	}
}

func move(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

// ran lets a hub take one plan in, and ends it.
func ran(t *testing.T, data, upgrade string) {
	t.Helper()
	h := startHub(t, data)
	h.applied(t, upgrade, "upgrade.planned", map[string]any{"plan": planNow(upgrade)})
	h.stop(t)
}

// state is what follows from the facts in a data directory, and up to which.
func state(t *testing.T, data string) (digest string, seq uint64) {
	t.Helper()
	s, err := store.Open(t.Context(), filepath.Join(data, "hub.db"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if digest, err = s.Digest(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, seq = s.Position()
	return digest, seq
}

// TestOtherLogIsRefused deletes the log under a database, and gives it another
// one: both are refused in an operator's words, and nothing is written into
// the wrong log.
func TestOtherLogIsRefused(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	ran(t, data, "pg17")
	before, seq := state(t, data)
	move(t, filepath.Join(data, "nats"), filepath.Join(data, "nats-right"))

	says(t, refused(t, data), "another log", "the log is empty", "start with the NATS data this file was made from")
	// The empty log is still fit to be opened by a fresh database.
	move(t, filepath.Join(data, "hub.db"), filepath.Join(data, "hub.db-right"))
	ran(t, data, "other")

	if err := os.Remove(filepath.Join(data, "hub.db")); err != nil {
		t.Fatal(err)
	}
	move(t, filepath.Join(data, "hub.db-right"), filepath.Join(data, "hub.db"))
	says(t, refused(t, data), "another log", "move the file away", "build it anew")
	if got, at := state(t, data); got != before || at != seq {
		t.Errorf("the refusals changed the database: seq %d digest %s, want %d %s", at, got, seq, before)
	}

	if err := os.RemoveAll(filepath.Join(data, "nats")); err != nil {
		t.Fatal(err)
	}
	move(t, filepath.Join(data, "nats-right"), filepath.Join(data, "nats"))
	h := startHub(t, data)
	h.applied(t, "pg17", "phase.started", map[string]any{"phase": "switchover"})
}

// followed folds the rest of the log into a database kept aside.
func followed(t *testing.T, data, path string) (digest string, seq uint64) {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	b, err := bus.Open(t.Context(), bus.Config{Dir: data, Listen: "-"}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	s, err := store.Open(t.Context(), path, quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	at, err := s.Resume(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	last, err := b.Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- b.Follow(ctx, at, ingest.New(s, nil, quiet).Handle) }() // ends with ctx
	if err := s.Wait(ctx, last); err != nil {
		t.Fatal(err)
	}
	cancel()
	<-done
	if digest, err = s.Digest(t.Context()); err != nil {
		t.Fatal(err)
	}
	return digest, last
}

// TestDatabaseIsRebuiltFromTheLog deletes the database of a hub: the one it
// makes again from the log holds the same, to the last bit, as the one that was
// there all the time, and nobody is told anything again.
func TestDatabaseIsRebuiltFromTheLog(t *testing.T) {
	t.Parallel()
	w := startWorld(t, configNow)
	w.applied(t, "pg17", "upgrade.planned", map[string]any{"plan": planNow("pg17")})
	w.applied(t, "pg17", "phase.started", map[string]any{"phase": "switchover"})
	w.settled(t)
	w.stop(t)
	aside := filepath.Join(t.TempDir(), "hub.db")
	for _, companion := range []string{"-wal", "-shm", ""} {
		if err := os.Rename(filepath.Join(w.data, "hub.db"+companion), aside+companion); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
	w.hubProcess = startHub(t, w.data, w.args...)
	w.applied(t, "pg17", "phase.finished", map[string]any{"phase": "switchover"})
	w.settled(t)
	w.stop(t)
	if n := len(w.mail.mails("user@example.org")); n != 1 {
		t.Errorf("%d mails, want the one announcement", n)
	}
	want, last := followed(t, w.data, aside)
	if got, seq := state(t, w.data); got != want || seq != last {
		t.Errorf("rebuilt: seq %d digest %s, want %d %s", seq, got, last, want)
	}
}

// TestStopFinishesWhatIsUnderWay interrupts a hub while Slack hangs: what
// became of the send is in the log and folded before the hub ends.
func TestStopFinishesWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	w := startWorld(t, configNow)
	w.slack.Script("chat.postMessage", slacktest.Hang())
	w.applied(t, "pg17", "upgrade.planned", map[string]any{"plan": planNow("pg17")})
	eventually(t, 30*time.Second, "Slack is asked", func() bool { return w.slack.Calls("chat.postMessage") == 1 })
	began := time.Now()
	w.stop(t)
	// A send ends before the lease of 12 s.
	if took := time.Since(began); took > 14*time.Second {
		t.Errorf("stopping took %s", took)
	}
	tried := strings1(t, w.db(t), `SELECT attempts || ' ' || ambiguous FROM deliveries WHERE channel = 'slack'`)
	if len(tried) != 1 || tried[0] != "1 1" {
		t.Errorf("attempts on Slack = %q, want one in doubt", tried)
	}
}
