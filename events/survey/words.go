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
