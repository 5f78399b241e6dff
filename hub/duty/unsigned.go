package duty

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"upgradehub/events"
	"upgradehub/events/bus"
	"upgradehub/events/plan"
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
	waiting, unread, err := d.people.Pending(ctx)
	if err != nil {
		return err
	}
	if err := d.dropUnread(ctx, unread); err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(waiting)) {
		if err := d.publishSome(ctx, id, waiting[id]); err != nil {
			return err
		}
	}
	return nil
}

// dropUnread tells of answers that nobody can open. Until their survey has
// closed the former link secret may come back; then they are erased.
func (d *Duty) dropUnread(ctx context.Context, unread []people.Pending) error {
	for _, a := range unread {
		d.log.ErrorContext(ctx, "an anonymous answer cannot be opened: it was given under another link secret", "upgrade", a.Upgrade)
		closed, err := d.surveyClosed(ctx, a.Upgrade)
		if err != nil {
			return err
		}
		if !closed {
			continue
		}
		if err := d.people.DropPending(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// publishSome publishes those of an upgrade's waiting answers whose time has
// come. Only when all of them stand in the log are any erased, with every
// envelope there is: one by one they would show which answer was in which.
func (d *Duty) publishSome(ctx context.Context, id string, waiting []people.Pending) error {
	closed, err := d.surveyClosed(ctx, id)
	if err != nil {
		return err
	}
	published, err := d.published(ctx, id)
	if err != nil {
		return err
	}
	leave, stay := draw(waiting, published, closed)
	if known := len(published); !closed || known+len(leave) >= survey.Least {
		for _, a := range unmarked(leave) {
			if err := d.publish(ctx, a); err != nil {
				return err
			}
		}
	}
	// Fewer than may ever be shown are kept by nobody.
	if len(leave) == 0 && !slices.ContainsFunc(stay, func(a people.Pending) bool { return !a.Mixed }) {
		return nil
	}
	return d.people.Shuffle(ctx, stay, leave)
}

// draw parts the answers that wait, in the order of their ids, which are
// random: all are published once the survey has closed, before that all but the
// least number that may be shown together, and as many at once. Those that stay
// behind hide, among others, whose link was used last. What stands in a fact
// already leaves with them: whoever published it did not come to erase it.
func draw(waiting []people.Pending, published map[string]bool, closed bool) (leave, stay []people.Pending) {
	n := 0
	if len(waiting) >= 2*survey.Least {
		n = len(waiting) - survey.Least
	}
	for i, a := range waiting {
		if closed || i < n || published[a.Numbers.Answer] {
			leave = append(leave, a)
		} else {
			stay = append(stay, a)
		}
	}
	return leave, stay
}

// unmarked are answers without the role and channel that too few of them share.
func unmarked(answers []people.Pending) []people.Pending {
	marks := make([]survey.Answer, len(answers))
	for i, a := range answers {
		marks[i] = survey.Answer{Role: a.Numbers.Role, Channel: a.Numbers.Channel}
	}
	told := slices.Clone(answers)
	for i, m := range survey.Unmark(marks) {
		told[i].Numbers.Role, told[i].Numbers.Channel = m.Role, m.Channel
	}
	return told
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

// published are the anonymous answers that stand in facts, by id.
func (d *Duty) published(ctx context.Context, id string) (map[string]bool, error) {
	rows, err := d.store.Answers(ctx, id)
	if err != nil {
		return nil, err
	}
	published := map[string]bool{}
	for _, row := range rows {
		if row.Mode == plan.Anonymous {
			published[row.Answer] = true
		}
	}
	return published, nil
}

// publish makes a fact of an anonymous answer, once: its id is the answer's.
func (d *Duty) publish(ctx context.Context, a people.Pending) error {
	if a.Text != "" {
		if err := d.people.KeepWords(ctx, a.Numbers.Answer, a.Text); err != nil {
			return err
		}
	}
	_, err := d.append(ctx, d.own(events.TypeFeedbackReceived, a.Upgrade, a.Numbers.Answer, &a.Numbers))
	if errors.Is(err, bus.ErrExists) {
		return nil
	}
	return err
}
