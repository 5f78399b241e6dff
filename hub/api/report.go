package api

import (
	"context"
	"fmt"
	"net/http"

	"upgradehub/hub/report"
	"upgradehub/statuspage"
)

// report sums up an upgrade, at any time.
func (a *API) report(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	sources, err := a.reported(r.Context(), id)
	if err != nil {
		return err
	}
	made, planned := report.Make(id, sources)
	if !planned {
		return fmt.Errorf("upgrade %q: %w", id, statuspage.ErrNotFound)
	}
	return reply(w, http.StatusOK, made)
}

// reported gathers what a report is made from.
func (a *API) reported(ctx context.Context, id string) (s report.Sources, err error) {
	for _, gather := range []func() error{
		func() error { s.Facts, err = a.store.Said(ctx, id); return err },
		func() error { s.Forecasts, err = a.store.Forecasts(ctx, id); return err },
		func() error { s.Told, err = a.store.Proof(ctx, id); return err },
		func() error { s.Noise, err = a.store.Noise(ctx, id); return err },
		func() error { s.Answers, err = a.store.Answers(ctx, id); return err },
		func() error { s.Invited, err = a.store.Invited(ctx, id); return err },
		func() error { s.Late, err = a.store.LateAnswers(ctx, id); return err },
	} {
		if err := gather(); err != nil {
			return s, fmt.Errorf("report on %s: %w", id, err)
		}
	}
	return s, nil
}
