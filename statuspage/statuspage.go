// Package statuspage is what people see: the pages, the feeds and the
// calendar. Everything here is made from [upgrade.Public] values, so nothing
// internal can be shown.
//
// Pages speak the languages of package lang. A new sentence is a message in
// locales/en.json and in every other file there; a template says it by
// {{say "id" "gap" .Value}}, or by {{template "line" (words "id" "at" .Moment)}}
// where moments stand in it, and code by [lang.Words.Say] and scribe.line.
// Tests find a message that a language lacks, one that nobody says, and text
// that is no message. What people wrote stands as they wrote it.
package statuspage

import (
	"context"
	"errors"

	"upgradehub/events/upgrade"
)

// ErrNotFound is returned by a Board for an upgrade nobody knows.
var ErrNotFound = errors.New("not found")

// Board is what the pages are made from.
type Board interface {
	// Upgrades lists every planned upgrade that is not a drill, newest
	// window first.
	Upgrades(ctx context.Context) ([]upgrade.Public, error)
	// Upgrade is one upgrade, drills included; [ErrNotFound] if there is none.
	Upgrade(ctx context.Context, id string) (upgrade.Public, error)
	// Position is the identity of the log and the newest folded sequence.
	Position() (log string, seq uint64)
}
