// Package api is the HTTP API of publishers and operators, the public JSON of
// upgrades, and the operations listener.
//
// Publishing answers only after the log has it on disk: 202, or 200 with what
// became of it for those who wait. Whoever sends something wrong reads every
// fault at once as a problem document (RFC 9457); nobody reads internals.
package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"upgradehub/events"
	"upgradehub/events/bus"
	"upgradehub/events/clock"
	"upgradehub/events/link"
	"upgradehub/hub/insights"
	"upgradehub/hub/people"
	"upgradehub/hub/report"
	"upgradehub/hub/store"
	"upgradehub/hub/windows"
	"upgradehub/notifiers/email"
	"upgradehub/statuspage"
	"upgradehub/statuspage/limits"
)

// Config tunes an API.
type Config struct {
	// Token is the operator's.
	Token string
	// Publishers maps the hex SHA-256 of a token to the upgrades it may
	// publish for; "*" means all.
	Publishers map[string][]string
	Clock      clock.Clock
	Version    string
	// LinkKey hashes addresses, as personal links are.
	LinkKey link.Key
	// Bounces read mails that came back; without an address none are taken.
	Bounces email.Bounces
}

// API answers publishers and operators.
type API struct {
	bus    *bus.Bus
	store  *store.Store
	people *people.People
	cfg    Config
	log    *slog.Logger

	insights *insights.Source
	wrong    *limits.Limits // passwords, by address
}

// New makes an API over the log and this node's store.
func New(b *bus.Bus, s *store.Store, cfg Config, log *slog.Logger) *API {
	known := people.New(b, s, cfg.LinkKey, cfg.Clock)
	return &API{
		bus: b, store: s, people: known, cfg: cfg, log: log,
		insights: insights.New(s, known, cfg.Clock.Now), wrong: limits.New(wrongLater, wrongAtOnce),
	}
}

// Mux is where routes are added.
type Mux interface {
	// HandleFunc adds the handler of a pattern of net/http.
	HandleFunc(pattern string, h func(http.ResponseWriter, *http.Request))
}

// Routes adds the paths of the API to the public listener.
func (a *API) Routes(mux Mux) {
	public, operator := a.handle, a.operators
	mux.HandleFunc("GET /api/v1/upgrades", public(a.listUpgrades))
	mux.HandleFunc("GET /api/v1/upgrades/{id}", public(a.showUpgrade))
	mux.HandleFunc("POST /api/v1/events", public(a.publishEvents))
	mux.HandleFunc("POST /api/v1/upgrades/{id}/{type}", public(a.publishBare))
	mux.HandleFunc("GET /api/v1/upgrades/{id}/timeline", operator(a.timeline))
	mux.HandleFunc("GET /api/v1/upgrades/{id}/deliveries", operator(a.deliveries))
	mux.HandleFunc("GET /api/v1/upgrades/{id}/readiness", a.handle(a.readiness))
	mux.HandleFunc("GET /api/v1/upgrades/{id}/report", operator(a.report))
	mux.HandleFunc("GET /api/v1/upgrades/{id}/feedback", operator(a.feedback))
	mux.HandleFunc("GET /api/v1/upgrades/{id}/plan", operator(a.plan))
	mux.HandleFunc("POST /api/v1/upgrades/{id}/lessons", operator(a.proposeLessons))
	mux.HandleFunc("GET /api/v1/lessons", operator(a.listLessons))
	mux.HandleFunc("POST /api/v1/lessons/{id}", operator(a.decideLesson))
	mux.HandleFunc("GET /api/v1/items", operator(a.listItems))
	mux.HandleFunc("POST /api/v1/items/{id}", operator(a.changeItem))
	mux.HandleFunc("GET /api/v1/deliveries", operator(a.deliveries))
	mux.HandleFunc("GET /api/v1/broken", operator(a.broken))
	mux.HandleFunc("POST /api/v1/deliveries/{id}/retry", operator(a.retry))
	mux.HandleFunc("POST /api/v1/bounces", operator(a.bounce))
	mux.HandleFunc("GET /api/v1/rejected", a.handle(a.rejected))
	mux.HandleFunc("GET /api/v1/anomalies", operator(a.anomalies))
	mux.HandleFunc("POST /api/v1/history", operator(a.importHistory))
	mux.HandleFunc("GET /api/v1/history", operator(a.history))
	mux.HandleFunc("POST /api/v1/clashes", operator(a.clashes))
	mux.HandleFunc("GET /api/v1/windows", operator(a.findWindows))
	mux.HandleFunc("POST /api/v1/windows", operator(a.askWindows))
	mux.HandleFunc("GET /api/v1/forecasts", public(a.forecasts))
	mux.HandleFunc("POST /api/v1/people/export", operator(a.exportPerson))
	mux.HandleFunc("POST /api/v1/people/erase", operator(a.erasePerson))
	mux.HandleFunc("POST /api/v1/words/{id}/erase", operator(a.eraseWords))
	mux.HandleFunc("POST /api/v1/hold", operator(a.hold))
	mux.HandleFunc("POST /api/v1/release", operator(a.release))
	mux.HandleFunc("GET /upgrades/{id}/windows", a.lead(a.showWindows))
	mux.HandleFunc("GET "+sheetPath, public(sheet(windows.Style())))
	mux.HandleFunc("GET /upgrades/{id}/report", a.lead(a.showReport))
	mux.HandleFunc("GET "+reportSheet, public(sheet(report.Style())))
	mux.HandleFunc("GET /schemas/{$}", public(a.schemas))
	mux.HandleFunc("GET /schemas/{type}", public(a.schema))
	mux.HandleFunc("/api/v1/", public(a.unknownPath))
}

