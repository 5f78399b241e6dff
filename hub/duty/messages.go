package duty

import (
	"context"
	"fmt"
	"strings"

	"upgradehub/events"
	"upgradehub/events/link"
	"upgradehub/notifiers"
	"upgradehub/notifiers/courier"
)

// Compose renders a delivery for its recipient from the newest state, and
// makes the recipient's personal links. It is the courier's composer.
func (d *Duty) Compose(ctx context.Context, delivery notifiers.Delivery) (notifiers.Message, []events.LinkHash, error) {
	person, err := d.person(ctx, delivery.Subscriber)
	if err != nil {
		return notifiers.Message{}, nil, err
	}
	row, known, err := d.store.Subscriber(ctx, delivery.Subscriber)
	if err != nil {
		return notifiers.Message{}, nil, err
	}
	if person == nil || !known {
		return notifiers.Message{}, nil, courier.ErrRecipientGone
	}
	u, seq, err := d.store.Full(ctx, delivery.Upgrade)
	if err != nil {
		return notifiers.Message{}, nil, err
	}
	if u == nil {
		return notifiers.Message{}, nil, fmt.Errorf("delivery %s: upgrade %q is not known", delivery.ID, delivery.Upgrade)
	}
	links, hashes := d.links(delivery, row.Generation)
	m, err := d.render.Render(notifiers.View{
		Delivery: delivery, Upgrade: u, Public: u.Public(seq), Person: *person,
		Links: links, Now: d.cfg.Clock.Now(), Theme: d.cfg.Theme,
	})
	return m, hashes, err
}

// links are the addresses a message points to, and the hashes of the
// personal ones.
func (d *Duty) links(delivery notifiers.Delivery, generation int) (notifiers.Links, []events.LinkHash) {
	base := strings.TrimSuffix(d.cfg.PublicURL, "/")
	page := base + "/upgrades/" + delivery.Upgrade
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
	seq, err := d.append(ctx, d.own(t, "", randomID(), &events.Outcomes{Epoch: epoch, Deliveries: outcomes}))
	if err != nil {
		return fmt.Errorf("record %d outcomes: %w", len(outcomes), err)
	}
	return d.store.Wait(ctx, seq)
}
