// Package courier delivers what is owed, and tries again when it cannot.
//
// It keeps no state that matters: every delivery lives in the [Outbox] and
// what became of it goes through the [Recorder] into the log, beside the next
// sends. A courier that dies loses nothing; its successor repeats at most what
// was in flight, which is never more than 64 messages over all channels. Each
// channel has a loop of its own, so a dead one holds up no other. Nothing is
// sent that could end after the [Guard]'s lease, or that the outbox named more
// than a second ago.
package courier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"upgradehub/events"
	"upgradehub/notifiers"
)

// ErrRecipientGone is what [Composer.Compose] answers when the recipient was
// erased: the delivery is superseded.
var ErrRecipientGone = errors.New("recipient is gone")

// ErrAnswered is what [Composer.Compose] answers when the message reminds of a
// survey that its recipient has answered.
var ErrAnswered = errors.New("answered already")

// DeadTargetError is what [Composer.Compose] answers when the target refused
// everything before and is left alone: the delivery fails without being tried.
type DeadTargetError struct{ Code string }

func (e *DeadTargetError) Error() string { return "target refused everything: " + e.Code }

// Outbox knows which deliveries are owed.
type Outbox interface {
	// Due returns at most limit pending deliveries of a channel that may
	// be sent now and are still of use, oldest first. While sending is on
	// hold there are none.
	Due(ctx context.Context, channel string, now time.Time, limit int) ([]notifiers.Delivery, error)
	// Expired returns at most limit pending deliveries, of any channel,
	// that are no longer of use.
	Expired(ctx context.Context, now time.Time, limit int) ([]notifiers.Delivery, error)
	// Elsewhere returns at most limit pending deliveries of a channel that
	// might be sent now and can be told another way, oldest first. While
	// sending is on hold there are none.
	Elsewhere(ctx context.Context, channel string, now time.Time, limit int) ([]notifiers.Delivery, error)
}

// Composer puts a delivery into words for its recipient.
type Composer interface {
	// Compose renders the message from the newest state and names the
	// personal links in it. [ErrRecipientGone], [ErrAnswered],
	// [notifiers.ErrStale] and [DeadTargetError] mean that nothing is to be
	// sent.
	Compose(ctx context.Context, d notifiers.Delivery) (notifiers.Message, []events.LinkHash, error)
}

// Recorder writes outcomes to the log.
type Recorder interface {
	// Record publishes one fact of type t with at most 64 outcomes and
	// returns when it is in the log.
	Record(ctx context.Context, t events.Type, outcomes []events.DeliveryOutcome) error
	// Await returns when the [Outbox] knows of everything that was recorded
	// before.
	Await(ctx context.Context) error
}

// Guard says how long this node may send.
type Guard interface {
	// Until is when the duty lease ends, in the machine's time; the zero
	// time or one that has passed means that nothing may be sent.
	Until() time.Time
}

// DefaultEditInterval keeps two edits of one root message apart.
const DefaultEditInterval = 5 * time.Second

// Config tunes a Courier. Its zero value is ready to use.
type Config struct {
	Poll        time.Duration // how often to look for due deliveries; default 2 s
	SendTimeout time.Duration // the most one send may take; default 15 s
	// EditInterval is the least time between two edits of one root
	// message, so that a storm of events becomes few edits; default
	// [DefaultEditInterval], negative for none.
	EditInterval time.Duration
	// Clock is the hub's time, by which deliveries become due; default is
	// the machine's.
	Clock func() time.Time
}

func (c Config) withDefaults() Config {
	if c.Poll <= 0 {
		c.Poll = 2 * time.Second
	}
	if c.SendTimeout <= 0 {
		c.SendTimeout = 15 * time.Second
	}
	if c.EditInterval == 0 {
		c.EditInterval = DefaultEditInterval
	}
	if c.Clock == nil {
		c.Clock = func() time.Time { return time.Now().UTC() }
	}
	return c
}

// Courier sends what is owed.
type Courier struct {
	outbox   Outbox
	composer Composer
	recorder Recorder
	guard    Guard
	cfg      Config
	log      *slog.Logger
	loops    []*loop
	expiry   chan struct{} // wakes the expiry loop
}

// New makes a Courier for the channels, by name: email, slack, webhook, service.
func New(o Outbox, channels map[string]notifiers.Notifier, c Composer, r Recorder, g Guard, cfg Config, log *slog.Logger) *Courier {
	post := &Courier{
		outbox: o, composer: c, recorder: r, guard: g,
		cfg: cfg.withDefaults(), log: log, expiry: make(chan struct{}, 1),
	}
	for name, n := range channels {
		post.loops = append(post.loops, newLoop(post, name, n))
	}
	return post
}

// Wake makes the courier look at once for what is due. It never blocks.
func (c *Courier) Wake() {
	for _, l := range c.loops {
		signal(l.wake)
	}
	signal(c.expiry)
}

func signal(ch chan<- struct{}) {
	select {
	case ch <- struct{}{}:
	default: // it is awake already
	}
}

// Run delivers until ctx ends. Messages under way are finished and recorded
// first. An error means that the outbox could not be read or an outcome not
// be recorded; sending on would repeat messages, so the caller must start over.
func (c *Courier) Run(ctx context.Context) error {
	work, ctx := errgroup.WithContext(ctx) // every goroutine ends with ctx
	for _, l := range c.loops {
		work.Go(func() error { return l.run(ctx) })
	}
	work.Go(func() error { return c.expire(ctx) })
	return work.Wait()
}

// outcomesPerFact is the most outcomes one fact holds.
const outcomesPerFact = 64

// expire supersedes what is no longer of use, also for channels that are not
// configured.
func (c *Courier) expire(ctx context.Context) error {
	for {
		n, err := c.supersede(ctx)
		switch {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // ending is how it ends
		case err != nil:
			return err
		case n == outcomesPerFact:
			continue // there may be more
		}
		if !pause(ctx, c.expiry, c.cfg.Poll) {
			return nil
		}
	}
}

func (c *Courier) supersede(ctx context.Context) (int, error) {
	if !c.mayWork() {
		return 0, nil
	}
	old, err := c.outbox.Expired(ctx, c.cfg.Clock(), outcomesPerFact)
	if err != nil {
		return 0, fmt.Errorf("expired deliveries: %w", err)
	}
	out := make([]events.DeliveryOutcome, len(old))
	for i, d := range old {
		out[i] = events.DeliveryOutcome{Delivery: d.ID, Why: "no longer useful"}
	}
	if err := c.record(ctx, events.OutcomeSuperseded, out); err != nil || len(out) == 0 {
		return 0, err
	}
	return len(out), c.recorder.Await(ctx)
}

// record outlives ctx, so that what was sent before a shutdown is not sent
// again after it.
func (c *Courier) record(ctx context.Context, t events.Type, outcomes []events.DeliveryOutcome) error {
	if len(outcomes) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.cfg.SendTimeout)
	defer cancel()
	if err := c.recorder.Record(ctx, t, outcomes); err != nil {
		return fmt.Errorf("record %s of %d deliveries: %w", t, len(outcomes), err)
	}
	return nil
}

// mayWork reports whether the lease leaves time for anything.
func (c *Courier) mayWork() bool { return time.Until(c.guard.Until()) > leaseMargin }

// pause waits for d or until it is woken; it is false when ctx ended.
func pause(ctx context.Context, wake <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-wake:
	case <-timer.C:
	}
	return true
}
