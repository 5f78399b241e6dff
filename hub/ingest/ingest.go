// Package ingest is the heart: what happens to one fact.
//
// [Ingest.Handle] takes facts in the order of the log and commits, for as many
// as are ready, the raw facts, what follows from them and the new position in
// one transaction: all of it or nothing. Nobody is told before the commit.
//
// What follows is a function of the facts alone: the fold never looks at a
// clock, at the configuration or at personal data. So every node that folded
// the same facts holds the same tables, and [Refold] can make them again.
package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"upgradehub/events/bus"
	"upgradehub/hub/store"
)

// ErrOtherRules says that the tables were made by another version of the rules, and
// [Refold] was not called.
var ErrOtherRules = errors.New("tables made by other rules")

// Ingest folds facts into a store.
type Ingest struct {
	store    *store.Store
	onCommit func(Commit)
	log      *slog.Logger
}

// Commit is what a committed batch held.
type Commit struct {
	// Seq is the new position.
	Seq uint64
	// Facts are those of the batch, in order.
	Facts []bus.Fact
	// Upgrades are the ids of the upgrades whose events were in the batch,
	// sorted; their state may or may not have changed.
	Upgrades []string
	// Answered are the ids of the upgrades that somebody answered after, which
	// changes no state.
	Answered []string
	// Subscribers: a fact was about a recipient; Erased: one was erased.
	Subscribers, Erased bool
	// News: a fact was about more than who is told, and was.
	News bool
	// Newest is the newest recordedtime of a publisher's event in the
	// batch, zero if there was none.
	Newest time.Time
}

// New is an Ingest into s. onCommit is called after each commit, in order and
// from the goroutine of Handle; it may be nil.
func New(s *store.Store, onCommit func(Commit), log *slog.Logger) *Ingest {
	if onCommit == nil {
		onCommit = func(Commit) {}
	}
	return &Ingest{store: s, onCommit: onCommit, log: log}
}

// Handle folds the facts that follow the position, in one transaction. After
// an error nothing has changed; facts that do not follow are [bus.ErrGap].
func (i *Ingest) Handle(ctx context.Context, facts []bus.Fact) error {
	if len(facts) == 0 {
		return nil
	}
	c := Commit{Seq: facts[len(facts)-1].Seq, Facts: facts}
	err := i.store.Update(ctx, func(tx *store.Tx) error {
		b, err := takeAll(tx, facts)
		if err != nil {
			return err
		}
		c.Answered = slices.Sorted(maps.Keys(b.answered))
		c.Upgrades, c.Newest = slices.Sorted(maps.Keys(b.upgrades)), b.newest
		c.Subscribers, c.Erased, c.News = b.subscribers, b.erasedOne, b.news
		return b.finish()
	})
	if err != nil {
		return fmt.Errorf("fold facts %d to %d: %w", facts[0].Seq, c.Seq, err)
	}
	i.note(ctx, facts)
	i.onCommit(c)
	return nil
}

func takeAll(tx *store.Tx, facts []bus.Fact) (*batch, error) {
	b, err := newBatch(tx)
	if err != nil {
		return nil, err
	}
	if v := b.meta.FoldVersion; v != store.FoldVersion {
		return nil, fmt.Errorf("%w: version %d, not %d", ErrOtherRules, v, store.FoldVersion)
	}
	for _, f := range facts {
		if err := b.take(f); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// note logs what tooling reported, and what this hub is too old for.
func (i *Ingest) note(ctx context.Context, facts []bus.Fact) {
	for _, f := range facts {
		if f.Err != nil {
			i.log.WarnContext(ctx, "fact kept without effect", "seq", f.Seq, "err", f.Err)
		} else if e := f.Event; !e.Type.Own() {
			i.log.InfoContext(ctx, "event folded", "upgrade", e.Upgrade, "event", e.ID, "type", e.Type, "seq", f.Seq)
		}
	}
}
