package statuspage

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"upgradehub/events/calendar"
	"upgradehub/events/lang"
	"upgradehub/events/upgrade"
)

// pageOrCalendar serves /upgrades/{id} and /upgrades/{id}.ics: a pattern of
// the mux cannot tell them apart.
func (p *Pages) pageOrCalendar(w http.ResponseWriter, r *http.Request) error {
	id, isCalendar := strings.CutSuffix(r.PathValue("id"), ".ics")
	if !isCalendar {
		return p.page(w, r)
	}
	u, err := p.cfg.Board.Upgrade(r.Context(), id)
	if err != nil {
		return fmt.Errorf("upgrade %q: %w", id, err)
	}
	w.Header().Set("Content-Disposition", `attachment; filename="`+u.ID+`.ics"`)
	return p.serveCalendar(w, r, func(in calendar.Words) []byte { return in.Event(u, p.url(u), p.cfg.Theme, p.cfg.Clock()) })
}

func (p *Pages) calendar(w http.ResponseWriter, r *http.Request) error {
	all, err := p.cfg.Board.Upgrades(r.Context())
	if err != nil {
		return fmt.Errorf("list upgrades: %w", err)
	}
	return p.serveCalendar(w, r, func(in calendar.Words) []byte { return in.Feed(all, p.cfg.PublicURL, p.cfg.Theme, p.cfg.Clock()) })
}

// serveCalendar answers in the reader's language: unlike feeds, calendars
// are fetched by the reader's own device, which says what its owner speaks.
func (p *Pages) serveCalendar(w http.ResponseWriter, r *http.Request, write func(calendar.Words) []byte) error {
	code := Language(r)
	inLanguage(w, code)
	return fresh(w, r, write(calendar.In(code)), "text/calendar; charset=utf-8")
}

// inFeed is the address of a feed or a calendar that speaks the scribe's
// language wherever it is taken.
func (s *scribe) inFeed(path string) string {
	if s.Code == lang.English {
		return path
	}
	return path + "?lang=" + s.Code
}

// fresh serves what is made for this request and may be kept a minute.
func fresh(w http.ResponseWriter, r *http.Request, raw []byte, kind string) error {
	w.Header().Set("Cache-Control", "public, max-age=60")
	newBody(raw, kind).serve(w, r)
	return nil
}

func (p *Pages) url(u upgrade.Public) string { return p.cfg.PublicURL + "/upgrades/" + u.ID }

// atomFeed is RFC 4287, as far as it is needed.
type atomFeed struct {
	XMLName  xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Lang     string      `xml:"http://www.w3.org/XML/1998/namespace lang,attr"`
	ID       string      `xml:"id"`
	Title    string      `xml:"title"`
	Subtitle string      `xml:"subtitle,omitempty"`
	Updated  string      `xml:"updated"`
	Author   atomPerson  `xml:"author"`
	Icon     string      `xml:"icon"`
	Links    []atomLink  `xml:"link"`
	Entries  []atomEntry `xml:"entry"`
}

// atomPerson is whose feed it is, and how to reach them.
type atomPerson struct {
	Name  string `xml:"name"`
	URI   string `xml:"uri,omitempty"`
	Email string `xml:"email,omitempty"`
}

type atomLink struct {
	Rel   string `xml:"rel,attr"`
	Type  string `xml:"type,attr,omitempty"`
	Title string `xml:"title,attr,omitempty"`
	Href  string `xml:"href,attr"`
}

type atomEntry struct {
	ID        string   `xml:"id"`
	Title     string   `xml:"title"`
	Published string   `xml:"published"`
	Updated   string   `xml:"updated"`
	Link      atomLink `xml:"link"`
	Content   atomText `xml:"content"`

	at time.Time
}

type atomText struct {
	Type string `xml:"type,attr"`
	Body string `xml:",chardata"`
}

// maxEntries is how far back a feed reaches.
const maxEntries = 50

func (p *Pages) feed(w http.ResponseWriter, r *http.Request) error {
	all, err := p.cfg.Board.Upgrades(r.Context())
	if err != nil {
		return fmt.Errorf("list upgrades: %w", err)
	}
	return p.serveFeed(w, r, atomFeed{ID: p.cfg.PublicURL + "/", Title: p.cfg.Theme.Title()}, all)
}

func (p *Pages) upgradeFeed(w http.ResponseWriter, r *http.Request) error {
	u, err := p.cfg.Board.Upgrade(r.Context(), r.PathValue("id"))
	if err != nil {
		return fmt.Errorf("upgrade %q: %w", r.PathValue("id"), err)
	}
	return p.serveFeed(w, r, atomFeed{ID: p.url(u), Title: u.Title}, []upgrade.Public{u})
}

