package main

import (
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"

	"upgradehub/events/plan"
	"upgradehub/hub/api"
	"upgradehub/hub/store"
)

func (p *program) historyImportCommand() *cobra.Command {
	return withClient(&cobra.Command{
		Use:   "import CSV",
		Short: "Bring past outages into a hub",
		Long: `Import brings past outages into the history of a hub, from which it forecasts.
The file needs the columns id, title, plan_start, plan_end, started and resolved,
and may have system; times have an offset, and are empty where nothing was said.
Rows that say nothing of a duration are named on standard error and counted. To
bring the same file again changes nothing; a row of the same id and start
replaces the earlier one. It ends with 1 when no row was of use. Titles must not
name people.`,
		Example: "  hub history import past.csv",
		Args:    cobra.ExactArgs(1),
		RunE:    p.historyImport,
	})
}

func (p *program) historyImport(cmd *cobra.Command, args []string) error {
	c, err := p.client(cmd)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(args[0])
	if err != nil {
		return fmt.Errorf("history: %w", err)
	}
	raw, err := c.send(cmd.Context(), http.MethodPost, "/api/v1/history", nil, text)
	if err != nil {
		return err
	}
	got, err := decode[api.Imported](raw)
	if err != nil {
		return err
	}
	p.nameSkips(args[0], got.Skipped, got.Imported)
	if wantsJSON(cmd) {
		err = printJSON(p.stdout, got)
	} else {
		fmt.Fprintf(p.stdout, "%d imported\n", got.Imported)
	}
	if err == nil && got.Imported == 0 && len(got.Skipped) > 0 {
		return errRefused
	}
	return err
}

func (p *program) historyListCommand() *cobra.Command {
	return withClient(&cobra.Command{
		Use:     "list",
		Short:   "List the past work that forecasts are made from",
		Long:    "List shows the history of a hub, newest first: upgrades, then ways back.",
		Example: "  hub history list",
		Args:    cobra.NoArgs,
		RunE:    p.historyList,
	})
}

func (p *program) historyList(cmd *cobra.Command, _ []string) error {
	c, err := p.client(cmd)
	if err != nil {
		return err
	}
	raw, err := c.get(cmd.Context(), "/api/v1/history")
	if err != nil {
		return err
	}
	if wantsJSON(cmd) {
		return printJSON(p.stdout, raw)
	}
	got, err := decode[struct{ History []store.PastRow }](raw)
	if err != nil {
		return err
	}
	var rows [][]string
	for _, r := range got.History {
		rows = append(rows, []string{r.Start.UTC().Format(time.DateOnly), r.Sort, r.ID, r.System, length(r.Planned), length(r.Actual), r.Origin, r.Title})
	}
	return table(p.stdout, []string{"START", "SORT", "ID", "SYSTEM", "PLANNED", "TOOK", "FROM", "TITLE"}, rows)
}

func length(seconds int64) string {
	return plan.Duration(time.Duration(seconds) * time.Second).String()
}
