package duty

import (
	"cmp"
	"context"
	"fmt"

	"upgradehub/events"
	"upgradehub/hub/people"
	"upgradehub/notifiers"
	"upgradehub/notifiers/courier"
)

// Compose renders a delivery for its recipient from the newest state, and
// makes the recipient's personal links. It is the courier's composer.
func (d *Duty) Compose(ctx context.Context, delivery notifiers.Delivery) (notifiers.Message, []events.LinkHash, error) {
	to, err := d.recipients.get(ctx, d.people, delivery.Subscriber)
	if err != nil {
		return notifiers.Message{}, nil, err
	}
	if to.Target == nil || to.Gone() {
		return notifiers.Message{}, nil, courier.ErrRecipientGone
	}
	person := *to.Target
	person.Zone, person.Lang = cmp.Or(to.Zone, person.Zone), cmp.Or(to.Lang, person.Lang)
	var own personal
	if own.asks, err = d.asks(ctx, delivery); err != nil {
		return notifiers.Message{}, nil, err
	}
	if own.signs, err = d.signs(ctx, delivery, to.Name); err != nil {
		return notifiers.Message{}, nil, err
	}
	m, err := d.letter(ctx, delivery, person, own)
	if err != nil {
		return notifiers.Message{}, nil, err
	}
	tokens, hashes := d.tokens(delivery, to.Generation, own)
	d.address(&m, delivery, person, tokens)
	return m, hashes, nil
}

// Record appends what became of deliveries and returns when this node has
// folded it, so that nothing is sent twice. It is the courier's recorder.
func (d *Duty) Record(ctx context.Context, t events.Type, outcomes []events.DeliveryOutcome) error {
	d.mu.Lock()
	epoch := d.epoch
	d.mu.Unlock()
	seq, err := d.append(ctx, d.own(t, "", people.NewID(), &events.Outcomes{Epoch: epoch, Deliveries: outcomes}))
	if err != nil {
		return fmt.Errorf("record %d outcomes: %w", len(outcomes), err)
	}
	return d.store.Wait(ctx, seq)
}
