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
	var unsigned []*Answer
	for i := range told {
		if told[i].Anonymous {
			unsigned = append(unsigned, &told[i])
		}
	}
	if len(unsigned) < Least {
		for _, a := range unsigned {
			*a = Answer{Anonymous: true}
		}
		return told
	}
	for _, a := range unsigned { // those that Unmark has left without
		a.Role, a.Channel = cmp.Or(a.Role, Few), cmp.Or(a.Channel, Few)
	}
	join(unsigned, role, Few)
	join(unsigned, channel, Few)
	return told
}

// Unmark leaves answers that are published together, of which there are at
// least Least, no Role and no Channel that fewer than Least of them share: who
// knows that one manager answered must not find which answer that is. As many
// share both, or the Channel goes, too; and those left without are as many or
// none, for else to have none would be a mark. It returns as many in the same
// order.
func Unmark(answers []Answer) []Answer {
	left := slices.Clone(answers)
	var all []*Answer
	for i := range left {
		all = append(all, &left[i])
	}
	join(all, role, "")
	same := map[string][]*Answer{}
	for _, a := range all {
		same[a.Role] = append(same[a.Role], a)
	}
	for _, group := range same {
		join(group, channel, "")
	}
	return left
}

func role(a *Answer) *string    { return &a.Role }
func channel(a *Answer) *string { return &a.Channel }

// join gives the small groups of answers, by one of their fields, one name.
func join(answers []*Answer, of func(*Answer) *string, name string) {
	sizes := map[string]int{}
	for _, a := range answers {
		sizes[*of(a)]++
	}
	few := small(sizes)
	for _, a := range answers {
		if g := of(a); few[*g] {
			*g = name
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
