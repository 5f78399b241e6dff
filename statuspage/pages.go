package statuspage

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"upgradehub/events/forecast"
	"upgradehub/events/lang"
	"upgradehub/events/lesson"
	"upgradehub/events/theme"
	"upgradehub/statuspage/live"
)

// Config is what the pages need and what may be tuned. Only Board is
// required.
type Config struct {
	Board     Board
	PublicURL string           // base of every link in feeds and calendars
	Theme     theme.Theme      // stands on every page and feed
	Clock     func() time.Time // the hub's time; default the machine's
	// Forecasts says how good the forecasts of upgrades and of phases were
	// that were shown; nil says nothing of it.
	Forecasts func(context.Context) (upgrades, phases forecast.Score, err error)
	// Learnt says what an upgrade does otherwise because of earlier ones of its
	// system, and what it taught itself; nil shows neither.
	Learnt func(ctx context.Context, upgrade string) (since, taught []lesson.Change, err error)
	// Insights says what people answered after upgrades; nil has no page for
	// it.
	Insights Insights
	// Played says that Clock is not the reader's time, as in a
	// demonstration: pages then have no countdowns.
	Played bool
	// Live tunes the sockets; Build, Origin, Languages and Log are filled in.
	Live live.Config
	// Words are those of the pages; default all the languages. Tests put a
	// language in that shows what was never translated.
	Words *lang.Catalog
}

// Pages are the public pages. Make them with [New].
type Pages struct {
	cfg     Config
	log     *slog.Logger
	assets  *assets
	scribes map[string]*scribe // by language
	live    *live.Hub
	texts   texts

	mu   sync.Mutex
	made map[pageKey]made
}

// pageKey names a page in a language.
type pageKey struct{ path, lang string }

// made is a page's bytes and the state they were made of.
type made struct {
	state *live.State
	body  *body
}

// New makes the pages; an error means that a template or a file is broken.
func New(cfg Config, log *slog.Logger) (*Pages, error) {
	if cfg.Board == nil {
		return nil, errors.New("status page: no board")
	}
	cfg.PublicURL = strings.TrimRight(cfg.PublicURL, "/")
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	a, err := loadAssets(cfg.Theme)
	if err != nil {
		return nil, err
	}
	p := &Pages{cfg: cfg, log: log, assets: a, scribes: map[string]*scribe{}, made: map[pageKey]made{}}
	for _, code := range lang.Supported {
		if p.scribes[code], err = p.newScribe(code, cmp.Or(cfg.Words, catalog)); err != nil {
			return nil, err
		}
	}
	cfg.Live.Languages = lang.Supported
	cfg.Live.Build, cfg.Live.Log = a.build, log
	cfg.Live.Origin = cmp.Or(cfg.Live.Origin, cfg.PublicURL)
	p.live = live.New(p, cfg.Live)
	return p, nil
}

// Live is the hub of the open pages: the ingest calls its Show after each
// commit, and its Run must run.
func (p *Pages) Live() *live.Hub { return p.live }

// Mux is where routes are added: an [http.ServeMux], or what counts routes
// around one.
type Mux interface {
	// HandleFunc adds the handler of a pattern of net/http.
	HandleFunc(pattern string, h func(http.ResponseWriter, *http.Request))
	// Handler finds the handler and the pattern of a request.
	Handler(r *http.Request) (http.Handler, string)
}

// Routes adds every route of the pages. The mux must be served through
// [Secure].
func (p *Pages) Routes(mux Mux) {
	for pattern, h := range map[string]func(http.ResponseWriter, *http.Request) error{
		"GET /{$}":                     p.page,
		"GET /history":                 p.page,
		"GET /embed":                   p.embed,
		"GET /upgrades/{id}":           p.pageOrCalendar,
		"GET /upgrades/{id}/insights":  p.page,
		"GET /upgrades/{id}/feed.atom": p.upgradeFeed,
		"GET /feed.atom":               p.feed,
		"GET /upgrades/{id}/badge.svg": p.upgradeBadge,
		"GET /calendar.ics":            p.calendar,
		"GET /badge.svg":               p.badge,
		"GET /static/":                 p.assets.serve,
		"GET /favicon.ico":             p.favicon,
		"GET /robots.txt":              robots,
		"/":                            func(w http.ResponseWriter, r *http.Request) error { return rest(mux, w, r) },
	} {
		mux.HandleFunc(pattern, p.handle(h))
	}
	mux.HandleFunc("GET /ws", p.live.ServeWS)
	mux.HandleFunc("GET /live", p.live.ServeLive)
}

