package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"upgradehub/events"
	"upgradehub/events/clock"
	"upgradehub/events/link"
	"upgradehub/hub/people"
	"upgradehub/hub/store"
	"upgradehub/notifiers"
	"upgradehub/notifiers/email"
	"upgradehub/notifiers/webhook"
	"upgradehub/statuspage/feedback"
)

// subscriptions keeps who subscribed on the page. Who it is goes to PEOPLE
// first, then the wish becomes a fact; the mail that asks to confirm is owed
// by the planner like every other.
type subscriptions struct {
	people *people.People
	store  *store.Store
	clock  clock.Clock
	hooks  webhook.Keys // nil if programs are not told
	log    *slog.Logger
	queue  chan typed
}

// typed is a wish as somebody typed it.
type typed struct {
	to   feedback.Target
	wish feedback.Wish
}

const (
	// maxQueue bounds what waits to be looked at.
	maxQueue = 256
	// askAgain is how often one address is written to at most because
	// somebody typed it.
	askAgain = 24 * time.Hour
)

func newSubscriptions(p *people.People, s *store.Store, clk clock.Clock, hooks webhook.Keys, log *slog.Logger) *subscriptions {
	return &subscriptions{people: p, store: s, clock: clk, hooks: hooks, log: log, queue: make(chan typed, maxQueue)}
}

var errBusy = errors.New("too many wishes to subscribe at once")

// Request puts the wish into a queue, so that neither the answer nor its time
// depends on whether the address is known. Who asks while the hub dies asks
// again: they were promised a mail and got none.
func (s *subscriptions) Request(_ context.Context, to feedback.Target, w feedback.Wish) error {
	check := email.Valid
	if to.Channel == "webhook" {
		check = webhook.Check
	}
	if check(to.Address) != nil {
		return feedback.ErrAddress
	}
	select {
	case s.queue <- typed{to, w}:
		return nil
	default:
		return errBusy
	}
}

// Run makes the wishes facts until ctx ends, and then those that wait.
func (s *subscriptions) Run(ctx context.Context) error {
	for {
		select {
		case r := <-s.queue:
			s.take(ctx, r)
			continue
		default:
		}
		select {
		case <-ctx.Done():
			return nil
		case r := <-s.queue:
			s.take(ctx, r)
		}
	}
}

// take says in the log what became of a wish, and no address.
func (s *subscriptions) take(ctx context.Context, r typed) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	if err := s.ask(ctx, r); err != nil {
		s.log.ErrorContext(ctx, "wish to subscribe not taken", "err", err)
	}
}

func (s *subscriptions) ask(ctx context.Context, r typed) error {
	id, err := s.identify(ctx, r.to)
	if err != nil {
		return err
	}
	row, _, err := s.store.Subscriber(ctx, id.Subscriber)
	now := s.clock.Now()
	if err != nil || now.Sub(row.Asked) < askAgain {
		return err
	}
	if row.State != store.SubscriberActive {
		target := notifiers.Person{Channel: r.to.Channel, Address: r.to.Address, Zone: r.wish.Zone, Lang: r.wish.Lang}
		if err := s.people.PutTarget(ctx, id.Subscriber, target); err != nil {
			return err
		}
	}
	d := stated(r.wish)
	d.Subscriber, d.Person, d.Channel = id.Subscriber, id.Person, r.to.Channel
	return s.people.Tell(ctx, "page", events.SubscriberRequested, events.RequestID(d.Subscriber, row.Since, now), d)
}

// identify is who the address belongs to, and the subscription it has or will
// have by itself.
func (s *subscriptions) identify(ctx context.Context, to feedback.Target) (people.Owner, error) {
	owner, err := s.people.Claim(ctx, to.Channel, to.Address, people.Owner{Person: people.NewID(), Subscriber: people.NewID()})
	if err != nil || owner.Subscriber != "" {
		return owner, err
	}
	owner.Subscriber = people.NewID() // named by the operators until now
	return owner, s.people.SetOwner(ctx, to.Channel, to.Address, owner)
}

// stated is a wish as a fact states it.
func stated(w feedback.Wish) *events.Subscriber {
	d := &events.Subscriber{
		Audiences: []string{notifiers.SubscribersID}, Kind: events.Kind(w.Kind), Lang: w.Lang, Zone: w.Zone, Origin: people.OriginPage,
	}
	for _, one := range []struct {
		name string
		list *[]string
	}{{w.Upgrade, &d.Upgrades}, {w.System, &d.Systems}, {w.Component, &d.Components}} {
		if one.name != "" {
			*one.list = []string{one.name}
		}
	}
	return d
}

