package duty

import (
	"context"
	"errors"
	"fmt"
	"time"

	"upgradehub/events"
	"upgradehub/events/bus"
	"upgradehub/hub/people"
	"upgradehub/hub/store"
	"upgradehub/notifiers"
)

// fallBack decides what is owed in place of what targets or channels refused
// that refuse everything. It is decided once for a delivery, for the cause that the
// delivery had: who was told of it anyhow is not told again.
func (p *planner) fallBack(ctx context.Context, f bus.Fact) error {
	outcomes, ok := f.Event.Data.(*events.Outcomes)
	if !ok {
		return nil
	}
	for _, o := range outcomes.Deliveries {
		if !o.TargetBroken && !o.ChannelBroken {
			continue
		}
		row, known, err := p.store.Delivery(ctx, o.Delivery)
		if err != nil {
			return err
		}
		if !known {
			continue
		}
		if err := p.replace(ctx, f, row); err != nil {
			return fmt.Errorf("fall back from delivery %s: %w", row.ID, err)
		}
		p.seen, p.seenOf = f.Seq, row.Upgrade
	}
	return nil
}

// replace owes somebody else, or somewhere else, what a delivery should have
// told.
func (p *planner) replace(ctx context.Context, f bus.Fact, row store.DeliveryRow) error {
	n, err := p.notice(ctx, row)
	if err != nil {
		return err
	}
	ways, err := p.detours(ctx)
	if err != nil {
		return err
	}
	instead, err := ways.of(ctx, n, row.Subscriber, f.Event.Recorded)
	if err != nil {
		return err
	}
	if len(instead) == 0 {
		return nil
	}
	p.mu.Lock()
	epoch := p.epoch
	p.mu.Unlock()
	_, err = p.append(ctx, p.own(events.TypeNoticeOwed, row.Upgrade, events.InsteadID(row.ID, "", ""),
		&events.NoticeOwed{Cause: row.Cause, Epoch: epoch, Notices: instead}))
	if errors.Is(err, bus.ErrExists) {
		return nil
	}
	return err
}

// notice is what a delivery tells.
func (p *planner) notice(ctx context.Context, row store.DeliveryRow) (events.Notice, error) {
	notices, err := p.store.Notices(ctx, row.Cause)
	for _, n := range notices {
		if n.ID == row.Notice {
			return n, nil
		}
	}
	return events.Notice{}, err
}

// detours knows who can be told in place of whom.
type detours struct {
	*Duty
	others []notifiers.Reader // of the configuration
	known  map[string]way     // by subscriber
}

// way is one target, and all of its person.
type way struct {
	failed notifiers.Reader
	theirs []notifiers.Reader
}

func (d *Duty) detours(ctx context.Context) (detours, error) {
	others, err := d.readers(d.store.SubscribersFrom(ctx, people.OriginConfig))
	return detours{d, others, map[string]way{}}, err
}

// of is what is owed in place of a notice to one subscriber.
func (w detours) of(ctx context.Context, n events.Notice, subscriber string, at time.Time) ([]events.Notice, error) {
	known, ok := w.known[subscriber]
	if !ok {
		failed, _, err := w.store.Subscriber(ctx, subscriber)
		if err != nil {
			return nil, err
		}
		theirs, err := w.readers(w.store.SubscribersOf(ctx, failed.Person))
		if err != nil {
			return nil, err
		}
		known = way{failed.Reader(), theirs}
		w.known[subscriber] = known
	}
	return notifiers.Fallback(n, known.failed, known.theirs, w.others, at), nil
}

// Elsewhere lists what is owed on a channel and can be told another way. With
// [Duty.Due] it is the courier's outbox.
func (d *Duty) Elsewhere(ctx context.Context, channel string, now time.Time, limit int) ([]notifiers.Delivery, error) {
	waiting, err := d.store.Waiting(ctx, channel, now)
	if err != nil || len(waiting) == 0 {
		return nil, err
	}
	ways, err := d.detours(ctx)
	if err != nil {
		return nil, err
	}
	var list []notifiers.Delivery
	for _, one := range waiting {
		if len(list) == limit {
			break
		}
		n := one.Notice
		if notifiers.Follows(n) { // posted later, it would tell again what is told elsewhere
			n.Form = events.FormMessage
		}
		instead, err := ways.of(ctx, n, one.Subscriber, now)
		if err != nil {
			return nil, err
		}
		if len(instead) > 0 {
			list = append(list, one)
		}
	}
	return list, nil
}

// readers are those of the rows whom a channel that is set up reaches.
func (d *Duty) readers(rows []store.SubscriberRow, err error) ([]notifiers.Reader, error) {
	var list []notifiers.Reader
	for _, row := range rows {
		if row.State == store.SubscriberActive && d.cfg.Channels[row.Channel] != nil {
			list = append(list, row.Reader())
		}
	}
	return list, err
}
