package duty

import (
	"context"
	"fmt"
	"time"

	"upgradehub/notifiers"
)

// tidyEvery is how often it is looked for what need not be kept.
const tidyEvery = 10 * time.Minute

// mostForgotten is how many answers' givers, and how many items' notes, are erased
// at once.
const mostForgotten = 1000

// tidy forgets those who were asked to confirm and did not, and who gave answers
// long ago, with what was said about them, until ctx ends.
func (d *Duty) tidy(ctx context.Context) error {
	for {
		if err := d.forgetUnconfirmed(ctx); err != nil && ctx.Err() == nil {
			return fmt.Errorf("forget who did not confirm: %w", err)
		}
		if err := d.people.ForgetGivers(ctx, mostForgotten); err != nil && ctx.Err() == nil {
			return fmt.Errorf("forget who answered: %w", err)
		}
		if err := d.forgetNotes(ctx); err != nil && ctx.Err() == nil {
			return fmt.Errorf("forget what was noted: %w", err)
		}
		if pause(ctx, tidyEvery) != nil {
			return nil //nolint:nilerr // ending is how tidying ends
		}
	}
}

func (d *Duty) forgetUnconfirmed(ctx context.Context) error {
	rows, err := d.store.Unconfirmed(ctx, d.cfg.Clock.Now().Add(-notifiers.ConfirmWithin))
	if err != nil {
		return err
	}
	for _, row := range rows {
		if err := d.people.Forget(ctx, row); err != nil {
			return err
		}
	}
	return nil
}

// forgetNotes erases what was noted about answers and reports, and replied to
// them, once the log says that it is forgotten whose they are.
func (d *Duty) forgetNotes(ctx context.Context) error {
	items, err := d.store.ForgottenItems(ctx, mostForgotten)
	if err != nil {
		return err
	}
	for _, id := range items {
		if err := d.people.ForgetNotes(ctx, id); err != nil {
			return err
		}
	}
	return nil
}
