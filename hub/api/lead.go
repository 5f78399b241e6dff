package api

import (
	"bytes"
	"net/http"
	"strings"

	"upgradehub/hub/windows"
	"upgradehub/statuspage"
)

// Wrong passwords that one address may send at once, and then in a second.
const (
	wrongAtOnce = 10
	wrongLater  = 0.1
)

// lead asks for the operator's token before a page. A browser cannot send it as
// a bearer's, so it is the password of Basic authentication (RFC 7617) under
// any name. Nobody keeps or lists what is on such a page.
func (a *API) lead(h func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	shown := a.handle(h)
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Robots-Tag", "noindex")
		_, password, sent := r.BasicAuth()
		who, now := statuspage.ClientIP(r), a.cfg.Clock.Now()
		switch {
		case a.wrong.Spent(who, now):
			w.Header().Set("Retry-After", "60")
			http.Error(w, "too many wrong passwords; try again in a minute", http.StatusTooManyRequests)
		case a.isOperator(r) || sent && a.isToken(password):
			shown(w, r)
		default:
			if r.Header.Get("Authorization") != "" {
				a.wrong.Allow(who, now)
			}
			w.Header().Set("WWW-Authenticate", `Basic realm="Upgrade Hub, for those who run upgrades", charset="UTF-8"`)
			http.Error(w, "this page is for those who run upgrades: the password is the operator's token, the name does not matter", http.StatusUnauthorized)
		}
	}
}

// sheetPath is where the style sheet of the page of windows is: its policy
// allows none within.
const sheetPath = "/static/windows.css"

// sheet serves a style sheet.
func sheet(style string) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		w.Header().Set("Cache-Control", "public, max-age=3600")
		_, _ = w.Write([]byte(style)) // the reader may be gone
		return nil
	}
}

// showWindows is the page of when an upgrade would disturb the fewest people.
// Where there is no answer, the page says why.
func (a *API) showWindows(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	at := windows.Served{Sheet: sheetPath, Back: "/upgrades/" + id}
	status, page := http.StatusOK, bytes.Buffer{}
	found, err := a.windowsOf(r, id)
	if err == nil {
		err = found.Serve(&page, at)
	} else if p := asProblem(err); p.Status < http.StatusInternalServerError {
		if status = p.Status; status == http.StatusNotFound {
			at.Back = ""
		}
		err = windows.Nothing(&page, id, strings.Join(append([]string{p.Detail}, p.Faults...), "; ")+".", at)
	}
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(page.Bytes()) // the reader may be gone
	return nil
}

func (a *API) windowsOf(r *http.Request, id string) (windows.Windows, error) {
	ask, err := asked(r)
	if err != nil {
		return windows.Windows{}, err
	}
	ask.Upgrade = id
	return a.windows(r.Context(), ask)
}
