package feedback_test

import (
	"html"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
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

// TestEveryMessageIsSaid finds messages that no template and no code says.
func TestEveryMessageIsSaid(t *testing.T) {
	c, err := lang.Load(os.DirFS("."), "locales")
	if err != nil {
		t.Fatal(err)
	}
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
	for _, id := range c.IDs() {
		whole := strings.Contains(source.String(), `"`+id+`"`)
		what, part, _ := strings.Cut(id, ".")
		made := what == "kind" || what == "disruption" || what == "communication" || what == "effort" || id == "rating.1" || id == "rating.5" || (part == "title" || part == "words") && strings.Contains(source.String(), `"`+what+`"`)
		if !whole && !made {
			t.Errorf("nobody says %q", id)
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
	"Database <17>", "", "Database <upgrade>", "", "Database (orders)", "", "orders", "", "Sign-in", "", "Search", "", "Fixed, please try again.", "", "UTC", "", "Europe/Berlin", "")

// TestNothingIsUntranslated renders the pages in a language of brackets.
func TestNothingIsUntranslated(t *testing.T) {
	english, err := os.ReadFile("locales/en.json")
	if err != nil {
		t.Fatal(err)
	}
	c, err := lang.Load(os.DirFS("."), "locales")
	if err != nil {
		t.Fatal(err)
	}
	pseudo, err := lang.Pseudo(c, english)
	if err != nil {
		t.Fatal(err)
	}
	site, err := statuspage.New(statuspage.Config{Board: emptyBoard{}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{}
	f, err := feedback.New(feedback.Config{
		Desk: d, Reports: d, Subscriptions: &d.list, Board: board{}, Webhooks: true, Site: site, Key: []byte("0123456789abcdef"), Words: pseudo,
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
