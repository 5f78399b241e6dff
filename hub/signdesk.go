package main

import (
	"context"
	"fmt"

	"upgradehub/events"
	"upgradehub/events/link"
	"upgradehub/events/upgrade"
	"upgradehub/hub/people"
	"upgradehub/hub/store"
	"upgradehub/statuspage/feedback"
)

// tester is whom a personal link to sign off was sent to, and the upgrade it
// is about. Who left or was erased signs nothing.
func (d *desk) tester(ctx context.Context, token string) (*upgrade.Upgrade, uint64, store.SubscriberRow, error) {
	row, err := d.link(ctx, token, link.SignOff)
	if err != nil {
		return nil, 0, store.SubscriberRow{}, err
	}
	who, known, err := d.store.Subscriber(ctx, row.Subscriber)
	if err == nil && (!known || who.Gone() || who.Name == "") {
		err = feedback.ErrNotFound
	}
	if err != nil {
		return nil, 0, who, err
	}
	u, seq, err := d.store.Full(ctx, row.Upgrade)
	if err == nil && (u == nil || u.Plan == nil) {
		err = feedback.ErrNotFound
	}
	return u, seq, who, err
}

// SignOff is what the link of a tester opens. Whom the plan asks is read anew:
// it may have changed since the mail.
func (d *desk) SignOff(ctx context.Context, token string) (feedback.SignOff, error) {
	u, seq, who, err := d.tester(ctx, token)
	if err != nil {
		return feedback.SignOff{}, err
	}
	s := feedback.SignOff{Upgrade: u.Public(seq)}
	for _, g := range u.Plan.Gates {
		mine := u.SignOffs(g.ID, []string{who.Name})
		if len(mine) == 0 {
			continue
		}
		one := feedback.SignOffGate{ID: g.ID, Title: g.Title, By: g.Deadline, Word: u.SignedOff(g.ID, mine[0])}
		if one.Title == "" {
			one.Title = g.ID
		}
		s.Gates = append(s.Gates, one)
	}
	return s, nil
}

// Sign records the tester's word for each sign-off that is theirs to give.
func (d *desk) Sign(ctx context.Context, token, gate, word string) error {
	u, _, who, err := d.tester(ctx, token)
	if err != nil {
		return err
	}
	mine := u.SignOffs(gate, []string{who.Name})
	if len(mine) == 0 {
		return feedback.ErrNotFound
	}
	for _, name := range mine {
		e := d.event(people.NewID(), events.GateEvidence, u.ID, &events.Evidence{Gate: gate, Kind: "signoff", Name: name, By: who.Name, Result: word})
		e.Source = "link/" + who.Person
		if err := e.Validate(); err != nil {
			return fmt.Errorf("sign off %q of %s: %w", name, u.ID, err)
		}
		if err := d.once(ctx, e); err != nil {
			return fmt.Errorf("sign off %q of %s: %w", name, u.ID, err)
		}
	}
	return nil
}
