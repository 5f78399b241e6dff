package ingest

import (
	"cmp"
	"time"

	"upgradehub/events"
	"upgradehub/events/bus"
	"upgradehub/hub/store"
)

// subscriber folds what is known of a recipient. Who was erased stays erased.
func (b *batch) subscriber(f bus.Fact, d *events.Subscriber) error {
	b.subscribers = true
	row, known, err := b.tx.Subscriber(d.Subscriber)
	if err != nil || row.State == store.SubscriberErased {
		return err
	}
	row.ID = d.Subscriber
	switch f.Event.Type {
	case events.SubscriberRequested:
		return b.requested(row, d, f)
	case events.SubscriberConfirmed:
		return b.confirmed(row, d, f.Seq)
	case events.SubscriberChanged:
		if !known {
			return nil
		}
		return b.changed(row, d)
	case events.SubscriberRemoved:
		return b.left(row, store.SubscriberRemoved, f.Seq)
	case events.SubscriberErased:
		return b.erased(row, f.Seq)
	}
	return nil
}

// requested notes a wish. One that is a subscription already stays as it is:
// anybody can type an address.
func (b *batch) requested(row store.SubscriberRow, d *events.Subscriber, f bus.Fact) error {
	row.Asked = f.Event.Recorded
	if row.State == store.SubscriberActive {
		return b.tx.PutSubscriber(row)
	}
	return b.put(stated(row, d), store.SubscriberRequested, f.Seq)
}

func (b *batch) put(row store.SubscriberRow, state string, seq uint64) error {
	if row.State != state {
		row.State, row.Since = state, seq
	}
	return b.tx.PutSubscriber(row)
}

func (b *batch) confirmed(old store.SubscriberRow, d *events.Subscriber, seq uint64) error {
	if err := b.renew(old, d); err != nil {
		return err
	}
	return b.put(stated(old, d), store.SubscriberActive, seq)
}

func (b *batch) changed(old store.SubscriberRow, d *events.Subscriber) error {
	if err := b.renew(old, d); err != nil {
		return err
	}
	return b.tx.PutSubscriber(stated(old, d))
}

// renew drops the links of an earlier generation.
func (b *batch) renew(old store.SubscriberRow, d *events.Subscriber) error {
	if d.Generation <= old.Generation {
		return nil
	}
	return b.tx.DropLinks(d.Subscriber)
}

// left keeps what is known of somebody who wants no more messages, and drops
// what is under way to them.
func (b *batch) left(row store.SubscriberRow, state string, seq uint64) error {
	row.Asked = time.Time{} // who comes back is answered the same day
	if err := b.put(row, state, seq); err != nil {
		return err
	}
	return b.tx.SupersedeSubscriber(row.ID, "subscriber "+state, seq)
}

// erased keeps nothing but the random id, so that deliveries stay countable.
func (b *batch) erased(row store.SubscriberRow, seq uint64) error {
	b.erasedOne = true
	if err := b.tx.DropLinks(row.ID); err != nil {
		return err
	}
	gone := store.SubscriberRow{ID: row.ID, Channel: row.Channel, Origin: row.Origin, Generation: row.Generation}
	return b.left(gone, store.SubscriberErased, seq)
}

// stated is the row after a fact. A fact that names the channel states
// everything; one that does not changes only what it names.
func stated(row store.SubscriberRow, d *events.Subscriber) store.SubscriberRow {
	if d.Channel != "" {
		row.Channel, row.Audiences, row.Name, row.Upgrades = d.Channel, d.Audiences, d.Name, d.Upgrades
		row.Systems, row.Components, row.Kind = d.Systems, d.Components, d.Kind
		row.Zone, row.Lang, row.Broken = d.Zone, d.Lang, ""
	}
	if len(d.Audiences) > 0 {
		row.Audiences = d.Audiences
	}
	if len(d.Upgrades) > 0 {
		row.Upgrades = d.Upgrades
	}
	row.Name, row.Person = cmp.Or(d.Name, row.Name), cmp.Or(d.Person, row.Person)
	row.Zone = cmp.Or(d.Zone, row.Zone)
	row.Lang = cmp.Or(d.Lang, row.Lang)
	row.Origin = cmp.Or(d.Origin, row.Origin)
	row.Token = cmp.Or(d.Token, row.Token)
	row.Generation = max(row.Generation, d.Generation)
	return row
}
