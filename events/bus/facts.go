package bus

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"upgradehub/events"
)

// publishWait is how long NATS may take to acknowledge.
const publishWait = 15 * time.Second

// Append stores a fact and returns its sequence; [ErrExists] with the
// sequence of the stored one if the fact is there already, [ErrUnstorable] if
// no try can store it. When NATS does not answer it tries again for up to
// 15 s, then returns [ErrUnavailable].
func (b *Bus) Append(ctx context.Context, e events.Event) (uint64, error) {
	raw, err := json.Marshal(e)
	if err != nil {
		return 0, fmt.Errorf("append fact %q: %w: %w", e.ID, ErrUnstorable, err)
	}
	subject := e.Subject()
	seq, err := b.append(ctx, subject, raw)
	if tooLarge(err) {
		err = fmt.Errorf("%w: %d bytes: %w", ErrUnstorable, len(raw), err)
	}
	if err != nil {
		return seq, fmt.Errorf("append fact %q: %w", subject, err)
	}
	return seq, nil
}

func (b *Bus) append(ctx context.Context, subject string, raw []byte) (seq uint64, err error) {
	maybe := false
	err = b.persist(ctx, factsStream, func(ctx context.Context) error {
		var err error
		seq, err = b.appendOnce(ctx, subject, raw, maybe)
		maybe = maybe || !errors.Is(err, errUnderWay)
		return err
	})
	return seq, err
}

// appendOnce tries once to store the fact. It may be there already from an
// earlier try whose acknowledgement was lost, if maybe says so.
func (b *Bus) appendOnce(ctx context.Context, subject string, raw []byte, maybe bool) (uint64, error) {
	ack, err := b.js.PublishMsg(ctx, &nats.Msg{Subject: subject, Data: raw},
		jetstream.WithExpectStream(factsStream), jetstream.WithExpectLastSequencePerSubject(0))
	if err == nil {
		return ack.Sequence, nil
	}
	if !wrongSequence(err) {
		return 0, err
	}
	stored, err := b.FactAt(ctx, subject)
	switch {
	case errors.Is(err, ErrNoFact):
		return 0, errUnderWay
	case err != nil:
		return 0, err
	case maybe && bytes.Equal(stored.Raw, raw):
		return stored.Seq, nil
	}
	return stored.Seq, fmt.Errorf("%w: sequence %d", ErrExists, stored.Seq)
}

// errUnderWay: a cluster refuses a second write of the same while the first
// is on its way to the disks, and cannot yet be read.
var errUnderWay = errors.New("the same is being written")

// persist repeats a write to a stream while NATS does not answer; after
// publishWait the log is unavailable.
func (b *Bus) persist(ctx context.Context, stream string, write func(context.Context) error) error {
	return insist(ctx, func(ctx context.Context) error {
		err := write(ctx)
		b.noteFull(stream, err)
		return err
	})
}

// noteFull remembers which streams refuse because the disk is full.
func (b *Bus) noteFull(stream string, err error) {
	apiErr, ok := errors.AsType[*jetstream.APIError](err)
	switch {
	case err == nil:
		b.full.Delete(stream)
	case ok && apiErr.ErrorCode == codeNoResources:
		b.full.Store(stream, true)
	}
}

// insist repeats f while NATS does not answer, for publishWait at most.
func insist(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, publishWait)
	defer cancel()
	return away(retry(ctx, f))
}

// away makes an error that means that NATS does not answer, or cannot now,
// an [ErrUnavailable].
func away(err error) error {
	if err != nil && unanswered(err) {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}

func unanswered(err error) bool {
	return transient(err) || errors.Is(err, nats.ErrConnectionClosed)
}

// FactAt reads the fact stored under a subject; [ErrNoFact] if there is none.
func (b *Bus) FactAt(ctx context.Context, subject string) (Fact, error) {
	m, err := b.facts.GetLastMsgForSubject(ctx, subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return Fact{}, fmt.Errorf("fact %q: %w", subject, ErrNoFact)
	}
	if err != nil {
		return Fact{}, fmt.Errorf("fact %q: %w", subject, away(err))
	}
	return readFact(m.Sequence, m.Subject, m.Data), nil
}

// readFact reads what lies in the log. What it cannot read it keeps raw.
func readFact(seq uint64, subject string, raw []byte) Fact {
	f := Fact{Seq: seq, Subject: subject, Raw: raw}
	if err := json.Unmarshal(raw, &f.Event); err != nil {
		f.Event = events.Event{}
		f.Err = fmt.Errorf("read fact %d %q: %w", seq, subject, err)
	}
	return f
}

// Last is the sequence of the newest fact.
func (b *Bus) Last(ctx context.Context) (uint64, error) {
	info, err := b.facts.Info(ctx)
	if err != nil {
		return 0, fmt.Errorf("last fact: %w", away(err))
	}
	return info.State.LastSeq, nil
}

// Identity is the log's identity; it opens the log when it is empty.
func (b *Bus) Identity(ctx context.Context) (string, error) {
	id, err := b.identity(ctx)
	if !errors.Is(err, errEmpty) {
		return id, err
	}
	if err := b.openLog(ctx); err != nil {
		return "", fmt.Errorf("open the log: %w", err)
	}
	return b.identity(ctx)
}

// errEmpty: nobody has opened the log yet.
var errEmpty = errors.New("the log is empty")

// identity reads the first fact; it does not open the log.
func (b *Bus) identity(ctx context.Context) (id string, err error) {
	err = insist(ctx, func(ctx context.Context) error {
		id, err = b.firstFact(ctx)
		return err
	})
	return id, err
}

func (b *Bus) firstFact(ctx context.Context) (string, error) {
	// Looked up first: a fact that comes between the two questions must
	// not look like one that is missing.
	last, err := b.Last(ctx)
	if err != nil {
		return "", err
	}
	if last == 0 {
		return "", errEmpty
	}
	m, err := b.facts.GetMsg(ctx, 1)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return "", fmt.Errorf("%w: fact 1, which holds the log's identity, is missing; the log ends at %d", ErrGap, last)
	}
	if err != nil {
		return "", fmt.Errorf("read fact 1: %w", err)
	}
	opened, ok := readFact(1, m.Subject, m.Data).Event.Data.(*events.LogOpened)
	if !ok {
		return "", fmt.Errorf("%w: fact 1 is not %s; this stream %s was not made by a hub", ErrOtherLog, events.TypeLogOpened, factsStream)
	}
	return opened.Log, nil
}

// openLog writes the first fact. When another node is faster, its fact
// stands and there is nothing to do.
func (b *Bus) openLog(ctx context.Context) error {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	log := hex.EncodeToString(id[:])
	now := b.cfg.Clock.Now()
	e := events.Event{
		ID: log, Source: "hub", Type: events.TypeLogOpened,
		Time: now, Recorded: now,
		Data: &events.LogOpened{Log: log},
	}
	raw, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return b.persist(ctx, factsStream, func(ctx context.Context) error {
		_, err := b.js.PublishMsg(ctx, &nats.Msg{Subject: e.Subject(), Data: raw},
			jetstream.WithExpectStream(factsStream), jetstream.WithExpectLastSequence(0))
		if err != nil && wrongSequence(err) {
			return nil
		}
		return err
	})
}
