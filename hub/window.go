package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"upgradehub/events/plan"
	"upgradehub/events/usage"
	"upgradehub/hub/windows"
)

const windowInput = `USAGE is a CSV table of time and value, the answer of Prometheus to query_range,
an access log in combined format, or - for standard input; times without
offset are in --zone. Samples are counts of a step in tables (--values levels
takes the mean of an hour instead) and levels in answers of Prometheus
(--values counts takes them as increase() of the step before). --distinct counts
the addresses in an access log, once per hour, instead of its lines.

--blackout is an iCalendar file of days and times in which nothing may run, once
or repeating. They are never offered; they and the eves of whole days are not
learnt from, unless they are of every week. What is skipped is named on standard
error.`

func (p *program) windowCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:   "window",
		Short: "Find the hours in which the fewest people are disturbed",
		Long: `Window finds slots for an upgrade from past usage: from files, without a hub and
without looking at today, or for an upgrade that a hub knows.`,
		Example: "  hub window find --need 3h --zone Europe/Berlin usage.csv\n  hub window for pg16 --html > windows.html",
	}, p.windowFindCommand(), p.windowForCommand(), p.windowPublishCommand(), p.windowBacktestCommand())
}

func (p *program) windowFindCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "find --need 3h --zone ZONE [--blackout FILE.ics] USAGE …",
		Short: "Find the best slots of the coming week",
		Long: `Find names up to five slots of the length of --need for the week after the last
usage, best first, at least six hours apart, with the people each would hit, why, and
what Sunday 02:00 would cost. They begin on the half hour, or on the hour if the
usage has no half hours. An hour is expected to be like the median of the last
eight same hours of the week, at the level of the last two weeks.

` + windowInput,
		Example: `  hub window find --need 3h --zone America/New_York --blackout holidays.ics usage.csv
  hub window find --need 90m --zone UTC --from 2026-03-02 --weeks 2 --distinct access.log access.log.1`,
		Args: cobra.MinimumNArgs(1),
		RunE: p.windowFind,
	}
	cmd.Flags().String("from", "", "`date` or time to look from; default: the end of the usage")
	cmd.Flags().Int("weeks", 1, "how many weeks to look at, from 1 to 8")
	return withUsage(cmd)
}

func (p *program) windowBacktestCommand() *cobra.Command {
	return withUsage(&cobra.Command{
		Use:   "backtest --need 3h --zone ZONE [--blackout FILE.ics] USAGE …",
		Short: "Score the choice on weeks that have passed",
		Long: `Backtest chooses a slot for every whole ISO week after the first eight, from what
was known before it, and compares: ratio is the people in the chosen slot against
those in the slot that turned out best, error is how far the prediction was from
the people in the chosen slot. Weeks with missing usage are skipped and named.

` + windowInput,
		Example: "  hub window backtest --need 3h --zone America/New_York --blackout holidays.ics usage.csv --json",
		Args:    cobra.MinimumNArgs(1),
		RunE:    p.windowBacktest,
	})
}

func withUsage(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().String("need", "", "`length` of the slot, such as 3h or 90m: the work, going back, and a buffer (required)")
	cmd.Flags().String("zone", "", "IANA `zone` whose clocks people live by (required)")
	cmd.Flags().StringArray("blackout", nil, "iCalendar `file` of what must be kept free; may be repeated")
	cmd.Flags().Bool("json", false, "print JSON")
	usageFlags(cmd)
	return cmd
}

func usageFlags(cmd *cobra.Command) {
	cmd.Flags().String("values", "", "what samples are: `counts` or levels")
	cmd.Flags().Bool("distinct", false, "count addresses in access logs, not lines")
}

// readUsageFlags are how usage is read, but for the zone.
func readUsageFlags(cmd *cobra.Command) (cfg usage.Config, err error) {
	values, _ := cmd.Flags().GetString("values")
	cfg.Values = usage.Values(values)
	cfg.Distinct, _ = cmd.Flags().GetBool("distinct")
	if !cfg.Values.Known() {
		err = fmt.Errorf("--values %q is none of counts, levels", values)
	}
	return cfg, err
}

