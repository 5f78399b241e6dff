package bus_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"upgradehub/events/bus"
)

func TestPeople(t *testing.T) {
	b := open(t, silent(t))
	ctx := t.Context()
	if p, err := b.Person(ctx, "person.1"); p != nil || err != nil {
		t.Errorf("Person() before Put = %s, %v", p, err)
	}
	put := func(key, value string) {
		if err := b.PutPerson(ctx, key, []byte(value)); err != nil {
			t.Fatalf("PutPerson(%s) = %v", key, err)
		}
	}
	put("person.1", "old")
	put("person.1", "a@example.org")
	put("answer.1", "")
	if p, err := b.Person(ctx, "person.1"); string(p) != "a@example.org" || err != nil {
		t.Errorf("Person() = %s, %v", p, err)
	}
	for range 2 {
		if err := b.ErasePerson(ctx, "person.1"); err != nil {
			t.Errorf("ErasePerson() = %v", err)
		}
	}
	if p, err := b.Person(ctx, "person.1"); p != nil || err != nil {
		t.Errorf("Person() after erasure = %s, %v", p, err)
	}
}

func TestErasureOverwritesTheDisk(t *testing.T) {
	cfg := silent(t)
	b := open(t, cfg)
	for _, key := range []string{"person.1", "person.2"} {
		if err := b.PutPerson(t.Context(), key, []byte(key+"@example.org")); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.PutPerson(t.Context(), "person.1", []byte("person.1@example.com")); err != nil {
		t.Fatal(err)
	}
	if err := b.ErasePerson(t.Context(), "person.1"); err != nil {
		t.Fatal(err)
	}
	closeBus(t, b)
	if onDisk(t, cfg.Dir, "person.1@example.org") || onDisk(t, cfg.Dir, "person.1@example.com") {
		t.Error("erased data is still on the disk")
	}
	if !onDisk(t, cfg.Dir, "person.2@example.org") {
		t.Error("the data of another person is gone")
	}
}

// TestRenewPerson: what was there first stands behind what came later, what was
// erased stays erased, and no copy is left behind.
func TestRenewPerson(t *testing.T) {
	cfg := silent(t)
	b := open(t, cfg)
	for _, key := range []string{"person.1", "answer.1", "person.2"} {
		if err := b.PutPerson(t.Context(), key, []byte(key+"@example.org")); err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range []error{
		b.RenewPerson(t.Context(), "person.1"), b.RenewPerson(t.Context(), "person.0"),
		b.ErasePerson(t.Context(), "person.2"), b.RenewPerson(t.Context(), "person.2"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"answer.1 answer.1@example.org", "person.1 person.1@example.org", "person.2 "}
	if order := inBucket(t, b); !slices.Equal(order, want) {
		t.Errorf("the bucket has %q, want %q", order, want)
	}
	if err := b.ErasePerson(t.Context(), "person.1"); err != nil {
		t.Fatal(err)
	}
	closeBus(t, b)
	if onDisk(t, cfg.Dir, "person.1@example.org") {
		t.Error("erased data is still on the disk")
	}
}

// onDisk looks for a text in all files below a directory.
func onDisk(t testing.TB, dir, text string) bool {
	t.Helper()
	found := false
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		found = found || bytes.Contains(b, []byte(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestWatchPeople(t *testing.T) {
	b := open(t, silent(t))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for _, key := range []string{"person.1", "person.2"} {
		if err := b.PutPerson(ctx, key, []byte("v")); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.ErasePerson(ctx, "person.2"); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	seen := map[string]string{}
	get := func(key string) string {
		mu.Lock()
		defer mu.Unlock()
		return seen[key]
	}
	ready, done := make(chan map[string]string, 1), make(chan error)
	go func() { // ends with ctx
		done <- b.WatchPeople(ctx, func(key string, value []byte) error {
			mu.Lock()
			defer mu.Unlock()
			seen[key] = string(value)
			if value == nil {
				seen[key] = "erased"
			}
			return nil
		}, func() { ready <- maps.Clone(seen) })
	}()
	if got := <-ready; got["person.1"] != "v" || got["person.2"] != "erased" {
		t.Errorf("when ready = %v", got)
	}
	if err := b.PutPerson(ctx, "person.3", nil); err != nil {
		t.Fatal(err)
	}
	if err := b.ErasePerson(ctx, "person.1"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "person.1 is erased", func() bool { return get("person.1") == "erased" })
	if got := get("person.3"); got != "" {
		t.Errorf("an empty value came as %q", got)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("WatchPeople() = %v, want context.Canceled", err)
	}
	boom := errors.New("disk full")
	err := b.WatchPeople(t.Context(), func(string, []byte) error { return boom }, func() {})
	if !errors.Is(err, boom) {
		t.Errorf("WatchPeople() = %v, want the error of put", err)
	}
}

func lease(t testing.TB, b *bus.Bus, node string, ttl time.Duration) *bus.Lease {
	t.Helper()
	l, ok, err := b.TryLease(t.Context(), node, ttl)
	if err != nil {
		t.Fatalf("TryLease(%s) = %v", node, err)
	}
	if !ok {
		return nil
	}
	return l
}

func TestLeaseIsHeldByOne(t *testing.T) {
	b := open(t, silent(t))
	before := time.Now()
	one := lease(t, b, "one", time.Minute)
	if one == nil {
		t.Fatal("TryLease(one) on a free lease refused")
	}
	if e := one.Expires(); e.Before(before.Add(time.Minute)) || e.After(time.Now().Add(time.Minute)) {
		t.Errorf("Expires() = %s", e)
	}
	if lease(t, b, "two", time.Minute) != nil {
		t.Error("TryLease(two) took a held lease")
	}
	old := one.Expires()
	if err := one.Renew(t.Context()); err != nil || !one.Expires().After(old) {
		t.Errorf("Renew() = %v, expires %s, before %s", err, one.Expires(), old)
	}
	if err := one.Release(t.Context()); err != nil {
		t.Errorf("Release() = %v", err)
	}
	if err := one.Renew(t.Context()); err == nil {
		t.Error("Renew() after Release succeeded")
	}
	two := lease(t, b, "two", time.Minute)
	if two == nil {
		t.Fatal("TryLease(two) after Release refused")
	}
	if err := one.Release(t.Context()); err != nil {
		t.Errorf("second Release() = %v", err)
	}
	if err := two.Renew(t.Context()); err != nil {
		t.Errorf("Renew() by the new holder = %v: the old one released it", err)
	}
}

func TestLeaseIsTakenByOwnName(t *testing.T) {
	b := open(t, silent(t))
	before := lease(t, b, "one", time.Minute)
	after := lease(t, b, "one", time.Minute)
	if before == nil || after == nil {
		t.Fatal("TryLease() under the own name refused")
	}
	if err := before.Renew(t.Context()); err == nil || errors.Is(err, bus.ErrUnavailable) {
		t.Errorf("Renew() by the predecessor = %v, want a lost lease", err)
	}
	if time.Now().Before(before.Expires()) {
		t.Error("a lost lease has not expired")
	}
	if err := after.Renew(t.Context()); err != nil {
		t.Errorf("Renew() by the successor = %v", err)
	}
}

func TestLeaseExpires(t *testing.T) {
	b := open(t, silent(t))
	one := lease(t, b, "one", time.Second)
	var two *bus.Lease
	eventually(t, "the lease expires", func() bool {
		two = lease(t, b, "two", time.Minute)
		return two != nil
	})
	if time.Now().Before(one.Expires()) {
		t.Error("the lease was taken over before it expired")
	}
	if err := one.Renew(t.Context()); err == nil {
		t.Error("Renew() after another node took the lease succeeded")
	}
	if lease(t, b, "one", time.Minute) != nil {
		t.Error("TryLease(one) took the lease back")
	}
}

func TestRenewedLeaseDoesNotExpire(t *testing.T) {
	b := open(t, silent(t))
	one := lease(t, b, "one", 2*time.Second)
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := one.Renew(t.Context()); err != nil {
				t.Fatalf("Renew() = %v", err)
			}
			if lease(t, b, "two", 2*time.Second) != nil {
				t.Fatal("TryLease(two) took a renewed lease")
			}
		}
	}
}
