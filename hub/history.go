package main

import (
	"fmt"
	"math"
	"os"
	"time"

	"github.com/spf13/cobra"

	"upgradehub/events/forecast"
)

func (p *program) historyCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:     "history",
		Short:   "Keep past outages, and score forecasts on them",
		Long:    "History is what forecasts are made from: upgrades that were completed, and past\noutages that are brought as CSV.",
		Example: "  hub history import past.csv\n  hub history backtest past.csv later.csv",
	}, p.historyImportCommand(), p.historyListCommand(), p.historyBacktestCommand())
}

func (p *program) historyBacktestCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "backtest TRAIN.csv TEST.csv",
		Short: "Score the forecast on past outages",
		Long: `Backtest forecasts how long each outage of TEST takes, at its planned start and
from those of both files whose end was known before, and scores that against
what came, without a hub: as JSON, the share of outages that took what the 80 %
interval said, and the median absolute error of the forecast and of the plan, in
minutes.

The files need the columns id, title, plan_start, plan_end, started and
resolved, parted by commas or semicolons; times have an offset, and are empty
where nothing was said. Where an outage was never marked as started, its planned
start is taken. Rows that say nothing of a duration are named on standard error;
those of TEST are counted as skipped, and so are outages before which fewer than
8 had ended. It ends with 1 when nothing could be scored.`,
		Example: "  hub history backtest 2023.csv 2024.csv\n  hub history backtest all.csv all.csv",
		Args:    cobra.ExactArgs(2),
		RunE:    p.historyBacktest,
	}
	cmd.Flags().Bool("json", true, "print JSON; it never prints anything else")
	return cmd
}

// backtest is what history backtest prints. What could not be computed is
// null.
type backtest struct {
	Runs          int      `json:"n"`
	Skipped       int      `json:"skipped"`
	Coverage      *float64 `json:"coverage_80"`
	ForecastError *float64 `json:"median_abs_error_forecast_minutes"`
	PlanError     *float64 `json:"median_abs_error_plan_minutes"`
}

func (p *program) historyBacktest(_ *cobra.Command, files []string) error {
	train, _, err := p.readHistory(files[0])
	if err != nil {
		return err
	}
	test, skipped, err := p.readHistory(files[1])
	if err != nil {
		return err
	}
	score, unscored := forecast.Backtest(train, test)
	for _, r := range unscored {
		fmt.Fprintf(p.stderr, "%s: skipped: fewer than %d outages had ended before it\n", printable(files[1]+": "+r.ID), forecast.MinRuns)
	}
	result := backtest{Runs: score.Runs, Skipped: skipped + len(unscored)}
	if score.Runs == 0 {
		fmt.Fprintln(p.stderr, "hub: nothing could be scored")
		if err := printJSON(p.stdout, result); err != nil {
			return err
		}
		return errRefused
	}
	result.Coverage = rounded(score.Coverage, 1e4)
	result.ForecastError, result.PlanError = minutes(score.Error), minutes(score.PlanError)
	return printJSON(p.stdout, result)
}

// readHistory reads a file and names the rows that it could not use.
func (p *program) readHistory(path string) (runs []forecast.Run, skipped int, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, 0, fmt.Errorf("history: %w", err)
	}
	defer file.Close()
	runs, skips, err := forecast.ReadCSV(file)
	if err != nil {
		return nil, 0, fmt.Errorf("history %s: %w", path, err)
	}
	p.nameSkips(path, skips, len(runs))
	return runs, len(skips), nil
}

// nameSkips names the rows of a file that are of no use, and counts them.
func (p *program) nameSkips(path string, skips []forecast.Skip, used int) {
	for _, s := range skips {
		where := fmt.Sprintf("%s:%d", path, s.Line)
		if s.ID != "" {
			where += ": " + s.ID
		}
		fmt.Fprintln(p.stderr, printable(where+": skipped: "+s.Reason))
	}
	if len(skips) > 0 {
		fmt.Fprintf(p.stderr, "%s: %d of %d rows skipped\n", printable(path), len(skips), len(skips)+used)
	}
}

func minutes(d time.Duration) *float64 { return rounded(d.Minutes(), 10) }

func rounded(v, parts float64) *float64 {
	v = math.Round(v*parts) / parts
	return &v
}
