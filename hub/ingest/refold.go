package ingest

import (
	"context"
	"fmt"

	"upgradehub/hub/store"
)

// refoldStep is how many raw facts are read at once.
const refoldStep = 1000

// Refold makes the tables again from the raw facts if another version of the
// rules made them, in one transaction. It must be called before anything is
// served or followed.
func Refold(ctx context.Context, s *store.Store) error {
	err := s.Update(ctx, func(tx *store.Tx) error {
		m, err := tx.Meta()
		if err != nil || m.FoldVersion == store.FoldVersion {
			return err
		}
		return refold(ctx, tx)
	})
	if err != nil {
		return fmt.Errorf("refold: %w", err)
	}
	return nil
}

func refold(ctx context.Context, tx *store.Tx) error {
	if err := tx.Clear(); err != nil {
		return err
	}
	b, err := newBatch(tx)
	if err != nil {
		return err
	}
	b.meta.FoldVersion = store.FoldVersion
	for after := uint64(0); ; {
		facts, err := tx.Facts(after, refoldStep)
		if err != nil {
			return err
		}
		if len(facts) == 0 {
			return b.finish()
		}
		for _, f := range facts {
			if err := b.fold(f); err != nil {
				return err
			}
		}
		after = facts[len(facts)-1].Seq
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}
