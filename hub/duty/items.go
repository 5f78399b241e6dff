package duty

import (
	"context"
	"errors"
	"time"

	"upgradehub/events"
	"upgradehub/events/bus"
	"upgradehub/hub/people"
	"upgradehub/hub/store"
	"upgradehub/notifiers"
)

// tellLapsed appends that nobody has looked at items in time. It is looked on
// the full hour, so that what falls due within one is told together.
func (d *Duty) tellLapsed(ctx context.Context) error {
	by := d.cfg.Clock.Now().Truncate(time.Hour)
	rows, err := d.store.Lapsed(ctx, by, events.MaxOverdue)
	if err != nil || len(rows) == 0 {
		return err
	}
	if ready, err := d.caughtUp(ctx, &mark{}); err != nil || !ready {
		return err
	}
	for len(rows) > 0 {
		n := sameUpgrade(rows)
		ids := make([]string, n)
		for i, row := range rows[:n] {
			ids[i] = row.ID
		}
		id := rows[0].Upgrade
		seq, err := d.append(ctx, d.own(events.TypeFeedbackOverdue, id, events.OverdueID(id, by, ids), &events.FeedbackOverdue{Items: ids}))
		if err != nil && !errors.Is(err, bus.ErrExists) {
			return err
		}
		if err := d.store.Wait(ctx, seq); err != nil {
			return err
		}
		d.log.InfoContext(ctx, "items overdue", "upgrade", id, "count", n)
		rows = rows[n:]
	}
	return nil
}

// sameUpgrade is how many rows at the head are of one upgrade.
func sameUpgrade(rows []store.ItemRow) int {
	n := 1
	for n < len(rows) && rows[n].Upgrade == rows[0].Upgrade {
		n++
	}
	return n
}

// waiting is how many items of an upgrade nobody has looked at in time.
func (d *Duty) waiting(ctx context.Context, id string) (int, error) {
	c, err := d.store.ItemCounts(ctx, id)
	return c.Overdue, err
}

// replied decides what is owed to somebody whose answer was replied to: the
// words, if they answered by a link of a subscription that stands. The answer
// becomes a recipient of its own; whose messages those are stands in PEOPLE.
func (p *planner) replied(ctx context.Context, f bus.Fact) error {
	d, ok := f.Event.Data.(*events.FeedbackAcknowledged)
	if !ok || !d.HasReply {
		return nil
	}
	item, known, err := p.store.Item(ctx, d.Answer)
	if err != nil || !known || !item.Invited {
		return err
	}
	row, known, err := p.giver(ctx, d.Answer)
	if err != nil || !known || row.Gone() || p.cfg.Channels[row.Channel] == nil {
		return err
	}
	err = p.people.Tell(ctx, "hub", events.SubscriberConfirmed, "answer", &events.Subscriber{
		Subscriber: d.Answer, Channel: row.Channel, Origin: people.OriginAnswer,
	})
	if err != nil {
		return err
	}
	return p.owe(ctx, item.Upgrade, f.Seq, []events.Notice{notifiers.PlanReply(f.Seq, f.Event.Recorded, row.Channel, d.Answer)})
}

// giver is the subscriber by whose link an answer was given.
func (p *planner) giver(ctx context.Context, answer string) (row store.SubscriberRow, known bool, err error) {
	owner, err := p.people.OwnerOf(ctx, answer)
	if err != nil || owner == "" {
		return row, false, err
	}
	return p.store.Subscriber(ctx, owner)
}
