package courier_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"upgradehub/events"
	"upgradehub/notifiers"
	"upgradehub/notifiers/courier"
)

func TestDeliversAndRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, c := newOffice(mail("d1", "s1"), mail("d2", "s2")), &carrier{}
		run(t, time.Second, o, map[string]notifiers.Notifier{"email": c}, nil, always())
		if len(o.facts) != 1 || o.facts[0].kind != events.OutcomeAccepted || len(o.facts[0].of) != 2 {
			t.Fatalf("facts = %+v, want one of two accepted", o.facts)
		}
		got := o.outcomes("d1")[0]
		if got.Provider == "" || got.Place != "C1" || len(got.Links) != 1 || got.Links[0].Hash != "h-d1" {
			t.Errorf("outcome = %+v, want provider, place and link", got)
		}
	})
}

func TestInFlightIsBounded(t *testing.T) {
	for _, tt := range []struct {
		channel        string
		batch, targets int
		takes          time.Duration // more than half a second, and more may go
	}{
		{"email", 64, 8, 400 * time.Millisecond},
		{"slack", 8, 4, 400 * time.Millisecond},
		{"webhook", 8, 4, 400 * time.Millisecond},
		{"email", 64, 24, 10 * time.Second},
		{"slack", 8, 4, 10 * time.Second},
		{"webhook", 8, 8, 10 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			o := newOffice()
			for i := range 100 {
				d := mail(fmt.Sprintf("d%d", i), fmt.Sprintf("s%d", i))
				d.Channel = tt.channel
				o.add(d)
			}
			c := &carrier{answer: func(context.Context, int, notifiers.Message) (notifiers.Receipt, error) {
				<-time.After(tt.takes)
				return notifiers.Receipt{}, nil
			}}
			run(t, time.Hour, o, map[string]notifiers.Notifier{tt.channel: c}, nil, always())
			if len(c.sent) != 100 || len(o.pending) != 0 {
				t.Errorf("%s: %d sent, %d left", tt.channel, len(c.sent), len(o.pending))
			}
			if c.most != tt.targets {
				t.Errorf("%s: %d targets at once, want %d", tt.channel, c.most, tt.targets)
			}
			for _, f := range o.facts {
				if len(f.of) > tt.batch {
					t.Errorf("%s: %d in one batch, want at most %d", tt.channel, len(f.of), tt.batch)
				}
			}
		})
	}
}

// TestUnrecordedIsBounded: a slow log does not stop the sending, but a crash
// can never repeat more than 64 messages, and nothing is sent twice.
func TestUnrecordedIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice()
		o.slow = 5 * time.Second
		channels := map[string]notifiers.Notifier{}
		var sent atomic.Int64
		most := 0
		var mu sync.Mutex
		for _, channel := range []string{"email", "slack", "webhook"} {
			for i := range 200 {
				d := mail(fmt.Sprintf("%s%d", channel, i), fmt.Sprintf("s%s%d", channel, i))
				d.Channel = channel
				o.add(d)
			}
			channels[channel] = &carrier{answer: func(context.Context, int, notifiers.Message) (notifiers.Receipt, error) {
				<-time.After(100 * time.Millisecond)
				n := int(sent.Add(1)) - o.recorded()
				mu.Lock()
				defer mu.Unlock()
				most = max(most, n)
				return notifiers.Receipt{}, nil
			}}
		}
		run(t, time.Hour, o, channels, nil, always())
		if sent.Load() != 600 || len(o.pending) != 0 {
			t.Errorf("%d sent, %d left, want each of 600 once", sent.Load(), len(o.pending))
		}
		if most > 64 || most < 32 {
			t.Errorf("%d were sent and not recorded, want at most 64, and not one batch at a time", most)
		}
	})
}

