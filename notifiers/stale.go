package notifiers

import (
	"slices"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
)

// stale reports whether the state has overtaken the notice, so that saying it
// would be wrong by now. What may never be dropped (an overrun, a
// failover, a rollback) is said even if it is over; an end that was taken back
// is not, nor is the new window of what has ended.
func stale(v View) bool {
	n, p := v.Delivery.Notice, v.Public
	if n.Form == events.FormRoot {
		return false
	}
	switch n.Moment {
	case events.MomentAnnounced:
		return p.State.Ended() || p.State == upgrade.RollingBack // which all are told of
	case events.MomentMoved, events.MomentStarted, events.MomentReopened:
		return p.State.Ended() // of which all are told
	case events.MomentReminder, events.MomentStarting:
		return p.State.Live() || p.State.Ended()
	case events.MomentDigest:
		return p.State.Ended()
	case events.MomentDecision:
		return (p.State.Ended() || p.State == upgrade.RollingBack) && v.Delivery.Card == ""
	case events.MomentUndecided:
		return !v.Upgrade.DeadlinePassed(n.Facts["gate"]) || p.State.Ended() || p.State == upgrade.RollingBack
	case events.MomentLate, events.MomentOverdue:
		return settled(v)
	case events.MomentNudge:
		return v.Upgrade.Promise.BrokenSince != nil || rfc3339(v.Upgrade.Promise.Due) != n.Facts["due"]
	case events.MomentHolding:
		return p.State.Ended() || len(p.Updates) == 0 || p.Updates[0].ID != n.Facts["update"]
	case events.MomentWayBack:
		return outrun(v)
	case events.MomentRedundancy:
		return !slices.ContainsFunc(v.Upgrade.Components, func(c upgrade.Component) bool {
			return c.ID == n.Facts["component"] && c.Impact == plan.ReducedRedundancy
		})
	case events.MomentLearnt:
		return len(v.Lessons) == 0 || len(v.Learnt) == 0 && !Insider(n.Role)
	case events.MomentSilent:
		return p.Silent == nil
	case events.MomentItems:
		return v.Waiting == 0
	case events.MomentNewItems:
		return len(v.New) == 0
	case events.MomentReply:
		return v.Reply == "" // it was erased
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

// settled reports whether a trouble no longer stands. That the announced end
// passed is told all the same, except to those who are asked to act.
func settled(v View) bool {
	n := v.Delivery.Notice
	phase, kind := n.Facts["phase"], string(n.Moment)
	switch {
	case n.Moment == events.MomentOverdue && awaitsEnd(n.Role):
		return v.Public.State.Ended() || saidGoingBack(v.Public) // both tell of it
	case n.Moment == events.MomentOverdue && n.Role != RoleCrew:
		return false
	}
	if phase == "" && n.Moment == events.MomentLate {
		return v.Public.Late == nil
	}
	return !slices.ContainsFunc(v.Upgrade.Troubles(), func(t upgrade.Trouble) bool { return t.Kind == kind && t.Phase == phase })
}

// saidGoingBack reports whether all were told that it goes back when the
// announced end had passed, and so that this had.
func saidGoingBack(p upgrade.Public) bool {
	return p.State == upgrade.RollingBack && p.Returning != nil && !p.Returning.Before(p.Window.End)
}

// outrun reports whether the way back stands otherwise than a countdown says.
func outrun(v View) bool {
	w, minutes := v.Upgrade.WayBack(v.Now), v.Delivery.Notice.Facts["minutes"]
	switch {
	case w == nil:
		return true
	case minutes == "":
		return w.Crossed == ""
	case w.Crossed != "":
		return true
	}
	return w.ForwardOnly != (minutes == "0")
}
