package interact

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	slackapi "github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
	"golang.org/x/sync/errgroup"
)

// reconnect is how long to wait before a socket that Slack refused is asked
// for again; the library sees to those that merely broke.
const reconnect = 10 * time.Second

// listen keeps a socket open until ctx ends.
func (h *Handler) listen(ctx context.Context) error {
	base := strings.TrimRight(cmp.Or(h.cfg.APIURL, slackapi.APIURL), "/") + "/"
	for ctx.Err() == nil {
		api := slackapi.New("", slackapi.OptionAppLevelToken(h.cfg.AppToken), slackapi.OptionAPIURL(base))
		if err := h.session(ctx, socketmode.New(api)); ctx.Err() == nil {
			h.log.ErrorContext(ctx, "socket refused", "wait", reconnect, "err", err)
			pause(ctx, reconnect)
		}
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// session serves one client of the library until it gives up.
func (h *Handler) session(ctx context.Context, client *socketmode.Client) error {
	work, ctx := errgroup.WithContext(ctx) // both goroutines end with ctx
	work.Go(func() error { return client.RunContext(ctx) })
	work.Go(func() error {
		taking := &errgroup.Group{} // one that waits must not hold up the others
		taking.SetLimit(hands)
		defer func() { _ = taking.Wait() }()
		for {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case e := <-client.Events:
				taking.Go(func() error { h.event(ctx, client, e); return nil })
			}
		}
	})
	return work.Wait()
}

// event takes what came over the socket and acknowledges it. What is not
// taken is not acknowledged, so that Slack shows it to the person.
func (h *Handler) event(ctx context.Context, client *socketmode.Client, e socketmode.Event) {
	var ack any
	var err error
	switch data := e.Data.(type) {
	case slackapi.InteractionCallback:
		ack, err = h.Interaction(ctx, &data)
	case slackapi.SlashCommand:
		ack, err = h.Command(ctx, data)
	default:
		h.connection(ctx, e)
		if e.Request == nil || e.Request.EnvelopeID == "" { // hello and disconnect await no acknowledgement
			return
		}
	}
	if err == nil {
		err = client.AckCtx(ctx, e.Request.EnvelopeID, ack)
	}
	if err != nil && ctx.Err() == nil {
		h.log.WarnContext(ctx, "callback refused", "err", err)
	}
}

// connection says how the connection itself is.
func (h *Handler) connection(ctx context.Context, e socketmode.Event) {
	switch e.Type {
	case socketmode.EventTypeConnectionError, socketmode.EventTypeInvalidAuth:
		h.log.WarnContext(ctx, "socket not open", "err", fmt.Sprint(e.Data))
	case socketmode.EventTypeHello:
		h.log.InfoContext(ctx, "socket open")
	}
}
