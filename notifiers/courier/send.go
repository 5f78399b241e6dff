package courier

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"upgradehub/events"
	"upgradehub/notifiers"
)

const (
	// leaseMargin is kept free at the end of the lease, for clocks that
	// differ and for the send to be torn down.
	leaseMargin = 500 * time.Millisecond
	// leastTime must be left for a send to begin at all: one that is torn
	// down half way is ambiguous.
	leastTime = 2 * time.Second
	// maxHold is how long a target that refused something holds up what
	// follows; after it, a later and perhaps more urgent message may pass.
	maxHold = time.Minute
)

// result is what became of one delivery. An empty outcome means that it stays
// pending, untouched.
type result struct {
	kind    events.Type
	outcome events.DeliveryOutcome
	retry   bool          // it will be tried again
	wait    time.Duration // after so long
}

// attempt is what a worker did: its tasks, and a result for each it came to.
type attempt struct {
	tasks   []task
	results []result
}

// serve sends what it is given, until there is no more work.
func (l *loop) serve(ctx context.Context) {
	for tasks := range l.work {
		l.finished <- attempt{tasks, l.sendAll(ctx, tasks)}
	}
}

// sendAll sends to one target, in order. It stops at the first delivery that
// could not be made for now, and when the rest was read too long ago.
func (l *loop) sendAll(ctx context.Context, tasks []task) []result {
	all := make([]result, 0, len(tasks))
	roots := map[rootKey]notifiers.Receipt{}
	for _, t := range tasks {
		if ctx.Err() != nil {
			break // shutting down: only what is under way is finished
		}
		if len(all) > 0 && time.Since(t.read) > goodFor {
			break // it may be superseded by now
		}
		if r, ok := roots[rootOf(t.Delivery)]; ok {
			t.Place, t.Root = r.Place, r.Provider // posted just now
		}
		res := l.deliver(ctx, t)
		all = append(all, res)
		if res.outcome.Delivery == "" || res.retry {
			break
		}
		if t.Notice.Form == events.FormRoot && res.kind == events.OutcomeAccepted {
			roots[rootOf(t.Delivery)] = notifiers.Receipt{Place: res.outcome.Place, Provider: res.outcome.Provider}
		}
	}
	return all
}

// learn notes what one delivery teaches about its target.
func (l *loop) learn(d notifiers.Delivery, res result) {
	now := time.Now()
	if isEdit(d) {
		l.edited[keyOf(d)] = now
	}
	if res.retry {
		l.held[d.Subscriber] = now.Add(min(res.wait, maxHold))
	}
	if res.outcome.Ambiguous && !res.outcome.Final {
		l.doubtful[d.ID] = true
	} else if !res.retry {
		delete(l.doubtful, d.ID)
	}
}

// deliver composes and sends one delivery.
func (l *loop) deliver(ctx context.Context, t task) result {
	deadline, ok := l.deadline()
	if !ok {
		return result{}
	}
	// A message under way is not torn by a shutdown.
	ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), deadline)
	defer cancel()
	m, links, err := l.composer.Compose(ctx, t.Delivery)
	if err != nil {
		return l.uncomposed(ctx, t.Delivery, err)
	}
	began := time.Now()
	receipt, err := l.notifier.Notify(ctx, m)
	if err != nil {
		return l.refused(ctx, t, links, began, err)
	}
	l.breaker.reset()
	l.say(ctx, slog.LevelInfo, t.Delivery, "delivered")
	return result{kind: events.OutcomeAccepted, outcome: events.DeliveryOutcome{
		Delivery: t.ID, Code: receipt.Warning, Provider: receipt.Provider, Place: receipt.Place, Links: links,
	}}
}

// say logs what became of a delivery.
func (l *loop) say(ctx context.Context, level slog.Level, d notifiers.Delivery, what string, args ...any) {
	if !l.log.Enabled(ctx, level) { // there are many, and mostly nobody wants to know
		return
	}
	log := l.log.With("delivery", d.ID, "upgrade", d.Upgrade, "attempt", d.Attempts+1)
	log.Log(ctx, level, what, args...) //nolint:sloglint // every caller's words are constant
}

// deadline is when a send that begins now must be over; ok is false when the
// lease leaves no time for one.
func (l *loop) deadline() (t time.Time, ok bool) {
	now := time.Now()
	t = now.Add(l.cfg.SendTimeout)
	if lease := l.guard.Until().Add(-leaseMargin); lease.Before(t) {
		t = lease
	}
	return t, t.Sub(now) >= min(leastTime, l.cfg.SendTimeout) && l.breaker.rest(now) == 0
}

