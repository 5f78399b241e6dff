package api

import (
	"fmt"
	"net/http"

	"upgradehub/events/plan"
	"upgradehub/statuspage"
)

// Planned is the plan of an upgrade as it stands, with all that is internal.
type Planned struct {
	Upgrade  string     `json:"upgrade"`
	Revision int        `json:"revision"`
	Plan     *plan.Plan `json:"plan"`
}

func (a *API) plan(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	u, _, err := a.store.Full(r.Context(), id)
	if err != nil {
		return err
	}
	if u == nil || u.Plan == nil {
		return fmt.Errorf("upgrade %q: %w", id, statuspage.ErrNotFound)
	}
	return reply(w, http.StatusOK, Planned{Upgrade: id, Revision: u.Revision, Plan: u.Plan})
}
