package notifiers

import (
	"upgradehub/events"
)

// Superseded says which of the notices that are owed for earlier causes, and
// not all sent, a cause makes untrue. They are dropped, not sent late; who has
// heard is told by what the cause makes owed itself.
func Superseded(c Cause, owed []events.Notice) []events.NoticeSuperseded {
	if !c.Effect.Changed || c.Before == nil || c.Before.Plan == nil || c.After.Plan == nil {
		return nil
	}
	var out []events.NoticeSuperseded
	for _, n := range owed {
		if why := untrue(c, n); why != "" {
			out = append(out, events.NoticeSuperseded{Notice: n.ID, Why: why})
		}
	}
	return out
}

// MaySupersede reports whether events of type t can make notices untrue, so
// that others need not ask what is owed.
func MaySupersede(t events.Type) bool {
	return t == events.UpgradePlanned || t == events.UpdateRetracted
}

func untrue(c Cause, n events.Notice) string {
	if n.Form == events.FormRoot {
		return "" // it follows the state by itself
	}
	switch c.Event.Data.(type) {
	case *events.Planned:
		return moved(c, n)
	case *events.Update:
		if u := changedUpdate(c); u != nil && u.Retracted && n.Facts["update"] == u.ID && n.Facts["source"] == u.Source {
			return "the update was withdrawn"
		}
	}
	return ""
}

// moved: an announcement stays, for it is made from the newest window; what
// spoke of the old one does not.
func moved(c Cause, n events.Notice) string {
	was, now := c.Before.Plan.Window, c.After.Plan.Window
	startMoved, endMoved := !was.Start.Equal(now.Start), !was.End.Equal(now.End)
	switch n.Moment {
	case events.MomentReminder, events.MomentStarting, events.MomentLate:
		if startMoved && n.Facts["phase"] == "" {
			return "the start was moved"
		}
	case events.MomentMoved:
		if startMoved || endMoved {
			return "the window was moved again"
		}
	case events.MomentOverdue:
		if endMoved && now.End.After(c.Event.Recorded) && n.Facts["phase"] == "" {
			return "the end was moved"
		}
	case events.MomentWayBack:
		if endMoved && n.Facts["minutes"] != "" {
			return "the end was moved"
		}
	}
	return ""
}

// Contains reports whether an announcement that is still to be sent tells all
// that a notice of moment m would: whoever has not heard of the old window
// need not hear that it was moved.
func Contains(announcement, m events.Moment) bool {
	return announcement == events.MomentAnnounced && m == events.MomentMoved
}
