package events

import (
	"time"

	"upgradehub/events/plan"
)

// LogOpened is the first fact of a log: its identity.
type LogOpened struct {
	// Log is a random id, 32 hex digits.
	Log string `json:"log"`
}

// Clock is what the timekeeper judged: that Due passed without what was
// expected. The fold drops it when Revision, Attempt or Due are no longer
// those of the object.
type Clock struct {
	// Object is "" for the upgrade itself, a phase id for the clocks of
	// phases, and the name of the moment for clock.due: "reminder-24h",
	// "reminder-30m", "survey-ask", "survey-remind", "survey-digest",
	// "survey-close", "report-14d", "learnt-14d", "survey-forget", "gate-" and
	// the id of a gate when it is to be decided, "undecided-" and the id when
	// that should have been done;
	// "nudge-70", "nudge-90" and "holding" of a promise; "rollback-30m",
	// "rollback-10m" and "rollback-0m" of the way back;
	// "escalate-1:overdue:split" when the next one responsible hears of a
	// trouble; "contingency:c1" and "risk:r1" when their trigger fires.
	Object string `json:"object,omitempty"`
	// Revision is the plan revision it was judged by, from 1.
	Revision int `json:"revision"`
	// Attempt is the phase's attempt, or the promise's number.
	Attempt int       `json:"attempt,omitempty"`
	Due     time.Time `json:"due"`
}

// NoticeOwed is what the planner decided for one cause: who is to be told
// what. An empty list records that nothing is owed up to this cause.
type NoticeOwed struct {
	// Cause is the sequence in FACTS of the fact that caused it.
	Cause   uint64   `json:"cause"`
	Epoch   uint64   `json:"epoch"`
	Notices []Notice `json:"notices"`
	// Upto ends the first page of recipients: those whose person comes
	// after it follow with notice.page. Empty means everybody at once.
	Upto string `json:"upto,omitempty"`
}

// NoticePage owes what was decided for a cause to the next page of
// recipients, in the order of their persons, so that no fact makes more than
// a bounded number of deliveries. Only those are told who were subscribed
// when it was decided, and still are.
type NoticePage struct {
	Cause uint64 `json:"cause"`
	// After is where the page before ended, Upto where this one does;
	// empty means that it is the last.
	After string `json:"after"`
	Upto  string `json:"upto,omitempty"`
}

// Form says how a notice is carried on a channel that can edit.
type Form string

// The forms of a notice.
const (
	// FormMessage is a message of its own: a mail.
	FormMessage Form = "message"
	// FormRoot posts the one root message of an upgrade on a target, or
	// edits it in place when it exists. Only the newest counts.
	FormRoot Form = "root"
	// FormThread is a reply in the thread of the root message.
	FormThread Form = "thread"
	// FormBroadcast is a reply in the thread, shown in the channel too.
	FormBroadcast Form = "broadcast"
	// FormCard posts the one card on an object of an upgrade on a target,
	// such as a gate to be decided, or edits it in place when it exists.
	FormCard Form = "card"
)

