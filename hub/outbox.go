package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"upgradehub/notifiers/email"
)

// wasteEvery is how often it is looked for what is left of people who were
// erased, such as a mail that was being written meanwhile.
const wasteEvery = 10 * time.Minute

func (c Config) outbox() string { return filepath.Join(c.Data, "outbox") }

// wasteErased removes, on this node, what the erasure of people in the log and
// the bucket does not reach: their mails in the outbox, and contents in the
// write-ahead log of the database. It looks when somebody was erased,
// and every wasteEvery, until ctx ends. Whose a reply in the outbox is it can tell
// once the bucket is mirrored.
func (n *node) wasteErased(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-n.mirrored:
	}
	ticker := time.NewTicker(wasteEvery)
	defer ticker.Stop()
	for {
		if err := n.waste(ctx); err != nil && ctx.Err() == nil {
			n.log.WarnContext(ctx, "what is left of erased people stays for now", "wait", wasteEvery, "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		case <-n.erased:
		}
	}
}

func (n *node) waste(ctx context.Context) error {
	err := email.Waste(n.cfg.outbox(), func() ([]string, error) { return n.store.ErasedMail(ctx) })
	if err != nil {
		return err
	}
	if err := n.store.Settle(ctx); err != nil {
		return fmt.Errorf("empty the write-ahead log: %w", err)
	}
	return nil
}

// wakeWaste wakes wasteErased and never blocks.
func (n *node) wakeWaste() {
	select {
	case n.erased <- struct{}{}:
	default: // it is about to look
	}
}
