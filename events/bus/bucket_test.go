package bus_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"upgradehub/events/bus"
)

// TestBucketOfTheOperator: a bucket that was made by the client library or `nats kv
// add` keeps no earlier values, answers through its leader alone, and somebody is
// put behind what they answered in it, although it lets nobody overwrite.
func TestBucketOfTheOperator(t *testing.T) {
	srv := external(t)
	js := streams(t, srv)
	if _, err := js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: "PEOPLE", History: 5}); err != nil {
		t.Fatal(err)
	}
	b := open(t, bus.Config{URL: srv.ClientURL()})
	s, err := js.Stream(t.Context(), "KV_PEOPLE")
	if err != nil {
		t.Fatal(err)
	}
	if cfg := s.CachedInfo().Config; cfg.MaxMsgsPerSubject != 1 || cfg.AllowDirect {
		t.Errorf("the bucket keeps %d values, answers through every server: %t; want 1 and only the leader", cfg.MaxMsgsPerSubject, cfg.AllowDirect)
	}
	for _, err := range []error{
		b.PutPerson(t.Context(), "person.1", []byte("a@example.org")), b.PutPerson(t.Context(), "answer.1", []byte("words")),
		b.RenewPerson(t.Context(), "person.1"),
		b.PutPerson(t.Context(), "person.2", []byte("b@example.org")), b.ErasePerson(t.Context(), "person.2"), b.RenewPerson(t.Context(), "person.2"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"answer.1 words", "person.1 a@example.org", "person.2 "}
	if order := inBucket(t, b); !slices.Equal(order, want) {
		t.Errorf("the bucket has %q, want %q", order, want)
	}
}

// TestBucketThatForgets is refused: nobody would be told anything after a while.
func TestBucketThatForgets(t *testing.T) {
	srv := external(t)
	if _, err := streams(t, srv).CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: "PEOPLE", TTL: time.Hour}); err != nil {
		t.Fatal(err)
	}
	_, err := bus.Open(t.Context(), bus.Config{URL: srv.ClientURL()}, discard)
	if err == nil || !strings.Contains(err.Error(), "stream KV_PEOPLE: it forgets people") {
		t.Errorf("Open() = %v, want that the bucket forgets people", err)
	}
}

// inBucket are the keys and values in the order of the bucket's stream.
func inBucket(t testing.TB, b *bus.Bus) (order []string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	err := b.WatchPeople(ctx, func(key string, value []byte) error { order = append(order, key+" "+string(value)); return nil }, stop)
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	return order
}
