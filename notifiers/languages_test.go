package notifiers_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"upgradehub/events"
	"upgradehub/events/lang"
	"upgradehub/notifiers"
)

// TestEveryLanguage renders what everybody is told in every language. Nothing
// of the English words is left in the others.
func TestEveryLanguage(t *testing.T) {
	english := englishWords(t)
	for _, code := range lang.Supported[1:] {
		t.Run(code, func(t *testing.T) {
			r, seen := renderer(t), map[string]bool{}
			tell(t, r, func(s *story, n events.Notice, m notifiers.Message) {
				name := fmt.Sprintf("%s%s.%s by %s as %s", n.Moment, variant(n, m), n.Role, n.Channel, n.Form)
				if seen[name] {
					return
				}
				seen[name] = true
				inLanguage(t, r, s.view(n), code, fmt.Sprintf("%s%s.%s", n.Moment, variant(n, m), n.Role), english)
			})
			if len(seen) < 100 {
				t.Errorf("%d messages in %s, want those of every moment", len(seen), code)
			}
		})
	}
}

// inOtherLanguages renders v in each language but English, see inLanguage.
func inOtherLanguages(t *testing.T, r *notifiers.Renderer, v notifiers.View, name string) {
	t.Helper()
	english := englishWords(t)
	for _, code := range lang.Supported[1:] {
		inLanguage(t, r, v, code, name, english)
	}
}

// inLanguage renders v in a language, of which nothing is left in English. A
// mail has a golden file.
func inLanguage(t *testing.T, r *notifiers.Renderer, v notifiers.View, code, name string, english []string) {
	t.Helper()
	v.Person.Lang = code
	m, err := r.Render(v)
	if err != nil {
		t.Fatalf("render %s in %s: %v", name, code, err)
	}
	said := strings.ReplaceAll(m.Headline+m.Text+m.HTML+m.Context, "waiting for the vendor", "") // somebody's words
	for _, words := range english {
		if strings.Contains(said, words) {
			t.Errorf("%s by %s in %s says in English: %q\n%s", name, v.Delivery.Channel, code, words, m.Text)
		}
	}
	if v.Delivery.Channel != "email" {
		return
	}
	golden(t, "testdata/golden/languages/"+name+"."+code+".txt", m.Subject+"\n\n"+m.Text)
	if want := fmt.Sprintf(`<html lang=%q dir=%q>`, code, lang.Dir(code)); !strings.Contains(m.HTML, want) {
		t.Errorf("%s has not %s", name, want)
	}
}

// englishWords are the English messages, cut at their gaps, as far as they are
// long enough to be told from a name.
func englishWords(t *testing.T) []string {
	t.Helper()
	var words []string
	for _, name := range []string{"locales/en.json", "../events/survey/locales/en.json", "../events/lesson/locales/en.json", "../events/topic/locales/en.json"} {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var file map[string]any
		if err := json.Unmarshal(raw, &file); err != nil {
			t.Fatal(err)
		}
		for _, v := range file {
			text, _ := v.(string)
			for _, part := range regexp.MustCompile(`\{\{[^}]*\}\}`).Split(text, -1) {
				if part = strings.Trim(part, " :.,;"); len(part) > 9 && !strings.HasPrefix(part, "--") { // no flag of a command
					words = append(words, part)
				}
			}
		}
	}
	return words
}

// TestButtonsFit: Slack takes 75 characters of a button; a phone shows about
// half of them.
func TestButtonsFit(t *testing.T) {
	c, err := lang.Load(os.DirFS("."), "locales")
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range lang.Supported {
		for _, id := range c.IDs() {
			text := notifiers.Words(code).Say(id)
			if n := utf8.RuneCountInString(text); strings.HasPrefix(id, "button.") && n > 40 {
				t.Errorf("%s in %s has %d characters: %q", id, code, n, text)
			}
		}
	}
}

// TestEveryMessageIsSaid finds messages that no template and no code says.
func TestEveryMessageIsSaid(t *testing.T) {
	var source strings.Builder
	for _, pattern := range []string{"*.go", "slack/*.go", "templates/*.tmpl", "templates/words/*.tmpl"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			raw, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			source.Write(raw)
		}
	}
	c, err := lang.Load(os.DirFS("."), "locales")
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range c.IDs() {
		family, _, _ := strings.Cut(id, ".")
		made := strings.Contains(source.String(), `"`+family+`." + `) || strings.Contains(source.String(), `"`+family+`."+`) || family == "list"
		if !made && !strings.Contains(source.String(), `"`+id+`"`) {
			t.Errorf("message %q is never said", id)
		}
	}
}
