package events

import (
	"encoding/json"
	"strings"
	"time"

	"upgradehub/events/plan"
)

// Type is an event type of the vocabulary, without [TypePrefix] and
// [TypeSuffix]: "phase.started".
type Type string

// The types publishers use.
const (
	UpgradePlanned    Type = "upgrade.planned"
	UpgradeScheduled  Type = "upgrade.scheduled"
	UpgradeStarted    Type = "upgrade.started"
	UpgradePaused     Type = "upgrade.paused"
	UpgradeResumed    Type = "upgrade.resumed"
	UpgradeVerifying  Type = "upgrade.verifying"
	UpgradeCompleted  Type = "upgrade.completed"
	UpgradeFailed     Type = "upgrade.failed"
	UpgradeCanceled   Type = "upgrade.canceled"
	UpgradeReopened   Type = "upgrade.reopened"
	RollbackStarted   Type = "rollback.started"
	RollbackFinished  Type = "rollback.finished"
	PhaseStarted      Type = "phase.started"
	PhaseWaiting      Type = "phase.waiting"
	PhaseFinished     Type = "phase.finished"
	PhaseProgressed   Type = "phase.progressed"
	GateEvidence      Type = "gate.evidence"
	GateDecided       Type = "gate.decided"
	ObjectiveMeasured Type = "objective.measured"
	ComponentChanged  Type = "component.changed"
	FailoverStarted   Type = "failover.started"
	FailoverFinished  Type = "failover.finished"
	FailbackStarted   Type = "failback.started"
	FailbackFinished  Type = "failback.finished"
	RedundancyChanged Type = "redundancy.changed"
	RiskTriggered     Type = "risk.triggered"
	RiskRetired       Type = "risk.retired"
	UpdatePosted      Type = "update.posted"
	UpdateCorrected   Type = "update.corrected"
	UpdateRetracted   Type = "update.retracted"
	UsageSampled      Type = "usage.sampled"
)

// The types of the hub's own facts. No publisher may send them.
const (
	TypeLogOpened            Type = "log.opened"
	ClockLate                Type = "clock.late"
	ClockOverdue             Type = "clock.overdue"
	ClockSilent              Type = "clock.silent"
	ClockPromiseBroken       Type = "clock.promise_broken"
	ClockDue                 Type = "clock.due"
	TypeNoticeOwed           Type = "notice.owed"
	TypeNoticeSuperseded     Type = "notice.superseded"
	TypeNoticeAcknowledged   Type = "notice.acknowledged"
	TypeNoticePage           Type = "notice.page"
	OutcomeAccepted          Type = "outcome.accepted"
	OutcomeFailed            Type = "outcome.failed"
	OutcomeSuperseded        Type = "outcome.superseded"
	OutcomeRetried           Type = "outcome.retried"
	SubscriberRequested      Type = "subscriber.requested"
	SubscriberConfirmed      Type = "subscriber.confirmed"
	SubscriberChanged        Type = "subscriber.changed"
	SubscriberRemoved        Type = "subscriber.removed"
	SubscriberErased         Type = "subscriber.erased"
	TypeFeedbackReceived     Type = "feedback.received"
	TypeFeedbackAcknowledged Type = "feedback.acknowledged"
	TypeFeedbackReported     Type = "feedback.reported"
	TypeFeedbackOverdue      Type = "feedback.overdue"
	TypeFeedbackListed       Type = "feedback.listed"
	TypeFeedbackUsed         Type = "feedback.used"
	LessonProposed           Type = "lesson.proposed"
	LessonAccepted           Type = "lesson.accepted"
	LessonRejected           Type = "lesson.rejected"
	LessonAssigned           Type = "lesson.assigned"
	TypeHistoryImported      Type = "history.imported"
	TypeForecastMade         Type = "forecast.made"
	TypeDuty                 Type = "duty"
	TypeHold                 Type = "hold"
	TypeRelease              Type = "release"
	TypeRestored             Type = "restored"
	TypeRejected             Type = "rejected"
	TypeConflict             Type = "anomaly"
)

// Planned creates an upgrade or revises its plan.
type Planned struct {
	// Plan is parsed and its times are resolved to UTC when the event is
	// decoded, so that folding it needs no time-zone database.
	Plan   *plan.Plan `json:"plan"`
	Reason string     `json:"reason,omitempty"`
	// Cadences are those of the audiences of the configuration that take part.
	// The node on duty states them; a publisher cannot.
	Cadences []Cadence `json:"cadences,omitempty"`
}

// Cadence is how often an audience is promised a word.
type Cadence struct {
	// Role is that of the audience.
	Role string `json:"role"`
	// Every is how long after the last word the next one is due, by the state
	// of the upgrade; "live" is every state without one of its own.
	Every map[string]plan.Duration `json:"every"`
}

