package duty

import (
	"context"
	"errors"
	"fmt"
	"time"

	"upgradehub/events"
	"upgradehub/events/bus"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
	"upgradehub/hub/lessons"
)

// teach proposes what upgrades taught when their surveys have closed, until
// ctx ends. What was not proposed while no node was on duty is made up for.
func (d *Duty) teach(ctx context.Context) error {
	all, err := d.store.All(ctx)
	if err != nil {
		return err
	}
	untaught := map[string]bool{}
	for _, u := range all {
		untaught[u.ID] = true
	}
	for {
		if untaught, err = d.proposeAll(ctx, untaught); err != nil {
			return err
		}
		timer := time.NewTimer(publishEvery) // for what waits for answers
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		case <-d.wakeLessons:
			timer.Stop()
		}
		d.mu.Lock()
		for id := range d.untaught {
			untaught[id] = true
		}
		d.untaught = map[string]bool{}
		d.mu.Unlock()
	}
}

// proposeAll looks at upgrades, and returns those to be looked at again.
func (d *Duty) proposeAll(ctx context.Context, ids map[string]bool) (later map[string]bool, err error) {
	later = map[string]bool{}
	for id := range ids {
		u, _, err := d.store.Full(ctx, id)
		if err != nil {
			return nil, err
		}
		if u == nil || !u.SurveyClosed() {
			continue
		}
		complete, err := d.allAnswered(ctx, u)
		if err != nil {
			return nil, err
		}
		if !complete {
			later[id] = true
		} else if err := d.propose(ctx, id); err != nil {
			return nil, err
		}
	}
	return later, nil
}

// allAnswered reports whether every answer is published: anonymous ones are
// only when the survey has closed for some time.
func (d *Duty) allAnswered(ctx context.Context, u *upgrade.Upgrade) (bool, error) {
	if u.Plan.Survey.How() != plan.Anonymous {
		return true, nil
	}
	closed, err := d.surveyClosed(ctx, u.ID)
	if err != nil || !closed {
		return false, err
	}
	waiting, _, err := d.people.Pending(ctx)
	return len(waiting[u.ID]) == 0, err
}

// propose appends the lessons of an upgrade that nobody has proposed yet.
func (d *Duty) propose(ctx context.Context, id string) error {
	found, err := lessons.New(ctx, d.store, d.people, id, false)
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
