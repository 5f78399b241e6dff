package interact_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"upgradehub/events/lang"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
	"upgradehub/notifiers/slack/interact"
	"upgradehub/notifiers/slack/slacktest"
)

// places have the words: the package's own, and those of what is asked after an
// upgrade.
var places = []string{"locales", "../../../events/survey/locales"}

func wordsOf(t *testing.T, dir string) *lang.Catalog {
	t.Helper()
	c, err := lang.Load(os.DirFS(dir), ".")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// inBrackets are the words of a place in a language of brackets.
func inBrackets(t *testing.T, dir string) *lang.Catalog {
	t.Helper()
	english, err := os.ReadFile(filepath.Join(dir, "en.json"))
	if err != nil {
		t.Fatal(err)
	}
	pseudo, err := lang.Pseudo(wordsOf(t, dir), english)
	if err != nil {
		t.Fatal(err)
	}
	return pseudo
}

// asked is a survey in a language, after an end.
func asked(t *testing.T, code string, o *office, tune func(*interact.Config)) *stage {
	t.Helper()
	return pressed(t, code, other, "rate", o, tune)
}

// TestRatingSpeaksLanguages holds the modal in the language of the message, as
// it is and from right to left after a rollback.
func TestRatingSpeaksLanguages(t *testing.T) {
	s := asked(t, "de", rated(t, upgrade.Completed, plan.Survey{}), nil)
	goldenModal(t, "rate-de.json", s.opened(t, other, 1))
	s = asked(t, "ar", rated(t, upgrade.RolledBack, plan.Survey{Mode: plan.Named, Questions: []string{"effort", "communication"}}), nil)
	goldenModal(t, "rate-unhappy-ar.json", s.opened(t, other, 1))
}

// TestAnswersSpeakLanguages: whoever is asked in German is refused, and
// thanked, in German.
func TestAnswersSpeakLanguages(t *testing.T) {
	for want, spoil := range map[string]func(*office){
		"Die Umfrage zu „Postgres &lt;16&gt; &amp; co“ ist nicht offen.":                                                                                               func(o *office) { o.closed = true },
		"Diese Umfrage ist anonym, und bei einem Knopf hier erführe der Hub, wer Sie sind. Bitte antworten Sie im Web: https://hub.example.org/upgrades/pg16/feedback": func(o *office) { o.u.Plan.Survey.Mode = plan.Anonymous },
		"Das ließ sich gerade nicht speichern. Bitte versuchen Sie es noch einmal.":                                                                                    func(o *office) { o.fail = errors.New("no log") },
		"Es gibt kein Upgrade pg16.": func(o *office) { o.u.ID = "other" },
	} {
		o := rated(t, upgrade.Completed, plan.Survey{})
		spoil(o)
		if got := asked(t, "de", o, nil).whispered(t, other, 1); got != want {
			t.Errorf("told %q, want %q", got, want)
		}
	}
}

// TestSubmissionSpeaksLanguages: the language survives the modal, also when
// its end comes late.
func TestSubmissionSpeaksLanguages(t *testing.T) {
	ar := wordsOf(t, "locales").In("ar")
	says := func(s *stage, id string) bool {
		v := s.srv.Views(other)[0]
		return v.Close == ar.Say("close") && slices.Contains(texts(t, v), ar.Say(id))
	}
	o := rated(t, upgrade.Completed, plan.Survey{Mode: plan.Named}) // a click alone records nothing
	o.slow = make(chan struct{})
	s := asked(t, "ar", o, func(c *interact.Config) { c.AckWithin = 50 * time.Millisecond })
	if _, err := s.srv.Submit(other, s.opened(t, other, 1).ID, nil); err != nil {
		t.Fatal(err)
	}
	if !says(s, "recording") {
		t.Errorf("while it is recorded the modal says %q", texts(t, s.srv.Views(other)[0]))
	}
	close(o.slow)
	eventually(t, "thanks in the modal", func() bool { return says(s, "rated.fully") })
}

// texts are what a modal says, block by block.
func texts(t *testing.T, v slacktest.View) []string {
	t.Helper()
	var blocks any
	if err := json.Unmarshal(v.Blocks, &blocks); err != nil {
		t.Fatal(err)
	}
	said := []string{v.Submit, v.Close}
	var walk func(any)
	walk = func(node any) {
		switch n := node.(type) {
		case []any:
			for _, child := range n {
				walk(child)
			}
		case map[string]any:
			if text, ok := n["text"].(string); ok {
				said = append(said, text)
			}
			for _, child := range n {
				walk(child)
			}
		}
	}
	walk(blocks)
	return said
}

var (
	bracketed = regexp.MustCompile(`⟦[^⟦⟧…]*[⟧…]`) // long words are cut
	letters   = regexp.MustCompile(`\pL`)
	foreign   = strings.NewReplacer("Postgres &lt;16&gt; &amp; co", "", "https://hub.example.org/upgrades/pg16/feedback", "", "pg16", "",
		"@deputy", "", "@lead", "", "@registrar", "", "Database &lt;1&gt;", "")
)

// TestNothingIsUntranslated says in a language of brackets what people are asked
// and told.
func TestNothingIsUntranslated(t *testing.T) {
	brackets := func(c *interact.Config) { c.Words, c.Questions = inBrackets(t, places[0]), inBrackets(t, places[1]) }
	check := func(what string, said ...string) {
		for _, text := range said {
			for bracketed.MatchString(text) {
				text = bracketed.ReplaceAllString(text, "")
			}
			if rest := foreign.Replace(text); letters.MatchString(rest) {
				t.Errorf("%s: %q was never translated", what, rest)
			}
		}
	}
	for _, m := range modals {
		v := pressed(t, "de", m.user, m.action, &office{}, brackets).opened(t, m.user, 1)
		check(m.action, append(texts(t, v), v.Title)...)
	}
	for _, a := range answers {
		o := &office{u: gated(t)}
		if a.spoil != nil {
			a.spoil(o)
		}
		check(a.name, pressed(t, "de", a.user, a.action, o, brackets).whispered(t, a.user, 1))
	}
	for _, mode := range []plan.Mode{plan.Named, plan.Confidential} {
		for _, questions := range [][]string{{"disruption", "communication"}, {"effort"}} {
			s := asked(t, "de", rated(t, upgrade.Failed, plan.Survey{Mode: mode, Questions: questions}), brackets)
			v := s.opened(t, other, 1)
			check(v.Title, append(texts(t, v), v.Title)...)
			if _, err := s.srv.Submit(other, v.ID, nil); err != nil {
				t.Fatal(err)
			}
			check("thanks", texts(t, s.srv.Views(other)[0])...)
		}
	}
	anonymous := rated(t, upgrade.Completed, plan.Survey{Mode: plan.Anonymous})
	check("anonymous", asked(t, "de", anonymous, brackets).whispered(t, other, 1))
}

// TestEveryMessageIsSaid finds words that no code says.
func TestEveryMessageIsSaid(t *testing.T) {
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
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
	for _, place := range places {
		for _, id := range wordsOf(t, place).IDs() {
			family, _, _ := strings.Cut(id, ".")
			made := slices.Contains([]string{"title", "rating", "disruption", "communication", "effort", "mode", "state", "list"}, family)
			made = made || slices.Contains([]string{"sign_off.pass", "sign_off.fail", "update.public", "update.internal"}, id)
			if !made && !strings.Contains(source.String(), `"`+id+`"`) {
				t.Errorf("%s: nobody says %q", place, id)
			}
		}
	}
}
