package statuspage

import (
	"context"
	"time"

	"upgradehub/events/forecast"
	"upgradehub/events/upgrade"
)

// foreseenView is when something is likely to end, and what speaks for it. A
// forecast is never shown without its evidence.
type foreseenView struct {
	Line     line
	Evidence string
	Bar      *bar // in the chart, for a phase
}

// foreseen is the forecast of the upgrade; nil if there is none that still
// holds.
func (s *scribe) foreseen(f *upgrade.PublicForecast, now time.Time) *foreseenView {
	switch {
	case f == nil:
		return nil
	case f.Beyond():
		return &foreseenView{Line: s.line("forecast.beyond", "of", f.Runs)}
	case f.High.Before(now):
		return nil
	}
	low := later(*f.Low, now.Truncate(time.Minute))
	v := &foreseenView{Line: s.line("forecast.end", "low", s.near(low, now), "high", s.near(*f.High, now))}
	id := "forecast.similar"
	if f.Basis == forecast.Organisation {
		id = "forecast.earlier"
	}
	v.Evidence = s.Say(id, "within", f.Within, "of", f.Runs)
	return v
}

// foreseenPhase is the same of a phase. What is counted there is a duration
// that people can compare with.
func (s *scribe) foreseenPhase(f *upgrade.PublicForecast, sc scale, now time.Time) *foreseenView {
	v := s.foreseen(f, now)
	if v == nil || f.Beyond() {
		return v
	}
	low := later(*f.Low, now)
	v.Bar, v.Evidence = sc.bar(&low, f.High, now), ""
	if f.Within > 0 && f.Under > 0 {
		v.Evidence = s.Say("forecast.phases", "within", f.Within, "of", f.Runs, "length", s.length(time.Duration(f.Under)*time.Second))
	}
	return v
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// foreseenEnds are the expected ends, for the chart to hold. How late it may
// be in the worst case would leave no room for what is more likely.
func foreseenEnds(u upgrade.Public) (ends []*time.Time) {
	if u.Forecast != nil {
		ends = append(ends, u.Forecast.Expected)
	}
	for _, ph := range u.Phases {
		if ph.Forecast != nil {
			ends = append(ends, ph.Forecast.Expected)
		}
	}
	return ends
}

// scored says how good the forecasts of ends were; empty before one could be
// scored.
func (s *scribe) scored(ctx context.Context) (string, error) {
	if s.cfg.Forecasts == nil {
		return "", nil
	}
	score, _, err := s.cfg.Forecasts(ctx)
	if err != nil || score.Runs == 0 {
		return "", err
	}
	return s.scoreWords(score), nil
}

func (s *scribe) scoreWords(score forecast.Score) string {
	return s.Say("forecast.score", "of", score.Runs, "share", whole(score.Coverage), "error", s.length(score.Error), "plan", s.length(score.PlanError))
}
