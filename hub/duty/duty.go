// Package duty is the one node on duty: it admits what publishers sent, keeps
// time, decides who is owed what, and sends it.
//
// Every node runs a [Duty]; the lease in NATS says which of them works. Taking
// duty is itself a fact with an epoch, and the holder folds through it before
// it does anything. Everything a Duty decides is appended to the log first
// and acted upon only when its own store has folded it, so a node that dies
// loses nothing, and its successor repeats at most the sends under way.
package duty

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"upgradehub/events"
	"upgradehub/events/bus"
	"upgradehub/events/clock"
	"upgradehub/events/link"
	"upgradehub/events/theme"
	"upgradehub/hub/people"
	"upgradehub/hub/store"
	"upgradehub/notifiers"
	"upgradehub/notifiers/courier"
	"upgradehub/notifiers/wording"
)

// Config tunes a Duty.
type Config struct {
	Node    string // this node's name, stable across restarts
	Version string // of the program, for the duty fact
	// TTL of the lease; default 12 s. Another node takes over when it has
	// not been renewed for so long.
	TTL time.Duration
	// Clock is the hub's time.
	Clock clock.Clock
	// Audiences are those of the configuration; Recipients their targets.
	Audiences  []notifiers.Audience
	Recipients []Recipient
	// Channels carry messages, by name: email, slack.
	Channels map[string]notifiers.Notifier
	Courier  courier.Config
	// Theme stands on messages.
	Theme theme.Theme
	// Wording are the operator's words; nil says all in ours.
	Wording wording.Sets
	// PublicURL and LinkKey make the links in messages.
	PublicURL string
	LinkKey   link.Key
}

// Duty is this node's claim to the duty, and its work while it holds it.
type Duty struct {
	bus        *bus.Bus
	store      *store.Store
	cfg        Config
	render     *notifiers.Renderer
	post       *courier.Courier
	people     *people.People
	letters    *letters
	recipients recipients
	log        *slog.Logger

	wakePlanner, wakeClock, wakeForecast, wakePages, wakeLessons chan struct{}

	mu       sync.Mutex
	recorded time.Time  // newest recordedtime this node knows
	lease    *bus.Lease // nil while off duty
	epoch    uint64
	touched  map[string]bool // upgrades whose deadlines changed
	// unforeseen are upgrades whose forecast may have changed, untaught those
	// that may teach something now.
	unforeseen, untaught map[string]bool

	admitted uint64        // INTAKE position from which admission goes on
	appended atomic.Uint64 // newest fact this node appended
}

// New prepares a Duty; [Duty.Run] does the work.
func New(b *bus.Bus, s *store.Store, cfg Config, log *slog.Logger) (*Duty, error) {
	render, err := notifiers.NewRenderer(cfg.Wording)
	if err != nil {
		return nil, err
	}
	if cfg.TTL == 0 {
		cfg.TTL = 12 * time.Second
	}
	d := &Duty{
		bus: b, store: s, cfg: cfg, render: render, letters: newLetters(), people: people.New(b, s, cfg.LinkKey, cfg.Clock), log: log.With("part", "duty"),
		wakePlanner: make(chan struct{}, 1), wakeClock: make(chan struct{}, 1),
		wakeForecast: make(chan struct{}, 1), wakePages: make(chan struct{}, 1), wakeLessons: make(chan struct{}, 1),
		touched: map[string]bool{}, unforeseen: map[string]bool{}, untaught: map[string]bool{},
	}
	cfg.Courier.Clock = cfg.Clock.Now
	d.post = courier.New(d, cfg.Channels, d, d, d, cfg.Courier, log.With("part", "courier"))
	return d, nil
}

// Paused lists the channels that this node leaves alone, because they are
// broken or do not answer; none while another node is on duty.
func (d *Duty) Paused() []courier.Pause { return d.post.Paused() }

// Folded tells the Duty that facts were folded, of which upgrades, whether any
// was about a subscriber, and whether any was about more than who is told; it
// never blocks.
func (d *Duty) Folded(upgrades []string, subscribers, news bool) {
	if subscribers {
		d.recipients.forget()
	}
	if news {
		d.letters.news.Add(1)
	}
	d.mu.Lock()
	for _, id := range upgrades {
		d.touched[id], d.unforeseen[id], d.untaught[id] = true, true, true
	}
	d.mu.Unlock()
	wake(d.wakePlanner)
	wake(d.wakeClock)
	wake(d.wakeForecast)
	wake(d.wakePages)
	wake(d.wakeLessons)
	d.post.Wake()
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Run claims the duty again and again until ctx ends, and does it while this
// node holds the lease.
func (d *Duty) Run(ctx context.Context) error {
	for {
		lease, ok, err := d.bus.TryLease(ctx, d.cfg.Node, d.cfg.TTL)
		if err != nil {
			d.log.WarnContext(ctx, "duty lease not read", "err", err)
		}
		if ok {
			if err := d.serve(ctx, lease); err != nil && ctx.Err() == nil {
				d.log.WarnContext(ctx, "duty ended", "err", err)
			}
		}
		if pause(ctx, d.cfg.TTL/6) != nil {
			return nil //nolint:nilerr // stopping is how a duty ends
		}
	}
}

// pause waits in real time.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// serve does the duty until the lease is lost, the work fails, or parent ends.
func (d *Duty) serve(parent context.Context, lease *bus.Lease) error {
	ctx, lost := context.WithCancelCause(parent)
	defer lost(nil)
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error { return d.renew(ctx, lease) })
	work.Go(func() error {
		if err := d.take(ctx, lease); err != nil {
			return err
		}
		defer d.leave()
		return d.do(ctx)
	})
	err := work.Wait()
	if parent.Err() != nil {
		grace, cancel := context.WithTimeout(context.WithoutCancel(parent), 2*time.Second)
		defer cancel()
		err = errors.Join(err, lease.Release(grace))
	}
	return err
}

