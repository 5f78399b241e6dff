package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"upgradehub/events/upgrade"
)

func (p *program) readyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "ready UPGRADE",
		Short: "Say whether an upgrade may begin",
		Long: `Ready ends with 0 when the upgrade may begin, and with 1 when something stands
against it, which it prints. It may begin when it is planned or scheduled, was
announced as early as its plan promises, every announcement has been delivered,
messages are not held, and every gate is ready: its evidence is there, fresh and
good, and nobody has decided no_go. A go does not make up for bad evidence.

It also says until when going back still fits the announced window, and which
contingencies of the plan are called for.

With --phase only the gates before that phase count, and the upgrade may be
under way: for gates in the midst of the work.`,
		Example: "  hub ready pg16 && ./start-upgrade\n  hub ready pg16 --phase switchover --json",
		Args:    cobra.ExactArgs(1),
		RunE:    p.ready,
	}
	cmd.Flags().String("phase", "", "ask for this `phase` instead of the start")
	return withClient(cmd)
}

func (p *program) ready(cmd *cobra.Command, args []string) error {
	phase, _ := cmd.Flags().GetString("phase")
	c, err := p.client(cmd)
	if err != nil {
		return err
	}
	raw, err := c.readiness(cmd.Context(), args[0], phase)
	if err != nil {
		return err
	}
	r, err := decode[upgrade.Readiness](raw)
	if err != nil {
		return err
	}
	if wantsJSON(cmd) {
		err = printJSON(p.stdout, raw)
	} else {
		p.printReadiness(args[0], r)
	}
	if err == nil && !r.Ready {
		return errRefused
	}
	return err
}

func (p *program) printReadiness(id string, r upgrade.Readiness) {
	state := "not ready"
	if r.Ready {
		state = "ready"
	}
	fmt.Fprintf(p.stdout, "%s is %s\n", id, state)
	for _, why := range r.Reasons {
		fmt.Fprintf(p.stdout, "  %s\n", printable(why))
	}
	if w := r.WayBack; w != nil {
		fmt.Fprintf(p.stdout, "  way back: %s\n", printable(wayBack(*w)))
	}
	for _, c := range r.Contingencies {
		if c.Fired != nil {
			fmt.Fprintf(p.stdout, "  contingency %s since %s: %s\n", c.ID, c.Fired.Format(time.RFC3339), printable(c.Action))
		}
	}
}

func wayBack(w upgrade.WayBack) string {
	by := w.By.Format(time.RFC3339)
	switch {
	case w.Crossed != "":
		return "phase " + w.Crossed + " passed the point of no return: forward fix only"
	case w.ForwardOnly:
		return "until " + by + " it fitted the window: forward fix only"
	}
	return fmt.Sprintf("until %s, for it takes %s", by, time.Duration(w.Takes+w.Buffer)*time.Second)
}

// readiness reads the same document whether it comes with 200 or 409.
func (c *client) readiness(ctx context.Context, id, phase string) (json.RawMessage, error) {
	path := "/api/v1/upgrades/" + url.PathEscape(id) + "/readiness"
	if phase != "" {
		path += "?" + url.Values{"phase": {phase}}.Encode()
	}
	raw, err := c.get(ctx, path)
	if p, refused := errors.AsType[*problemError](err); refused && p.Status == http.StatusConflict {
		var r upgrade.Readiness
		if json.Unmarshal(p.raw, &r) == nil && r.Upgrade != "" && len(r.Reasons) > 0 {
			return p.raw, nil
		}
	}
	return raw, err
}