// Notice is one thing owed to the people of one audience through one
// channel. The fold expands it to one delivery per recipient.
type Notice struct {
	// ID is unique within the log: hash(cause, moment, audience, channel).
	ID       string `json:"id"`
	Moment   Moment `json:"moment"`
	Audience string `json:"audience"`
	// Role is the audience's role: users, teams, managers, stakeholders,
	// support; crew is whom the roster names, told in person.
	Role    string `json:"role"`
	Channel string `json:"channel"`
	Form    Form   `json:"form"`
	// NotBefore and UsefulUntil bound the sending; nothing is sent after
	// UsefulUntil.
	NotBefore   time.Time `json:"not_before"`
	UsefulUntil time.Time `json:"useful_until"`
	// Deferred is why NotBefore is later than the cause.
	Deferred string `json:"deferred,omitempty"`
	// Required notices are never dropped as superseded: delay of the
	// announced end, failover, rollback, canceled, done.
	Required bool `json:"required,omitempty"`
	// People narrows the recipients to these role names ("@lead"), as a
	// drill does; empty means everybody in the audience.
	People []string `json:"people,omitempty"`
	// Card names the object of a card, and so the card that is edited.
	Card string `json:"card,omitempty"`
	// Quiet cards stand in the thread alone, not in the channel too.
	Quiet bool `json:"quiet,omitempty"`
	// Redrawn cards only follow the state: nobody is asked by them.
	Redrawn bool `json:"redrawn,omitempty"`
	// Subscriber is the one recipient of a notice that is not for an
	// audience, confirmed or not: who is asked whether they meant it.
	Subscriber string `json:"subscriber,omitempty"`
	// Preferred are the channels that its audience puts before this one: a
	// root message is for those whom none of them reaches.
	Preferred []string `json:"preferred,omitempty"`
	// Asked narrows the recipients to those who asked for just this.
	Asked bool `json:"asked,omitempty"`
	// Unasked keeps out who was asked how this upgrade went already, or how
	// another one did less than AskEvery ago.
	Unasked bool `json:"unasked,omitempty"`
	// Unanswered narrows the recipients to those who were asked how this
	// upgrade went and have not answered. Who has, the log knows of an
	// anonymous survey alone; of every other one it is found in PEOPLE by
	// whoever sends.
	Unanswered bool `json:"unanswered,omitempty"`
	// Recalls: only those are told who may have got the update that the
	// facts name.
	Recalls bool `json:"recalls,omitempty"`
	// Facts are the numbers and words of the cause the wording needs and
	// the upgrade's state no longer shows when the notice is rendered,
	// such as "old_end". Times are RFC 3339 UTC. Internal texts are never
	// here unless Role may read them.
	Facts map[string]string `json:"facts,omitempty"`
}

// AskEvery is how long nobody is asked how another upgrade went: who is asked
// too often answers nothing.
const AskEvery = 14 * 24 * time.Hour

// Moment names what a notice tells; it is the key of its wording.
type Moment string

// The moments, in the order of PRODUCT.md's table.
const (
	MomentAnnounced Moment = "announced"
	MomentReminder  Moment = "reminder"
	MomentStarting  Moment = "starting"
	MomentStarted   Moment = "started"
	MomentStatus    Moment = "status" // the root message follows the state
	MomentPhase     Moment = "phase"
	MomentUpdate    Moment = "update"
	MomentCorrected Moment = "corrected"
	MomentLate      Moment = "late"
	MomentOverdue   Moment = "overdue"
	MomentSilent    Moment = "silent"
	MomentPromise   Moment = "promise-broken"
	MomentMoved     Moment = "moved"
	MomentPaused    Moment = "paused"
	MomentResumed   Moment = "resumed"
	MomentGate      Moment = "gate"
	MomentDecision  Moment = "decision"  // a gate is to be decided
	MomentUndecided Moment = "undecided" // its deadline passed, and it is not
	MomentFailover  Moment = "failover"
	MomentFailback  Moment = "failback"
	MomentRisk      Moment = "risk"

	MomentDigest      Moment = "digest"         // how the work goes on, for those who want that seldom
	MomentNudge       Moment = "nudge"          // an update is promised and has not come yet
	MomentHolding     Moment = "holding"        // the hub kept a promise in place of people
	MomentWayBack     Moment = "rollback-clock" // how long going back still fits
	MomentContingency Moment = "contingency"
	MomentRedundancy  Moment = "redundancy"
	MomentTrouble     Moment = "trouble"   // people say that something is broken for them
	MomentItems       Moment = "items"     // nobody has looked at answers and reports in time
	MomentNewItems    Moment = "new-items" // which are new, of all upgrades; once a working day

	MomentRollback    Moment = "rollback"
	MomentCompleted   Moment = "completed"
	MomentRolledBack  Moment = "rolled-back"
	MomentFailed      Moment = "failed"
	MomentCanceled    Moment = "canceled"
	MomentReopened    Moment = "reopened"
	MomentReport      Moment = "report"
	MomentLesson      Moment = "lesson"       // something was learnt, and is to be decided
	MomentLessonOwner Moment = "lesson-owner" // somebody is to see to it

	MomentSurvey         Moment = "survey"          // testers are asked how it went
	MomentSurveyReminder Moment = "survey-reminder" // and those who have not answered once more
	MomentSurveyDigest   Moment = "survey-digest"   // what was answered so far
	MomentLearnt         Moment = "learnt"          // what is changed because of it

	// About a subscription and no upgrade.
	MomentConfirm    Moment = "confirm"            // somebody gave this address; was it you?
	MomentSubscribed Moment = "already-subscribed" // somebody gave it again

	// MomentReply is for one person: what is said to what they said.
	MomentReply Moment = "reply"
)