func TestOrderAtOneTarget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(slackOf("thread", events.FormThread, ""), slackOf("root", events.FormRoot, ""), slackOf("shout", events.FormBroadcast, ""))
		c := &carrier{}
		run(t, time.Second, o, map[string]notifiers.Notifier{"slack": c}, nil, always())
		if got := strings.Join(c.ids(), " "); got != "root thread shout" {
			t.Fatalf("sent %q, want the root message first", got)
		}
		for _, s := range c.sent[1:] {
			if s.m.Delivery.Root != "p1" || s.m.Delivery.Place != "C1" {
				t.Errorf("%s hangs on %q in %q, want the root just posted", s.m.Delivery.ID, s.m.Delivery.Root, s.m.Delivery.Place)
			}
		}
	})
}

func TestFailureHoldsWhatFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(mail("d1", "s1"), mail("d2", "s1"), mail("d3", "s2"))
		c := &carrier{answer: func(_ context.Context, n int, m notifiers.Message) (notifiers.Receipt, error) {
			if m.Delivery.ID == "d1" && m.Delivery.Attempts == 0 {
				return notifiers.Receipt{}, &notifiers.SendError{Code: "451"}
			}
			return notifiers.Receipt{}, nil
		}}
		run(t, time.Minute, o, map[string]notifiers.Notifier{"email": c}, nil, always())
		got := slices.DeleteFunc(c.ids(), func(id string) bool { return id == "d3" })
		if strings.Join(got, " ") != "d1 d1 d2" {
			t.Errorf("sent %v, want d1 twice before d2", got)
		}
	})
}

func TestRetries(t *testing.T) {
	always5xx := func(context.Context, int, notifiers.Message) (notifiers.Receipt, error) {
		return notifiers.Receipt{}, &notifiers.SendError{Code: "503"}
	}
	synctest.Test(t, func(t *testing.T) {
		o, c := newOffice(mail("d1", "s1")), &carrier{answer: always5xx}
		run(t, 3*time.Hour, o, map[string]notifiers.Notifier{"email": c}, nil, always())
		want := []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, 30 * time.Minute}
		if len(c.sent) < len(want)+1 {
			t.Fatalf("%d attempts, want more than %d", len(c.sent), len(want))
		}
		for i, w := range want {
			got := c.sent[i+1].at.Sub(c.sent[i].at)
			if got < w || got > w+w/10+3*time.Second {
				t.Errorf("wait %d = %s, want %s and at most a tenth and a poll more", i+1, got, w)
			}
		}
		for _, out := range o.outcomes("d1") {
			if out.Final || out.Code != "503" || out.Next.IsZero() {
				t.Errorf("outcome = %+v, want a code and a next time", out)
			}
		}
	})
}

func required(d notifiers.Delivery) notifiers.Delivery {
	d.Notice.Required = true
	return d
}

