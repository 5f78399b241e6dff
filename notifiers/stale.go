package notifiers

import (
	"upgradehub/events"
	"upgradehub/events/upgrade"
)

// stale reports whether the state has overtaken the notice, so that saying it
// would be wrong by now. What may never be dropped (a moved window, an
// overrun, a failover, a rollback) is said even if it is over; an end that was
// taken back is not.
func stale(v View) bool {
	n, p := v.Delivery.Notice, v.Public
	if n.Form == events.FormRoot {
		return false
	}
	switch n.Moment {
	case events.MomentAnnounced, events.MomentStarted, events.MomentReopened:
		return p.State.Ended()
	case events.MomentReminder, events.MomentStarting:
		return p.State.Live() || p.State.Ended()
	case events.MomentDecision:
		return p.State.Ended() && v.Delivery.Card == ""
	case events.MomentLate:
		return p.Late == nil
	case events.MomentSilent:
		return p.Silent == nil
	case events.MomentPromise:
		return p.UpdateOverdue == nil
	case events.MomentPaused:
		return p.State != upgrade.Paused
	case events.MomentResumed:
		return p.State == upgrade.Paused || p.State.Ended()
	case events.MomentUpdate:
		u := findUpdate(v.Upgrade, n.Facts["update"], n.Facts["source"])
		return u == nil || u.Retracted
	case events.MomentCompleted, events.MomentRolledBack, events.MomentFailed, events.MomentCanceled:
		return ends[p.State] != n.Moment
	}
	return false
}
