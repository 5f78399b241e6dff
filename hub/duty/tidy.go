package duty

import (
	"context"
	"fmt"
	"time"

	"upgradehub/notifiers"
)

// tidyEvery is how often it is looked for what need not be kept.
const tidyEvery = 10 * time.Minute

// tidy forgets those who were asked to confirm and did not, until ctx ends.
func (d *Duty) tidy(ctx context.Context) error {
	for {
		if err := d.forgetUnconfirmed(ctx); err != nil && ctx.Err() == nil {
			return fmt.Errorf("forget who did not confirm: %w", err)
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