// NoticeSuperseded drops deliveries that are no longer true or useful.
type NoticeSuperseded struct {
	Notice string `json:"notice"`
	Why    string `json:"why"`
}

// NoticeAcknowledged says that a person has read a delivery, by random id.
type NoticeAcknowledged struct {
	Delivery string `json:"delivery"`
	Person   string `json:"person"`
}

// Outcomes is what became of up to 64 deliveries; the fact's type says which
// of accepted, failed, superseded and retried.
type Outcomes struct {
	Epoch      uint64            `json:"epoch"`
	Deliveries []DeliveryOutcome `json:"deliveries"`
}

// DeliveryOutcome is what became of one delivery. Provider codes, never texts.
type DeliveryOutcome struct {
	Delivery string `json:"delivery"`
	// Code is the provider's: "ratelimited", "451 4.7.1", "network".
	Code string `json:"code,omitempty"`
	// Final failures are dead letters; others are tried again at Next.
	Final bool      `json:"final,omitempty"`
	Next  time.Time `json:"next,omitzero"`
	// Untried failures are no attempts: nothing was sent, for it was nobody's turn.
	Untried bool `json:"untried,omitempty"`
	// Ambiguous: the provider's answer was lost, a repeat may be an extra.
	Ambiguous bool `json:"ambiguous,omitempty"`
	// Returned: the provider had accepted it, and it came back.
	Returned bool `json:"returned,omitempty"`
	// TargetBroken: the target will refuse every further message too.
	TargetBroken bool `json:"target_broken,omitempty"`
	// ChannelBroken: the provider takes nothing from the hub, so this is told
	// on another channel. Its target is not at fault.
	ChannelBroken bool `json:"channel_broken,omitempty"`
	// Provider is the provider's id of what was accepted: the Slack ts or
	// the Message-ID. Place is where: the Slack channel id.
	Provider string `json:"provider,omitempty"`
	Place    string `json:"place,omitempty"`
	// Links are the personal links the message carried, hashed.
	Links []LinkHash `json:"links,omitempty"`
	Why   string     `json:"why,omitempty"`
}

// WhyElsewhere is the Why of a delivery that its channel does not take and that
// is told on another one.
const WhyElsewhere = "told another way"

// LinkHash registers a personal link without revealing it.
type LinkHash struct {
	// Hash is the hex SHA-256 of the token, see package link.
	Hash    string `json:"hash"`
	Purpose string `json:"purpose"`
}

// Subscriber is a recipient, by random id. Who it is stands in PEOPLE under
// the key "person.<id>".
type Subscriber struct {
	Subscriber string `json:"subscriber"`
	// Channel is slack, email, webhook or service.
	Channel   string   `json:"channel,omitempty"`
	Audiences []string `json:"audiences,omitempty"`
	// Name is the role name of the configuration ("@lead"), or empty.
	Name string `json:"name,omitempty"`
	// Person is a random id that several targets of one person share, so
	// that one message reaches them; empty means that there is only this.
	Person string `json:"person,omitempty"`
	// Upgrades, Systems and Components limit the subscription to what one
	// of them names; all empty means everything. A component is named
	// "system/id".
	Upgrades   []string `json:"upgrades,omitempty"`
	Systems    []string `json:"systems,omitempty"`
	Components []string `json:"components,omitempty"`
	// Kind is which moments they want.
	Kind Kind   `json:"kind,omitempty"`
	Zone string `json:"zone,omitempty"`
	Lang string `json:"lang,omitempty"`
	// Origin is "config" or "page".
	Origin string `json:"origin,omitempty"`
	// Generation is raised to make all earlier personal links invalid.
	Generation int `json:"generation,omitempty"`
	// Token is the hash of the link that proved the wish, if one did.
	Token string `json:"token,omitempty"`
}

