package bus

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// The one key of DUTY, and its subject.
const (
	dutyKey     = "duty"
	dutySubject = "$KV." + dutyBucket + "." + dutyKey
)

// Lease is the duty lease as held by this node. It may be used by many
// goroutines.
type Lease struct {
	bus   *Bus
	value []byte
	ttl   time.Duration

	turn     sync.Mutex // one request at a time
	revision uint64     // of the key, as this node wrote it

	mu      sync.Mutex // never held while NATS is asked
	expires time.Time
}

// holder is what the key holds.
type holder struct {
	Node    string    `json:"node"`
	Started time.Time `json:"started"`
}

// TryLease takes the duty lease if it is free, expired, or held under this
// very node name; ok is false when another node holds it. Two hubs must
// never have one name. The ttl is at least a second.
func (b *Bus) TryLease(ctx context.Context, node string, ttl time.Duration) (lease *Lease, ok bool, err error) {
	value, err := json.Marshal(holder{Node: node, Started: time.Now().UTC()})
	if err != nil {
		return nil, false, fmt.Errorf("take lease: %w", away(err))
	}
	l := &Lease{bus: b, value: value, ttl: max(ttl, time.Second)}
	sent := time.Now()
	l.revision, err = b.duty.Create(ctx, dutyKey, value, jetstream.KeyTTL(l.serverTTL()))
	if errors.Is(err, jetstream.ErrKeyExists) {
		return l.takeOver(ctx, node)
	}
	if err != nil {
		return nil, false, fmt.Errorf("take lease: %w", away(err))
	}
	l.endsAt(sent.Add(l.ttl))
	return l, true, nil
}

// takeOver takes the lease that this node's predecessor left behind.
func (l *Lease) takeOver(ctx context.Context, node string) (*Lease, bool, error) {
	entry, err := l.bus.duty.Get(ctx, dutyKey)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, false, nil // it ended just now: free at the next try
	}
	if err != nil {
		return nil, false, fmt.Errorf("take lease: %w", away(err))
	}
	var h holder
	if json.Unmarshal(entry.Value(), &h) != nil || h.Node != node {
		return nil, false, nil //nolint:nilerr // what cannot be read is not ours
	}
	l.revision = entry.Revision()
	if err := l.Renew(ctx); err != nil {
		if errors.Is(err, errLost) {
			return nil, false, nil
		}
		return nil, false, fmt.Errorf("take lease: %w", away(err))
	}
	return l, true, nil
}

// errLost: another node has the lease.
var errLost = errors.New("another node has the lease")

// Renew extends the lease by its ttl. An error that is [ErrUnavailable] means
// that NATS did not answer, and the lease holds until it expires; any other
// that it is lost: it has expired at once.
func (l *Lease) Renew(ctx context.Context) error {
	l.turn.Lock()
	defer l.turn.Unlock()
	err := l.renew(ctx)
	if err != nil && wrongSequence(err) && l.stillOurs(ctx) {
		err = l.renew(ctx)
	}
	if err != nil && wrongSequence(err) {
		l.endsAt(time.Time{})
		err = errLost
	}
	if err != nil {
		return fmt.Errorf("renew lease: %w", away(err))
	}
	return nil
}

func (l *Lease) renew(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, l.ttl)
	defer cancel()
	// The moment before the request: the server counts from a later one.
	sent := time.Now()
	ack, err := l.bus.js.PublishMsg(ctx, &nats.Msg{Subject: dutySubject, Data: l.value},
		jetstream.WithExpectLastSequencePerSubject(l.revision), jetstream.WithMsgTTL(l.serverTTL()))
	if err != nil {
		return err
	}
	l.revision = ack.Sequence
	l.endsAt(sent.Add(l.ttl))
	return nil
}

// stillOurs finds out whether an earlier renewal, whose acknowledgement was
// lost, is what stands in the way of this one.
func (l *Lease) stillOurs(ctx context.Context) bool {
	entry, err := l.bus.duty.Get(ctx, dutyKey)
	if err != nil || !bytes.Equal(entry.Value(), l.value) {
		return false
	}
	l.revision = entry.Revision()
	return true
}

// serverTTL is the ttl in whole seconds: the server cuts off the rest.
func (l *Lease) serverTTL() time.Duration {
	return (l.ttl + time.Second - 1).Truncate(time.Second)
}

// Expires is when the lease ends unless it is renewed. It is counted by this
// machine's monotonic clock and lies before the end in NATS. It never waits.
func (l *Lease) Expires() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.expires
}

func (l *Lease) endsAt(t time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.expires = t
}

// Release gives the lease up, so that another node takes duty at once. A
// lease that another node has already is left to it.
func (l *Lease) Release(ctx context.Context) error {
	l.turn.Lock()
	defer l.turn.Unlock()
	l.endsAt(time.Time{})
	err := l.bus.duty.Delete(ctx, dutyKey, jetstream.LastRevision(l.revision))
	if err != nil && !wrongSequence(err) {
		return fmt.Errorf("release lease: %w", away(err))
	}
	return nil
}
