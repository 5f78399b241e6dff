package api

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/events/usage"
)

// Windows are slots in which an upgrade would disturb the fewest people.
type Windows struct {
	Zone string `json:"zone"`
	Need string `json:"need"`
	usage.Answer
	Sentence string   `json:"sentence,omitempty"` // of the favourite
	NeedOf   *NeedOf  `json:"need_of,omitempty"`
	Week     []HourOf `json:"week,omitempty"` // 168 hours from Monday 00:00
	Skipped  []string `json:"skipped,omitempty"`
}

// NeedOf is what the need of an upgrade consists of, in seconds. Runs are 0
// where the plan says it.
type NeedOf struct {
	Upgrade      string `json:"upgrade"`
	Work         int64  `json:"work_seconds"`
	WorkRuns     int    `json:"work_runs"`
	Rollback     int64  `json:"rollback_seconds"`
	RollbackRuns int    `json:"rollback_runs"`
	Buffer       int64  `json:"buffer_seconds"`
}

// HourOf is what an hour of the week is like; nothing is known of one without
// a median.
type HourOf struct {
	Median *float64 `json:"median"`
	Low    *float64 `json:"p10"`
	High   *float64 `json:"p90"`
	Weeks  int      `json:"weeks"`
}

// NewWindows is an answer, with the words of its favourite.
func NewWindows(need time.Duration, zone *time.Location, a usage.Answer) Windows {
	w := Windows{Zone: zone.String(), Need: plan.Duration(need).String(), Answer: a}
	if a.Favourite != nil {
		w.Sentence = a.Favourite.Sentence()
	}
	return w
}

// wanted is a question for windows.
type wanted struct {
	// Upgrade gives system, zone and need, and whose time is taken.
	Upgrade string `json:"upgrade"`
	System  string `json:"system"`
	Need    string `json:"need"`
	Zone    string `json:"zone"`
	From    string `json:"from"` // default: now
	Weeks   int    `json:"weeks"`
	// Usage replaces what the hub was told by usage.sampled.
	Usage     []events.Sample  `json:"usage"`
	Blackouts []usage.Blackout `json:"blackouts"`
	ICS       string           `json:"blackout_ics"` // an iCalendar file
}

// findWindows answers a question in the query.
func (a *API) findWindows(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	ask := wanted{Upgrade: q.Get("upgrade"), System: q.Get("system"), Need: q.Get("need"), Zone: q.Get("zone"), From: q.Get("from")}
	if weeks := q.Get("weeks"); weeks != "" {
		n, err := strconv.Atoi(weeks)
		if err != nil {
			return refuse(http.StatusBadRequest, "weeks: is no number")
		}
		ask.Weeks = n
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
	if errors.Is(err, usage.ErrTooLittle) {
		return refuse(http.StatusConflict, err.Error())
	}
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, found)
}

// windows finds the slots of a question.
func (a *API) windows(ctx context.Context, ask wanted) (Windows, error) {
	subject, err := a.subject(ctx, ask)
	if err != nil {
		return Windows{}, err
	}
	query, zone, err := subject.query(ask, a.cfg.Clock.Now())
	if err != nil {
		return Windows{}, err
	}
	series, skipped, err := a.series(ctx, ask, subject.system, zone)
	if err != nil {
		return Windows{}, err
	}
	blackouts, err := a.blackouts(ctx, ask, subject, zone)
	if err != nil {
		return Windows{}, err
	}
	answer, err := usage.New(series, blackouts).Find(query)
	if err != nil {
		return Windows{}, err
	}
	found := NewWindows(query.Need, zone, answer)
	found.NeedOf, found.Skipped = subject.need, skipped
	found.Week = week(usage.New(series.Hourly(), blackouts).Profile(answer.From))
	return found, nil
}

func week(p usage.Profile) []HourOf {
	hours := make([]HourOf, len(p.Week))
	for i, u := range p.Week {
		if hours[i].Weeks = u.Seen; !math.IsNaN(u.Median) {
			hours[i].Median, hours[i].Low, hours[i].High = &u.Median, &u.Low, &u.High
		}
	}
	return hours
}
