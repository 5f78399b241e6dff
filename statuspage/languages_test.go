package statuspage_test

import (
	"encoding/json"
	"fmt"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"upgradehub/events/lang"
	"upgradehub/events/upgrade"
	"upgradehub/statuspage"
)

// TestLanguages: what was asked for by name, chosen before, or preferred by
// the browser, in this order.
func TestLanguages(t *testing.T) {
	p := newPages(t, &board{seq: 9, all: []upgrade.Public{running()}}, noon)
	for _, tt := range []struct {
		name, query, cookie, accept string
		want, says                  string
		kept                        string
	}{
		{"nothing", "", "", "", "en", "You cannot use Exports right now", ""},
		{"the browser", "", "", "de-CH,en;q=0.5", "de", "Sie können Exports gerade nicht benutzen", ""},
		{"chosen before", "", "fr", "de", "fr", "Vous ne pouvez pas utiliser Exports pour le moment", ""},
		{"by name", "?lang=es", "fr", "de", "es", "Ahora no puede usar Exports", "es"},
		{"right to left", "?lang=ar", "", "", "ar", "لا يمكنك استخدام \u2066Exports\u2069 الآن", "ar"},
		{"one that is not spoken", "?lang=xx", "zz", "ja", "en", "You cannot use Exports right now", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/upgrades/pg16"+tt.query, nil)
			r.Header.Set("Accept-Language", tt.accept)
			if tt.cookie != "" {
				r.AddCookie(&http.Cookie{Name: "lang", Value: tt.cookie})
			}
			w := serve(p, r)
			if want := fmt.Sprintf(`<html lang="%s" dir="%s">`, tt.want, lang.Dir(tt.want)); !strings.Contains(w.Body.String(), want) || !strings.Contains(w.Body.String(), tt.says) {
				t.Errorf("the page has not %q and %q", want, tt.says)
			}
			if h := w.Header(); h.Get("Content-Language") != tt.want || !strings.Contains(strings.Join(h.Values("Vary"), ", "), "Accept-Language") {
				t.Errorf("Content-Language %q, Vary %q", h.Get("Content-Language"), h.Values("Vary"))
			}
			kept := ""
			for _, c := range w.Result().Cookies() {
				kept = c.Value
			}
			if kept != tt.kept {
				t.Errorf("kept is %q, want %q", kept, tt.kept)
			}
		})
	}
	r := httptest.NewRequest(http.MethodGet, "/nowhere", nil)
	r.Header.Set("Accept-Language", "de")
	if w := serve(p, r); w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "Hier ist nichts.") {
		t.Errorf("an unknown page = %d, want it said in German", w.Code)
	}
}

