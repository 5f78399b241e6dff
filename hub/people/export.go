package people

import (
	"context"
	"slices"
	"time"

	"upgradehub/hub/store"
	"upgradehub/notifiers"
)

// channels are those on which an address can be looked up.
var channels = []string{"email", "slack", "webhook"}

// Persons lists the persons an address belongs to, on whatever channel.
func (p *People) Persons(ctx context.Context, address string) ([]string, error) {
	var persons []string
	for _, channel := range channels {
		o, ok, err := p.Owner(ctx, channel, address)
		if err != nil {
			return nil, err
		}
		if ok {
			persons = append(persons, o.Person)
		}
	}
	return persons, nil
}

// Export is everything the hub knows of a person.
type Export struct {
	Subscriptions []Subscription      `json:"subscriptions"`
	Messages      []store.DeliveryRow `json:"messages"`
	Answers       []Answer            `json:"answers"`
	Reports       []Report            `json:"reports"`
	Invitations   []Invitation        `json:"invitations"`
	// Deeds are what they did in Slack, beside answers and reports.
	Deeds []store.DeedRow `json:"deeds"`
	// Target is where somebody is known who has no subscription.
	Target *notifiers.Person `json:"target,omitempty"`
}

// Subscription is one target of a person, and what they are told there.
type Subscription struct {
	store.SubscriberRow
	Target notifiers.Person `json:"target"`
}

// Invitation is a link to a survey that a person was sent. Used: it has answered.
// Of an anonymous survey that is all that is known, and not with which answer.
type Invitation struct {
	Upgrade string    `json:"upgrade"`
	Sent    time.Time `json:"sent,omitzero"`
	Used    bool      `json:"used,omitempty"`
}

// Answer is what a person answered after an upgrade.
type Answer struct {
	store.AnswerRow
	Said
}

// Report is what a person said was broken, while work was under way.
type Report struct {
	store.ReportRow
	Said
}

// Said is what a person wrote in an answer or a report, what was said to them,
// and what was noted about it.
type Said struct {
	Text  string `json:"text,omitempty"`
	Reply string `json:"reply,omitempty"`
	Note  string `json:"note,omitempty"`
}

// Export gathers everything that is known of a person.
func (p *People) Export(ctx context.Context, person string) (Export, error) {
	e := Export{
		Subscriptions: []Subscription{}, Messages: []store.DeliveryRow{}, Answers: []Answer{}, Reports: []Report{}, Invitations: []Invitation{},
		Deeds: []store.DeedRow{},
	}
	if err := p.Mirrored(ctx); err != nil {
		return e, err
	}
	rows, err := p.store.SubscribersOf(ctx, person)
	if err != nil {
		return e, err
	}
	for _, row := range rows {
		if err := p.gather(ctx, row, &e); err != nil {
			return e, err
		}
	}
	deeds, err := p.store.Deeds(ctx, person)
	if err != nil {
		return e, err
	}
	e.Deeds = append(e.Deeds, deeds...)
	if slices.ContainsFunc(rows, func(row store.SubscriberRow) bool { return row.ID == person }) {
		return e, nil
	}
	if e.Target, err = p.Target(ctx, person); err != nil {
		return e, err
	}
	return e, p.gatherAnswers(ctx, person, &e)
}

// gather adds what is known of one subscriber. Whatever it finds,
// [People.Erase] erases, as far as it is personal.
func (p *People) gather(ctx context.Context, row store.SubscriberRow, e *Export) error {
	target, err := p.Target(ctx, row.ID)
	if err != nil {
		return err
	}
	if target != nil {
		e.Subscriptions = append(e.Subscriptions, Subscription{row, *target})
	}
	messages, err := p.store.DeliveriesTo(ctx, row.ID)
	if err != nil {
		return err
	}
	e.Messages = append(e.Messages, messages...)
	links, err := p.store.InvitationsOf(ctx, row.ID)
	if err != nil {
		return err
	}
	for _, l := range links {
		answer, err := p.AnswerBy(ctx, Giver{Upgrade: l.Upgrade, Subscriber: row.ID})
		if err != nil {
			return err
		}
		e.Invitations = append(e.Invitations, Invitation{l.Upgrade, l.Sent, l.Used || answer != ""})
	}
	return p.gatherAnswers(ctx, row.ID, e)
}

func (p *People) gatherAnswers(ctx context.Context, id string, e *Export) error {
	answers, err := p.store.AnswersOf(ctx, id)
	if err != nil {
		return err
	}
	for _, a := range answers {
		s, err := p.said(ctx, answerKey(a.Answer), a.Answer)
		if err != nil {
			return err
		}
		e.Answers = append(e.Answers, Answer{a, s})
		replies, err := p.store.DeliveriesTo(ctx, a.Answer) // a reply is addressed to the answer
		if err != nil {
			return err
		}
		e.Messages = append(e.Messages, replies...)
	}
	return p.gatherReports(ctx, id, e)
}

// gatherReports adds what somebody has reported in Slack.
func (p *People) gatherReports(ctx context.Context, id string, e *Export) error {
	rows, err := p.store.ReportsOf(ctx, id)
	if err != nil {
		return err
	}
	for _, r := range rows {
		s, err := p.said(ctx, reportKey(r.ID), r.ID)
		if err != nil {
			return err
		}
		e.Reports = append(e.Reports, Report{r, s})
	}
	return nil
}

// said reads everything that was written about an answer or a report, whose own
// words stand under a key.
func (p *People) said(ctx context.Context, key, item string) (s Said, err error) {
	for _, one := range []struct {
		key  string
		text *string
	}{{key, &s.Text}, {replyKey(item), &s.Reply}, {noteKey(item), &s.Note}} {
		if *one.text, err = p.kept(ctx, one.key); err != nil {
			return s, err
		}
	}
	return s, nil
}