// Scheduled approves the plan: it will happen as planned.
type Scheduled struct {
	By     string `json:"by,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// Step is the payload of upgrade.started, paused, resumed and verifying.
type Step struct {
	Note   string `json:"note,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// Result is how a completed upgrade ended.
type Result string

// The results; the first is the default.
const (
	Successful           Result = "successful"
	SuccessfulWithIssues Result = "successful_with_issues"
)

// Completed ends an upgrade well.
type Completed struct {
	Outcome Result `json:"outcome,omitempty"`
	Note    string `json:"note,omitempty"`
}

// Ended is the payload of upgrade.failed and upgrade.canceled. Its reason is
// public unless the event says internal.
type Ended struct {
	Reason string `json:"reason"`
}

// Reopened takes back a mistaken end; for operators only.
type Reopened struct {
	By     string `json:"by"`
	Reason string `json:"reason"`
}

// Rollback is the payload of rollback.started and rollback.finished.
type Rollback struct {
	Reason string `json:"reason,omitempty"`
	// DataSafe says whether entered data survives; nil is not known.
	DataSafe *bool `json:"data_safe,omitempty"`
	// Outcome is success or failure, of rollback.finished.
	Outcome Outcome `json:"outcome,omitempty"`
}

// Outcome is how a phase, a rollback, a failover or a failback ended.
// The empty word means success.
type Outcome string

// The outcomes; rollbacks, failovers and failbacks know the first two.
const (
	Success         Outcome = "success"
	Failure         Outcome = "failure"
	OutcomeCanceled Outcome = "canceled"
	OutcomeSkipped  Outcome = "skipped"
)

// Phase is the payload of phase.started, phase.waiting and phase.finished.
type Phase struct {
	Phase   string  `json:"phase"`
	Outcome Outcome `json:"outcome,omitempty"`
	// WaitingFor is approval, pause, window or dependency.
	WaitingFor string `json:"waiting_for,omitempty"`
	Note       string `json:"note,omitempty"`
}

// Progressed reports how far a phase is: done of total units, or percent.
type Progressed struct {
	Phase   string   `json:"phase"`
	Done    *int64   `json:"done,omitempty"`
	Total   *int64   `json:"total,omitempty"`
	Unit    string   `json:"unit,omitempty"`
	Percent *float64 `json:"percent,omitempty"`
	Note    string   `json:"note,omitempty"`
}

// Evidence is one piece of evidence for a gate.
type Evidence struct {
	Gate string `json:"gate"`
	// Kind is junit, signoff or check.
	Kind       string    `json:"kind"`
	Name       string    `json:"name"`
	By         string    `json:"by,omitempty"`
	Build      string    `json:"build,omitempty"`
	ProducedAt time.Time `json:"produced_at,omitzero"`
	// Result is pass or fail, for signoff and check.
	Result string `json:"result,omitempty"`
	// JUnit is the XML document, for junit.
	JUnit string `json:"junit,omitempty"`
}

// Decided is a decision on a gate.
type Decided struct {
	Gate string `json:"gate"`
	// Decision is go or no_go.
	Decision string `json:"decision"`
	By       string `json:"by,omitempty"`
	Reason   string `json:"reason,omitempty"`
}

// Measured is the measured value of an objective.
type Measured struct {
	Objective string      `json:"objective"`
	Value     json.Number `json:"value"`
}

// Component says what people feel of one component now.
type Component struct {
	Component string      `json:"component"`
	Impact    plan.Impact `json:"impact"`
	Note      string      `json:"note,omitempty"`
}

// Failover is the payload of failover.* and failback.*.
type Failover struct {
	Component string  `json:"component"`
	Active    string  `json:"active,omitempty"`
	Standby   string  `json:"standby,omitempty"`
	Outcome   Outcome `json:"outcome,omitempty"`
	DataLoss  *bool   `json:"data_loss,omitempty"`
}

// Redundancy says who is active and what is left of a component.
type Redundancy struct {
	Component       string   `json:"component"`
	Active          string   `json:"active,omitempty"`
	Standby         string   `json:"standby,omitempty"`
	LagSeconds      *float64 `json:"lag_seconds,omitempty"`
	CapacityPercent *float64 `json:"capacity_percent,omitempty"`
}

// Risk is the payload of risk.triggered and risk.retired.
type Risk struct {
	Risk string `json:"risk"`
	Note string `json:"note,omitempty"`
}

// Update is the payload of update.posted, corrected and retracted: the human
// word.
type Update struct {
	// Text is Markdown; required for posted and corrected.
	Text string `json:"text,omitempty"`
	// Audiences are ids of audiences, empty for all.
	Audiences    []string  `json:"audiences,omitempty"`
	NextUpdateBy time.Time `json:"next_update_by,omitzero"`
	// Final says that no further update will follow.
	Final bool `json:"final,omitempty"`
	// Of is the id of the update that is corrected or retracted; empty
	// means the newest one of this source.
	Of string `json:"of,omitempty"`
}

// Usage is how many people or requests a system had, per hour.
type Usage struct {
	System  string   `json:"system"`
	Samples []Sample `json:"samples"`
}

// Sample is one hour of usage.
type Sample struct {
	Time  time.Time `json:"time"`
	Value float64   `json:"value"`
}

// Own reports whether t is a type of the hub's own facts.
func (t Type) Own() bool {
	kind, _, _ := strings.Cut(string(t), ".")
	switch kind {
	case "log", "clock", "notice", "outcome", "subscriber", "feedback", "lesson", "history", "forecast", "duty", "hold", "release", "restored", "rejected", "anomaly":
		return true
	}
	return false
}
