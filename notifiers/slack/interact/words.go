package interact

import (
	"embed"
	"fmt"
	"strings"
	"text/template"

	"upgradehub/events/lang"
)

var (
	//go:embed words.tmpl
	wordsSource string
	//go:embed locales
	locales embed.FS

	catalog = lang.MustLoad(locales, "locales")
)

// tongue is what people are told in the language of the message they answer.
type tongue struct {
	lang.Words
	survey lang.Words // of what is asked
}

func (h *Handler) in(code string) tongue {
	return tongue{h.cfg.Words.In(code), h.cfg.Questions.In(code)}
}

// words say what those who do the work read, in English, by name.
type words struct{ t *template.Template }

func readWords() (words, error) {
	t, err := template.New("words").Option("missingkey=error").Parse(wordsSource)
	if err != nil {
		return words{}, fmt.Errorf("parse words: %w", err)
	}
	return words{t}, nil
}

// about is what words are filled in with.
type about map[string]any

// say puts a into the words of that name. Words that are missing or do not fit
// show their name, which a test of all words finds before a person does.
func (w words) say(name string, a about) string {
	var b strings.Builder
	if err := w.t.ExecuteTemplate(&b, name, a); err != nil {
		return name
	}
	return strings.TrimSpace(b.String())
}
