package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/hub/api"
	"upgradehub/hub/report"
)

func (p *program) planDiffCommand() *cobra.Command {
	return withClient(&cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Compare two plans, and what became of the old one",
		Long: `Diff shows in which points two plans differ. OLD and NEW are plan files, or ids of
upgrades that a hub knows. If OLD is an upgrade of the hub that ran, how long it and
its phases took stands beside the old plan and the new. Moments within the work are
compared by their distance from the start of the window.

It ends as diff does: 0 if the plans are the same, 1 if they differ or cannot be
read.`,
		Example: "  hub plan diff may.yaml june.yaml\n  hub plan diff pg16 pg17.yaml",
		Args:    cobra.ExactArgs(2),
		RunE:    p.planDiff,
	})
}

// compared is one line of a comparison. Took is how long it was in fact.
type compared struct {
	plan.Difference
	Took string `json:"took,omitempty"`
	// Same: it is planned as before, and stands here for how long it took.
	Same bool `json:"same,omitempty"`
}

func (p *program) planDiff(cmd *cobra.Command, args []string) error {
	before, known, err := p.readPlan(cmd, args[0])
	if err != nil {
		return err
	}
	after, _, err := p.readPlan(cmd, args[1])
	if err != nil {
		return err
	}
	differences := plan.Diff(before, after)
	rows := make([]compared, len(differences))
	for i, d := range differences {
		rows[i].Difference = d
	}
	if known {
		if rows, err = p.beside(cmd, args[0], before, after, rows); err != nil {
			return err
		}
	}
	if err := p.printDiff(cmd, rows); err != nil {
		return err
	}
	if len(differences) > 0 {
		return errRefused
	}
	return nil
}

// readPlan reads a file, else the plan of an upgrade that the hub knows.
func (p *program) readPlan(cmd *cobra.Command, name string) (found *plan.Plan, known bool, err error) {
	text, problems, err := lintFile(name)
	if errors.Is(err, fs.ErrNotExist) && events.ValidID(name) {
		found, err = p.knownPlan(cmd, name)
		return found, true, err
	}
	if err != nil {
		return nil, false, err
	}
	if found, _ = plan.Parse(text); found == nil {
		return nil, false, fmt.Errorf("plan: %s", problems[slices.IndexFunc(problems, func(f finding) bool { return !f.Advice })])
	}
	return found, false, nil
}

func (p *program) knownPlan(cmd *cobra.Command, id string) (*plan.Plan, error) {
	c, err := p.client(cmd)
	if err != nil {
		return nil, err
	}
	raw, err := c.get(cmd.Context(), "/api/v1/upgrades/"+url.PathEscape(id)+"/plan")
	if err != nil {
		return nil, fmt.Errorf("plan %s: there is no such file, and of an upgrade: %w", id, err)
	}
	planned, err := decode[api.Planned](raw)
	if err == nil && planned.Plan == nil {
		err = fmt.Errorf("plan %s: the hub's answer has none", id)
	}
	return planned.Plan, err
}

// beside adds how long the old upgrade and its phases took: to what differs,
// and behind it what is planned as it was.
func (p *program) beside(cmd *cobra.Command, id string, before, after *plan.Plan, rows []compared) ([]compared, error) {
	c, err := p.client(cmd)
	if err != nil {
		return nil, err
	}
	raw, err := c.get(cmd.Context(), "/api/v1/upgrades/"+url.PathEscape(id)+"/report")
	if err != nil {
		return nil, err
	}
	made, err := decode[report.Report](raw)
	if err != nil {
		return nil, err
	}
	for _, l := range made.Lengths {
		if l.Actual == 0 {
			continue
		}
		took, what := plan.Duration((time.Duration(l.Actual) * time.Second).Round(time.Minute)), "window: length"
		was, is := plan.Duration(before.Window.Duration()), plan.Duration(after.Window.Duration())
		if l.Phase != "" {
			ph, _ := after.Phase(l.Phase)
			old, _ := before.Phase(l.Phase)
			what, was, is = "phase "+l.Phase+": duration", old.Duration, ph.Duration
		}
		rows = addTook(rows, compared{Difference: plan.Difference{What: what, Old: was.String(), New: is.String()}, Took: took.String(), Same: true}, l.Phase)
	}
	return rows, nil
}

// addTook notes a length in its row, or in one of its own.
func addTook(rows []compared, row compared, phase string) []compared {
	for i := range rows {
		if rows[i].What == row.What || rows[i].What == "phase "+phase {
			rows[i].Took = row.Took
			return rows
		}
	}
	return append(rows, row)
}

func (p *program) printDiff(cmd *cobra.Command, rows []compared) error {
	if wantsJSON(cmd) {
		return printJSON(p.stdout, rows)
	}
	if len(rows) == 0 {
		fmt.Fprintln(p.stdout, "the plans are the same")
		return nil
	}
	heads := []string{"WHAT", "OLD", "NEW"}
	took := slices.ContainsFunc(rows, func(r compared) bool { return r.Took != "" })
	if took {
		heads = []string{"WHAT", "OLD", "TOOK", "NEW"}
	}
	dash := func(s string) string {
		if s == "" {
			return "–"
		}
		return s
	}
	var lines [][]string
	for _, r := range rows {
		line := []string{r.What, dash(r.Old), dash(r.New)}
		if took {
			line = []string{r.What, dash(r.Old), dash(r.Took), dash(r.New)}
		}
		lines = append(lines, line)
	}
	return table(p.stdout, heads, lines)
}
