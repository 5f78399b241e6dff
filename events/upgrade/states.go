package upgrade

import (
	"slices"

	"upgradehub/events"
)

// move is a transition that an event of its type asks for.
type move struct {
	from []State
	to   State
}

// moves are the transitions between states that are not an end.
var moves = map[events.Type]move{
	events.UpgradeScheduled: {[]State{Planned}, Scheduled},
	events.UpgradeStarted:   {[]State{Planned, Scheduled}, InProgress},
	events.UpgradePaused:    {[]State{InProgress}, Paused},
	events.UpgradeResumed:   {[]State{Paused, Verifying}, InProgress},
	events.UpgradeVerifying: {[]State{InProgress, Paused}, Verifying},
}

func (u *Upgrade) scheduled(e events.Event, _ *events.Scheduled) Effect { return u.proceed(e) }

func (u *Upgrade) step(e events.Event, _ *events.Step) Effect { return u.proceed(e) }

// proceed moves the upgrade from one state to the next.
func (u *Upgrade) proceed(e events.Event) Effect {
	m := moves[e.Type]
	switch {
	case u.State == m.to:
		return done(false)
	case slices.Contains(m.from, u.State):
		u.enter(m.to, e)
		return done(true)
	}
	return u.misplaced(e)
}

// enter is the only place where the state changes.
func (u *Upgrade) enter(s State, e events.Event) {
	now := stampOf(e)
	u.State, u.Paused = s, nil
	switch {
	case s == Paused:
		u.Paused = &now
	case s == InProgress && u.Started == nil:
		u.Started, u.Late = &now, nil
	}
}

// misplaced is the anomaly of an event that the state does not allow.
func (u *Upgrade) misplaced(e events.Event) Effect {
	return refuse("%s: the upgrade is %s: %s", e.Type, u.State, u.wayOut(e.Type))
}

// wayOut says what would have to come before an event of type t.
func (u *Upgrade) wayOut(t events.Type) string {
	if u.State.Ended() {
		return "that is an end: publish upgrade.reopened first if it was a mistake"
	}
	if t == events.UpgradeReopened {
		return "it has not ended, so there is nothing to reopen"
	}
	switch u.State {
	case Planned, Scheduled:
		return "publish upgrade.started first, or upgrade.canceled if it will not take place"
	case RollingBack:
		return "publish rollback.finished first"
	}
	switch t {
	case events.UpgradeScheduled:
		return "work is under way and needs no approval"
	case events.RollbackFinished:
		return "publish rollback.started first"
	}
	return "publish upgrade.resumed first"
}
