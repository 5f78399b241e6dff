package duty

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"upgradehub/events"
	"upgradehub/events/link"
	"upgradehub/hub/people"
	"upgradehub/notifiers"
	"upgradehub/notifiers/courier"
)

// Compose renders a delivery for its recipient from the newest state, and
// makes the recipient's personal links. It is the courier's composer.
func (d *Duty) Compose(ctx context.Context, delivery notifiers.Delivery) (notifiers.Message, []events.LinkHash, error) {
	row, known, err := d.store.Subscriber(ctx, delivery.Subscriber)
	if err != nil {
		return notifiers.Message{}, nil, err
	}
	if !known || row.Gone() {
		return notifiers.Message{}, nil, courier.ErrRecipientGone
	}
	person, err := d.people.Target(ctx, delivery.Subscriber)
	if err != nil {
		return notifiers.Message{}, nil, err
	}
	if person == nil {
		return notifiers.Message{}, nil, courier.ErrRecipientGone
	}
	person.Zone, person.Lang = cmp.Or(row.Zone, person.Zone), cmp.Or(row.Lang, person.Lang)
	v := notifiers.View{Delivery: delivery, Person: *person, Now: d.cfg.Clock.Now(), Theme: d.cfg.Theme}
	if err := d.view(ctx, &v); err != nil {
		return notifiers.Message{}, nil, err
	}
	links, hashes := d.links(delivery, row.Generation)
	v.Links = links
	m, err := d.render.Render(v)
	return m, hashes, err
}

// view fills in the upgrade the delivery is about, if it is about one.
func (d *Duty) view(ctx context.Context, v *notifiers.View) error {
	if v.Delivery.Upgrade == "" {
		return nil
	}
	u, seq, err := d.store.Full(ctx, v.Delivery.Upgrade)
	if err != nil {
		return err
	}
	if u == nil {
		return fmt.Errorf("delivery %s: upgrade %q is not known", v.Delivery.ID, v.Delivery.Upgrade)
	}
	v.Upgrade, v.Public = u, u.Public(seq)
	return nil
}

// links are the addresses a message points to, and the hashes of the
// personal ones.
func (d *Duty) links(delivery notifiers.Delivery, generation int) (notifiers.Links, []events.LinkHash) {
	base := strings.TrimSuffix(d.cfg.PublicURL, "/")
	page := base + "/upgrades/" + delivery.Upgrade
	if delivery.Notice.Moment == events.MomentConfirm { // nothing to end yet
		confirm := d.cfg.LinkKey.Token(link.Confirm, "", delivery.Subscriber, generation)
		return notifiers.Links{Page: base + "/", Confirm: base + "/subscribe/" + confirm},
			[]events.LinkHash{{Hash: link.Hash(confirm), Purpose: string(link.Confirm)}}
	}
	if delivery.Upgrade == "" {
		page = base + "/"
	}
	unsubscribe := d.cfg.LinkKey.Token(link.Subscribe, "", delivery.Subscriber, generation)
	links := notifiers.Links{Page: page, Calendar: page + ".ics", Unsubscribe: base + "/s/" + unsubscribe}
	hashes := []events.LinkHash{{Hash: link.Hash(unsubscribe), Purpose: string(link.Subscribe)}}
	if delivery.Channel == "email" && notifiers.AsksFeedback(delivery.Notice.Moment) { // a channel has many readers
		feedback := d.cfg.LinkKey.Token(link.Feedback, delivery.Upgrade, delivery.Subscriber, generation)
		links.Feedback = base + "/f/" + feedback
		hashes = append(hashes, events.LinkHash{Hash: link.Hash(feedback), Purpose: string(link.Feedback)})
	}
	return links, hashes
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