// Kind is which moments a subscriber wants to hear of.
type Kind string

// The kinds; the empty one is all.
const (
	KindAll     Kind = ""
	KindChanges Kind = "changes" // only what changes the announced end
	KindEnds    Kind = "ends"    // only start and end
)

// FeedbackReceived is the numbers of one answer, and nothing of who gave it:
// that stands in PEOPLE alone, where it is erased 180 days after the end. The
// text stands there under the key "answer.<answer>".
type FeedbackReceived struct {
	// Answer is a random id; an answer that is changed keeps it.
	Answer string `json:"answer"`
	// Invited: it came by a personal link.
	Invited bool `json:"invited,omitempty"`
	// Rating is 1 to 5.
	Rating int `json:"rating"`
	// Disruption is none, little, lot, blocked, or empty for no answer.
	Disruption string `json:"disruption,omitempty"`
	// Minutes is how many minutes of work were lost, 0 if that is not said.
	Minutes int `json:"minutes,omitempty"`
	// Communication is late, little, right, much, or empty for no answer.
	Communication string `json:"communication,omitempty"`
	// Effort is how easy it was to go on, 1 (hard) to 7, 0 for no answer.
	Effort  int  `json:"effort,omitempty"`
	HasText bool `json:"has_text,omitempty"`
	// Role is that of the audience who was asked; empty for the open form.
	Role string `json:"role,omitempty"`
	// Channel is where it was answered by: email, slack or page.
	Channel string `json:"channel,omitempty"`
	// Mode is that of the survey; empty means confidential. Of an anonymous
	// answer it is not told whether it was Invited.
	Mode plan.Mode `json:"mode,omitempty"`
}

// FeedbackUsed says that a personal link has answered an anonymous survey,
// and not what: the answer is a fact of its own, in no order with this one.
type FeedbackUsed struct {
	Link string `json:"link"` // its hash
}

// Lesson is something learnt from an upgrade, proposed with its evidence, and
// what became of it.
type Lesson struct {
	// Lesson is its id; all that is said of a lesson names it.
	Lesson string `json:"lesson"`
	// Kind is the rule that found it: "phase-overrun".
	Kind string `json:"kind,omitempty"`
	// Text is what to do otherwise, Evidence the numbers behind it. Both are
	// internal.
	Text     string `json:"text,omitempty"`
	Evidence string `json:"evidence,omitempty"`
	// Found is what Evidence says in English.
	Found []Finding `json:"found,omitempty"`
	// System is whose next plan has to have what is required.
	System      string            `json:"system,omitempty"`
	Requirement *plan.Requirement `json:"requirement,omitempty"`
	// Public is what outsiders are told was changed, in place of the words
	// that the hub has in each language.
	Public string `json:"public,omitempty"`
	By     string `json:"by,omitempty"`
	Reason string `json:"reason,omitempty"`
	// Owner, a role name ("@lead"), sees to it until Due.
	Owner string    `json:"owner,omitempty"`
	Due   time.Time `json:"due,omitzero"`
}

// Duty says that a node took duty.
type Duty struct {
	Epoch   uint64 `json:"epoch"`
	Node    string `json:"node"`
	Version string `json:"version"`
}

// Hold stops every send until a Release. Both carry who and why.
type Hold struct {
	By     string `json:"by,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// Restored says that the log was rebuilt from a node's file; it holds all
// sends until a release.
type Restored struct {
	From   string `json:"from"`
	Reason string `json:"reason,omitempty"`
}

// Rejected keeps what could not become a fact: every fault, and a bounded
// piece of the payload.
type Rejected struct {
	Subject string   `json:"subject"`
	Reasons []string `json:"reasons"`
	// Payload is at most 4 KiB of what was sent.
	Payload []byte `json:"payload,omitempty"`
}

// Conflict is an anomaly found at admission: an event came again with the
// same upgrade, source and id, but other content.
type Conflict struct {
	// Event is the id of the event, of the publisher.
	Event string `json:"event"`
	// First is the id in FACTS of the event that stands.
	First string `json:"first"`
	// Type is the type of the event that came later.
	Type Type `json:"type"`
}