// windowFlags are the flags of both commands, checked.
type windowFlags struct {
	need      time.Duration
	reader    usage.Config
	blackouts []string
}

func readWindowFlags(cmd *cobra.Command) (windowFlags, error) {
	text := func(name string) string { s, _ := cmd.Flags().GetString(name); return s }
	var f windowFlags
	need, needErr := parseNeed(text("need"))
	zone, zoneErr := parseZone(text("zone"))
	reader, valuesErr := readUsageFlags(cmd)
	f.need, f.reader = need, reader
	f.reader.Zone = zone
	f.blackouts, _ = cmd.Flags().GetStringArray("blackout")
	if err := errors.Join(needErr, zoneErr, valuesErr); err != nil {
		return f, &usageError{err}
	}
	return f, nil
}

func parseNeed(s string) (time.Duration, error) {
	if s == "" {
		return 0, errors.New("--need is required: the length of the slot, such as 3h")
	}
	d, err := plan.ParseDuration(s)
	if err != nil {
		return 0, fmt.Errorf("--need: %w", err)
	}
	if d.Std() < time.Minute || d.Std() > 7*24*time.Hour {
		return 0, fmt.Errorf("--need %s is not from 1m to 7d", s)
	}
	return d.Std(), nil
}

func parseZone(s string) (*time.Location, error) {
	if s == "" {
		return nil, errors.New("--zone is required: the zone of those who are disturbed, such as Europe/Berlin")
	}
	zone, err := time.LoadLocation(s)
	if err != nil || s == "Local" {
		return nil, fmt.Errorf("--zone %q is no IANA zone such as Europe/Berlin", s)
	}
	return zone, nil
}

// history reads what the command is given for a question, and names what it
// skips.
func (p *program) history(f windowFlags, q usage.Query, files []string) (*usage.History, error) {
	series, err := p.readUsage(f.reader, files)
	if err != nil {
		return nil, err
	}
	blackouts, err := p.readBlackouts(f, q, series)
	if err != nil {
		return nil, err
	}
	return usage.New(series, blackouts), nil
}

func (p *program) readUsage(cfg usage.Config, files []string) (usage.Series, error) {
	reader := usage.NewReader(cfg)
	for _, file := range files {
		err := p.open(file, func(in io.Reader) error { return reader.Add(file, in) })
		if err != nil {
			return usage.Series{}, err
		}
	}
	p.nameSkipped(reader.Skipped())
	return reader.Series()
}

