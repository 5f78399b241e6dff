package notifiers

import (
	"bytes"
	"cmp"
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"

	"upgradehub/events"
	"upgradehub/events/calendar"
	"upgradehub/events/lang"
	"upgradehub/events/lesson"
	"upgradehub/events/plan"
	"upgradehub/events/survey"
	"upgradehub/events/theme"
	"upgradehub/events/topic"
	"upgradehub/events/upgrade"
	"upgradehub/notifiers/wording"
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
	// Waiting is how many low answers and reports of the upgrade nobody has
	// looked at in time, for MomentItems.
	Waiting int
	// New is what nobody has looked at yet of all that the reader answers for, by
	// upgrade, for MomentNewItems.
	New []NewItem
	// Reply is what is said to the reader, for MomentReply.
	Reply string
	// Survey is what was answered so far; nil if that is not known.
	Survey *survey.Result
	// Themes are what low answers speak of.
	Themes []topic.Theme
	// Report sums up what is over; nil if nothing does.
	Report Report
	// Theme signs the message.
	Theme theme.Theme
	// Learnt is what is otherwise since last time, the weightiest first; of
	// MomentLearnt, what is changed because of this upgrade.
	Learnt []lesson.Change
	// Lessons are those that were accepted, with their owners, for insiders.
	Lessons []Accepted
	// Lesson is the one that the notice is about, as it can be said in any
	// language; nil if it is about none, or it is not known.
	Lesson *lesson.Proposal
	// Templates names the set that puts it into the operator's words, see
	// [TemplatesOf]; empty is the default set.
	Templates string
}

// Accepted is a lesson that was accepted: what will be done otherwise, and who
// sees to it.
type Accepted struct {
	Lesson lesson.Proposal
	Owner  string
}

// Report sums up an upgrade that is over, in a language of package lang.
type Report interface {
	// Glance is the whole in a few lines.
	Glance(code string) []string
	// HTML writes all of it, one document that prints.
	HTML(w io.Writer, code string) error
}

//go:embed templates locales
var files embed.FS

var catalog = lang.MustLoad(files, "locales")

// Words are those of messages in a language, for channels that add some of
// their own.
func Words(code string) lang.Words { return catalog.In(code) }

// Renderer puts notices into words. Its templates are parsed once, so a
// broken one stops the start and not a message.
type Renderer struct {
	tongues map[string]*tongue
	own     wording.Sets // the operator's words
}

// tongue is one language.
type tongue struct {
	said  lang.Words
	words *template.Template     // what is said, per moment and role
	text  *template.Template     // the plain layout
	html  *htmltemplate.Template // the mail's HTML layout
}

// NewRenderer parses the templates, once for each language. What own says is
// said in place of them; it may be nil.
func NewRenderer(own wording.Sets) (*Renderer, error) {
	r := &Renderer{tongues: map[string]*tongue{}, own: own}
	for _, code := range lang.Supported {
		t, err := newTongue(catalog.In(code))
		if err != nil {
			return nil, fmt.Errorf("words in %s: %w", code, err)
		}
		r.tongues[code] = t
	}
	return r, nil
}

func newTongue(said lang.Words) (*tongue, error) {
	say := template.FuncMap{"say": said.Say, "apart": said.Apart, "verbatim": verbatim}
	words, err := template.New("words").Funcs(say).Option("missingkey=error").ParseFS(files, "templates/words/*.tmpl")
	if err != nil {
		return nil, fmt.Errorf("parse words: %w", err)
	}
	text, err := template.New("mail.txt.tmpl").Funcs(say).Option("missingkey=error").ParseFS(files, "templates/mail.txt.tmpl")
	if err != nil {
		return nil, fmt.Errorf("parse text layout: %w", err)
	}
	html, err := htmltemplate.New("mail.html.tmpl").Funcs(say).Option("missingkey=error").ParseFS(files, "templates/mail.html.tmpl")
	if err != nil {
		return nil, fmt.Errorf("parse HTML layout: %w", err)
	}
	return &tongue{said, words, text, html}, nil
}

// in is the language of a reader.
func (r *Renderer) in(v View) *tongue {
	return cmp.Or(r.tongues[v.Person.Lang], r.tongues[lang.English])
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
	t, l, s, err := r.letter(v)
	if err != nil {
		return Message{}, err
	}
	m.Subject, m.Lang = subject(v, l, t.said), t.said.Code
	if v.Delivery.Channel == slackChannel {
		fillSlack(&m, l, s)
		return m, nil
	}
	return m, t.fillMail(&m, l, v)
}

