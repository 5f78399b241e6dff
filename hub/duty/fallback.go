package duty

import (
	"context"
	"errors"
	"fmt"

	"upgradehub/events"
	"upgradehub/events/bus"
	"upgradehub/hub/people"
	"upgradehub/hub/store"
	"upgradehub/notifiers"
)

// fallBack decides what is owed in place of what targets refused that refuse
// everything. It is decided once for a delivery, for the cause that the
// delivery had: who was told of it anyhow is not told again.
func (p *planner) fallBack(ctx context.Context, f bus.Fact) error {
	outcomes, ok := f.Event.Data.(*events.Outcomes)
	if !ok {
		return nil
	}
	for _, o := range outcomes.Deliveries {
		if !o.TargetBroken {
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
	failed, _, err := p.store.Subscriber(ctx, row.Subscriber)
	if err != nil {
		return err
	}
	theirs, err := p.readers(p.store.SubscribersOf(ctx, failed.Person))
	if err != nil {
		return err
	}
	others, err := p.readers(p.store.SubscribersFrom(ctx, people.OriginConfig))
	if err != nil {
		return err
	}
	instead := notifiers.Fallback(n, failed.Reader(), theirs, others, f.Event.Recorded)
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

// readers are those of the rows whom a channel that is set up reaches.
func (p *planner) readers(rows []store.SubscriberRow, err error) ([]notifiers.Reader, error) {
	var list []notifiers.Reader
	for _, row := range rows {
		if row.State == store.SubscriberActive && p.cfg.Channels[row.Channel] != nil {
			list = append(list, row.Reader())
		}
	}
	return list, err
}