func (p *program) readBlackouts(f windowFlags, q usage.Query, series usage.Series) (blackouts []usage.Blackout, err error) {
	from, until := q.Span(series)
	for _, file := range f.blackouts {
		err := p.open(file, func(in io.Reader) error {
			read, err := usage.ReadBlackouts(in, f.reader.Zone)
			if err != nil {
				return err
			}
			found, err := read.Between(from, until)
			blackouts = append(blackouts, found...)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("blackout %s: %w", file, err)
		}
	}
	return blackouts, nil
}

// open lets read a file, or standard input for -.
func (p *program) open(path string, read func(io.Reader) error) error {
	if path == "-" {
		return read(p.stdin)
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	return read(file)
}

// nameSkipped names the first of many, because the rest has the same cause.
func (p *program) nameSkipped(all []usage.Skipped) {
	const most = 20
	for i, s := range all {
		if i == most {
			fmt.Fprintf(p.stderr, "hub: and %d more\n", len(all)-most)
			return
		}
		fmt.Fprintf(p.stderr, "hub: skipped %s\n", printable(s.String()))
	}
}

func (p *program) windowFind(cmd *cobra.Command, files []string) error {
	flags, err := readWindowFlags(cmd)
	if err != nil {
		return err
	}
	query, err := readQuery(cmd, flags)
	if err != nil {
		return &usageError{err}
	}
	history, err := p.history(flags, query, files)
	if err != nil {
		return err
	}
	answer, err := history.Find(query)
	if err != nil {
		return err
	}
	if !wantsJSON(cmd) {
		return p.printWindows(answer, flags.need, flags.reader.Zone)
	}
	return printJSON(p.stdout, windows.New(flags.need, flags.reader.Zone, answer))
}

func readQuery(cmd *cobra.Command, f windowFlags) (usage.Query, error) {
	q := usage.Query{Need: f.need}
	q.Weeks, _ = cmd.Flags().GetInt("weeks")
	if q.Weeks < 1 || q.Weeks > 8 {
		return q, fmt.Errorf("--weeks %d is not from 1 to 8", q.Weeks)
	}
	from, _ := cmd.Flags().GetString("from")
	if from == "" {
		return q, nil
	}
	var err error
	q.From, err = usage.ParseTime(from, f.reader.Zone)
	if err != nil {
		return q, fmt.Errorf("--from: %w", err)
	}
	return q, nil
}

func (p *program) printWindows(a usage.Answer, need time.Duration, zone *time.Location) error {
	if a.From.Sub(a.DataUntil) > 7*24*time.Hour {
		fmt.Fprintf(p.stderr, "hub: the usage ends with %s: what came since is not known\n", a.DataUntil.Format(windowDay))
	}
	fmt.Fprintf(p.stdout, "Slots of %s from %s (%s), at %.2f of the usual level:\n\n",
		plan.Duration(need), a.From.In(zone).Format(windowDay), zone, a.Trend)
	for i, s := range a.Slots {
		fmt.Fprintf(p.stdout, "%d  %s: %s %s (%s to %s)\n   %s\n", i+1, windows.Span(s.Start, s.End, zone),
			usage.Count(s.Expected), a.Unit, usage.Count(s.Low), usage.Count(s.High), printable(strings.Join(s.Reasons, "; ")))
	}
	if a.Favourite != nil {
		fmt.Fprintf(p.stdout, "\n%s\n", a.Favourite.Sentence())
	}
	for _, b := range a.LeftOut {
		fmt.Fprintf(p.stdout, "Left out: %s, %s\n", printable(b.Name), windows.Span(b.Start, b.End, zone))
	}
	return nil
}

const windowDay = "Mon 2 Jan 2006 15:04"

func (p *program) windowBacktest(cmd *cobra.Command, files []string) error {
	flags, err := readWindowFlags(cmd)
	if err != nil {
		return err
	}
	history, err := p.history(flags, usage.Query{}, files)
	if err != nil {
		return err
	}
	trial, err := history.Backtest(flags.need)
	p.nameSkipped(trial.Skipped)
	if err != nil {
		return err
	}
	if wantsJSON(cmd) {
		return printJSON(p.stdout, trial.Score)
	}
	return p.printTrial(trial)
}

func (p *program) printTrial(t usage.Trial) error {
	rows := make([][]string, len(t.Weeks))
	for i, w := range t.Weeks {
		rows[i] = []string{
			w.Name, w.Chosen.Format(windowSlot), w.Best.Format(windowSlot), usage.Count(w.Predicted.Expected),
			usage.Count(w.Hit), usage.Count(w.LeastHit), decimal(w.Ratio), percent(w.PredictErr),
		}
	}
	if err := table(p.stdout, []string{"WEEK", "CHOSEN", "BEST", "PREDICTED", "HIT", "LEAST", "RATIO", "ERROR"}, rows); err != nil {
		return err
	}
	s := t.Score
	fmt.Fprintf(p.stdout, "\n%d weeks: %s times the least at the median, %s in the worst week; predictions off by %s at the median\n",
		s.Weeks, decimal(s.MedianRatio), decimal(s.WorstRatio), percent(s.MedianPredictionError))
	return nil
}

const windowSlot = "Mon 15:04"

func decimal(v float64) string { return strconv.FormatFloat(v, 'f', 3, 64) }

func percent(v float64) string { return strconv.FormatFloat(100*v, 'f', 1, 64) + " %" }
