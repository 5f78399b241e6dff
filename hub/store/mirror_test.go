package store_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestTheMirrorHasNoOrder in which data came.
func TestTheMirrorHasNoOrder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hub.db")
	s := open(t, path)
	defer s.Close()
	for _, key := range []string{"person.b", "bond.pg16.x", "answer.a"} {
		if err := s.PutPeople(t.Context(), key, []byte(`{"of":"a","owner":"b"}`)); err != nil {
			t.Fatal(err)
		}
	}
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var id int
	if err := db.QueryRowContext(t.Context(), "SELECT rowid FROM people").Scan(&id); err == nil || !strings.Contains(err.Error(), "no such column") {
		t.Errorf("a row id of the mirror is %d, %v, want none", id, err)
	}
}

// TestWaitPeople returns at once for what is mirrored, else when it comes, and
// gives up with its context.
func TestWaitPeople(t *testing.T) {
	s := fresh(t)
	come := make(chan error, 1)
	go func() { come <- s.WaitPeople(t.Context(), "person.b") }() // ends with what is put below
	for _, key := range []string{"person.a", "person.b"} {
		if err := s.PutPeople(t.Context(), key, []byte("x")); err != nil {
			t.Fatal(err)
		}
		if err := s.WaitPeople(t.Context(), key); err != nil {
			t.Errorf("WaitPeople(%s) = %v", key, err)
		}
	}
	if err := <-come; err != nil {
		t.Errorf("WaitPeople() of what comes = %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := s.WaitPeople(ctx, "person.c"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("WaitPeople() of what never comes = %v, want that it gives up", err)
	}
}
