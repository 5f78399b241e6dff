package duty

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"upgradehub/events"
	"upgradehub/hub/store"
	"upgradehub/notifiers"
)

// Recipient is one target of the configuration.
type Recipient struct {
	notifiers.Person
	// Audiences it belongs to; a person named for a role alone has none.
	Audiences []string
}

// syncRecipients makes the targets of the configuration subscribers with
// random ids, so that no fact ever names an address. A target that left the
// configuration keeps its id but no audience; one who unsubscribed stays so.
func (d *Duty) syncRecipients(ctx context.Context) error {
	known, err := d.configured(ctx)
	if err != nil {
		return err
	}
	for _, r := range d.cfg.Recipients {
		key := r.Channel + " " + r.Address
		if err := d.syncRecipient(ctx, r, known[key]); err != nil {
			return fmt.Errorf("recipient of %v: %w", r.Audiences, err)
		}
		delete(known, key)
	}
	for _, gone := range known {
		if gone == nil || len(gone.Audiences) == 0 && gone.Name == "" {
			continue
		}
		if err := d.subscribe(ctx, events.SubscriberChanged, gone.ID, Recipient{Person: notifiers.Person{Channel: gone.Channel}}); err != nil {
			return err
		}
	}
	return nil
}

// configured finds the subscribers that came from a configuration, by
// channel and address.
func (d *Duty) configured(ctx context.Context) (map[string]*store.SubscriberRow, error) {
	rows, err := d.store.Subscribers(ctx)
	if err != nil {
		return nil, err
	}
	known := map[string]*store.SubscriberRow{}
	for _, row := range rows {
		if row.Origin != originConfig {
			continue
		}
		person, err := d.person(ctx, row.ID)
		if err != nil {
			return nil, err
		}
		if person != nil {
			known[person.Channel+" "+person.Address] = &row
		}
	}
	return known, nil
}

const originConfig = "config"

func (d *Duty) syncRecipient(ctx context.Context, r Recipient, row *store.SubscriberRow) error {
	slices.Sort(r.Audiences)
	if row == nil {
		id := randomID()
		if err := d.putPerson(ctx, id, r.Person); err != nil {
			return err
		}
		return d.subscribe(ctx, events.SubscriberConfirmed, id, r)
	}
	if row.State != store.SubscriberActive {
		return nil
	}
	if slices.Equal(row.Audiences, r.Audiences) && row.Name == r.Name && row.Zone == r.Zone && row.Lang == r.Lang {
		return nil
	}
	if err := d.putPerson(ctx, row.ID, r.Person); err != nil {
		return err
	}
	return d.subscribe(ctx, events.SubscriberChanged, row.ID, r)
}

func (d *Duty) subscribe(ctx context.Context, t events.Type, id string, r Recipient) error {
	seq, err := d.append(ctx, d.own(t, "", randomID(), &events.Subscriber{
		Subscriber: id, Channel: r.Channel, Audiences: r.Audiences, Name: r.Name,
		Zone: r.Zone, Lang: r.Lang, Origin: originConfig,
	}))
	if err != nil {
		return err
	}
	return d.store.Wait(ctx, seq)
}

func (d *Duty) putPerson(ctx context.Context, id string, p notifiers.Person) error {
	raw, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return d.bus.PutPerson(ctx, personKey(id), raw)
}

// person reads who a subscriber is from the log's own bucket; nil if that
// was erased.
func (d *Duty) person(ctx context.Context, id string) (*notifiers.Person, error) {
	raw, err := d.bus.Person(ctx, personKey(id))
	if err != nil || raw == nil {
		return nil, err
	}
	var p notifiers.Person
	if err := json.Unmarshal(raw, &p); err != nil {
		return nil, fmt.Errorf("person %s: %w", id, err)
	}
	return &p, nil
}

func personKey(id string) string { return "person." + id }

// randomID is 128 random bits in hex.
func randomID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails, see crypto/rand
	return hex.EncodeToString(b[:])
}
