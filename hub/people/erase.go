package people

import (
	"context"
	"errors"
	"fmt"

	"upgradehub/events"
	"upgradehub/hub/store"
	"upgradehub/notifiers"
)

// Erase forgets a person: their targets, the words of their answers, that those
// are theirs, and whose their addresses are. The facts about them stay, with
// random ids that lead nowhere. Somebody whom the configuration names is kept out by the keyed hash
// of the address: the next start would write to them again.
//
// The entries of the addresses go last. Who erases again after a failure finds
// the person by them.
func (p *People) Erase(ctx context.Context, person string) error {
	if err := p.Mirrored(ctx); err != nil {
		return err
	}
	rows, err := p.store.SubscribersOf(ctx, person)
	if err != nil {
		return err
	}
	targets := make([]notifiers.Person, 0, len(rows))
	for _, row := range rows {
		target, err := p.forget(ctx, row)
		if err != nil {
			return fmt.Errorf("erase subscriber %s: %w", row.ID, err)
		}
		if target != nil {
			targets = append(targets, *target)
		}
	}
	self, err := p.forgetSelf(ctx, person)
	if err != nil {
		return fmt.Errorf("erase person %s: %w", person, err)
	}
	targets = append(targets, self...)
	for _, t := range targets {
		if err := p.bus.ErasePerson(ctx, p.addressKey(t.Channel, t.Address)); err != nil {
			return fmt.Errorf("erase an address: %w", err)
		}
	}
	return nil
}

// forget erases all that is known of one subscriber but the address's entry.
// It is where every further kind of personal data is erased.
func (p *People) forget(ctx context.Context, row store.SubscriberRow) (*notifiers.Person, error) {
	target, err := p.Target(ctx, row.ID)
	if err != nil {
		return nil, err
	}
	if target != nil && row.Origin == OriginConfig {
		if err := p.bus.PutPerson(ctx, p.keptOutKey(*target), []byte("{}")); err != nil {
			return nil, err
		}
	}
	if err := p.forgetAnswers(ctx, row.ID); err != nil {
		return nil, err
	}
	if err := p.bus.ErasePerson(ctx, personKey(row.ID)); err != nil {
		return nil, err
	}
	return target, p.Tell(ctx, "hub", events.SubscriberErased, "erased", &events.Subscriber{Subscriber: row.ID})
}

// forgetSelf erases what is known of a person beside their subscriptions: what
// somebody who never subscribed did in Slack is theirs by the id alone.
func (p *People) forgetSelf(ctx context.Context, person string) ([]notifiers.Person, error) {
	if err := p.forgetAnswers(ctx, person); err != nil {
		return nil, err
	}
	target, err := p.Target(ctx, person)
	if err != nil || target == nil {
		return nil, err
	}
	return []notifiers.Person{*target}, p.bus.ErasePerson(ctx, personKey(person))
}

// forgetAnswers erases the words of whoever has an id, what was said to them and
// noted about them, and at last, so that it can be tried again, whose all that
// was. Then it waits for this node to have forgotten it: mails that are left of
// it are looked for as soon as the fact of the erasure is there.
func (p *People) forgetAnswers(ctx context.Context, id string) error {
	bonds, err := p.store.BondsOf(ctx, id)
	if err != nil || len(bonds) == 0 {
		return err
	}
	for _, b := range bonds {
		if err := p.purge(ctx, append(wordsKeys(b.Of), b.Key)...); err != nil {
			return err
		}
	}
	return p.Mirrored(ctx)
}

func (p *People) purge(ctx context.Context, keys ...string) error {
	for _, key := range keys {
		if err := p.bus.ErasePerson(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// Forget erases one subscriber alone, who never confirmed: the person may be
// somebody whom the configuration names, and whose address a stranger typed.
func (p *People) Forget(ctx context.Context, row store.SubscriberRow) error {
	target, err := p.forget(ctx, row)
	if err != nil || target == nil {
		return err
	}
	o, known, err := p.Owner(ctx, target.Channel, target.Address)
	if err != nil || !known || o.Subscriber != row.ID {
		return err
	}
	if others, err := p.store.SubscribersOf(ctx, o.Person); err != nil || len(others) > 0 {
		o.Subscriber = ""
		return errors.Join(err, p.SetOwner(ctx, target.Channel, target.Address, o))
	}
	return p.bus.ErasePerson(ctx, p.addressKey(target.Channel, target.Address))
}

// KeptOut reports whether a target of the configuration was erased: then it is
// not made a recipient again.
func (p *People) KeptOut(ctx context.Context, t notifiers.Person) (bool, error) {
	raw, err := p.bus.Person(ctx, p.keptOutKey(t))
	return raw != nil, err
}

func (p *People) keptOutKey(t notifiers.Person) string {
	return "out." + p.key.Token("out", t.Channel, canonical(t.Channel, t.Address), 0)
}
