package duty

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"upgradehub/events"
	"upgradehub/events/bus"
	"upgradehub/notifiers"
)

// payloadKept bounds what a rejected fact keeps of the payload.
const payloadKept = 4 << 10

// admit turns INTAKE into facts, in order, once for ever.
func (d *Duty) admit(ctx context.Context) error {
	return d.bus.Intake(ctx, d.admitted, func(ctx context.Context, m *bus.IntakeMessage) error {
		if m == nil {
			wake(d.wakeClock)
			return nil
		}
		if err := d.admitOne(ctx, m); err != nil {
			return fmt.Errorf("admit intake %d: %w", m.Seq, err)
		}
		return nil
	})
}

// admitOne judges the form of one message and appends what it is.
func (d *Duty) admitOne(ctx context.Context, m *bus.IntakeMessage) error {
	e, err := d.read(m)
	if faults, bad := errors.AsType[*events.FaultsError](err); bad {
		return d.reject(ctx, m, faults.Faults)
	} else if err != nil {
		return err
	}
	e.Recorded = d.stamp(e.Recorded)
	if e.Time.IsZero() {
		e.Time = e.Recorded
	}
	_, err = d.append(ctx, e)
	switch {
	case errors.Is(err, bus.ErrExists):
		return d.repeated(ctx, e)
	case errors.Is(err, bus.ErrUnstorable):
		// Tried again for ever, it would hold up all that comes after it.
		return d.reject(ctx, m, []string{"body: is too large to be kept as a fact"})
	}
	return err
}

// read decodes a message. It is recorded when INTAKE took it, if nothing later
// is recorded before.
func (d *Duty) read(m *bus.IntakeMessage) (events.Event, error) {
	received := d.cfg.Clock.At(m.Stored)
	upgrade, typ := splitSubject(m.Subject)
	e, err := events.Decode(events.Message{
		Upgrade: upgrade, Type: typ, Header: m.Header, Body: m.Body,
		Received: received, DerivedID: derivedID(m),
	})
	if err != nil {
		return e, err
	}
	e.Intake, e.Recorded = m.Seq, received
	if p, ok := e.Data.(*events.Planned); ok {
		p.Cadences = notifiers.Cadences(p.Plan, d.cfg.Audiences)
	}
	return e, nil
}

func derivedID(m *bus.IntakeMessage) string { return events.DerivedID(m.Stream, m.Seq, m.Stored) }

// repeated ignores an event that says the same again, and keeps an anomaly of
// one that says something else under the same id.
func (d *Duty) repeated(ctx context.Context, e events.Event) error {
	first, err := d.bus.FactAt(ctx, e.Subject())
	if err != nil {
		return err
	}
	if first.Err != nil || first.Event.ContentHash() == e.ContentHash() {
		return nil //nolint:nilerr // a fact of a newer version stands, whatever it says
	}
	id := events.FactID(e.Upgrade, e.Source, e.ID)
	conflict := d.own(events.TypeConflict, e.Upgrade, events.ConflictID(id, e.ContentHash()), &events.Conflict{Event: e.ID, First: id, Type: e.Type})
	conflict.Intake, conflict.Source = e.Intake, e.Source
	_, err = d.append(ctx, conflict)
	if errors.Is(err, bus.ErrExists) {
		return nil
	}
	return err
}

// reject keeps what could not become a fact, once, with its faults.
func (d *Duty) reject(ctx context.Context, m *bus.IntakeMessage, faults []string) error {
	d.log.WarnContext(ctx, "event rejected", "event", m.Subject, "seq", m.Seq, "err", &events.FaultsError{Faults: faults})
	upgrade, _ := splitSubject(m.Subject)
	if !events.ValidID(upgrade) {
		upgrade = ""
	}
	now := d.stamp(d.cfg.Clock.At(m.Stored))
	_, err := d.append(ctx, events.Event{
		ID: derivedID(m), Source: "hub", Type: events.TypeRejected, Upgrade: upgrade, Time: now, Recorded: now, Intake: m.Seq,
		Data: &events.Rejected{Subject: m.Subject, Reasons: faults, Payload: m.Body[:min(len(m.Body), payloadKept)]},
	})
	if errors.Is(err, bus.ErrExists) {
		return nil
	}
	return err
}

// splitSubject reads upgrades.<upgrade>.<type>.
func splitSubject(subject string) (upgrade string, t events.Type) {
	rest := strings.TrimPrefix(subject, "upgrades.")
	upgrade, typ, _ := strings.Cut(rest, ".")
	return upgrade, events.Type(typ)
}
