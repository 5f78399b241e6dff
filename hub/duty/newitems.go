package duty

import (
	"context"
	"errors"
	"fmt"
	"time"

	"upgradehub/events"
	"upgradehub/events/bus"
	"upgradehub/events/when"
	"upgradehub/hub/store"
	"upgradehub/notifiers"
)

// tellNew appends that new items are listed to whoever answers for them: once a
// working day, when the office has opened where the upgrade is, and only if
// there are any.
func (d *Duty) tellNew(ctx context.Context) error {
	rows, err := d.store.Unlisted(ctx)
	if err != nil {
		return err
	}
	for _, row := range rows {
		until, open, err := d.opened(ctx, row.Upgrade)
		if err != nil {
			return err
		}
		if !open || row.First.After(until) || sameDay(row.Last, until) {
			continue
		}
		if err := d.list(ctx, row.Owner, until); err != nil {
			return err
		}
	}
	return nil
}

// opened is when the office of an upgrade opened today; false if it is closed.
func (d *Duty) opened(ctx context.Context, id string) (time.Time, bool, error) {
	u, _, err := d.store.Full(ctx, id)
	if err != nil || u == nil || u.Plan == nil {
		return time.Time{}, false, err
	}
	until, open := notifiers.OfficeOpened(d.cfg.Clock.Now(), when.Zone(u.Plan.Zone))
	return until, open, nil
}

// sameDay reports whether t is of the day of until, where that is.
func sameDay(t, until time.Time) bool {
	return t.In(until.Location()).Format(time.DateOnly) == until.Format(time.DateOnly)
}

func (d *Duty) list(ctx context.Context, owner string, until time.Time) error {
	if ready, err := d.caughtUp(ctx, &mark{}); err != nil || !ready {
		return err
	}
	n, err := d.store.CountUnlisted(ctx, owner, until)
	if err != nil || n == 0 {
		return err
	}
	listed := &events.FeedbackListed{Owner: owner, Until: until.UTC(), Count: n}
	seq, err := d.append(ctx, d.own(events.TypeFeedbackListed, "", events.ListedID(owner, until), listed))
	switch {
	case errors.Is(err, bus.ErrExists):
		return nil // they had their list today
	case err != nil:
		return fmt.Errorf("list new items: %w", err)
	}
	d.log.InfoContext(ctx, "new items listed", "owner", owner, "count", n)
	return d.store.Wait(ctx, seq)
}

// listed decides what is owed to whoever answers for what is new.
func (p *planner) listed(ctx context.Context, f bus.Fact) error {
	d, ok := f.Event.Data.(*events.FeedbackListed)
	if !ok {
		return nil
	}
	notices := notifiers.PlanNewItems(f.Seq, f.Event.Recorded, d, p.cfg.Audiences)
	if len(notices) == 0 {
		return nil
	}
	return p.owe(ctx, "", f.Seq, notices)
}

// mostListed is how many items one list is made of at most; the rest is shown by
// `hub items`.
const mostListed = 1000

// newItems fills in what a list names and nobody has looked at.
func (d *Duty) newItems(ctx context.Context, v *notifiers.View) error {
	n := v.Delivery.Notice
	until, err := notifiers.ListedUntil(n)
	if err != nil {
		return err
	}
	rows, err := d.store.Listed(ctx, n.Facts["owner"], until, mostListed)
	if err != nil {
		return err
	}
	for len(rows) > 0 {
		same := sameUpgrade(rows)
		u, err := d.store.Upgrade(ctx, rows[0].Upgrade)
		if err != nil {
			return err
		}
		for _, row := range rows[:same] {
			item := notifiers.NewItem{
				Upgrade: row.Upgrade, Title: u.Title, Report: row.Kind == store.ItemReport, Component: row.Component,
				Rating: row.Rating, Disruption: row.Disruption, Due: row.Due,
			}
			for _, c := range u.Components {
				if c.ID == row.Component {
					item.Component = c.Name
				}
			}
			v.New = append(v.New, item)
		}
		rows = rows[same:]
	}
	return nil
}
