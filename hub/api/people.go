package api

import (
	"encoding/json"
	"net/http"

	"upgradehub/hub/people"
)

// exportPerson answers everything that is known of whoever has an address.
// The address is in the body, so that it stands in no log of a proxy.
func (a *API) exportPerson(w http.ResponseWriter, r *http.Request) error {
	persons, err := a.persons(w, r)
	if err != nil {
		return err
	}
	all := make([]people.Export, 0, len(persons))
	for _, p := range persons {
		e, err := a.people.Export(r.Context(), p)
		if err != nil {
			return err
		}
		all = append(all, e)
	}
	return reply(w, http.StatusOK, map[string]any{"persons": all})
}

// erasePerson forgets whoever has an address.
func (a *API) erasePerson(w http.ResponseWriter, r *http.Request) error {
	persons, err := a.persons(w, r)
	if err != nil {
		return err
	}
	for _, p := range persons {
		if err := a.people.Erase(r.Context(), p); err != nil {
			return err
		}
	}
	return reply(w, http.StatusOK, map[string]int{"erased": len(persons)})
}

// eraseWords erases what somebody wrote in one answer or report.
func (a *API) eraseWords(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	erased, err := a.people.EraseWords(r.Context(), id)
	if err == nil && !erased {
		err = refuse(http.StatusNotFound, "no words are kept under this id; hub items and hub feedback --json show the ids")
	}
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, map[string]string{"erased": id})
}

func (a *API) persons(w http.ResponseWriter, r *http.Request) ([]string, error) {
	body, err := readBody(w, r)
	if err != nil {
		return nil, err
	}
	var said struct {
		Address string `json:"address"`
	}
	if err := json.Unmarshal(body, &said); err != nil || said.Address == "" {
		return nil, refuse(http.StatusBadRequest, `the body is {"address":"name@example.org"}`)
	}
	persons, err := a.people.Persons(r.Context(), said.Address)
	if err == nil && len(persons) == 0 {
		err = refuse(http.StatusNotFound, "nobody is known by this address")
	}
	return persons, err
}
