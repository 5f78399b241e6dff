package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/hub/store"
)

// owedOne is one delivery of a test, and what became of it.
type owedOne struct {
	cause      uint64
	subscriber string
	moment     events.Moment
	required   bool
	state      string
}

// elsewhere is a delivery that failed because its channel takes nothing.
const elsewhere = "elsewhere"

func put(tx *store.Tx, i int, o owedOne) error {
	row := store.DeliveryRow{ID: fmt.Sprint("d", i), State: o.state}
	if o.state == elsewhere {
		row.State, row.Why = store.Failed, events.WhyElsewhere
	}
	n := events.Notice{
		ID: fmt.Sprint("n", i), Moment: o.moment, Audience: "users", Role: "users", Channel: channelOf(o), Form: events.FormMessage,
		UsefulUntil: time.Unix(9e9, 0), Required: o.required,
	}
	if _, err := tx.PutNotice(n, o.cause, "pg16", 1); err != nil {
		return err
	}
	d := store.Owed{ID: fmt.Sprint("d", i), Upgrade: "pg16", Cause: o.cause, Subscriber: o.subscriber, Notice: n, OwedAt: time.Unix(1, 0)}
	if _, err := tx.PutDelivery(d); err != nil {
		return err
	}
	return tx.SetDelivery(row)
}

func channelOf(o owedOne) string {
	if o.state == elsewhere {
		return "slack"
	}
	return "email"
}

func TestUntold(t *testing.T) {
	const a, b, gone = "ada", "bob", "left"
	tests := []struct {
		name string
		owed []owedOne
		want []store.Untold
	}{
		{"nobody is owed anything", nil, nil},
		{"all told", []owedOne{{1, a, events.MomentAnnounced, false, store.Accepted}, {2, a, events.MomentMoved, true, store.Accepted}}, nil},
		{"on its way", []owedOne{{1, a, events.MomentAnnounced, false, store.Pending}, {1, b, events.MomentAnnounced, false, store.Accepted}}, []store.Untold{{"users", "email", "pending", 1}}},
		{"dead", []owedOne{{1, a, events.MomentAnnounced, false, store.Failed}, {1, b, events.MomentAnnounced, false, store.Failed}}, []store.Untold{{"users", "email", "failed", 2}}},
		{"required ones count", []owedOne{{1, a, events.MomentMoved, true, store.Pending}}, []store.Untold{{"users", "email", "pending", 1}}},
		{"others do not", []owedOne{{1, a, events.MomentReminder, false, store.Pending}}, nil},
		{"replaced by what arrived", []owedOne{{1, a, events.MomentAnnounced, false, store.Superseded}, {2, a, events.MomentMoved, true, store.Accepted}}, nil},
		{"replaced, and nothing arrived since", []owedOne{{1, a, events.MomentReminder, false, store.Accepted}, {2, a, events.MomentMoved, true, store.Superseded}}, []store.Untold{{"users", "email", "superseded", 1}}},
		{"another got it", []owedOne{{1, a, events.MomentAnnounced, false, store.Superseded}, {2, b, events.MomentMoved, true, store.Accepted}}, []store.Untold{{"users", "email", "superseded", 1}}},
		{"told another way", []owedOne{{1, a, events.MomentMoved, true, elsewhere}, {1, b, events.MomentMoved, true, store.Accepted}}, nil},
		{"still on the other way", []owedOne{{1, a, events.MomentMoved, true, elsewhere}, {1, b, events.MomentMoved, true, store.Pending}}, []store.Untold{{"users", "email", "pending", 1}, {"users", "slack", "failed", 1}}},
		{"left", []owedOne{{1, gone, events.MomentAnnounced, false, store.Superseded}, {2, gone, events.MomentAnnounced, false, store.Failed}}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := fresh(t)
			err := s.Update(t.Context(), func(tx *store.Tx) error {
				for id, state := range map[string]string{a: store.SubscriberActive, b: store.SubscriberActive, gone: store.SubscriberRemoved} {
					if err := tx.PutSubscriber(store.SubscriberRow{ID: id, Channel: "email", State: state}); err != nil {
						return err
					}
				}
				for i, o := range tt.owed {
					if err := put(tx, i, o); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			got, err := s.Untold(t.Context(), "pg16")
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("Untold = %+v, %v, want %+v", got, err, tt.want)
			}
			if other, err := s.Untold(t.Context(), "pg17"); err != nil || len(other) > 0 {
				t.Errorf("Untold of another upgrade = %+v, %v", other, err)
			}
		})
	}
}
