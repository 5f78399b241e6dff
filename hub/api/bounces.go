package api

import (
	"context"
	"errors"
	"io"
	"net/http"

	"upgradehub/events"
	"upgradehub/events/bus"
	"upgradehub/notifiers/email"
)

// bounce takes a mail that came back, as it is (message/rfc822), from a mail
// server that hands returned mail to a program.
func (a *API) bounce(w http.ResponseWriter, r *http.Request) error {
	err := a.TakeBounce(r.Context(), r.Body)
	if errors.Is(err, email.ErrNoBounce) {
		return refuse(http.StatusUnprocessableEntity, err.Error())
	}
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// TakeBounce records that the delivery a mail tells of came back, once for each
// mail. The error wraps [email.ErrNoBounce] when the mail tells of none.
func (a *API) TakeBounce(ctx context.Context, mail io.Reader) error {
	b, err := a.cfg.Bounces.Read(mail)
	if err != nil {
		return err
	}
	err = a.stateAs(ctx, events.OutcomeFailed, "", events.BounceID(b.Delivery, b.Report), &events.Outcomes{Deliveries: []events.DeliveryOutcome{{
		Delivery: b.Delivery, Code: b.Code, Final: true, Returned: true, TargetBroken: b.TargetBroken,
	}}})
	if errors.Is(err, bus.ErrExists) {
		return nil // told before
	}
	return err
}
