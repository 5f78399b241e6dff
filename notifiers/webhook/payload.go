package webhook

import (
	"time"

	"upgradehub/events"
	"upgradehub/events/upgrade"
	"upgradehub/notifiers"
)

// PayloadType is the type of every payload. Fields are only added to it; what
// would break a reader gets another version.
const PayloadType = "dev.upgradehub.notice.v1"

// Payload is what a target gets, in the form that Standard Webhooks
// recommends.
type Payload struct {
	Type string `json:"type"`
	// Timestamp is when the notice was owed.
	Timestamp time.Time `json:"timestamp"`
	Data      Notice    `json:"data"`
}

// Notice is a message for people, and the upgrade for programs.
type Notice struct {
	// Moment is what happened: announced, started, overdue, completed ….
	Moment events.Moment `json:"moment"`
	// Role is whom the words are for: users, teams, managers, stakeholders or
	// support.
	Role string `json:"role"`
	// Subject and Headline are one line each; Text is the whole message.
	Subject  string `json:"subject"`
	Headline string `json:"headline"`
	Text     string `json:"text"`
	Links    Links  `json:"links"`
	// Upgrade is what GET /api/v1/upgrades/{id} answers: nothing internal. A
	// message about a subscription has none.
	Upgrade upgrade.Public `json:"upgrade,omitzero"`
}

// Links are the addresses a message points to.
type Links struct {
	Page        string `json:"page"`
	Calendar    string `json:"calendar,omitempty"`
	Unsubscribe string `json:"unsubscribe,omitempty"`
	// Confirm is the challenge to who subscribed a target on the page: a POST
	// to it proves that the target is theirs.
	Confirm string `json:"confirm,omitempty"`
}

func payloadOf(m notifiers.Message) Payload {
	return Payload{
		Type: PayloadType, Timestamp: m.Date.UTC(),
		Data: Notice{
			Moment: m.Delivery.Notice.Moment, Role: m.Delivery.Notice.Role,
			Subject: m.Subject, Headline: m.Headline, Text: m.Text,
			Links:   Links{Page: m.Links.Page, Calendar: m.Links.Calendar, Unsubscribe: m.Links.Unsubscribe, Confirm: m.Links.Confirm},
			Upgrade: m.Upgrade,
		},
	}
}
