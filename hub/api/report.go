package api

import (
	"fmt"
	"net/http"

	"upgradehub/hub/report"
	"upgradehub/statuspage"
)

// report sums up an upgrade, at any time.
func (a *API) report(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	sources, err := report.Gather(r.Context(), a.store, id)
	if err != nil {
		return err
	}
	made, planned := report.Make(id, sources)
	if !planned {
		return fmt.Errorf("upgrade %q: %w", id, statuspage.ErrNotFound)
	}
	return reply(w, http.StatusOK, made)
}