// rest answers what no route answers: 405 for a path that can only be read,
// else 404. The pattern "/" has no method, because "GET /" would clash with
// every route of other packages that has none.
func rest(mux Mux, w http.ResponseWriter, r *http.Request) error {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return ErrNotFound
	}
	read := r.Clone(r.Context())
	read.Method = http.MethodGet
	if _, pattern := mux.Handler(read); pattern == "/" {
		return ErrNotFound
	}
	w.Header().Set("Allow", "GET, HEAD")
	http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
	return nil
}

// handle makes one place of what is done about errors.
func (p *Pages) handle(h func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			p.Fail(w, r, err)
		}
	}
}

// Fail answers with the error page: 404 for what wraps [ErrNotFound], else
// 500 with an id that is also in the log. Nothing of the error is shown.
func (p *Pages) Fail(w http.ResponseWriter, r *http.Request, err error) {
	s := p.in(Language(r))
	v := errorView{Status: http.StatusNotFound, Heading: s.Say("error.none"), Words: s.Say("error.none_words")}
	if !errors.Is(err, ErrNotFound) {
		v = errorView{Status: http.StatusInternalServerError, Heading: s.Say("error.broken"), Words: s.Say("error.broken_words"), ID: rand.Text()[:8]}
		p.log.ErrorContext(r.Context(), "request not served", "path", r.Pattern, "id", v.ID, "err", err)
	}
	w.Header().Set("Cache-Control", "no-store")
	if err := p.render(w, r, v.Status, v.Heading, part{id: "main", tmpl: "error", data: v}); err != nil {
		p.log.ErrorContext(r.Context(), "error page not rendered", "err", err)
		http.Error(w, "try again later", http.StatusInternalServerError)
	}
}

type errorView struct {
	Status             int
	Heading, Words, ID string
}

// Frame answers with a page that looks like ours and has that body; it is
// for forms and messages of other packages, and never live.
func (p *Pages) Frame(w http.ResponseWriter, r *http.Request, status int, title string, body template.HTML) error {
	return p.render(w, r, status, title, part{id: "main", tmpl: "framed", data: body})
}

// render answers with a page that is not live and not kept.
func (p *Pages) render(w http.ResponseWriter, r *http.Request, status int, title string, main part) error {
	s := p.in(Language(r))
	list, err := main.fragments(s.templates)
	if err != nil {
		return err
	}
	raw, err := s.layout(layoutView{Title: title + " · " + p.cfg.Theme.Title(), Main: assemble(list)})
	if err != nil {
		return err
	}
	keepLanguage(w, r)
	inLanguage(w, s.Code)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(raw) // the reader may be gone
	}
	return nil
}

// layoutView is what is around every page.
type layoutView struct {
	Title, Name, Lang, Dir string
	Languages              []language
	Script                 map[string]string // what the script says
	Theme                  theme.Theme
	Text                   template.HTML // of the theme
	Icon                   string        // an asset
	About                  string        // the page in a sentence, for search engines
	Hidden                 bool          // not for search engines
	Path, URL              string        // of a live page; empty for others
	Log, Build             string
	Seq                    uint64
	Feed, Calendar         string
	Main                   template.HTML
}

// language is one that the reader can choose.
type language struct {
	Code, Name string
	Chosen     bool
}

func languages(chosen string) []language {
	var all []language
	for _, code := range lang.Supported {
		all = append(all, language{code, lang.Name(code), code == chosen})
	}
	return all
}