// problem is an error with its answer (RFC 9457).
type problem struct {
	Type   string   `json:"type"`
	Title  string   `json:"title"`
	Status int      `json:"status"`
	Detail string   `json:"detail,omitempty"`
	Faults []string `json:"faults,omitempty"`
}

func (p *problem) Error() string { return p.Title + ": " + p.Detail }

func refuse(status int, detail string, faults ...string) error {
	return &problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail, Faults: faults}
}

// handle turns the error of a handler into a problem document; what is not a
// problem is logged and told as an internal error without detail.
func (a *API) handle(h func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		err := h(w, r)
		if err == nil {
			return
		}
		p := asProblem(err)
		if p.Status == http.StatusInternalServerError {
			a.log.ErrorContext(r.Context(), "request", "path", r.URL.Path, "err", err)
		}
		if p.Status == http.StatusServiceUnavailable {
			w.Header().Set("Retry-After", "5")
		}
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(p.Status)
		_ = json.NewEncoder(w).Encode(p)
	}
}

// asProblem is the problem that an error is, or what is told of it.
func asProblem(err error) *problem {
	p, known := errors.AsType[*problem](err)
	switch faults, bad := errors.AsType[*events.FaultsError](err); {
	case known:
	case bad:
		p, _ = errors.AsType[*problem](refuse(http.StatusBadRequest, "the event has faults; correct them all and send it again", faults.Faults...))
	case errors.Is(err, statuspage.ErrNotFound):
		p, _ = errors.AsType[*problem](refuse(http.StatusNotFound, "nothing is known under this name"))
	case errors.Is(err, bus.ErrUnavailable):
		p, _ = errors.AsType[*problem](refuse(http.StatusServiceUnavailable, "the event is not stored: the log does not answer; send it again with the same id"))
	default:
		p, _ = errors.AsType[*problem](refuse(http.StatusInternalServerError, ""))
	}
	return p
}

// operators asks for the operator's token before h.
func (a *API) operators(h func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return a.handle(func(w http.ResponseWriter, r *http.Request) error {
		switch {
		case a.isOperator(r):
			return h(w, r)
		case a.grants(r) != nil:
			return refuse(http.StatusForbidden, "this needs the operator's token; yours is a publisher's")
		}
		return unauthorized(w)
	})
}

func unauthorized(w http.ResponseWriter) error {
	w.Header().Set("WWW-Authenticate", `Bearer realm="upgradehub"`)
	return refuse(http.StatusUnauthorized, "send the operator's or a publisher's token as Authorization: Bearer")
}

func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

func hashed(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func (a *API) isOperator(r *http.Request) bool { return a.isToken(bearer(r)) }

// isToken reports whether a token is the operator's. It compares hashes, so
// that neither length nor content shows in the time it takes.
func (a *API) isToken(token string) bool {
	given, want := hashed(token), hashed(a.cfg.Token)
	return a.cfg.Token != "" && subtle.ConstantTimeCompare([]byte(given), []byte(want)) == 1
}

// grants are the upgrades the request's token may publish for; "*" is all.
func (a *API) grants(r *http.Request) []string {
	if a.isOperator(r) {
		return []string{"*"}
	}
	given := hashed(bearer(r))
	var grants []string
	for token, upgrades := range a.cfg.Publishers {
		if subtle.ConstantTimeCompare([]byte(given), []byte(strings.ToLower(token))) == 1 {
			grants = upgrades
		}
	}
	return grants
}

// mayPublish refuses what the token is not good for.
func (a *API) mayPublish(w http.ResponseWriter, r *http.Request, upgrade string, t events.Type) error {
	grants := a.grants(r)
	switch {
	case grants == nil:
		return unauthorized(w)
	case !slices.Contains(grants, "*") && !slices.Contains(grants, upgrade):
		return refuse(http.StatusForbidden, "this token may not publish for the upgrade "+upgrade)
	case t == events.UpgradeReopened && !a.isOperator(r):
		return refuse(http.StatusForbidden, "only the operator reopens an upgrade")
	}
	return nil
}

func reply(w http.ResponseWriter, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // a reader that went away is no fault of ours
	return nil
}