// TestNothingIsUntranslated renders everything in a language of brackets: what
// stands outside of them, and is no word of a plan, was never translated.
func TestNothingIsUntranslated(t *testing.T) {
	c, err := lang.Load(os.DirFS("."), "locales")
	if err != nil {
		t.Fatal(err)
	}
	english, err := os.ReadFile("locales/en.json")
	if err != nil {
		t.Fatal(err)
	}
	pseudo, err := lang.Pseudo(c, english)
	if err != nil {
		t.Fatal(err)
	}
	for name, all := range everyState() {
		p, err := statuspage.New(statuspage.Config{
			Board: &board{seq: 9, all: all}, Insights: &board{all: all}, Forecasts: scores, PublicURL: "https://status.example.org", Clock: func() time.Time { return noon }, Words: pseudo,
		}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		known := append(dataOf(t, all), "Move of the archive", "Database upgrade to PostgreSQL 15", "Database upgrade to PostgreSQL 14")
		for _, path := range []string{"/", "/history", "/upgrades/pg16", "/upgrades/pg16/insights", "/nowhere"} {
			page := serve(p, httptest.NewRequest(http.MethodGet, path, nil)).Body.String()
			for _, text := range untranslated(page) {
				if !slices.ContainsFunc(known, func(k string) bool { return strings.Contains(k, text) }) {
					t.Errorf("%s, %s: %q was never translated", name, path, text)
				}
			}
		}
	}
}

func everyState() map[string][]upgrade.Public {
	late, silent, paused, rolled := planned(), overdue(), running(), completed()
	late.Late = new(at("2026-11-22 01:10"))
	silent.Silent, silent.Updates[0].Retracted = new(at("2026-11-22 02:10")), true
	paused.State, paused.Phases[1].State, paused.Phases[1].WaitingFor = upgrade.Paused, upgrade.Waiting, "approval"
	rolled.State, rolled.DataSafe = upgrade.RolledBack, new(false)
	drill := running()
	drill.Drill = true
	return map[string][]upgrade.Public{
		"nothing": nil, "planned": {planned()}, "late": {late}, "running": {running()}, "overdue": {overdue()}, "silent": {silent},
		"paused": {paused}, "completed": {completed()}, "rich": {rich(), lastYear()}, "going back": {goingBack()}, "rolled back": {rolled}, "drill": {drill},
		"two": {running(), ended("b", "Second", upgrade.Failed, "2026-10-02")},
	}
}

// dataOf is every text of the upgrades, and what is the same in every
// language.
func dataOf(t *testing.T, all []upgrade.Public) []string {
	t.Helper()
	raw, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	known := []string{"Upgrade Hub", "UTC", "Europe/Berlin", "(4 h)", "(1 h 30 min)", "(2 h)", "The copy is", "slower than in the rehearsal", ", because one table is larger.", "nothing is lost", "details in the", "notes"}
	for _, code := range lang.Supported {
		known = append(known, lang.Name(code))
	}
	return texts(v, known)
}

func texts(v any, out []string) []string {
	switch v := v.(type) {
	case string:
		out = append(out, v)
	case []any:
		for _, e := range v {
			out = texts(e, out)
		}
	case map[string]any:
		for _, e := range v {
			out = texts(e, out)
		}
	}
	return out
}

var (
	notText   = regexp.MustCompile(`(?s)<(script|style)[^>]*>.*?</(script|style)>|<!doctype html>`)
	element   = regexp.MustCompile(`<[^>]*>`)
	moment    = regexp.MustCompile(`</?time[^>]*>`) // within a sentence
	spoken    = regexp.MustCompile(` (?:aria-label|alt|title|content)="([^"]*)"`)
	bracketed = regexp.MustCompile(`⟦[^⟦⟧]*⟧`)
	letters   = regexp.MustCompile(`\pL{2,}`)
	inZones   = regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d to .*\)`)    // of package when, which is tested by itself
	shares    = regexp.MustCompile(`\d+ % \(95 % interval \d+ to \d+ %\)`) // of package survey
)

// untranslated are the texts of a page that are neither bracketed nor data.
func untranslated(page string) []string {
	page = notText.ReplaceAllString(page, "")
	var found []string
	for _, m := range spoken.FindAllStringSubmatch(page, -1) {
		found = append(found, m[1])
	}
	found = append(found, element.Split(moment.ReplaceAllString(page, ""), -1)...)
	var out []string
	for _, text := range found {
		text = html.UnescapeString(text)
		for bracketed.MatchString(text) {
			text = bracketed.ReplaceAllString(text, "")
		}
		text = strings.Trim(strings.TrimSpace(shares.ReplaceAllString(inZones.ReplaceAllString(text, ""), "")), "⟦⟧·:, ")
		if letters.MatchString(text) && !strings.HasPrefix(text, "width=device-width") && text != "light dark" && text != "noindex" {
			out = append(out, text)
		}
	}
	return out
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
		made := strings.Contains(source.String(), `"`+family+`." + `) || strings.Contains(source.String(), `"`+family+`."+`) || strings.HasSuffix(id, "_since") || family == "list"
		if !made && !strings.Contains(source.String(), `"`+id+`"`) {
			t.Errorf("message %q is never said", id)
		}
	}
}

// TestScriptSaysTheSame: in UTC, the script writes every moment as the server
// did, in every language, so that nothing shifts; and every language fits a
// narrow screen.
func TestScriptSaysTheSame(t *testing.T) {
	s, _ := everyPage(t)
	for _, code := range lang.Supported {
		t.Run(code, func(t *testing.T) {
			tb := open(t)
			t.Cleanup(func() { tb.do(chromedp.Navigate(s.URL + "/?lang=en")) }) // other tests have the same cookies
			tb.zone("UTC")
			tb.do(chromedp.EmulateViewport(320, 700))
			for _, path := range []string{"/", "/history", "/upgrades/pg16", "/upgrades/idp", "/upgrades/idp/insights"} {
				tb.do(chromedp.Navigate(s.URL + path + "?lang=" + code))
				tb.wait(`document.querySelector("#link").textContent === document.body.dataset.live`)
				served := get(t, s.URL+path, code)
				for _, got := range eval[[]string](tb, `[...document.querySelectorAll("time")].map((el) => el.textContent)`) {
					if !strings.Contains(served, ">"+got+"</time>") {
						t.Errorf("%s: the script writes %q, which the server did not", path, got)
					}
				}
				if wide := eval[int](tb, `document.documentElement.scrollWidth`); wide > 320 {
					t.Errorf("%s is %d px wide on a screen of 320: %q", path, wide, eval[[]string](tb, `[...document.querySelectorAll("body *")].filter((el) => { const r = el.getBoundingClientRect(); return r.width > 0 && !el.closest(".vh, .skip, .pot") && (r.right > 321 || r.left < -1); }).map((el) => el.outerHTML.slice(0, 120))`))
				}
			}
			if *shots != "" {
				tb.do(chromedp.EmulateViewport(1100, 900), chromedp.Navigate(s.URL+"/upgrades/pg16?lang="+code))
				keep(t, tb, "language-"+code)
			}
		})
	}
}

func get(t *testing.T, url, code string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept-Language", code)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var b strings.Builder
	if err := res.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
