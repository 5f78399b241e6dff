package events

import (
	"fmt"
	"time"
)

// HistoryImported is past upgrades and outages that an operator brought: what
// forecasts are made from besides the upgrades of the log itself. Titles name
// work, never people.
type HistoryImported struct {
	Runs []PastRun `json:"runs"`
}

// PastRun is a past upgrade or outage that has ended. Its times are whole
// seconds, because facts know no fractions.
type PastRun struct {
	ID     string `json:"id"`
	System string `json:"system,omitempty"`
	Title  string `json:"title,omitempty"`
	// Start is when it was to start, or did if that was earlier; Known is
	// when it became known that it had ended.
	Start   time.Time `json:"start"`
	Known   time.Time `json:"known"`
	Planned int64     `json:"planned_seconds"`
	Actual  int64     `json:"actual_seconds"`
	// Phases are those that ended well, where they are known.
	Phases []PastPhase `json:"phases,omitempty"`
}

// PastPhase is a phase of a past run.
type PastPhase struct {
	Kind    string `json:"kind"`
	Planned int64  `json:"planned_seconds"`
	Actual  int64  `json:"actual_seconds"`
}

// MaxPastRuns is how many runs one fact holds at most, so that it stays below
// what a message may be.
const MaxPastRuns = 200

// maxPastPhases bounds the phases of a run.
const maxPastPhases = 32

// Faults of an import: 1 to 200 runs that lasted.
func (d *HistoryImported) Faults() []string {
	var c check
	n := len(d.Runs)
	c.when(n == 0 || n > MaxPastRuns, "runs", "must be 1 to %d, not %d", MaxPastRuns, n)
	for i, r := range d.Runs {
		key := fmt.Sprintf("runs[%d].", i)
		c.needed(key+"id", r.ID, maxID)
		c.text(key+"system", r.System, maxShort)
		c.text(key+"title", r.Title, maxShort)
		c.when(r.Start.IsZero() || !r.Known.After(r.Start), key+"known", "must be after start")
		c.when(r.Planned <= 0, key+"planned_seconds", "must be positive")
		c.when(r.Actual <= 0, key+"actual_seconds", "must be positive")
		c.when(len(r.Phases) > maxPastPhases, key+"phases", "must be at most %d, not %d", maxPastPhases, len(r.Phases))
	}
	return c.faults
}

// ForecastMade is what the node on duty forecast of an upgrade. It is a fact
// because a forecast is scored by what was shown: every node shows this one,
// and none makes its own. The fold drops it when For is no longer the state
// of the upgrade.
type ForecastMade struct {
	// For names the state it was made for; Try counts the forecasts of one
	// state, from 0.
	For string `json:"for"`
	Try int    `json:"try,omitempty"`
	// End is of the whole upgrade; nil if too little is known.
	End *Estimate `json:"end,omitempty"`
	// Phases are of phases that have not finished.
	Phases []Estimate `json:"phases,omitempty"`
	// Rollback is how long going back takes in 8 of 10 cases, from
	// RollbackRuns earlier ones; 0 if too few are known.
	Rollback     int64 `json:"rollback_p80_seconds,omitempty"`
	RollbackRuns int   `json:"rollback_runs,omitempty"`
	// Renew is when time alone makes it untrue; zero for never.
	Renew time.Time `json:"renew,omitzero"`
}

// Estimate is when a phase, or the upgrade, is likely to end.
type Estimate struct {
	Phase string `json:"phase,omitempty"` // empty for the upgrade
	// Beyond: it has lasted longer than any of Runs before. There is no end
	// then.
	Beyond bool `json:"beyond,omitempty"`
	// Low, Expected and High are what 10, 50 and 90 of 100 cases keep within,
	// as the record of past forecasts calibrates it.
	Low      time.Time `json:"low,omitzero"`
	Expected time.Time `json:"expected,omitzero"`
	High     time.Time `json:"high,omitzero"`
	// Basis is the class of the runs that are the evidence: kind, system or
	// organisation. Within of them would have taken at most Under seconds.
	Basis  string `json:"basis"`
	Runs   int    `json:"runs"`
	Within int    `json:"within,omitempty"`
	Under  int64  `json:"under_seconds,omitempty"`
}

// maxEstimates bounds the phases that one forecast speaks of.
const maxEstimates = 64

// Faults of a forecast.
func (d *ForecastMade) Faults() []string {
	var c check
	c.token("for", d.For)
	c.when(d.Try < 0, "try", "must not be negative")
	c.when(d.Rollback < 0, "rollback_p80_seconds", "must not be negative")
	c.when(len(d.Phases) > maxEstimates, "phases", "must be at most %d, not %d", maxEstimates, len(d.Phases))
	if d.End != nil {
		c.estimate("end.", *d.End)
	}
	for i, e := range d.Phases {
		key := fmt.Sprintf("phases[%d].", i)
		c.id(key+"phase", e.Phase)
		c.estimate(key, e)
	}
	return c.faults
}

func (c *check) estimate(key string, e Estimate) {
	neededOneOf(c, key+"basis", e.Basis, "kind", "system", "organisation")
	c.when(e.Runs <= 0, key+"runs", "must be positive")
	ordered := !e.Low.IsZero() && !e.Low.After(e.Expected) && !e.Expected.After(e.High)
	c.when(!e.Beyond && !ordered, key+"expected", "must lie from low to high")
}
