package upgrade_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/forecast"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
)

// pasts are n past upgrades of the system, each with a migration that took i
// tenths of what was planned, and everything else as planned.
func pasts(n int) *forecast.History {
	var runs []forecast.Run
	for i := range n {
		start := noon.AddDate(0, -6, i)
		migrated := time.Duration(i+1) * 6 * time.Minute
		runs = append(runs, forecast.Run{
			ID: fmt.Sprint(i), System: "orders", Start: start, Known: start.Add(24 * time.Hour), Planned: 2 * time.Hour, Actual: time.Hour + migrated,
			Phases: []forecast.Phase{{Kind: "prepare", Planned: time.Hour, Actual: time.Hour}, {Kind: "migrate", Planned: time.Hour, Actual: migrated}},
		})
	}
	return forecast.New(runs)
}

// twoPhases is testPlan without its third phase.
func twoPhases() *events.Planned {
	return revised(func(p *plan.Plan) { p.Phases = p.Phases[:2] })
}

func TestOutlookOfWhatIsPlanned(t *testing.T) {
	f := begin(t)
	f.must(events.UpgradePlanned, twoPhases())
	if got := f.u.Outlook(pasts(forecast.MinRuns-1), pasts(0), f.now); got != nil {
		t.Errorf("with too few past upgrades: %+v", got)
	}
	got := f.u.Outlook(pasts(9), pasts(0), f.now)
	// The migration of 2 h takes 12 min to 108 min, behind half an hour: nine
	// values stand at 10, 20, … 90 %.
	want := events.Estimate{
		Low: at(10*time.Hour + 42*time.Minute), Expected: at(11*time.Hour + 30*time.Minute), High: at(12*time.Hour + 18*time.Minute),
		Basis: "kind", Runs: 9, Within: 9, Under: 4 * 3600,
	}
	if got == nil || got.End == nil || *got.End != want {
		t.Fatalf("Outlook = %+v, want the end %+v", got, want)
	}
	want.Phase, want.Within, want.Under = "migrate", 8, 105*60
	if got := got.Phases[1]; got != want {
		t.Errorf("of the migration %+v, want %+v", got, want)
	}
	if !got.Renew.IsZero() {
		t.Errorf("renewed at %v although nothing runs", got.Renew)
	}
}

func TestOutlookOfWhatRuns(t *testing.T) {
	f := begin(t)
	f.must(events.UpgradePlanned, twoPhases())
	f.pass(10 * time.Hour)
	f.must(events.PhaseStarted, &events.Phase{Phase: "prepare"})
	f.must(events.PhaseFinished, &events.Phase{Phase: "prepare"})
	f.must(events.PhaseStarted, &events.Phase{Phase: "migrate"})
	began := f.u.Phases[1].Started.At
	tests := []struct {
		name    string
		elapsed time.Duration
		want    time.Duration // expected, from the start of the phase
	}{
		{"at its start", time.Second, time.Hour},
		{"those that were shorter count no more", 80 * time.Minute, 96 * time.Minute},
		{"longer than any before", 109 * time.Minute, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := f.u.Outlook(pasts(9), pasts(0), began.Add(tt.elapsed))
			phase := got.Phases[0]
			if phase.Phase != "migrate" || len(got.Phases) != 1 || phase.Beyond != (tt.want == 0) || got.End.Beyond != phase.Beyond {
				t.Fatalf("Outlook = %+v, end %+v", got, got.End)
			}
			if phase.Beyond {
				if !got.Renew.IsZero() || !got.End.Expected.IsZero() {
					t.Errorf("an end is named that nobody knows: %+v, renewed %v", got.End, got.Renew)
				}
				return
			}
			if want := began.Add(tt.want); !phase.Expected.Equal(want) || !got.End.Expected.Equal(want) || !got.Renew.Equal(want) {
				t.Errorf("expected %v, end %v, renewed %v, want %v", phase.Expected, got.End.Expected, got.Renew, want)
			}
		})
	}
}