// uncomposed: what nobody is to read is superseded, the rest is tried again.
func (l *loop) uncomposed(ctx context.Context, d notifiers.Delivery, err error) result {
	why := ""
	dead, isDead := errors.AsType[*DeadTargetError](err)
	switch {
	case isDead:
		l.say(ctx, slog.LevelInfo, d, "target is left alone", "err", err)
		return result{kind: events.OutcomeFailed, outcome: events.DeliveryOutcome{
			Delivery: d.ID, Code: dead.Code, Why: "left alone", Final: true, TargetBroken: true,
		}}
	case errors.Is(err, ErrRecipientGone):
		why = "erased"
	case errors.Is(err, ErrAnswered):
		why = "answered"
	case errors.Is(err, notifiers.ErrStale):
		why = "no longer true"
	default:
		l.say(ctx, slog.LevelError, d, "message not composed", "err", err)
		return l.again(events.DeliveryOutcome{Delivery: d.ID, Code: "compose"}, backoff(d.Attempts, 0))
	}
	l.say(ctx, slog.LevelInfo, d, "delivery dropped", "why", why)
	return result{kind: events.OutcomeSuperseded, outcome: events.DeliveryOutcome{Delivery: d.ID, Why: why}}
}

// refused decides by the channel's error: never again, later, or not counted
// at all because the channel itself is broken.
func (l *loop) refused(ctx context.Context, t task, links []events.LinkHash, began time.Time, err error) result {
	f, d := sendError(err), t.Delivery
	if f.ChannelBroken {
		pause := misconfigured
		if f.Definite {
			pause = refusing
		}
		wait := l.breaker.trip(time.Now(), pause, f.Code)
		l.say(ctx, slog.LevelError, d, "channel is broken", "wait", wait, "err", err)
		return result{}
	}
	if f.Paced {
		l.say(ctx, slog.LevelDebug, d, "delivery waits for its turn", "wait", f.RetryAfter)
		return l.again(events.DeliveryOutcome{Delivery: d.ID, Code: f.Code, Untried: true}, f.RetryAfter)
	}
	switch {
	case f.Permanent || f.RetryAfter > 0:
		l.breaker.reset() // whoever refuses was reached
	case oneProvider[l.channel] && unanswered(f) && l.breaker.stumble(began):
		l.say(ctx, slog.LevelError, d, "channel does not answer", "wait", l.breaker.trip(time.Now(), silent, f.Code), "err", err)
	}
	o := events.DeliveryOutcome{Delivery: d.ID, Code: f.Code, Ambiguous: f.Ambiguous, TargetBroken: f.TargetBroken}
	if f.Ambiguous {
		o.Links = links // it may have arrived, so its links must work
	}
	if f.Permanent || f.TargetBroken || f.Ambiguous && !f.EarlierLost && l.oneDouble(t) {
		o.Final = true
		l.say(ctx, slog.LevelWarn, d, "delivery given up", "err", err)
		return result{kind: events.OutcomeFailed, outcome: o}
	}
	res := l.again(o, backoff(d.Attempts, f.RetryAfter))
	l.say(ctx, slog.LevelWarn, d, "delivery put off", "wait", res.wait, "err", err)
	return res
}

// oneProvider are the channels whose targets all lie behind one provider, so
// that its silence at a few of them is silence at all.
var oneProvider = map[string]bool{"slack": true, "email": true}

// unanswered reports whether the provider was not there, as far as can be told.
func unanswered(f *notifiers.SendError) bool {
	return f.Code == "network" || f.Code == "timeout" || strings.HasPrefix(f.Code, "http_5")
}

// oneDouble reports whether a task may have posted in Slack already, and is now
// given up: one possible double of a reply is enough, for the root message says
// the same. Mails keep their Message-ID, an edit may be repeated, and what must
// arrive, what all else hangs on and what is shown in the channel or asks
// somebody is better read twice than never, so those go on.
func (l *loop) oneDouble(t task) bool {
	return l.channel == "slack" && t.Notice.Form == events.FormThread && !t.Notice.Required && t.doubtful
}

func (l *loop) again(o events.DeliveryOutcome, wait time.Duration) result {
	o.Next = l.cfg.Clock().Add(wait)
	return result{kind: events.OutcomeFailed, outcome: o, retry: true, wait: wait}
}

// sendError reads what a channel answered. A channel that breaks its promise
// and answers something else is not trusted: the message may have gone.
func sendError(err error) *notifiers.SendError {
	if f, ok := errors.AsType[*notifiers.SendError](err); ok {
		return f
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &notifiers.SendError{Code: "timeout", Ambiguous: true, Err: err}
	}
	return &notifiers.SendError{Code: "error", Ambiguous: true, Err: err}
}
