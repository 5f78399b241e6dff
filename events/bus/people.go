package bus

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// PutPerson writes personal data under a key ("person.<id>", "answer.<id>").
// What stood there is overwritten on the disk of an embedded server first: put
// aside by the new value, no erasure would find it any more. A crash between
// the two leaves the key without a value in the bucket, and the value it had in
// each node's mirror.
func (b *Bus) PutPerson(ctx context.Context, key string, value []byte) error {
	err := b.persist(ctx, peopleBucket, func(ctx context.Context) error {
		stands, err := b.Person(ctx, key)
		if err != nil || stands != nil && bytes.Equal(stands, value) {
			return err
		}
		if stands != nil {
			if _, err := b.overwrite(ctx, key); err != nil {
				return err
			}
		}
		_, err = b.people.Put(ctx, key, value)
		return err
	})
	if err != nil {
		return fmt.Errorf("put %q: %w", key, err)
	}
	return nil
}

// AddPerson writes personal data under a key that has none, and returns what
// stands there: value, or what was there before.
func (b *Bus) AddPerson(ctx context.Context, key string, value []byte) (stands []byte, err error) {
	err = b.persist(ctx, peopleBucket, func(ctx context.Context) error {
		_, err := b.people.Create(ctx, key, value)
		if errors.Is(err, jetstream.ErrKeyExists) {
			stands, err = b.Person(ctx, key)
			return err
		}
		stands = value
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("add %q: %w", key, err)
	}
	return stands, nil
}

// Person reads personal data; nil if there is none.
func (b *Bus) Person(ctx context.Context, key string) ([]byte, error) {
	entry, err := b.people.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("get %q: %w", key, away(err))
	}
	return entry.Value(), nil
}

// RenewPerson puts what stands under a key there anew, so that neither its place
// in the bucket nor its time tells beside what else it came. What is erased
// meanwhile stays so.
func (b *Bus) RenewPerson(ctx context.Context, key string) error {
	stands, err := b.Person(ctx, key)
	if err != nil || stands == nil {
		return err
	}
	err = b.persist(ctx, peopleBucket, func(ctx context.Context) error {
		left, err := b.overwrite(ctx, key)
		if err != nil {
			return err
		}
		_, err = b.people.Update(ctx, key, stands, left) // refused behind the marker of an erasure
		if wrongSequence(err) {
			return nil
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("renew %q: %w", key, err)
	}
	return nil
}

// ErasePerson purges personal data, and overwrites it on the disk of an
// embedded server.
func (b *Bus) ErasePerson(ctx context.Context, key string) error {
	err := b.persist(ctx, peopleBucket, func(ctx context.Context) error {
		if _, err := b.overwrite(ctx, key); err != nil {
			return err
		}
		// The marker it leaves tells those who watch.
		return b.people.Purge(ctx, key)
	})
	if err != nil {
		return fmt.Errorf("erase %q: %w", key, err)
	}
	return nil
}

// overwrite makes the server write over the bytes of a value: a purge alone
// only forgets where they are. left is the revision of a value that stays because
// the bucket forbids it, as one does that was made by other means; else 0.
func (b *Bus) overwrite(ctx context.Context, key string) (left uint64, err error) {
	entry, err := b.people.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	err = b.peopleStream.SecureDeleteMsg(ctx, entry.Revision())
	if err == nil || transient(err) {
		return 0, err
	}
	b.log.WarnContext(ctx, "personal data not overwritten on disk: make the bucket PEOPLE without deny_delete", "err", err)
	return entry.Revision(), nil
}

// WatchPeople calls put for every personal datum, first those that exist,
// then each change; value is nil when it was erased. ready is called once
// when all that exists was seen. It ends with ctx or when put fails.
func (b *Bus) WatchPeople(ctx context.Context, put func(key string, value []byte) error, ready func()) error {
	var w jetstream.KeyWatcher
	err := retry(ctx, func(context.Context) (err error) {
		w, err = b.people.WatchAll(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("watch people: %w", away(err))
	}
	defer endWatch(w)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case entry, ok := <-w.Updates():
			if !ok {
				return fmt.Errorf("watch people: %w", errors.Join(ctx.Err(), ErrUnavailable))
			}
			if entry == nil {
				ready()
				continue
			}
			if err := put(entry.Key(), entryValue(entry)); err != nil {
				return err
			}
		}
	}
}

// endWatch stops the watcher and reads what is under way, because its
// sender waits to be read.
func endWatch(w jetstream.KeyWatcher) {
	if w.Stop() != nil {
		return // the connection is closed, and so is the watcher
	}
	for range w.Updates() {
		continue // until it is closed
	}
}

// entryValue is nil for what was erased, and only for that.
func entryValue(entry jetstream.KeyValueEntry) []byte {
	if entry.Operation() != jetstream.KeyValuePut {
		return nil
	}
	if v := entry.Value(); v != nil {
		return v
	}
	return []byte{}
}
