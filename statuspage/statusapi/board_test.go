package statusapi_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
	"upgradehub/statuspage"
	"upgradehub/statuspage/statusapi"
)

// board is a Board in memory that counts how often it is read.
type board struct {
	mu    sync.Mutex
	seq   uint64
	reads int
	all   []upgrade.Public
	err   error
}

func (b *board) Upgrades(context.Context) ([]upgrade.Public, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reads++
	return b.all, b.err
}

func (b *board) Upgrade(_ context.Context, id string) (upgrade.Public, error) {
	return upgrade.Public{}, fmt.Errorf("%q: %w", id, statuspage.ErrNotFound)
}

func (b *board) Position() (string, uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return "log-1", b.seq
}

func (b *board) put(all ...upgrade.Public) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seq++
	b.all = all
}

// newMux is what is served of a board.
func newMux(b *board) *http.ServeMux {
	mux := http.NewServeMux()
	statusapi.New(statusapi.Config{
		Board: b, Name: "Example status", PublicURL: "https://status.example.org/", Clock: func() time.Time { return at("2026-11-20 12:00") },
	}).Routes(mux)
	return mux
}

// ask answers one request through everything the public listener has.
func ask(t testing.TB, mux http.Handler, method, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	statuspage.Secure(mux).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, nil))
	return w
}

func at(s string) time.Time {
	t, err := time.Parse("2006-01-02 15:04", s)
	if err != nil {
		panic(err)
	}
	return t
}

func planned() upgrade.Public {
	u := upgrade.Public{
		ID: "pg16", Title: "Database upgrade to PostgreSQL 16", System: "records", State: upgrade.Scheduled, Zone: "Europe/Berlin",
		Window: plan.Window{Start: at("2026-11-22 01:00"), End: at("2026-11-22 05:00")}, Revision: 2, Announced: at("2026-11-08 09:00").Add(123 * time.Millisecond),
		Impact: plan.NoImpact, ImpactWords: plan.ImpactWords{Default: plan.Degraded},
		Components: []upgrade.PublicComponent{
			{ID: "records", Name: "Records", Impact: plan.NoImpact},
			{ID: "search", Name: "Search", Impact: plan.NoImpact},
			{ID: "exports", Name: "Exports", Impact: plan.NoImpact},
		},
		Phases: []upgrade.PublicPhase{{ID: "copy", Title: "Copy", State: upgrade.Queued}},
	}
	u.Moves = []upgrade.PublicMove{{
		At: at("2026-11-15 10:00"), Reason: "The first date met the payroll run.", To: u.Window,
		From: plan.Window{Start: at("2026-11-15 01:00"), End: at("2026-11-15 05:00")},
	}}
	return u
}

func running() upgrade.Public {
	u := planned()
	u.State, u.Started, u.Impact = upgrade.InProgress, new(at("2026-11-22 01:06")), plan.Outage
	u.Components[0].Impact, u.Components[0].Since = plan.Degraded, new(at("2026-11-22 01:10"))
	u.Components[1].Impact, u.Components[1].Since = plan.ReducedRedundancy, new(at("2026-11-22 01:12"))
	u.Components[2].Impact, u.Components[2].Since = plan.Outage, new(at("2026-11-22 01:08"))
	u.Phases[0].State, u.Phases[0].Actual.Start = upgrade.Running, new(at("2026-11-22 01:20"))
	u.Updates = []upgrade.PublicUpdate{
		{ID: "n3", At: at("2026-11-22 02:20"), Retracted: true},
		{ID: "n2", At: at("2026-11-22 02:05"), Text: "The copy is **slower** than in the [rehearsal](https://docs.example.org/pg16) & nothing is <lost>.", Corrected: new(at("2026-11-22 02:11"))},
		{ID: "n1", At: at("2026-11-22 01:07"), Text: "We have begun."},
	}
	return u
}

func overdue() upgrade.Public {
	u := running()
	u.Window.End = at("2026-11-22 02:30")
	u.Overdue = new(at("2026-11-22 02:30"))
	return u
}

// over is the same upgrade at that end, with everything restored.
func over(s upgrade.State) upgrade.Public {
	u := running()
	u.State, u.Finished, u.Impact = s, new(at("2026-11-22 06:12")), plan.NoImpact
	for i := range u.Components {
		u.Components[i].Impact, u.Components[i].Since = plan.NoImpact, new(at("2026-11-22 06:00"))
	}
	u.Phases[0].State, u.Phases[0].Outcome, u.Phases[0].Actual.End = upgrade.Finished, events.Success, new(at("2026-11-22 05:00"))
	return u
}

func completed() upgrade.Public {
	u := over(upgrade.Completed)
	u.Result = events.Successful
	return u
}

func rolledBack() upgrade.Public {
	u := over(upgrade.RolledBack)
	u.Reason, u.DataSafe = "Replication did not catch up.", new(true)
	return u
}
