package survey

import (
	"embed"

	"upgradehub/events/lang"
)

//go:embed locales
var files embed.FS

var catalog = lang.MustLoad(files, "locales")

// Questions are the words of what is asked after an upgrade, so that it is the
// same question wherever it is asked: on a page, in a mail, in a dialog. The
// title of a dialog in Slack takes 24 characters, and the titles no more.
func Questions() *lang.Catalog { return catalog }

// Known says in the words of [Questions] what is known of who answers a survey
// of a mode, which is said before anybody does.
func Known(said lang.Words, mode string) string { return said.Say("mode." + mode) }
