package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"upgradehub/events"
	"upgradehub/events/bus"
	"upgradehub/events/clock"
	"upgradehub/events/link"
	"upgradehub/events/upgrade"
	"upgradehub/hub/people"
	"upgradehub/hub/store"
	"upgradehub/statuspage"
	"upgradehub/statuspage/feedback"
)

// desk takes what people answer. The text and the person go to PEOPLE first,
// then the numbers become a fact; nothing goes through INTAKE.
type desk struct {
	bus    *bus.Bus
	store  *store.Store
	people *people.People
	clock  clock.Clock
	// source is whence the answers come, as their facts say it.
	source string
}

// answerText is what PEOPLE keeps of an answer under "answer.<id>".
type answerText struct {
	Text       string `json:"text"`
	Subscriber string `json:"subscriber,omitempty"`
}

// Invitation is what a personal link of a survey opens.
func (d *desk) Invitation(ctx context.Context, token string) (feedback.Invitation, error) {
	row, err := d.link(ctx, token, link.Feedback)
	if err != nil {
		return feedback.Invitation{}, err
	}
	previous, known, err := d.store.AnswerByLink(ctx, link.Hash(token))
	if err != nil {
		return feedback.Invitation{}, err
	}
	return d.invitation(ctx, row.Upgrade, previous, known)
}

// OpenSurvey is the same for the open form of an upgrade.
func (d *desk) OpenSurvey(ctx context.Context, upgradeID, browser string) (feedback.Invitation, error) {
	var previous store.AnswerRow
	var known bool
	if browser != "" {
		var err error
		if previous, known, err = d.store.AnswerByBrowser(ctx, upgradeID, browser); err != nil {
			return feedback.Invitation{}, err
		}
	}
	return d.invitation(ctx, upgradeID, previous, known)
}

func (d *desk) invitation(ctx context.Context, upgradeID string, previous store.AnswerRow, known bool) (feedback.Invitation, error) {
	p, err := d.store.Upgrade(ctx, upgradeID)
	if errors.Is(err, statuspage.ErrNotFound) {
		return feedback.Invitation{}, feedback.ErrNotFound
	}
	if err != nil {
		return feedback.Invitation{}, err
	}
	invitation := feedback.Invitation{Upgrade: p, Open: d.open(p)}
	if !known {
		return invitation, nil
	}
	kept, err := d.text(ctx, previous.Answer)
	invitation.Previous = &feedback.Answer{
		Upgrade: upgradeID, Rating: previous.Rating, Disruption: previous.Disruption, Communication: previous.Communication, Text: kept.Text,
	}
	return invitation, err
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

func (d *desk) text(ctx context.Context, answer string) (kept answerText, err error) {
	raw, err := d.store.People(ctx, "answer."+answer)
	if err != nil || raw == nil {
		return kept, err
	}
	return kept, json.Unmarshal(raw, &kept)
}

// Submit records an answer, or changes the one there is.
func (d *desk) Submit(ctx context.Context, a feedback.Answer) error {
	fact := &events.FeedbackReceived{Rating: a.Rating, Disruption: a.Disruption, Communication: a.Communication, HasText: a.Text != "", Browser: a.Browser}
	kept := answerText{Text: a.Text}
	previous, known, err := d.previous(ctx, &a, fact, &kept)
	if err != nil {
		return err
	}
	fact.Answer = strings.ToLower(rand.Text())
	if known {
		fact.Answer = previous.Answer
	}
	raw, err := json.Marshal(kept)
	if err != nil {
		return err
	}
	if err := d.bus.PutPerson(ctx, "answer."+fact.Answer, raw); err != nil {
		return fmt.Errorf("answer %s: keep its text: %w", fact.Answer, err)
	}
	return d.append(ctx, events.TypeFeedbackReceived, a.Upgrade, fact)
}

// previous finds the answer that is changed, and fills in what the personal
// link says.
func (d *desk) previous(ctx context.Context, a *feedback.Answer, fact *events.FeedbackReceived, kept *answerText) (store.AnswerRow, bool, error) {
	if a.Token == "" {
		return d.store.AnswerByBrowser(ctx, a.Upgrade, a.Browser)
	}
	row, err := d.link(ctx, a.Token, link.Feedback)
	if err != nil {
		return store.AnswerRow{}, false, err
	}
	a.Upgrade, fact.Link, kept.Subscriber = row.Upgrade, link.Hash(a.Token), row.Subscriber
	return d.store.AnswerByLink(ctx, fact.Link)
}

// append stores a fact and waits until this node shows it.
func (d *desk) append(ctx context.Context, t events.Type, upgradeID string, data events.Data) error {
	now := d.clock.Now()
	seq, err := d.bus.Append(ctx, events.Event{
		ID: strings.ToLower(rand.Text()), Source: d.source, Type: t, Upgrade: upgradeID, Time: now, Recorded: now, Data: data,
	})
	if err != nil {
		return err
	}
	return d.store.Wait(ctx, seq)
}
