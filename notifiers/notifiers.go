// Package notifiers decides who is owed what, and in which words.
//
// [Plan] is the notice policy of PRODUCT.md as a pure function: a cause and
// the state around it in, notices out. [Renderer.Render] turns a notice and
// the upgrade's newest state into a [Message]. Neither does I/O or looks at
// a clock; the courier carries, and the packages slack and email know their
// channels.
package notifiers

import (
	"context"
	"fmt"
	"strings"
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
)

// Audience is one audience of the configuration, without addresses.
type Audience struct {
	ID   string
	Role string // users, teams, managers, stakeholders, support
	// Channels in order of preference: email, slack, webhook, service.
	Channels []string
	// Chosen: its people chose what they are told of.
	Chosen bool
	// Match says which causes it is told of; nil is all. See [Routes] for
	// Continue.
	Match    *Filter
	Continue bool
	// Quiet are its quiet hours, in which what may wait does; nil is none.
	Quiet *Quiet
	// Digest, if it is not 0, is how often at most it hears of the course of
	// the work: then the newest state is told, once.
	Digest time.Duration
	// Cadence is how often its people are promised a word where the plan does
	// not say, by the state of the upgrade; nil is as the hub thinks.
	Cadence map[string]plan.Duration
	// Budget is the most messages one of its people may get about an upgrade
	// that goes to plan; 0 is what PRODUCT.md says of its role.
	Budget int
	// Templates names the set that puts what it is told into the operator's
	// words; empty is the default set.
	Templates string
}

// Subscribers is the audience of those who subscribed on the page. It is the
// hub's own: no configuration names it.
func Subscribers(channels ...string) Audience {
	return Audience{ID: SubscribersID, Role: "users", Channels: channels, Chosen: true}
}

// SubscribersID is the id of the audience of those who subscribed on the page.
const SubscribersID = "subscribers"

// Cause is one folded fact and the upgrade before and after it.
type Cause struct {
	Seq    uint64
	Event  events.Event
	Effect upgrade.Effect
	Before *upgrade.Upgrade // nil if the upgrade was not known
	After  *upgrade.Upgrade
}

// Delivery is one notice owed to one recipient.
type Delivery struct {
	// ID is hash(notice, subscriber): a repeat has the same.
	ID         string        `json:"id"`
	Notice     events.Notice `json:"notice"`
	Upgrade    string        `json:"upgrade"`
	Cause      uint64        `json:"cause"` // sequence of the causing fact
	Subscriber string        `json:"subscriber"`
	Channel    string        `json:"channel"`
	Attempts   int           `json:"attempts"`
	// PutOff: it could not go when it was due, also if nothing was tried.
	PutOff bool `json:"put_off,omitempty"`
	// Place and Root say where the upgrade's root message on this target
	// is: the Slack channel id and ts; empty if there is none yet.
	Place string `json:"place,omitempty"`
	Root  string `json:"root,omitempty"`
	// Card is where the card that the notice is about stands, within Place;
	// empty if there is none yet.
	Card string `json:"card,omitempty"`
}

// Person is a recipient as PEOPLE keeps it.
type Person struct {
	Channel string `json:"channel"` // email, slack, webhook, service
	Address string `json:"address"` // mail address, Slack channel or user id, URL, name of a service
	Name    string `json:"name,omitempty"`
	Zone    string `json:"zone,omitempty"`
	Lang    string `json:"lang,omitempty"`
}

// Links are the addresses a message points to.
type Links struct {
	Page        string // the upgrade's page
	Calendar    string // the upgrade's .ics
	Feedback    string // personal, of /f/{token}; empty unless it is asked for
	Unsubscribe string // personal, of /s/{token}
	// SignOff is personal, of /g/{token}; empty unless the reader is asked to
	// sign off for a gate.
	SignOff string
	// Confirm is personal, of /subscribe/{token}; empty unless an address
	// is to be proved.
	Confirm string
}

