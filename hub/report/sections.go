package report

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
	"upgradehub/events/when"
	"upgradehub/hub/store"
)

// section is a part of the report as people read it: a title, sentences, and
// a table if it has heads.
type section struct {
	Title string
	Text  []string
	Heads []string
	Rows  [][]string
}

// pages are the report as people read it: the first page, then the details.
type pages struct {
	Title, Lead    string
	First, Details []section
}

func (r Report) pages() pages {
	w := words{r, when.Zone(r.Zone)}
	first, rest := w.split()
	if lead := w.lead(); lead != clipped(lead, mostReason) {
		rest = append([]section{{Title: "Result", Text: []string{lead}}}, rest...)
	}
	details := []section{w.window(), w.promises(), w.told(), w.noise(), w.gates(), w.failovers(), w.risks(), w.feedback(), w.lessons()}
	return pages{
		Title: "Report: " + clipped(r.Title, mostSentence), Lead: clipped(w.lead(), mostReason), First: first, Details: append(rest, details...),
	}
}

// words say a report.
type words struct {
	Report
	zone *time.Location
}

var outcomes = map[upgrade.State]string{
	upgrade.Completed: "was completed", upgrade.RolledBack: "was rolled back", upgrade.Failed: "failed", upgrade.Canceled: "was canceled",
}

// lead is the result in a sentence.
func (w words) lead() string {
	out := outcomes[w.State]
	if out == "" {
		return fmt.Sprintf("The upgrade of %s has not ended: it is %s. This report is as of now.", w.System, strings.ReplaceAll(string(w.State), "_", " "))
	}
	if w.Result != "" && w.Result != "successful" {
		out += " with issues"
	}
	s := fmt.Sprintf("The upgrade of %s %s", w.System, out)
	if w.Drill {
		s = fmt.Sprintf("The drill on %s %s", w.System, out)
	}
	if w.Finished != nil {
		s += " on " + w.full(*w.Finished)
	}
	if why := cmp.Or(w.Reason, w.note()); why != "" {
		s += ": " + strings.TrimRight(why, ".")
	}
	return s + "."
}

// note is what was said of the completion that holds.
func (w words) note() string {
	if w.State != upgrade.Completed {
		return ""
	}
	return w.Note
}

// glance is the whole in a few lines.
func (w words) glance() section {
	s := section{Title: "At a glance", Heads: []string{"", ""}}
	add := func(name, value string) { s.Rows = append(s.Rows, []string{name, value}) }
	met := 0
	for _, o := range w.Objectives {
		if o.Verdict == Met {
			met++
		}
	}
	if len(w.Objectives) > 0 {
		add("Objectives", fmt.Sprintf("%d of %d met", met, len(w.Objectives)))
	}
	add("Length", w.took(w.Lengths[0]))
	if n := len(w.Moves); n > 0 {
		add("Announced window", fmt.Sprintf("moved %s", times(n)))
	}
	add("Promised updates", fmt.Sprintf("%d kept, %d kept by the hub alone, %d broken", w.Promises.Kept, w.Promises.ByMachine, w.Promises.Broken))
	add("Messages", w.delivered())
	add("Feedback", w.answered())
	return s
}

// Glance is the whole in a few lines.
func (r Report) Glance() []string {
	var lines []string
	for _, row := range (words{r, when.Zone(r.Zone)}).glance().Rows {
		lines = append(lines, row[0]+": "+row[1])
	}
	return lines
}

func (w words) took(l Length) string {
	switch {
	case l.Actual == 0 && l.Outcome == "" && w.Started == nil:
		return "never started; announced for " + span(l.Planned)
	case l.Actual == 0:
		return "not known; planned " + span(l.Planned)
	case w.State != upgrade.Completed:
		return span(l.Actual) + " until it ended; announced for " + span(l.Planned)
	case l.Actual > l.Planned:
		return fmt.Sprintf("%s, %s longer than %s", span(l.Actual), span(l.Actual-l.Planned), w.announced())
	}
	return fmt.Sprintf("%s, within the %s %s", span(l.Actual), w.announced(), span(l.Planned))
}

