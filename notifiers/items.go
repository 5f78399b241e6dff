package notifiers

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"time"

	"upgradehub/events"
	"upgradehub/events/upgrade"
	"upgradehub/events/when"
)

// manyReports is from how many reports of trouble on not only who leads is told
// in person, but whoever steps in for them, too.
const manyReports = 25

// counted is the rule of a report at which nobody is told: those inside see
// the count.
var counted = rule{is: root | within, until: week}

// reportOccasion: who leads is told in person of the first report that
// something is broken, and of each five times as many; in between the count in
// the root message is enough.
func reportOccasion(c Cause) occasion {
	n := c.After.Reports.Count
	if !milestone(n) {
		return at(events.MomentStatus).by(counted)
	}
	people := first(c.After.Plan, "lead")
	if n >= manyReports {
		people = c.After.Plan.Chain("lead")
	}
	return at(events.MomentTrouble, "count", strconv.Itoa(n)).to(people...)
}

// milestone reports whether n is 1, 5, 25, 125 and so on.
func milestone(n int) bool {
	for n > 1 && n%5 == 0 {
		n /= 5
	}
	return n == 1
}

// overdueOccasion tells who answers for an upgrade of what nobody has looked at
// in time. It is no reason to wake them.
func overdueOccasion(c Cause, d *events.FeedbackOverdue) occasion {
	o := at(events.MomentItems, "count", strconv.Itoa(len(d.Items))).to(first(c.After.Plan, "lead")...)
	o.from, o.fromWhy = officeHours(c.Event.Recorded, when.Zone(c.After.Plan.Zone)), "in office hours"
	return o
}

// replyUseful is how long an answer to what somebody said is of use to them.
const replyUseful = 7 * 24 * time.Hour

// PlanReply is what is owed on a channel to whoever gave an answer that was
// replied to. It is addressed to the answer, and in no audience's words: the log
// does not know whose the answer is, and that must not be told by the reply.
func PlanReply(seq uint64, recorded time.Time, channel, answer string) events.Notice {
	return events.Notice{
		ID: events.NoticeID(seq, events.MomentReply, SubscribersID, channel), Moment: events.MomentReply, Audience: SubscribersID, Role: "users",
		Channel: channel, Form: events.FormMessage, Subscriber: answer,
		NotBefore: recorded, UsefulUntil: recorded.Add(replyUseful), Facts: map[string]string{"item": answer},
	}
}

// reported counts the reports of trouble; empty if there are none.
func (s *sheet) reported(r upgrade.Reports, now time.Time) string {
	lately := r.Lately(now)
	switch {
	case r.Count == 0:
		return ""
	case lately == 0:
		return s.Say("reports.none", "count", r.Count)
	case lately < r.Count && lately == len(r.Newest): // as many as are known
		return s.Say("reports.least", "count", r.Count, "lately", lately)
	}
	return s.Say("reports.lately", "count", r.Count, "lately", lately)
}

// reportedOf counts them by component, the most first.
func (s *sheet) reportedOf(u *upgrade.Upgrade) []string {
	of := u.Reports.Of
	ids := slices.SortedFunc(maps.Keys(of), func(a, b string) int { return cmp.Or(cmp.Compare(of[b], of[a]), cmp.Compare(a, b)) })
	var list []string
	for _, id := range ids {
		list = append(list, s.named(componentName(u.Plan, id), strconv.Itoa(of[id])))
	}
	return list
}

// unseen says how many low answers and reports nobody has looked at in time.
func (s *sheet) unseen(n int) string {
	if n == 0 {
		return ""
	}
	return s.Say("waiting", "n", n)
}
