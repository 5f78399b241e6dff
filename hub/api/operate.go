package api

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"upgradehub/events"
	"upgradehub/events/upgrade"
	"upgradehub/hub/store"
)

// listed bounds a list.
const listed = 1000

func (a *API) listUpgrades(w http.ResponseWriter, r *http.Request) error {
	all, err := a.store.Upgrades(r.Context())
	if err != nil {
		return err
	}
	if all == nil {
		all = []upgrade.Public{}
	}
	w.Header().Set("Access-Control-Allow-Origin", "*")
	return reply(w, http.StatusOK, all)
}

func (a *API) showUpgrade(w http.ResponseWriter, r *http.Request) error {
	p, err := a.store.Upgrade(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	w.Header().Set("Access-Control-Allow-Origin", "*")
	return reply(w, http.StatusOK, p)
}

func (a *API) timeline(w http.ResponseWriter, r *http.Request) error {
	rows, err := a.store.Timeline(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, map[string]any{"upgrade": r.PathValue("id"), "events": nonNil(rows)})
}

// deliveries lists the ledger. Of one upgrade it also says who has not been
// told, and proves who was.
func (a *API) deliveries(w http.ResponseWriter, r *http.Request) error {
	filter := store.DeliveryFilter{Upgrade: r.PathValue("id"), State: r.URL.Query().Get("state"), Limit: listed}
	if filter.Upgrade == "" {
		filter.Upgrade = r.URL.Query().Get("upgrade")
	}
	switch filter.State {
	case "", "pending", "accepted", "superseded", "failed":
	case "dead":
		filter.State = "failed"
	case "untold":
		filter.State, filter.Untold = "", true
	default:
		return refuse(http.StatusBadRequest, "state: "+strconv.Quote(filter.State)+" is none of pending, accepted, superseded, dead, untold")
	}
	if filter.Untold && filter.Upgrade == "" {
		return refuse(http.StatusBadRequest, "state: untold is of one upgrade; name it")
	}
	rows, err := a.store.Deliveries(r.Context(), filter)
	if err != nil {
		return err
	}
	found := map[string]any{"deliveries": nonNil(rows)}
	if filter.Upgrade != "" {
		if err := a.prove(r.Context(), filter.Upgrade, found); err != nil {
			return err
		}
	}
	return reply(w, http.StatusOK, found)
}

func (a *API) prove(ctx context.Context, upgrade string, found map[string]any) error {
	untold, err := a.store.Untold(ctx, upgrade)
	if err != nil {
		return err
	}
	proof, err := a.store.Proof(ctx, upgrade)
	if err != nil {
		return err
	}
	found["untold"], found["proof"] = nonNil(untold), proof
	return nil
}

// BrokenTarget is a target that refuses everything, as its provider says it.
type BrokenTarget struct {
	Subscriber string   `json:"subscriber"`
	Channel    string   `json:"channel"`
	Name       string   `json:"name,omitempty"`
	Audiences  []string `json:"audiences,omitempty"`
	Code       string   `json:"code"`
}

// broken lists the targets that refuse everything, without their addresses.
// What they were owed goes to the person's or the audience's other channel.
func (a *API) broken(w http.ResponseWriter, r *http.Request) error {
	rows, err := a.store.Broken(r.Context(), listed)
	if err != nil {
		return err
	}
	list := make([]BrokenTarget, 0, len(rows))
	for _, row := range rows {
		list = append(list, BrokenTarget{row.ID, row.Channel, row.Name, row.Audiences, row.Broken})
	}
	return reply(w, http.StatusOK, map[string]any{"broken": list})
}

func (a *API) rejected(w http.ResponseWriter, r *http.Request) error {
	grants := a.grants(r)
	if grants == nil {
		return unauthorized(w)
	}
	rows, err := a.store.Rejected(r.Context(), listed)
	if err != nil {
		return err
	}
	mine := make([]store.RejectedRow, 0, len(rows))
	for _, row := range rows {
		if granted(grants, row.Upgrade) {
			mine = append(mine, row)
		}
	}
	return reply(w, http.StatusOK, map[string]any{"rejected": mine})
}

// granted: a publisher reads what was rejected of its own upgrades only.
func granted(grants []string, upgrade string) bool {
	for _, g := range grants {
		if g == "*" || g == upgrade && upgrade != "" {
			return true
		}
	}
	return false
}

func (a *API) anomalies(w http.ResponseWriter, r *http.Request) error {
	rows, err := a.store.Anomalies(r.Context(), listed)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, map[string]any{"anomalies": nonNil(rows)})
}