// Message is a rendered notice, ready for its channel.
type Message struct {
	Delivery Delivery
	To       Person
	Links    Links
	// Subject stays the same for every mail of one upgrade's thread.
	Subject string
	// Lang is the language it is in, for what a channel adds, see [Words].
	Lang string `json:",omitempty"`
	// Text is the whole message in plain text; it stands alone.
	Text string
	// HTML is the whole message as an HTML document, for mail.
	HTML string
	// Calendar is an iCalendar object, or nil; CalendarMethod is its METHOD.
	Calendar       []byte
	CalendarMethod string
	// Report is an HTML document that is attached, or nil.
	Report []byte
	// Headline, Sections and Context are what Slack blocks are made of:
	// plain text that the channel escapes itself, except that Sections are
	// given as label and text.
	Headline string
	Sections []Section
	Context  string
	Buttons  []Button
	// Upgrade is what outsiders may know of it, for programs.
	Upgrade upgrade.Public
	// Stranger: a visitor named the target, so it is trusted less than those of
	// the operator.
	Stranger bool `json:",omitempty"`
	// Date is the Date header: when the notice was owed.
	Date time.Time
	// Own is what Text and HTML have stand-ins for, so that a mail to many has
	// to be made once: see [Message.Whole]. Other channels have none.
	Own []Own `json:",omitempty"`
}

// Own is something of the recipient's own in a message that others get too.
type Own struct{ StandIn, Value string }

// Whole is the message as the recipient reads it, with nothing left to put in.
func (m Message) Whole() Message {
	for _, o := range m.Own {
		m.Text = strings.ReplaceAll(m.Text, o.StandIn, o.Value)
		m.HTML = strings.ReplaceAll(m.HTML, o.StandIn, o.Value)
	}
	m.Own = nil
	return m
}

// Section is a labelled paragraph, with where to read on.
type Section struct {
	Label, Text string
	Links       []Link `json:",omitempty"`
}

// Link is a page of the hub, and the words that lead to it.
type Link struct{ URL, Words string }

// Button is a link shown as a button, or an action where Press names one.
type Button struct {
	Text  string
	URL   string `json:",omitempty"`
	Press Press  `json:",omitzero"`
	Style Style  `json:",omitempty"`
}

// Style says how a button stands out: not at all by default.
type Style string

// The styles: what is wished for, and what should be thought about.
const (
	Primary Style = "primary"
	Danger  Style = "danger"
)

// Receipt is what a channel says of an accepted message.
type Receipt struct {
	Provider string // Slack ts, or Message-ID
	Place    string // Slack channel id
	// Warning is a provider code of something that went wrong although the
	// message was accepted.
	Warning string
}

// Notifier carries a message to one recipient. It keeps no state and does
// not retry. An error is a [*SendError].
type Notifier interface {
	Notify(ctx context.Context, m Message) (Receipt, error)
}

// SendError is a refusal or a failure of a channel.
type SendError struct {
	// Code is the provider's own: "channel_not_found", "550 5.1.1", or
	// "network", "timeout".
	Code string
	// Permanent: the same message to the same target will never pass.
	Permanent bool
	// TargetBroken: the target refuses everything.
	TargetBroken bool
	// ChannelBroken: the whole channel is misconfigured (bad token,
	// refused login): stop using it for a while and tell the operator.
	ChannelBroken bool
	// Definite: with ChannelBroken, the provider itself says that it takes
	// nothing from the hub. Nothing was sent, and nothing will be until
	// somebody changes that.
	Definite bool
	// Ambiguous: the provider may have accepted it.
	Ambiguous bool
	// EarlierLost: the provider was asked, and accepted none of the attempts
	// before.
	EarlierLost bool
	// RetryAfter is the provider's wish, 0 if it states none.
	RetryAfter time.Duration
	// Paced: nothing was tried, so that nobody gets more at once than they
	// take. Its turn is after RetryAfter, neither earlier nor later.
	Paced bool
	Err   error
}

func (e *SendError) Error() string {
	if e.Err == nil || e.Err.Error() == e.Code {
		return e.Code
	}
	return fmt.Sprintf("%s: %v", e.Code, e.Err)
}

func (e *SendError) Unwrap() error { return e.Err }
