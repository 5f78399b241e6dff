package store_test

import (
	"fmt"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/bus"
	"upgradehub/hub/store"
)

// TestSpeed reads quantiles by the nearest rank: of n values the k-th, where k
// is n times the share, rounded up.
func TestSpeed(t *testing.T) {
	for _, tt := range []struct {
		n             int
		p50, p95, max int64
	}{{1, 1000, 1000, 1000}, {2, 1000, 2000, 2000}, {20, 10_000, 19_000, 20_000}, {21, 11_000, 20_000, 21_000}, {100, 50_000, 95_000, 100_000}} {
		s := fresh(t)
		err := s.Update(t.Context(), func(tx *store.Tx) error {
			if err := tx.PutSubscriber(store.SubscriberRow{ID: "ada", Channel: "email", State: store.SubscriberActive}); err != nil {
				return err
			}
			for i := range tt.n {
				if err := accept(tx, i, time.Duration(tt.n-i)*time.Second, 0); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		p, err := s.Proof(t.Context(), "pg16")
		want := store.Speed{Channel: "email", Count: tt.n, P50: tt.p50, P95: tt.p95, Max: tt.max}
		if err != nil || len(p.Speed) != 1 || p.Speed[0] != want {
			t.Errorf("speed of %d = %+v, %v; want %+v", tt.n, p.Speed, err, want)
		}
	}
}

var told = time.Unix(1_700_000_000, 0).UTC()

// accept makes a delivery for the fact i+1, accepted so long after it; it
// might go after wait.
func accept(tx *store.Tx, i int, took, wait time.Duration) error {
	seq := uint64(i + 1)
	e := events.Event{Type: events.UpgradeStarted, Upgrade: "pg16", Recorded: told}
	if err := tx.PutFact(bus.Fact{Seq: seq, Subject: fmt.Sprint("facts.", i), Event: e, Raw: []byte("{}")}, []byte("link")); err != nil {
		return err
	}
	n := events.Notice{
		ID: fmt.Sprint("n", i), Moment: events.MomentStarted, Audience: "users", Role: "users", Channel: "email", Form: events.FormMessage,
		NotBefore: told.Add(wait), UsefulUntil: told.Add(time.Hour), Deferred: "the support desk first",
	}
	if _, err := tx.PutNotice(n, seq, "pg16", 1); err != nil {
		return err
	}
	d := store.Owed{ID: fmt.Sprint("d", i), Upgrade: "pg16", Cause: seq, Subscriber: "ada", Notice: n, OwedAt: told}
	if _, err := tx.PutDelivery(d); err != nil {
		return err
	}
	return tx.SetDelivery(store.DeliveryRow{ID: d.ID, State: store.Accepted, UsefulUntil: n.UsefulUntil, AcceptedAt: told.Add(took)})
}

// TestProof: what waited on purpose is not slow, and the ledger says why it
// waited.
func TestProof(t *testing.T) {
	s := fresh(t)
	err := s.Update(t.Context(), func(tx *store.Tx) error {
		if err := tx.PutSubscriber(store.SubscriberRow{ID: "ada", Channel: "email", Name: "@lead", State: store.SubscriberActive}); err != nil {
			return err
		}
		return accept(tx, 0, 5*time.Minute+2*time.Second, 5*time.Minute)
	})
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.Proof(t.Context(), "pg16")
	if err != nil || len(p.Speed) != 1 || p.Speed[0].Max != 2000 {
		t.Errorf("Proof = %+v, %v; want 2 s of the 5 m 2 s", p, err)
	}
	at := told.Add(5*time.Minute + 2*time.Second)
	if want := (store.Told{Moment: "started", Audience: "users", Channel: "email", State: store.Accepted, Count: 1, First: at, Last: at}); len(p.Told) != 1 || p.Told[0] != want {
		t.Errorf("told are %+v, want %+v", p.Told, want)
	}
	rows, err := s.Deliveries(t.Context(), store.DeliveryFilter{Upgrade: "pg16"})
	if err != nil || len(rows) != 1 || rows[0].Name != "@lead" || rows[0].Deferred != "the support desk first" || !rows[0].CausedAt.Equal(told) {
		t.Errorf("Deliveries = %+v, %v", rows, err)
	}
	if debts, err := s.Deliveries(t.Context(), store.DeliveryFilter{Upgrade: "pg16", Untold: true}); err != nil || len(debts) != 0 {
		t.Errorf("untold are %+v, %v; want nobody", debts, err)
	}
}
