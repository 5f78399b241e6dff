package survey

import "slices"

// Least is how many answers a number needs to be shown to strangers: of fewer,
// somebody could be recognised.
const Least = 5

// Public is what strangers may see of it. Fewer than [Least] answers, and
// questions answered by fewer, are withheld; groups are those of [Shown].
func (i Insight) Public() Insight {
	if i.Count < Least {
		return Insight{Result: Result{Invited: i.Invited}, Withheld: true}
	}
	i.Low = 0 // with the ratings it would tell how many could not work
	i.Disruption, i.Communication = enough(i.Disruption), enough(i.Communication)
	if i.Easy.Of < Least {
		i.Easy = Of(0, 0)
	}
	if i.Lost.Said < Least {
		i.Lost = Lost{}
	}
	i.Roles, i.Channels = Shown(i.Roles), Shown(i.Channels)
	return i
}

// enough is the counts of a question, none of too few.
func enough(counts map[string]int) map[string]int {
	all := 0
	for _, n := range counts {
		all += n
	}
	if all < Least {
		return nil
	}
	return counts
}

// Shown is what strangers may see of groups that are all of the answers, the
// largest first. Those under [Least] are put together as the rest, with what is
// the rest already; if that is too small as well, the smallest of the others
// joins it, because whoever knows the whole could subtract. Nothing is shown of
// one group alone, which is the whole. A question that fewer than Least of any
// group answered is left out of all of them.
func Shown(groups []Group) []Group {
	var shown, small []Group
	for _, g := range groups {
		if g.Count >= Least && !g.Rest {
			shown = append(shown, g)
		} else if g.Count > 0 {
			small = append(small, g)
		}
	}
	if rest := together(small); len(small) > 0 && rest.Count < Least && len(shown) > 0 {
		small = append(small, shown[len(shown)-1])
		shown = shown[:len(shown)-1]
	}
	if len(small) > 0 {
		shown = append(shown, together(small))
	}
	if len(shown) < 2 {
		return nil
	}
	blank(shown, func(g *Group) *Share { return &g.Disrupted })
	blank(shown, func(g *Group) *Share { return &g.Informed })
	return shown
}

// together is several groups as one.
func together(groups []Group) Group {
	all := Group{Rest: true, Satisfied: Of(0, 0), Disrupted: Of(0, 0), Informed: Of(0, 0)}
	for _, g := range groups {
		all.Count += g.Count
		all.Satisfied = all.Satisfied.and(g.Satisfied)
		all.Disrupted = all.Disrupted.and(g.Disrupted)
		all.Informed = all.Informed.and(g.Informed)
	}
	return all
}

func (s Share) and(other Share) Share { return Of(s.Count+other.Count, s.Of+other.Of) }

// blank takes a question out of all groups if too few of one answered it.
func blank(groups []Group, question func(*Group) *Share) {
	few := func(g Group) bool { n := question(&g).Of; return n > 0 && n < Least }
	if !slices.ContainsFunc(groups, few) {
		return
	}
	for i := range groups {
		*question(&groups[i]) = Of(0, 0)
	}
}
