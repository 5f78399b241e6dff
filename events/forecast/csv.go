package forecast

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// columns are those that a history in CSV must have, in any order; system may
// stand there too, and of others nothing is read. Times are RFC 3339, and empty where nothing was ever said.
var columns = []string{"id", "title", "plan_start", "plan_end", "started", "resolved"}

// Skip is a row that says nothing of how long its work took.
type Skip struct {
	Line   int    `json:"line"` // in the file, from 1
	ID     string `json:"id"`
	Reason string `json:"reason"`
}

// ReadCSV reads a history of outages and says which of its rows it could not
// use. Where it was never said that work had started, the planned start is
// taken: whoever forgets to say so seldom starts late. A file that is empty is
// a history without runs.
func ReadCSV(r io.Reader) (runs []Run, skipped []Skip, err error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, nil, fmt.Errorf("read history: %w", err)
	}
	in := newRecords(string(text))
	at, err := readHeader(in)
	if errors.Is(err, io.EOF) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	seen := map[string]bool{}
	for {
		record, line, err := in.read()
		if errors.Is(err, io.EOF) {
			return runs, skipped, nil
		}
		if err != nil {
			skipped = append(skipped, Skip{Line: line, Reason: err.Error()})
			continue
		}
		row := row{at: at, record: record}
		run, err := row.run()
		if key := run.ID + "\x00" + run.Start.UTC().String(); err == nil {
			if seen[key] {
				err = errors.New("stands in the file twice")
			}
			seen[key] = true
		}
		if err != nil {
			skipped = append(skipped, Skip{Line: line, ID: row.field("id"), Reason: err.Error()})
			continue
		}
		run.Line = line
		runs = append(runs, run)
	}
}

// readHeader finds the columns.
func readHeader(in *records) (map[string]int, error) {
	header, _, err := in.read()
	if err != nil {
		return nil, fmt.Errorf("read history: header: %w", err)
	}
	at := map[string]int{}
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(name))
		if _, twice := at[name]; twice && slices.Contains(columns, name) {
			return nil, fmt.Errorf("read history: header: column %q stands twice", name)
		}
		at[name] = i
	}
	missing := slices.DeleteFunc(slices.Clone(columns), func(name string) bool { _, ok := at[name]; return ok })
	if len(missing) > 0 {
		return nil, fmt.Errorf("read history: header: no column %s", strings.Join(missing, ", "))
	}
	return at, nil
}

// row is one line of a history.
type row struct {
	at     map[string]int
	record []string
}

func (r row) field(name string) string {
	if i, ok := r.at[name]; ok && i < len(r.record) {
		return strings.TrimSpace(r.record[i])
	}
	return ""
}

// time reads a column of times; the zero time is one that was never said.
func (r row) time(name string) (time.Time, error) {
	text := r.field(name)
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%s %q is not a time with date and offset", name, text)
	}
	return t, nil
}

// run is the run that a row tells of, or all that is wrong with it.
func (r row) run() (Run, error) {
	var times [4]time.Time
	var faults []string
	for i, name := range []string{"plan_start", "plan_end", "started", "resolved"} {
		t, err := r.time(name)
		switch {
		case err != nil:
			faults = append(faults, err.Error())
		case t.IsZero() && name == "resolved":
			faults = append(faults, "was never marked as resolved")
		case t.IsZero() && name != "started":
			faults = append(faults, "has no "+name)
		}
		times[i] = t
	}
	if len(faults) == 0 {
		faults = orderFaults(times[0], times[1], times[2], times[3])
	}
	if len(faults) > 0 {
		return Run{}, errors.New(strings.Join(faults, "; "))
	}
	run := newRun(r.field("id"), r.field("title"), times)
	run.System = r.field("system")
	return run, nil
}

func orderFaults(planStart, planEnd, started, resolved time.Time) []string {
	var faults []string
	if !planEnd.After(planStart) {
		faults = append(faults, "its planned end is not after its planned start")
	}
	switch {
	case started.IsZero() && !resolved.After(planStart):
		faults = append(faults, "was resolved before its planned start, and never marked as started")
	case !started.IsZero() && !resolved.After(started):
		faults = append(faults, "was resolved before it started")
	}
	return faults
}

// newRun takes planned start, planned end, start and end.
func newRun(id, title string, t [4]time.Time) Run {
	began, due := t[2], t[0]
	if began.IsZero() {
		began = t[0]
	}
	if began.Before(due) {
		due = began
	}
	return Run{ID: id, Title: title, Start: due, Known: t[3], Planned: t[1].Sub(t[0]), Actual: t[3].Sub(began)}
}
