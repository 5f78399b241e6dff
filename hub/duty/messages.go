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
	to, err := d.recipient(ctx, delivery)
	if err != nil {
		return notifiers.Message{}, nil, err
	}
	if to.Target == nil || to.Gone {
		return notifiers.Message{}, nil, courier.ErrRecipientGone
	}
	if err := d.spare(ctx, delivery, to); err != nil {
		return notifiers.Message{}, nil, err
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
	tokens, hashes := d.tokens(delivery, to, own)
	d.address(&m, delivery, person, tokens)
	m.Stranger = to.Origin == people.OriginPage
	return m, hashes, nil
}

// recipient is who a delivery is for. A reply is addressed to an answer, and for
// whoever that is of; nobody if that was forgotten.
func (d *Duty) recipient(ctx context.Context, delivery notifiers.Delivery) (people.Recipient, error) {
	id := delivery.Subscriber
	if isReply(delivery) {
		owner, err := d.people.OwnerOf(ctx, id)
		if err != nil || owner == "" {
			return people.Recipient{}, err
		}
		id = owner
	}
	return d.recipients.get(ctx, d.people, id)
}

func isReply(d notifiers.Delivery) bool { return d.Notice.Moment == events.MomentReply }

// deadForGood are the channels on which a target that refused everything is
// not tried again: who goes on writing to dead mailboxes is taken for a
// spammer. Others are tried with each message, and come back by themselves.
var deadForGood = map[string]bool{"email": true, "webhook": true}

// spare is the error of a message that is not to be sent.
func (d *Duty) spare(ctx context.Context, delivery notifiers.Delivery, to people.Recipient) error {
	if err := d.leftAlone(ctx, delivery, to); err != nil {
		return err
	}
	if err := d.answeredAlready(ctx, delivery); err != nil {
		return err
	}
	return d.overtaken(ctx, delivery)
}

// answeredAlready: nobody is reminded of what they have answered, a moment ago on
// another node as well.
func (d *Duty) answeredAlready(ctx context.Context, delivery notifiers.Delivery) error {
	if !delivery.Notice.Unanswered {
		return nil
	}
	answered, err := d.people.Answered(ctx, delivery.Upgrade, delivery.Subscriber)
	if err == nil && answered {
		err = courier.ErrAnswered
	}
	return err
}

// leftAlone: the target is dead. What an operator asked for, and what somebody
// asked for by typing the address, is sent all the same.
func (d *Duty) leftAlone(ctx context.Context, delivery notifiers.Delivery, to people.Recipient) error {
	if to.Broken == "" || !deadForGood[delivery.Channel] || delivery.Notice.Moment == events.MomentConfirm {
		return nil
	}
	row, _, err := d.store.Delivery(ctx, delivery.ID)
	if err == nil && !row.Retried {
		err = &courier.DeadTargetError{Code: to.Broken}
	}
	return err
}

// overtaken: an announcement that had to wait says nothing to a reader who was
// told since how the work goes.
func (d *Duty) overtaken(ctx context.Context, delivery notifiers.Delivery) error {
	if !delivery.PutOff || delivery.Notice.Moment != events.MomentAnnounced || delivery.Notice.Form != events.FormMessage {
		return nil
	}
	u, _, err := d.store.Full(ctx, delivery.Upgrade)
	if err != nil || u == nil || !u.State.Live() {
		return err
	}
	told, err := d.store.ToldSince(ctx, delivery.Upgrade, delivery.Subscriber, delivery.Cause)
	if err == nil && told {
		err = notifiers.ErrStale
	}
	return err
}

// Record appends what became of deliveries. With [Duty.Await] it is the
// courier's recorder.
func (d *Duty) Record(ctx context.Context, t events.Type, outcomes []events.DeliveryOutcome) error {
	d.mu.Lock()
	epoch := d.epoch
	d.mu.Unlock()
	if _, err := d.append(ctx, d.own(t, "", people.NewID(), &events.Outcomes{Epoch: epoch, Deliveries: outcomes})); err != nil {
		return fmt.Errorf("record %d outcomes: %w", len(outcomes), err)
	}
	return nil
}

// Await returns when this node has folded what it recorded, so that nothing is
// sent twice.
func (d *Duty) Await(ctx context.Context) error { return d.store.Wait(ctx, d.appended.Load()) }
