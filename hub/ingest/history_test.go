package ingest_test

import (
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/forecast"
	"upgradehub/events/upgrade"
	"upgradehub/hub/ingest"
	"upgradehub/hub/store"
)

func pastRun(id string, actual int64) events.PastRun {
	start := noon.AddDate(0, -1, 0)
	return events.PastRun{ID: id, System: "postgres", Start: start, Known: start.Add(24 * time.Hour), Planned: 3600, Actual: actual}
}

// forecastOf adds a forecast of what the upgrade is after the facts so far.
func (l *logbook) forecastOf(minutes int, phases ...string) uint64 {
	l.t.Helper()
	u := upgrade.New("pg16")
	for _, f := range l.facts {
		if f.Event.Upgrade == "pg16" && store.ConcernsState(f.Event.Type) {
			u.Apply(f.Event)
		}
	}
	estimate := func(phase string) events.Estimate {
		at := func(m int) time.Time { return noon.Add(time.Duration(m) * time.Minute) }
		return events.Estimate{Phase: phase, Basis: "system", Runs: 9, Low: at(minutes - 5), Expected: at(minutes), High: at(minutes + 5)}
	}
	end := estimate("")
	made := &events.ForecastMade{For: u.ForecastFor(), End: &end}
	for _, p := range phases {
		made.Phases = append(made.Phases, estimate(p))
	}
	if u.Forecast != nil && u.Forecast.For == made.For {
		made.Try = u.Forecast.Try + 1
	}
	return l.own(events.TypeForecastMade, "pg16", made)
}

// worked is an upgrade that was forecast, took ten minutes and is completed.
func worked(t testing.TB) *logbook {
	l := newLogbook(t)
	l.own(events.TypeHistoryImported, "", &events.HistoryImported{Runs: []events.PastRun{pastRun("a", 60), pastRun("b", 70)}})
	l.own(events.TypeHistoryImported, "", &events.HistoryImported{Runs: []events.PastRun{pastRun("a", 80)}})
	l.planned()
	l.forecastOf(120)
	l.tool(events.PhaseStarted, &events.Phase{Phase: "copy"})
	l.forecastOf(10, "copy")
	l.own(events.TypeForecastMade, "pg16", &events.ForecastMade{For: "other"})
	late := func(e events.Type, d events.Data, m int) {
		at := noon.Add(time.Duration(m) * time.Minute)
		l.add(events.Event{ID: string(e), Source: "tool", Type: e, Upgrade: "pg16", Time: at, Recorded: at, Intake: l.next(), Data: d})
	}
	late(events.PhaseFinished, &events.Phase{Phase: "copy"}, 10)
	late(events.UpgradeCompleted, &events.Completed{}, 12)
	return l
}

func TestCompletedUpgradesBecomeHistory(t *testing.T) {
	l := worked(t)
	s := l.fold(0)
	if one := l.fold(1); digest(t, one) != digest(t, s) {
		t.Error("another history when folded one by one")
	}
	rows, err := s.Past(t.Context(), store.PastUpgrades)
	if err != nil || len(rows) != 3 {
		t.Fatalf("Past() = %+v, %v, want three", rows, err)
	}
	own := rows[0]
	if own.ID != "pg16" || own.Origin != store.FromLog || own.Planned != 3600 || own.Actual != 12*60-6 || len(own.Phases) != 1 || own.Phases[0].Kind != "copy" {
		t.Errorf("the upgrade became %+v", own)
	}
	if rows[1].ID != "a" || rows[1].Actual != 80 {
		t.Errorf("the second import left %+v", rows[1])
	}
	upgrades, phases, err := s.ForecastScores(t.Context())
	// 120 and 10 min were said of what took 12: half are within 5 min.
	if err != nil || upgrades.Runs != 2 || upgrades.Coverage != 0.5 || upgrades.Error != 55*time.Minute || phases.Runs != 1 || phases.Error != 0 {
		t.Errorf("ForecastScores() = %+v, %+v, %v", upgrades, phases, err)
	}
}

func TestReopenedUpgradesAreNoHistory(t *testing.T) {
	l := worked(t)
	at := noon.Add(13 * time.Minute)
	l.add(events.Event{ID: "r", Source: "lead", Type: events.UpgradeReopened, Upgrade: "pg16", Time: at, Recorded: at, Data: &events.Reopened{By: "lead", Reason: "typo"}})
	s := l.fold(0)
	rows, err := s.Past(t.Context(), store.PastUpgrades)
	if err != nil || len(rows) != 2 {
		t.Errorf("Past() = %+v, %v, want the imports alone", rows, err)
	}
	if scored, _, err := s.ForecastScores(t.Context()); err != nil || scored.Runs != 0 {
		t.Errorf("ForecastScores() = %+v, %v, want none", scored, err)
	}
	want := digest(t, s)
	stale(t, s)
	if err := ingest.Refold(t.Context(), s); err != nil || digest(t, s) != want {
		t.Errorf("Refold() = %v and made other tables", err)
	}
}

func TestWaysBackBecomeHistory(t *testing.T) {
	l := newLogbook(t)
	p := samplePlan()
	p.Rollback.Duration = p.Phases[0].Duration
	l.tool(events.UpgradePlanned, &events.Planned{Plan: p})
	l.tool(events.PhaseStarted, &events.Phase{Phase: "copy"})
	l.tool(events.RollbackStarted, &events.Rollback{})
	l.tool(events.RollbackFinished, &events.Rollback{})
	s := l.fold(0)
	rows, err := s.Past(t.Context(), store.PastRollbacks)
	if err != nil || len(rows) != 1 || rows[0].Planned != 3600 || rows[0].Actual != 1 {
		t.Errorf("Past() = %+v, %v, want one of a second", rows, err)
	}
	h, err := s.History(t.Context(), store.PastRollbacks)
	if f := h.Whole(noon.AddDate(1, 0, 0), forecast.Work{Planned: time.Hour}); err != nil || f.Runs != 1 {
		t.Errorf("History() knows %d ways back, %v", f.Runs, err)
	}
}

func TestUsageIsKeptBySystem(t *testing.T) {
	l := newLogbook(t)
	l.tool(events.UsageSampled, &events.Usage{System: "postgres", Samples: []events.Sample{{Time: noon, Value: 3}, {Time: noon.Add(time.Hour), Value: 4.5}}})
	l.tool(events.UsageSampled, &events.Usage{System: "postgres", Samples: []events.Sample{{Time: noon, Value: 2}}})
	s := l.fold(0)
	got, err := s.Usage(t.Context(), "postgres")
	if err != nil || len(got) != 2 || got[0].Value != 2 || got[1].Value != 4.5 || !got[0].Time.Equal(noon) {
		t.Errorf("Usage() = %+v, %v", got, err)
	}
	if systems, err := s.UsageSystems(t.Context()); err != nil || len(systems) != 1 {
		t.Errorf("UsageSystems() = %v, %v", systems, err)
	}
}