// letter finds the words: the operator's, else our own.
func (r *Renderer) letter(v View) (*tongue, letter, *sheet, error) {
	if t, l, s, ok := r.ownWords(v); ok {
		return t, l, s, nil
	}
	t, n := r.in(v), v.Delivery.Notice
	s := newSheet(v, t.said)
	name, err := t.wording(n)
	if err != nil {
		return nil, letter{}, nil, err
	}
	var b strings.Builder
	if err := t.words.ExecuteTemplate(&b, name, s); err != nil {
		return nil, letter{}, nil, fmt.Errorf("render %s for %s: %w", n.Moment, n.Role, err)
	}
	return t, readLetter(b.String(), s), s, nil
}

// subject stays the same for all mails about an upgrade, so that readers show
// them as one thread.
func subject(v View, l letter, said lang.Words) string {
	if v.Delivery.Upgrade == "" {
		return line(said.Say("named", "name", v.Theme.Title(), "words", l.Headline))
	}
	return line(said.Apart("["+v.Public.System+"]") + " " + said.Apart(title(v.Public, said)))
}

// wording is the name of the template: the moment's own for the role, else
// for insiders, else for everybody. The root message has one for all moments.
func (t *tongue) wording(n events.Notice) (string, error) {
	names := []string{string(n.Moment) + "." + n.Role, string(n.Moment)}
	switch {
	case n.Form == events.FormRoot:
		names = []string{"root"}
	case Insider(n.Role):
		names = slices.Insert(names, 1, string(n.Moment)+".inside")
	}
	for _, name := range names {
		if t.words.Lookup(name) != nil {
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
	Lang     string
	Dir      string // ltr or rtl
	Accent   theme.Accent
	Branded  bool // the accent is the operator's
	Links    Links
	Ask      string // the question the ratings answer
	Known    string // what is known of who answers
	Ratings  []rating
	Calendar bool
}

// rating is one of the five plain links; none is preselected.
type rating struct {
	Value int
	Word  string
	URL   string
}

// ratingsAsked is how many ratings there are, from 1.
const ratingsAsked = 5

func ratingWord(i int, said lang.Words) string {
	return survey.Questions().In(said.Code).Say("rating." + strconv.Itoa(i))
}

// known says what is known of who answers a survey.
func known(s plan.Survey, said lang.Words) string {
	return survey.Known(survey.Questions().In(said.Code), string(s.How()))
}

func ratings(feedback string, said lang.Words) []rating {
	if feedback == "" {
		return nil
	}
	var out []rating
	for i := 1; i <= ratingsAsked; i++ {
		out = append(out, rating{Value: i, Word: ratingWord(i, said), URL: fmt.Sprintf("%s?r=%d", feedback, i)})
	}
	return out
}

func (t *tongue) fillMail(m *Message, l letter, v View) error {
	m.Headline = l.Headline
	if err := t.attach(m, v); err != nil {
		return err
	}
	if withCalendar(v.Delivery.Notice.Moment) {
		m.Calendar = calendar.In(t.said.Code).Event(v.Public, v.Links.Page, v.Theme, v.Now)
		m.CalendarMethod = calendar.Method(v.Public)
	}
	data := mail{
		letter: l, Footer: newFooter(v.Theme), Subject: m.Subject, Links: v.Links,
		Lang: t.said.Code, Dir: lang.Dir(t.said.Code), Ask: question(v.Public.State, t.said), Known: known(v.Public.Survey, t.said), Ratings: ratings(v.Links.Feedback, t.said),
		Calendar: m.Calendar != nil,
		Accent:   accent(v.Theme), Branded: v.Theme.Accent != (theme.Accent{}),
	}
	var text, html bytes.Buffer
	if err := t.text.Execute(&text, data); err != nil {
		return fmt.Errorf("render text: %w", err)
	}
	if err := t.html.Execute(&html, data); err != nil {
		return fmt.Errorf("render HTML: %w", err)
	}
	m.Text, m.HTML = InDirection(t.said.Code, strings.TrimSpace(text.String())+"\n"), html.String()
	return nil
}

// attach adds the report to a mail for insiders, in the language of its words.
func (t *tongue) attach(m *Message, v View) error {
	if v.Report == nil || !Insider(v.Delivery.Notice.Role) {
		return nil
	}
	var page bytes.Buffer
	if err := v.Report.HTML(&page, t.said.Code); err != nil {
		return fmt.Errorf("render the report on %s: %w", v.Delivery.Upgrade, err)
	}
	m.Report = page.Bytes()
	return nil
}

// accent is the colour of links and of the one button that is meant: the
// operator's, or the mails' own. It is measured on pages, whose surfaces are
// the harder ones.
func accent(t theme.Theme) theme.Accent {
	return cmp.Or(t.Accent, theme.Accent{Light: theme.Colour{R: 0x0b, G: 0x5c, B: 0xad}, Dark: theme.Colour{R: 0x7d, G: 0xb7, B: 0xf5}})
}

func withCalendar(m events.Moment) bool {
	switch m {
	case events.MomentAnnounced, events.MomentMoved, events.MomentCanceled:
		return true
	}
	return false
}
