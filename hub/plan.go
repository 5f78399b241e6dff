package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/spf13/cobra"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
)

func (p *program) planCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:     "plan",
		Short:   "Check and publish plan files",
		Long:    "Plan works with plan files: YAML with schema: " + plan.Schema + ".",
		Example: "  hub plan lint upgrade.yaml && hub plan apply upgrade.yaml",
	}, p.planLintCommand(), p.planApplyCommand(), p.planPatchCommand(), p.planDiffCommand(), p.planRehearseCommand())
}

func (p *program) planLintCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "lint FILE …",
		Short: "Check plan files",
		Long: `Lint names every fault of plan files, one a line, as file:line:col: path:
message. It needs no hub and never looks at today. Advice goes to standard
error and does not change the exit code: 0 without faults, 1 with.

With hub.yaml, given by --config, it advises on people and audiences that this
does not know, and refuses sets of templates that are not there. With a hub, it
advises on clashes with other plans.

With a hub (--http or HUB_HTTP), or with the lessons that hub lessons --json
saved, it is a fault too if a plan does not do as an accepted lesson of its system
asks and does not waive it under lessons.`,
		Example: "  hub plan lint upgrade.yaml\n  hub plan lint --json plans/*.yaml\n  hub plan lint --lessons lessons.json upgrade.yaml",
		Args:    cobra.MinimumNArgs(1),
		RunE:    p.planLint,
	}
	cmd.Flags().String("lessons", "", lessonsUsage)
	return withClient(cmd, "templates")
}

// finding is one problem of one plan file.
type finding struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Path    string `json:"path"`
	Message string `json:"message"`
	Advice  bool   `json:"advice"`
}

func (f finding) String() string {
	text := fmt.Sprintf("%s:%d:%d: %s: %s", f.File, f.Line, f.Column, f.Path, f.Message)
	if f.Advice {
		text += " (advice)"
	}
	return text
}

func (p *program) planLint(cmd *cobra.Command, files []string) error {
	all, refused := []finding{}, false
	learnt, err := p.learnt(cmd)
	if err != nil {
		return err
	}
	known, err := p.aroundPlans(cmd)
	if err != nil {
		return err
	}
	clashes, err := p.clashing(cmd)
	if err != nil {
		return err
	}
	for _, file := range files {
		_, found, err := lintFile(file, learnt, known, clashes)
		if err != nil {
			return err
		}
		all = append(all, found...)
		faults := countFaults(found)
		refused = refused || faults > 0
		if !wantsJSON(cmd) {
			p.printFindings(found)
			if faults == 0 {
				fmt.Fprintf(p.stdout, "%s: ok\n", file)
			}
		}
	}
	if wantsJSON(cmd) {
		if err := printJSON(p.stdout, all); err != nil {
			return err
		}
	}
	if refused {
		return errRefused
	}
	return nil
}

// planCheck looks at a plan without faults of its own; see [plan.ParseWith].
type planCheck func(*plan.Plan) ([]plan.Problem, error)

// lintFile reads a plan file; the text is the file as it stands.
func lintFile(path string, checks ...planCheck) (text []byte, found []finding, err error) {
	text, err = os.ReadFile(path)
	if err != nil {
		return nil, nil, fmt.Errorf("plan: %w", err)
	}
	var broken error
	_, problems := plan.ParseWith(text, func(p *plan.Plan) (all []plan.Problem) {
		for _, check := range checks {
			var more []plan.Problem
			if more, broken = check(p); broken != nil {
				return nil
			}
			all = append(all, more...)
		}
		return all
	})
	for _, f := range problems {
		found = append(found, finding{path, f.Line, f.Column, f.Path, f.Message, f.Advice})
	}
	return text, found, broken
}

func countFaults(found []finding) int {
	n := 0
	for _, f := range found {
		if !f.Advice {
			n++
		}
	}
	return n
}

func (p *program) printFindings(found []finding) {
	for _, f := range found {
		w := p.stdout
		if f.Advice {
			w = p.stderr
		}
		fmt.Fprintln(w, printable(f.String()))
	}
}

func (p *program) planApplyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "apply FILE",
		Short: "Publish a plan file as upgrade.planned",
		Long: `Apply checks a plan file and publishes it as upgrade.planned, which creates the
upgrade or revises it. It prints what changed for those who read the page. The
same plan twice changes nothing.

A plan that does not do as an accepted lesson of its system asks is refused, unless
it waives it under lessons or --force is given. Advice, also on what hub.yaml
(--config) does not know and on clashes with other plans, goes to standard error.`,
		Example: "  hub plan apply upgrade.yaml\n  hub plan apply upgrade.yaml --reason 'the vendor needs one more day'",
		Args:    cobra.ExactArgs(1),
		RunE:    p.planApply,
	}
	cmd.Flags().String("reason", "", "`why` the plan changes")
	cmd.Flags().Bool("force", false, "publish it although lessons are not learnt")
	return withClient(cmd, "templates")
}