func (s *scribe) layout(v layoutView) ([]byte, error) {
	v.Name, v.Lang, v.Dir, v.Build = s.cfg.Theme.Title(), s.Code, lang.Dir(s.Code), s.assets.build
	v.Theme, v.Text, v.Icon = s.cfg.Theme, s.texts.html(s.cfg.Theme.Text), s.icon()
	v.Languages, v.Script, v.URL = languages(s.Code), s.scriptWords(), s.cfg.PublicURL+v.Path
	v.Feed, v.Calendar, v.About = s.inFeed(cmp.Or(v.Feed, "/feed.atom")), s.inFeed("/calendar.ics"), cmp.Or(v.About, v.Title)
	var b bytes.Buffer
	if err := s.templates.ExecuteTemplate(&b, layoutOf(v.Path), v); err != nil {
		return nil, fmt.Errorf("render layout: %w", err)
	}
	return b.Bytes(), nil
}

// page is a live page: rendered and compressed once per change.
func (p *Pages) page(w http.ResponseWriter, r *http.Request) error {
	if q := r.URL.Query(); q.Has("refresh") {
		refresh(w, q.Get("refresh"))
	}
	code := Language(r)
	b, err := p.body(r.Context(), r.URL.Path, code)
	if err != nil {
		return err
	}
	keepLanguage(w, r)
	inLanguage(w, code)
	w.Header().Set("Cache-Control", "no-cache")
	b.serve(w, r)
	return nil
}

// refresh makes a browser without script load the page again. A reader asks
// for it by a link, because a page that reloads by itself takes the reading
// place away.
func refresh(w http.ResponseWriter, seconds string) {
	if seconds == "30" || seconds == "60" || seconds == "300" {
		w.Header().Set("Refresh", seconds)
	}
}

// maxMade bounds the pages kept; paths come from strangers.
const maxMade = 512

// body is the page at path in a language, as it is now.
func (p *Pages) body(ctx context.Context, path, code string) (*body, error) {
	state, err := p.live.State(ctx, path, code)
	if err != nil {
		return nil, notFound(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if m, ok := p.made[pageKey{path, code}]; ok && m.state == state {
		return m.body, nil
	}
	s := p.in(code)
	v := layoutView{
		Title: state.Title, Path: path, Log: state.Log, Seq: state.Seq, Main: assemble(state.Fragments), Feed: feedOf(path),
	}
	if v.About, v.Hidden, err = s.about(ctx, path); err != nil {
		return nil, notFound(err)
	}
	raw, err := s.layout(v)
	if err != nil {
		return nil, err
	}
	if len(p.made) >= maxMade {
		clear(p.made)
	}
	b := newBody(raw, "text/html; charset=utf-8")
	p.made[pageKey{path, code}] = made{state, b}
	return b, nil
}

// about is what search engines are told of a page. It says nothing of how
// things stand: they would show that for weeks. Drills are hidden from them.
func (s *scribe) about(ctx context.Context, path string) (words string, hidden bool, err error) {
	id, insights, one := subject(path)
	switch {
	case one:
		about := "about.upgrade"
		if insights {
			about = "about.insights"
		}
		u, err := s.cfg.Board.Upgrade(ctx, id)
		return s.Say(about, "title", u.Title), u.Drill, err
	case path == "/history":
		return s.Say("about.history", "name", s.cfg.Theme.Title()), false, nil
	}
	return s.Say("about.overview"), false, nil
}

// notFound makes the live hub's word for it ours.
func notFound(err error) error {
	if errors.Is(err, live.ErrNotFound) {
		return fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	return err
}

func feedOf(path string) string {
	if id, _, ok := subject(path); ok {
		return "/upgrades/" + id + "/feed.atom"
	}
	return ""
}

func (p *Pages) favicon(w http.ResponseWriter, r *http.Request) error {
	url, err := p.assets.path(p.icon())
	if err != nil {
		return err
	}
	http.Redirect(w, r, url, http.StatusFound)
	return nil
}

// robots keeps machines away from personal links and from the sockets.
func robots(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	_, err := w.Write([]byte("User-agent: *\nDisallow: /f/\nDisallow: /s/\nDisallow: /subscribe/\nDisallow: /ws\nDisallow: /live\n"))
	return err
}
