package upgrade

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"upgradehub/events"
	"upgradehub/events/forecast"
)

// Foreseen is the forecast that is shown, and when it was made.
type Foreseen struct {
	events.ForecastMade
	Made     time.Time `json:"made"`
	Revision int       `json:"revision"` // of the plan
}

// ForecastFor names the state that a forecast is made for: it changes with the
// plan and whenever the upgrade or a phase begins or ends. It is empty when
// there is nothing to forecast.
func (u *Upgrade) ForecastFor() string {
	if !u.foreseeable() {
		return ""
	}
	h := sha256.New()
	fmt.Fprintln(h, u.Revision, u.Started != nil)
	for _, p := range u.Phases {
		fmt.Fprintln(h, p.ID, p.Attempt, p.Started != nil, p.State == Finished)
	}
	return hex.EncodeToString(h.Sum(nil))[:32]
}

func (u *Upgrade) foreseeable() bool {
	return u.Plan != nil && !u.State.Ended() && u.State != RollingBack
}

// nextTry is which forecast of a state comes next.
func (u *Upgrade) nextTry(state string) int {
	if u.Forecast == nil || u.Forecast.For != state {
		return 0
	}
	return u.Forecast.Try + 1
}

// Awaits reports whether a forecast is of the present state and the next one
// of it.
func (u *Upgrade) Awaits(d *events.ForecastMade) bool {
	return d.For == u.ForecastFor() && d.Try == u.nextTry(d.For)
}

// forecastMade keeps a forecast that the state awaits. It is no news: silence goes on.
func (u *Upgrade) forecastMade(e events.Event) Effect {
	d, ok := e.Data.(*events.ForecastMade)
	if !ok || d == nil {
		return refuse("%s: the payload is missing", e.Type)
	}
	if !u.Awaits(d) {
		return done(false)
	}
	u.Forecast = &Foreseen{ForecastMade: *d, Made: e.Recorded.UTC().Round(0), Revision: u.Revision}
	return done(true)
}

func (f *Foreseen) clone() *Foreseen {
	if f == nil {
		return nil
	}
	c := *f
	c.End, c.Phases = copyOf(f.End), slices.Clone(f.Phases)
	return &c
}

// PublicForecast is when the upgrade or a phase is likely to end, with its
// evidence. Without Expected it has lasted longer than any of Runs before.
type PublicForecast struct {
	Made     time.Time      `json:"made"`
	Low      *time.Time     `json:"low,omitempty"` // 1 of 10 ends before
	Expected *time.Time     `json:"expected,omitempty"`
	High     *time.Time     `json:"high,omitempty"` // 9 of 10 end before
	Basis    forecast.Basis `json:"basis"`          // what is counted: kind, system, organisation
	Runs     int            `json:"runs"`
	Within   int            `json:"within,omitempty"` // so many of Runs would have taken at most
	Under    int64          `json:"under_seconds,omitempty"`
}

// Beyond says that it has lasted longer than any of Runs before, and that
// nobody can tell its end.
func (f PublicForecast) Beyond() bool { return f.Expected == nil }

// foreseen is the public forecast of the upgrade, or of a phase by its id;
// nil if there is none, or if it is of another plan.
func (u *Upgrade) foreseen(phase string) *PublicForecast {
	if u.Forecast == nil || u.Forecast.Revision != u.Revision || !u.foreseeable() {
		return nil
	}
	e := u.Forecast.End
	if phase != "" {
		i := slices.IndexFunc(u.Forecast.Phases, func(e events.Estimate) bool { return e.Phase == phase })
		if i < 0 {
			return nil
		}
		e = &u.Forecast.Phases[i]
	}
	if e == nil {
		return nil
	}
	p := &PublicForecast{Made: u.Forecast.Made, Basis: forecast.Basis(e.Basis), Runs: e.Runs, Within: e.Within, Under: e.Under}
	if !e.Beyond {
		low, expected, high := e.Low, e.Expected, e.High
		p.Low, p.Expected, p.High = &low, &expected, &high
	}
	return p
}

func (u *Upgrade) foreseenPhase(p Phase) *PublicForecast {
	if p.State == Finished {
		return nil
	}
	return u.foreseen(p.ID)
}
