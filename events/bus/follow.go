package bus

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// batchMax is how many facts are handed over at most at once.
	batchMax = 256
	// gather is how long after a batch outcomes alone make the next one, so
	// that a hundred thousand of them are not thousands of transactions.
	gather = 50 * time.Millisecond
	// verifyEvery is how often a follower looks whether the log is still
	// the one it follows: a stream that was made anew behind a connection
	// goes on under the same numbers, or falls silent.
	verifyEvery = 10 * time.Second
	// consumerLife is how long the server keeps a reader that is gone.
	consumerLife = 30 * time.Second
)

// Genesis is the first link of the hash chain over the facts of a log.
func Genesis(log string) []byte {
	sum := sha256.Sum256([]byte("upgradehub log " + log))
	return sum[:]
}

// Link is the next link of the hash chain: it depends on every fact before
// it, its own position, subject and bytes.
func Link(prev []byte, seq uint64, subject string, raw []byte) []byte {
	h := sha256.New()
	var n [8]byte
	number := func(v uint64) {
		binary.BigEndian.PutUint64(n[:], v)
		h.Write(n[:])
	}
	h.Write(prev)
	number(seq)
	number(uint64(len(subject)))
	h.Write([]byte(subject))
	number(uint64(len(raw)))
	h.Write(raw)
	return h.Sum(nil)
}

// Follow calls handle with the facts after the position, in order, as many
// as are ready (at most 256), until ctx ends or handle fails. Outcomes, of which
// there may be many, wait up to 50 ms after a batch for the next. It verifies
// first, and from time to time, that the log continues the position: another
// log, or one that lost facts, ends it with [ErrOtherLog], a missing fact
// with [ErrGap]. While NATS is away it waits.
func (b *Bus) Follow(ctx context.Context, after Position, handle func(context.Context, []Fact) error) error {
	if err := b.verify(ctx, &after); err != nil {
		return fmt.Errorf("follow log: %w", err)
	}
	msgs, err := b.read(ctx, b.facts, after.Seq+1)
	if err != nil {
		return fmt.Errorf("follow log: %w", err)
	}
	defer msgs.stop()
	check := time.NewTicker(verifyEvery)
	defer check.Stop()
	var handled time.Time
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-check.C:
			err = b.verify(ctx, &after)
		case m, ok := <-msgs.ready:
			if !ok {
				return fmt.Errorf("follow log: %w", msgs.end(ctx))
			}
			err = b.handOver(ctx, msgs.drain(ctx, m, handled.Add(gather)), &after, handle)
			handled = time.Now()
		}
		if err != nil {
			return err
		}
	}
}

// handOver checks that a batch continues the position and handles it.
func (b *Bus) handOver(ctx context.Context, batch []jetstream.Msg, after *Position, handle func(context.Context, []Fact) error) error {
	facts := make([]Fact, 0, len(batch))
	seq := after.Seq
	for _, m := range batch {
		md, err := m.Metadata()
		if err != nil {
			return fmt.Errorf("follow log: %w", err)
		}
		if err := CheckNext(seq, md.Sequence.Stream); err != nil {
			return fmt.Errorf("follow log: %w", err)
		}
		seq++
		facts = append(facts, readFact(seq, m.Subject(), m.Data()))
	}
	if err := handle(ctx, facts); err != nil {
		return err
	}
	after.Seq, after.Raw = seq, facts[len(facts)-1].Raw
	return nil
}

// CheckNext returns [ErrGap] unless seq is the sequence that follows prev.
func CheckNext(prev, seq uint64) error {
	if seq == prev+1 {
		return nil
	}
	return fmt.Errorf("%w: after fact %d came fact %d", ErrGap, prev, seq)
}

// Verify makes sure that the log continues the position, as [Bus.Follow] does
// when it begins, and opens a log that is empty for a fresh position. Nothing
// should be written before: it would be written into the wrong log.
func (b *Bus) Verify(ctx context.Context, after Position) error {
	if err := b.verify(ctx, &after); err != nil {
		return fmt.Errorf("verify log: %w", err)
	}
	return nil
}

// verify makes sure that the log is the one the position is from and still
// holds it. It fills in the identity of a fresh position.
func (b *Bus) verify(ctx context.Context, after *Position) error {
	err := retry(ctx, func(ctx context.Context) error { return b.verifyOnce(ctx, after) })
	// A new leader of a replicated stream may for a moment not yet know what
	// it holds: a verdict that stops this node must stand.
	for range b.doubts() {
		if !errors.Is(err, ErrOtherLog) || wait(ctx, time.Second) != nil {
			break
		}
		err = retry(ctx, func(ctx context.Context) error { return b.verifyOnce(ctx, after) })
	}
	return err
}

