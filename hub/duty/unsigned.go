package duty

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"upgradehub/events"
	"upgradehub/events/bus"
	"upgradehub/events/survey"
	"upgradehub/hub/people"
)

const (
	// publishEvery is how often it is looked for anonymous answers.
	publishEvery = 15 * time.Second
	// settle is how long after a survey has closed the last answers are
	// published: what was sent at the last moment must not come alone.
	settle = 10 * time.Minute
)

// publishAnswers publishes anonymous answers until ctx ends.
func (d *Duty) publishAnswers(ctx context.Context) error {
	for {
		if err := d.publishWaiting(ctx); err != nil && ctx.Err() == nil {
			return fmt.Errorf("publish anonymous answers: %w", err)
		}
		if pause(ctx, publishEvery) != nil {
			return nil //nolint:nilerr // ending is how publishing ends
		}
	}
}

func (d *Duty) publishWaiting(ctx context.Context) error {
	waiting, err := d.people.Pending(ctx)
	if err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(waiting)) {
		closed, err := d.surveyClosed(ctx, id)
		if err != nil {
			return err
		}
		list, err := d.unpublished(ctx, id, waiting[id])
		if err != nil {
			return err
		}
		drawn := draw(list, closed)
		for _, a := range drawn {
			if err := d.publish(ctx, a); err != nil {
				return err
			}
		}
		if err := d.shuffle(ctx, list, drawn); err != nil {
			return err
		}
	}
	return nil
}

// shuffle mixes those that stay behind, which are less than ten, when one has
// come to them: the bucket must not have the order in which links were used.
func (d *Duty) shuffle(ctx context.Context, list, drawn []people.Pending) error {
	left := slices.DeleteFunc(slices.Clone(list), func(a people.Pending) bool { return slices.Contains(drawn, a) })
	if !slices.ContainsFunc(left, func(a people.Pending) bool { return a.Place == "" }) {
		return nil
	}
	return d.people.Shuffle(ctx, left)
}

// draw chooses at random, and in random order, which answers are published: all
// once the survey has closed, before that all but the least number that may be
// shown together, and as many at once. Those that stay behind hide, among
// others, whose link was used last.
func draw(waiting []people.Pending, closed bool) []people.Pending {
	drawn := slices.Clone(waiting)
	rand.Shuffle(len(drawn), func(i, j int) { drawn[i], drawn[j] = drawn[j], drawn[i] })
	switch {
	case closed:
		return drawn
	case len(drawn) < 2*survey.Least:
		return nil
	}
	return drawn[survey.Least:]
}

// surveyClosed reports whether no answer about an upgrade can come any more.
func (d *Duty) surveyClosed(ctx context.Context, id string) (bool, error) {
	u, _, err := d.store.Full(ctx, id)
	if err != nil || u == nil {
		return false, err
	}
	closes, ended := u.SurveyCloses()
	return ended && !d.cfg.Clock.Now().Before(closes.Add(settle)), nil
}

// unpublished are the answers that stand in no fact yet. Those that do are
// erased: whoever published them did not come to it.
func (d *Duty) unpublished(ctx context.Context, id string, waiting []people.Pending) ([]people.Pending, error) {
	rows, err := d.store.Answers(ctx, id)
	if err != nil {
		return nil, err
	}
	published := map[string]bool{}
	for _, row := range rows {
		published[row.Answer] = true
	}
	var left []people.Pending
	for _, a := range waiting {
		if !published[a.Numbers.Answer] {
			left = append(left, a)
		} else if err := d.people.DropPending(ctx, a); err != nil {
			return nil, err
		}
	}
	return left, nil
}

// publish makes a fact of an anonymous answer, once: its id is the answer's.
func (d *Duty) publish(ctx context.Context, a people.Pending) error {
	if a.Text != "" {
		if err := d.people.KeepWords(ctx, a.Numbers.Answer, a.Text); err != nil {
			return err
		}
	}
	_, err := d.append(ctx, d.own(events.TypeFeedbackReceived, a.Upgrade, a.Numbers.Answer, &a.Numbers))
	if err != nil && !errors.Is(err, bus.ErrExists) {
		return err
	}
	return d.people.DropPending(ctx, a)
}
