package ingest

import (
	"upgradehub/events"
	"upgradehub/events/bus"
	"upgradehub/hub/store"
	"upgradehub/notifiers"
)

// owed makes a delivery of every notice for everybody it concerns.
func (b *batch) owed(f bus.Fact, d *events.NoticeOwed) error {
	b.meta.Planned = max(b.meta.Planned, d.Cause)
	for _, n := range notifiers.InOrder(d.Notices) {
		added, err := b.tx.PutNotice(n, d.Cause, f.Event.Upgrade, d.Epoch)
		if err != nil {
			return err
		}
		if !added {
			continue
		}
		if err := b.overtake(f, d.Cause, n); err != nil {
			return err
		}
		if err := b.expand(f, d.Cause, n); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) overtake(f bus.Fact, cause uint64, n events.Notice) error {
	moments := notifiers.Overtakes(n.Moment)
	if len(moments) == 0 {
		return nil
	}
	return b.tx.SupersedeMoments(f.Event.Upgrade, moments, cause, "overtaken: "+string(n.Moment), f.Seq)
}

func (b *batch) expand(f bus.Fact, cause uint64, n events.Notice) error {
	subscribers, err := b.activeOn(n.Channel)
	if err != nil {
		return err
	}
	for _, s := range subscribers {
		reader := notifiers.Reader{Audiences: s.Audiences, Name: s.Name, Upgrades: s.Upgrades}
		if !reader.Gets(n, f.Event.Upgrade) {
			continue
		}
		if err := b.deliver(f, cause, n, s.ID); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) deliver(f bus.Fact, cause uint64, n events.Notice, subscriber string) error {
	d := store.Owed{
		ID: events.DeliveryID(n.ID, subscriber), Upgrade: f.Event.Upgrade, Cause: cause, Subscriber: subscriber, Notice: n,
		OwedAt: f.Event.Recorded,
	}
	added, err := b.tx.PutDelivery(d)
	switch {
	case err != nil || !added:
		return err
	case n.Form == events.FormRoot:
		return b.tx.SupersedeRoots(d, "a newer state", f.Seq)
	case n.Form == events.FormCard:
		return b.tx.SupersedeCards(d, "a newer state", f.Seq)
	}
	return nil
}

// activeOn lists the active subscribers of a channel.
func (b *batch) activeOn(channel string) ([]store.SubscriberRow, error) {
	if list, ok := b.active[channel]; ok {
		return list, nil
	}
	list, err := b.tx.ActiveSubscribers(channel)
	if err != nil {
		return nil, err
	}
	if b.active == nil {
		b.active = make(map[string][]store.SubscriberRow)
	}
	b.active[channel] = list
	return list, nil
}
