package survey

import (
	"cmp"
	"slices"
)

// Insight is what the answers after one upgrade say, as a whole and in parts.
type Insight struct {
	Result
	// Easy is the share of 5 to 7 of those who said how easy it was to go on.
	Easy Share `json:"easy"`
	Lost Lost  `json:"lost"`
	// Roles are the audiences asked and Channels the ways they answered by, the
	// largest first. The name of the open form is empty.
	Roles    []Group `json:"roles"`
	Channels []Group `json:"channels"`
	// Withheld: there are answers, too few to be shown; see [Insight.Public].
	Withheld bool `json:"withheld,omitempty"`
}

// Lost is how many minutes of work people lost.
type Lost struct {
	// Said is how many named any, of whom Median is the middle: half of them
	// lost no more.
	Said   int     `json:"said"`
	Sum    int     `json:"sum_minutes"`
	Median float64 `json:"median_minutes"`
}

// Group is what a part of the answers say.
type Group struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
	// Satisfied is the share of 4 and 5, Disrupted that of a lot and could not
	// work, Informed that of told early and clearly enough; each of those who
	// answered the question.
	Satisfied Share `json:"satisfied"`
	Disrupted Share `json:"disrupted"`
	Informed  Share `json:"informed"`
	// Rest: these are several groups, each too small to be shown.
	Rest bool `json:"rest,omitempty"`
}

// Look is the insight of answers of which some were invited. Ratings that are
// none are left out.
func Look(answers []Answer, invited Invited) Insight {
	all := answers
	answers = rated(answers)
	easy, asked := 0, 0
	for _, a := range answers {
		if a.Effort > 0 {
			asked++
		}
		if a.Effort >= 5 {
			easy++
		}
	}
	return Insight{
		Result: Count(all, invited), Easy: Of(easy, asked), Lost: lost(answers),
		Roles:    by(answers, func(a Answer) string { return a.Role }),
		Channels: by(answers, func(a Answer) string { return a.Channel }),
	}
}

func rated(answers []Answer) []Answer {
	return slices.DeleteFunc(slices.Clone(answers), func(a Answer) bool { return !a.counts() })
}

func lost(answers []Answer) Lost {
	var l Lost
	var minutes []int
	for _, a := range answers {
		if a.Minutes > 0 {
			minutes = append(minutes, a.Minutes)
			l.Sum += a.Minutes
		}
	}
	if l.Said = len(minutes); l.Said > 0 {
		slices.Sort(minutes)
		l.Median = float64(minutes[(l.Said-1)/2]+minutes[l.Said/2]) / 2
	}
	return l
}

// by is the groups of answers of which a name is the same, the largest first.
func by(answers []Answer, name func(Answer) string) []Group {
	parts := map[string][]Answer{}
	for _, a := range answers {
		parts[name(a)] = append(parts[name(a)], a)
	}
	groups := make([]Group, 0, len(parts))
	for name, part := range parts {
		groups = append(groups, group(name, part))
	}
	slices.SortFunc(groups, func(a, b Group) int { return cmp.Or(b.Count-a.Count, cmp.Compare(a.Name, b.Name)) })
	return groups
}

func group(name string, answers []Answer) Group {
	r := Count(answers, Invited{})
	few := name == Few
	if few {
		name = ""
	}
	return Group{
		Name: name, Rest: few, Count: r.Count, Satisfied: r.Satisfied,
		Disrupted: shareOf(r.Disruption, "lot", "blocked"), Informed: shareOf(r.Communication, "right"),
	}
}

// shareOf is the share of some answers to a question.
func shareOf(counts map[string]int, of ...string) Share {
	n, all := 0, 0
	for answer, count := range counts {
		all += count
		if slices.Contains(of, answer) {
			n += count
		}
	}
	return Of(n, all)
}
