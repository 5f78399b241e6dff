package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
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

// desk takes what people answer. The words go to PEOPLE first, then the
// numbers become a fact; nothing goes through INTAKE.
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
	hash := link.Hash(token)
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
	inv.Turn = turn(hash)
	previous, known, err := d.store.AnswerByLink(ctx, hash)
	if err == nil && known {
		err = d.recall(ctx, &inv, previous)
	}
	return inv, err
}

// turn is the number by which questions take turns: one for each link, always
// the same.
func turn(hash string) int {
	n, err := strconv.ParseUint(hash[:4], 16, 16)
	if err != nil {
		return 0 // a hash is hex
	}
	return int(n)
}

// OpenSurvey is the same for the open form of an upgrade.
func (d *desk) OpenSurvey(ctx context.Context, upgradeID, browser string) (feedback.Invitation, error) {
	inv, err := d.invitation(ctx, upgradeID)
	if err != nil || browser == "" || inv.Upgrade.Survey.How() == plan.Anonymous {
		return inv, err
	}
	previous, known, err := d.store.AnswerByBrowser(ctx, upgradeID, browser)
	if err == nil && known {
		err = d.recall(ctx, &inv, previous)
	}
	return inv, err
}

func (d *desk) invitation(ctx context.Context, upgradeID string) (feedback.Invitation, error) {
	p, err := d.store.Upgrade(ctx, upgradeID)
	if errors.Is(err, statuspage.ErrNotFound) {
		return feedback.Invitation{}, feedback.ErrNotFound
	}
	return feedback.Invitation{Upgrade: p, Open: d.open(p)}, err
}

// recall fills in the answer so far, and what was said to it.
func (d *desk) recall(ctx context.Context, inv *feedback.Invitation, row store.AnswerRow) error {
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
	if a.Token != "" {
		row, err := d.link(ctx, a.Token, link.Feedback)
		if err != nil {
			return err
		}
		a.Upgrade, fact.Role, fact.Channel = row.Upgrade, row.Role, row.Channel
	}
	p, err := d.store.Upgrade(ctx, a.Upgrade)
	if err != nil {
		return err
	}
	fact.Mode = p.Survey.How()
	if fact.Mode == plan.Anonymous {
		return d.submitUnsigned(ctx, a, *fact)
	}
	return d.submit(ctx, a, fact)
}

// submit records an answer that can be changed by its link or browser.
func (d *desk) submit(ctx context.Context, a feedback.Answer, fact *events.FeedbackReceived) (err error) {
	var previous store.AnswerRow
	var known bool
	if a.Token != "" {
		fact.Link = link.Hash(a.Token)
		previous, known, err = d.store.AnswerByLink(ctx, fact.Link)
	} else {
		fact.Browser = a.Browser
		previous, known, err = d.store.AnswerByBrowser(ctx, a.Upgrade, a.Browser)
	}
	if err != nil {
		return err
	}
	fact.Answer = people.NewID()
	if known {
		fact.Answer = previous.Answer
	}
	if err := d.people.KeepWords(ctx, fact.Answer, a.Text); err != nil {
		return fmt.Errorf("answer %s: keep its words: %w", fact.Answer, err)
	}
	return d.append(ctx, events.TypeFeedbackReceived, a.Upgrade, fact)
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
