package duty

import (
	"context"
	"sync"
	"time"

	"upgradehub/hub/people"
	"upgradehub/notifiers"
)

// recipients are those of the deliveries that go out now, read together. As
// soon as a fact about any subscriber is folded they are read again, so that
// nobody is written to who has left.
type recipients struct {
	mu   sync.Mutex
	read map[string]people.Recipient
	// changes counts how often they were forgotten.
	changes int
}

// maxRecipients bounds what is kept.
const maxRecipients = 1000

func (r *recipients) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.read = nil
	r.changes++
}

// get is one recipient as it is now.
func (r *recipients) get(ctx context.Context, from *people.People, id string) (people.Recipient, error) {
	r.mu.Lock()
	known, ok := r.read[id]
	r.mu.Unlock()
	if ok {
		return known, nil
	}
	some, err := from.Recipients(ctx, []string{id})
	return some[id], err
}

// fetch reads those that are not there.
func (r *recipients) fetch(ctx context.Context, from *people.People, ids []string) error {
	r.mu.Lock()
	changes := r.changes
	var missing []string
	for _, id := range ids {
		if _, ok := r.read[id]; !ok {
			missing = append(missing, id)
		}
	}
	r.mu.Unlock()
	if len(missing) == 0 {
		return nil
	}
	some, err := from.Recipients(ctx, missing)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.changes != changes {
		return nil // what was read may be what has changed
	}
	if r.read == nil || len(r.read) > maxRecipients {
		r.read = map[string]people.Recipient{}
	}
	for id, one := range some {
		if one.Target != nil {
			r.read[id] = one
		}
	}
	return nil
}

// Due lists what may be sent now, with its recipients at hand. With
// [Duty.Expired] it is the courier's outbox.
func (d *Duty) Due(ctx context.Context, channel string, now time.Time, limit int) ([]notifiers.Delivery, error) {
	due, err := d.store.Due(ctx, channel, now, limit)
	if err != nil || len(due) == 0 {
		return nil, err
	}
	ids := make([]string, len(due))
	for i, one := range due {
		ids[i] = one.Subscriber
	}
	if err := d.recipients.fetch(ctx, d.people, ids); err != nil {
		d.log.WarnContext(ctx, "recipients not read together", "err", err) // each is read by itself, and tried again
	}
	return due, nil
}

// Expired lists what nobody needs any more.
func (d *Duty) Expired(ctx context.Context, now time.Time, limit int) ([]notifiers.Delivery, error) {
	return d.store.Expired(ctx, now, limit)
}
