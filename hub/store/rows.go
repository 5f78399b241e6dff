package store

import (
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
)

// FoldVersion is the version of the rules by which facts become tables. A
// file with another version is refolded before it is served, see package
// ingest.
const FoldVersion = 26

// Meta is what a node knows of the log as a whole.
type Meta struct {
	Log string // identity of the log, empty for a fresh file
	Seq uint64 // of the newest folded fact
	// Link is the end of the hash chain over the raw facts.
	Link []byte
	// FoldVersion is the version of the rules the tables were made by.
	FoldVersion int
	// Epoch and DutyNode are those of the newest duty fact.
	Epoch    uint64
	DutyNode string
	// Admitted is the newest INTAKE sequence that became a fact.
	Admitted uint64
	// LastRecorded is the newest recordedtime; the next is never less.
	LastRecorded time.Time
	// Planned is the newest cause for which it is decided what is owed.
	Planned uint64
	// Held: nothing is sent until a release.
	Held bool
}

// The states of a delivery.
const (
	Pending    = "pending"
	Accepted   = "accepted"
	Failed     = "failed" // for good: a dead letter
	Superseded = "superseded"
)

// DeliveryRow is one delivery and what became of it.
type DeliveryRow struct {
	ID          string        `json:"id"`
	Notice      string        `json:"notice"`
	Upgrade     string        `json:"upgrade"`
	Cause       uint64        `json:"cause"`
	Moment      events.Moment `json:"moment"`
	Audience    string        `json:"audience"`
	Role        string        `json:"role"`
	Channel     string        `json:"channel"`
	Form        events.Form   `json:"form"`
	Subscriber  string        `json:"subscriber"`
	Required    bool          `json:"required,omitempty"`
	State       string        `json:"state"` // Pending, Accepted, Failed or Superseded
	Attempts    int           `json:"attempts"`
	NextAt      time.Time     `json:"next_at,omitzero"`
	NotBefore   time.Time     `json:"not_before,omitzero"`
	UsefulUntil time.Time     `json:"useful_until,omitzero"`
	Code        string        `json:"code,omitempty"`
	Provider    string        `json:"provider,omitempty"`
	Place       string        `json:"place,omitempty"`
	// Ambiguous: LostAnswers is above 0.
	Ambiguous bool `json:"ambiguous,omitempty"`
	// LostAnswers counts the attempts that the provider may have accepted
	// without saying so.
	LostAnswers int    `json:"lost_answers,omitempty"`
	Why         string `json:"why,omitempty"`
	// Retried: an operator asked for it again, which put UsefulUntil off.
	Retried bool `json:"retried,omitempty"`
	// ExtraSends counts how often it was accepted again.
	ExtraSends int       `json:"extra_sends,omitempty"`
	OwedAt     time.Time `json:"owed_at"`
	// AcceptedAt is when a provider accepted it first.
	AcceptedAt time.Time `json:"accepted_at,omitzero"`
	// Seq is the fact that last said what became of it, 0 before the first.
	Seq uint64 `json:"seq,omitempty"`
}

// DeliveryFilter narrows a list of deliveries; empty fields narrow nothing.
type DeliveryFilter struct {
	Upgrade string
	State   string
	// Untold keeps what had to arrive and did not, of that upgrade.
	Untold bool
	Limit  int // default 1000
}

// LedgerRow is a delivery, and what the ledger says besides.
type LedgerRow struct {
	DeliveryRow
	// Name is the recipient's name in the configuration ("@lead"), if it has
	// one.
	Name string `json:"name,omitempty"`
	// CausedAt is when what is told entered the log.
	CausedAt time.Time `json:"caused_at,omitzero"`
	// Deferred is why NotBefore is later than CausedAt.
	Deferred string `json:"deferred,omitempty"`
	// Acknowledged counts the people who said that they have read it.
	Acknowledged int `json:"acknowledged,omitempty"`
}

// The states of a subscriber.
const (
	SubscriberRequested = "requested" // has not confirmed yet
	SubscriberActive    = "active"
	SubscriberRemoved   = "removed"
	SubscriberErased    = "erased"
)

