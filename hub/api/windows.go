package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"upgradehub/events"
	"upgradehub/events/usage"
	"upgradehub/hub/windows"
)

// wanted is a question for windows.
type wanted struct {
	// Upgrade gives system, zone and need, and whose time is taken.
	Upgrade string `json:"upgrade"`
	System  string `json:"system"`
	Need    string `json:"need"`
	Zone    string `json:"zone"`
	From    string `json:"from"` // default: now
	Weeks   int    `json:"weeks"`
	// Usage and UsageFiles replace what the hub was told by usage.sampled; the
	// files are texts as hub window find reads them: tables, answers of
	// Prometheus, access logs. Values and Distinct say how, as its flags do.
	Usage      []events.Sample `json:"usage"`
	UsageFiles []string        `json:"usage_files"`
	Values     usage.Values    `json:"values"`
	Distinct   bool            `json:"distinct"`

	Blackouts []usage.Blackout `json:"blackouts"`
	ICS       string           `json:"blackout_ics"` // an iCalendar file
}

// asked is the question in a query.
func asked(r *http.Request) (wanted, error) {
	q := r.URL.Query()
	ask := wanted{Upgrade: q.Get("upgrade"), System: q.Get("system"), Need: q.Get("need"), Zone: q.Get("zone"), From: q.Get("from")}
	if weeks := q.Get("weeks"); weeks != "" {
		n, err := strconv.Atoi(weeks)
		if err != nil {
			return ask, refuse(http.StatusBadRequest, "weeks: is no number")
		}
		ask.Weeks = n
	}
	return ask, nil
}

// findWindows answers a question in the query.
func (a *API) findWindows(w http.ResponseWriter, r *http.Request) error {
	ask, err := asked(r)
	if err != nil {
		return err
	}
	return a.answerWindows(w, r, ask)
}

// askWindows answers a question in the body, which may bring usage and
// blackouts of its own.
func (a *API) askWindows(w http.ResponseWriter, r *http.Request) error {
	var ask wanted
	in := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxHistory))
	in.DisallowUnknownFields()
	if err := in.Decode(&ask); err != nil {
		return refuse(http.StatusBadRequest, "the body is no question for windows: "+err.Error())
	}
	return a.answerWindows(w, r, ask)
}

func (a *API) answerWindows(w http.ResponseWriter, r *http.Request, ask wanted) error {
	found, err := a.windows(r.Context(), ask)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, found)
}

// windows finds the slots of a question.
func (a *API) windows(ctx context.Context, ask wanted) (windows.Windows, error) {
	subject, err := a.subject(ctx, ask)
	if err != nil {
		return windows.Windows{}, err
	}
	query, zone, err := subject.query(ask, a.cfg.Clock.Now())
	if err != nil {
		return windows.Windows{}, err
	}
	series, skipped, err := a.series(ctx, ask, subject.system, zone)
	if err != nil {
		return windows.Windows{}, err
	}
	from, until := query.Span(series)
	blackouts, err := a.blackouts(ctx, ask, subject, zone, from, until)
	if err != nil {
		return windows.Windows{}, err
	}
	answer, err := usage.New(series, blackouts).Find(query)
	if errors.Is(err, usage.ErrTooLittle) {
		return windows.Windows{}, refuse(http.StatusConflict, err.Error())
	}
	if err != nil {
		return windows.Windows{}, err
	}
	found := windows.New(query.Need, zone, answer)
	found.NeedOf, found.Skipped = subject.need, skipped
	found.Week = windows.Week(usage.New(series.Hourly(), blackouts).Profile(answer.From))
	return found, nil
}
