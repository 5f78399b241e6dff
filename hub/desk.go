package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"upgradehub/events"
	"upgradehub/events/bus"
	"upgradehub/events/clock"
	"upgradehub/events/link"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
	"upgradehub/hub/people"
	"upgradehub/hub/store"
	"upgradehub/statuspage"
	"upgradehub/statuspage/feedback"
)

// desk takes what people answer. Who answers and their words go to PEOPLE first,
// then the numbers become a fact; nothing goes through INTAKE.
type desk struct {
	bus    *bus.Bus
	store  *store.Store
	people *people.People
	clock  clock.Clock
	// source is whence the answers come, as their facts say it.
	source string
}

// Invitation is what a personal link of a survey opens.
func (d *desk) Invitation(ctx context.Context, token string) (feedback.Invitation, error) {
	row, err := d.link(ctx, token, link.Feedback)
	if err != nil {
		return feedback.Invitation{}, err
	}
	inv, err := d.invitation(ctx, row.Upgrade)
	if err != nil {
		return inv, err
	}
	inv.Role = row.Role
	if inv.Upgrade.Survey.How() == plan.Anonymous {
		// No turns: what is answered must not tell which links it can be from.
		inv.Spent = row.Used
		return inv, nil
	}
	giver := people.Giver{Upgrade: row.Upgrade, Subscriber: row.Subscriber}
	inv.Turn = d.people.Turn(giver)
	return inv, d.recall(ctx, &inv, giver)
}

// OpenSurvey is the same for the open form of an upgrade.
func (d *desk) OpenSurvey(ctx context.Context, upgradeID, browser string) (feedback.Invitation, error) {
	inv, err := d.invitation(ctx, upgradeID)
	if err != nil || browser == "" || inv.Upgrade.Survey.How() == plan.Anonymous {
		return inv, err
	}
	return inv, d.recall(ctx, &inv, people.Giver{Upgrade: upgradeID, Browser: browser})
}

func (d *desk) invitation(ctx context.Context, upgradeID string) (feedback.Invitation, error) {
	p, err := d.store.Upgrade(ctx, upgradeID)
	if errors.Is(err, statuspage.ErrNotFound) {
		return feedback.Invitation{}, feedback.ErrNotFound
	}
	return feedback.Invitation{Upgrade: p, Open: d.open(p)}, err
}

// recall fills in a giver's answer so far, if there is one, and what was said to
// it.
func (d *desk) recall(ctx context.Context, inv *feedback.Invitation, giver people.Giver) error {
	answer, err := d.people.AnswerBy(ctx, giver)
	if err != nil {
		return err
	}
	row, known, err := d.store.Answer(ctx, answer)
	if err != nil || !known {
		return err
	}
	text, err := d.people.Words(ctx, row.Answer)
	if err != nil {
		return err
	}
	inv.Previous = &feedback.Answer{
		Upgrade: row.Upgrade, Rating: row.Rating, Disruption: row.Disruption, Minutes: row.Minutes, Communication: row.Communication,
		Effort: row.Effort, Text: text,
	}
	inv.Reply, _, err = d.reply(ctx, row.Answer)
	return err
}

// open reports whether answers are taken: from the end until the survey
// closes.
func (d *desk) open(p upgrade.Public) bool {
	return p.SurveyCloses != nil && d.clock.Now().Before(*p.SurveyCloses)
}

// link finds what a token opens; every token that does not is the same
// unknown.
func (d *desk) link(ctx context.Context, token string, purpose link.Purpose) (store.LinkRow, error) {
	row, known, err := d.store.Link(ctx, link.Hash(token))
	if err != nil {
		return row, err
	}
	if !known || row.Purpose != string(purpose) {
		return row, feedback.ErrNotFound
	}
	return row, nil
}

// Submit records an answer, or changes the one there is.
func (d *desk) Submit(ctx context.Context, a feedback.Answer) error {
	fact := &events.FeedbackReceived{
		Rating: a.Rating, Disruption: a.Disruption, Minutes: a.Minutes, Communication: a.Communication, Effort: a.Effort,
		HasText: a.Text != "", Role: a.Role, Channel: cmp.Or(a.Channel, "page"),
	}
	giver := people.Giver{Browser: a.Browser}
	if a.Token != "" {
		row, err := d.link(ctx, a.Token, link.Feedback)
		if err != nil {
			return err
		}
		a.Upgrade, fact.Role, fact.Channel, giver = row.Upgrade, row.Role, row.Channel, people.Giver{Subscriber: row.Subscriber}
	}
	p, err := d.store.Upgrade(ctx, a.Upgrade)
	if err != nil {
		return err
	}
	fact.Mode = p.Survey.How()
	if fact.Mode == plan.Anonymous {
		return d.submitUnsigned(ctx, a, *fact)
	}
	giver.Upgrade, fact.Invited = a.Upgrade, a.Token != ""
	return d.submit(ctx, giver, a.Text, fact)
}

// submit records an answer that its giver can change.
func (d *desk) submit(ctx context.Context, giver people.Giver, text string, fact *events.FeedbackReceived) (err error) {
	if fact.Answer, err = d.people.BindAnswer(ctx, giver); err != nil {
		return fmt.Errorf("answer about %s: %w", giver.Upgrade, err)
	}
	if err := d.people.KeepWords(ctx, fact.Answer, text); err != nil {
		return fmt.Errorf("answer %s: keep its words: %w", fact.Answer, err)
	}
	return d.append(ctx, events.TypeFeedbackReceived, giver.Upgrade, fact)
}

// submitUnsigned keeps an anonymous answer, sealed, until it is published among
// others, and marks the link as used. The two have nothing in common, see
// [people.Pending]. Whoever sends twice at once has one answer: the mark has the id of
// the link, and stands once.
func (d *desk) submitUnsigned(ctx context.Context, a feedback.Answer, fact events.FeedbackReceived) error {
	// Whoever closes the page half way must not have a used link and no answer.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	fact.Answer = people.NewID()
	waits, err := d.people.KeepPending(ctx, people.Pending{Upgrade: a.Upgrade, Numbers: fact, Text: a.Text})
	if err != nil {
		return fmt.Errorf("anonymous answer about %s: %w", a.Upgrade, err)
	}
	if a.Token == "" {
		return nil
	}
	hash := link.Hash(a.Token)
	seq, err := d.bus.Append(ctx, d.event(hash, events.TypeFeedbackUsed, a.Upgrade, &events.FeedbackUsed{Link: hash}))
	if errors.Is(err, bus.ErrExists) {
		err = feedback.ErrSpent
	}
	if err != nil {
		return errors.Join(err, d.people.DropPending(ctx, waits))
	}
	return d.store.Wait(ctx, seq)
}

// append stores a fact and waits until this node shows it.
func (d *desk) append(ctx context.Context, t events.Type, upgradeID string, data events.Data) error {
	seq, err := d.bus.Append(ctx, d.event(people.NewID(), t, upgradeID, data))
	if err != nil {
		return err
	}
	return d.store.Wait(ctx, seq)
}

// event is what is said here, now.
func (d *desk) event(id string, t events.Type, upgradeID string, data events.Data) events.Event {
	now := d.clock.Now()
	return events.Event{ID: id, Source: d.source, Type: t, Upgrade: upgradeID, Time: now, Recorded: now, Data: data}
}
