package courier

import (
	"context"
	"errors"
	"time"

	"upgradehub/events"
)

// gather is how long an outcome waits at most for others that are recorded with
// it: many in one fact cost little more than one.
const gather = 10 * time.Millisecond

// noted are outcomes that are not being recorded yet.
type noted struct {
	of    map[events.Type][]events.DeliveryOutcome
	count int
	since time.Time
}

// note keeps what became of deliveries, and what it teaches about their target.
func (l *loop) note(a attempt) {
	delete(l.working, a.tasks[0].Subscriber)
	l.atWork -= len(a.tasks)
	for i, t := range a.tasks {
		if i >= len(a.results) || a.results[i].outcome.Delivery == "" {
			delete(l.unknown, t.ID) // not tried, or the channel is broken: it stays pending
			l.queue.empty()         // nothing behind it goes first
			continue
		}
		l.learn(t.Delivery, a.results[i])
		if l.noted.count == 0 {
			l.noted = noted{of: map[events.Type][]events.DeliveryOutcome{}, since: time.Now()}
		}
		kind := a.results[i].kind
		l.noted.of[kind] = append(l.noted.of[kind], a.results[i].outcome)
		l.noted.count++
	}
}

// record writes what is noted to the log once there is enough of it, nothing
// more to be expected soon, or the oldest has waited; it returns how long that
// may take. While one recording is under way, outcomes gather for the next: the
// slower the log is, the more one fact holds.
func (l *loop) record(ctx context.Context, now time.Time, enough int) time.Duration {
	if l.noted.count == 0 || l.recording > 0 {
		return l.cfg.Poll
	}
	if wait := gather - now.Sub(l.noted.since); l.noted.count < enough && l.atWork > 0 && wait > 0 {
		return wait
	}
	outcomes := l.noted.of
	l.recording, l.noted = l.noted.count, noted{}
	l.others.Go(func() { // ends with the recorder's deadline, or with ctx
		var err error
		var ids []string
		for _, t := range []events.Type{events.OutcomeAccepted, events.OutcomeFailed, events.OutcomeSuperseded} {
			err = errors.Join(err, l.Courier.record(ctx, t, outcomes[t]))
			for _, o := range outcomes[t] {
				ids = append(ids, o.Delivery)
			}
		}
		l.recorded <- err
		if err != nil || l.recorder.Await(ctx) != nil {
			return // the run is over
		}
		select {
		case l.known <- ids:
		case <-ctx.Done():
		}
	})
	return l.cfg.Poll
}
