package events

import (
	"reflect"
	"slices"
)

// vocabulary has every type with the constructor of its payload, in the
// order of the documentation. doc is the type's description in its schema.
var vocabulary = []struct {
	t   Type
	doc string
	new func() Data
}{
	{UpgradePlanned, "Creates the upgrade, or revises its plan. Revisions are immutable and kept; a moved window is told.", newData[Planned]},
	{UpgradeScheduled, "Approved: the upgrade will happen as planned.", newData[Scheduled]},
	{UpgradeStarted, "Work on the upgrade has begun.", newData[Step]},
	{UpgradePaused, "Work is paused.", newData[Step]},
	{UpgradeResumed, "Work goes on after a pause, or after verifying.", newData[Step]},
	{UpgradeVerifying, "The work is done and is being checked.", newData[Step]},
	{UpgradeCompleted, "The upgrade ended well. Refused while a component is not restored or a failover is not failed back.", newData[Completed]},
	{UpgradeFailed, "The upgrade ended badly.", newData[Ended]},
	{UpgradeCanceled, "The upgrade will not happen.", newData[Ended]},
	{UpgradeReopened, "Takes back a mistaken end. Operators only.", newData[Reopened]},
	{RollbackStarted, "The way back has begun.", newData[Rollback]},
	{RollbackFinished, "The way back has ended.", newData[Rollback]},
	{PhaseStarted, "A phase has begun; the first one starts the upgrade.", newData[Phase]},
	{PhaseWaiting, "A phase waits for approval, a pause, its window or a dependency.", newData[Phase]},
	{PhaseFinished, "A phase has ended, with success unless it says otherwise.", newData[Phase]},
	{PhaseProgressed, "How far a phase is: done of total units, or percent.", newData[Progressed]},
	{GateEvidence, "One piece of evidence for a gate, judged by the plan's rule.", newData[Evidence]},
	{GateDecided, "A decision on a gate: go or no_go.", newData[Decided]},
	{ObjectiveMeasured, "The measured value of an objective: met or missed.", newData[Measured]},
	{ComponentChanged, "What people feel of a component from now on.", newData[Component]},
	{FailoverStarted, "A component is being moved to its standby.", newData[Failover]},
	{FailoverFinished, "A component runs on its standby, or the move failed.", newData[Failover]},
	{FailbackStarted, "A component is being moved back.", newData[Failover]},
	{FailbackFinished, "A component is back where it was, or the move failed.", newData[Failover]},
	{RedundancyChanged, "Who is active and what is left of a component's redundancy.", newData[Redundancy]},
	{RiskTriggered, "A risk of the plan has come true.", newData[Risk]},
	{RiskRetired, "A risk of the plan is over.", newData[Risk]},
	{UpdatePosted, "The human word to the audiences; keeps the promise of a next update.", newData[Update]},
	{UpdateCorrected, "Replaces the text of an earlier update; both are kept.", newData[Update]},
	{UpdateRetracted, "Takes an earlier update back; it is kept, marked.", newData[Update]},
	{UsageSampled, "How many people or requests a system had, per hour.", newData[Usage]},

	{TypeLogOpened, "The identity of the log.", newData[LogOpened]},
	{ClockLate, "A start passed and nothing started.", newData[Clock]},
	{ClockOverdue, "An end passed and nothing ended.", newData[Clock]},
	{ClockSilent, "Nothing was heard for too long.", newData[Clock]},
	{ClockPromiseBroken, "The promised time of the next update passed.", newData[Clock]},
	{ClockDue, "A planned moment has come.", newData[Clock]},
	{TypeNoticeOwed, "What the planner decided for one cause.", newData[NoticeOwed]},
	{TypeNoticePage, "The next recipients of what is owed for a cause.", newData[NoticePage]},
	{TypeNoticeSuperseded, "Deliveries that are no longer true or useful.", newData[NoticeSuperseded]},
	{TypeNoticeAcknowledged, "A person has read a message.", newData[NoticeAcknowledged]},
	{OutcomeAccepted, "Deliveries a provider accepted.", newData[Outcomes]},
	{OutcomeFailed, "Deliveries a provider refused.", newData[Outcomes]},
	{OutcomeSuperseded, "Deliveries dropped before they were sent.", newData[Outcomes]},
	{OutcomeRetried, "Dead deliveries an operator sends again.", newData[Outcomes]},
	{SubscriberRequested, "Someone wants to subscribe.", newData[Subscriber]},
	{SubscriberConfirmed, "A subscription is proved.", newData[Subscriber]},
	{SubscriberChanged, "A subscription changed.", newData[Subscriber]},
	{SubscriberRemoved, "A subscription ended.", newData[Subscriber]},
	{SubscriberErased, "A person's data was erased.", newData[Subscriber]},
	{TypeFeedbackReceived, "The numbers of one answer.", newData[FeedbackReceived]},
	{TypeFeedbackAcknowledged, "A person has looked at an answer or a report, or done something about it.", newData[FeedbackAcknowledged]},
	{TypeFeedbackReported, "Somebody said, while work was under way, that something is broken for them.", newData[FeedbackReported]},
	{TypeFeedbackOverdue, "Nobody has looked at answers and reports in time.", newData[FeedbackOverdue]},
	{TypeFeedbackListed, "New answers and reports are listed, once a working day, to whoever answers for them.", newData[FeedbackListed]},
	{TypeFeedbackUsed, "A personal link has answered an anonymous survey.", newData[FeedbackUsed]},
	{LessonProposed, "A lesson, proposed with its evidence.", newData[Lesson]},
	{LessonAccepted, "A lesson was accepted.", newData[Lesson]},
	{LessonRejected, "A lesson was rejected.", newData[Lesson]},
	{LessonAssigned, "Somebody has been given a lesson to see to.", newData[Lesson]},
	{TypeHistoryImported, "Past upgrades and outages that an operator brought.", newData[HistoryImported]},
	{TypeForecastMade, "How long an upgrade is likely to take, by how long such work took.", newData[ForecastMade]},
	{TypeDuty, "A node took duty.", newData[Duty]},
	{TypeHold, "Every send is stopped.", newData[Hold]},
	{TypeRelease, "Sending goes on.", newData[Hold]},
	{TypeRestored, "The log was rebuilt from a node's file.", newData[Restored]},
	{TypeRejected, "What could not become a fact.", newData[Rejected]},
	{TypeConflict, "An event came again with other content.", newData[Conflict]},
}

