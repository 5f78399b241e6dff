package duty

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"upgradehub/events"
	"upgradehub/notifiers"
)

// echoEvery is how long decisions of which each only says that root messages
// follow the state gather, so that a storm of events is no storm of decisions:
// the newest says what all before it would have.
const echoEvery = time.Second

// echo is such a decision, not recorded yet. A node that ends before it is
// leaves it to its successor, which decides it again.
type echo struct {
	id      string // of the upgrade
	cause   uint64
	notices []events.Notice
}

// hold keeps an echo in place of the one before it.
func (p *planner) hold(ctx context.Context, e echo) error {
	if old, ok := p.echoes[e.id]; ok && !slices.EqualFunc(old.notices, e.notices, sameTarget) {
		if err := p.recordEchoes(ctx); err != nil {
			return err
		}
	}
	p.echoes[e.id] = e
	return nil
}

func sameTarget(a, b events.Notice) bool { return a.Audience == b.Audience && a.Channel == b.Channel }

// rest is how long the echoes still gather; 0 if they are to be recorded.
func (p *planner) rest() time.Duration { return max(echoEvery-time.Since(p.echoed), 0) }

// recordEchoes appends what is held, in the order of the causes: what is
// recorded says that everything before it is decided.
func (p *planner) recordEchoes(ctx context.Context) error {
	held := slices.SortedFunc(maps.Values(p.echoes), func(a, b echo) int { return cmp.Compare(a.cause, b.cause) })
	for _, e := range held {
		if err := p.record(ctx, e.id, e.cause, e.notices); err != nil {
			return err
		}
		delete(p.echoes, e.id)
		p.echoed = time.Now()
	}
	return nil
}

// onlyEchoes reports whether notices say no more than that root messages
// follow the state.
func onlyEchoes(notices []events.Notice) bool {
	return !slices.ContainsFunc(notices, func(n events.Notice) bool { return !notifiers.Follows(n) })
}
