package report

import (
	"maps"
	"math"
	"slices"
	"strconv"
)

// told is who was told when.
func (w words) told() section {
	s := section{Title: w.Say("told"), Heads: w.heads("what", "audience", "channel", "state", "count", "first", "last")}
	for _, t := range w.Told.Told {
		first, last := "–", "–"
		if !t.First.IsZero() {
			first, last = w.full(t.First), w.full(t.Last)
		}
		s.Rows = append(s.Rows, []string{
			w.term("moment", t.Moment), w.term("audience", t.Audience), w.term("channel", t.Channel), w.term("delivery", t.State), strconv.Itoa(t.Count), first, last,
		})
	}
	s = s.or(w.Say("told.none"))
	for _, v := range w.Told.Speed {
		s.Text = append(s.Text, w.Say("told.speed", "channel", w.term("channel", v.Channel),
			"half", w.millis(v.P50), "most", w.millis(v.P95), "count", v.Count, "slowest", w.millis(v.Max)))
	}
	if n := w.Told.ExtraSends; n > 0 {
		s.Text = append(s.Text, w.Say("told.again", "count", n))
	}
	if n := w.Told.Ambiguous; n > 0 {
		s.Text = append(s.Text, w.Say("told.twice", "count", n))
	}
	return s
}

// budgets are how many messages a person may get about an upgrade that goes to
// plan, by role.
var budgets = map[string]int{"users": 3, "teams": 4, "managers": 3, "stakeholders": 3}

func (w words) noise() section {
	s := section{Title: w.Say("noise"), Heads: w.heads("role", "channel", "recipients", "fewest", "median", "most", "budget")}
	for _, n := range w.Noise {
		budget := "–"
		if b, ok := budgets[n.Role]; ok {
			budget = strconv.Itoa(b)
		}
		s.Rows = append(s.Rows, []string{
			w.term("role", n.Role), w.term("channel", n.Channel), strconv.Itoa(n.Recipients),
			strconv.Itoa(n.Least), strconv.Itoa(n.Median), strconv.Itoa(n.Most), budget,
		})
	}
	return s.or(w.Say("noise.none"))
}

func (w words) feedback() section {
	f := w.Feedback
	s := section{Title: w.Say("feedback"), Text: []string{w.Say("feedback.counts", "invited", f.Invited, "answered", f.Count+f.Unshown, "late", f.Late)}}
	if f.Unshown > 0 {
		s.Text = append(s.Text, w.Say("feedback.few", "count", f.Unshown))
	}
	if f.Reports > 0 || f.Items.All > 0 {
		s.Text = append(s.Text, w.Say("feedback.items", "reports", f.Reports, "all", f.Items.All, "open", f.Items.Open, "overdue", f.Items.Overdue))
	}
	if f.Count == 0 {
		return s
	}
	s.Heads = w.heads("rating", "answers")
	for i, n := range slices.Backward(f.Ratings[:]) {
		s.Rows = append(s.Rows, []string{w.Say("rating", "rating", i+1), strconv.Itoa(n)})
	}
	s.Text = append(s.Text, w.Say("feedback.shares", "responded", f.Responded.In(w.Code), "satisfied", f.Satisfied.In(w.Code)))
	s.Text = append(s.Text, w.said("disruption", f.Disruption)...)
	s.Text = append(s.Text, w.hindered()...)
	s.Text = append(s.Text, w.said("communication", f.Communication)...)
	if f.Easy.Of > 0 {
		s.Text = append(s.Text, w.Say("easy", "share", f.Easy.In(w.Code)))
	}
	return s
}

// said is how many gave which answer to a question.
func (w words) said(question string, counts map[string]int) (lines []string) {
	for _, answer := range slices.Sorted(maps.Keys(counts)) {
		lines = append(lines, w.Say("said", "count", counts[answer], "answer", w.term(question, answer)))
	}
	return lines
}

// hindered puts the work that was lost beside what was measured.
func (w words) hindered() (lines []string) {
	f := w.Feedback
	if f.Lost.Said > 0 {
		median := w.Say("minutes", "n", int(math.RoundToEven(f.Lost.Median)))
		lines = append(lines, w.Say("lost", "sum", w.span(int64(f.Lost.Sum)*60), "median", median, "count", f.Lost.Said))
	}
	id := "measured"
	switch out, slow := f.Felt.Outage > 0, f.Felt.Degraded > 0; {
	case out && !slow:
		id = "measured.out"
	case slow && !out:
		id = "measured.slow"
	case !out:
		return append(lines, w.Say("measured.none"))
	}
	gaps := []any{"outage", w.span(f.Felt.Outage), "degraded", w.span(f.Felt.Degraded)}
	return append(lines, w.Say(id, gaps...))
}
