package upgrade

import (
	"fmt"
	"time"

	"upgradehub/events"
)

// New is an upgrade of which nothing is known yet.
func New(id string) *Upgrade { return &Upgrade{ID: id} }

// rule folds an event of one type. It looks before it touches anything: a
// rule that refuses leaves the upgrade as it was.
type rule func(*Upgrade, events.Event) Effect

// rules is the whole vocabulary that means something to an upgrade; the
// clock's facts have a way of their own.
var rules = map[events.Type]rule{
	events.UpgradePlanned:    on((*Upgrade).planned),
	events.UpgradeScheduled:  on((*Upgrade).scheduled),
	events.UpgradeStarted:    on((*Upgrade).step),
	events.UpgradePaused:     on((*Upgrade).step),
	events.UpgradeResumed:    on((*Upgrade).step),
	events.UpgradeVerifying:  on((*Upgrade).step),
	events.UpgradeCompleted:  on((*Upgrade).completed),
	events.UpgradeFailed:     on((*Upgrade).failed),
	events.UpgradeCanceled:   on((*Upgrade).canceled),
	events.UpgradeReopened:   on((*Upgrade).reopened),
	events.RollbackStarted:   on((*Upgrade).rollbackStarted),
	events.RollbackFinished:  on((*Upgrade).rollbackFinished),
	events.PhaseStarted:      on((*Upgrade).phaseStarted),
	events.PhaseWaiting:      on((*Upgrade).phaseWaiting),
	events.PhaseFinished:     on((*Upgrade).phaseFinished),
	events.PhaseProgressed:   on((*Upgrade).phaseProgressed),
	events.GateEvidence:      on((*Upgrade).gateEvidence),
	events.GateDecided:       on((*Upgrade).gateDecided),
	events.ObjectiveMeasured: on((*Upgrade).objectiveMeasured),
	events.ComponentChanged:  on((*Upgrade).componentChanged),
	events.FailoverStarted:   on((*Upgrade).failoverStarted),
	events.FailoverFinished:  on((*Upgrade).failoverFinished),
	events.FailbackStarted:   on((*Upgrade).failbackStarted),
	events.FailbackFinished:  on((*Upgrade).failbackFinished),
	events.RedundancyChanged: on((*Upgrade).redundancyChanged),
	events.RiskTriggered:     on((*Upgrade).riskTriggered),
	events.RiskRetired:       on((*Upgrade).riskRetired),
	events.UpdatePosted:      on((*Upgrade).updatePosted),
	events.UpdateCorrected:   on((*Upgrade).updateCorrected),
	events.UpdateRetracted:   on((*Upgrade).updateRetracted),
}

// on makes a rule of a method that wants its payload, and news. A payload of
// another type, or none, cannot come from a decoder; it is an anomaly all the
// same.
func on[T any, P interface {
	*T
	events.Data
}](f func(*Upgrade, events.Event, P) Effect) rule {
	return func(u *Upgrade, e events.Event) Effect {
		d, ok := e.Data.(P)
		if !ok || d == nil {
			return refuse("%s: the payload is missing", e.Type)
		}
		if why := u.outdated(e); why != "" {
			return Effect{Anomaly: why}
		}
		return f(u, e, d)
	}
}

// Apply folds one fact into the upgrade. It never panics and never refuses:
// what the state machine does not allow is an anomaly and changes nothing.
// Types that mean nothing to an upgrade are applied without effect.
//
// An upgrade.* event that is marked internal changes the state like any
// other; only its text stays inside. A phase or component of which an event
// spoke internally is hidden from visitors from then on.
func (u *Upgrade) Apply(e events.Event) Effect {
	if clockTypes[e.Type] {
		return u.clockFact(e)
	}
	switch e.Type {
	case events.TypeForecastMade:
		return u.forecastMade(e)
	case events.TypeFeedbackReported:
		return u.reported(e)
	}
	r, ok := rules[e.Type]
	if !ok {
		return Effect{Applied: true}
	}
	if u.State == "" && e.Type != events.UpgradePlanned {
		return refuse("%s: no plan yet: publish upgrade.planned first", e.Type)
	}
	before, moves := u.State, len(u.Moves)
	eff := r(u, e)
	if eff.Changed {
		u.heard(e)
		u.mean()
		u.watch(e)
		u.followPromise(e, before, len(u.Moves) > moves)
	}
	return eff
}

// heard notes that there was news.
func (u *Upgrade) heard(e events.Event) {
	u.LastNews = later(u.LastNews, e.Recorded)
	u.Silent = nil
	u.remember(e)
}

// refuse is the effect of what is not allowed.
func refuse(format string, args ...any) Effect {
	return Effect{Anomaly: fmt.Sprintf(format, args...)}
}

// done is the effect of what is allowed.
func done(changed bool) Effect { return Effect{Applied: true, Changed: changed} }

func stampOf(e events.Event) Stamp {
	return Stamp{At: e.Time.UTC().Round(0), Recorded: e.Recorded.UTC().Round(0)}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b.UTC().Round(0)
	}
	return a
}

// put writes v to dst and notes in changed whether that was another value.
func put[T comparable](changed *bool, dst *T, v T) {
	if *dst != v {
		*dst, *changed = v, true
	}
}

// putPtr writes a copy of v to dst unless v is nil.
func putPtr[T comparable](changed *bool, dst **T, v *T) {
	if v == nil || *dst != nil && **dst == *v {
		return
	}
	*dst, *changed = copyOf(v), true
}

func copyOf[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}
