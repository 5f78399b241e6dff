package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"upgradehub/events"
	"upgradehub/events/bus"
	"upgradehub/hub/lessons"
	"upgradehub/hub/store"
	"upgradehub/statuspage"
)

// Lessons is what is known to be learnt.
type Lessons struct {
	Lessons []store.LessonRow `json:"lessons"`
}

func (a *API) listLessons(w http.ResponseWriter, r *http.Request) error {
	asked := r.URL.Query()
	filter := store.LessonFilter{System: asked.Get("system"), Upgrade: asked.Get("upgrade"), Status: asked.Get("status")}
	switch filter.Status {
	case "", store.LessonProposed, store.LessonAccepted, store.LessonRejected:
	default:
		return refuse(http.StatusBadRequest, "status: "+strconv.Quote(filter.Status)+" is none of proposed, accepted, rejected")
	}
	rows, err := a.store.Lessons(r.Context(), filter)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, Lessons{nonNil(rows)})
}

// proposeLessons proposes now what would be proposed when the survey closes,
// and what is proposed and undecided again if its numbers have changed.
func (a *API) proposeLessons(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	u, _, err := a.store.Full(r.Context(), id)
	switch {
	case err != nil:
		return err
	case u == nil || u.Plan == nil:
		return fmt.Errorf("upgrade %q: %w", id, statuspage.ErrNotFound)
	case !u.State.Ended():
		return refuse(http.StatusConflict, "the upgrade has not ended: lessons are learnt afterwards")
	}
	found, err := lessons.New(r.Context(), a.store, a.people, id, true)
	if err != nil {
		return err
	}
	for _, l := range found {
		err := a.stateAs(r.Context(), events.LessonProposed, id, events.ProposalID(l.Lesson, l.Text, l.Evidence), l)
		if err != nil && !errors.Is(err, bus.ErrExists) {
			return err
		}
	}
	rows, err := a.store.Lessons(r.Context(), store.LessonFilter{Upgrade: id})
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, Lessons{nonNil(rows)})
}

func (a *API) decideLesson(w http.ResponseWriter, r *http.Request) error {
	body, err := readBody(w, r)
	if err != nil {
		return err
	}
	var d lessons.Decision
	if err := json.Unmarshal(body, &d); err != nil {
		return refuse(http.StatusBadRequest, `the body is {"decision":"accept","by":"@lead"} or the like`)
	}
	id := r.PathValue("id")
	row, known, err := a.store.Lesson(r.Context(), id)
	if err != nil {
		return err
	}
	if !known {
		return refuse(http.StatusNotFound, "no lesson has this id; list them with hub lessons")
	}
	t, said, faults := d.Fact(row)
	if len(faults) > 0 {
		return refuse(http.StatusBadRequest, "the decision has faults; correct them all and send it again", faults...)
	}
	if err := a.state(r.Context(), t, row.Upgrade, said); err != nil {
		return err
	}
	if row, _, err = a.store.Lesson(r.Context(), id); err != nil {
		return err
	}
	return reply(w, http.StatusOK, row)
}
