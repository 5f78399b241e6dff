package courier_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"upgradehub/notifiers"
)

// crowd is an office that owes a mail to each of many.
func crowd(many int) *office {
	o := newOffice()
	for i := range many {
		o.add(mail(fmt.Sprint("d", i), fmt.Sprint("s", i)))
	}
	return o
}

// takes is a carrier that needs so long for a message.
func takes(d time.Duration) *carrier {
	return &carrier{answer: func(context.Context, int, notifiers.Message) (notifiers.Receipt, error) {
		<-time.After(d)
		return notifiers.Receipt{Provider: "p"}, nil
	}}
}

// TestNothingIsSentTwice: the outbox knows late of what was sent, and what it
// answers is older still.
func TestNothingIsSentTwice(t *testing.T) {
	const many = 2000
	for _, tt := range []struct{ behind, slowRead time.Duration }{
		{0, 0},
		{50 * time.Millisecond, 0},
		{0, 50 * time.Millisecond},
		{30 * time.Millisecond, 40 * time.Millisecond},
		{time.Second, 300 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			o, c := crowd(many), takes(time.Millisecond)
			o.behind, o.slowRead = tt.behind, tt.slowRead
			run(t, time.Minute, o, map[string]notifiers.Notifier{"email": c}, nil, always())
			count := map[string]int{}
			for _, id := range c.ids() {
				count[id]++
			}
			if len(count) != many || len(c.sent) != many || len(o.pending) != 0 {
				t.Errorf("%+v: %d sends of %d mails, %d left, want each of %d once", tt, len(c.sent), len(count), len(o.pending), many)
			}
		})
	}
}

// TestSendingWaitsForTheOutbox: while the outbox does not learn what was sent,
// not much more is.
func TestSendingWaitsForTheOutbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, c := crowd(2000), takes(time.Millisecond)
		o.behind = time.Hour
		run(t, time.Minute, o, map[string]notifiers.Notifier{"email": c}, nil, always())
		if n := len(c.sent); n < 64 || n > 640 {
			t.Errorf("%d sent that the outbox does not know of, want at most 640", n)
		}
	})
}

// TestWhatIsReadAheadGrowsOld: with a slow provider, what is superseded is not
// sent for long, to many targets or to one.
func TestWhatIsReadAheadGrowsOld(t *testing.T) {
	for _, tt := range []struct {
		channel string
		targets int
		atLeast int // sent until then
	}{{"email", 2000, 80}, {"email", 1, 10}, {"slack", 1, 10}, {"webhook", 1, 10}} {
		synctest.Test(t, func(t *testing.T) {
			o, c, begin := newOffice(), takes(time.Second), time.Now()
			for i := range 2000 {
				d := mail(fmt.Sprint("d", i), fmt.Sprint("s", i%tt.targets))
				d.Channel = tt.channel
				o.add(d)
			}
			go func() { // ends by itself
				<-time.After(10500 * time.Millisecond)
				o.mu.Lock()
				defer o.mu.Unlock()
				o.pending = nil
			}()
			run(t, time.Minute, o, map[string]notifiers.Notifier{tt.channel: c}, nil, always())
			for _, s := range c.sent {
				if after := s.at.Sub(begin); after > 11600*time.Millisecond {
					t.Fatalf("%+v: %s was sent after %s, 1.1 s after it was superseded", tt, s.m.Delivery.ID, after)
				}
			}
			if len(c.sent) < tt.atLeast {
				t.Errorf("%+v: %d sent, want a second's worth each second until then", tt, len(c.sent))
			}
		})
	}
}

// TestOneSlowTargetHoldsUpNobody: not though it is owed more than may be in
// flight.
func TestOneSlowTargetHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, c, begin := newOffice(), takes(time.Second), time.Now()
		for i := range 100 {
			o.add(mail(fmt.Sprint("slow", i), "slow"))
		}
		for i := range 10 {
			o.add(mail(fmt.Sprint("d", i), fmt.Sprint("s", i)))
		}
		run(t, 5*time.Minute, o, map[string]notifiers.Notifier{"email": c}, nil, always())
		if len(c.sent) != 110 {
			t.Errorf("%d sent, want all 110", len(c.sent))
		}
		for _, s := range c.sent {
			if s.m.Delivery.Subscriber != "slow" && s.at.Sub(begin) > 3*time.Second {
				t.Errorf("%s was sent after %s, want it beside the slow ones", s.m.Delivery.ID, s.at.Sub(begin))
			}
		}
	})
}

// TestOrderOutlastsTheLease: what was handed out and not tried does not come
// behind what was owed later.
func TestOrderOutlastsTheLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, g := newOffice(), always()
		for i := range 100 {
			o.add(mail(fmt.Sprint("d", i), "one"))
		}
		far, c := g.Until(), takes(100*time.Millisecond)
		go func() { // ends by itself
			<-time.After(550 * time.Millisecond)
			g.set(time.Now())
			<-time.After(300 * time.Millisecond)
			g.set(far)
		}()
		run(t, 5*time.Minute, o, map[string]notifiers.Notifier{"email": c}, nil, g)
		for i, id := range c.ids() {
			if id != fmt.Sprint("d", i) {
				t.Fatalf("%s was sent in place %d", id, i)
			}
		}
		if len(c.sent) != 100 {
			t.Errorf("%d sent, want all 100", len(c.sent))
		}
	})
}
