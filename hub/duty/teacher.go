package duty

import (
	"context"
	"errors"
	"fmt"

	"upgradehub/events"
	"upgradehub/events/bus"
	"upgradehub/hub/lessons"
)

// teach proposes what upgrades taught when their surveys have closed, until
// ctx ends. What was not proposed while no node was on duty is made up for.
func (d *Duty) teach(ctx context.Context) error {
	all, err := d.store.All(ctx)
	if err != nil {
		return err
	}
	for _, u := range all {
		if u.SurveyClosed() {
			if err := d.propose(ctx, u.ID); err != nil {
				return err
			}
		}
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-d.wakeLessons:
		}
		if err := d.proposeNew(ctx); err != nil {
			return err
		}
	}
}

// proposeNew looks at the upgrades that facts touched meanwhile.
func (d *Duty) proposeNew(ctx context.Context) error {
	d.mu.Lock()
	touched := d.untaught
	d.untaught = map[string]bool{}
	d.mu.Unlock()
	for id := range touched {
		u, _, err := d.store.Full(ctx, id)
		if err != nil {
			return err
		}
		if u == nil || !u.SurveyClosed() {
			continue
		}
		if err := d.propose(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// propose appends the lessons of an upgrade that nobody has proposed yet.
func (d *Duty) propose(ctx context.Context, id string) error {
	found, err := lessons.New(ctx, d.store, id, false)
	if err != nil {
		return err
	}
	for _, l := range found {
		seq, err := d.append(ctx, d.own(events.LessonProposed, id, events.ProposalID(l.Lesson, l.Text, l.Evidence), l))
		if err != nil && !errors.Is(err, bus.ErrExists) {
			return fmt.Errorf("propose lesson of %s: %w", id, err)
		}
		if err := d.store.Wait(ctx, seq); err != nil {
			return err
		}
	}
	return nil
}
