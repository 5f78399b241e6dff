package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"upgradehub/events/upgrade"
	"upgradehub/hub/store"
	"upgradehub/statuspage"
)

// settleTime is how long a reader waits until it is decided who is told of
// the newest change: a program may ask right behind its own event.
const settleTime = 3 * time.Second

// readiness answers 200 when the upgrade may begin and 409 when it may not,
// with the same document: the reasons and every gate. The parameter phase asks
// for one phase instead. Operators and the publishers of the upgrade read it.
func (a *API) readiness(w http.ResponseWriter, r *http.Request) error {
	id, phase := r.PathValue("id"), r.URL.Query().Get("phase")
	if err := a.mayPublish(w, r, id, ""); err != nil {
		return err
	}
	settled := a.settle(r.Context(), id)
	u, _, err := a.store.Full(r.Context(), id)
	if err != nil {
		return err
	}
	if u == nil || u.Plan == nil {
		return fmt.Errorf("readiness of %q: %w", id, statuspage.ErrNotFound)
	}
	if _, known := u.Plan.Phase(phase); phase != "" && !known {
		return refuse(http.StatusBadRequest, fmt.Sprintf("phase: the plan has no phase %q", phase))
	}
	ready := u.Readiness(a.cfg.Clock.Now(), phase)
	if !settled {
		ready.Refuse("messages: who is told of the newest change is not decided yet")
	}
	if err := a.told(r.Context(), &ready); err != nil {
		return err
	}
	if !ready.Ready {
		return reply(w, http.StatusConflict, ready)
	}
	return reply(w, http.StatusOK, ready)
}

// settle waits until what is owed for the newest change is decided: before
// that nobody would seem to be owed anything. False if it takes too long.
func (a *API) settle(ctx context.Context, id string) bool {
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	for {
		_, at := a.store.Position()
		_, changed, err := a.store.Full(ctx, id)
		if err != nil {
			return false
		}
		meta, err := a.store.Meta(ctx)
		if err != nil {
			return false
		}
		if meta.Planned >= changed {
			return true
		}
		if a.store.Wait(ctx, at+1) != nil {
			return false
		}
	}
}

// told refuses while somebody who has to know does not, and while all is held.
func (a *API) told(ctx context.Context, ready *upgrade.Readiness) error {
	meta, err := a.store.Meta(ctx)
	if err != nil {
		return err
	}
	if meta.Held {
		ready.Refuse("messages: all are held until hub release")
	}
	untold, err := a.store.Untold(ctx, ready.Upgrade)
	if err != nil {
		return err
	}
	for _, u := range untold {
		ready.Refuse("messages: %d to %s by %s %s", u.Count, u.Audience, u.Channel, untoldWords[u.State])
	}
	return nil
}

var untoldWords = map[string]string{
	store.Pending:    "not delivered yet",
	store.Failed:     "could not be delivered; hub deliveries --state dead lists them",
	store.Superseded: "came too late to be sent",
}
