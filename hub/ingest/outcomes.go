package ingest

import (
	"time"

	"upgradehub/events"
	"upgradehub/events/bus"
	"upgradehub/hub/store"
)

// outcomes notes what became of deliveries. Those of an earlier epoch count
// as well: what was sent was sent.
func (b *batch) outcomes(f bus.Fact, d *events.Outcomes) error {
	for _, o := range d.Deliveries {
		done, err := b.acceptedMessage(f, o)
		if err == nil && !done {
			err = b.outcomeOf(f, o)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// acceptedMessage notes what nearly all outcomes say: a message that was
// pending was accepted. It is false for all others.
func (b *batch) acceptedMessage(f bus.Fact, o events.DeliveryOutcome) (bool, error) {
	if f.Event.Type != events.OutcomeAccepted {
		return false, nil
	}
	to, broken, ok, err := b.tx.AcceptMessage(o, f.Event.Recorded, f.Seq)
	if err != nil || !ok {
		return false, err
	}
	if broken {
		if err := b.broken(to.Subscriber, ""); err != nil {
			return false, err
		}
	}
	return true, b.links(to, o)
}

func (b *batch) outcomeOf(f bus.Fact, o events.DeliveryOutcome) error {
	row, ok, err := b.tx.Delivery(o.Delivery)
	if err != nil || !ok {
		return err
	}
	if err := b.outcome(f.Event, &row, o); err != nil {
		return err
	}
	row.Seq = f.Seq
	return b.tx.SetDelivery(row)
}

func (b *batch) outcome(e events.Event, row *store.DeliveryRow, o events.DeliveryOutcome) error {
	switch e.Type {
	case events.OutcomeAccepted:
		return b.accepted(row, o, e.Recorded)
	case events.OutcomeFailed:
		return b.failed(row, o, e.Recorded)
	case events.OutcomeSuperseded:
		if row.State == store.Pending {
			row.State, row.Why = store.Superseded, o.Why
		}
	case events.OutcomeRetried:
		return b.retried(row, e.Recorded)
	}
	return nil
}

// accepted beats every other outcome; accepted again is an extra send.
func (b *batch) accepted(row *store.DeliveryRow, o events.DeliveryOutcome, at time.Time) error {
	row.Attempts++
	lost(row, o)
	if row.State == store.Accepted {
		row.ExtraSends++
	} else {
		if row.State == store.Superseded {
			if err := b.recall(*row, at); err != nil {
				return err
			}
		}
		row.State, row.NextAt = store.Accepted, time.Time{}
		row.Code, row.Provider, row.Place, row.Why = o.Code, o.Provider, o.Place, o.Why
		row.AcceptedAt = at
		if err := b.root(*row); err != nil {
			return err
		}
	}
	if err := b.links(linksOf(*row, at), o); err != nil {
		return err
	}
	return b.broken(row.Subscriber, "")
}

// lost counts an answer that was lost: each may have been another message.
func lost(row *store.DeliveryRow, o events.DeliveryOutcome) {
	if o.Ambiguous {
		row.Ambiguous = true
		row.LostAnswers++
	}
}

// recall tells somebody that an update is withdrawn whom it reached after
// all: it was under way when it was.
func (b *batch) recall(row store.DeliveryRow, at time.Time) error {
	recalls, err := b.tx.Recalls(row.Notice)
	if err != nil {
		return err
	}
	for _, r := range recalls {
		r.ID, r.Subscriber, r.OwedAt = events.DeliveryID(r.Notice.ID, row.Subscriber), row.Subscriber, at
		if _, err := b.tx.PutDelivery(r); err != nil {
			return err
		}
	}
	return nil
}

// linksOf are those of a message that went out then.
func linksOf(row store.DeliveryRow, at time.Time) store.LinkRow {
	return store.LinkRow{Upgrade: row.Upgrade, Subscriber: row.Subscriber, Sent: at, Role: row.Role, Channel: row.Channel}
}

// links makes the personal links of a message work.
func (b *batch) links(to store.LinkRow, o events.DeliveryOutcome) error {
	for _, l := range o.Links {
		if err := b.tx.PutLink(l, to); err != nil {
			return err
		}
	}
	return nil
}

// root remembers where an upgrade's root message is, or a card. A reply that
// found no root stands in its place from then on.
func (b *batch) root(row store.DeliveryRow) error {
	switch {
	case row.Form == events.FormMessage || row.Provider == "" || row.Place == "":
		return nil
	case row.Form == events.FormCard:
		return b.tx.PutCard(row, row.Place, row.Provider)
	}
	return b.tx.PutRoot(row.Upgrade, row.Subscriber, row.Place, row.Provider, row.Form == events.FormRoot)
}

// failed puts a delivery off or buries it. One that was dropped in the
// meantime, or accepted after all, does not come back. The links it names
// work all the same: the message may have arrived.
func (b *batch) failed(row *store.DeliveryRow, o events.DeliveryOutcome, at time.Time) error {
	if o.Returned {
		return b.returned(row, o)
	}
	if !o.Untried {
		row.Attempts++
	}
	lost(row, o)
	if row.State == store.Pending {
		row.Code, row.Why, row.NextAt = o.Code, o.Why, o.Next
		if o.Final {
			row.State, row.NextAt = store.Failed, time.Time{}
		}
	}
	if err := b.links(linksOf(*row, at), o); err != nil || !o.TargetBroken {
		return err
	}
	return b.broken(row.Subscriber, o.Code)
}

// returned buries what came back although it had been accepted: nobody has
// read it. That it came back is no attempt of ours.
func (b *batch) returned(row *store.DeliveryRow, o events.DeliveryOutcome) error {
	if row.State == store.Accepted {
		row.State, row.Code, row.Why = store.Failed, o.Code, "returned"
	}
	if !o.TargetBroken {
		return nil
	}
	return b.broken(row.Subscriber, o.Code)
}

// broken notes that a target refuses everything, or nothing any more.
func (b *batch) broken(subscriber, code string) error {
	changed, err := b.tx.SetBroken(subscriber, code)
	b.subscribers = b.subscribers || changed
	return err
}

// retryWorth is for how long a delivery is of use again once an operator
// asked for it.
const retryWorth = 24 * time.Hour

// retried makes a delivery due again because an operator asked for it; not to
// somebody who has left. It does not stay due for ever.
func (b *batch) retried(row *store.DeliveryRow, at time.Time) error {
	if row.State == store.Accepted {
		return nil
	}
	to, _, err := b.tx.Subscriber(row.Subscriber)
	if err != nil || to.Gone() {
		return err
	}
	row.State, row.Retried, row.NextAt, row.Why = store.Pending, true, time.Time{}, ""
	if !row.UsefulUntil.IsZero() {
		row.UsefulUntil = later(row.UsefulUntil, at.Add(retryWorth))
	}
	return nil
}
