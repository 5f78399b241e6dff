package main

import (
	"errors"
	"fmt"
	"net/mail"
	"slices"

	"github.com/spf13/cobra"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/notifiers"
	"upgradehub/notifiers/courier"
	"upgradehub/notifiers/email"
	"upgradehub/notifiers/rehearsal"
	"upgradehub/notifiers/slack"
)

const allStories = "all"

func (p *program) planRehearseCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rehearse FILE",
		Short: "Show every message every person would get",
		Long: `Rehearse plays a plan file with a clock of its own and shows, for every person,
each message with its time, and the counts against the noise budget. It needs no
hub and sends nothing. It ends with 1 when somebody would get too much, named on
standard error with the count and the budget, or when a message would be refused.

The audiences are those of hub.yaml, given by --config; without it, or if it has
none, one stand-in for each audience and channel of the plan gets the messages.

The stories are happy (everything goes to plan), overrun (the last phase ends 90
minutes after the announced end, which is moved once) and rollback (a phase in
the middle fails). --events plays a file of hub replay instead, for this plan: it
takes the place of the first one in the file.`,
		Example: `  hub plan rehearse upgrade.yaml
  hub plan rehearse upgrade.yaml --config hub.yaml --story overrun --html > rehearsal.html
  hub plan rehearse upgrade.yaml --events last-time.jsonl --json`,
		Args: cobra.ExactArgs(1),
		RunE: p.planRehearse,
	}
	addSettings(cmd, isPartial)
	cmd.Flags().String("events", "", "`file` of recorded events to play instead of the stories")
	cmd.Flags().String("story", allStories, "what happens: `happy`, overrun, rollback or all")
	cmd.Flags().Bool("json", false, "print JSON")
	cmd.Flags().Bool("html", false, "print one HTML page")
	return cmd
}

func (p *program) planRehearse(cmd *cobra.Command, args []string) error {
	for _, pair := range [][2]string{{"json", "html"}, {"story", "events"}} {
		if cmd.Flags().Changed(pair[0]) && cmd.Flags().Changed(pair[1]) {
			return &usageError{fmt.Errorf("--%s and --%s exclude each other", pair[0], pair[1])}
		}
	}
	text, found, err := lintFile(args[0])
	if err != nil {
		return err
	}
	parsed, _ := plan.Parse(text)
	if parsed == nil {
		if wantsJSON(cmd) {
			return errors.Join(printJSON(p.stdout, found), errRefused)
		}
		p.printFindings(found)
		return errRefused
	}
	stories, err := rehearsalStories(cmd, parsed)
	if err != nil {
		return err
	}
	cfg, err := p.rehearsalConfig(cmd, parsed)
	if err != nil {
		return err
	}
	report, err := rehearsal.Play(cfg, stories...)
	if err != nil {
		return err
	}
	return p.printRehearsal(cmd, report)
}

func (p *program) printRehearsal(cmd *cobra.Command, report rehearsal.Report) error {
	asHTML, _ := cmd.Flags().GetBool("html")
	var err error
	switch {
	case wantsJSON(cmd):
		err = printJSON(p.stdout, report)
	case asHTML:
		err = report.HTML(p.stdout)
	default:
		for _, line := range report.Lines() {
			fmt.Fprintln(p.stdout, printable(line))
		}
	}
	if err != nil || report.OK {
		return err
	}
	for _, fault := range report.Faults() {
		fmt.Fprintf(p.stderr, "hub: %s\n", printable(fault))
	}
	return errRefused
}

func rehearsalStories(cmd *cobra.Command, parsed *plan.Plan) ([]rehearsal.Story, error) {
	if file, _ := cmd.Flags().GetString("events"); file != "" {
		steps, err := readSteps(file, parsed.ID)
		if err != nil {
			return nil, fmt.Errorf("events %s: %w", file, err)
		}
		return []rehearsal.Story{rehearsal.Replay(parsed, steps)}, nil
	}
	name, _ := cmd.Flags().GetString("story")
	all := rehearsal.Stories(parsed)
	if name == allStories {
		return all, nil
	}
	i := slices.IndexFunc(all, func(s rehearsal.Story) bool { return s.Name == name })
	if i < 0 {
		return nil, &usageError{fmt.Errorf("--story %q is none of happy, overrun, rollback, all", name)}
	}
	return all[i : i+1], nil
}

// readSteps reads a replay as the hub would take it in, and names every line
// that it would reject.
func readSteps(file, upgrade string) ([]rehearsal.Step, error) {
	lines, err := openReplay(file)
	if err != nil {
		return nil, err
	}
	var steps []rehearsal.Step
	var errs []error
	for _, l := range lines {
		if l.upgrade != upgrade {
			errs = append(errs, fmt.Errorf("line %d: is about upgrade %q, not %q", l.line, l.upgrade, upgrade))
			continue
		}
		e, err := events.Decode(events.Message{Upgrade: l.upgrade, Type: l.t, Body: l.data, Received: l.at, DerivedID: l.id})
		if err != nil {
			errs = append(errs, fmt.Errorf("line %d: %w", l.line, err))
			continue
		}
		steps = append(steps, rehearsal.Step{At: l.at, Event: e})
	}
	return steps, errors.Join(errs...)
}

// rehearsalURL is the base of links where nothing names one.
const rehearsalURL = "https://status.example.org"

// rehearsalConfig reads of the configuration what a rehearsal needs: the
// secrets of the hub are not on everybody's machine.
func (p *program) rehearsalConfig(cmd *cobra.Command, parsed *plan.Plan) (rehearsal.Config, error) {
	c, err := p.partialConfig(cmd)
	cfg := rehearsal.Config{
		Plan: parsed, PublicURL: c.PublicURL, Theme: c.Theme, Wording: c.Wording, EditEvery: courier.DefaultEditInterval, Check: checkMessage,
	}
	if cfg.PublicURL == "" {
		cfg.PublicURL = rehearsalURL
	}
	cfg.Audiences, cfg.People = c.cast(parsed)
	return cfg, err
}

// cast are the audiences of the configuration with everybody in them, as if
// every channel were set up; or stand-ins.
func (c Config) cast(parsed *plan.Plan) ([]notifiers.Audience, []rehearsal.Person) {
	if len(c.Audiences) == 0 {
		return rehearsal.StandIns(parsed)
	}
	var audiences []notifiers.Audience
	for _, a := range c.Audiences {
		audience := a.rules()
		for _, ch := range a.Channels {
			audience.Channels = append(audience.Channels, ch.Name)
		}
		audiences = append(audiences, audience)
	}
	audiences = append(audiences, notifiers.Crew(func(string) bool { return true }))
	var people []rehearsal.Person
	for _, r := range c.recipients() {
		people = append(people, rehearsal.Person{Person: r.Person, Audiences: r.Audiences})
	}
	return audiences, people
}

// checkMessage says what a message loses on its channel, and why it would be
// refused, as far as that can be known without asking.
func checkMessage(m notifiers.Message) ([]string, error) {
	switch m.Delivery.Channel {
	case "email":
		return email.Check(mail.Address{Address: "rehearsal@example.org"}, m)
	case "slack":
		return slack.Check(m), nil
	}
	return nil, nil
}
