package store

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"sync"
)

const (
	upsertPerson = `INSERT INTO people (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`
	deletePerson = `DELETE FROM people WHERE key = ?`
)

// PutPeople mirrors one personal datum; a nil value erases it, also from the
// free pages of the file and, unless a reader holds it up, from its log.
func (s *Store) PutPeople(ctx context.Context, key string, value []byte) error {
	// A node hears of everybody at each start, and of most nothing new.
	known, err := s.People(ctx, key)
	if err == nil && value != nil && known != nil && bytes.Equal(known, value) {
		return nil
	}
	err = s.Update(ctx, func(tx *Tx) error {
		if value == nil {
			return tx.exec(deletePerson, key)
		}
		return tx.exec(upsertPerson, key, value)
	})
	if err == nil && value == nil {
		err = s.truncate(ctx)
	}
	s.mirrored.change()
	if err != nil {
		return fmt.Errorf("put person %q: %w", key, err)
	}
	return nil
}

// truncate empties the write-ahead log, where earlier contents stand until
// they are overwritten. A reader can hold it up; the next checkpoint catches
// up.
func (s *Store) truncate(ctx context.Context) error {
	s.write.mu.Lock()
	defer s.write.mu.Unlock()
	var busy, frames, done int
	return s.write.conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &done)
}

// WaitPeople returns when this node mirrors a personal datum.
func (s *Store) WaitPeople(ctx context.Context, key string) error {
	for {
		changed := s.mirrored.next() // before it is read
		v, err := s.People(ctx, key)
		if err != nil || v != nil {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("wait for person %q: %w", key, context.Cause(ctx))
		}
	}
}

// changes tells those who wait of the next change.
type changes struct {
	mu sync.Mutex
	ch chan struct{} // closed by the next change; nil while nobody waits
}

func (c *changes) change() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ch != nil {
		close(c.ch)
		c.ch = nil
	}
}

// next is closed by the next change.
func (c *changes) next() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ch == nil {
		c.ch = make(chan struct{})
	}
	return c.ch
}

const selectPerson = `SELECT value FROM people WHERE key = ?`

// People is one personal datum; nil if there is none.
func (s *Store) People(ctx context.Context, key string) ([]byte, error) {
	var v []byte
	_, err := s.row(ctx, selectPerson, []any{key}, &v)
	return v, err
}

// A prefix is compared as text, so that no key is taken for a pattern, and as a
// range, so that the index finds it among a hundred thousand people.
const selectPeople = `SELECT key, value FROM people WHERE key >= ?1 AND key < ?1 || char(1114111)`

// AllPeople is every personal datum whose key begins with prefix.
func (s *Store) AllPeople(ctx context.Context, prefix string) (map[string][]byte, error) {
	all := make(map[string][]byte)
	err := s.each(ctx, selectPeople, []any{prefix}, func(rows *sql.Rows) error {
		var k string
		var v []byte
		err := rows.Scan(&k, &v)
		all[k] = v
		return err
	})
	return all, err
}
