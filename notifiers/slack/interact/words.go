package interact

import (
	_ "embed" // the words
	"fmt"
	"strings"
	"text/template"
)

//go:embed words.tmpl
var wordsSource string

// words say what people read, by name.
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