func TestRefusals(t *testing.T) {
	for _, tt := range []struct {
		name     string
		delivery notifiers.Delivery
		err      error
		attempts int
		final    bool
	}{
		{"permanent", mail("d1", "s1"), &notifiers.SendError{Code: "550", Permanent: true}, 1, true},
		{"target broken", mail("d1", "s1"), &notifiers.SendError{Code: "is_archived", TargetBroken: true}, 1, true},
		{"ambiguous post is tried once more", slackOf("d1", events.FormThread, "r1"), &notifiers.SendError{Code: "timeout", Ambiguous: true}, 2, true},
		{"ambiguous but required is tried on", required(slackOf("d1", events.FormBroadcast, "r1")), &notifiers.SendError{Code: "timeout", Ambiguous: true}, 4, false},
		{"ambiguous post of which nothing arrived before", slackOf("d1", events.FormThread, "r1"), &notifiers.SendError{Code: "timeout", Ambiguous: true, EarlierLost: true}, 4, false},
		{"ambiguous new root is tried on", slackOf("d1", events.FormRoot, ""), &notifiers.SendError{Code: "timeout", Ambiguous: true}, 4, false},
		{"ambiguous card too", slackOf("d1", events.FormCard, "r1"), &notifiers.SendError{Code: "timeout", Ambiguous: true}, 4, false},
		{"ambiguous broadcast too", slackOf("d1", events.FormBroadcast, "r1"), &notifiers.SendError{Code: "timeout", Ambiguous: true}, 4, false},
		{"ambiguous edit may be repeated", slackOf("d1", events.FormRoot, "r1"), &notifiers.SendError{Code: "timeout", Ambiguous: true}, 4, false},
		{"ambiguous mail keeps its id", mail("d1", "s1"), &notifiers.SendError{Code: "timeout", Ambiguous: true}, 4, false},
		{"foreign error is not trusted", mail("d1", "s1"), errors.New("boom"), 4, false},
		{"retry after", mail("d1", "s1"), &notifiers.SendError{Code: "ratelimited", RetryAfter: 4 * time.Minute}, 1, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newOffice(tt.delivery)
				c := &carrier{answer: func(context.Context, int, notifiers.Message) (notifiers.Receipt, error) {
					return notifiers.Receipt{}, tt.err
				}}
				run(t, 200*time.Second, o, map[string]notifiers.Notifier{"email": c, "slack": c}, nil, always())
				outs := o.outcomes("d1")
				if len(c.sent) != tt.attempts || len(outs) != tt.attempts {
					t.Fatalf("%d sent, %d recorded, want %d", len(c.sent), len(outs), tt.attempts)
				}
				last := outs[len(outs)-1]
				if last.Final != tt.final {
					t.Errorf("last outcome = %+v, want final: %t", last, tt.final)
				}
				if last.Ambiguous && len(last.Links) != 1 {
					t.Errorf("an ambiguous send must register its links: %+v", last)
				}
			})
		})
	}
}

func TestBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice()
		for i := range 20 {
			o.add(mail(fmt.Sprintf("d%d", i), fmt.Sprintf("s%d", i)))
		}
		good := &carrier{}
		o.add(slackOf("slack", events.FormThread, "r1"))
		c := &carrier{}
		begin := time.Now()
		c.answer = func(context.Context, int, notifiers.Message) (notifiers.Receipt, error) {
			if time.Since(begin) < 40*time.Minute {
				return notifiers.Receipt{}, &notifiers.SendError{Code: "535", ChannelBroken: true}
			}
			return notifiers.Receipt{}, nil
		}
		run(t, 2*time.Hour, o, map[string]notifiers.Notifier{"email": c, "slack": good}, nil, always())
		var at []time.Duration
		for _, s := range c.sent {
			if d := s.at.Sub(begin); len(at) == 0 || d != at[len(at)-1] {
				at = append(at, d)
			}
		}
		if want := "[0s 5m0s 15m0s 35m0s 1h15m0s]"; fmt.Sprint(at) != want {
			t.Errorf("tried at %v, want %s", at, want)
		}
		if len(o.pending) != 0 || len(good.sent) != 1 {
			t.Errorf("%d left, %d in the other channel", len(o.pending), len(good.sent))
		}
		for _, f := range o.facts {
			if f.kind != events.OutcomeAccepted {
				t.Errorf("a broken channel burnt an attempt: %+v", f)
			}
		}
	})
}

