package notifiers

import (
	"cmp"
	"slices"

	"upgradehub/events"
)

// Reader is one target on one channel as far as it decides who gets a
// notice: no address, no name but that of a role.
type Reader struct {
	Audiences []string
	// Name is the role name of the configuration ("@lead"), or empty.
	Name string
	// Upgrades limits what it is told of; empty means all.
	Upgrades []string
}

// Gets reports whether a notice of its channel about an upgrade is for r.
func (r Reader) Gets(n events.Notice, upgrade string) bool {
	if len(r.Upgrades) > 0 && !slices.Contains(r.Upgrades, upgrade) {
		return false
	}
	if len(n.People) > 0 {
		return r.Name != "" && slices.Contains(n.People, r.Name)
	}
	return slices.Contains(r.Audiences, n.Audience)
}

// InOrder puts first what counts when somebody is in several audiences and
// gets one message: what may not be dropped, then what the channel sees.
func InOrder(notices []events.Notice) []events.Notice {
	weight := func(n events.Notice) int {
		switch {
		case n.Required:
			return 0
		case n.Form == events.FormBroadcast:
			return 1
		}
		return 2
	}
	return slices.SortedStableFunc(slices.Values(notices), func(a, b events.Notice) int { return cmp.Compare(weight(a), weight(b)) })
}

// Class is what forms compete: of one cause a target gets one of a class,
// that is the root message and one reply at most, however many audiences it
// is in.
func Class(f events.Form) string {
	switch f {
	case events.FormRoot:
		return "root"
	case events.FormThread, events.FormBroadcast:
		return "reply"
	}
	return "message"
}

// Overtakes are the moments nobody needs to be told of any more once m is
// owed; what is required is told all the same.
func Overtakes(m events.Moment) []events.Moment { return overtaken[m] }

var overtaken = map[events.Moment][]events.Moment{
	events.MomentCompleted:  underWay,
	events.MomentRolledBack: underWay,
	events.MomentFailed:     underWay,
	events.MomentCanceled:   underWay,
	events.MomentMoved:      {events.MomentReminder},
}

var underWay = []events.Moment{
	events.MomentReminder, events.MomentStarting, events.MomentStarted, events.MomentLate, events.MomentOverdue,
	events.MomentSilent, events.MomentPromise, events.MomentPhase,
}

// AsksFeedback reports whether messages of the moment ask how it went: after
// every outcome, also after a rollback.
func AsksFeedback(m events.Moment) bool {
	switch m {
	case events.MomentCompleted, events.MomentRolledBack, events.MomentFailed, events.MomentCanceled:
		return true
	}
	return false
}
