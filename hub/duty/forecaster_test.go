package duty_test

import (
	"fmt"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/clock"
	"upgradehub/events/upgrade"
)

// past brings eight runs of the system of planAt, which took from half to one
// and a half times as long as planned.
func (r *rig) past(t *testing.T, before time.Time) {
	t.Helper()
	data := &events.HistoryImported{}
	for i := range 8 {
		start := before.AddDate(0, -1, i)
		data.Runs = append(data.Runs, events.PastRun{
			ID: fmt.Sprint(i), System: "student-records", Start: start, Known: start.Add(24 * time.Hour), Planned: 7000, Actual: 3500 + 1000*int64(i),
		})
	}
	_, err := r.bus.Append(t.Context(), events.Event{
		ID: "past", Source: "operator", Type: events.TypeHistoryImported, Time: before, Recorded: before, Data: data,
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (r *rig) forecasts(t *testing.T) (made []*events.ForecastMade) {
	t.Helper()
	facts, err := r.store.Facts(t.Context(), 0, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range facts {
		if d, ok := f.Event.Data.(*events.ForecastMade); ok {
			made = append(made, d)
		}
	}
	return made
}

// TestForecastFollowsTime: as long as nothing ends, what was expected passes,
// and each time those that took longer speak; behind the longest nobody knows.
func TestForecastFollowsTime(t *testing.T) {
	start := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	r := newRig(t, clock.Clock{Start: time.Now(), Legs: []clock.Leg{{From: start.Add(-time.Minute), Speed: 3600}}})
	r.run(t, "a")
	r.past(t, start.AddDate(0, -1, 0))
	r.say(t, "upgrade.planned", "plan", map[string]any{"plan": planAt(start, "")})
	r.say(t, "phase.started", "go", map[string]any{"phase": "switchover"})
	eventually(t, "it lasts longer than any before", func() bool {
		p, err := r.store.Upgrade(t.Context(), "pg17")
		return err == nil && p.State == upgrade.InProgress && p.Forecast != nil && p.Forecast.Beyond() && p.Forecast.Runs == 8
	})
	made := r.forecasts(t)
	var last time.Time
	renewed := 0
	for _, m := range made {
		if m.End == nil || m.End.Beyond {
			continue
		}
		if m.Try > 0 {
			renewed++
			if !m.End.Expected.After(last) {
				t.Errorf("forecast %d expects %v, not after %v", m.Try, m.End.Expected, last)
			}
		}
		last = m.End.Expected
	}
	if renewed == 0 || len(made) > 12 {
		t.Errorf("%d forecasts, %d of them anew, want some and few", len(made), renewed)
	}
}

// TestAnotherNodeForecastsNothingAgain: what was forecast stands, and more
// history makes another forecast of what has not begun.
func TestAnotherNodeForecastsNothingAgain(t *testing.T) {
	r := newRig(t, clock.Clock{})
	now := time.Now()
	stop := r.run(t, "a")
	r.say(t, "upgrade.planned", "plan", map[string]any{"plan": planAt(now.Add(time.Hour), "")})
	eventually(t, "the plan is folded", func() bool { return count(r.facts(t), events.UpgradePlanned) == 1 })
	if made := r.forecasts(t); len(made) != 0 {
		t.Errorf("forecast without history: %+v", made[0])
	}
	r.past(t, now.AddDate(0, -1, 0))
	eventually(t, "a forecast by the history that came", func() bool { return len(r.forecasts(t)) == 1 })
	stop()
	r.run(t, "b")
	eventually(t, "the other node is on duty", func() bool { return count(r.facts(t), events.TypeDuty) == 2 })
	r.say(t, "upgrade.scheduled", "yes", map[string]any{})
	r.say(t, "update.posted", "word", map[string]any{"text": "soon"})
	eventually(t, "the word is folded", func() bool { return count(r.facts(t), events.UpdatePosted) == 1 })
	if made := r.forecasts(t); len(made) != 1 {
		t.Errorf("%d forecasts of the same, want one: %+v", len(made), made[1])
	}
}
