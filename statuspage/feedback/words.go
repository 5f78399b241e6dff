package feedback

import (
	"embed"
	"fmt"
	"html/template"
	"net/http"

	"upgradehub/events/lang"
)

var (
	//go:embed templates/*.html
	files embed.FS
	//go:embed locales
	locales embed.FS

	catalog = lang.MustLoad(locales, "locales")
)

// scribe writes the forms in one language.
type scribe struct {
	lang.Words
	survey    lang.Words // of what is asked
	templates *template.Template
}

// newScribes makes one for each language.
func newScribes(words, questions *lang.Catalog) (map[string]scribe, error) {
	all := map[string]scribe{}
	for _, code := range lang.Supported {
		said, asked := words.In(code), questions.In(code)
		t, err := template.New("").Funcs(template.FuncMap{"say": said.Say, "ask": asked.Say, "apart": said.Apart}).ParseFS(files, "templates/*.html")
		if err != nil {
			return nil, fmt.Errorf("parse feedback templates: %w", err)
		}
		all[code] = scribe{said, asked, t}
	}
	return all, nil
}

// in is the scribe for the reader of a request.
func (f *Forms) in(r *http.Request) scribe { return f.scribes[f.cfg.Language(r)] }

// byBrowser is the language the browser prefers, or is asked for.
func byBrowser(r *http.Request) string {
	return lang.Match(r.URL.Query().Get("lang"), r.Header.Get("Accept-Language"))
}
