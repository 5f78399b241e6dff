package main

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"upgradehub/events/plan"
	"upgradehub/hub/insights"
	"upgradehub/hub/store"
)

// answers is what people said after an upgrade.
type answers struct {
	Upgrade string
	insights.Insights
	Mode    plan.Mode
	Waiting int
	Reports int
	Items   store.ItemCounts
	Answers []struct {
		Answer, Disruption, Communication, Text string
		Role, Channel, Mode, Who                string
		Rating, Minutes, Effort, Revisions      int
		Recorded                                time.Time
	}
}

func (p *program) feedbackCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "feedback UPGRADE",
		Short: "Show what people answered after an upgrade",
		Long: `Feedback shows the ratings (1 to 5), how much people were disrupted, and what
they wrote; how many of the invited answered and how many gave 4 or 5, each with its
95 % interval; the same by audience, by channel and by how early people were told,
across the upgrades of the system; the work that was lost beside what was measured;
and the upgrades of the system in a row: better and worse are said only where the
intervals are apart. Who answered is shown only if the survey was named. Anonymous
answers come five or more at a time until the survey closes, and the last five wait;
fewer than five in all are not kept.`,
		Example: "  hub feedback pg16\n  hub feedback pg16 --csv > answers.csv\n  hub feedback pg16 --json > answers.json",
		Args:    cobra.ExactArgs(1),
		RunE:    p.feedback,
	}
	cmd.Flags().Bool("csv", false, "print CSV")
	return withClient(cmd)
}

func (p *program) feedback(cmd *cobra.Command, args []string) error {
	asCSV, _ := cmd.Flags().GetBool("csv")
	if asCSV && wantsJSON(cmd) {
		return &usageError{errors.New("--csv and --json exclude each other")}
	}
	c, err := p.client(cmd)
	if err != nil {
		return err
	}
	raw, err := c.get(cmd.Context(), "/api/v1/upgrades/"+url.PathEscape(args[0])+"/feedback")
	if err != nil {
		return err
	}
	if wantsJSON(cmd) {
		return printJSON(p.stdout, raw)
	}
	said, err := decode[answers](raw)
	if err != nil {
		return err
	}
	if asCSV {
		return writeCSV(p.stdout, said)
	}
	return writeAnswers(p.stdout, said)
}

func writeAnswers(w io.Writer, said answers) error {
	noun := "answers"
	if said.Count == 1 {
		noun = "answer"
	}
	fmt.Fprintf(w, "%s: %d %s, %d invited", said.Upgrade, said.Count, noun, said.Invited)
	if said.Count > 0 {
		fmt.Fprintf(w, ", %.1f of 5", said.Average)
	}
	fmt.Fprintln(w)
	writeHidden(w, said)
	if said.Reports > 0 || said.Items.All > 0 {
		fmt.Fprintf(w, "said under way that something is broken: %d; to be looked at: %d; overdue: %d (hub items)\n",
			said.Reports, said.Items.Open, said.Items.Overdue)
	}
	if said.Count == 0 {
		return nil
	}
	fmt.Fprintf(w, "answered by invitation: %s; gave 4 or 5: %s; gave 1 or 2 or could not work: %d\n", said.Responded, said.Satisfied, said.Low)
	if err := writeParts(w, said.Insights); err != nil {
		return err
	}
	heads, named := []string{"RECORDED", "RATING", "DISRUPTION", "LOST", "TOLD", "EFFORT"}, said.Mode == plan.Named
	if named {
		heads = append(heads, "WHO")
	}
	var rows [][]string
	for _, a := range said.Answers {
		row := []string{a.Recorded.UTC().Format(time.RFC3339), strconv.Itoa(a.Rating), a.Disruption, digits(a.Minutes), a.Communication, digits(a.Effort)}
		if named {
			row = append(row, a.Who)
		}
		rows = append(rows, append(row, a.Text))
	}
	return table(w, append(heads, "TEXT"), rows)
}

// writeHidden says of anonymous answers how many there are that are not shown.
func writeHidden(w io.Writer, said answers) {
	switch {
	case said.Waiting > 0:
		fmt.Fprintf(w, "anonymous answers that wait to be shown among others: %d\n", said.Waiting)
	case said.Unshown > 0:
		fmt.Fprintf(w, "anonymous answers, too few to be shown: %d\n", said.Unshown)
	}
}

// digits is a number that was said, or nothing.
func digits(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
