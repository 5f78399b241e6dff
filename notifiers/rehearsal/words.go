package rehearsal

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"upgradehub/events"
	"upgradehub/events/when"
)

// moment is how times are written: in the zone of the plan, which the head
// of the report names.
const moment = "2006-01-02 15:04"

// Lines is the report as text that a manager can read, without an end of
// line. Runs of edits and of words said on time
// are one line.
func (r Report) Lines() []string {
	lines := []string{fmt.Sprintf("Rehearsal of %s (%s)", r.Title, r.Upgrade), r.head()}
	for _, s := range r.Stories {
		lines = append(lines, "", fmt.Sprintf("%s: %s", strings.ToUpper(s.Story), s.Tells))
		for _, a := range s.Anomalies {
			lines = append(lines, "  not applied: "+a)
		}
		for _, t := range s.People {
			lines = append(lines, "")
			lines = append(lines, t.lines(when.Zone(r.Zone))...)
		}
	}
	return append(lines, "", r.Verdict())
}

func (r Report) head() string {
	zone := when.Zone(r.Zone)
	return fmt.Sprintf("Announced window %s to %s. All times are in %s.",
		r.Window.Start.In(zone).Format(moment), r.Window.End.In(zone).Format(moment), zone)
}

// Verdict says how it went.
func (r Report) Verdict() string {
	words := "Everybody stays within the noise budget."
	if !r.OK {
		words = strings.Join(r.Faults(), "\n")
	}
	return strings.TrimSuffix(words+"\n"+r.Shortened(), "\n")
}

// Shortened says how many messages lose something on their channel; empty if
// none does.
func (r Report) Shortened() string {
	n := 0
	for _, s := range r.Stories {
		for _, t := range s.People {
			for _, m := range t.Messages {
				n += min(len(m.Limits), 1)
			}
		}
	}
	if n == 0 {
		return ""
	}
	return some(n, "message does", "messages do") + " not fit the channel, see those marked with an exclamation mark."
}

// Faults names everybody who gets too much, with the count and the budget,
// and every message that would be refused.
func (r Report) Faults() []string {
	var faults []string
	for _, s := range r.Stories {
		for _, t := range s.People {
			for _, c := range t.Counts {
				if c.Over() {
					faults = append(faults, fmt.Sprintf("over budget: %s: %s gets %d %s as %s, the budget is %d", s.Story, t.Person, c.Count, c.What, c.Role, c.Budget))
				}
			}
			for _, m := range t.Messages {
				if m.Error != "" {
					faults = append(faults, fmt.Sprintf("refused: %s: %s to %s by %s: %s", s.Story, m.Moment, t.Person, m.Channel, m.Error))
				}
			}
		}
	}
	return faults
}

func (t Told) lines(zone *time.Location) []string {
	lines := []string{"  " + t.Person + ": " + t.Sum()}
	for _, c := range t.Counts {
		if c.Over() {
			lines = append(lines, "    OVER BUDGET: "+c.String()+" ("+c.Source+")")
		}
	}
	var b bytes.Buffer
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, row := range t.brief() {
		fmt.Fprintf(w, "    %s\t%s\t%s\t%s\n", row.Time(zone), row.Moment, row.How(), row.What(zone))
		for _, note := range row.Notes() {
			fmt.Fprintf(w, "    \t\t\t! %s\n", note)
		}
	}
	for _, d := range t.Dropped {
		fmt.Fprintf(w, "    %s\t%s\tdropped\t%s\n", d.At.In(zone).Format(moment), d.Moment, d.Why)
	}
	_ = w.Flush() // a buffer takes everything
	return append(lines, strings.Split(strings.TrimRight(b.String(), "\n"), "\n")...)
}

// String is "3 of 3 messages".
func (c Count) String() string {
	words := fmt.Sprintf("%d of %d %s", c.Count, c.Budget, c.What)
	if c.Budget > c.Base {
		words += fmt.Sprintf(" (%d on plan; %s)", c.Base, strings.Join(c.Further, ", "))
	}
	return words
}

