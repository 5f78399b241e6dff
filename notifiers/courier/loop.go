package courier

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"upgradehub/notifiers"
)

// loop delivers on one channel. It reads what is due, has it sent and has
// what became of it recorded, each beside the other; only the goroutine of run
// touches what it knows.
type loop struct {
	*Courier
	channel  string
	notifier notifiers.Notifier
	log      *slog.Logger
	wake     chan struct{}
	breaker  breaker

	// held targets refused something for now; what follows waits, so that
	// messages arrive in order. By subscriber.
	held map[string]time.Time
	// edited is when a root message was last edited.
	edited map[rootKey]time.Time
	// doubtful deliveries may have been accepted by the attempt before.
	doubtful map[string]bool

	*shift
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
		edited: map[rootKey]time.Time{}, doubtful: map[string]bool{},
	}
}

// shift is what a loop knows of the work of one run.
type shift struct {
	queue   queue
	working map[string]time.Time // targets that a worker is at, and since when
	atWork  int                  // deliveries that workers have
	noted   noted
	// recording is how many deliveries are just being recorded.
	recording int
	// unknown deliveries were handed to workers, and the outbox does not know
	// yet what became of them.
	unknown map[string]bool

	work     chan []task     // for the workers
	finished chan attempt    // by them
	came     chan reading    // from the outbox
	recorded chan error      // the recording is over
	known    chan []string   // the outbox knows what became of these
	others   *sync.WaitGroup // all goroutines of the run
}

// newShift is one of so many workers.
func newShift(workers int) *shift {
	return &shift{
		working: map[string]time.Time{}, unknown: map[string]bool{}, queue: queue{look: true},
		work: make(chan []task, workers), finished: make(chan attempt, workers), came: make(chan reading, 1),
		recorded: make(chan error, 1), known: make(chan []string), others: new(sync.WaitGroup),
	}
}

// inFlight is how many messages of all channels together may be in flight: not
// yet covered by an outcome.
const inFlight = 64

// size is how many messages of the channel are in flight at most, and at how
// many targets at once; and at how many with those that hang. Mail, which has
// the most readers, has what the others leave.
func (l *loop) size() (most, targets, workers int) {
	each := min(8, inFlight/len(l.loops))
	switch {
	case l.channel == "email":
		return inFlight - each*(len(l.loops)-1), 8, 24
	case l.inLine():
		return each, 4, 4
	}
	return each, 4, 8
}

// hangs is after how long a target holds up no other any more.
const hangs = 500 * time.Millisecond

// busy is how many targets are being told that do not hang, and when the next of
// them will.
func (l *loop) busy(now time.Time) (n int, next time.Time) {
	for _, since := range l.working {
		if at := since.Add(hangs); !at.Before(now) {
			if n++; next.IsZero() || at.Before(next) {
				next = at
			}
		}
	}
	return n, next
}

// inLine: on this channel replies hang below a root message, and before more is
// read all must be known of what was sent.
func (l *loop) inLine() bool { return l.channel == "slack" }

func (l *loop) run(ctx context.Context) (err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	most, targets, workers := l.size()
	l.shift = newShift(workers)
	for range workers {
		l.others.Go(func() { l.serve(ctx) }) // ends with the channel of work
	}
	next := time.NewTimer(0)
	defer next.Stop()
	for ctx.Err() == nil && err == nil {
		next.Reset(l.turn(ctx, most, targets, workers))
		err = l.hear(ctx, next.C)
	}
	stop()
	close(l.work)
	return errors.Join(err, l.finish(ctx))
}

// turn begins whatever can begin now, and returns how long nothing will if
// nothing happens.
func (l *loop) turn(ctx context.Context, most, targets, workers int) time.Duration {
	now := time.Now()
	wait := l.cfg.Poll
	if _, ok := l.deadline(); ok {
		wait = min(wait, l.handOut(now, most, targets, workers), l.read(ctx, now))
	} else if rest := l.breaker.rest(now); rest > 0 {
		wait = min(rest, l.divert(ctx, now, rest))
	}
	return min(wait, l.record(ctx, now, most/2))
}

// hear waits for the next thing that happens.
func (l *loop) hear(ctx context.Context, next <-chan time.Time) error {
	select {
	case <-ctx.Done():
	case <-next:
	case <-l.wake:
		l.queue.look = true
	case a := <-l.finished:
		l.note(a)
	case r := <-l.came:
		return l.take(ctx, r)
	case err := <-l.recorded:
		l.recording = 0
		return err
	case ids := <-l.known:
		l.forgetUnknown(ids)
	}
	return nil
}

// finish waits for what is under way and records it.
func (l *loop) finish(ctx context.Context) (err error) {
	for l.atWork > 0 {
		l.note(<-l.finished)
	}
	for l.recording > 0 || l.noted.count > 0 {
		if l.recording > 0 {
			err = errors.Join(err, <-l.recorded)
			l.recording = 0
		}
		l.record(ctx, time.Now(), 1)
	}
	l.others.Wait()
	return err
}
