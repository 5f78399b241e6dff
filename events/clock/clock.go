// Package clock maps the machine's time to the hub's time. They are the same,
// except in a demonstration, which plays a past upgrade fast.
package clock

import "time"

// Clock maps real time to hub time. The zero Clock is the machine's own.
type Clock struct {
	// Start is the real moment at which the first leg begins.
	Start time.Time
	// Legs are the stretches of hub time, each at a pace of its own, so that
	// weeks of waiting pass faster than the hours that matter. The last one
	// lasts for ever.
	Legs []Leg
}

// Leg is a stretch of hub time.
type Leg struct {
	// From is the hub's time at which the leg begins.
	From time.Time
	// Speed is how many seconds pass in the hub in one real second; above 0.
	Speed float64
}

// Played reports whether the hub's time is not the machine's.
func (c Clock) Played() bool { return len(c.Legs) > 0 }

// Now is the hub's time, in UTC, cut to microseconds so that it survives
// every encoding the hub uses.
func (c Clock) Now() time.Time { return c.At(time.Now()) }

// At maps the real moment t to the hub's time. Before the start the first
// leg's pace holds.
func (c Clock) At(t time.Time) time.Time {
	at := t.Round(0)
	if c.Played() {
		at = c.at(t.Sub(c.Start))
	}
	return at.UTC().Truncate(time.Microsecond)
}

// at is the hub's time when real time has passed since the start.
func (c Clock) at(passed time.Duration) time.Time {
	for i, leg := range c.Legs[:len(c.Legs)-1] {
		length := leg.real(c.Legs[i+1].From.Sub(leg.From))
		if passed < length {
			return leg.after(passed)
		}
		passed -= length
	}
	return c.Legs[len(c.Legs)-1].after(passed)
}

// Wait is how long in real time it takes until the hub's time is t; 0 if it
// already is.
func (c Clock) Wait(t time.Time) time.Duration {
	now := c.Now()
	if !c.Played() {
		return max(t.Sub(now), 0)
	}
	wait := time.Duration(0)
	for i, leg := range c.Legs {
		from, to := leg.From, t
		if i == 0 || from.Before(now) {
			from = now
		}
		if i+1 < len(c.Legs) && c.Legs[i+1].From.Before(t) {
			to = c.Legs[i+1].From
		}
		wait += leg.real(max(to.Sub(from), 0))
	}
	return wait
}

// after is the hub's time when real time has passed since the leg began.
func (l Leg) after(passed time.Duration) time.Time {
	return l.From.Add(time.Duration(float64(passed) * l.Speed))
}

// real is how long d of the hub's time takes.
func (l Leg) real(d time.Duration) time.Duration { return time.Duration(float64(d) / l.Speed) }