// announced is what lengths are compared with: the first window, however often
// it moved.
func (w words) announced() string {
	if len(w.Moves) > 0 {
		return "first announced"
	}
	return "announced"
}

// delivered counts messages. What waits is not lost: a report that is mailed
// counts itself.
func (w words) delivered() string {
	counts := map[string]int{}
	for _, t := range w.Told.Told {
		counts[t.State] += t.Count
	}
	s := fmt.Sprintf("%d delivered, none lost", counts[store.Accepted])
	if n := counts[store.Failed]; n > 0 {
		s = fmt.Sprintf("%d delivered, %d not delivered", counts[store.Accepted], n)
	}
	if n := counts[store.Pending]; n > 0 {
		s += fmt.Sprintf(", %d on the way", n)
	}
	return s
}

func (w words) answered() string {
	f := w.Feedback
	switch {
	case f.Count+f.Unshown == 0:
		return fmt.Sprintf("no answers, %d invited", f.Invited)
	case f.Count == 0:
		return fmt.Sprintf("%d anonymous answers, too few to be shown; %d invited", f.Unshown, f.Invited)
	}
	return fmt.Sprintf("%d answers, %d invited; %d of %d gave 4 or 5", f.Count, f.Invited, f.Ratings[3]+f.Ratings[4], f.Count)
}

func (w words) objectives() section {
	s := section{Title: "Objectives", Heads: []string{"Objective", "Target", "Measured", "Verdict"}}
	for _, o := range w.Objectives {
		s.Rows = append(s.Rows, []string{o.Text, strings.TrimSpace(o.Measure + " " + o.Target), cmp.Or(o.Value, "–"), o.Verdict})
	}
	if len(s.Rows) == 0 {
		return section{Title: s.Title, Text: []string{"The plan names none."}}
	}
	return s
}

// lengths are the plan beside what came and what was forecast.
func (w words) lengths() section {
	s := section{Title: "Plan, actual, forecast", Heads: []string{"", "Planned", "Took", "Difference", "Forecast at its start (8 of 10 cases)", "Outcome"}}
	for _, l := range w.Lengths {
		diff, forecast := "–", "–"
		if l.Actual > 0 && l.Planned > 0 {
			diff = fmt.Sprintf("%+d %%", (l.Actual-l.Planned)*100/l.Planned)
		}
		if l.Expected != 0 {
			forecast = fmt.Sprintf("%s (%s to %s)", span(l.Expected), span(l.Low), span(l.High))
			if l.Actual > 0 {
				forecast += map[bool]string{true: ", held", false: ", did not hold"}[l.Low <= l.Actual && l.Actual <= l.High]
			}
		}
		s.Rows = append(s.Rows, []string{l.Title, span(l.Planned), dash(l.Actual), diff, forecast, cmp.Or(l.Outcome, plain(string(w.State)))})
	}
	return s
}

func (w words) window() section {
	s := section{Title: "Announced window", Heads: []string{"When", "From", "To", "Reason"}}
	for _, m := range w.Moves {
		s.Rows = append(s.Rows, []string{w.full(m.At), w.span(m.From), w.span(m.To), cmp.Or(m.Reason, "–")})
	}
	if len(s.Rows) == 0 {
		s = section{Title: s.Title, Text: []string{fmt.Sprintf("Announced on %s for %s, and never moved.", w.full(w.Announced), w.span(w.Window))}}
	}
	return s
}

func (w words) promises() section {
	s := section{Title: "Promises and slips", Text: []string{fmt.Sprintf("%d promised updates were kept, %d by the hub alone, and %d were broken.", w.Promises.Kept+w.Promises.ByMachine, w.Promises.ByMachine, w.Promises.Broken)}}
	for _, due := range w.Promises.Missed {
		s.Text = append(s.Text, "An update promised by "+w.full(due)+" did not come in time.")
	}
	for _, slip := range w.Slips {
		s.Text = append(s.Text, fmt.Sprintf("%s: %s since %s.", slip.Of, slip.What, w.full(slip.Due)))
	}
	return s
}

