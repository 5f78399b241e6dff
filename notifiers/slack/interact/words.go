package interact

import (
	"embed"

	"upgradehub/events/lang"
	"upgradehub/notifiers"
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

// Say is the message, laid out in the direction of its language. What is entered
// or cut into other messages is said by the [lang.Words] beneath.
func (t tongue) Say(id string, pairs ...any) string {
	return notifiers.InDirection(t.Code, t.Words.Say(id, pairs...))
}

// in are the words in a language; of one that is not spoken, in English.
func (h *Handler) in(code string) tongue {
	return tongue{h.cfg.Words.In(code), h.cfg.Questions.In(code)}
}
