package feedback

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The open form: anyone may answer. It defends itself without puzzles: by
// limits, a field that people do not see, a least time to fill it in, and a
// signed random id per browser.

const (
	cookieName = "hub_browser"
	cookieAge  = 30 * 24 * time.Hour
	// spentName is the cookie of an anonymous survey: it says that somebody
	// has answered, and is the same for everybody.
	spentName = "hub_answered"
	leastTime = 2 * time.Second
	mostTime  = 24 * time.Hour
)

// upgradeForm is the form of every upgrade's id.
var upgradeForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// survey is the open survey of the path, and the browser that asks.
func (f *Forms) survey(r *http.Request) (Invitation, string, error) {
	id, browser := r.PathValue("id"), f.browser(r)
	if !upgradeForm.MatchString(id) {
		return Invitation{}, "", ErrNotFound
	}
	inv, err := f.cfg.Desk.OpenSurvey(r.Context(), id, browser)
	inv.Spent = inv.anonymous() && f.hasAnswered(r, id)
	switch {
	case err != nil || inv.Open:
	case inv.Upgrade.State.Ended():
		err = errClosed
	default:
		err = errEarly
	}
	return inv, browser, err
}

// showOpen is GET /upgrades/{id}/feedback.
func (f *Forms) showOpen(w http.ResponseWriter, r *http.Request) error {
	inv, _, err := f.survey(r)
	if err != nil {
		return f.refuse(w, r, inv, err)
	}
	return f.showSurvey(w, r, inv, f.stamp(inv.Upgrade.ID))
}

// takeOpen is POST /upgrades/{id}/feedback.
func (f *Forms) takeOpen(w http.ResponseWriter, r *http.Request) error {
	inv, browser, err := f.survey(r)
	if err != nil {
		return f.refuse(w, r, inv, err)
	}
	if inv.Spent {
		return ErrSpent
	}
	if err := f.admit(r, inv.Upgrade.ID); err != nil {
		return err
	}
	a, fault := read(r, inv.asked())
	if fault == "" && !f.inTime(inv.Upgrade.ID, r.PostFormValue("at")) {
		fault = "fault.again"
	}
	if fault != "" {
		return f.again(w, r, inv, a, fault, f.stamp(inv.Upgrade.ID))
	}
	if !robot(r) {
		if err := f.submitOpen(w, r, inv, a, browser); err != nil {
			return err
		}
	}
	http.Redirect(w, r, r.URL.Path+"?thanks=1", http.StatusSeeOther)
	return nil
}

// admit reads what was posted to an open form about an upgrade, unless too much
// is.
func (f *Forms) admit(r *http.Request, upgradeID string) error {
	now := f.cfg.Now()
	if !f.posts.Allow(f.cfg.ClientIP(r), now) || !f.surveys.Allow(upgradeID, now) {
		return errTooMany
	}
	return parse(r)
}

// robot reports whether the field is filled that people do not see.
func robot(r *http.Request) bool { return r.PostFormValue("website") != "" }

// submitOpen hands an answer to the desk, and marks the browser: with an id by
// which the answer can be changed, or where the survey is anonymous with no
// more than that somebody has answered.
func (f *Forms) submitOpen(w http.ResponseWriter, r *http.Request, inv Invitation, a Answer, browser string) error {
	a.Upgrade = inv.Upgrade.ID
	if inv.anonymous() {
		if err := f.cfg.Desk.Submit(r.Context(), a); err != nil {
			return err
		}
		f.setCookie(w, spentName, f.sign("answered", a.Upgrade), r.URL.Path)
		return nil
	}
	if browser == "" {
		browser = f.mark(w)
	}
	a.Browser = browser
	return f.cfg.Desk.Submit(r.Context(), a)
}

// hasAnswered reports whether an anonymous survey was answered in this browser.
func (f *Forms) hasAnswered(r *http.Request, upgradeID string) bool {
	c, err := r.Cookie(spentName)
	return err == nil && f.signed(c.Value, "answered", upgradeID)
}

// stamp is when the form about something was made, signed so that it cannot be
// made up.
func (f *Forms) stamp(about string) string {
	at := strconv.FormatInt(f.cfg.Now().UnixMilli(), 10)
	return at + "." + f.sign("form", about, at)
}

// inTime reports whether the form was made here about this, not faster ago
// than a person types, and not days ago.
func (f *Forms) inTime(about, stamp string) bool {
	at, sig, _ := strings.Cut(stamp, ".")
	if !f.signed(sig, "form", about, at) {
		return false
	}
	ms, err := strconv.ParseInt(at, 10, 64)
	age := f.cfg.Now().Sub(time.UnixMilli(ms))
	return err == nil && age >= leastTime && age <= mostTime
}

// browser is the id in the request's cookie; empty if there is none of ours.
func (f *Forms) browser(r *http.Request) string {
	c, err := r.Cookie(cookieName)
	if err != nil {
		return ""
	}
	id, sig, _ := strings.Cut(c.Value, ".")
	if !f.signed(sig, "browser", id) {
		return ""
	}
	return id
}

// mark gives the browser an id.
func (f *Forms) mark(w http.ResponseWriter) string {
	id := rand.Text()
	f.setCookie(w, cookieName, id+"."+f.sign("browser", id), "/upgrades/")
	return id
}

func (f *Forms) setCookie(w http.ResponseWriter, name, value, path string) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: path, MaxAge: int(cookieAge.Seconds()),
		HttpOnly: true, Secure: f.cfg.Secure, SameSite: http.SameSiteLaxMode,
	})
}

func (f *Forms) sign(parts ...string) string {
	mac := hmac.New(sha256.New, f.cfg.Key)
	mac.Write([]byte(strings.Join(append([]string{"statuspage/feedback"}, parts...), "|")))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
}

func (f *Forms) signed(sig string, parts ...string) bool {
	return hmac.Equal([]byte(sig), []byte(f.sign(parts...)))
}
