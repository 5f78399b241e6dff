package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"upgradehub/events"
	"upgradehub/events/bus"
	"upgradehub/events/forecast"
	"upgradehub/hub/store"
)

// maxHistory bounds an import.
const maxHistory = 8 << 20

// Imported is what became of a history that was brought.
type Imported struct {
	Imported int             `json:"imported"`
	Skipped  []forecast.Skip `json:"skipped"`
}

// importHistory takes past outages as CSV. Rows of no use are named; the same
// file brought twice is stored once.
func (a *API) importHistory(w http.ResponseWriter, r *http.Request) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxHistory))
	if err != nil {
		return refuse(http.StatusRequestEntityTooLarge, "a history has at most 8 MiB; split the file")
	}
	runs, skipped, err := forecast.ReadCSV(bytes.NewReader(body))
	if err != nil {
		return refuse(http.StatusBadRequest, err.Error())
	}
	past, faulty := pastRuns(runs)
	skipped = append(skipped, faulty...)
	for batch := range slices.Chunk(past, events.MaxPastRuns) {
		if err := a.keepHistory(r.Context(), batch); err != nil {
			return err
		}
	}
	return reply(w, http.StatusOK, Imported{Imported: len(past), Skipped: nonNil(skipped)})
}

// pastRuns are runs as a fact holds them, and those that no fact can hold.
func pastRuns(runs []forecast.Run) (past []events.PastRun, faulty []forecast.Skip) {
	for _, r := range runs {
		p := events.PastRun{
			ID: r.ID, System: r.System, Title: r.Title, Start: r.Start.UTC(), Known: r.Known.UTC(),
			Planned: int64(r.Planned / time.Second), Actual: int64(r.Actual / time.Second),
		}
		one := events.HistoryImported{Runs: []events.PastRun{p}}
		if faults := one.Faults(); len(faults) > 0 {
			reason := strings.ReplaceAll(strings.Join(faults, "; "), "runs[0].", "")
			faulty = append(faulty, forecast.Skip{Line: r.Line, ID: r.ID, Reason: reason})
			continue
		}
		past = append(past, p)
	}
	return past, faulty
}

// imports is how often the same content is brought at most after other content
// had replaced it.
const imports = 16

// keepHistory appends one import and waits until this node has folded it.
// What stands in the log already is appended again, under an id made of that
// one, only if another import has replaced it since.
func (a *API) keepHistory(ctx context.Context, runs []events.PastRun) error {
	data := &events.HistoryImported{Runs: runs}
	content, err := json.Marshal(data)
	if err != nil {
		return err
	}
	key := events.ImportID(string(content))
	for range imports {
		now := a.cfg.Clock.Now()
		seq, err := a.bus.Append(ctx, events.Event{
			ID: key, Source: "operator", Type: events.TypeHistoryImported, Time: now, Recorded: now, Data: data,
		})
		if err != nil && !errors.Is(err, bus.ErrExists) {
			return err
		}
		if err := a.store.Wait(ctx, seq); err != nil {
			return err
		}
		if known, err := a.knows(ctx, runs); err != nil || known {
			return err
		}
		key = events.RetoldID(key, seq)
	}
	return refuse(http.StatusConflict, "this history was replaced and brought back too often")
}

// knows reports whether the history has all runs as they are.
func (a *API) knows(ctx context.Context, runs []events.PastRun) (bool, error) {
	for _, r := range runs {
		kept, ok, err := a.store.Imported(ctx, r.ID, r.Start)
		if err != nil || !ok || kept.Planned != r.Planned || kept.Actual != r.Actual || kept.System != r.System || kept.Title != r.Title {
			return false, err
		}
	}
	return true, nil
}

// history lists the past work that forecasts are made from.
func (a *API) history(w http.ResponseWriter, r *http.Request) error {
	list := []store.PastRow{}
	for _, sort := range []string{store.PastUpgrades, store.PastRollbacks} {
		rows, err := a.store.Past(r.Context(), sort)
		if err != nil {
			return err
		}
		list = append(list, rows...)
	}
	return reply(w, http.StatusOK, map[string]any{"history": list})
}

// ForecastScore says how good forecasts were, in minutes.
type ForecastScore struct {
	Runs          int        `json:"n"`
	Coverage      float64    `json:"coverage_80"`
	ForecastError float64    `json:"median_abs_error_forecast_minutes"`
	PlanError     float64    `json:"median_abs_error_plan_minutes"`
	Pinball       [3]float64 `json:"pinball_minutes"` // of the quantiles at 10, 50 and 90 %
}

func scoreOf(s forecast.Score) *ForecastScore {
	if s.Runs == 0 {
		return nil
	}
	out := &ForecastScore{Runs: s.Runs, Coverage: math.Round(1e4*s.Coverage) / 1e4, ForecastError: minutes(s.Error), PlanError: minutes(s.PlanError)}
	for i, loss := range s.Pinball {
		out.Pinball[i] = minutes(loss)
	}
	return out
}

// minutes are to a tenth.
func minutes(d time.Duration) float64 { return math.Round(10*d.Minutes()) / 10 }

// forecasts tells everybody how good the forecasts were that were shown;
// without any that can be scored it is null.
func (a *API) forecasts(w http.ResponseWriter, r *http.Request) error {
	upgrades, phases, err := a.store.ForecastScores(r.Context())
	if err != nil {
		return err
	}
	w.Header().Set("Access-Control-Allow-Origin", "*")
	return reply(w, http.StatusOK, map[string]*ForecastScore{"upgrades": scoreOf(upgrades), "phases": scoreOf(phases)})
}
