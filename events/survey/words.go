package survey

import (
	"embed"
	"math"

	"upgradehub/events/lang"
)

//go:embed locales words
var files embed.FS

var (
	catalog = lang.MustLoad(files, "locales")
	counted = lang.MustLoad(files, "words") // what is said of answers, and asked nowhere
)

// Questions are the words of what is asked after an upgrade, so that it is the
// same question wherever it is asked: on a page, in a mail, in a dialog. The
// title of a dialog in Slack takes 24 characters, and the titles no more.
func Questions() *lang.Catalog { return catalog }

// Known says in the words of [Questions] what is known of who answers a survey
// of a mode, which is said before anybody does.
func Known(said lang.Words, mode string) string { return said.Say("mode." + mode) }

// In is the share in per cent with its interval, in the words of a language; a
// dash if it is of nobody.
func (s Share) In(code string) string {
	if s.Of == 0 {
		return "–"
	}
	return counted.In(code).Say("share", "share", percent(s.Share), "low", percent(s.Low), "high", percent(s.High))
}

// String is the share in English.
func (s Share) String() string { return s.In(lang.English) }

func percent(share float64) int { return int(math.Round(100 * share)) }
