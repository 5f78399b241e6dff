package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"upgradehub/events/clock"
)

func TestDemoClock(t *testing.T) {
	lines, err := demoLines()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	clk := demoClock(lines, 0, now)
	if at := clk.At(now); !at.Before(lines[0].at) {
		t.Errorf("the demonstration starts at %v, not before its first event at %v", at, lines[0].at)
	}
	length := demoLead + demoNotice + demoLive
	if end := clk.At(now.Add(length)); end.Sub(lines[len(lines)-1].at).Abs() > time.Minute {
		t.Errorf("after %v the hub's time is %v, want the last event's, %v", length, end, lines[len(lines)-1].at)
	}
	hour := clk.At(now.Add(length + 2*time.Hour)).Sub(clk.At(now.Add(length + time.Hour)))
	if hour != time.Hour {
		t.Errorf("an hour after the end takes %v in the hub, want its own pace", hour)
	}
}

func TestDemoConfig(t *testing.T) {
	p := &program{getenv: env(nil)}
	cfg, err := p.demoConfig(nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(cfg.Data) })
	if cfg.Data == "./hub-data" || cfg.Token == "" || len(cfg.Audiences) != 5 || cfg.SMTP.Host != "" || cfg.Slack.Token != "" {
		t.Errorf("hub demo runs with %+v, want a directory of its own, five audiences, an outbox, no Slack", cfg)
	}
	for _, a := range cfg.Audiences {
		for _, c := range a.Channels {
			for _, target := range c.Targets {
				if !strings.HasSuffix(target, "@example.org") {
					t.Errorf("audience %s: %s is not an example", a.ID, target)
				}
			}
		}
	}
	own := t.TempDir()
	if cfg, err := p.demoConfig(map[string]string{"data": own}); err != nil || cfg.Data != own {
		t.Errorf("hub demo --data %s uses %s, %v", own, cfg.Data, err)
	}
}

// watchedOutput calls seen once the text was written.
type watchedOutput struct {
	mu   sync.Mutex
	all  strings.Builder
	text string
	seen func()
}

func (w *watchedOutput) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n, err := w.all.Write(b)
	if strings.Contains(w.all.String(), w.text) {
		w.seen()
	}
	return n, err
}

// TestDemoPublishesWhenItsTimeHasCome plays the replay to a hub whose time is
// already past its last event: everything goes out at once, in order.
func TestDemoPublishesWhenItsTimeHasCome(t *testing.T) {
	lines, err := demoLines()
	if err != nil {
		t.Fatal(err)
	}
	replies := map[string]string{}
	for _, line := range lines {
		replies["POST /api/v1/upgrades/dc-move-2025/"+string(line.t)] = `{"result":"applied","seq":1}`
	}
	f := newFakeHub(t, replies)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out := &watchedOutput{text: "The replay is over", seen: cancel}
	p := &program{stdout: out, stderr: io.Discard}
	p.serve = func(ctx context.Context, _ Config, out io.Writer, _ clock.Clock) error {
		fmt.Fprintf(out, "ready\n  page     %s/\n  data     x\n", f.URL)
		<-ctx.Done()
		return ctx.Err()
	}
	clk := clock.Clock{Start: time.Now(), Legs: []clock.Leg{{From: lines[len(lines)-1].at, Speed: 1}}}
	cfg := Config{HTTP: "127.0.0.1:0", Data: "demo-data", Token: "secret-token"}
	if err := stopped(ctx, p.runDemo(ctx, cfg, clk, lines)); err != nil {
		t.Fatal(err)
	}
	if len(f.asked) != len(lines) {
		t.Fatalf("%d events went out, want %d", len(f.asked), len(lines))
	}
	for i, line := range lines {
		if got := f.asked[i]; !strings.HasSuffix(got.line, "/"+string(line.t)) || got.id != line.id || got.token != "Bearer secret-token" {
			t.Errorf("event %d is %s %s, want %s %s", i, got.line, got.id, line.t, line.id)
		}
	}
	if text := out.all.String(); !strings.Contains(text, f.URL+"/upgrades/dc-move-2025") || !strings.Contains(text, "demo-data/outbox") {
		t.Errorf("printed %q, want the page and the outbox", text)
	}
}

// TestDemoEndsWithItsHub: a hub that fails ends the demonstration.
func TestDemoEndsWithItsHub(t *testing.T) {
	p := &program{stdout: io.Discard, stderr: io.Discard}
	p.serve = func(context.Context, Config, io.Writer, clock.Clock) error { return io.ErrUnexpectedEOF }
	if err := p.runDemo(t.Context(), Config{}, clock.Clock{}, nil); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("runDemo = %v, want the error of the hub", err)
	}
}
