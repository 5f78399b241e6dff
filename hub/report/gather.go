package report

import (
	"context"
	"fmt"

	"upgradehub/hub/store"
)

// Gather reads what a report on an upgrade is made from.
func Gather(ctx context.Context, from *store.Store, id string) (s Sources, err error) {
	for _, gather := range []func() error{
		func() error { s.Facts, err = from.Said(ctx, id); return err },
		func() error { s.Forecasts, err = from.Forecasts(ctx, id); return err },
		func() error { s.Told, err = from.Proof(ctx, id); return err },
		func() error { s.Noise, err = from.Noise(ctx, id); return err },
		func() error { s.Answers, err = from.Answers(ctx, id); return err },
		func() error { s.Invited, err = from.Invited(ctx, id); return err },
		func() error {
			s.Lessons, err = from.Lessons(ctx, store.LessonFilter{Upgrade: id})
			return err
		},
		func() error { s.Late, err = from.LateAnswers(ctx, id); return err },
		func() error { s.Items, err = from.ItemCounts(ctx, id); return err },
	} {
		if err := gather(); err != nil {
			return s, fmt.Errorf("report on %s: %w", id, err)
		}
	}
	return s, nil
}
