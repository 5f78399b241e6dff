package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

// told is who was told when.
func (w words) told() section {
	s := section{Title: "Who was told when", Heads: []string{"What", "Audience", "Channel", "State", "Count", "First", "Last"}}
	for _, t := range w.Told.Told {
		first, last := "–", "–"
		if !t.First.IsZero() {
			first, last = w.full(t.First), w.full(t.Last)
		}
		s.Rows = append(s.Rows, []string{t.Moment, t.Audience, t.Channel, t.State, strconv.Itoa(t.Count), first, last})
	}
	s = s.or("Nobody was told anything.")
	for _, v := range w.Told.Speed {
		s.Text = append(s.Text, fmt.Sprintf("By %s, from the event to acceptance by the provider: half within %s, 95 of 100 within %s, the slowest of %d in %s.",
			v.Channel, millis(v.P50), millis(v.P95), v.Count, millis(v.Max)))
	}
	if w.Told.ExtraSends > 0 {
		s.Text = append(s.Text, fmt.Sprintf("Sent again although it had been accepted: %d.", w.Told.ExtraSends))
	}
	if w.Told.Ambiguous > 0 {
		s.Text = append(s.Text, fmt.Sprintf("May have come more than once, because an answer of the provider was lost: %d.", w.Told.Ambiguous))
	}
	return s
}

func millis(ms int64) string {
	d := time.Duration(ms) * time.Millisecond
	if d < 10*time.Second {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	if d < time.Minute {
		return fmt.Sprintf("%.0f s", d.Seconds())
	}
	return span(int64(d.Seconds()))
}

// budgets are how many messages a person may get about an upgrade that goes to
// plan, by role.
var budgets = map[string]int{"users": 3, "teams": 4, "managers": 3, "stakeholders": 3}

func (w words) noise() section {
	s := section{
		Title: "Noise", Heads: []string{"Role", "Channel", "Recipients", "Fewest", "Median", "Most", "Budget on plan"},
	}
	for _, n := range w.Noise {
		budget := "–"
		if b, ok := budgets[n.Role]; ok {
			budget = strconv.Itoa(b)
		}
		s.Rows = append(s.Rows, []string{n.Role, n.Channel, strconv.Itoa(n.Recipients), strconv.Itoa(n.Least), strconv.Itoa(n.Median), strconv.Itoa(n.Most), budget})
	}
	return s.or("Nobody got a message.")
}

func (w words) feedback() section {
	f := w.Feedback
	s := section{Title: "Feedback", Text: []string{fmt.Sprintf("%d were invited, %d answered; %d came after the survey had closed.", f.Invited, f.Count+f.Unshown, f.Late)}}
	if f.Unshown > 0 {
		s.Text = append(s.Text, fmt.Sprintf("Anonymous answers, too few to be shown: %d.", f.Unshown))
	}
	if f.Reports > 0 || f.Items.All > 0 {
		s.Text = append(s.Text, fmt.Sprintf("%d said under way that something was broken for them. Low answers and reports: %d; nobody has looked at %d; overdue: %d.",
			f.Reports, f.Items.All, f.Items.Open, f.Items.Overdue))
	}
	if f.Count == 0 {
		return s
	}
	s.Heads = []string{"Rating", "Answers"}
	for i, n := range slices.Backward(f.Ratings[:]) {
		s.Rows = append(s.Rows, []string{fmt.Sprintf("%d of 5", i+1), strconv.Itoa(n)})
	}
	s.Text = append(s.Text, fmt.Sprintf("Answered by invitation: %s. Gave 4 or 5: %s.", f.Responded, f.Satisfied))
	return s.counted(f.Disruption, map[string]string{"none": "not disturbed", "little": "disturbed a little", "lot": "disturbed a lot", "blocked": "could not work"}).
		hindered(f).
		counted(f.Communication, map[string]string{"right": "informed as they should be", "late": "told too late", "little": "told too little", "much": "told too much"}).
		eased(f)
}

// hindered puts the work that was lost beside what was measured.
func (s section) hindered(f Feedback) section {
	if f.Lost.Said > 0 {
		s.Text = append(s.Text, fmt.Sprintf("Work lost: %s together, %.0f min at the median of the %d who said so.", span(int64(f.Lost.Sum)*60), f.Lost.Median, f.Lost.Said))
	}
	s.Text = append(s.Text, fmt.Sprintf("Measured: %s of outage, %s of degraded service.", none(f.Felt.Outage), none(f.Felt.Degraded)))
	return s
}

// none is a span, or that there was none.
func none(seconds int64) string {
	if seconds == 0 {
		return "nothing"
	}
	return span(seconds)
}

// eased adds how easy it was to go on.
func (s section) eased(f Feedback) section {
	if f.Easy.Of > 0 {
		s.Text = append(s.Text, fmt.Sprintf("Easy to go on working (5 to 7 of 7): %s.", f.Easy))
	}
	return s
}

// counted adds how many said what.
func (s section) counted(counts map[string]int, words map[string]string) section {
	for _, key := range slices.Sorted(maps.Keys(counts)) {
		s.Text = append(s.Text, fmt.Sprintf("%d said: %s.", counts[key], cmp.Or(words[key], key)))
	}
	return s
}