// TestPausedChannelsAreNamed: while a channel is broken, and until a message
// gets through.
func TestPausedChannelsAreNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, begin := newOffice(mail("d1", "s1")), time.Now()
		c := &carrier{answer: func(context.Context, int, notifiers.Message) (notifiers.Receipt, error) {
			if time.Since(begin) < time.Minute {
				return notifiers.Receipt{}, &notifiers.SendError{Code: "535", ChannelBroken: true}
			}
			return notifiers.Receipt{}, nil
		}}
		post := courier.New(o, map[string]notifiers.Notifier{"email": c}, writer{}, o, always(), courier.Config{}, slog.New(slog.DiscardHandler))
		done := make(chan error, 1)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { done <- post.Run(ctx) }() // ends with ctx
		synctest.Wait()
		if got := post.Paused(); len(got) != 1 || got[0] != (courier.Pause{Channel: "email", Code: "535", Until: begin.Add(5 * time.Minute)}) {
			t.Errorf("paused = %+v, want the mail", got)
		}
		<-time.After(6 * time.Minute)
		if got := post.Paused(); len(got) != 0 {
			t.Errorf("paused = %+v, want none any more", got)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// TestSilentProvider: a provider that answers nobody is left alone, what waits
// burns no attempt, and one message tries it after each pause. A webhook's
// silence is its own.
func TestSilentProvider(t *testing.T) {
	for channel, paused := range map[string]bool{"email": true, "webhook": false} {
		t.Run(channel, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o, c, begin := newOffice(), &carrier{}, time.Now()
				for i := range 12 {
					d := mail(fmt.Sprintf("d%d", i), fmt.Sprintf("s%d", i))
					d.Channel = channel
					o.add(d)
				}
				c.answer = func(context.Context, int, notifiers.Message) (notifiers.Receipt, error) {
					return notifiers.Receipt{}, &notifiers.SendError{Code: "timeout"}
				}
				run(t, 5*time.Minute, o, map[string]notifiers.Notifier{channel: c}, nil, always())
				var after []string // what was tried after the first moment
				for _, s := range c.sent {
					if d := s.at.Sub(begin); d > time.Second {
						after = append(after, d.Round(10*time.Second).String())
					}
				}
				if got, want := fmt.Sprint(after), "[10s 30s 1m10s 2m30s 4m30s]"; paused && got != want {
					t.Errorf("tried again at %s, want %s", got, want)
				}
				if !paused && len(c.sent) != 48 {
					t.Errorf("%d tries, want each of 12 to be tried 4 times", len(c.sent))
				}
			})
		})
	}
}

func TestNothingIsSentWithoutLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, c, g := newOffice(mail("d1", "s1")), &carrier{}, &lease{}
		go func() {
			<-time.After(time.Minute)
			g.set(time.Now().Add(time.Hour))
		}()
		begin := time.Now()
		run(t, 5*time.Minute, o, map[string]notifiers.Notifier{"email": c}, nil, g)
		if len(c.sent) != 1 || c.sent[0].at.Sub(begin) < time.Minute {
			t.Errorf("sent %v, want one after the lease began", c.ids())
		}
	})
}

func TestSendEndsBeforeLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, g := newOffice(mail("d1", "s1")), &lease{until: time.Now().Add(4 * time.Second)}
		c := &carrier{answer: func(ctx context.Context, _ int, _ notifiers.Message) (notifiers.Receipt, error) {
			<-ctx.Done()
			return notifiers.Receipt{}, ctx.Err()
		}}
		begin := time.Now()
		run(t, time.Minute, o, map[string]notifiers.Notifier{"email": c}, nil, g)
		if len(o.facts) != 1 {
			t.Fatalf("facts = %+v, want one", o.facts)
		}
		if d := o.facts[0].at.Sub(begin); d >= 4*time.Second {
			t.Errorf("the send was given up after %s, want before the lease's 4s", d)
		}
		if out := o.outcomes("d1")[0]; out.Code != "timeout" || !out.Ambiguous {
			t.Errorf("outcome = %+v, want an ambiguous timeout", out)
		}
	})
}

func TestWake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, c := newOffice(), &carrier{}
		post := courier.New(o, map[string]notifiers.Notifier{"email": c}, writer{}, o, always(), courier.Config{Poll: time.Hour}, slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- post.Run(ctx) }()
		synctest.Wait()
		begin := time.Now()
		o.add(mail("d1", "s1"))
		post.Wake()
		post.Wake() // never blocks
		synctest.Wait()
		if len(c.sent) != 1 || !c.sent[0].at.Equal(begin) {
			t.Errorf("sent %v, want one at once", c.ids())
		}
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run = %v", err)
		}
	})
}

