package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/hub/store"
)

// TestNoise counts what recipients got: of two in the middle the median is
// the larger, so that noise is not played down, and what hangs in a thread or
// never arrived disturbs nobody.
func TestNoise(t *testing.T) {
	s := fresh(t)
	n := 0
	got := func(tx *store.Tx, role, subscriber string, form events.Form, state string, times int) error {
		for range times {
			n++
			notice := events.Notice{
				ID: fmt.Sprint("n", n), Moment: events.MomentAnnounced, Audience: role, Role: role, Channel: "email", Form: form, UsefulUntil: time.Unix(9e9, 0),
			}
			if _, err := tx.PutNotice(notice, uint64(n), "pg16", 1); err != nil {
				return err
			}
			d := store.Owed{ID: fmt.Sprint("d", n), Upgrade: "pg16", Cause: uint64(n), Subscriber: subscriber, Notice: notice, OwedAt: time.Unix(1, 0)}
			if _, err := tx.PutDelivery(d); err != nil {
				return err
			}
			row := store.DeliveryRow{ID: d.ID, State: state}
			if state == store.Accepted {
				row.AcceptedAt = time.Unix(int64(n), 0)
			}
			if err := tx.SetDelivery(row); err != nil {
				return err
			}
		}
		return nil
	}
	err := s.Update(t.Context(), func(tx *store.Tx) error {
		for _, o := range []struct {
			role, subscriber string
			form             events.Form
			state            string
			times            int
		}{
			{"users", "a", events.FormMessage, store.Accepted, 1},
			{"users", "b", events.FormMessage, store.Accepted, 2},
			{"users", "c", events.FormMessage, store.Accepted, 9},
			{"users", "d", events.FormMessage, store.Failed, 5},
			{"teams", "e", events.FormMessage, store.Accepted, 3},
			{"teams", "e", events.FormThread, store.Accepted, 20},
			{"teams", "f", events.FormBroadcast, store.Accepted, 8},
		} {
			if err := tx.PutSubscriber(store.SubscriberRow{ID: o.subscriber, Channel: "email", State: store.SubscriberActive}); err != nil {
				return err
			}
			if err := got(tx, o.role, o.subscriber, o.form, o.state, o.times); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []store.Noise{
		{Role: "teams", Channel: "email", Recipients: 2, Least: 3, Median: 8, Most: 8},
		{Role: "users", Channel: "email", Recipients: 3, Least: 1, Median: 2, Most: 9},
	}
	if noise, err := s.Noise(t.Context(), "pg16"); err != nil || !slices.Equal(noise, want) {
		t.Errorf("Noise() = %+v, %v, want %+v", noise, err, want)
	}
}
