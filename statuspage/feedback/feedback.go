// Package feedback takes answers: the forms behind personal links, the open
// form on an upgrade's page, the one to say that something is broken while work
// is under way, with its receipt, the form by which testers sign off, and the
// forms to subscribe, to confirm, to change and to end a subscription.
//
// Its promises: GET and HEAD never record anything, because mail scanners
// follow every link; an answer can be changed until the survey closes, and
// who comes later is told so; an unknown link and one that is forgotten get the
// same words, and so do an address
// that is subscribed and one that is not; every form works without script.
// What an answer means is the [Desk]'s business, what a report is that of the
// [Reports], what a tester's word is that of the [SignOffs], and what a subscription is that of the [Subscriptions].
package feedback

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"strings"
	"time"

	"upgradehub/events/lang"
	"upgradehub/events/survey"
	"upgradehub/events/upgrade"
	"upgradehub/statuspage/limits"
)

// ErrNotFound is what a Desk wraps for an unknown or expired token, an
// unknown upgrade and a closed survey.
var ErrNotFound = errors.New("no such invitation")

// ErrSpent is what a Desk wraps when the link has answered an anonymous
// survey: nobody can find that answer to change it.
var ErrSpent = errors.New("answered already")

// Answer is what a person said. Token is set for a personal link, Browser for
// the open form; of an anonymous survey neither is kept.
type Answer struct {
	// Upgrade is the id of the upgrade.
	Upgrade string
	// Token is the personal link's.
	Token string
	// Browser is the random id of one who used the open form; a second
	// answer with the same id replaces the first.
	Browser string
	// Rating is 1 to 5.
	Rating int
	// Disruption is none, little, lot, blocked, or empty for no answer.
	Disruption string
	// Minutes is how much work was lost, 0 if that is not said.
	Minutes int
	// Communication is late, little, right, much, or empty for no answer.
	Communication string
	// Effort is 1 (hard) to 7, 0 for no answer.
	Effort int
	// Text is at most 4000 runes.
	Text string
	// Role is that of the audience asked, where Token does not tell it, and
	// Channel where it is answered: page, unless it says otherwise.
	Role, Channel string
}

// Invitation is what a personal link of a survey opens.
type Invitation struct {
	Upgrade  upgrade.Public
	Previous *Answer // the answer so far; nil if there is none
	Reply    string  // what the team said to it; empty if nothing
	Open     bool    // answers are taken
	// Role is that of the audience asked, and Turn a number that is the
	// link's: they decide what is asked. Both are zero in the open form.
	Role string
	Turn int
	// Spent: the survey is anonymous, and was answered from here.
	Spent bool
	// Personal: it was opened by a link of one person. The forms set it.
	Personal bool
}

// Desk is who takes the answers.
type Desk interface {
	// Invitation is what the token opens; it wraps [ErrNotFound] if nothing.
	Invitation(ctx context.Context, token string) (Invitation, error)
	// OpenSurvey is the same for the open form of an upgrade and the
	// browser, whose id is empty if it is not known.
	OpenSurvey(ctx context.Context, upgradeID, browser string) (Invitation, error)
	// Submit records an answer, or changes the one there is; it wraps
	// [ErrSpent] if that cannot be changed.
	Submit(ctx context.Context, a Answer) error
}

// Site draws pages that look like the others.
type Site interface {
	// Frame answers with a page around the body.
	Frame(w http.ResponseWriter, r *http.Request, status int, title string, body template.HTML) error
	// Fail answers with the error page.
	Fail(w http.ResponseWriter, r *http.Request, err error)
}

// Mux is where routes are added.
type Mux interface {
	// HandleFunc adds the handler of a pattern of net/http.
	HandleFunc(pattern string, h func(http.ResponseWriter, *http.Request))
}

// Config is what the forms need.
type Config struct {
	Desk    Desk
	Reports Reports
	// SignOffs takes the words of testers.
	SignOffs SignOffs
	// Subscriptions keeps who is told what, Board says what of.
	Subscriptions Subscriptions
	Board         Board
	// Webhooks: programs may subscribe too.
	Webhooks bool
	Site     Site
	// Key signs form stamps and browser ids: the hub's link secret, or a key
	// made of it.
	Key []byte
	// Secure marks cookies for https only.
	Secure bool
	// Now is the machine's time; default time.Now.
	Now func() time.Time
	// ClientIP tells readers apart for the limits; default the host of
	// RemoteAddr.
	ClientIP func(*http.Request) string
	// Language is the reader's, one of [lang.Supported]; default what the
	// browser prefers.
	Language func(*http.Request) string
	// Words are those of the forms; default the package's own.
	Words *lang.Catalog
	// Questions are the words of what is asked; default [survey.Questions].
	Questions *lang.Catalog
}

// Forms serves the forms. Make them with [New].
type Forms struct {
	cfg     Config
	log     *slog.Logger
	scribes map[string]scribe // by language
	looks   *limits.Limits    // at forms and for personal links, by address
	posts   *limits.Limits    // of the open form, by address
	surveys *limits.Limits    // of the open form, by upgrade
	wishes  *limits.Limits    // to subscribe, by address of the reader
	domains *limits.Limits    // to subscribe, by domain of the mail address
}

