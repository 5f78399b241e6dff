package courier_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/notifiers"
	"upgradehub/notifiers/courier"
)

// office is an outbox and its recorder in memory.
type office struct {
	mu       sync.Mutex
	pending  []notifiers.Delivery
	next     map[string]time.Time
	facts    []fact
	failWith error // of Record
	slow     time.Duration
	unfolded []fact
	behind   time.Duration // how long it takes to know of what was recorded
	slowRead time.Duration // after it was read
}

type fact struct {
	at   time.Time
	kind events.Type
	of   []events.DeliveryOutcome
}

func newOffice(ds ...notifiers.Delivery) *office {
	return &office{pending: ds, next: map[string]time.Time{}}
}

func (o *office) add(ds ...notifiers.Delivery) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.pending = append(o.pending, ds...)
}

func (o *office) Due(_ context.Context, channel string, now time.Time, limit int) ([]notifiers.Delivery, error) {
	due := o.find(limit, func(d notifiers.Delivery) bool {
		return d.Channel == channel && !o.next[d.ID].After(now) && useful(d, now)
	})
	if o.slowRead > 0 {
		<-time.After(o.slowRead)
	}
	return due, nil
}

func (o *office) Expired(_ context.Context, now time.Time, limit int) ([]notifiers.Delivery, error) {
	return o.find(limit, func(d notifiers.Delivery) bool { return !useful(d, now) }), nil
}

// Elsewhere: whoever is called so can be told another way.
func (o *office) Elsewhere(_ context.Context, channel string, now time.Time, limit int) ([]notifiers.Delivery, error) {
	return o.find(limit, func(d notifiers.Delivery) bool {
		return d.Channel == channel && useful(d, now) && strings.HasPrefix(d.Subscriber, "both")
	}), nil
}

func useful(d notifiers.Delivery, now time.Time) bool {
	return d.Notice.UsefulUntil.IsZero() || d.Notice.UsefulUntil.After(now)
}

func (o *office) find(limit int, want func(notifiers.Delivery) bool) []notifiers.Delivery {
	o.mu.Lock()
	defer o.mu.Unlock()
	var out []notifiers.Delivery
	for _, d := range o.pending {
		if len(out) < limit && want(d) {
			out = append(out, d)
		}
	}
	return out
}

// recorded is how many outcomes there are.
func (o *office) recorded() (n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, f := range o.facts {
		n += len(f.of)
	}
	return n
}

func (o *office) Record(_ context.Context, t events.Type, outcomes []events.DeliveryOutcome) error {
	if o.slow > 0 {
		<-time.After(o.slow)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.failWith != nil {
		return o.failWith
	}
	o.facts = append(o.facts, fact{time.Now(), t, outcomes})
	o.unfolded = append(o.unfolded, o.facts[len(o.facts)-1])
	if o.behind == 0 {
		o.fold()
	}
	return nil
}

func (o *office) Await(context.Context) error {
	if o.behind > 0 {
		<-time.After(o.behind)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.fold()
	return nil
}

// fold makes the outbox know of what is recorded.
func (o *office) fold() {
	for _, f := range o.unfolded {
		o.apply(f.kind, f.of)
	}
	o.unfolded = nil
}

func (o *office) apply(t events.Type, outcomes []events.DeliveryOutcome) {
	for _, out := range outcomes {
		i := slices.IndexFunc(o.pending, func(d notifiers.Delivery) bool { return d.ID == out.Delivery })
		if i < 0 {
			continue // superseded while it was under way
		}
		if t == events.OutcomeFailed && !out.Final {
			o.pending[i].PutOff = true
			if !out.Untried {
				o.pending[i].Attempts++
			}
			o.next[out.Delivery] = out.Next
			continue
		}
		o.pending = slices.Delete(o.pending, i, i+1)
	}
}

// outcomes are all recorded for a delivery.
func (o *office) outcomes(id string) (out []events.DeliveryOutcome) {
	for _, f := range o.facts {
		for _, one := range f.of {
			if one.Delivery == id {
				out = append(out, one)
			}
		}
	}
	return out
}

func (o *office) kinds(id string) (out []events.Type) {
	for _, f := range o.facts {
		for _, one := range f.of {
			if one.Delivery == id {
				out = append(out, f.kind)
			}
		}
	}
	return out
}

// writer composes; it fails for the deliveries it has an error for.
type writer map[string]error

func (w writer) Compose(_ context.Context, d notifiers.Delivery) (notifiers.Message, []events.LinkHash, error) {
	return notifiers.Message{Delivery: d}, []events.LinkHash{{Hash: "h-" + d.ID, Purpose: "subscribe"}}, w[d.ID]
}

// carrier is a channel that answers as it is told and remembers what it saw.
type carrier struct {
	mu     sync.Mutex
	sent   []sending
	answer func(ctx context.Context, n int, m notifiers.Message) (notifiers.Receipt, error)
	busy   int
	most   int
}

type sending struct {
	at time.Time
	m  notifiers.Message
}

func (c *carrier) Notify(ctx context.Context, m notifiers.Message) (notifiers.Receipt, error) {
	c.mu.Lock()
	c.sent = append(c.sent, sending{time.Now(), m})
	n := len(c.sent)
	c.busy++
	c.most = max(c.most, c.busy)
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		c.busy--
		c.mu.Unlock()
	}()
	if c.answer == nil {
		return notifiers.Receipt{Provider: fmt.Sprintf("p%d", n), Place: "C1"}, nil
	}
	return c.answer(ctx, n, m)
}

func (c *carrier) ids() (out []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.sent {
		out = append(out, s.m.Delivery.ID)
	}
	return out
}

// lease is a guard that a test can end.
type lease struct {
	mu    sync.Mutex
	until time.Time
}

func (l *lease) Until() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.until
}

func (l *lease) set(t time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.until = t
}

func always() *lease { return &lease{until: time.Now().Add(1000 * time.Hour)} }

func mail(id, to string) notifiers.Delivery {
	return notifiers.Delivery{ID: id, Subscriber: to, Upgrade: "u1", Channel: "email", Notice: events.Notice{Form: events.FormMessage}}
}

func slackOf(id string, form events.Form, root string) notifiers.Delivery {
	return notifiers.Delivery{ID: id, Subscriber: "c1", Upgrade: "u1", Channel: "slack", Root: root, Notice: events.Notice{Form: form}}
}

// run lets a courier work for d of false time.
func run(t *testing.T, d time.Duration, o *office, ch map[string]notifiers.Notifier, w writer, g courier.Guard) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	if err := courier.New(o, ch, w, o, g, courier.Config{}, slog.New(slog.DiscardHandler)).Run(ctx); err != nil {
		t.Fatalf("Run: %v", err)
	}
}