func (p *program) planApply(cmd *cobra.Command, args []string) error {
	known, err := p.aroundPlans(cmd)
	if err != nil {
		return err
	}
	c, err := p.client(cmd)
	if err != nil {
		return err
	}
	text, found, err := lintFile(args[0], p.learntFrom(cmd, c), known, clashesWith(cmd, c))
	if err != nil {
		return err
	}
	if countFaults(found) > 0 {
		if wantsJSON(cmd) {
			return errors.Join(printJSON(p.stdout, found), errRefused)
		}
		p.printFindings(found)
		return errRefused
	}
	if !wantsJSON(cmd) {
		p.printFindings(found) // advice
	}
	parsed, _ := plan.Parse(text)
	data := map[string]string{"plan": string(text)}
	if reason, _ := cmd.Flags().GetString("reason"); reason != "" {
		data["reason"] = reason
	}
	body, err := json.Marshal(data)
	if err != nil {
		return err
	}
	return p.applyPlan(cmd, c, parsed.ID, body)
}

// applied is what plan apply prints as JSON.
type applied struct {
	verdict
	Upgrade  string   `json:"upgrade"`
	Revision int      `json:"revision"`
	Changes  []string `json:"changes"`
}

func (p *program) applyPlan(cmd *cobra.Command, c *client, id string, body []byte) error {
	before, err := showUpgrade(cmd, c, id)
	if err != nil {
		return err
	}
	a, err := publishJudged(cmd.Context(), c, id, events.UpgradePlanned, newEventID(), body)
	if err != nil {
		return err
	}
	if a.refused() {
		return p.refuse(cmd, a)
	}
	after, err := showUpgrade(cmd, c, id)
	if err != nil {
		return err
	}
	changes := planChanges(before, after)
	if wantsJSON(cmd) {
		return printJSON(p.stdout, applied{verdict: a, Upgrade: id, Revision: after.Revision, Changes: changes})
	}
	fmt.Fprintf(p.stdout, "%s: %s\n", id, a.sentence())
	for _, change := range changes {
		fmt.Fprintf(p.stdout, "  %s\n", printable(change))
	}
	if !after.State.Live() && !after.State.Ended() {
		page := c.base + "/upgrades/" + url.PathEscape(id)
		fmt.Fprintf(p.stdout, "its page: %s\nwhen it would disturb the fewest people (the password is the operator's token): %s/windows\n", page, page)
	}
	return nil
}

// showUpgrade reads what visitors see of an upgrade; nothing, if it is not
// known yet.
func showUpgrade(cmd *cobra.Command, c *client, id string) (upgrade.Public, error) {
	raw, err := c.get(cmd.Context(), "/api/v1/upgrades/"+url.PathEscape(id))
	if p, ok := errors.AsType[*problemError](err); ok && p.Status == http.StatusNotFound {
		return upgrade.Public{}, nil
	}
	if err != nil {
		return upgrade.Public{}, err
	}
	return decode[upgrade.Public](raw)
}

// planChanges says in which points two public views were planned differently.
func planChanges(before, after upgrade.Public) []string {
	if before.Revision == after.Revision {
		return []string{"nothing changed"}
	}
	if before.Revision == 0 {
		return []string{fmt.Sprintf("new: %s, %s, %d phases", after.Title, span(after.Window.Start, after.Window.End), len(after.Phases))}
	}
	changes := []string{fmt.Sprintf("revision %d", after.Revision)}
	if before.Title != after.Title {
		changes = append(changes, fmt.Sprintf("title: %s -> %s", before.Title, after.Title))
	}
	if !before.Window.Start.Equal(after.Window.Start) || !before.Window.End.Equal(after.Window.End) {
		changes = append(changes, fmt.Sprintf("window: %s -> %s",
			span(before.Window.Start, before.Window.End), span(after.Window.Start, after.Window.End)))
	}
	changes = append(changes, phaseChanges(before.Phases, after.Phases)...)
	if len(changes) == 1 {
		changes = append(changes, "nothing that visitors see")
	}
	return changes
}

func phaseChanges(before, after []upgrade.PublicPhase) []string {
	var changes []string
	old := map[string]upgrade.PublicPhase{}
	for _, ph := range before {
		old[ph.ID] = ph
	}
	for _, ph := range after {
		was, known := old[ph.ID]
		delete(old, ph.ID)
		switch {
		case !known:
			changes = append(changes, fmt.Sprintf("phase %s: new, %s", ph.ID, plannedSpan(ph)))
		case plannedSpan(was) != plannedSpan(ph):
			changes = append(changes, fmt.Sprintf("phase %s: %s -> %s", ph.ID, plannedSpan(was), plannedSpan(ph)))
		case was.Title != ph.Title:
			changes = append(changes, fmt.Sprintf("phase %s: %s -> %s", ph.ID, was.Title, ph.Title))
		}
	}
	for _, ph := range before {
		if _, gone := old[ph.ID]; gone {
			changes = append(changes, fmt.Sprintf("phase %s: no longer planned", ph.ID))
		}
	}
	return changes
}

func plannedSpan(ph upgrade.PublicPhase) string {
	var start, end time.Time
	if ph.Planned.Start != nil {
		start = *ph.Planned.Start
	}
	if ph.Planned.End != nil {
		end = *ph.Planned.End
	}
	return span(start, end)
}

// span words a stretch of time in UTC, which needs no zone of anybody's.
func span(start, end time.Time) string {
	const layout = "2006-01-02 15:04"
	return start.UTC().Format(layout) + " to " + end.UTC().Format(layout) + " UTC"
}