// SubscriberRow is one recipient, by random id.
type SubscriberRow struct {
	ID        string   `json:"id"`
	Channel   string   `json:"channel"`
	Audiences []string `json:"audiences,omitempty"`
	Name      string   `json:"name,omitempty"`
	// Person is shared by the targets of one person; its own id if it is
	// the only one.
	Person     string      `json:"person"`
	Upgrades   []string    `json:"upgrades,omitempty"`
	Systems    []string    `json:"systems,omitempty"`
	Components []string    `json:"components,omitempty"` // system/id
	Kind       events.Kind `json:"kind,omitempty"`
	Zone       string      `json:"zone,omitempty"`
	Lang       string      `json:"lang,omitempty"`
	Origin     string      `json:"origin,omitempty"`
	Generation int         `json:"generation"`
	// Token is the hash of the link that proved the wish.
	Token string `json:"token,omitempty"`
	State string `json:"state"`
	Since uint64 `json:"since"` // seq of the fact that gave it its state
	// Broken is the provider's code when the target refuses everything.
	Broken string `json:"broken,omitempty"`
	// Asked is when somebody last asked for it on the page.
	Asked time.Time `json:"asked,omitzero"`
}

// Page is the next page of recipients of a cause.
type Page struct {
	Cause   uint64
	Upgrade string
	After   string // the person the page before ended with
	Seq     uint64 // of the fact that owed it
	OwedAt  time.Time
}

// LinkRow is what a personal link allows.
type LinkRow struct {
	Purpose    string
	Upgrade    string
	Subscriber string
	// Sent is when it first went out, in a message to Role on Channel.
	Sent    time.Time
	Role    string
	Channel string
	// Used: it has answered an anonymous survey.
	Used bool
}

// AnswerRow is the numbers of one answer; its text, and whose it is, stand in
// PEOPLE.
type AnswerRow struct {
	Answer     string `json:"answer"` // its id
	Upgrade    string `json:"upgrade"`
	Invited    bool   `json:"invited,omitempty"` // it came by a personal link
	Rating     int    `json:"rating"`
	Disruption string `json:"disruption,omitempty"`
	// Communication is what they thought of what they were told.
	Communication string `json:"communication,omitempty"`
	// Minutes is how much work was lost, Effort 1 to 7; 0 if not said.
	Minutes int `json:"minutes,omitempty"`
	Effort  int `json:"effort,omitempty"`
	// Role is that of the audience asked, Channel where it was answered.
	Role      string    `json:"role,omitempty"`
	Channel   string    `json:"channel,omitempty"`
	Mode      plan.Mode `json:"mode,omitempty"`
	HasText   bool      `json:"has_text,omitempty"`
	Recorded  time.Time `json:"recorded"`            // of an anonymous one its hour
	Revisions int       `json:"revisions,omitempty"` // how often it was changed
}

// TimelineRow is one event of an upgrade and what it did.
type TimelineRow struct {
	Seq        uint64            `json:"seq"`
	Upgrade    string            `json:"upgrade"`
	ID         string            `json:"id"`
	Source     string            `json:"source"`
	Type       events.Type       `json:"type"`
	Time       time.Time         `json:"time"`
	Recorded   time.Time         `json:"recorded"`
	Visibility events.Visibility `json:"visibility,omitempty"`
	Applied    bool              `json:"applied"`
	Anomaly    string            `json:"anomaly,omitempty"`
	// Object is what the clock spoke of: a phase, or a moment such as
	// "holding" or "contingency:c1"; empty for everything else.
	Object string `json:"object,omitempty"`
}

// RejectedRow is a message that could not become a fact.
type RejectedRow struct {
	Seq      uint64    `json:"seq"`
	Intake   uint64    `json:"intake"`
	Subject  string    `json:"subject"`
	Upgrade  string    `json:"upgrade,omitempty"`
	Reasons  []string  `json:"reasons"`
	Payload  []byte    `json:"payload,omitempty"`
	Recorded time.Time `json:"recorded"`
}

// Judged is what became of something that was published.
type Judged struct {
	Seq    uint64
	Intake uint64
	Type   events.Type
	// Applied: the state machine allowed it.
	Applied bool
	// Anomaly says why it was kept and not applied.
	Anomaly string
	// Rejected lists its faults when it could not become a fact.
	Rejected []string
	// Conflict: the same key stands already with other content.
	Conflict bool
}
