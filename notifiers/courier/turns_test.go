package courier_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"upgradehub/events"
	"upgradehub/notifiers"
)

// TestTurns: what waits for its turn comes when it is, however often it
// waited, and says nothing of whether the channel works. Waiting is no attempt:
// the first failure after it is tried again as soon as any first one.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(mail("d1", "s1"))
		c := &carrier{answer: func(_ context.Context, n int, _ notifiers.Message) (notifiers.Receipt, error) {
			switch {
			case n < 6:
				return notifiers.Receipt{}, &notifiers.SendError{Code: "paced", Paced: true, RetryAfter: 20 * time.Second}
			case n == 6:
				return notifiers.Receipt{}, &notifiers.SendError{Code: "451"}
			}
			return notifiers.Receipt{}, nil
		}}
		run(t, 10*time.Minute, o, map[string]notifiers.Notifier{"email": c}, nil, always())
		if len(c.sent) != 7 {
			t.Fatalf("tried %d times, want 7", len(c.sent))
		}
		if got := c.sent[6].at.Sub(c.sent[5].at); got < 5*time.Second || got > 8*time.Second {
			t.Errorf("tried again %s after the first failure, want 5 s", got)
		}
		for i := range len(c.sent) - 2 {
			if got := c.sent[i+1].at.Sub(c.sent[i].at); got < 20*time.Second || got > 22*time.Second {
				t.Errorf("turn %d comes after %s, want 20 s and at most a poll more", i+1, got)
			}
		}
		if k := o.kinds("d1"); len(k) == 0 || k[len(k)-1] != events.OutcomeAccepted {
			t.Errorf("outcomes = %v, want it accepted in the end", k)
		}
	})
}
