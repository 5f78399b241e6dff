package clock_test

import (
	"testing"
	"testing/synctest"
	"time"

	"upgradehub/events/clock"
)

var (
	start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	base  = time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC)
)

func TestAt(t *testing.T) {
	fast := clock.Clock{Start: start, Legs: []clock.Leg{{From: base, Speed: 3600}}}
	ending := clock.Clock{Start: start, Legs: []clock.Leg{{From: base, Speed: 3600}, {From: base.Add(10 * time.Hour), Speed: 1}}}
	three := clock.Clock{Start: start, Legs: []clock.Leg{
		{From: base, Speed: 3600}, {From: base.Add(10 * time.Hour), Speed: 60}, {From: base.Add(11 * time.Hour), Speed: 1},
	}}
	tests := []struct {
		name  string
		clock clock.Clock
		after time.Duration
		want  time.Time
	}{
		{"the machine's own", clock.Clock{}, time.Hour, start.Add(time.Hour)},
		{"cut to microseconds", clock.Clock{}, 1999 * time.Nanosecond, start.Add(time.Microsecond)},
		{"at the start", fast, 0, base},
		{"fast", fast, 5 * time.Second, base.Add(5 * time.Hour)},
		{"before the start", fast, -time.Second, base.Add(-time.Hour)},
		{"before it slows down", ending, 10 * time.Second, base.Add(10 * time.Hour)},
		{"in the middle leg", three, 40 * time.Second, base.Add(10*time.Hour + 30*time.Minute)},
		{"in the last leg", three, 75 * time.Second, base.Add(11*time.Hour + 5*time.Second)},
		{"after it slowed down", ending, 15 * time.Second, base.Add(10*time.Hour + 5*time.Second)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.clock.At(start.Add(tt.after)); !got.Equal(tt.want) {
				t.Errorf("At(start + %v) = %v, want %v", tt.after, got, tt.want)
			}
		})
	}
}

// TestWait waits as long as Wait says, and no longer, until it is that time.
func TestWait(t *testing.T) {
	tests := []struct {
		name    string
		hub     time.Duration // from now, in the hub
		speed   float64
		until   time.Duration
		waiting time.Duration
	}{
		{"the machine's own", time.Hour, 0, 0, time.Hour},
		{"past", -time.Hour, 60, 0, 0},
		{"fast", time.Hour, 60, 0, time.Minute},
		{"fast to its end", time.Hour, 60, time.Hour, time.Minute},
		{"beyond the end", 2 * time.Hour, 60, time.Hour, time.Minute + time.Hour},
		{"after the end", time.Hour, 60, -time.Hour, time.Hour},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := clock.Clock{Start: time.Now()}
				if tt.speed != 0 {
					c.Legs = []clock.Leg{{From: time.Now(), Speed: tt.speed}}
				}
				if tt.until != 0 {
					c.Legs = append(c.Legs, clock.Leg{From: time.Now().Add(tt.until), Speed: 1})
				}
				goal := c.Now().Add(tt.hub)
				if got := c.Wait(goal); got != tt.waiting {
					t.Fatalf("Wait(%v) = %v, want %v", tt.hub, got, tt.waiting)
				}
				<-time.After(tt.waiting)
				if left := c.Wait(goal); left != 0 {
					t.Errorf("after %v there are still %v to wait", tt.waiting, left)
				}
			})
		})
	}
}
