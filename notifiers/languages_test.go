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
	"upgradehub/events/plan"
	"upgradehub/notifiers"
)

// TestEveryLanguage renders what outsiders are told in every language. Nothing
// of the English words is left in the others, and those who do the work read
// English whatever they asked for.
func TestEveryLanguage(t *testing.T) {
	english := englishWords(t)
	for _, code := range lang.Supported[1:] {
		t.Run(code, func(t *testing.T) {
			r, seen := renderer(t), map[string]bool{}
			for _, play := range []func(*story, *plan.Plan){playWell, playDelayed, playMessily, playFailed, playCanceled, playMistake} {
				s := newStory(t, everywhere())
				for i := range s.audiences {
					s.audiences[i].Channels = []string{"email", "slack"}
				}
				s.onNotice = func(n events.Notice) {
					v := s.view(n)
					v.Person.Lang = code
					m, err := r.Render(v)
					if err != nil {
						t.Fatalf("render %s for %s: %v", n.Moment, n.Role, err)
					}
					name := fmt.Sprintf("%s%s.%s.%s", n.Moment, variant(n, m), n.Role, code)
					if notifiers.Insider(n.Role) || seen[name+n.Channel+string(n.Form)] {
						return
					}
					seen[name+n.Channel+string(n.Form)] = true
					for _, words := range english {
						if strings.Contains(m.Text+m.HTML+m.Context, words) {
							t.Errorf("%s by %s says in English: %q\n%s", name, n.Channel, words, m.Text)
						}
					}
					if n.Channel != "email" {
						return
					}
					golden(t, "testdata/golden/languages/"+name+".txt", m.Text)
					if want := fmt.Sprintf(`<html lang=%q dir=%q>`, code, lang.Dir(code)); !strings.Contains(m.HTML, want) {
						t.Errorf("%s has not %s", name, want)
					}
				}
				play(s, loadPlan(t, "testdata/plan.yaml"))
			}
			if len(seen) < 20 {
				t.Errorf("%d messages in %s, want those of every moment", len(seen), code)
			}
		})
	}
}

// englishWords are the English messages, cut at their gaps, as far as they are
// long enough to be told from a name.
func englishWords(t *testing.T) []string {
	t.Helper()
	var words []string
	for _, name := range []string{"locales/en.json", "../events/survey/locales/en.json"} {
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
				if part = strings.Trim(part, " :.,;"); len(part) > 9 {
					words = append(words, part)
				}
			}
		}
	}
	return words
}

// TestInsidersReadEnglish: their words are not mixed from two languages.
func TestInsidersReadEnglish(t *testing.T) {
	r := renderer(t)
	s := newStory(t, roles)
	s.onNotice = func(n events.Notice) {
		v := s.view(n)
		english, err := r.Render(v)
		if err != nil {
			t.Fatal(err)
		}
		v.Person.Lang = "de"
		m, err := r.Render(v)
		if err != nil {
			t.Fatal(err)
		}
		if same := m.Text == english.Text; same != notifiers.Insider(n.Role) {
			t.Errorf("%s to %s in German: the same as in English: %t", n.Moment, n.Role, same)
		}
	}
	s.announce(loadPlan(t, "testdata/plan.yaml"))
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