// TestOutlookOfTheWayBack: 8 of 10 rollbacks keep within it.
func TestOutlookOfTheWayBack(t *testing.T) {
	f := begin(t)
	f.must(events.UpgradePlanned, revised(func(p *plan.Plan) { p.Rollback.Duration = plan.Duration(time.Hour) }))
	var runs []forecast.Run
	for i := range 9 {
		start := noon.AddDate(0, -6, i)
		runs = append(runs, forecast.Run{
			ID: fmt.Sprint(i), System: "orders", Start: start, Known: start.Add(24 * time.Hour),
			Planned: time.Hour, Actual: time.Duration(i+1) * 6 * time.Minute,
		})
	}
	got := f.u.Outlook(pasts(0), forecast.New(runs), f.now)
	if got == nil || got.Rollback != 48*60 || got.RollbackRuns != 9 || got.End != nil {
		t.Errorf("Outlook = %+v, want a way back of 48 min", got)
	}
}

// TestForecastOfAnotherStateIsDropped, and so is one that stands already.
func TestForecastOfAnotherStateIsDropped(t *testing.T) {
	f := announced(t)
	made := f.u.Outlook(pasts(9), pasts(0), f.now)
	apply := func(m *events.ForecastMade) upgrade.Effect {
		return f.u.Apply(events.Event{Type: events.TypeForecastMade, Source: "hub", Recorded: f.now, Time: f.now, Data: m})
	}
	news := f.u.LastNews
	if eff := apply(made); !eff.Changed || f.u.Public(1).Forecast == nil || f.u.LastNews != news {
		t.Fatalf("effect %+v, forecast %+v, news %v", eff, f.u.Forecast, f.u.LastNews)
	}
	before := *f.u.Forecast
	if eff := apply(made); eff.Changed || !eff.Applied {
		t.Errorf("the same again: %+v", eff)
	}
	again := f.u.Outlook(pasts(9), pasts(0), f.now)
	if again.Try != 1 {
		t.Errorf("the next is number %d, want 1", again.Try)
	}
	f.pass(10 * time.Hour)
	f.must(events.PhaseStarted, &events.Phase{Phase: "prepare"})
	if eff := apply(again); eff.Changed || !reflect.DeepEqual(*f.u.Forecast, before) {
		t.Errorf("of a state that is past: %+v", eff)
	}
	f.must(events.UpgradePlanned, revised(func(p *plan.Plan) { p.Window.End = p.Window.End.Add(time.Hour) }))
	if p := f.u.Public(1); p.Forecast != nil || p.Phases[0].Forecast != nil {
		t.Errorf("the forecast of another plan is shown: %+v", p.Forecast)
	}
	f.must(events.UpgradeCanceled, &events.Ended{Reason: "no"})
	if got := f.u.Outlook(pasts(9), pasts(0), f.now); got != nil {
		t.Errorf("of an ended upgrade: %+v", got)
	}
}

// TestForecastWithinThePlan: gaps of the plan are kept, and what it has side
// by side stays so.
func TestForecastWithinThePlan(t *testing.T) {
	f := begin(t)
	f.must(events.UpgradePlanned, revised(func(p *plan.Plan) {
		p.Phases[1].After = nil
		p.Phases[1].Start = at(11 * time.Hour)
		p.Phases[2].ID, p.Phases[2].Start, p.Phases[2].Duration = "migrate2", at(11*time.Hour), plan.Duration(15*time.Minute)
	}))
	got := f.u.Outlook(pasts(9), pasts(0), f.now)
	// Nothing of the half hour between is given away: 11:00 and 60 min.
	if want := at(12 * time.Hour); !got.End.Expected.Equal(want) || !got.Phases[1].Expected.Equal(want) {
		t.Errorf("expected %v, want %v", got.End.Expected, want)
	}
	if phase := got.Phases[2]; !phase.Expected.Before(at(11*time.Hour + 20*time.Minute)) {
		t.Errorf("the short phase is expected to end at %v", phase.Expected)
	}
}

// TestNoPhaseThatIsHiddenIsForeseen in public.
func TestNoPhaseThatIsHiddenIsForeseen(t *testing.T) {
	f := announced(t)
	made := f.u.Outlook(pasts(9), pasts(0), f.now)
	f.u.Apply(events.Event{Type: events.TypeForecastMade, Source: "hub", Recorded: f.now, Time: f.now, Data: made})
	shown := f.u.Public(1)
	if len(made.Phases) != 3 || len(shown.Phases) != 2 {
		t.Fatalf("%d phases foreseen, %d shown", len(made.Phases), len(shown.Phases))
	}
	for _, p := range shown.Phases {
		if p.Forecast == nil || p.Forecast.Beyond() || p.Forecast.Made != f.now {
			t.Errorf("phase %s: forecast %+v", p.ID, p.Forecast)
		}
	}
}
