// Package upgrade is the state of one upgrade: what is true of it after a
// number of facts.
//
// [Upgrade.Apply] is the whole state machine. It is pure: no clock, no
// configuration, no random number; the same facts in the same order give the
// same state on every node. Time changes nothing by itself: [Upgrade.Deadlines]
// says which clock facts the timekeeper owes and when.
//
// What visitors may see is a [Public], which has no place for internal facts.
package upgrade

import (
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
)

// State is where an upgrade stands.
type State string

// The states of DESIGN section 3. Unplanned upgrades have the empty state.
const (
	Planned     State = "planned"
	Scheduled   State = "scheduled"
	InProgress  State = "in_progress"
	Paused      State = "paused"
	Verifying   State = "verifying"
	RollingBack State = "rolling_back"
	Completed   State = "completed"
	RolledBack  State = "rolled_back"
	Failed      State = "failed"
	Canceled    State = "canceled"
)

// Ended reports whether s is an end.
func (s State) Ended() bool {
	switch s {
	case Completed, RolledBack, Failed, Canceled:
		return true
	}
	return false
}

// Live reports whether work is under way: from the start to the end.
func (s State) Live() bool {
	switch s {
	case InProgress, Paused, Verifying, RollingBack:
		return true
	}
	return false
}

// Stamp is a moment twice: At is the publisher's time, for display; Recorded
// is when the hub took it in, for rules.
type Stamp struct {
	At       time.Time `json:"at"`
	Recorded time.Time `json:"recorded"`
}

// Upgrade is everything known of one upgrade, internal facts included.
type Upgrade struct {
	ID    string `json:"id"`
	State State  `json:"state"`
	// Before is the state before the end, which reopened returns to.
	Before State `json:"before,omitempty"`
	// Reopens counts the ends that were taken back.
	Reopens int `json:"reopens,omitempty"`
	// Result is how a completed upgrade ended.
	Result events.Result `json:"result,omitempty"`
	// EndReason is the reason of a failed, canceled or rolled back upgrade,
	// from the start of the rollback on.
	EndReason Text `json:"end_reason,omitzero"`
	// DataSafe is what rollback.started or finished said; nil is unknown.
	DataSafe *bool `json:"data_safe,omitempty"`

	// Plan is the newest revision; Revision counts from 1.
	Plan     *plan.Plan `json:"plan,omitempty"`
	Revision int        `json:"revision,omitempty"`
	// Cadences are what the configuration promises where the plan does not.
	Cadences []events.Cadence `json:"cadences,omitempty"`
	// Announced is when the first plan was recorded.
	Announced Stamp `json:"announced,omitzero"`
	// Moves are the changes of the announced window, oldest first.
	Moves []Move `json:"moves,omitempty"`

	Started  *Stamp `json:"started,omitempty"`
	Finished *Stamp `json:"finished,omitempty"`
	// Meant is how long the work was to take by the plan it began with, in
	// seconds. A plan that is revised meanwhile knows better, and is no
	// measure of planning.
	Meant  int64  `json:"meant_seconds,omitempty"`
	Paused *Stamp `json:"paused,omitempty"` // since when; nil if not paused
	// Returning is when the way back began; nil if it never did.
	Returning *Stamp `json:"returning,omitempty"`

	Phases     []Phase     `json:"phases,omitempty"`     // in plan order
	Components []Component `json:"components,omitempty"` // in plan order
	Gates      []Gate      `json:"gates,omitempty"`
	Risks      []Risk      `json:"risks,omitempty"`
	Objectives []Objective `json:"objectives,omitempty"`
	// Watches are the triggers of the plan's contingencies and risks.
	Watches []Watch `json:"watches,omitempty"`
	// Updates are the human words, oldest first by (At, ID).
	Updates []Update `json:"updates,omitempty"`

	// LastNews is when the last event of tooling or an operator that
	// changed something was recorded: silence is measured from it.
	LastNews time.Time `json:"last_news,omitzero"`
	Promise  Promise   `json:"promise,omitzero"`
	// Late, Overdue and Silent are what clock facts said of the upgrade:
	// the due that passed. They are cleared by the event that was missing.
	Late    *time.Time `json:"late,omitempty"`
	Overdue *time.Time `json:"overdue,omitempty"`
	Silent  *time.Time `json:"silent,omitempty"`
	// Reports are what people say is broken for them.
	Reports Reports `json:"reports,omitzero"`
	// Forecast is the newest one made; nil if there never was one.
	Forecast *Foreseen `json:"forecast,omitempty"`
	// Passed are the clock.due moments already told, by object and due (of the
	// way back: the announced end); of
	// those that come again and again, the newest.
	Passed []Passed `json:"passed,omitempty"`

	// Sources remembers per object and source the newest own time, so that
	// an event that comes late does not undo a newer one.
	Sources map[string]time.Time `json:"sources,omitempty"`
}

