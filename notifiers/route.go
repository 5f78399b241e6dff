package notifiers

import (
	"slices"
	"time"

	"upgradehub/events"
)

// Route says whether an audience is told of a cause, and why.
type Route struct {
	Audience Audience
	Told     bool
	Why      string
}

// Routes goes through the audiences in their order. Those without a Match
// are told of everything. Of those of one role that have a Match, the first
// that lets the cause through ends the search, unless it says Continue: a
// later one is for what nobody before it takes.
func Routes(c Cause, audiences []Audience) []Route {
	if c.After == nil || c.After.Plan == nil {
		return nil
	}
	return route(attributes(c), audiences)
}

func route(a map[string][]string, audiences []Audience) []Route {
	taken := map[string]string{} // by role, the audience that ended the search
	routes := make([]Route, 0, len(audiences))
	for _, audience := range audiences {
		r := Route{Audience: audience, Told: true, Why: "has no match: told of everything"}
		if audience.Match != nil {
			if by := taken[audience.Role]; by != "" {
				r.Told, r.Why = false, by+" took it, and does not say continue"
			} else if r.Told, r.Why = audience.Match.match(a); r.Told && !audience.Continue {
				taken[audience.Role] = audience.ID
			}
		}
		routes = append(routes, r)
	}
	return routes
}

// routed are the audiences that are told of what has these attributes.
func routed(attributes map[string][]string, audiences []Audience) []Audience {
	var told []Audience
	for _, r := range route(attributes, audiences) {
		if r.Told {
			told = append(told, r.Audience)
		}
	}
	return told
}

// Quiet are the hours of the day in which an audience is left alone, by the
// clocks of a zone: from From until To, both since midnight. To before From is
// the next day's.
type Quiet struct {
	From, To time.Duration
	Zone     *time.Location
}

// Until is when the quiet hours that t lies in are over; t itself outside of
// them. Where clocks change, hours are what the clocks show.
func (q Quiet) Until(t time.Time) time.Time {
	local := t.In(q.Zone)
	for _, day := range []int{-1, 0} { // the night may have begun yesterday
		from := q.at(local, day, q.From)
		to := q.at(local, day, q.To)
		if q.To <= q.From {
			to = q.at(local, day+1, q.To)
		}
		if !t.Before(from) && t.Before(to) {
			return to.UTC()
		}
	}
	return t
}

func (q Quiet) at(t time.Time, day int, clock time.Duration) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day()+day, int(clock/time.Hour), int(clock%time.Hour/time.Minute), 0, 0, q.Zone)
}

// worth is for how long a notice that had to wait is of use at least.
const worth = time.Hour

// course are the moments that only say how the work goes on: a digest sums
// them up.
var course = []events.Moment{
	events.MomentStarted, events.MomentPhase, events.MomentUpdate, events.MomentCorrected, events.MomentLate, events.MomentSilent,
	events.MomentPromise, events.MomentPaused, events.MomentResumed, events.MomentFailback, events.MomentRisk,
	events.MomentContingency, events.MomentHolding,
}

// puttingOff makes a notice wait for the next digest, or for the end of the
// quiet hours. Nothing is dropped for it, and of what waits for a digest only
// the newest goes. What is required goes at once, and so do the root message,
// which makes no sound, and what takes an update back.
func (a Audience) puttingOff(n *events.Notice) {
	if n.Required || n.Recalls || n.Form == events.FormRoot {
		return
	}
	asked := n.NotBefore
	if a.Digest > 0 && slices.Contains(course, n.Moment) {
		n.Moment, n.Facts = events.MomentDigest, nil
		n.NotBefore, n.Deferred = n.NotBefore.Truncate(a.Digest).Add(a.Digest), "digest"
	}
	if a.Quiet != nil {
		if end := a.Quiet.Until(n.NotBefore); end.After(n.NotBefore) {
			n.NotBefore, n.Deferred = end, "quiet hours"
		}
	}
	if n.NotBefore.After(asked) {
		n.UsefulUntil = newest(n.UsefulUntil, n.NotBefore.Add(worth))
	}
}
