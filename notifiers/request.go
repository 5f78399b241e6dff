package notifiers

import (
	"time"

	"upgradehub/events"
)

// ConfirmWithin is how long somebody has to prove that an address is theirs.
const ConfirmWithin = 48 * time.Hour

// PlanRequest is what is owed to somebody whose address was given on the page:
// the question whether they meant it, or that they are subscribed already.
// It is about no upgrade; like every notice it is sent by the courier, tried
// again, and of no use after its time.
func PlanRequest(seq uint64, recorded time.Time, subscriber, channel string, subscribed bool) events.Notice {
	m := events.MomentConfirm
	if subscribed {
		m = events.MomentSubscribed
	}
	return events.Notice{
		ID: events.NoticeID(seq, m, SubscribersID, channel), Moment: m, Audience: SubscribersID, Role: "users",
		Channel: channel, Form: events.FormMessage, Subscriber: subscriber,
		NotBefore: recorded, UsefulUntil: recorded.Add(ConfirmWithin),
	}
}