func TestEditsCoalesce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, c := newOffice(), &carrier{}
		go func() {
			for i := range 20 { // as the store does: only the newest edit is pending
				o.mu.Lock()
				o.pending = []notifiers.Delivery{slackOf(fmt.Sprintf("d%d", i), events.FormRoot, "r1")}
				o.mu.Unlock()
				<-time.After(time.Second)
			}
		}()
		run(t, time.Minute, o, map[string]notifiers.Notifier{"slack": c}, nil, always())
		if n := len(c.sent); n < 4 || n > 6 {
			t.Errorf("%d edits of 20 in 20s, want one every 5s", n)
		}
		for i := 1; i < len(c.sent); i++ {
			if d := c.sent[i].at.Sub(c.sent[i-1].at); d < 5*time.Second {
				t.Errorf("edit %d came %s after the one before", i, d)
			}
		}
		if ids := c.ids(); ids[len(ids)-1] != "d19" {
			t.Errorf("the last edit is %s, want the newest state", ids[len(ids)-1])
		}
	})
}

func TestSuperseded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old := mail("old", "s1")
		old.Notice.UsefulUntil = time.Now().Add(-time.Minute)
		old.Channel = "pager" // nobody carries it
		o, c := newOffice(old, mail("gone", "s2"), mail("stale", "s3"), mail("broken", "s4"), mail("dead", "s5"), mail("answered", "s6")), &carrier{}
		w := writer{
			"gone":   fmt.Errorf("person s2: %w", courier.ErrRecipientGone),
			"stale":  fmt.Errorf("reminder: %w", notifiers.ErrStale),
			"broken": errors.New("template"),
			"dead":   &courier.DeadTargetError{Code: "550 5.1.1"},

			"answered": fmt.Errorf("reminder: %w", courier.ErrAnswered),
		}
		run(t, time.Second, o, map[string]notifiers.Notifier{"email": c}, w, always())
		for id, why := range map[string]string{"old": "no longer useful", "gone": "erased", "stale": "no longer true", "answered": "answered"} {
			outs := o.outcomes(id)
			if len(outs) != 1 || o.kinds(id)[0] != events.OutcomeSuperseded || outs[0].Why != why {
				t.Errorf("%s: %v %+v, want superseded: %s", id, o.kinds(id), outs, why)
			}
		}
		if outs := o.outcomes("broken"); len(outs) != 1 || outs[0].Code != "compose" || outs[0].Final {
			t.Errorf("broken: %+v, want to be tried again", outs)
		}
		if outs := o.outcomes("dead"); len(outs) != 1 || outs[0].Code != "550 5.1.1" || !outs[0].Final || !outs[0].TargetBroken {
			t.Errorf("dead: %+v, want it given up", outs)
		}
		if len(c.sent) != 0 {
			t.Errorf("sent %v", c.ids())
		}
	})
}

func TestShutdownFinishesWhatIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(mail("d1", "s1"), mail("d2", "s1"))
		c := &carrier{answer: func(ctx context.Context, _ int, _ notifiers.Message) (notifiers.Receipt, error) {
			select {
			case <-ctx.Done():
				return notifiers.Receipt{}, ctx.Err()
			case <-time.After(3 * time.Second):
				return notifiers.Receipt{Provider: "p"}, nil
			}
		}}
		run(t, time.Second, o, map[string]notifiers.Notifier{"email": c}, nil, always())
		if got := o.kinds("d1"); len(got) != 1 || got[0] != events.OutcomeAccepted {
			t.Errorf("d1: %v, want accepted after the shutdown began", got)
		}
		if len(c.sent) != 1 {
			t.Errorf("sent %v, want nothing new after the shutdown began", c.ids())
		}
	})
}

func TestUnrecordedOutcomeStopsTheCourier(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, c := newOffice(mail("d1", "s1")), &carrier{}
		o.failWith = errors.New("log is gone")
		post := courier.New(o, map[string]notifiers.Notifier{"email": c}, writer{}, o, always(), courier.Config{}, slog.New(slog.DiscardHandler))
		if err := post.Run(t.Context()); !errors.Is(err, o.failWith) {
			t.Errorf("Run = %v, want %v", err, o.failWith)
		}
		if len(c.sent) != 1 {
			t.Errorf("%d sent, want 1: sending on would repeat it", len(c.sent))
		}
	})
}