// payload is a pointer to T that is a [Data].
type payload[T any] interface {
	*T
	Data
}

func newData[T any, P payload[T]]() Data { return P(new(T)) }

var constructors = func() map[Type]func() Data {
	m := make(map[Type]func() Data, len(vocabulary))
	for _, v := range vocabulary {
		m[v.t] = v.new
	}
	return m
}()

// New makes an empty payload for t: *[Unknown] for a type outside the
// vocabulary.
func New(t Type) Data {
	if c := constructors[t]; c != nil {
		return c()
	}
	return &Unknown{}
}

// Types lists the types publishers use, in the order of the documentation.
func Types() []Type {
	var ts []Type
	for _, v := range vocabulary {
		if !v.t.Own() {
			ts = append(ts, v.t)
		}
	}
	return slices.Clip(ts)
}

// FactTypes lists the types of the hub's own facts, in the same order.
func FactTypes() []Type {
	var ts []Type
	for _, v := range vocabulary {
		if v.t.Own() {
			ts = append(ts, v.t)
		}
	}
	return slices.Clip(ts)
}

// Known reports whether t is in the vocabulary, the hub's own facts included.
func (t Type) Known() bool { return constructors[t] != nil }

// sameType reports whether d is a payload of want's type, and not nil.
func sameType(d, want Data) bool {
	v := reflect.ValueOf(d)
	return v.IsValid() && v.Type() == reflect.TypeOf(want) && !v.IsNil()
}
