// Package clock maps the machine's time to the hub's time. They are the same,
// except in a demonstration, which plays a past upgrade fast.
package clock

import "time"

// Clock maps real time to hub time. The zero Clock is the machine's own.
type Clock struct {
	// Start is the real moment at which the hub's time was Base.
	Start, Base time.Time
	// Speed is how many seconds pass in the hub in one real second.
	Speed float64
	// Until is the hub's time from which on it runs at the machine's pace
	// again, so that what follows a demonstration, such as its survey, is not
	// over at once. Zero means never.
	Until time.Time
}

// Now is the hub's time, in UTC, cut to microseconds so that it survives
// every encoding the hub uses.
func (c Clock) Now() time.Time { return c.At(time.Now()) }

// At maps the real moment t to the hub's time.
func (c Clock) At(t time.Time) time.Time {
	t = t.Round(0).UTC()
	if c.Speed == 0 {
		return t.Truncate(time.Microsecond)
	}
	at := c.Base.Add(time.Duration(float64(t.Sub(c.Start)) * c.Speed))
	if !c.Until.IsZero() && at.After(c.Until) {
		at = c.Until.Add(t.Sub(c.Start) - c.real(c.Until.Sub(c.Base)))
	}
	return at.UTC().Truncate(time.Microsecond)
}

// Wait is how long in real time it takes until the hub's time is t; 0 if it
// already is.
func (c Clock) Wait(t time.Time) time.Duration {
	now := c.Now()
	d := max(t.Sub(now), 0)
	if c.Speed == 0 {
		return d
	}
	if c.Until.IsZero() || !t.After(c.Until) {
		return c.real(d)
	}
	fast := min(max(c.Until.Sub(now), 0), d)
	return c.real(fast) + d - fast
}

// real is how long d of the hub's time takes at Speed.
func (c Clock) real(d time.Duration) time.Duration {
	return time.Duration(float64(d) / c.Speed)
}