func nonNil[T any](rows []T) []T {
	if rows == nil {
		return []T{}
	}
	return rows
}

// retry puts a dead delivery back.
func (a *API) retry(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	row, known, err := a.store.Delivery(r.Context(), id)
	if err != nil {
		return err
	}
	if !known {
		return refuse(http.StatusNotFound, "no delivery has this id; list them with hub deliveries")
	}
	if row.State != "failed" && row.State != "superseded" {
		return refuse(http.StatusConflict, "the delivery is "+row.State+"; only failed and superseded ones are sent again")
	}
	err = a.state(r.Context(), events.OutcomeRetried, "", &events.Outcomes{
		Deliveries: []events.DeliveryOutcome{{Delivery: id, Why: "operator"}},
	})
	if err != nil {
		return err
	}
	if row, _, err = a.store.Delivery(r.Context(), id); err != nil {
		return err
	}
	if !row.Retried {
		return refuse(http.StatusConflict, "its recipient has left or was erased: nobody is told any more")
	}
	return reply(w, http.StatusOK, map[string]string{"delivery": id, "state": "pending"})
}

func (a *API) hold(w http.ResponseWriter, r *http.Request) error {
	return a.holding(w, r, events.TypeHold, true)
}

func (a *API) release(w http.ResponseWriter, r *http.Request) error {
	return a.holding(w, r, events.TypeRelease, false)
}

func (a *API) holding(w http.ResponseWriter, r *http.Request, t events.Type, held bool) error {
	body, err := readBody(w, r)
	if err != nil {
		return err
	}
	var said events.Hold
	if len(body) > 0 {
		if err := json.Unmarshal(body, &said); err != nil {
			return refuse(http.StatusBadRequest, `the body is {"by":"…","reason":"…"} or empty`)
		}
	}
	if err := a.state(r.Context(), t, "", &said); err != nil {
		return err
	}
	return reply(w, http.StatusOK, map[string]bool{"held": held})
}

// state appends a fact of the operator's and waits until it is folded here.
func (a *API) state(ctx context.Context, t events.Type, upgrade string, data events.Data) error {
	return a.stateAs(ctx, t, upgrade, strings.ToLower(rand.Text()), data)
}

// stateAs does so under an id, so that the same is stated once.
func (a *API) stateAs(ctx context.Context, t events.Type, upgrade, id string, data events.Data) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	now := a.cfg.Clock.Now()
	seq, err := a.bus.Append(ctx, events.Event{
		ID: id, Source: "operator", Type: t, Upgrade: upgrade, Time: now, Recorded: now, Data: data,
	})
	if err != nil {
		return err
	}
	return a.store.Wait(ctx, seq)
}

// unknownPath answers a program in its own language where a visitor would see
// a page.
func (a *API) unknownPath(http.ResponseWriter, *http.Request) error {
	return refuse(http.StatusNotFound, "the API has no such path, or not with this method")
}

// schemas lists the event types with the paths of their JSON Schemas.
func (a *API) schemas(w http.ResponseWriter, _ *http.Request) error {
	list := map[string]string{}
	for _, t := range events.Types() {
		list[string(t)] = "/schemas/" + string(t)
	}
	return reply(w, http.StatusOK, map[string]any{"schemas": list})
}

// schema serves the JSON Schema of an event type.
func (a *API) schema(w http.ResponseWriter, r *http.Request) error {
	name := strings.TrimSuffix(r.PathValue("type"), ".json")
	raw, err := events.Schema(events.Type(name))
	if err != nil {
		return refuse(http.StatusNotFound, "no event type has this name")
	}
	w.Header().Set("Content-Type", "application/schema+json")
	_, err = w.Write(raw)
	if errors.Is(err, io.ErrClosedPipe) {
		return nil
	}
	return err
}