// Text is free text with who may read it.
type Text struct {
	Text   string `json:"text,omitempty"`
	Public bool   `json:"public,omitempty"`
}

// Move is one change of the announced window.
type Move struct {
	Stamp
	From   plan.Window `json:"from"`
	To     plan.Window `json:"to"`
	Reason Text        `json:"reason,omitzero"`
}

// PhaseState is where a phase stands.
type PhaseState string

// The states of a phase.
const (
	Queued   PhaseState = "queued"
	Running  PhaseState = "running"
	Waiting  PhaseState = "waiting"
	Finished PhaseState = "finished"
)

// Phase is one phase, planned and actual.
type Phase struct {
	ID         string         `json:"id"`
	State      PhaseState     `json:"state"`
	Hidden     bool           `json:"hidden,omitempty"` // said to be internal by an event
	Outcome    events.Outcome `json:"outcome,omitempty"`
	Attempt    int            `json:"attempt,omitempty"`
	WaitingFor string         `json:"waiting_for,omitempty"`
	Started    *Stamp         `json:"started,omitempty"`
	Ended      *Stamp         `json:"ended,omitempty"`
	Meant      int64          `json:"meant_seconds,omitempty"` // as planned when it began
	Done       *int64         `json:"done,omitempty"`
	Total      *int64         `json:"total,omitempty"`
	Unit       string         `json:"unit,omitempty"`
	Percent    *float64       `json:"percent,omitempty"`
	Note       Text           `json:"note,omitzero"`
	Late       *time.Time     `json:"late,omitempty"`
	Overdue    *time.Time     `json:"overdue,omitempty"`
}

// Component is one component and what people feel of it.
type Component struct {
	ID     string      `json:"id"`
	Hidden bool        `json:"hidden,omitempty"`
	Impact plan.Impact `json:"impact"`
	Since  *Stamp      `json:"since,omitempty"`
	Note   Text        `json:"note,omitzero"`
	// Failover is "", failing_over, failed_over, failing_back.
	Failover string   `json:"failover,omitempty"`
	Active   string   `json:"active,omitempty"`
	Standby  string   `json:"standby,omitempty"`
	DataLoss *bool    `json:"data_loss,omitempty"`
	Lag      *float64 `json:"lag_seconds,omitempty"`
	Capacity *float64 `json:"capacity_percent,omitempty"`
}

// Gate is one gate with its evidence and decision. How it stands is a
// [Verdict].
type Gate struct {
	ID       string     `json:"id"`
	Evidence []Evidence `json:"evidence,omitempty"`
	Decision string     `json:"decision,omitempty"`
	By       string     `json:"by,omitempty"`
	Reason   string     `json:"reason,omitempty"`
	Decided  *Stamp     `json:"decided,omitempty"`
}

// Risk is one risk of the plan and whether it came true.
type Risk struct {
	ID        string `json:"id"`
	Triggered *Stamp `json:"triggered,omitempty"`
	Retired   *Stamp `json:"retired,omitempty"`
	Note      string `json:"note,omitempty"`
	// Earlier are the times before that at which it came true and was over,
	// oldest first, at most mostTimes.
	Earlier []RiskTime `json:"earlier,omitempty"`
}

// RiskTime is one time at which a risk had come true.
type RiskTime struct {
	Triggered Stamp  `json:"triggered"`
	Retired   Stamp  `json:"retired"`
	Note      string `json:"note,omitempty"`
}

// Objective is one objective and its measured value.
type Objective struct {
	ID    string `json:"id"`
	Value string `json:"value,omitempty"`
	Met   *bool  `json:"met,omitempty"`
}

