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

const (
	// aheadAfter is how long what is due waits for admission, before it is
	// looked whether what waits there settles it.
	aheadAfter = time.Second
	// aheadWithin is how long such looks may take together, and aheadMost how
	// much of one upgrade they read; what is left waits for admission.
	aheadWithin = 3 * time.Second
	aheadMost   = 50_000
)

// tellAhead appends the clock facts that are due and that nothing settles which
// is published and not admitted yet: evidence comes before the clock, but not a
// flood that says nothing about it. Each upgrade is looked at once for what is
// due.
func (d *Duty) tellAhead(ctx context.Context, deadlines map[string][]upgrade.Deadline, m *mark) error {
	if time.Since(m.looked) < aheadAfter {
		return nil
	}
	began, now := time.Now(), d.cfg.Clock.Now()
	defer func() { m.looked = time.Now() }()
	for id, list := range deadlines {
		list = dueBy(list, now)
		if len(list) == 0 || !list[len(list)-1].Clock.Due.After(m.seen[id]) || time.Since(began) > aheadWithin {
			continue
		}
		m.seen[id] = list[len(list)-1].Clock.Due
		standing, err := d.standing(ctx, id)
		if err != nil {
			return err
		}
		for _, due := range list {
			if !slices.Contains(standing, due) {
				continue
			}
			if err := d.tell(ctx, id, due); err != nil {
				return err
			}
		}
	}
	return nil
}

// dueBy are those of the deadlines that have passed, the earliest first.
func dueBy(list []upgrade.Deadline, now time.Time) []upgrade.Deadline {
	n := slices.IndexFunc(list, func(one upgrade.Deadline) bool { return one.Clock.Due.After(now) })
	if n < 0 {
		return list
	}
	return list[:n]
}

var errTooMuch = errors.New("more than is read ahead")

// standing are the deadlines of an upgrade as they will be when all that is
// published now is admitted; none if that cannot be told.
func (d *Duty) standing(ctx context.Context, id string) ([]upgrade.Deadline, error) {
	u, admitted, err := d.folded(ctx, id)
	if err != nil || u == nil {
		return nil, err
	}
	seen, count := map[string]bool{}, 0
	err = d.bus.IntakeOf(ctx, id, admitted, func(m *bus.IntakeMessage) error {
		if count++; count > aheadMost {
			return errTooMuch
		}
		e, err := d.read(m)
		if err != nil {
			return nil //nolint:nilerr // it will be rejected, and change nothing
		}
		if e.Time.IsZero() {
			e.Time = e.Recorded
		}
		if key := events.FactID(e.Upgrade, e.Source, e.ID); !seen[key] {
			seen[key] = true
			u.Apply(e)
		}
		return nil
	})
	if err != nil {
		d.log.WarnContext(ctx, "not looked ahead: the clock waits for admission", "upgrade", id, "err", err)
		return nil, ctx.Err()
	}
	return u.Deadlines(), nil
}

// folded is an upgrade, and how far INTAKE was admitted and folded when it was
// read; nil if too much happens to know.
func (d *Duty) folded(ctx context.Context, id string) (*upgrade.Upgrade, uint64, error) {
	for range 10 {
		before, err := d.store.Meta(ctx)
		if err != nil {
			return nil, 0, err
		}
		u, _, err := d.store.Full(ctx, id)
		if err != nil {
			return nil, 0, err
		}
		after, err := d.store.Meta(ctx)
		if err != nil || before.Admitted == after.Admitted {
			return u, after.Admitted, err
		}
	}
	return nil, 0, nil
}
