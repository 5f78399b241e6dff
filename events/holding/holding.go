// Package holding says in the reader's language what the hub knows of the work
// when it speaks in place of people, see [upgrade.PublicHolding].
//
// The sentence around it, with its moment, is for whoever shows it: a page
// rewrites moments in the visitor's zone, a message has the reader's.
package holding

import (
	"embed"

	"upgradehub/events/lang"
	"upgradehub/events/upgrade"
)

//go:embed locales
var files embed.FS

var catalog = lang.MustLoad(files, "locales")

// Work says what is known of the work, to stand within a sentence; phases are
// those of h in a list of the language. The English words are those of
// [upgrade.PublicHolding.Work].
func Work(code string, h upgrade.PublicHolding, phases string) string {
	said := catalog.In(code)
	switch {
	case h.Silent:
		return said.Say("silent")
	case h.State == upgrade.InProgress && phases != "":
		return said.Say("phases", "phases", phases)
	case h.State == upgrade.Paused, h.State == upgrade.Verifying, h.State == upgrade.RollingBack:
		return said.Say(string(h.State))
	}
	return said.Say("in_progress")
}
