package statuspage

import (
	"embed"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"

	"upgradehub/events/lang"
	"upgradehub/events/when"
)

//go:embed locales
var locales embed.FS

var catalog = lang.MustLoad(locales, "locales")

// scribe writes the pages in one language.
type scribe struct {
	*Pages
	lang.Words
	times            when.Words
	templates        *template.Template
	weekdays, months []string
}

// newScribe makes the one for a language, with the words of c.
func (p *Pages) newScribe(code string, c *lang.Catalog) (*scribe, error) {
	s := &scribe{Pages: p, Words: c.In(code), times: when.In(code)}
	s.weekdays, s.months = strings.Split(s.Say("weekdays"), "|"), strings.Split(s.Say("months"), "|")
	var err error
	s.templates, err = parseTemplates(p.assets, s)
	return s, err
}

// in is the scribe for a language; of one that is not spoken, the English one.
func (p *Pages) in(code string) *scribe {
	if s := p.scribes[code]; s != nil {
		return s
	}
	return p.scribes[lang.English]
}

// languageCookie keeps what a reader chose by ?lang=.
const languageCookie = "lang"

// Language is the one in which a request is answered: asked for by ?lang=,
// chosen before, or preferred by the browser.
func Language(r *http.Request) string {
	asked := r.URL.Query().Get("lang")
	if c, err := r.Cookie(languageCookie); err == nil && !lang.Known(asked) {
		asked = c.Value
	}
	return lang.Match(asked, r.Header.Get("Accept-Language"))
}

// keepLanguage remembers a choice for a year. The cookie says nothing of the
// reader but that.
func keepLanguage(w http.ResponseWriter, r *http.Request) {
	if asked := r.URL.Query().Get("lang"); lang.Known(asked) {
		http.SetCookie(w, &http.Cookie{
			Name: languageCookie, Value: asked, Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, SameSite: http.SameSiteLaxMode,
			Secure: r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https",
		})
	}
}

// inLanguage says in which language an answer is, and that it depends on the
// reader.
func inLanguage(w http.ResponseWriter, code string) {
	w.Header().Set("Content-Language", code)
	w.Header().Add("Vary", "Accept-Language, Cookie")
}

// Speak is the language in which the hub answers a request for a page that is
// not one of these: what the reader chose is kept, and the answer says that it
// depends on the reader.
func Speak(w http.ResponseWriter, r *http.Request) string {
	code := Language(r)
	keepLanguage(w, r)
	inLanguage(w, code)
	return code
}

// mark stands for a piece while a sentence is put together; no text from
// outside holds it.
const mark = "\x00"

// line is a message whose gaps may be pieces. Where they stand is the
// language's business.
func (s *scribe) line(id string, pairs ...any) line {
	var pieces []piece
	filled := make([]any, len(pairs))
	for i, v := range pairs {
		filled[i] = v
		if p, ok := v.(piece); ok && i%2 == 1 {
			filled[i] = mark + strconv.Itoa(len(pieces)) + mark
			pieces = append(pieces, p)
		}
		if text, ok := v.(string); ok {
			filled[i] = strings.ReplaceAll(text, mark, "")
		}
	}
	var l line
	for i, part := range strings.Split(s.Say(id, filled...), mark) {
		if i%2 == 0 {
			l = l.add(piece{Text: part})
		} else if n, err := strconv.Atoi(part); err == nil {
			l = l.add(pieces[n])
		}
	}
	return l
}

// moment is t in a form: clock, bare, full or day. The script writes the same
// forms in the reader's zone, with the names of days and months that the page
// gives it.
func (s *scribe) moment(t time.Time, form string) piece {
	t = t.UTC()
	p := piece{UTC: t.Format(time.RFC3339), Form: form}
	switch clock := t.Format("15:04"); form {
	case "bare":
		p.Text = clock
	case "clock":
		p.Text = clock + " UTC" // its element sets it apart
	case "day":
		p.Text = s.date(t)
	default:
		p.Text = s.Say("moment", "date", s.date(t), "clock", clock+" UTC")
	}
	return p
}

func (s *scribe) date(t time.Time) string {
	return s.Say("date", "weekday", s.weekdays[t.Weekday()], "day", t.Day(), "month", s.months[t.Month()-1], "year", t.Year())
}

// near is t as a clock time if that cannot be mistaken at the moment now,
// else with its date.
func (s *scribe) near(t, now time.Time) piece {
	if t.Sub(now).Abs() < 12*time.Hour {
		return s.moment(t, "clock")
	}
	return s.moment(t, "full")
}

// scriptWords are what the script says by itself; what it fills in stands in
// braces.
func (s *scribe) scriptWords() map[string]string {
	return map[string]string{
		"weekdays": s.Say("weekdays"), "months": s.Say("months"),
		"date":   s.Say("date", "weekday", lang.Verbatim("{weekday}"), "day", lang.Verbatim("{day}"), "month", lang.Verbatim("{month}"), "year", lang.Verbatim("{year}")),
		"moment": s.Say("moment", "date", lang.Verbatim("{date}"), "clock", "{clock}"),
		"live":   s.Say("link.live"), "lost": s.Say("link.lost", "time", "{time}"), "behind": s.Say("link.behind"),
	}
}
