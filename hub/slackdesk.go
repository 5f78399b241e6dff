package main

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"upgradehub/events"
	"upgradehub/events/lang"
	"upgradehub/events/link"
	"upgradehub/events/theme"
	"upgradehub/events/upgrade"
	"upgradehub/hub/people"
	"upgradehub/notifiers"
	"upgradehub/notifiers/slack/interact"
	"upgradehub/statuspage"
	"upgradehub/statuspage/feedback"
)

// slackDesk takes what people do in Slack. Facts name them by a random id that
// PEOPLE ties to their Slack user id, until that is erased.
type slackDesk struct {
	*desk
	render *notifiers.Renderer
	known  []Person          // of the configuration
	langs  map[string]string // of users and channels, by their Slack ids
	key    link.Key
	page   string // base of the upgrades' addresses
	theme  theme.Theme
}

// Names are the role names of the configuration that a Slack user has.
func (s *slackDesk) Names(user string) []string {
	var names []string
	for _, p := range s.known {
		if p.Slack != "" && p.Slack == user {
			names = append(names, p.Name)
		}
	}
	return names
}

// Lang is the language of a Slack user, else that of the channel.
func (s *slackDesk) Lang(user, channel string) string {
	return cmp.Or(s.langs[user], s.langs[channel], lang.English)
}

// mac is what s stands for in a key: nobody without the hub's secret can find
// out of whom it is.
func (s *slackDesk) mac(purpose, text string) string {
	h := hmac.New(sha256.New, s.key)
	_, _ = io.WriteString(h, purpose+"|"+text) // a hash never fails
	return hex.EncodeToString(h.Sum(nil))[:32]
}

// person is the random id of a Slack user, empty if there is none yet.
func (s *slackDesk) person(ctx context.Context, user string) (string, error) {
	owner, _, err := s.people.Owner(ctx, "slack", user)
	return owner.Person, err
}

// introduce is the random id of a Slack user: the one their address has, or a
// new one at the first deed.
func (s *slackDesk) introduce(ctx context.Context, user string) (string, error) {
	id := people.NewID()
	owner, err := s.people.Claim(ctx, "slack", user, people.Owner{Person: id})
	if err != nil || owner.Person != id {
		return owner.Person, err
	}
	// So that whoever erases the person finds the address.
	return id, s.people.PutTarget(ctx, id, notifiers.Person{Channel: "slack", Address: user})
}

// Record makes a fact of a deed. A deed that is repeated, on any node, has the
// same id and stands already.
func (s *slackDesk) Record(ctx context.Context, d interact.Deed) error {
	person, err := s.introduce(ctx, d.User)
	if err != nil {
		return fmt.Errorf("record %s of %s: %w", d.Type, d.Upgrade, err)
	}
	return s.fact(ctx, d.Key, events.Event{Source: "slack/" + person, Type: d.Type, Upgrade: d.Upgrade, Visibility: d.Visibility, Data: d.Data})
}

// fact appends an event whose id is made of the deed's key, once.
func (s *slackDesk) fact(ctx context.Context, key string, e events.Event) error {
	e.ID, e.Time = s.mac("slack-deed", key), s.clock.Now()
	e.Recorded = e.Time
	if err := e.Validate(); err != nil {
		return err
	}
	return s.once(ctx, e)
}

// Acknowledge records that a user has read a delivery.
func (s *slackDesk) Acknowledge(ctx context.Context, key, upgradeID, delivery, user string) error {
	person, err := s.introduce(ctx, user)
	if err != nil {
		return fmt.Errorf("acknowledge %s: %w", delivery, err)
	}
	return s.fact(ctx, key, events.Event{
		Source: "slack", Type: events.TypeNoticeAcknowledged, Upgrade: upgradeID,
		Data: &events.NoticeAcknowledged{Delivery: delivery, Person: person},
	})
}

// Rating is what a user answered so far, through the same desk as the forms.
func (s *slackDesk) Rating(ctx context.Context, upgradeID, user string) (*interact.Rating, bool, error) {
	person, err := s.person(ctx, user)
	if err != nil {
		return nil, false, err
	}
	survey, err := s.OpenSurvey(ctx, upgradeID, person)
	if errors.Is(err, feedback.ErrNotFound) {
		err = fmt.Errorf("%w: %w", interact.ErrNotFound, err)
	}
	if err != nil || survey.Previous == nil {
		return nil, survey.Open, err
	}
	p := survey.Previous
	return &interact.Rating{
		Stars: p.Rating, Disruption: p.Disruption, Minutes: p.Minutes, Communication: p.Communication, Effort: p.Effort, Text: p.Text,
	}, survey.Open, nil
}

// Rate records an answer, or changes the one there is.
func (s *slackDesk) Rate(ctx context.Context, upgradeID, user string, r interact.Rating) error {
	person, err := s.introduce(ctx, user)
	if err != nil {
		return fmt.Errorf("rate %s: %w", upgradeID, err)
	}
	return s.Submit(ctx, feedback.Answer{
		Upgrade: upgradeID, Browser: person, Rating: r.Stars, Disruption: r.Disruption, Minutes: r.Minutes, Communication: r.Communication,
		Effort: r.Effort, Text: r.Text, Role: r.Role, Channel: "slack",
	})
}

// Upgrade is the newest state of an upgrade.
func (s *slackDesk) Upgrade(ctx context.Context, id string) (*upgrade.Upgrade, error) {
	u, _, err := s.store.Full(ctx, id)
	if err == nil && u == nil {
		err = fmt.Errorf("upgrade %q: %w", id, interact.ErrNotFound)
	}
	return u, err
}

// Upgrades lists what visitors may know.
func (s *slackDesk) Upgrades(ctx context.Context) ([]upgrade.Public, error) {
	return s.store.Upgrades(ctx)
}

// Status puts what visitors may know of an upgrade into the words of its root
// message, in a language.
func (s *slackDesk) Status(ctx context.Context, id, language string) (notifiers.Message, error) {
	p, err := s.store.Upgrade(ctx, id)
	if errors.Is(err, statuspage.ErrNotFound) {
		return notifiers.Message{}, fmt.Errorf("upgrade %q: %w", id, interact.ErrNotFound)
	}
	if err != nil {
		return notifiers.Message{}, err
	}
	return s.render.Render(notifiers.View{
		Delivery: notifiers.Delivery{Upgrade: id, Channel: "slack", Notice: events.Notice{
			Moment: events.MomentStatus, Role: "users", Form: events.FormRoot,
		}},
		Public: p, Person: notifiers.Person{Lang: language}, Links: notifiers.Links{Page: s.page + "/upgrades/" + id}, Now: s.clock.Now(), Theme: s.theme,
	})
}
