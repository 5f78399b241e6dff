package notifiers

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"slices"
	"strings"
	"text/template"
	"time"

	"upgradehub/events"
	"upgradehub/events/calendar"
	"upgradehub/events/theme"
	"upgradehub/events/upgrade"
)

// ErrStale is what [Renderer.Render] answers when the notice is no longer
// true, such as a reminder of an upgrade that has ended: it is dropped, not
// sent late.
var ErrStale = errors.New("notice is no longer true")

// View is what a message is rendered from.
type View struct {
	Delivery Delivery
	// Upgrade is read for insiders only, see [Insider].
	Upgrade *upgrade.Upgrade
	Public  upgrade.Public
	Person  Person
	Links   Links
	Now     time.Time
	// Theme signs the message.
	Theme theme.Theme
}

//go:embed templates
var files embed.FS

// Renderer puts notices into words. Its templates are parsed once, so a
// broken one stops the start and not a message.
type Renderer struct {
	words *template.Template     // what is said, per moment and role
	text  *template.Template     // the plain layout
	html  *htmltemplate.Template // the mail's HTML layout
}

// NewRenderer parses the templates.
func NewRenderer() (*Renderer, error) {
	words, err := template.New("words").Option("missingkey=error").ParseFS(files, "templates/words/*.tmpl")
	if err != nil {
		return nil, fmt.Errorf("parse words: %w", err)
	}
	text, err := template.New("mail.txt.tmpl").Option("missingkey=error").ParseFS(files, "templates/mail.txt.tmpl")
	if err != nil {
		return nil, fmt.Errorf("parse text layout: %w", err)
	}
	html, err := htmltemplate.New("mail.html.tmpl").Option("missingkey=error").ParseFS(files, "templates/mail.html.tmpl")
	if err != nil {
		return nil, fmt.Errorf("parse HTML layout: %w", err)
	}
	return &Renderer{words: words, text: text, html: html}, nil
}

// Render puts the notice of v into words for its recipient. What insiders
// alone may know reaches no other role: their words are made from the Public.
func (r *Renderer) Render(v View) (Message, error) {
	n := v.Delivery.Notice
	if stale(v) {
		return Message{}, fmt.Errorf("%s of %s: %w", n.Moment, v.Delivery.Upgrade, ErrStale)
	}
	m := Message{
		Delivery: v.Delivery, To: v.Person, Links: v.Links, Upgrade: v.Public, Date: n.NotBefore,
	}
	s := newSheet(v)
	name, err := r.wording(n)
	if err != nil {
		return Message{}, err
	}
	var b strings.Builder
	if err := r.words.ExecuteTemplate(&b, name, s); err != nil {
		return Message{}, fmt.Errorf("render %s for %s: %w", n.Moment, n.Role, err)
	}
	l := readLetter(b.String(), s)
	m.Subject = subject(v, l)
	if v.Delivery.Channel == slackChannel {
		fillSlack(&m, l, s)
		return m, nil
	}
	return m, r.fillMail(&m, l, v)
}

// subject stays the same for all mails about an upgrade, so that readers show
// them as one thread.
func subject(v View, l letter) string {
	if v.Delivery.Upgrade == "" {
		return line(v.Theme.Name + ": " + l.Headline)
	}
	return line(fmt.Sprintf("[%s] %s", v.Public.System, title(v.Public)))
}

// wording is the name of the template: the moment's own for the role, else
// for insiders, else for everybody. The root message has one for all moments.
func (r *Renderer) wording(n events.Notice) (string, error) {
	names := []string{string(n.Moment) + "." + n.Role, string(n.Moment)}
	switch {
	case n.Form == events.FormRoot:
		names = []string{"root"}
	case Insider(n.Role):
		names = slices.Insert(names, 1, string(n.Moment)+".inside")
	}
	for _, name := range names {
		if r.words.Lookup(name) != nil {
			return name, nil
		}
	}
	return "", fmt.Errorf("no words for %s", n.Moment)
}

// mail is what the layouts of a mail show.
type mail struct {
	letter
	Footer   footer
	Subject  string
	Links    Links
	Ratings  []rating
	Calendar bool
}

// rating is one of the five plain links; none is preselected.
type rating struct {
	Value int
	Word  string
	URL   string
}

var ratingWords = []string{"very badly", "badly", "so-so", "well", "very well"}

func ratings(feedback string) []rating {
	if feedback == "" {
		return nil
	}
	var out []rating
	for i, word := range ratingWords {
		out = append(out, rating{Value: i + 1, Word: word, URL: fmt.Sprintf("%s?r=%d", feedback, i+1)})
	}
	return out
}

func (r *Renderer) fillMail(m *Message, l letter, v View) error {
	m.Headline = l.Headline
	if withCalendar(v.Delivery.Notice.Moment) {
		m.Calendar = calendar.Event(v.Public, v.Links.Page, v.Theme, v.Now)
		m.CalendarMethod = calendar.Method(v.Public)
	}
	data := mail{
		letter: l, Footer: newFooter(v.Theme), Subject: m.Subject, Links: v.Links,
		Ratings: ratings(v.Links.Feedback), Calendar: m.Calendar != nil,
	}
	var text, html bytes.Buffer
	if err := r.text.Execute(&text, data); err != nil {
		return fmt.Errorf("render text: %w", err)
	}
	if err := r.html.Execute(&html, data); err != nil {
		return fmt.Errorf("render HTML: %w", err)
	}
	m.Text, m.HTML = strings.TrimSpace(text.String())+"\n", html.String()
	return nil
}

func withCalendar(m events.Moment) bool {
	switch m {
	case events.MomentAnnounced, events.MomentMoved, events.MomentCanceled:
		return true
	}
	return false
}
