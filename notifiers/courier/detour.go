package courier

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"time"

	"upgradehub/events"
	"upgradehub/notifiers"
)

// divertEvery is how soon a message goes another way on whose channel nothing
// goes.
const divertEvery = time.Second

// divert gives up, while the channel's provider refuses everything, what can be
// told another way: its planner owes it there. Nothing is sent meanwhile, so
// that nobody is told twice; what is under way stays. It returns how long to
// look away; rest is what is left of the pause.
func (l *loop) divert(ctx context.Context, now time.Time, rest time.Duration) time.Duration {
	pause, _ := l.breaker.paused()
	if !pause.Detour || l.queue.reading || !l.mayWork() {
		return rest
	}
	if wait := l.queue.diverts.Sub(now); wait > 0 {
		return wait
	}
	l.queue.empty()
	l.queue.reading = true // nothing is read before the outbox knows of it
	underWay := maps.Clone(l.unknown)
	l.others.Go(func() { // ends with the recorder's deadline, or with ctx
		n, err := l.giveUp(ctx, pause.Code, underWay)
		l.came <- reading{diverted: &n, err: err}
	})
	return rest
}

// giveUp records deliveries as ones that take a detour, and how many. A root
// message that would only follow the state is dropped: it would tell again what
// is told elsewhere.
func (l *loop) giveUp(ctx context.Context, code string, underWay map[string]bool) (int, error) {
	waiting, err := l.outbox.Elsewhere(ctx, l.channel, l.cfg.Clock(), outcomesPerFact+len(underWay))
	if err != nil {
		return 0, err
	}
	var out, dropped []events.DeliveryOutcome
	for _, d := range waiting {
		switch {
		case underWay[d.ID] || len(out)+len(dropped) == outcomesPerFact:
			continue
		case notifiers.Follows(d.Notice):
			dropped = append(dropped, events.DeliveryOutcome{Delivery: d.ID, Why: events.WhyElsewhere})
			continue
		}
		l.say(ctx, slog.LevelWarn, d, "delivery goes another way", "code", code)
		out = append(out, events.DeliveryOutcome{
			Delivery: d.ID, Code: code, Why: events.WhyElsewhere, Final: true, Untried: true, ChannelBroken: true,
		})
	}
	n := len(out) + len(dropped)
	err = errors.Join(l.Courier.record(ctx, events.OutcomeFailed, out), l.Courier.record(ctx, events.OutcomeSuperseded, dropped))
	if err != nil || n == 0 {
		return 0, err
	}
	return n, l.recorder.Await(ctx)
}

// diverted looks again at once if there may be more of them.
func (l *loop) diverted(n int, now time.Time) {
	if l.queue.diverts = now.Add(divertEvery); n == outcomesPerFact {
		l.queue.diverts = now
	}
}
