package courier_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"upgradehub/events"
	"upgradehub/notifiers"
)

// chat is a message to a person in Slack.
func chat(id, to string) notifiers.Delivery {
	d := mail(id, to)
	d.Channel = "slack"
	return d
}

// TestRefusingChannelIsDetoured: what can be told another way is given up
// within seconds, each once and for good, and is not sent when the channel takes
// messages again; the rest waits and burns no attempt.
func TestRefusingChannelIsDetoured(t *testing.T) {
	for _, tt := range []struct {
		name     string
		definite bool
	}{{"the provider says so", true}, {"something is wrong", false}} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o, begin := newOffice(chat("only0", "only0"), chat("both0", "both0")), time.Now()
				for i := range 100 {
					o.add(chat(fmt.Sprintf("many%d", i), fmt.Sprintf("both-%d", i)))
				}
				o.behind = 100 * time.Millisecond
				c := &carrier{answer: func(context.Context, int, notifiers.Message) (notifiers.Receipt, error) {
					if time.Since(begin) < 4*time.Minute {
						return notifiers.Receipt{}, &notifiers.SendError{Code: "token_revoked", ChannelBroken: true, Definite: tt.definite}
					}
					return notifiers.Receipt{}, nil
				}}
				late := time.AfterFunc(time.Minute, func() { o.add(chat("both1", "both1")) })
				defer late.Stop()
				run(t, 10*time.Minute, o, map[string]notifiers.Notifier{"slack": c}, nil, always())
				if tt.definite {
					checkDetours(t, o, begin)
				}
				accepted := 0
				for _, f := range o.facts {
					if f.kind == events.OutcomeAccepted {
						accepted += len(f.of)
					}
				}
				if want := map[bool]int{true: 1, false: 103}[tt.definite]; accepted != want || len(o.pending) != 0 {
					t.Errorf("%d accepted, %d left, want %d and none", accepted, len(o.pending), want)
				}
			})
		})
	}
}

func checkDetours(t *testing.T, o *office, begin time.Time) {
	t.Helper()
	given := 0
	for _, f := range o.facts {
		if f.kind != events.OutcomeFailed {
			continue
		}
		for _, out := range f.of {
			given++
			if !out.Final || !out.ChannelBroken || out.TargetBroken || out.Code != "token_revoked" || out.Why != events.WhyElsewhere {
				t.Errorf("outcome %+v, want it told another way", out)
			}
			late := f.at.Sub(begin) % time.Minute
			if late > 2*time.Second || strings.HasPrefix(out.Delivery, "only") {
				t.Errorf("%s was given up after %v", out.Delivery, late)
			}
		}
	}
	if given != 102 {
		t.Errorf("%d given up, want 102, each once", given)
	}
}

// TestRootIsDroppedOnTheDetour: a root message that only follows the state is not
// posted when the channel takes messages again.
func TestRootIsDroppedOnTheDetour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		root := chat("root", "both1")
		root.Notice.Form, root.Notice.Moment = events.FormRoot, events.MomentStatus
		o := newOffice(chat("first", "only"), root)
		c := &carrier{answer: func(context.Context, int, notifiers.Message) (notifiers.Receipt, error) {
			return notifiers.Receipt{}, &notifiers.SendError{Code: "invalid_auth", ChannelBroken: true, Definite: true}
		}}
		run(t, time.Minute, o, map[string]notifiers.Notifier{"slack": c}, nil, always())
		if got := fmt.Sprint(o.kinds("root"), o.kinds("first")); got != "[outcome.superseded] []" {
			t.Errorf("outcomes %s, want the root message dropped", got)
		}
	})
}

// TestNoDetourAfterAll: what is under way when the provider refuses is not given
// up, for it may arrive.
func TestNoDetourAfterAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(chat("slow", "both1"), chat("refused", "both2"))
		c := &carrier{answer: func(_ context.Context, _ int, m notifiers.Message) (notifiers.Receipt, error) {
			if m.Delivery.ID == "slow" {
				<-time.After(5 * time.Second)
				return notifiers.Receipt{}, nil
			}
			<-time.After(time.Second) // the other is under way by then
			return notifiers.Receipt{}, &notifiers.SendError{Code: "invalid_auth", ChannelBroken: true, Definite: true}
		}}
		run(t, time.Minute, o, map[string]notifiers.Notifier{"slack": c}, nil, always())
		if got := fmt.Sprint(o.kinds("slow"), o.kinds("refused")); got != "[outcome.accepted] [outcome.failed]" {
			t.Errorf("outcomes %s, want the slow one accepted and nothing else", got)
		}
	})
}
