package duty

import (
	"context"
	"errors"
	"fmt"

	"upgradehub/events"
	"upgradehub/events/bus"
	"upgradehub/hub/store"
	"upgradehub/notifiers"
)

// pageSize is how many persons one fact makes deliveries for, so that a
// hundred thousand subscribers neither hold up the fold nor fill the memory.
const pageSize = 250

// turnPages owes what is decided to one page of recipients after the other,
// until ctx ends. A page is asked for when the one before is folded: what else
// happens is folded in between.
func (d *Duty) turnPages(ctx context.Context) error {
	for {
		page, ok, err := d.store.NextPage(ctx)
		if err != nil {
			return err
		}
		if ok {
			if err := d.turnPage(ctx, page); err != nil {
				return fmt.Errorf("recipients of cause %d: %w", page.Cause, err)
			}
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-d.wakePages:
		}
	}
}

func (d *Duty) turnPage(ctx context.Context, page store.Page) error {
	notices, err := d.store.Notices(ctx, page.Cause)
	if err != nil {
		return err
	}
	upto, err := d.store.PageEnd(ctx, notifiers.Addressed(notices), page.After, pageSize)
	if err != nil {
		return err
	}
	seq, err := d.append(ctx, d.own(events.TypeNoticePage, page.Upgrade, events.PageID(page.Cause, page.After),
		&events.NoticePage{Cause: page.Cause, After: page.After, Upto: upto}))
	if err != nil && !errors.Is(err, bus.ErrExists) {
		return err
	}
	return d.store.Wait(ctx, seq)
}
