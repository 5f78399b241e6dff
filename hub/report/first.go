package report

import (
	"cmp"
	"slices"

	"upgradehub/events/lang"
)

// How much the first page holds, so that it is one: rows of a table, and
// letters of a text. What does not fit stands in the details.
const (
	mostObjectives = 5
	mostPhases     = 6
	mostLearnt     = 6
	mostLetters    = 45 // in a cell
	mostSentence   = 96
	mostReason     = 200
)

// split is the first page, and what of it is too long to stand there whole.
func (w words) split() (first, rest []section) {
	first = []section{w.glance()}
	for _, part := range []struct {
		whole       section
		title       string
		most, texts int
		weight      func(row int) int64
	}{
		{w.objectives(), w.Say("objectives.all"), mostObjectives, 2, w.concern},
		{w.lengths(), w.Say("lengths.all"), mostPhases + 1, 1, w.surprise},
	} {
		short, cut := w.brief(part.whole, part.most, part.texts, part.weight)
		first = append(first, short)
		if cut {
			part.whole.Title = part.title
			rest = append(rest, part.whole)
		}
	}
	return append(first, w.risksAndLessons()), rest
}

// brief is a section with its weightiest rows, in their order, and no long
// text in the cells that people wrote, which are the first.
func (w words) brief(s section, most, texts int, weight func(row int) int64) (short section, cut bool) {
	order := make([]int, len(s.Rows))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(weight(b), weight(a)) })
	kept := slices.Sorted(slices.Values(order[:min(most, len(order))]))
	short = section{Title: s.Title, Heads: s.Heads, Text: slices.Clone(s.Text)}
	for _, i := range kept {
		row := slices.Clone(s.Rows[i])
		for k, cell := range row[:texts] {
			row[k] = lang.Clip(cell, mostLetters)
			cut = cut || row[k] != cell
		}
		short.Rows = append(short.Rows, row)
	}
	if more := len(s.Rows) - len(kept); more > 0 {
		short.Text, cut = append(short.Text, w.Say("more", "n", more)), true
	}
	return short, cut
}

// concern puts what was missed before what nobody measured, and what was met
// last.
func (w words) concern(objective int) int64 {
	return map[string]int64{Missed: 2, NotMeasured: 1}[w.Objectives[objective].Verdict]
}

// surprise is how far a phase was from its plan. The upgrade itself comes
// first.
func (w words) surprise(row int) int64 {
	l := w.Lengths[row]
	switch {
	case row == 0:
		return 1 << 62
	case l.Actual == 0:
		return 0
	}
	return max(l.Actual-l.Planned, l.Planned-l.Actual)
}

// risksAndLessons are what the first page says of both, and of what was held
// back: some of each.
func (w words) risksAndLessons() section {
	var held, risks, lessons []string
	for _, g := range w.Gates {
		for _, d := range g.Decisions {
			if d.Decision == "no_go" {
				held = append(held, w.refused(g, d))
			}
		}
	}
	for _, k := range w.Risks {
		if words := w.Say("first.risk", "risk", k.Text); !slices.Contains(risks, words) { // it may have done so again
			risks = append(risks, words)
		}
	}
	for _, l := range w.Lessons {
		text, _ := l.In(w.Code)
		lessons = append(lessons, w.Say("first.lesson", "status", w.term("status", l.Status), "lesson", text))
	}
	s := section{Title: w.Say("first"), Text: inTurns(mostLearnt, held, risks, lessons)}
	for i, text := range s.Text {
		s.Text[i] = lang.Clip(text, mostSentence)
	}
	if len(s.Text) == 0 {
		s.Text = []string{w.Say("first.none")}
	}
	if more := len(held) + len(risks) + len(lessons) - mostLearnt; more > 0 {
		s.Text = append(s.Text, w.Say("more", "n", more))
	}
	return s
}

// refused is a no-go in a line.
func (w words) refused(g Gate, d Decision) string {
	if d.Reason == "" {
		return w.Say("first.no_go.bare", "gate", g.Title, "at", w.full(d.Decided))
	}
	return w.Say("first.no_go", "gate", g.Title, "at", w.full(d.Decided), "reason", d.Reason)
}

// inTurns takes the first of each list, then the second, until there are
// enough, and leaves the lists in their order.
func inTurns(most int, lists ...[]string) (taken []string) {
	counts := make([]int, len(lists))
	for n, more := 0, true; more && n < most; {
		more = false
		for i, list := range lists {
			if counts[i] < len(list) && n < most {
				counts[i]++
				n, more = n+1, true
			}
		}
	}
	for i, list := range lists {
		taken = append(taken, list[:counts[i]]...)
	}
	return taken
}