// wished is what stated wrote, as the page shows it.
func wished(row store.SubscriberRow) feedback.Subscription {
	first := func(list []string) string {
		if len(list) == 0 {
			return ""
		}
		return list[0]
	}
	return feedback.Subscription{
		Active: row.State == store.SubscriberActive, Own: row.Origin == people.OriginPage,
		Wish: feedback.Wish{
			Upgrade: first(row.Upgrades), System: first(row.Systems), Component: first(row.Components),
			Kind: string(row.Kind), Lang: row.Lang, Zone: row.Zone,
		},
	}
}

// Asked is the wish that a mailed token proves, while there is time.
func (s *subscriptions) Asked(ctx context.Context, token string) (feedback.Subscription, error) {
	row, err := s.asked(ctx, token)
	return wished(row), err
}

func (s *subscriptions) asked(ctx context.Context, token string) (store.SubscriberRow, error) {
	row, err := s.subscriber(ctx, token, link.Confirm)
	if err == nil && row.State != store.SubscriberActive &&
		(row.Gone() || s.clock.Now().Sub(row.Asked) > notifiers.ConfirmWithin) {
		err = feedback.ErrNotFound
	}
	return row, err
}

// Confirm makes a wish a subscription.
func (s *subscriptions) Confirm(ctx context.Context, token string) (secret string, err error) {
	row, err := s.asked(ctx, token)
	if err != nil {
		return "", err
	}
	if row.State != store.SubscriberActive {
		proof := link.Hash(token)
		err := s.people.Tell(ctx, "page", events.SubscriberConfirmed, events.ProofID(proof, row.Since),
			&events.Subscriber{Subscriber: row.ID, Token: proof})
		if err != nil {
			return "", err
		}
	}
	if row.Channel != "webhook" || s.hooks == nil {
		return "", nil
	}
	target, err := s.people.Target(ctx, row.ID)
	if err != nil || target == nil {
		return "", err
	}
	return s.hooks.Secret(target.Address), nil
}

// Subscription is what a token manages.
func (s *subscriptions) Subscription(ctx context.Context, token string) (feedback.Subscription, error) {
	row, err := s.subscriber(ctx, token, link.Subscribe)
	return wished(row), err
}

// subscriber is whose link it is; every token that opens nothing is the same
// unknown.
func (s *subscriptions) subscriber(ctx context.Context, token string, purpose link.Purpose) (store.SubscriberRow, error) {
	found, known, err := s.store.Link(ctx, link.Hash(token))
	if err != nil {
		return store.SubscriberRow{}, err
	}
	if !known || found.Purpose != string(purpose) {
		return store.SubscriberRow{}, feedback.ErrNotFound
	}
	row, known, err := s.store.Subscriber(ctx, found.Subscriber)
	if err == nil && !known {
		err = feedback.ErrNotFound
	}
	return row, err
}

// Change replaces what somebody subscribed to who did so by themselves.
func (s *subscriptions) Change(ctx context.Context, token string, w feedback.Wish) error {
	row, err := s.subscriber(ctx, token, link.Subscribe)
	if err != nil {
		return err
	}
	if row.State != store.SubscriberActive || row.Origin != people.OriginPage {
		return feedback.ErrNotFound
	}
	d := stated(w)
	d.Subscriber, d.Channel = row.ID, row.Channel
	return s.people.Tell(ctx, "page", events.SubscriberChanged, people.NewID(), d)
}

// Unsubscribe ends every subscription the person has on the channel: who wants
// no more mail wants none that is sent for another reason either.
func (s *subscriptions) Unsubscribe(ctx context.Context, token string) error {
	row, err := s.subscriber(ctx, token, link.Subscribe)
	if err != nil {
		return err
	}
	rows, err := s.store.SubscribersOf(ctx, row.Person)
	if err != nil {
		return err
	}
	proof := link.Hash(token)
	for _, same := range rows {
		if same.Channel != row.Channel || same.State != store.SubscriberActive {
			continue
		}
		err := s.people.Tell(ctx, "page", events.SubscriberRemoved, events.ProofID(proof, same.Since),
			&events.Subscriber{Subscriber: same.ID, Token: proof})
		if err != nil {
			return fmt.Errorf("unsubscribe %s: %w", same.ID, err)
		}
	}
	return nil
}

// Erase forgets the person.
func (s *subscriptions) Erase(ctx context.Context, token string) error {
	row, err := s.subscriber(ctx, token, link.Subscribe)
	if err != nil {
		return err
	}
	return s.people.Erase(ctx, row.Person)
}