// doubts is how often a bad verdict over the log is asked for again.
func (b *Bus) doubts() int {
	if b.facts.CachedInfo().Config.Replicas > 1 {
		return 5
	}
	return 0
}

func (b *Bus) verifyOnce(ctx context.Context, after *Position) error {
	if after.Log == "" {
		id, err := b.Identity(ctx)
		after.Log = id
		return err
	}
	if err := b.verifyIdentity(ctx, after); err != nil {
		return err
	}
	return b.verifyEnd(ctx, *after)
}

func (b *Bus) verifyIdentity(ctx context.Context, after *Position) error {
	id, err := b.firstFact(ctx)
	switch {
	case errors.Is(err, errEmpty):
		return fmt.Errorf("%w: the log is empty, this file knows %d facts of log %s; "+
			"start with the NATS data this file was made from", ErrOtherLog, after.Seq, after.Log)
	case err != nil:
		return err
	case id != after.Log:
		return fmt.Errorf("%w: this is log %s, the file was made from log %s; "+
			"start with the right log, or move the file away, with the -wal and -shm beside it, to build it anew from this one", ErrOtherLog, id, after.Log)
	}
	return nil
}

func (b *Bus) verifyEnd(ctx context.Context, after Position) error {
	if after.Seq == 0 {
		return nil
	}
	last, err := b.Last(ctx)
	if err != nil {
		return err
	}
	if last < after.Seq {
		return fmt.Errorf("%w: the log ends at %d, this file knows %d: the log lost facts", ErrOtherLog, last, after.Seq)
	}
	m, err := b.facts.GetMsg(ctx, after.Seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return fmt.Errorf("%w: fact %d, which this file knows, is missing", ErrOtherLog, after.Seq)
	}
	if err != nil {
		return err
	}
	if after.Raw != nil && !bytes.Equal(m.Data, after.Raw) {
		return fmt.Errorf("%w: fact %d is not the one this file knows", ErrOtherLog, after.Seq)
	}
	return nil
}

// reader hands over what an ordered consumer delivers without anyone having
// to wait for it.
type reader struct {
	ready chan jetstream.Msg // closed when nothing more comes
	err   error              // why; to be read after ready was closed
	stop  context.CancelFunc
}

// read starts to read a stream at a sequence.
func (b *Bus) read(ctx context.Context, s jetstream.Stream, start uint64) (*reader, error) {
	var it jetstream.MessagesContext
	err := retry(ctx, func(ctx context.Context) error {
		c, err := s.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{
			DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
			OptStartSeq:       start,
			InactiveThreshold: consumerLife,
		})
		if err != nil {
			return err
		}
		it, err = c.Messages(jetstream.PullMaxMessages(batchMax), jetstream.PullExpiry(verifyEvery))
		return err
	})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	r := &reader{ready: make(chan jetstream.Msg, batchMax), stop: cancel}
	b.readers.Go(func() { // ends with ctx or the connection
		defer cancel()
		r.run(ctx, it)
	})
	return r, nil
}

func (r *reader) run(ctx context.Context, it jetstream.MessagesContext) {
	defer close(r.ready)
	// Next does not look at ctx while it makes a new consumer, but sees that
	// it was stopped. Stop itself may then wait, so it has its own goroutine.
	context.AfterFunc(ctx, it.Stop)
	for {
		m, err := it.Next(jetstream.NextContext(ctx))
		if err != nil {
			r.err = err
			return
		}
		select {
		case r.ready <- m:
		case <-ctx.Done():
			r.err = ctx.Err()
			return
		}
	}
}

// drain returns m and whatever else is ready. As long as those are outcomes only,
// it waits for more until a time that is soon.
func (r *reader) drain(ctx context.Context, m jetstream.Msg, until time.Time) []jetstream.Msg {
	batch := []jetstream.Msg{m}
	for patient := isOutcome(m); len(batch) < batchMax; {
		m, ok := r.another(ctx, patient, until)
		if !ok {
			return batch
		}
		batch = append(batch, m)
		patient = patient && isOutcome(m)
	}
	return batch
}

// another is the next that is ready, or will be if there is patience.
func (r *reader) another(ctx context.Context, patient bool, until time.Time) (jetstream.Msg, bool) {
	select {
	case m, ok := <-r.ready:
		return m, ok
	default:
	}
	wait := time.Until(until)
	if !patient || wait <= 0 {
		return nil, false
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case m, ok := <-r.ready:
		return m, ok
	case <-timer.C:
	case <-ctx.Done():
	}
	return nil, false
}

// isOutcome reports whether a fact says what became of messages. Nobody waits
// for one, and while many are told there is one for each few of them.
func isOutcome(m jetstream.Msg) bool { return strings.HasPrefix(m.Subject(), "facts.outcome.") }

// end is why the reader ended.
func (r *reader) end(ctx context.Context) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, r.err)
}