// serveFeed fills and sends a feed about those upgrades, newest entry first.
func (p *Pages) serveFeed(w http.ResponseWriter, r *http.Request, f atomFeed, about []upgrade.Public) error {
	s := p.in(feedLanguage(r))
	f.Lang = s.Code
	for _, u := range about {
		f.Entries = append(f.Entries, s.entries(u)...)
	}
	slices.SortStableFunc(f.Entries, func(a, b atomEntry) int { return b.at.Compare(a.at) })
	f.Entries = f.Entries[:min(maxEntries, len(f.Entries))]
	updated := time.Unix(0, 0)
	if len(f.Entries) > 0 {
		updated = f.Entries[0].at
	}
	f.Updated = stamp(updated)
	f.Links = []atomLink{
		{Rel: "self", Type: "application/atom+xml", Href: p.cfg.PublicURL + r.URL.RequestURI()},
		{Rel: "alternate", Type: "text/html", Href: f.ID},
	}
	if err := p.signFeed(&f); err != nil {
		return err
	}
	var b bytes.Buffer
	b.WriteString(xml.Header)
	if err := xml.NewEncoder(&b).Encode(f); err != nil {
		return fmt.Errorf("encode feed: %w", err)
	}
	return fresh(w, r, b.Bytes(), "application/atom+xml; charset=utf-8")
}

// feedLanguage is asked for by ?lang= alone: who reads a feed is a program, and
// what it is told must not change with its headers.
func feedLanguage(r *http.Request) string { return lang.Match(r.URL.Query().Get("lang"), "") }

// signFeed says whose feed it is, as the foot of a page does.
func (p *Pages) signFeed(f *atomFeed) error {
	t := p.cfg.Theme
	icon, err := p.assets.path(p.icon())
	if err != nil {
		return err
	}
	f.Icon, f.Subtitle, f.Author = p.cfg.PublicURL+icon, strings.TrimSpace(t.Words()), atomPerson{Name: t.Title(), URI: p.cfg.PublicURL + "/"}
	if len(t.Support) > 0 {
		f.Author.Email = t.Support[0].Email
	}
	for _, l := range t.Legal {
		f.Links = append(f.Links, atomLink{Rel: "related", Type: "text/html", Title: l.Name, Href: l.URL})
	}
	return nil
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// entries are the announcement, the start, the end and every human word of
// an upgrade.
func (s *scribe) entries(u upgrade.Public) []atomEntry {
	list := []atomEntry{s.entry(u, "announced", s.Say("feed.announced"), u.Announced, s.whenWords(u))}
	if n := len(u.Moves); n > 0 {
		m := u.Moves[n-1]
		list = append(list, s.entry(u, fmt.Sprintf("moved-%d", n), s.Say("feed.moved"), m.At, s.whenWords(u)))
	}
	if u.Started != nil {
		list = append(list, s.entry(u, "started", s.Say("feed.started"), *u.Started, s.whenWords(u)))
	}
	for _, w := range u.Updates {
		if w.Retracted {
			continue
		}
		e := s.entry(u, updateID(w.ID), s.Say("feed.update"), w.At, string(s.texts.html(w.Text)))
		if w.Corrected != nil {
			e.at, e.Updated = *w.Corrected, stamp(*w.Corrected)
		}
		list = append(list, e)
	}
	if u.Finished != nil && u.State.Ended() {
		words := "<p>" + xmlText(s.canIWork(u)) + "</p>"
		if u.Reason != "" {
			words += "<p>" + xmlText(u.Reason) + "</p>"
		}
		list = append(list, s.entry(u, "end-"+string(u.State), strings.ToLower(s.signOf(u).Word), *u.Finished, words))
	}
	return list
}

func (s *scribe) entry(u upgrade.Public, anchor, what string, at time.Time, html string) atomEntry {
	title := s.Say("feed.entry", "title", u.Title, "what", what)
	if u.Drill {
		title = s.Say("feed.drill", "title", title)
	}
	return atomEntry{
		ID: s.url(u) + "#" + anchor, Title: title, Published: stamp(at), Updated: stamp(at), at: at,
		Link: atomLink{Rel: "alternate", Type: "text/html", Href: s.url(u) + "#" + anchor}, Content: atomText{"html", html},
	}
}

// whenWords is the announced window as a paragraph.
func (s *scribe) whenWords(u upgrade.Public) string {
	return "<p>" + xmlText(s.Say("feed.window", "window", s.inZone(u))) + "</p>"
}

// xmlText escapes text for the HTML of an entry; the encoder escapes that
// once more for XML.
func xmlText(s string) string {
	var b bytes.Buffer
	if err := xml.EscapeText(&b, []byte(s)); err != nil {
		return ""
	}
	return b.String()
}
