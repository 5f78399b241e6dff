// Package report sums up an upgrade when it is over: what it was for and
// whether that was reached, the plan beside what came and what was forecast,
// and who was told when. One page comes first, the details after.
//
// A [Report] is made from what the log says of the upgrade and from nothing
// else, so it can be made again at any time. It holds what is internal, for
// the people who ran the upgrade and their managers; it names roles, never
// recipients, and no text that was written in confidence. It reads no clock.
//
// A Report itself and its JSON are the same in every language; [Report.HTML],
// [Report.Markdown] and [Report.Glance] say it in the reader's.
package report

import (
	"time"

	"upgradehub/events"
	"upgradehub/events/lesson"
	"upgradehub/events/plan"
	"upgradehub/events/survey"
	"upgradehub/events/upgrade"
	"upgradehub/hub/store"
)

// Report is everything that is reported of one upgrade. Its JSON is that of
// GET /api/v1/upgrades/{id}/report.
type Report struct {
	Upgrade string        `json:"upgrade"`
	Title   string        `json:"title"`
	System  string        `json:"system"`
	Zone    string        `json:"zone"`
	State   upgrade.State `json:"state"`
	Result  events.Result `json:"result,omitempty"`
	Reason  string        `json:"reason,omitempty"`
	Note    string        `json:"note,omitempty"` // of a completion
	Drill   bool          `json:"drill,omitempty"`

	Announced time.Time   `json:"announced"`
	Window    plan.Window `json:"window"` // as it was announced last
	First     plan.Window `json:"first_window"`
	Moves     []Move      `json:"moves"`
	Started   *time.Time  `json:"started,omitempty"`
	Finished  *time.Time  `json:"finished,omitempty"`

	Objectives []Objective   `json:"objectives"`
	Lengths    []Length      `json:"lengths"` // of the upgrade, then of its phases
	Promises   Promises      `json:"promises"`
	Slips      []Slip        `json:"slips"` // what was late, overdue or silent
	Told       store.Proof   `json:"told"`
	Noise      []store.Noise `json:"noise"`
	Gates      []Gate        `json:"gates"`
	Failovers  []Failover    `json:"failovers"`
	Rollback   *Rollback     `json:"rollback,omitempty"`
	Risks      []Risk        `json:"risks"` // those that came true
	Feedback   Feedback      `json:"feedback"`
	Lessons    []Lesson      `json:"lessons"`

	decisions []Decision // while it is made
}

// Move is a change of the announced window.
type Move struct {
	At     time.Time   `json:"at"`
	From   plan.Window `json:"from"`
	To     plan.Window `json:"to"`
	Reason string      `json:"reason,omitempty"`
}

// The verdicts on an objective.
const (
	Met         = "met"
	Missed      = "missed"
	NotMeasured = "not measured"
)

// Objective is what the upgrade was for.
type Objective struct {
	Text    string `json:"text"`
	Measure string `json:"measure,omitempty"`
	Target  string `json:"target,omitempty"`
	Value   string `json:"value,omitempty"`
	Verdict string `json:"verdict"`
}

// wholeUpgrade is the title of the upgrade beside those of its phases.
const wholeUpgrade = "The upgrade"

// Length is how long the upgrade or a phase was to take, did take, and was
// forecast to take when it began. Durations are seconds; 0 is not known.
type Length struct {
	Phase    string `json:"phase,omitempty"`
	Title    string `json:"title"`
	Planned  int64  `json:"planned_seconds"`
	Actual   int64  `json:"actual_seconds,omitempty"`
	Outcome  string `json:"outcome,omitempty"`
	Expected int64  `json:"forecast_seconds,omitempty"`
	Low      int64  `json:"forecast_p10_seconds,omitempty"`
	High     int64  `json:"forecast_p90_seconds,omitempty"`
}

// Promises of the next update.
type Promises struct {
	Kept      int         `json:"kept"`
	ByMachine int         `json:"kept_by_machine"` // the hub spoke in place of people
	Broken    int         `json:"broken"`
	Missed    []time.Time `json:"missed"` // when they fell due
}

// Slip is a time at which something should have been.
type Slip struct {
	What string    `json:"what"` // late, overdue or silent
	Of   string    `json:"of"`   // a phase by its title, or the upgrade
	Due  time.Time `json:"due"`
}

// Gate is a gate and how it was decided: the last decision, and all of them.
type Gate struct {
	Title    string     `json:"title"`
	Decision string     `json:"decision,omitempty"`
	By       string     `json:"by,omitempty"`
	Reason   string     `json:"reason,omitempty"`
	Decided  *time.Time `json:"decided,omitempty"`
	Deadline time.Time  `json:"deadline,omitzero"`
	Evidence int        `json:"evidence"` // pieces that were given
	// Decisions are all that were made, oldest first.
	Decisions []Decision `json:"decisions"`
}

// Decision is a go or no-go, and on what it was made: of the rules for
// evidence that the gate had then, some held.
type Decision struct {
	gate     string
	Decision string    `json:"decision"`
	By       string    `json:"by,omitempty"`
	Reason   string    `json:"reason,omitempty"`
	Decided  time.Time `json:"decided"`
	Held     int       `json:"rules_held"`
	Rules    int       `json:"rules"`
}

// Failover is a move of a component to its standby, or back.
type Failover struct {
	Component string     `json:"component"`
	Back      bool       `json:"back,omitempty"`
	Started   *time.Time `json:"started,omitempty"`
	Finished  *time.Time `json:"finished,omitempty"`
	Outcome   string     `json:"outcome,omitempty"`
	DataLoss  *bool      `json:"data_loss,omitempty"`
}

// Rollback is the way back.
type Rollback struct {
	Started  time.Time  `json:"started"`
	Finished *time.Time `json:"finished,omitempty"`
	Planned  int64      `json:"planned_seconds,omitempty"`
	DataSafe *bool      `json:"data_safe,omitempty"`
}

// Risk is a risk that came true, once for each time it did.
type Risk struct {
	Text       string     `json:"text"`
	Mitigation string     `json:"mitigation,omitempty"`
	Triggered  time.Time  `json:"triggered"`
	Retired    *time.Time `json:"retired,omitempty"`
	Note       string     `json:"note,omitempty"`
}

// Feedback is what people answered, in numbers alone.
type Feedback struct {
	survey.Insight
	Late int `json:"late"` // after the survey had closed
	// Felt is what was measured of what people felt, to the newest event.
	Felt upgrade.Felt `json:"felt"`
	// Reports is how many said that something was broken while work was under
	// way, and Items what of all this somebody is to look at.
	Reports int              `json:"reports"`
	Items   store.ItemCounts `json:"items"`
}

// Lesson is what was learnt, and what became of it.
type Lesson struct {
	ID       string `json:"id"`
	Text     string `json:"text"`
	Evidence string `json:"evidence,omitempty"`
	Status   string `json:"status"` // proposed, accepted or rejected
	By       string `json:"by,omitempty"`
	Reason   string `json:"reason,omitempty"`
	Owner    string `json:"owner,omitempty"` // who sees to it
	// What Text asks for and Evidence shows, to be said in any language.
	Requirement plan.Requirement `json:"requirement,omitzero"`
	Found       []events.Finding `json:"found,omitempty"`
}

// In is the lesson and what shows it, in a language.
func (l Lesson) In(code string) (text, evidence string) {
	p := lesson.Proposal{Text: l.Text, Evidence: l.Evidence, Requirement: l.Requirement, Found: l.Found}
	return p.TextIn(code), p.EvidenceIn(code)
}
