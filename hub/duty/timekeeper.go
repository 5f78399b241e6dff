package duty

import (
	"context"
	"errors"
	"time"

	"upgradehub/events"
	"upgradehub/events/bus"
	"upgradehub/events/upgrade"
)

// lookAgain bounds how long the timekeeper sleeps: a machine that was
// suspended wakes with timers that are late.
const lookAgain = time.Second

// keepTime publishes clock facts when what they wait for has passed. The
// state of an upgrade never changes by the clock itself.
func (d *Duty) keepTime(ctx context.Context) error {
	deadlines, err := d.allDeadlines(ctx)
	if err != nil {
		return err
	}
	for {
		if err := d.sleepUntil(ctx, next(deadlines)); err != nil {
			return nil //nolint:nilerr // ending is how keeping time ends
		}
		if err := d.refresh(ctx, deadlines); err != nil {
			return err
		}
		if err := d.tellTime(ctx, deadlines); err != nil {
			return err
		}
	}
}

func (d *Duty) allDeadlines(ctx context.Context) (map[string][]upgrade.Deadline, error) {
	all, err := d.store.All(ctx)
	if err != nil {
		return nil, err
	}
	deadlines := make(map[string][]upgrade.Deadline, len(all))
	for _, u := range all {
		deadlines[u.ID] = u.Deadlines()
	}
	return deadlines, nil
}

// refresh reads the deadlines of the upgrades that facts touched meanwhile.
func (d *Duty) refresh(ctx context.Context, deadlines map[string][]upgrade.Deadline) error {
	d.mu.Lock()
	touched := d.touched
	d.touched = map[string]bool{}
	d.mu.Unlock()
	for id := range touched {
		u, _, err := d.store.Full(ctx, id)
		if err != nil {
			return err
		}
		if u != nil {
			deadlines[id] = u.Deadlines()
		}
	}
	return nil
}

// tellTime appends the clock facts that are due, once everything published
// before is admitted and folded: evidence comes before the clock.
func (d *Duty) tellTime(ctx context.Context, deadlines map[string][]upgrade.Deadline) error {
	now := d.cfg.Clock.Now()
	if first := next(deadlines); first.IsZero() || first.After(now) {
		return nil
	}
	ready, err := d.caughtUp(ctx)
	if err != nil || !ready {
		return err
	}
	for id, list := range deadlines {
		for len(list) > 0 && !list[0].Clock.Due.After(now) {
			if err := d.tell(ctx, id, list[0]); err != nil {
				return err
			}
			list = list[1:]
		}
		deadlines[id] = list
	}
	return nil
}

func (d *Duty) tell(ctx context.Context, id string, due upgrade.Deadline) error {
	c := due.Clock
	fact := d.own(due.Type, id, events.ClockID(due.Type, id, c.Object, c.Attempt, c.Due), &c)
	seq, err := d.append(ctx, fact)
	if errors.Is(err, bus.ErrExists) {
		return nil
	}
	if err != nil {
		return err
	}
	d.log.InfoContext(ctx, "time passed", "upgrade", id, "event", string(due.Type), "object", c.Object, "due", c.Due)
	return d.store.Wait(ctx, seq)
}

// caughtUp reports whether INTAKE is admitted to its end and folded.
func (d *Duty) caughtUp(ctx context.Context) (bool, error) {
	last, err := d.bus.IntakeLast(ctx)
	if err != nil {
		return false, err
	}
	_, seq := d.store.Position()
	return d.admitted.Load() >= last && seq >= d.appended.Load(), nil
}

// next is the earliest due of all; the zero time if there is none.
func next(deadlines map[string][]upgrade.Deadline) time.Time {
	var first time.Time
	for _, list := range deadlines {
		if len(list) > 0 && (first.IsZero() || list[0].Clock.Due.Before(first)) {
			first = list[0].Clock.Due
		}
	}
	return first
}

// sleepUntil waits until t of the hub's time, a wake-up, or lookAgain.
func (d *Duty) sleepUntil(ctx context.Context, t time.Time) error {
	wait := lookAgain
	if !t.IsZero() {
		wait = min(wait, max(d.cfg.Clock.Wait(t), time.Millisecond))
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
	case <-d.wakeClock:
	}
	return nil
}
