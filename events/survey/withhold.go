package survey

import (
	"cmp"
	"maps"
	"slices"
)

// Few stands for the groups that are too small to be shown, taken together.
const Few = "few"

// withheld reports whether an answer is one that Withhold has emptied.
func (a Answer) withheld() bool { return a.Anonymous && a.Rating == 0 }

// Withhold makes answers fit to be counted by whoever may see everything, all
// together, by Role and by Channel, one at a time. It returns as many in the
// same order. What strangers may see of them is the business of
// [Insight.Public].
//
// Fewer than Least anonymous answers in all are emptied; Count says how many they were. Where fewer than Least anonymous answers share a
// Role or a Channel it becomes Few. The smallest groups join Few until it has
// Least itself, for else whoever takes the groups shown from the whole would
// know it.
func Withhold(answers []Answer) []Answer {
	told := slices.Clone(answers)
	n := 0
	for _, a := range told {
		if a.Anonymous {
			n++
		}
	}
	if n < Least {
		for i, a := range told {
			if a.Anonymous {
				told[i] = Answer{Anonymous: true}
			}
		}
		return told
	}
	join(told, func(a *Answer) *string { return &a.Role })
	join(told, func(a *Answer) *string { return &a.Channel })
	return told
}

// join makes Few of the small groups of anonymous answers, by one of their
// fields.
func join(answers []Answer, of func(*Answer) *string) {
	sizes := map[string]int{}
	for i := range answers {
		if answers[i].Anonymous {
			sizes[*of(&answers[i])]++
		}
	}
	few := small(sizes)
	for i := range answers {
		if g := of(&answers[i]); answers[i].Anonymous && few[*g] {
			*g = Few
		}
	}
}

// small are the groups that are joined.
func small(sizes map[string]int) map[string]bool {
	groups := slices.SortedFunc(maps.Keys(sizes), func(a, b string) int {
		return cmp.Or(cmp.Compare(sizes[a], sizes[b]), cmp.Compare(a, b))
	})
	few, n := map[string]bool{}, 0
	for _, g := range groups {
		if sizes[g] >= Least && (n == 0 || n >= Least) {
			break
		}
		few[g] = true
		n += sizes[g]
	}
	return few
}