// do runs the works side by side; each lasts until ctx ends.
func (d *Duty) do(ctx context.Context) error {
	if err := d.syncRecipients(ctx); err != nil {
		return fmt.Errorf("sync recipients: %w", err)
	}
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error { return d.admit(ctx) })
	work.Go(func() error { return d.keepTime(ctx) })
	work.Go(func() error { return d.plan(ctx) })
	work.Go(func() error { return d.foresee(ctx) })
	work.Go(func() error { return d.turnPages(ctx) })
	work.Go(func() error { return d.teach(ctx) })
	work.Go(func() error { return d.tidy(ctx) })
	work.Go(func() error { return d.publishAnswers(ctx) })
	work.Go(func() error { return d.post.Run(ctx) })
	return work.Wait()
}

// renew extends the lease at a third of its length.
func (d *Duty) renew(ctx context.Context, lease *bus.Lease) error {
	for {
		if err := pause(ctx, d.cfg.TTL/3); err != nil {
			return err
		}
		try, cancel := context.WithTimeout(ctx, d.cfg.TTL/3)
		err := lease.Renew(try)
		cancel()
		if err != nil && ctx.Err() == nil && time.Until(lease.Expires()) < d.cfg.TTL/3 {
			return fmt.Errorf("renew duty lease: %w", err)
		}
	}
}

// take makes this node's duty a fact, with the next epoch, and folds through
// it. Its fact must not be the first of a log: that states the identity, and
// comes from those who follow.
func (d *Duty) take(ctx context.Context, lease *bus.Lease) error {
	for {
		last, err := d.bus.Last(ctx)
		if err != nil {
			return err
		}
		if err := d.store.Wait(ctx, max(last, 1)); err != nil {
			return err
		}
		meta, err := d.store.Meta(ctx)
		if err != nil {
			return err
		}
		d.begin(meta, lease)
		seq, err := d.append(ctx, d.own(events.TypeDuty, "", strconv.FormatUint(meta.Epoch+1, 10),
			&events.Duty{Epoch: meta.Epoch + 1, Node: d.cfg.Node, Version: d.cfg.Version}))
		if errors.Is(err, bus.ErrExists) {
			continue // another node took this epoch; fold it and try the next
		}
		if err != nil {
			return fmt.Errorf("take duty: %w", err)
		}
		d.log.InfoContext(ctx, "on duty", "epoch", meta.Epoch+1)
		return d.store.Wait(ctx, seq)
	}
}

func (d *Duty) begin(meta store.Meta, lease *bus.Lease) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lease, d.epoch, d.recorded = lease, meta.Epoch+1, meta.LastRecorded
	d.admitted = meta.Admitted
}

func (d *Duty) leave() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lease = nil
}

// Until is when the lease ends; the zero time while off duty. Nothing may be
// sent that could end later.
func (d *Duty) Until() time.Time {
	d.mu.Lock()
	lease := d.lease
	d.mu.Unlock()
	if lease == nil {
		return time.Time{}
	}
	return lease.Expires()
}

// stamp is t, unless a later fact is recorded already: recordedtime never
// decreases along the log.
func (d *Duty) stamp(t time.Time) time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	if t.After(d.recorded) {
		d.recorded = t
	}
	return d.recorded
}

// own makes a fact of the hub's own.
func (d *Duty) own(t events.Type, upgrade, id string, data events.Data) events.Event {
	return d.ownAt(d.cfg.Clock.Now(), t, upgrade, id, data)
}

// ownAt makes a fact of the hub's own, recorded at a moment or when the fact
// before it was, if that was later.
func (d *Duty) ownAt(at time.Time, t events.Type, upgrade, id string, data events.Data) events.Event {
	now := d.stamp(at)
	return events.Event{ID: id, Source: "hub", Type: t, Upgrade: upgrade, Time: now, Recorded: now, Data: data}
}

// append stores a fact and remembers how far the own store must fold.
func (d *Duty) append(ctx context.Context, e events.Event) (uint64, error) {
	seq, err := d.bus.Append(ctx, e)
	if err != nil {
		return seq, err
	}
	for {
		known := d.appended.Load()
		if seq <= known || d.appended.CompareAndSwap(known, seq) {
			return seq, nil
		}
	}
}