// Update is one human word. Earlier texts are kept.
type Update struct {
	Stamp
	// ID is the publisher's id of the event. If two sources use the same
	// one, the source that sorts first keeps it and the others get a hash.
	ID string `json:"id"`
	// Event is the publisher's id in any case, unique within the source.
	Event        string    `json:"event"`
	Source       string    `json:"source"`
	Text         string    `json:"text"`
	Public       bool      `json:"public"`
	Audiences    []string  `json:"audiences,omitempty"`
	NextUpdateBy time.Time `json:"next_update_by,omitzero"`
	Final        bool      `json:"final,omitempty"`
	Retracted    bool      `json:"retracted,omitempty"`
	Edits        []Edit    `json:"edits,omitempty"`
	// PromisedBy is when the next one was due by the cadence, as far as the
	// update names no time itself.
	PromisedBy time.Time `json:"promised_by,omitzero"`
	// Holding is set when the hub said it, because nobody else did in time.
	Holding *Holding `json:"holding,omitempty"`
}

// Holding is what a holding line is made of; its words are made when it is
// read, so that they name nothing that was hidden since.
type Holding struct {
	// Since is when visitors last learnt something.
	Since time.Time `json:"since"`
	State State     `json:"state"`
	// Phases were under way, as far as is known.
	Phases []string `json:"phases,omitempty"`
	// Silent: the tooling was not heard of for longer than promised, so
	// nobody knows whether the work goes on.
	Silent bool `json:"silent,omitempty"`
}

// Edit is an earlier text of an update and when it was replaced.
type Edit struct {
	Stamp
	Text string `json:"text"`
	// Public: visitors could read that text while it stood.
	Public bool `json:"public,omitempty"`
}

// Promise is the promise of the next update: the open one, and the count of
// those before it.
type Promise struct {
	// Number counts the promises that were made, the open one included.
	Number int `json:"number,omitempty"`
	// Due is when the open promise falls due; zero means none is open.
	Due time.Time `json:"due,omitzero"`
	// Worded promises were made by a human's next_update_by; only the
	// human word keeps them. Others follow the cadence: every public change
	// puts their Due off, and they are kept by the next human word or the
	// end.
	Worded bool `json:"worded,omitempty"`
	// BrokenSince is set when Due passed unkept.
	BrokenSince *time.Time `json:"broken_since,omitempty"`
	Kept        int        `json:"kept,omitempty"` // by a human word, or by the end
	// ByMachine counts those that the hub's own holding line kept.
	ByMachine int `json:"by_machine,omitempty"`
	Broken    int `json:"broken,omitempty"`
	// Held: the hub has spoken since the last human word and may not again,
	// or a machine would promise for ever what people do not keep.
	Held bool `json:"held,omitempty"`
	// Resumed: a change, not a word, opened this promise after a broken
	// one. The next word takes it over and opens none of its own.
	Resumed bool `json:"resumed,omitempty"`
	// Base is when the newest public change or word was recorded: the
	// cadence counts from it.
	Base time.Time `json:"base,omitzero"`
	// Word is the public update that decides what is promised: the one
	// with the greatest (Recorded, Event, Source), so that the order in
	// which updates arrive does not matter.
	Word *Word `json:"word,omitempty"`
}

// Word names an update and when it was recorded.
type Word struct {
	Recorded time.Time `json:"recorded"`
	Event    string    `json:"event"`
	Source   string    `json:"source"`
}

// Passed is a clock.due moment that was told.
type Passed struct {
	Object string    `json:"object"`
	Due    time.Time `json:"due"`
}

// Effect is what a fact did to an upgrade.
type Effect struct {
	// Applied: the state machine allowed it, even if nothing changed.
	Applied bool
	// Changed: something of the state is different now. If it is false, the
	// state is what it was, to the last bit: repeating what is known is no
	// news.
	Changed bool
	// Anomaly says why a fact was kept but not applied, and what is
	// missing, for operators and the publisher.
	Anomaly string
}

// Deadline is a clock fact the timekeeper owes at Due unless the state
// changes before.
type Deadline struct {
	Type  events.Type // clock.late, overdue, silent, promise_broken or due
	Clock events.Clock
}