// gates are all decisions, and the gates without one.
func (w words) gates() section {
	s := section{Title: "Gates and decisions", Heads: []string{"Gate", "Decision", "By", "When", "Evidence", "Reason"}}
	for _, g := range w.Gates {
		if len(g.Decisions) == 0 {
			s.Rows = append(s.Rows, []string{g.Title, "none", "–", "–", fmt.Sprintf("%d given", g.Evidence), "–"})
		}
		for _, d := range g.Decisions {
			decided := w.full(d.Decided)
			if !g.Deadline.IsZero() && d.Decided.After(g.Deadline) {
				decided += ", after the deadline"
			}
			evidence := fmt.Sprintf("%d of %d held", d.Held, d.Rules)
			if d.Rules == 0 {
				evidence = "none was asked for"
			}
			s.Rows = append(s.Rows, []string{g.Title, plain(d.Decision), cmp.Or(d.By, "–"), decided, evidence, cmp.Or(d.Reason, "–")})
		}
	}
	return s.or("The plan has no gates.")
}

func (w words) failovers() section {
	s := section{Title: "Failovers and rollback", Heads: []string{"What", "Component", "Started", "Finished", "Outcome", "Data lost"}}
	for _, f := range w.Failovers {
		what := "failover"
		if f.Back {
			what = "failback"
		}
		s.Rows = append(s.Rows, []string{what, f.Component, w.moment(f.Started), w.moment(f.Finished), cmp.Or(f.Outcome, "–"), yesNo(f.DataLoss)})
	}
	if b := w.Rollback; b != nil {
		lost := yesNo(nil)
		if b.DataSafe != nil {
			lost = yesNo(new(!*b.DataSafe))
		}
		s.Rows = append(s.Rows, []string{"rollback", "all", w.full(b.Started), w.moment(b.Finished), plain(string(w.State)), lost})
	}
	return s.or("There was neither.")
}

func (w words) risks() section {
	s := section{Title: "Risks that came true", Heads: []string{"Risk", "From", "Until", "Mitigation", "Note"}}
	for _, k := range w.Risks {
		s.Rows = append(s.Rows, []string{k.Text, w.full(k.Triggered), w.moment(k.Retired), cmp.Or(k.Mitigation, "–"), cmp.Or(k.Note, "–")})
	}
	return s.or("None of the plan's did.")
}

func (w words) lessons() section {
	s := section{Title: "Lessons", Heads: []string{"Lesson", "Evidence", "Status", "By", "Reason", "Owner"}}
	for _, l := range w.Lessons {
		s.Rows = append(s.Rows, []string{l.Text, cmp.Or(l.Evidence, "–"), l.Status, cmp.Or(l.By, "–"), cmp.Or(l.Reason, "–"), cmp.Or(l.Owner, "–")})
	}
	return s.or("None was recorded.")
}

// or says a sentence in place of an empty table.
func (s section) or(nothing string) section {
	if len(s.Rows) == 0 {
		return section{Title: s.Title, Text: []string{nothing}}
	}
	return s
}

func (w words) full(t time.Time) string { return when.Full(t, w.zone) }

func (w words) moment(t *time.Time) string {
	if t == nil {
		return "–"
	}
	return w.full(*t)
}

func (w words) span(win plan.Window) string {
	return when.In("en").Range(win.Start, win.End, w.zone)
}

func span(seconds int64) string { return when.In("en").Duration(time.Duration(seconds) * time.Second) }

func dash(seconds int64) string {
	if seconds == 0 {
		return "–"
	}
	return span(seconds)
}

func plain(s string) string { return strings.ReplaceAll(s, "_", " ") }

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

func yesNo(b *bool) string {
	if b == nil {
		return "not said"
	}
	return map[bool]string{true: "yes", false: "no"}[*b]
}
