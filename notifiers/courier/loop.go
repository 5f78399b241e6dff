package courier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"upgradehub/events"
	"upgradehub/notifiers"
)

// loop delivers on one channel. Its maps are touched between batches only,
// or under mu.
type loop struct {
	*Courier
	channel  string
	notifier notifiers.Notifier
	log      *slog.Logger
	wake     chan struct{}
	breaker  breaker

	mu sync.Mutex
	// held targets refused something for now; what follows waits, so that
	// messages arrive in order. By subscriber.
	held map[string]time.Time
	// edited is when a root message was last edited.
	edited map[rootKey]time.Time
	// doubtful deliveries may have been accepted by the attempt before.
	doubtful map[string]bool
	// recording is under way; sent is what became of deliveries since it
	// began, and unrecorded names those of both.
	recording  *recording
	sent       results
	unrecorded map[string]bool
}

// rootKey names one root message, or a card if card is set.
type rootKey struct{ subscriber, upgrade, card string }

func keyOf(d notifiers.Delivery) rootKey {
	return rootKey{d.Subscriber, d.Upgrade, d.Notice.Card}
}

// rootOf names the root message that a delivery hangs below.
func rootOf(d notifiers.Delivery) rootKey { return rootKey{d.Subscriber, d.Upgrade, ""} }

func newLoop(c *Courier, channel string, n notifiers.Notifier) *loop {
	return &loop{
		Courier: c, channel: channel, notifier: n, log: c.log.With("channel", channel),
		wake: make(chan struct{}, 1), held: map[string]time.Time{},
		edited: map[rootKey]time.Time{}, doubtful: map[string]bool{}, sent: results{}, unrecorded: map[string]bool{},
	}
}

// inFlight is how many messages of all channels together may be in flight: not
// yet covered by an outcome.
const inFlight = 64

// size is how many messages of the channel are in flight at most, and at how
// many targets at once. Mail, which has the most readers, has what the others
// leave.
func (l *loop) size() (batch, targets int) {
	each := min(16, inFlight/len(l.loops))
	if l.channel == "email" {
		return inFlight - each*(len(l.loops)-1), 8
	}
	return each, 4
}

func (l *loop) run(ctx context.Context) (err error) {
	defer func() { err = errors.Join(err, l.settled(ctx, 0)) }()
	for ctx.Err() == nil {
		sent, wait, err := l.batch(ctx)
		if err != nil && ctx.Err() == nil {
			return err
		}
		if sent > 0 {
			continue
		}
		if !pause(ctx, l.wake, wait) {
			break
		}
	}
	return nil
}

// batch sends what may go now and records what became of it. When nothing
// went, wait is how long to look away.
func (l *loop) batch(ctx context.Context) (sent int, wait time.Duration, err error) {
	if rest := l.breaker.rest(time.Now()); rest > 0 {
		return 0, rest, nil
	}
	if !l.mayWork() {
		return 0, l.cfg.Poll, nil
	}
	due, wait, err := l.ready(ctx)
	if err != nil {
		return 0, wait, err
	}
	results := l.sendAll(ctx, due)
	for t := range results {
		sent += len(results[t])
	}
	if sent == 0 {
		return 0, wait, l.settled(ctx, 0)
	}
	l.note(results)
	size, _ := l.size()
	return sent, 0, l.settled(ctx, size-size/l.parts())
}

// ready are the deliveries that are due and need not wait for their target.
func (l *loop) ready(ctx context.Context) ([]notifiers.Delivery, time.Duration, error) {
	limit, _ := l.size()
	limit = max(limit/l.parts(), 1)
	l.forget(time.Now())
	asked := limit + len(l.unrecorded)
	all, err := l.outbox.Due(ctx, l.channel, l.cfg.Clock(), asked)
	if err != nil {
		return nil, l.cfg.Poll, fmt.Errorf("due deliveries of %s: %w", l.channel, err)
	}
	ready, wait := l.pick(all, limit)
	if len(ready) == limit || len(all) < asked {
		return ready, wait, nil
	}
	// Those that must wait stand first: look behind them.
	all, err = l.outbox.Due(ctx, l.channel, l.cfg.Clock(), 4*asked)
	if err != nil {
		return nil, l.cfg.Poll, fmt.Errorf("due deliveries of %s: %w", l.channel, err)
	}
	ready, wait = l.pick(all, limit)
	return ready, wait, nil
}