// New makes the forms.
func New(cfg Config, log *slog.Logger) (*Forms, error) {
	if cfg.Desk == nil || cfg.Reports == nil || cfg.SignOffs == nil || cfg.Subscriptions == nil || cfg.Board == nil || cfg.Site == nil || len(cfg.Key) < 16 {
		return nil, errors.New("feedback: desk, reports, sign-offs, subscriptions, board, site and a key of 16 bytes or more are required")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.ClientIP == nil {
		cfg.ClientIP = remoteHost
	}
	if cfg.Language == nil {
		cfg.Language = byBrowser
	}
	if cfg.Words == nil {
		cfg.Words = catalog
	}
	if cfg.Questions == nil {
		cfg.Questions = survey.Questions()
	}
	scribes, err := newScribes(cfg.Words, cfg.Questions)
	if err != nil {
		return nil, err
	}
	return &Forms{
		cfg: cfg, log: log, scribes: scribes,
		looks: limits.New(5, 60), posts: limits.New(0.1, 10), surveys: limits.New(20, 200),
		wishes: limits.New(5.0/3600, 5), domains: limits.New(500.0/3600, 100),
	}, nil
}

// Routes adds the routes of the forms.
func (f *Forms) Routes(mux Mux) {
	for pattern, h := range map[string]func(http.ResponseWriter, *http.Request) error{
		"GET /f/{token}":               f.showPersonal,
		"POST /f/{token}":              f.takePersonal,
		"GET /upgrades/{id}/feedback":  f.showOpen,
		"POST /upgrades/{id}/feedback": f.takeOpen,
		"GET /upgrades/{id}/trouble":   f.showTrouble,
		"POST /upgrades/{id}/trouble":  f.takeTrouble,
		"GET /g/{token}":               f.showSignOff,
		"POST /g/{token}":              f.takeSignOff,
		"GET /subscribe":               f.showSubscribe,
		"POST /subscribe":              f.takeSubscribe,
		"GET /subscribe/{token}":       f.showConfirm,
		"POST /subscribe/{token}":      f.takeConfirm,
		"GET /s/{token}":               f.showSubscription,
		"POST /s/{token}":              f.takeSubscription,
	} {
		mux.HandleFunc(pattern, f.handle(h))
	}
}

// maxBody is the most a form may send: 4000 runes, percent-encoded.
const maxBody = 64 << 10

// handle sets what all these pages have in common and makes one place of
// what is done about errors.
func (f *Forms) handle(h func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Referrer-Policy", "no-referrer")
		if r.PathValue("token") != "" { // the open form is everybody's, a personal link is not
			w.Header().Set("X-Robots-Tag", "noindex")
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		if !f.mayLook(r) {
			f.answer(w, r, errTooMany)
			return
		}
		err := h(w, r)
		if errors.Is(err, ErrNotFound) && r.PathValue("token") != "" {
			f.looks.Allow(f.cfg.ClientIP(r), f.cfg.Now())
		}
		if err != nil {
			f.answer(w, r, err)
		}
	}
}

// mayLook limits what one address may ask for. At personal links only those
// that lead nowhere are counted: the servers of a mail provider end many
// subscriptions from one address.
func (f *Forms) mayLook(r *http.Request) bool {
	if r.PathValue("token") != "" {
		return !f.looks.Spent(f.cfg.ClientIP(r), f.cfg.Now())
	}
	return f.looks.Allow(f.cfg.ClientIP(r), f.cfg.Now())
}

var (
	errTooMany = errors.New("too many requests")
	errTooBig  = errors.New("form too big")
	errEarly   = errors.New("the upgrade has not ended")
	errQuiet   = errors.New("no work is under way")
)

// answer turns an error into a page that says nothing of our insides.
func (f *Forms) answer(w http.ResponseWriter, r *http.Request, err error) {
	what, status := "link", http.StatusNotFound
	switch {
	case errors.Is(err, errTooMany):
		w.Header().Set("Retry-After", "60")
		what, status = "many", http.StatusTooManyRequests
	case errors.Is(err, errTooBig):
		what, status = "big", http.StatusRequestEntityTooLarge
	case errors.Is(err, errEarly):
		what = "early"
	case errors.Is(err, errQuiet):
		what = "quiet"
	case errors.Is(err, ErrSpent):
		what, status = "spent", http.StatusConflict
	case !errors.Is(err, ErrNotFound):
		f.cfg.Site.Fail(w, r, err)
		return
	}
	if err := f.notice(w, r, status, what); err != nil {
		f.cfg.Site.Fail(w, r, err)
	}
}

// notice answers with a page that only says something: the messages what.title
// and what.words.
func (f *Forms) notice(w http.ResponseWriter, r *http.Request, status int, what string) error {
	words := f.in(r)
	n := noticeView{words.Say(what + ".title"), words.Say(what + ".words")}
	return f.show(w, r, status, n.Title, "notice", n)
}

type noticeView struct{ Title, Words string }

func (f *Forms) show(w http.ResponseWriter, r *http.Request, status int, title, tmpl string, data any) error {
	var b strings.Builder
	if err := f.in(r).templates.ExecuteTemplate(&b, tmpl, data); err != nil {
		return fmt.Errorf("render %s: %w", tmpl, err)
	}
	return f.cfg.Site.Frame(w, r, status, title, template.HTML(b.String())) //nolint:gosec // made by html/template
}

// tokenForm is the form of every token of package link.
var tokenForm = regexp.MustCompile(`^[A-Za-z0-9_-]{22}$`)

// token is the token of the path; what cannot be one is not asked for.
func token(r *http.Request) (string, error) {
	t := r.PathValue("token")
	if !tokenForm.MatchString(t) {
		return "", ErrNotFound
	}
	return t, nil
}

// parse reads the form, urlencoded or multipart: mail providers send either.
func parse(r *http.Request) error {
	err := r.ParseForm() // by itself: ParseMultipartForm forgets its error
	if err == nil {
		err = r.ParseMultipartForm(maxBody)
	}
	if _, big := errors.AsType[*http.MaxBytesError](err); big {
		return errTooBig
	}
	if err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return fmt.Errorf("%w: read form: %w", ErrNotFound, err)
	}
	return nil
}

func remoteHost(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
