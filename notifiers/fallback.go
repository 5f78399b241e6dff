package notifiers

import (
	"slices"
	"time"

	"upgradehub/events"
)

// Fallback lists what is owed in place of a notice whose target, or whole
// channel, refuses everything: the same message to another target of the person, else to the
// targets of its audience on another channel. What only keeps a root message
// or a card true is not worth it, and what stands in for another has no
// stand-in.
func Fallback(n events.Notice, failed Reader, theirs, others []Reader, at time.Time) []events.Notice {
	if n.Subscriber != "" || Follows(n) || n.Redrawn || !n.UsefulUntil.After(at) {
		return nil
	}
	elsewhere := func(r Reader) bool { return !r.Broken && r.Channel != failed.Channel && !machine[r.Channel] }
	if i := slices.IndexFunc(theirs, elsewhere); i >= 0 {
		return []events.Notice{instead(n, failed, theirs[i], at)}
	}
	var out []events.Notice
	for _, r := range others {
		same := len(out) == 0 || r.Channel == out[0].Channel
		if elsewhere(r) && same && slices.Contains(r.Audiences, n.Audience) {
			out = append(out, instead(n, failed, r, at))
		}
	}
	return out
}

// machine are the channels that nobody reads.
var machine = map[string]bool{"webhook": true}

// instead is n as a message of its own to one target.
func instead(n events.Notice, failed, to Reader, at time.Time) events.Notice {
	n.ID = events.InsteadID(n.ID, failed.Subscriber, to.Subscriber)
	n.Channel, n.Form, n.Subscriber, n.NotBefore = to.Channel, events.FormMessage, to.Subscriber, at
	n.People, n.Preferred, n.Card, n.Quiet, n.Deferred = nil, nil, "", false, ""
	return n
}
