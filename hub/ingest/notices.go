package ingest

import (
	"cmp"
	"slices"

	"upgradehub/events"
	"upgradehub/events/bus"
	"upgradehub/hub/store"
)

// overtaken says which moments nobody needs to be told of any more once
// another is told.
var overtaken = map[events.Moment][]events.Moment{
	events.MomentCompleted:  underWay,
	events.MomentRolledBack: underWay,
	events.MomentFailed:     underWay,
	events.MomentCanceled:   underWay,
	events.MomentMoved:      {events.MomentReminder},
}

var underWay = []events.Moment{
	events.MomentReminder, events.MomentStarting, events.MomentStarted, events.MomentLate, events.MomentOverdue,
	events.MomentSilent, events.MomentPromise, events.MomentPhase,
}

// owed makes a delivery of every notice for everybody it concerns.
func (b *batch) owed(f bus.Fact, d *events.NoticeOwed) error {
	b.meta.Planned = max(b.meta.Planned, d.Cause)
	for _, n := range inOrder(d.Notices) {
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

// inOrder puts first what counts when somebody is in several audiences and
// gets one message: what may not be dropped, then what the channel sees.
func inOrder(notices []events.Notice) []events.Notice {
	weight := func(n events.Notice) int {
		switch {
		case n.Required:
			return 0
		case n.Form == events.FormBroadcast:
			return 1
		}
		return 2
	}
	sorted := slices.Clone(notices)
	slices.SortStableFunc(sorted, func(a, b events.Notice) int { return cmp.Compare(weight(a), weight(b)) })
	return sorted
}

func (b *batch) overtake(f bus.Fact, cause uint64, n events.Notice) error {
	moments := overtaken[n.Moment]
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
		if !concerns(n, s, f.Event.Upgrade) {
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
	if err != nil || !added || n.Form != events.FormRoot {
		return err
	}
	return b.tx.SupersedeRoots(d, "a newer state", f.Seq)
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

// concerns reports whether a notice about an upgrade is for a subscriber of
// its channel.
func concerns(n events.Notice, s store.SubscriberRow, upgrade string) bool {
	if len(s.Upgrades) > 0 && !slices.Contains(s.Upgrades, upgrade) {
		return false
	}
	if len(n.People) > 0 {
		return s.Name != "" && slices.Contains(n.People, s.Name)
	}
	return slices.Contains(s.Audiences, n.Audience)
}