// pick takes at most limit deliveries that need not wait; when there are none,
// wait is how long the first of them must.
func (l *loop) pick(all []notifiers.Delivery, limit int) (ready []notifiers.Delivery, wait time.Duration) {
	if l.breaker.tripped() {
		limit = 1 // try the channel with one message
	}
	now, wait := time.Now(), l.cfg.Poll
	for _, d := range all {
		if l.unrecorded[d.ID] {
			continue
		}
		if rest := l.rest(d, now); rest > 0 {
			wait = min(wait, rest)
		} else if len(ready) < limit {
			ready = append(ready, d)
		}
	}
	return ready, wait
}

// forget drops what has passed, so that the maps stay small.
func (l *loop) forget(now time.Time) {
	for k, t := range l.held {
		if !t.After(now) {
			delete(l.held, k)
		}
	}
	for k, t := range l.edited {
		if now.Sub(t) > max(time.Minute, l.cfg.EditInterval) {
			delete(l.edited, k)
		}
	}
}

// editCost is what one edit takes of Slack's allowance of 50 a minute, which
// all root messages share.
const editCost = 1200 * time.Millisecond

// rest is how long a delivery must wait for its target.
func (l *loop) rest(d notifiers.Delivery, now time.Time) time.Duration {
	if until, ok := l.held[d.Subscriber]; ok {
		return until.Sub(now)
	}
	if last, ok := l.edited[keyOf(d)]; ok && isEdit(d) && l.cfg.EditInterval > 0 {
		return max(l.cfg.EditInterval, time.Duration(len(l.edited))*editCost) - now.Sub(last)
	}
	return 0
}

func isEdit(d notifiers.Delivery) bool {
	return d.Notice.Form == events.FormRoot && d.Root != "" || d.Notice.Form == events.FormCard && d.Card != ""
}

// results are outcomes by their type.
type results map[events.Type][]events.DeliveryOutcome

// sendAll sends to several targets at once, and to each target in order.
func (l *loop) sendAll(ctx context.Context, due []notifiers.Delivery) results {
	_, targets := l.size()
	var work errgroup.Group // every goroutine ends after its sends' deadlines
	work.SetLimit(targets)
	out := results{}
	for _, same := range byTarget(due) {
		work.Go(func() error {
			l.sendTarget(ctx, same, out)
			return nil
		})
	}
	_ = work.Wait() // the goroutines have no errors: theirs are outcomes
	return out
}

// sendTarget stops at the first delivery that could not be made for now.
func (l *loop) sendTarget(ctx context.Context, due []notifiers.Delivery, out results) {
	roots := map[rootKey]notifiers.Receipt{}
	for _, d := range due {
		if ctx.Err() != nil {
			return // shutting down: only what is under way is finished
		}
		if r, ok := roots[rootOf(d)]; ok {
			d.Place, d.Root = r.Place, r.Provider // posted in this very batch
		}
		res := l.deliver(ctx, d)
		l.settle(d, res, out)
		if res.outcome.Delivery == "" || res.retry {
			return
		}
		if d.Notice.Form == events.FormRoot && res.kind == events.OutcomeAccepted {
			roots[rootOf(d)] = notifiers.Receipt{Place: res.outcome.Place, Provider: res.outcome.Provider}
		}
	}
}

// settle notes what one delivery teaches about its target and collects its
// outcome.
func (l *loop) settle(d notifiers.Delivery, res result, out results) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if res.outcome.Delivery == "" {
		return // not tried, or the channel is broken: it stays pending
	}
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
	out[res.kind] = append(out[res.kind], res.outcome)
}

// byTarget groups deliveries by subscriber in their order, except that a root
// message that does not exist yet goes before what hangs on it.
func byTarget(due []notifiers.Delivery) [][]notifiers.Delivery {
	var groups [][]notifiers.Delivery
	index := map[string]int{}
	for _, d := range due {
		i, ok := index[d.Subscriber]
		if !ok {
			i = len(groups)
			index[d.Subscriber] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], d)
	}
	for _, g := range groups {
		slices.SortStableFunc(g, func(a, b notifiers.Delivery) int { return rank(a) - rank(b) })
	}
	return groups
}

func rank(d notifiers.Delivery) int {
	if d.Notice.Form == events.FormRoot && d.Root == "" {
		return 0
	}
	return 1
}
