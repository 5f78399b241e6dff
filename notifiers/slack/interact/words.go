package interact

import (
	"embed"

	"upgradehub/events/lang"
)

//go:embed locales
var locales embed.FS

var catalog = lang.MustLoad(locales, "locales")

// tongue is what people are asked and told, in the language of the message
// they answer.
type tongue struct {
	lang.Words
	survey lang.Words // of what is asked
}

// in are the words in a language; of one that is not spoken, in English.
func (h *Handler) in(code string) tongue {
	return tongue{h.cfg.Words.In(code), h.cfg.Questions.In(code)}
}
