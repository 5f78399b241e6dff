package api

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"upgradehub/events/plan"
)

// Clashes is what a plan wants of the time of other upgrades.
type Clashes struct {
	Clashes []plan.Clash `json:"clashes"`
}

// clashes holds the plan of the body against all that is still to be carried
// out: the same system, component or people at the same time. It records
// nothing.
func (a *API) clashes(w http.ResponseWriter, r *http.Request) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return err
	}
	mine, problems := plan.Parse(body)
	if mine == nil {
		var faults []string
		for _, p := range problems {
			faults = append(faults, p.String())
		}
		return refuse(http.StatusBadRequest, "the body is no plan", faults...)
	}
	all, err := a.store.All(r.Context())
	if err != nil {
		return fmt.Errorf("read upgrades: %w", err)
	}
	found := Clashes{Clashes: []plan.Clash{}}
	for _, other := range all {
		if other.Plan != nil && !other.State.Ended() {
			found.Clashes = append(found.Clashes, mine.Clashes(other.Plan)...)
		}
	}
	slices.SortStableFunc(found.Clashes, func(x, y plan.Clash) int { return strings.Compare(x.Path, y.Path) })
	return reply(w, http.StatusOK, found)
}
