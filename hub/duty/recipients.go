package duty

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"upgradehub/events"
	"upgradehub/hub/people"
	"upgradehub/hub/store"
	"upgradehub/notifiers"
)

// Recipient is one target of the configuration.
type Recipient struct {
	notifiers.Person
	// Audiences it belongs to; a person named for a role alone has none.
	Audiences []string
}

func (r Recipient) key() string { return targetKey(r.Person) }

func targetKey(p notifiers.Person) string { return p.Channel + " " + p.Address }

// syncRecipients makes the targets of the configuration subscribers with
// random ids, so that no fact ever names an address. A target that left the
// configuration keeps its id but no audience; one who unsubscribed stays so.
func (d *Duty) syncRecipients(ctx context.Context) error {
	known, err := d.configured(ctx)
	if err != nil {
		return err
	}
	wanted, err := d.wanted(ctx)
	if err != nil {
		return err
	}
	for _, same := range byName(wanted) {
		if err := d.syncPerson(ctx, same, known); err != nil {
			return fmt.Errorf("recipient of %v: %w", same[0].Audiences, err)
		}
	}
	for _, gone := range known {
		if len(gone.Audiences) == 0 && gone.Name == "" {
			continue
		}
		left := Recipient{Person: notifiers.Person{Channel: gone.Channel}}
		if err := d.subscribe(ctx, events.SubscriberChanged, gone.ID, gone.Person, left); err != nil {
			return err
		}
	}
	return nil
}

// wanted are the targets of the configuration without those who were erased.
func (d *Duty) wanted(ctx context.Context) ([]Recipient, error) {
	var list []Recipient
	for _, r := range d.cfg.Recipients {
		out, err := d.people.KeptOut(ctx, r.Person)
		if err != nil {
			return nil, err
		}
		if !out {
			list = append(list, r)
		}
	}
	return list, nil
}

// byName groups the targets of each person of the configuration; a target
// without a name is a person of its own.
func byName(all []Recipient) [][]Recipient {
	var groups [][]Recipient
	index := map[string]int{}
	for _, r := range all {
		i, ok := index[r.Name]
		if !ok || r.Name == "" {
			i = len(groups)
			groups, index[r.Name] = append(groups, nil), i
		}
		groups[i] = append(groups[i], r)
	}
	return groups
}

// configured finds the subscribers that came from a configuration, by
// channel and address.
func (d *Duty) configured(ctx context.Context) (map[string]store.SubscriberRow, error) {
	rows, err := d.store.SubscribersFrom(ctx, people.OriginConfig)
	if err != nil {
		return nil, err
	}
	known := map[string]store.SubscriberRow{}
	for _, row := range rows {
		target, err := d.people.Target(ctx, row.ID)
		if err != nil {
			return nil, err
		}
		if target != nil {
			known[targetKey(*target)] = row
		}
	}
	return known, nil
}

// syncPerson brings the subscribers of one person up to date and takes them
// out of known.
func (d *Duty) syncPerson(ctx context.Context, targets []Recipient, known map[string]store.SubscriberRow) error {
	var list []notifiers.Person
	was := ""
	for _, r := range targets {
		list = append(list, r.Person)
		was = cmp.Or(was, known[r.key()].Person)
	}
	person, err := d.people.Same(ctx, was, list...)
	if err != nil {
		return err
	}
	for _, r := range targets {
		row, ok := known[r.key()]
		delete(known, r.key())
		if !ok {
			err = d.addRecipient(ctx, r, person)
		} else {
			err = d.syncRecipient(ctx, r, person, row)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *Duty) addRecipient(ctx context.Context, r Recipient, person string) error {
	id := people.NewID()
	if err := d.people.PutTarget(ctx, id, r.Person); err != nil {
		return err
	}
	slices.Sort(r.Audiences)
	return d.subscribe(ctx, events.SubscriberConfirmed, id, person, r)
}

func (d *Duty) syncRecipient(ctx context.Context, r Recipient, person string, row store.SubscriberRow) error {
	slices.Sort(r.Audiences)
	same := slices.Equal(row.Audiences, r.Audiences) && row.Name == r.Name && row.Person == person &&
		row.Zone == r.Zone && row.Lang == r.Lang
	if row.State != store.SubscriberActive || same {
		return nil
	}
	if err := d.people.PutTarget(ctx, row.ID, r.Person); err != nil {
		return err
	}
	return d.subscribe(ctx, events.SubscriberChanged, row.ID, person, r)
}

func (d *Duty) subscribe(ctx context.Context, t events.Type, id, person string, r Recipient) error {
	seq, err := d.append(ctx, d.own(t, "", people.NewID(), &events.Subscriber{
		Subscriber: id, Channel: r.Channel, Audiences: r.Audiences, Name: r.Name, Person: person,
		Zone: r.Zone, Lang: r.Lang, Origin: people.OriginConfig,
	}))
	if err != nil {
		return err
	}
	return d.store.Wait(ctx, seq)
}
