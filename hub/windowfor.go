package main

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"upgradehub/events/plan"
	"upgradehub/hub/windows"
)

func (p *program) windowForCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "for UPGRADE",
		Short: "Find the best slots for an upgrade that a hub knows",
		Long: `For asks a hub for slots of the length that an upgrade needs: the work and the way
back, each as long as 8 of 10 took before or as planned, and the buffer. They are
found in the usage that was published for its system, and none at which another
upgrade works on the system or takes the same people. --html prints one page with
the week as a map of 7 × 24 hours.`,
		Example: "  hub window for pg16 --weeks 4\n  hub window for pg16 --html > windows.html",
		Args:    cobra.ExactArgs(1),
		RunE:    p.windowFor,
	}
	cmd.Flags().String("from", "", "`date` or time to look from; default: now")
	cmd.Flags().Int("weeks", 1, "how many weeks to look at, from 1 to 8")
	cmd.Flags().Bool("html", false, "print one HTML page")
	return withClient(cmd)
}

func (p *program) windowFor(cmd *cobra.Command, args []string) error {
	asHTML, _ := cmd.Flags().GetBool("html")
	if asHTML && wantsJSON(cmd) {
		return &usageError{errors.New("--html and --json exclude each other")}
	}
	c, err := p.client(cmd)
	if err != nil {
		return err
	}
	from, _ := cmd.Flags().GetString("from")
	weeks, _ := cmd.Flags().GetInt("weeks")
	query := url.Values{"upgrade": {args[0]}, "from": {from}, "weeks": {strconv.Itoa(weeks)}}
	raw, err := c.get(cmd.Context(), "/api/v1/windows?"+query.Encode())
	if err != nil {
		return err
	}
	if wantsJSON(cmd) {
		return printJSON(p.stdout, raw)
	}
	found, err := decode[windows.Windows](raw)
	if err != nil {
		return err
	}
	if asHTML {
		return found.HTML(p.stdout)
	}
	return p.printFound(found)
}

// printFound prints what a hub found as window find prints its own.
func (p *program) printFound(found windows.Windows) error {
	need, err := plan.ParseDuration(found.Need)
	if err != nil {
		return fmt.Errorf("answer of the hub: need: %w", err)
	}
	zone, err := time.LoadLocation(found.Zone)
	if err != nil {
		return fmt.Errorf("answer of the hub: %w", err)
	}
	return p.printWindows(found.Answer, need.Std(), zone)
}
