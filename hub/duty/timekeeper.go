package duty

import (
	"context"
	"errors"
	"slices"
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
	var m mark
	for wake := next(deadlines); ; {
		if err := d.sleepUntil(ctx, wake); err != nil {
			return nil //nolint:nilerr // ending is how keeping time ends
		}
		if err := d.refresh(ctx, deadlines); err != nil {
			return err
		}
		ready, err := d.tellTime(ctx, deadlines, &m)
		if err == nil && ready {
			err = errors.Join(d.tellLapsed(ctx), d.tellNew(ctx))
		}
		if err != nil {
			return err
		}
		wake = next(deadlines)
		if !ready {
			if err := d.tellAhead(ctx, deadlines, &m); err != nil {
				return err
			}
			wake = time.Time{} // what is due waits for what is to be folded
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
// before is admitted and folded: evidence comes before the clock. Until then
// it is not ready, and m says how far that is.
func (d *Duty) tellTime(ctx context.Context, deadlines map[string][]upgrade.Deadline, m *mark) (ready bool, err error) {
	if first := next(deadlines); first.IsZero() || first.After(d.cfg.Clock.Now()) {
		*m = mark{}
		return true, nil
	}
	if ready, err = d.caughtUp(ctx, m); err != nil || !ready {
		return false, err
	}
	now := m.at
	*m = mark{} // what falls due from now on has its own
	// What was folded since the deadlines were read may have settled them.
	if err := d.refresh(ctx, deadlines); err != nil {
		return false, err
	}
	for id, list := range deadlines {
		for len(list) > 0 && !list[0].Clock.Due.After(now) {
			if err := d.tell(ctx, id, list[0]); err != nil {
				return false, err
			}
			list = list[1:]
		}
		deadlines[id] = list
	}
	return true, nil
}

// tellings is how often one deadline is told at most: a log that is never
// purged must not be filled by a deadline that no fact can settle.
const tellings = 16

// tell appends the clock fact of a deadline, and waits until it is folded.
//
// A fact under its id may lie in the log and not count: it was judged just
// before an event that made it untrue for a while, or it told the same due
// before a window was moved there and back. If the deadline stands even
// behind that fact, it is told again, under an id made of that one.
func (d *Duty) tell(ctx context.Context, id string, due upgrade.Deadline) error {
	c := due.Clock
	key := events.ClockID(due.Type, id, c.Object, c.Attempt, c.Due)
	for range tellings {
		seq, err := d.append(ctx, d.ownAt(d.told(c.Due), due.Type, id, key, &c))
		if err == nil {
			d.log.InfoContext(ctx, "time passed", "upgrade", id, "event", string(due.Type), "object", c.Object, "due", c.Due)
			return d.store.Wait(ctx, seq)
		}
		if !errors.Is(err, bus.ErrExists) {
			return err
		}
		if owed, err := d.owedAfter(ctx, id, due, seq); err != nil || !owed {
			return err
		}
		key = events.RetoldID(key, seq)
	}
	d.log.ErrorContext(ctx, "deadline told in vain", "upgrade", id, "event", string(due.Type), "due", c.Due)
	return nil
}

// told is when a deadline counts as told. A played clock runs hours in the
// moment that telling takes, so there it is the due itself.
func (d *Duty) told(due time.Time) time.Time {
	if d.cfg.Clock.Played() {
		return due
	}
	return d.cfg.Clock.Now()
}

// owedAfter reports whether a deadline stands when the fact at seq is folded.
func (d *Duty) owedAfter(ctx context.Context, id string, due upgrade.Deadline, seq uint64) (bool, error) {
	if err := d.store.Wait(ctx, seq); err != nil {
		return false, err
	}
	u, _, err := d.store.Full(ctx, id)
	if err != nil || u == nil {
		return false, err
	}
	return slices.Contains(u.Deadlines(), due), nil
}

// mark is where the logs ended at a moment; the zero mark is to be set. Under a
// stream of events their ends move on, and nobody would ever be there.
type mark struct {
	at           time.Time
	intake, fact uint64
	// looked is when it was last looked ahead, in the machine's time, and seen
	// for which due of an upgrade.
	looked time.Time
	seen   map[string]time.Time
}

// caughtUp reports whether INTAKE is admitted to the mark and folded. It sets a
// mark that is not set.
func (d *Duty) caughtUp(ctx context.Context, m *mark) (bool, error) {
	now := d.cfg.Clock.Now()
	last, err := d.bus.IntakeLast(ctx)
	if err != nil {
		return false, err
	}
	if m.at.IsZero() {
		m.at, m.intake = now, last
		m.looked, m.seen = time.Now(), map[string]time.Time{}
	}
	m.intake = min(m.intake, last) // a stream that was made anew ends before
	if d.bus.IntakeRead() < m.intake {
		return false, nil
	}
	if m.fact == 0 {
		m.fact = d.appended.Load()
	}
	_, seq := d.store.Position()
	return seq >= m.fact, nil
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