// Sum is the counts, and what came silently.
func (t Told) Sum() string {
	var parts []string
	several := false
	for _, c := range t.Counts {
		several = several || c.Role != t.Counts[0].Role
	}
	for _, c := range t.Counts {
		words := c.String()
		if several {
			words = c.Role + " " + words
		}
		parts = append(parts, words)
	}
	silent, unlimited := map[Form]int{}, 0
	for _, m := range t.Messages {
		silent[m.Form]++
		if budgets[m.Role] == nil && m.counts(pushes) {
			unlimited++
		}
	}
	if unlimited > 0 {
		parts = append(parts, some(unlimited, "message", "messages")+" for whoever has to act (no budget)")
	}
	for _, s := range []struct {
		form      Form
		one, many string
	}{{Edit, "silent edit", "silent edits"}, {Thread, "reply in the thread", "replies in the thread"}, {Webhook, "call", "calls"}} {
		if n := silent[s.form]; n > 0 {
			parts = append(parts, some(n, s.one, s.many))
		}
	}
	return strings.Join(parts, ", ")
}

// Row is a message, or a run of silent ones of which the last is shown.
type Row struct {
	Message
	Since   time.Time // of a run, its first
	Edits   int
	Updates int
}

// Rows are the messages, with runs of edits taken together.
func (t Told) Rows() []Row { return t.rows(func(m Message) bool { return m.Form == Edit }) }

// brief takes the words said on time together with the edits around them.
func (t Told) brief() []Row {
	return t.rows(func(m Message) bool {
		return m.Form == Edit || m.Form == Thread && m.Moment == events.MomentUpdate
	})
}

func (t Told) rows(routine func(Message) bool) []Row {
	var rows []Row
	inRun := false
	for _, m := range t.Messages {
		quiet := routine(m) && len(m.Limits) == 0 && m.Error == ""
		if !quiet || !inRun {
			rows = append(rows, Row{Since: m.At})
		}
		row := &rows[len(rows)-1]
		row.Message, inRun = m, quiet
		if m.Form == Edit {
			row.Edits++
		} else {
			row.Updates++
		}
	}
	return rows
}

// Time is when, in the zone; of a run, when it began.
func (r Row) Time(zone *time.Location) string { return r.Since.In(zone).Format(moment) }

// run reports whether the row stands for several messages.
func (r Row) run() bool { return r.Edits+r.Updates > 1 }

// How is the form and the channel.
func (r Row) How() string {
	switch {
	case r.Form == Mail || r.Form == Webhook:
		return string(r.Form)
	case !r.run():
		return r.Channel + " " + string(r.Form)
	case r.Updates == 0:
		return r.Channel + " " + some(r.Edits, "edit", "edits")
	}
	return r.Channel + " " + some(r.Edits, "edit", "edits") + ", " + some(r.Updates, "reply", "replies")
}

func some(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// What is the headline; of a run, the last one and when it was.
func (r Row) What(zone *time.Location) string {
	if r.run() && r.At.After(r.Since) {
		return "until " + r.At.In(zone).Format(moment) + ": " + r.Headline
	}
	return r.Headline
}

// Notes are the limits and the error of a message.
func (r Row) Notes() []string {
	notes := append([]string{}, r.Limits...)
	if r.Error != "" {
		notes = append(notes, r.Error)
	}
	return notes
}

//go:embed report.html.tmpl
var files embed.FS

var page = template.Must(template.New("report.html.tmpl").ParseFS(files, "report.html.tmpl"))

// HTML writes the report as one page to keep: without script, and with
// nothing to load.
func (r Report) HTML(w io.Writer) error {
	var b bytes.Buffer
	if err := page.Execute(&b, view{r, when.Zone(r.Zone)}); err != nil {
		return fmt.Errorf("render rehearsal: %w", err)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// view is what the page shows.
type view struct {
	Report
	Location *time.Location
}

// Head says when, and in which zone.
func (v view) Head() string { return v.head() }

// At writes a moment in the plan's zone.
func (v view) At(t time.Time) string { return t.In(v.Location).Format(moment) }
