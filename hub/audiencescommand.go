package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
	"upgradehub/notifiers"
)

func (p *program) audiencesCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "audiences",
		Short:   "Try who is told of what",
		Long:    "Audiences tries what hub.yaml says of who is told of what; it needs no hub.",
		Example: "  hub audiences test --config hub.yaml --plan pg16.yaml phase.finished phase=copy outcome=failure",
		Args:    cobra.NoArgs,
	}
	cmd.AddCommand(p.audiencesTestCommand())
	return cmd
}

func (p *program) audiencesTestCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "test TYPE [key=value …]",
		Short: "Show who would be told of an event, and why",
		Long: `Test takes the audiences of hub.yaml, given by --config, and shows for each of
them whether it would be told of an event of the plan's upgrade, why, by which
channel, and when. It needs no hub and sends nothing. Unless the event is about
the time before, the upgrade is under way.`,
		Example: `  hub audiences test --config hub.yaml --plan pg16.yaml upgrade.planned
  hub audiences test --config hub.yaml --plan pg16.yaml component.changed component=orders impact=outage
  hub audiences test --config hub.yaml --plan pg16.yaml --at 2030-03-03T02:00:00Z rollback.started --json`,
		Args: cobra.MinimumNArgs(1),
		RunE: p.audiencesTest,
	}
	addSettings(cmd, func(s setting) bool { return s.name == "templates" })
	cmd.Flags().String("plan", "", "plan `file` of the upgrade")
	cmd.Flags().String("at", "", "when it happens, `RFC 3339` (default: in the middle of the window, before it for what is before)")
	cmd.Flags().Bool("json", false, "print JSON")
	return cmd
}

// told is what an audience is told of an event.
type told struct {
	Audience string          `json:"audience"`
	Role     string          `json:"role"`
	Told     bool            `json:"told"`
	Why      string          `json:"why"`
	Notices  []events.Notice `json:"notices"`
}

func (p *program) audiencesTest(cmd *cobra.Command, args []string) error {
	c, err := p.partialConfig(cmd)
	if err != nil {
		return err
	}
	file, _ := cmd.Flags().GetString("plan")
	if file == "" || len(c.Audiences) == 0 {
		return &usageError{errors.New("--plan and the audiences of --config are needed")}
	}
	cause, err := p.cause(cmd, file, events.Type(args[0]), args[1:])
	if err != nil {
		return err
	}
	audiences, _ := c.cast(cause.After.Plan)
	audiences = append(audiences, notifiers.Subscribers("email"))
	found := whoIsTold(cause, audiences)
	if wantsJSON(cmd) {
		return printJSON(p.stdout, found)
	}
	return table(p.stdout, []string{"AUDIENCE", "ROLE", "TOLD", "HOW", "WHY"}, toldRows(found, cause.Event.Recorded))
}

// cause is the event in an upgrade that has come so far.
func (p *program) cause(cmd *cobra.Command, file string, t events.Type, pairs []string) (notifiers.Cause, error) {
	var none notifiers.Cause
	text, found, err := lintFile(file)
	if err != nil {
		return none, err
	}
	parsed, _ := plan.Parse(text)
	if parsed == nil {
		p.printFindings(found)
		return none, errRefused
	}
	at, err := whenTested(cmd, t, parsed)
	if err != nil {
		return none, err
	}
	data, err := parsePairs(t, pairs)
	if err != nil {
		return none, &usageError{err}
	}
	if t == events.UpgradePlanned && data["plan"] == nil {
		data["plan"] = string(text)
	}
	body, err := json.Marshal(data)
	if err != nil {
		return none, err
	}
	e, err := events.Decode(events.Message{Upgrade: parsed.ID, Type: t, Body: body, Received: at, DerivedID: "test"})
	if err != nil {
		return none, err
	}
	e.Recorded = at
	return happening(parsed, e)
}

// whenTested is the time of the event: by default one at which it is of use.
func whenTested(cmd *cobra.Command, t events.Type, parsed *plan.Plan) (time.Time, error) {
	if text, _ := cmd.Flags().GetString("at"); text != "" {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return at, &usageError{fmt.Errorf("--at %q: is not a time such as 2030-03-03T02:00:00Z", text)}
		}
		return at.UTC(), nil
	}
	if before(t) {
		return parsed.Window.Start.Add(-7 * 24 * time.Hour), nil
	}
	return parsed.Window.Start.Add(parsed.Window.Duration() / 2), nil
}

// before reports whether events of that type come before the start.
func before(t events.Type) bool {
	switch t {
	case events.UpgradePlanned, events.UpgradeScheduled, events.UpgradeCanceled, events.GateEvidence, events.GateDecided:
		return true
	}
	return false
}

// happening brings an upgrade to where e may happen, and lets it happen.
func happening(parsed *plan.Plan, e events.Event) (notifiers.Cause, error) {
	u := upgrade.New(parsed.ID)
	step := func(t events.Type, at time.Time, data events.Data) {
		u.Apply(events.Event{ID: string(t), Source: "test", Type: t, Upgrade: parsed.ID, Time: at, Recorded: at, Data: data})
	}
	announced := parsed.Window.Start.Add(-8 * 24 * time.Hour)
	if e.Type != events.UpgradePlanned {
		step(events.UpgradePlanned, announced, &events.Planned{Plan: parsed})
	}
	if !before(e.Type) && e.Type != events.UpgradeStarted {
		step(events.UpgradeStarted, parsed.Window.Start, &events.Step{})
	}
	c := notifiers.Cause{Seq: 1, Event: e, Before: u.Clone()}
	c.Effect = u.Apply(e)
	c.After = u
	if c.Effect.Anomaly != "" {
		return c, fmt.Errorf("%s would be an anomaly, of which nobody is told: %s", e.Type, c.Effect.Anomaly)
	}
	return c, nil
}

func whoIsTold(c notifiers.Cause, audiences []notifiers.Audience) []told {
	notices := map[string][]events.Notice{}
	for _, n := range notifiers.Plan(c, audiences) {
		notices[n.Audience] = append(notices[n.Audience], n)
	}
	var all []told
	for _, r := range notifiers.Routes(c, audiences) {
		t := told{r.Audience.ID, r.Audience.Role, r.Told, r.Why, notices[r.Audience.ID]}
		switch {
		case t.Told && len(t.Notices) == 0:
			t.Told, t.Why = false, "its role, or the plan, leaves it out of this"
		case !t.Told && len(t.Notices) > 0:
			t.Why += "; its root message follows"
		}
		all = append(all, t)
	}
	return all
}

func toldRows(found []told, at time.Time) [][]string {
	var rows [][]string
	for _, t := range found {
		how := make([]string, len(t.Notices))
		for i, n := range t.Notices {
			how[i] = fmt.Sprintf("%s %s %s", n.Moment, n.Channel, n.Form)
			if wait := n.NotBefore.Sub(at); wait > 0 {
				how[i] += fmt.Sprintf(" after %s (%s)", wait, n.Deferred)
			}
		}
		rows = append(rows, []string{t.Audience, t.Role, map[bool]string{true: "yes", false: "no"}[t.Told], strings.Join(how, ", "), t.Why})
	}
	return rows
}
