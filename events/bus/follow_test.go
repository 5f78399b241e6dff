package bus_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"upgradehub/events/bus"
)

func TestFollowResumesExactly(t *testing.T) {
	b := open(t, silent(t))
	id := identity(t, b)
	appendFacts(t, b, 1, 600)
	var at bus.Position
	for at.Seq < 601 {
		got := follow(t, b, at, 1)
		for i, f := range got {
			if want := at.Seq + 1 + uint64(i); f.Seq != want || f.Err != nil {
				t.Fatalf("fact = %d, %v, want %d", f.Seq, f.Err, want)
			}
		}
		if len(got) > 256 {
			t.Fatalf("a batch of %d facts", len(got))
		}
		last := got[len(got)-1]
		at = bus.Position{Log: id, Seq: last.Seq, Raw: last.Raw}
	}
}

func TestFollowDrainsWhatIsReady(t *testing.T) {
	b := open(t, silent(t))
	identity(t, b)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	entered, proceed := make(chan int), make(chan bool)
	done := make(chan error)
	go func() { // ends with ctx
		done <- b.Follow(ctx, bus.Position{}, func(ctx context.Context, facts []bus.Fact) error {
			select {
			case entered <- len(facts):
				<-proceed
			case <-ctx.Done():
			}
			return ctx.Err()
		})
	}()
	if n := <-entered; n != 1 {
		t.Errorf("first batch holds %d facts, want 1: the log's opening", n)
	}
	// While the first batch is being handled, fifty facts come in.
	appendFacts(t, b, 1, 50)
	calls, total := 0, 0
	proceed <- true
	for total < 50 {
		total += <-entered
		calls++
		proceed <- true
	}
	if calls > 25 {
		t.Errorf("50 facts that were ready came in %d batches", calls)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Follow() = %v, want context.Canceled", err)
	}
}

func TestFollowEndsWithHandleAndContext(t *testing.T) {
	b := open(t, silent(t))
	boom := errors.New("disk full")
	err := b.Follow(t.Context(), bus.Position{}, func(context.Context, []bus.Fact) error { return boom })
	if !errors.Is(err, boom) {
		t.Errorf("Follow() = %v, want the error of handle", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	err = b.Follow(ctx, bus.Position{}, func(context.Context, []bus.Fact) error { return nil })
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 2*time.Second {
		t.Errorf("Follow() = %v after %s, want the context's error at once", err, time.Since(start))
	}
}

func TestFollowRefusesAnotherLog(t *testing.T) {
	b := open(t, silent(t))
	id := identity(t, b)
	appendFacts(t, b, 1, 3)
	tests := []struct {
		name  string
		after bus.Position
		want  string
	}{
		{"other identity", bus.Position{Log: "0123", Seq: 2}, "made from log 0123"},
		{"log that lost facts", bus.Position{Log: id, Seq: 9}, "ends at 4, this file knows 9"},
		{"other last fact", bus.Position{Log: id, Seq: 3, Raw: []byte("{}")}, "fact 3 is not the one"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { wantOtherLog(t, b, tt.after, tt.want) })
	}
	empty := open(t, silent(t))
	wantOtherLog(t, empty, bus.Position{Log: id, Seq: 4}, "the log is empty")
	if last, err := empty.Last(t.Context()); err != nil || last != 0 {
		t.Errorf("Last() = %d, %v: the refused log was written to", last, err)
	}
}

func wantOtherLog(t *testing.T, b *bus.Bus, after bus.Position, want string) {
	t.Helper()
	err := b.Follow(t.Context(), after, func(context.Context, []bus.Fact) error { return nil })
	if !errors.Is(err, bus.ErrOtherLog) || !bytes.Contains([]byte(err.Error()), []byte(want)) {
		t.Errorf("Follow(%+v) = %v, want ErrOtherLog with %q", after, err, want)
	}
}

func TestFollowRefusesARolledBackLog(t *testing.T) {
	cfg := silent(t)
	b := open(t, cfg)
	identity(t, b)
	appendFacts(t, b, 1, 3)
	closeBus(t, b)
	saved := t.TempDir()
	if err := os.CopyFS(saved, os.DirFS(filepath.Join(cfg.Dir, "nats"))); err != nil {
		t.Fatal(err)
	}
	b = open(t, cfg)
	id := identity(t, b)
	appendFacts(t, b, 4, 6)
	last := follow(t, b, bus.Position{}, 7)[6]
	closeBus(t, b)

	// The disk comes back as it was before, and the log grows anew.
	rolled := bus.Config{Dir: t.TempDir(), Listen: "-", NodeName: "n1"}
	if err := os.CopyFS(filepath.Join(rolled.Dir, "nats"), os.DirFS(saved)); err != nil {
		t.Fatal(err)
	}
	b = open(t, rolled)
	known := bus.Position{Log: id, Seq: last.Seq, Raw: last.Raw}
	wantOtherLog(t, b, known, "ends at 4, this file knows 7")
	appendFacts(t, b, 7, 12)
	wantOtherLog(t, b, known, "fact 7 is not the one")
}

func TestCheckNext(t *testing.T) {
	tests := []struct {
		name      string
		prev, seq uint64
		want      error
	}{
		{"first", 0, 1, nil},
		{"next", 41, 42, nil},
		{"hole", 41, 43, bus.ErrGap},
		{"again", 41, 41, bus.ErrGap},
		{"back", 41, 7, bus.ErrGap},
		{"lost beginning", 0, 9, bus.ErrGap},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := bus.CheckNext(tt.prev, tt.seq); !errors.Is(err, tt.want) {
				t.Errorf("CheckNext(%d, %d) = %v, want %v", tt.prev, tt.seq, err, tt.want)
			}
		})
	}
}

func TestLink(t *testing.T) {
	prev := bus.Genesis("a")
	base := bus.Link(prev, 1, "facts.a", []byte("x"))
	if !bytes.Equal(base, bus.Link(prev, 1, "facts.a", []byte("x"))) || len(base) != 32 {
		t.Errorf("Link() is not repeatable: %x", base)
	}
	others := map[string][]byte{
		"log":      bus.Link(bus.Genesis("b"), 1, "facts.a", []byte("x")),
		"sequence": bus.Link(prev, 2, "facts.a", []byte("x")),
		"subject":  bus.Link(prev, 1, "facts.b", []byte("x")),
		"bytes":    bus.Link(prev, 1, "facts.a", []byte("y")),
		"border":   bus.Link(prev, 1, "facts.ax", nil),
	}
	for what, link := range others {
		if bytes.Equal(base, link) {
			t.Errorf("Link() does not depend on the %s", what)
		}
	}
}
