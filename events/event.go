// Package events is the vocabulary of Upgrade Hub: what can happen to an
// upgrade, and what the hub itself decides or learns, as Go types.
//
// It is pure: no I/O, no clock, no configuration. [Decode] turns what a
// publisher sent, in any of the three forms, into an [Event]; [Event.Validate]
// names every fault of it at once; [Event.MarshalJSON] writes the one form in
// which facts are stored, a structured CloudEvent.
//
// What an event does to an upgrade is not said here but in package upgrade.
package events

import (
	"encoding/json"
	"time"
)

// TypePrefix and TypeSuffix enclose a [Type] in the CloudEvents attribute
// "type": dev.upgradehub.phase.started.v1.
const (
	TypePrefix = "dev.upgradehub."
	TypeSuffix = ".v1"
)

// Visibility says who may read the free text of an event. The empty value
// means the default of the event's type, see [Event.TextVisible].
type Visibility string

// The two visibilities. State itself is public unless the event says
// Internal.
const (
	Public   Visibility = "public"
	Internal Visibility = "internal"
)

// Event is one thing that happened: to an upgrade, as its tooling reports it,
// or in the hub itself. An Event that lies in the log is called a fact.
type Event struct {
	// ID is unique together with Upgrade and Source: the same three again
	// are the same event.
	ID     string
	Source string
	Type   Type
	// Upgrade is the upgrade's id, the CloudEvents attribute "subject". It
	// is empty for facts about the hub or a person.
	Upgrade string
	// Time is the publisher's own time of the event, in UTC. It serves
	// display and the order within one source, never a rule.
	Time time.Time
	// Untimed says that the publisher stated no time, so that Time is that
	// of its arrival and no part of its content. CloudEvents extension
	// "untimed".
	Untimed bool
	// Recorded is when the event entered INTAKE (for the hub's own facts:
	// when the duty node wrote it), in UTC; it never decreases along the
	// log. Rules use it. CloudEvents extension "recordedtime".
	Recorded time.Time
	// Visibility is what the publisher said, or empty.
	Visibility Visibility
	// Intake is the event's position in the INTAKE stream, 0 for facts
	// that did not come from there. CloudEvents extension "intakeseq".
	Intake uint64
	// Data is a pointer to the struct that [Type] names, for example
	// *PhaseStarted; *[Unknown] for a type outside the vocabulary.
	Data Data
}

// Data is the payload of an event.
type Data interface {
	// Faults names everything that is wrong with the payload's form, in
	// the publisher's words ("phase: is required"); nil if nothing is.
	Faults() []string
}

// Unknown is the payload of a type outside the vocabulary: stored, shown to
// operators, without effect.
type Unknown struct{ Raw json.RawMessage }

// Faults of an unknown payload are not known.
func (*Unknown) Faults() []string { return nil }
