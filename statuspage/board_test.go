package statuspage_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/forecast"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
	"upgradehub/statuspage"
)

// board is a Board in memory.
type board struct {
	mu  sync.Mutex
	seq uint64
	all []upgrade.Public
	err error
}

func (b *board) Upgrades(context.Context) ([]upgrade.Public, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list []upgrade.Public
	for _, u := range b.all {
		if !u.Drill {
			list = append(list, u)
		}
	}
	return list, b.err
}

func (b *board) Upgrade(_ context.Context, id string) (upgrade.Public, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, u := range b.all {
		if u.ID == id {
			return u, b.err
		}
	}
	return upgrade.Public{}, fmt.Errorf("%q: %w", id, statuspage.ErrNotFound)
}

func (b *board) Position() (string, uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return "log-1", b.seq
}

// put commits a new state of an upgrade.
func (b *board) put(u upgrade.Public) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seq++
	u.Seq = b.seq
	for i := range b.all {
		if b.all[i].ID == u.ID {
			b.all[i] = u
			return
		}
	}
	b.all = append(b.all, u)
}

// The fixed clock of most tests.
var noon = time.Date(2026, 11, 22, 2, 40, 0, 0, time.UTC)

func newPages(t testing.TB, b *board, now time.Time) *statuspage.Pages {
	t.Helper()
	p, err := statuspage.New(statuspage.Config{
		Board: b, Insights: b, PublicURL: "https://status.example.org", Clock: func() time.Time { return now },
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return p
}

// serve answers one request through everything the public listener has.
func serve(p *statuspage.Pages, r *http.Request) *httptest.ResponseRecorder {
	mux := http.NewServeMux()
	p.Routes(mux)
	w := httptest.NewRecorder()
	statuspage.Secure(mux).ServeHTTP(w, r)
	return w
}

func at(s string) time.Time {
	t, err := time.Parse("2006-01-02 15:04", s)
	if err != nil {
		panic(err)
	}
	return t
}

// planned is an upgrade of tomorrow's night.
func planned() upgrade.Public {
	u := upgrade.Public{
		ID: "pg16", Title: "Database upgrade to PostgreSQL 16", System: "records", State: upgrade.Scheduled, Seq: 3, Zone: "Europe/Berlin",
		Window: plan.Window{Start: at("2026-11-22 01:00"), End: at("2026-11-22 05:00")}, Revision: 1, Announced: at("2026-11-08 09:00"),
		Impact: plan.NoImpact,
		ImpactWords: plan.ImpactWords{
			Default:    plan.Degraded,
			StillWorks: []string{"Reading and searching records", "Signing in"},
			DoBefore:   []string{"Save your drafts before 01:00 UTC", "Finish running exports"},
			OddAfter:   []string{"Reports may take a minute longer on the first day"},
		},
		Components: []upgrade.PublicComponent{
			{ID: "records", Name: "Records", Impact: plan.NoImpact},
			{ID: "search", Name: "Search", Impact: plan.NoImpact},
			{ID: "exports", Name: "Exports", Impact: plan.NoImpact},
			{ID: "signin", Name: "Sign-in", Impact: plan.NoImpact},
		},
	}
	for _, ph := range []struct{ id, title, from, to string }{
		{"prepare", "Freeze writes and take a backup", "01:00", "01:40"},
		{"copy", "Copy data to the new cluster", "01:40", "03:00"},
		{"switch", "Switch over", "03:00", "03:20"},
		{"verify", "Check and warm up", "03:20", "04:40"},
	} {
		u.Phases = append(u.Phases, upgrade.PublicPhase{
			ID: ph.id, Title: ph.title, State: upgrade.Queued,
			Planned: upgrade.Span{Start: new(at("2026-11-22 " + ph.from)), End: new(at("2026-11-22 " + ph.to))},
		})
	}
	return u
}

// running is the same upgrade in its second phase.
func running() upgrade.Public {
	u := planned()
	u.State, u.Started = upgrade.InProgress, new(at("2026-11-22 01:06"))
	u.Impact = plan.Degraded
	u.Components[0].Impact, u.Components[0].Since = plan.Degraded, new(at("2026-11-22 01:10"))
	u.Components[2].Impact, u.Components[2].Since = plan.Outage, new(at("2026-11-22 01:08"))
	u.Components[1].Impact, u.Components[1].OnStandby = plan.ReducedRedundancy, true
	u.Phases[0].State, u.Phases[0].Outcome = upgrade.Finished, events.Success
	u.Phases[0].Actual = upgrade.Span{Start: new(at("2026-11-22 01:06")), End: new(at("2026-11-22 01:52"))}
	u.Phases[1].State, u.Phases[1].Actual.Start = upgrade.Running, new(at("2026-11-22 01:52"))
	u.Phases[1].Done, u.Phases[1].Total, u.Phases[1].Unit, u.Phases[1].Percent = new(int64(61)), new(int64(156)), "tables", new(39.1)
	u.NextUpdateBy = new(at("2026-11-22 03:00"))
	u.Moves = []upgrade.PublicMove{{
		At: at("2026-11-15 10:00"), Reason: "The first date met the payroll run.", To: u.Window,
		From: plan.Window{Start: at("2026-11-15 01:00"), End: at("2026-11-15 05:00")},
	}}
	u.Updates = []upgrade.PublicUpdate{
		{ID: "n2", At: at("2026-11-22 02:05"), Text: "The copy is **slower than in the rehearsal**, because one table is larger.\n\n- nothing is lost\n- details in the [notes](https://docs.example.org/pg16)", Corrected: new(at("2026-11-22 02:11"))},
		{ID: "n1", At: at("2026-11-22 01:07"), Text: "We have begun. Exports are off until the switch is done."},
	}
	u.PromisesKept = 2
	u.Forecast = foreseen("04:20", "05:40", forecast.SameSystem, 7, 0)
	u.Phases[1].Forecast = foreseen("03:05", "03:40", forecast.SameKind, 8, 105*60)
	return u
}

// rich is the same upgrade with all that can be known of it: where there is no
// way back, what is left of the redundancy, and what an update said before.
func rich() upgrade.Public {
	u := running()
	u.Phases[2].PointOfNoReturn = true
	u.Components[1].CapacityPercent = new(50.0)
	u.Updates[0].Edits = []upgrade.PublicEdit{{Until: at("2026-11-22 02:11"), Text: "The copy is slower than *planned*."}}
	return u
}

// goingBack is the same upgrade on its way back.
func goingBack() upgrade.Public {
	u := running()
	u.State, u.Returning = upgrade.RollingBack, new(at("2026-11-22 02:20"))
	u.Phases[1].State, u.Phases[1].Outcome, u.Phases[1].Actual.End = upgrade.Finished, events.Failure, new(at("2026-11-22 02:15"))
	u.Phases[1].Attempt = 2
	return u
}

// lastYear is an earlier upgrade of the same system, which ended late.
func lastYear() upgrade.Public {
	u := ended("pg15", "Database upgrade to PostgreSQL 15", upgrade.Completed, "2025-10-04")
	u.System, u.Announced, u.Finished = "records", at("2025-09-20 08:00"), new(at("2025-10-04 09:10"))
	u.PromisesKept, u.PromisesKeptByMachine, u.PromisesBroken = 3, 1, 1
	return u
}

// overdue is the same upgrade past its end.
func overdue() upgrade.Public {
	u := running()
	u.Window.End = at("2026-11-22 02:30")
	u.Overdue, u.UpdateOverdue = new(at("2026-11-22 02:30")), new(at("2026-11-22 02:35"))
	u.Phases[1].Overdue = new(at("2026-11-22 02:30"))
	u.PromisesBroken = 1
	u.Forecast = foreseen("03:50", "06:10", forecast.Organisation, 2, 0)
	u.Phases[1].Forecast = &upgrade.PublicForecast{Made: at("2026-11-22 02:30"), Basis: forecast.SameKind, Runs: 10}
	return u
}

// foreseen is a forecast from 10 past runs.
func foreseen(low, high string, basis forecast.Basis, within int, under int64) *upgrade.PublicForecast {
	from, to := at("2026-11-22 "+low), at("2026-11-22 "+high)
	return &upgrade.PublicForecast{
		Made: at("2026-11-22 01:52"), Low: &from, Expected: new(from.Add(to.Sub(from) / 2)), High: &to,
		Basis: basis, Runs: 10, Within: within, Under: under,
	}
}

// completed is the same upgrade at its end.
func completed() upgrade.Public {
	u := running()
	u.Forecast, u.Phases[1].Forecast = nil, nil
	u.State, u.Result, u.Finished = upgrade.Completed, events.Successful, new(at("2026-11-22 04:52"))
	u.SurveyCloses, u.NextUpdateBy, u.Impact = new(at("2026-11-29 04:52")), nil, plan.NoImpact
	for i := range u.Components {
		u.Components[i].Impact, u.Components[i].OnStandby, u.Components[i].Since = plan.NoImpact, false, nil
	}
	from := at("2026-11-22 01:06")
	for i := range u.Phases {
		to := from.Add(time.Duration(40+15*i) * time.Minute)
		u.Phases[i].State, u.Phases[i].Outcome = upgrade.Finished, events.Success
		u.Phases[i].Actual = upgrade.Span{Start: new(from), End: new(to)}
		from = to
	}
	u.Updates = append([]upgrade.PublicUpdate{{ID: "n3", At: at("2026-11-22 04:52"), Text: "Everything is back. Thank you for your patience.", Final: true}}, u.Updates...)
	return u
}

// ended is an upgrade that ended in that state.
func ended(id, title string, s upgrade.State, day string) upgrade.Public {
	return upgrade.Public{
		ID: id, Title: title, State: s, Zone: "UTC", Window: plan.Window{Start: at(day + " 06:00"), End: at(day + " 08:00")},
		Started: new(at(day + " 06:02")), Finished: new(at(day + " 07:48")), Announced: at("2026-10-01 08:00"), Impact: plan.NoImpact,
	}
}
