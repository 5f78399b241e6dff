package feedback_test

import (
	"html"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"upgradehub/events/lang"
	"upgradehub/statuspage"
	"upgradehub/statuspage/feedback"
)

// pages are the forms, and what follows them.
var pages = []string{
	"/f/" + personal, "/f/" + personal + "?thanks=1", "/upgrades/pg16/feedback", "/upgrades/running/feedback",
	"/upgrades/running/trouble", "/upgrades/running/trouble?receipt=" + seen, "/upgrades/pg16/trouble",
	"/f/" + signed, "/f/" + unsigned, "/f/" + unsigned + "?thanks=1", "/f/" + used, "/f/" + undone, "/upgrades/secret/feedback",
	"/g/" + signs, "/g/" + signedOver, "/g/" + signsNothing,
	"/subscribe", "/subscribe?sent=1", "/subscribe/" + confirm, "/s/" + manage, "/s/" + unknown,
}

func TestLanguages(t *testing.T) {
	h, _ := newForms(t, &desk{})
	for code, want := range map[string]string{
		"en": "Tell me by mail", "de": "Per Mail benachrichtigen", "fr": "M’informer par e-mail", "es": "Avisarme por correo", "ar": "أخبرني بالبريد",
	} {
		body := ask(h, "GET", "/subscribe?lang="+code, nil).Body.String()
		if !strings.Contains(body, "<h1>"+want+"</h1>") || !strings.Contains(body, `value="`+code+`" lang="`+code+`" selected`) {
			t.Errorf("in %s the form is not called %q, or offers messages in another language first", code, want)
		}
	}
}

// places have the words of the forms: the package's own, and those of what is
// asked.
var places = []string{"locales", "../../events/survey/locales"}

func words(t *testing.T, dir string) *lang.Catalog {
	t.Helper()
	c, err := lang.Load(os.DirFS(dir), ".")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestEveryMessageIsSaid finds messages that no template and no code says.
func TestEveryMessageIsSaid(t *testing.T) {
	var source strings.Builder
	for _, pattern := range []string{"*.go", "templates/*.html"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			raw, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			source.Write(raw)
		}
	}
	for _, place := range places {
		for _, id := range words(t, place).IDs() {
			whole := strings.Contains(source.String(), `"`+id+`"`)
			what, part, _ := strings.Cut(id, ".")
			made := slices.Contains([]string{"kind", "rating", "disruption", "communication", "effort", "mode"}, what) ||
				(part == "title" || part == "words") && strings.Contains(source.String(), `"`+what+`"`)
			if !whole && !made {
				t.Errorf("%s: nobody says %q", place, id)
			}
		}
	}
}

var (
	tags      = regexp.MustCompile(`(?s)<datalist.*?</datalist>|<[^>]*>`)
	bracketed = regexp.MustCompile(`⟦[^⟦⟧]*⟧`)
	letters   = regexp.MustCompile(`\pL`)
)

// sameEverywhere is what no language changes: names of languages and of what
// the board has.
var sameEverywhere = strings.NewReplacer("English", "", "Deutsch", "", "Français", "", "Español", "", "العربية", "",
	"Database <17>", "", "Database <upgrade>", "", "Database (orders)", "", "orders", "", "Sign-in", "", "Search", "", "Restore was rehearsed", "", "Reports run", "", "Fixed, please try again.", "", "UTC", "", "Europe/Berlin", "")

// inBrackets are the words of a place in a language of brackets.
func inBrackets(t *testing.T, dir string) *lang.Catalog {
	t.Helper()
	english, err := os.ReadFile(filepath.Join(dir, "en.json"))
	if err != nil {
		t.Fatal(err)
	}
	pseudo, err := lang.Pseudo(words(t, dir), english)
	if err != nil {
		t.Fatal(err)
	}
	return pseudo
}

// TestNothingIsUntranslated renders the pages in a language of brackets.
func TestNothingIsUntranslated(t *testing.T) {
	site, err := statuspage.New(statuspage.Config{Board: emptyBoard{}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{}
	f, err := feedback.New(feedback.Config{
		Desk: d, Reports: d, SignOffs: d, Subscriptions: &d.list, Board: board{}, Webhooks: true, Site: site, Key: []byte("0123456789abcdef"),
		Words: inBrackets(t, places[0]), Questions: inBrackets(t, places[1]),
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	f.Routes(mux)
	for _, path := range pages {
		body := ask(mux, "GET", path, nil).Body.String()
		text := html.UnescapeString(tags.ReplaceAllString(body[strings.Index(body, "<main"):strings.Index(body, "</main>")], " "))
		for bracketed.MatchString(text) {
			text = bracketed.ReplaceAllString(text, "")
		}
		if rest := sameEverywhere.Replace(text); letters.MatchString(rest) {
			t.Errorf("%s: %q was never translated", path, strings.Join(strings.Fields(rest), " "))
		}
	}
}
