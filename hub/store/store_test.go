package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"upgradehub/events"
	"upgradehub/events/bus"
	"upgradehub/hub/ingest"
	"upgradehub/hub/store"
	"upgradehub/statuspage"
)

var noon = time.Date(2025, 6, 30, 12, 0, 0, 0, time.UTC)

func open(t testing.TB, path string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func fresh(t testing.TB) *store.Store {
	t.Helper()
	s := open(t, filepath.Join(t.TempDir(), "hub.db"))
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close() error = %v", err)
		}
	})
	return s
}

// fact is a fact whose text stands for its sequence.
func fact(t testing.TB, seq uint64) bus.Fact {
	t.Helper()
	e := events.Event{ID: fmt.Sprint(seq), Source: "hub", Type: events.TypeHold, Recorded: noon, Data: &events.Hold{By: "lead"}}
	if seq == 1 {
		e.Type, e.Data = events.TypeLogOpened, &events.LogOpened{Log: "abc"}
	}
	raw, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return bus.Fact{Seq: seq, Subject: e.Subject(), Raw: raw, Event: e}
}

func fold(ctx context.Context, s *store.Store, facts ...bus.Fact) error {
	return ingest.New(s, nil, slog.New(slog.DiscardHandler)).Handle(ctx, facts)
}

func TestOpenKeepsWhatWasCommitted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new dir", "odd?name%20.db")
	s := open(t, path)
	if log, seq := s.Position(); log != "" || seq != 0 {
		t.Errorf("Position() = %q, %d of a fresh file", log, seq)
	}
	if p, err := s.Resume(t.Context()); err != nil || p.Seq != 0 || len(p.Raw) != 0 {
		t.Errorf("Resume() = %+v, %v of a fresh file", p, err)
	}
	last := fact(t, 2)
	if err := errors.Join(fold(t.Context(), s, fact(t, 1), last), s.Close()); err != nil {
		t.Fatal(err)
	}
	s = open(t, path)
	defer s.Close()
	if log, seq := s.Position(); log != "abc" || seq != 2 {
		t.Errorf("Position() = %q, %d, want abc, 2", log, seq)
	}
	if p, err := s.Resume(t.Context()); err != nil || p.Log != "abc" || p.Seq != 2 || !bytes.Equal(p.Raw, last.Raw) {
		t.Errorf("Resume() = %+v, %v, want abc, 2 and the raw fact", p, err)
	}
}

func TestFileIsPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hub.db")
	s := open(t, path)
	defer s.Close()
	for _, name := range []string{path, path + "-wal"} {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode of %s = %v, %v, want 0600", filepath.Base(name), info, err)
		}
	}
}

func TestNewerDatabaseIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hub.db")
	if err := open(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	query(t, path, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)")
	_, err := store.Open(t.Context(), path, slog.New(slog.DiscardHandler))
	if !errors.Is(err, store.ErrNewer) || !strings.Contains(err.Error(), "9999") || !strings.Contains(err.Error(), path) {
		t.Errorf("Open() error = %v, want ErrNewer with the file and its schema", err)
	}
}

func TestOpenRefusesWhatIsNoDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hub.db")
	if err := os.WriteFile(path, bytes.Repeat([]byte("no database "), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(t.Context(), path, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("Open() error = %v, want one that names the file", err)
	}
}

// query runs a statement on a connection of its own and returns the first
// column of the first row.
func query(t testing.TB, path, statement string) string {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var v string
	if err := db.QueryRowContext(t.Context(), statement).Scan(&v); err != nil && !errors.Is(err, sql.ErrNoRows) {
		t.Fatal(err)
	}
	return v
}

func TestTablesAreStrict(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hub.db")
	if err := open(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	got := query(t, path, `SELECT coalesce(group_concat(name), '') FROM pragma_table_list
		WHERE schema = 'main' AND strict = 0 AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'goose%'`)
	if got != "" {
		t.Errorf("tables %s are not STRICT", got)
	}
	if mode := query(t, path, "PRAGMA journal_mode"); mode != "wal" {
		t.Errorf("journal mode is %s, want wal", mode)
	}
}

func TestUpdateIsAllOrNothing(t *testing.T) {
	broken := errors.New("broken")
	tests := []struct {
		name string
		f    func(*store.Tx) error
	}{
		{"error", func(tx *store.Tx) error {
			return errors.Join(tx.PutMeta(store.Meta{Seq: 9}), tx.PutDuty(events.Duty{Epoch: 1}, 1), broken)
		}},
		{"panic", func(tx *store.Tx) error {
			if err := tx.PutMeta(store.Meta{Seq: 9}); err != nil {
				return err
			}
			panic(broken)
		}},
		{"constraint", func(tx *store.Tx) error {
			return errors.Join(tx.PutMeta(store.Meta{Seq: 9}), tx.PutSubscriber(store.SubscriberRow{ID: "a", State: "nonsense"}))
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := fresh(t)
			before, err := s.Digest(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if !fails(t.Context(), s, tt.f) {
				t.Error("Update() succeeded")
			}
			if after, err := s.Digest(t.Context()); err != nil || after != before {
				t.Errorf("digest changed, %v", err)
			}
			if _, seq := s.Position(); seq != 0 {
				t.Errorf("position %d, want 0", seq)
			}
			if err := fold(t.Context(), s, fact(t, 1)); err != nil {
				t.Errorf("the next update: %v", err)
			}
		})
	}
}

// fails reports whether the update ends with an error or a panic.
func fails(ctx context.Context, s *store.Store, f func(*store.Tx) error) (failed bool) {
	defer func() { failed = recover() != nil || failed }()
	return s.Update(ctx, f) != nil
}

func TestUpdateUnderWayIsFinished(t *testing.T) {
	s := fresh(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := s.Update(ctx, func(tx *store.Tx) error {
		cancel()
		return tx.PutMeta(store.Meta{Log: "abc", Seq: 3})
	})
	if _, seq := s.Position(); err != nil || seq != 3 {
		t.Errorf("Update() error = %v at position %d, want it committed", err, seq)
	}
	if err := s.Update(ctx, func(*store.Tx) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("Update() after the end error = %v, want context.Canceled", err)
	}
}

func TestLastRecordedNeverShrinks(t *testing.T) {
	s := fresh(t)
	at := noon.Add(1234567 * time.Nanosecond)
	if err := s.Update(t.Context(), func(tx *store.Tx) error { return tx.PutMeta(store.Meta{LastRecorded: at}) }); err != nil {
		t.Fatal(err)
	}
	m, err := s.Meta(t.Context())
	if err != nil || m.LastRecorded.Before(at) || m.LastRecorded.Sub(at) >= time.Microsecond {
		t.Errorf("LastRecorded = %s, %v, want %s or just after", m.LastRecorded, err, at)
	}
}

func TestPeople(t *testing.T) {
	s := fresh(t)
	for k, v := range map[string]string{"person.a": "Ann", "person.b": "Bob", "personal%": "x", "answer.1": "good"} {
		if err := s.PutPeople(t.Context(), k, []byte(v)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(s.PutPeople(t.Context(), "person.a", []byte("Anna")), s.PutPeople(t.Context(), "person.b", nil),
		s.PutPeople(t.Context(), "person.c", []byte{})); err != nil {
		t.Fatal(err)
	}
	for k, want := range map[string]string{"person.a": "Anna", "person.b": "", "person.c": "", "other": ""} {
		if got, err := s.People(t.Context(), k); err != nil || string(got) != want {
			t.Errorf("People(%s) = %q, %v, want %q", k, got, err, want)
		}
	}
	all, err := s.AllPeople(t.Context(), "person.")
	if err != nil || len(all) != 2 || string(all["person.a"]) != "Anna" {
		t.Errorf("AllPeople(person.) = %q, %v, want a and c", all, err)
	}
}

func TestErasedIsGoneFromDisk(t *testing.T) {
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "hub.db"))
	defer s.Close()
	secret := strings.Repeat("someone@example.org ", 50)
	if err := errors.Join(s.PutPeople(t.Context(), "person.a", []byte(secret)), s.PutPeople(t.Context(), "person.b", []byte("stays")),
		s.PutPeople(t.Context(), "person.a", nil)); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) == 0 {
		t.Fatalf("files %v, %v", files, err)
	}
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(data, []byte("someone@example.org")) {
			t.Errorf("%s still holds the address", f.Name())
		}
	}
}

func TestPeopleAreNotPartOfTheDigest(t *testing.T) {
	s := fresh(t)
	before, err := s.Digest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.PutPeople(t.Context(), "person.a", []byte("x")); err != nil {
		t.Fatal(err)
	}
	if after, err := s.Digest(t.Context()); err != nil || after != before {
		t.Errorf("digest changed with a person, %v", err)
	}
}

func TestWait(t *testing.T) {
	s := fresh(t)
	done := make(chan error, 2)
	for seq := range uint64(2) {
		go func() { done <- s.Wait(t.Context(), seq+1) }() // ends with the second fact
	}
	for seq := range uint64(2) {
		if err := fold(t.Context(), s, fact(t, seq+1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(<-done, <-done, s.Wait(t.Context(), 1), s.Wait(t.Context(), 0)); err != nil {
		t.Error(err)
	}
}

func TestWaitEndsWithItsContext(t *testing.T) {
	s := fresh(t)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if err := s.Wait(ctx, 5); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Wait() error = %v, want DeadlineExceeded", err)
		}
	})
}

func TestReadersNeverWaitForTheWriter(t *testing.T) {
	s := fresh(t)
	const n = 200
	ctx, cancel := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			var last uint64
			for ctx.Err() == nil {
				m, err := s.Meta(t.Context())
				facts, err2 := s.Facts(t.Context(), 0, n+1)
				if err != nil || err2 != nil || m.Seq < last || uint64(len(facts)) < m.Seq {
					t.Errorf("read %d facts at %d after %d, %v, %v", len(facts), m.Seq, last, err, err2)
					return
				}
				last = m.Seq
			}
		})
	}
	for seq := range uint64(n) {
		if err := fold(t.Context(), s, fact(t, seq+1)); err != nil {
			t.Error(err)
			break
		}
	}
	err := s.Update(t.Context(), func(*store.Tx) error { // a reader sees the last commit meanwhile
		m, err := s.Meta(t.Context())
		if m.Seq != n {
			t.Errorf("read position %d during a transaction, want %d", m.Seq, n)
		}
		return err
	})
	cancel()
	readers.Wait()
	if err != nil {
		t.Error(err)
	}
}

func TestUnknownUpgrade(t *testing.T) {
	s := fresh(t)
	if _, err := s.Upgrade(t.Context(), "nobody"); !errors.Is(err, statuspage.ErrNotFound) {
		t.Errorf("Upgrade() error = %v, want ErrNotFound", err)
	}
	if _, known, err := s.Delivery(t.Context(), "nothing"); known || err != nil {
		t.Errorf("Delivery() = %v, %v, want none", known, err)
	}
	if _, known, err := s.Subscriber(t.Context(), "nobody"); known || err != nil {
		t.Errorf("Subscriber() = %v, %v, want none", known, err)
	}
}
