package ingest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/bus"
	"upgradehub/events/plan"
	"upgradehub/hub/ingest"
	"upgradehub/hub/store"
)

// TestAnyDuplicationEndsInTheSameState writes random histories to a real log
// twice: each event once, and with any of them again at any later place. Both
// logs fold to the same state. Apply alone could not promise it: an event that
// was refused too early would be taken the second time.
func TestAnyDuplicationEndsInTheSameState(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 7)) //nolint:gosec // a test wants the same history each time
			history := randomHistory(random)
			doubled := doubled(random, history)
			if len(doubled) < len(history)+10 {
				t.Fatalf("%d events of %d: too few duplicates to mean anything", len(doubled), len(history))
			}
			if once, again := foldLog(t, history), foldLog(t, doubled); once != again {
				t.Errorf("with duplicates the state is\n%s\nwant\n%s", again, once)
			}
		})
	}
}

// randomHistory is a plan and forty events, many of them too early or too
// late.
func randomHistory(random *rand.Rand) []events.Event {
	start := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	p := &plan.Plan{
		Schema: plan.Schema, ID: "pg16", Title: "T", System: "s", Zone: "UTC",
		Window: plan.Window{Start: start, End: start.Add(4 * time.Hour)},
		Phases: []plan.Phase{
			{ID: "one", Title: "One", Start: start, Duration: plan.Duration(time.Hour)},
			{ID: "two", Title: "Two", Start: start.Add(time.Hour), Duration: plan.Duration(time.Hour)},
		},
		Components: []plan.Component{{ID: "web", Name: "Web"}},
	}
	one := func(of ...string) string { return of[random.IntN(len(of))] }
	phase := func() *events.Phase {
		return &events.Phase{Phase: one("one", "two"), Outcome: events.Outcome(one("", "failure"))}
	}
	draws := []func() (events.Type, events.Data){
		func() (events.Type, events.Data) { return events.PhaseStarted, phase() },
		func() (events.Type, events.Data) { return events.PhaseFinished, phase() },
		func() (events.Type, events.Data) {
			return events.ComponentChanged, &events.Component{Component: "web", Impact: plan.Impact(one("outage", "no_impact"))}
		},
		func() (events.Type, events.Data) { return events.UpdatePosted, &events.Update{Text: one("a", "b")} },
		func() (events.Type, events.Data) { return events.UpgradePaused, &events.Step{} },
		func() (events.Type, events.Data) { return events.UpgradeResumed, &events.Step{} },
		func() (events.Type, events.Data) { return events.UpgradeCompleted, &events.Completed{} },
		func() (events.Type, events.Data) {
			return events.UpgradeReopened, &events.Reopened{By: "lead", Reason: "mistake"}
		},
	}
	history := []events.Event{{ID: "plan", Source: "tool", Type: events.UpgradePlanned, Upgrade: "pg16", Time: start, Recorded: start, Data: &events.Planned{Plan: p}}}
	for n := range 40 {
		at := start.Add(time.Duration(n) * time.Minute)
		typ, data := draws[random.IntN(len(draws))]()
		history = append(history, events.Event{
			ID: fmt.Sprint("e", n), Source: one("tool", "lead"), Type: typ, Upgrade: "pg16", Time: at, Recorded: at, Data: data,
		})
	}
	return history
}

// doubled repeats about half of the events at later places.
func doubled(random *rand.Rand, history []events.Event) []events.Event {
	all := append([]events.Event(nil), history...)
	for i, e := range history {
		if random.IntN(2) == 0 {
			continue
		}
		at := len(all) - random.IntN(len(history)-i)
		all = append(all[:at], append([]events.Event{e}, all[at:]...)...)
	}
	return all
}

// foldLog writes the events to a log of their own and returns the state that
// they fold to.
func foldLog(t *testing.T, list []events.Event) string {
	t.Helper()
	quiet, dir := slog.New(slog.DiscardHandler), t.TempDir()
	b, err := bus.Open(t.Context(), bus.Config{Dir: dir, Listen: "-", NodeName: "test"}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	s, err := store.Open(t.Context(), filepath.Join(dir, "hub.db"), quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	at, err := s.Resume(t.Context())
	if err == nil {
		err = b.Verify(t.Context(), at)
	}
	last := uint64(0)
	for _, e := range list {
		seq, appendErr := b.Append(t.Context(), e)
		if appendErr != nil && !errors.Is(appendErr, bus.ErrExists) {
			t.Fatal(appendErr)
		}
		last = max(last, seq)
	}
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- b.Follow(ctx, at, ingest.New(s, nil, quiet).Handle) }() // ends with ctx
	if err := s.Wait(ctx, last); err != nil {
		t.Fatal(err)
	}
	cancel()
	<-ended
	u, _, err := s.Full(t.Context(), "pg16")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(u)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
