package upgrade

import (
	"maps"
	"slices"

	"upgradehub/events/plan"
)

// Deciders are the names of those who decide a gate: whoever the plan says,
// else who leads.
func (u *Upgrade) Deciders(gate string) []string {
	g, ok := u.planOrNone().Gate(gate)
	if !ok {
		return nil
	}
	if g.Decider == "" {
		return u.Leads()
	}
	return holders(u.planOrNone().Roster, g.Decider)
}

// DecidersAndLead are those who decide a gate, and whoever leads: all who must
// know when nobody decides. Each is named once.
func (u *Upgrade) DecidersAndLead(gate string) []string {
	var names []string
	leads := u.Leads()
	for _, name := range slices.Concat(u.Deciders(gate), leads[:min(1, len(leads))]) {
		if AnyOf([]string{name}, names) == "" {
			names = append(names, name)
		}
	}
	return names
}

// Testers are the names of those who sign off for a gate, by the sign-off
// that the plan asks them for.
func (u *Upgrade) Testers(gate string) map[string][]string {
	g, _ := u.planOrNone().Gate(gate)
	testers := map[string][]string{}
	for _, rule := range g.Evidence {
		if rule.Signoff != "" {
			testers[rule.Signoff] = holders(u.planOrNone().Roster, rule.Signoff)
		}
	}
	return testers
}

// SignOffs are those that a gate asks for and that somebody with these names
// may give, in order.
func (u *Upgrade) SignOffs(gate string, names []string) []string {
	var mine []string
	for name, testers := range u.Testers(gate) {
		if AnyOf(names, testers) != "" {
			mine = append(mine, name)
		}
	}
	slices.Sort(mine)
	return mine
}

// SignedOff is the newest word on a sign-off of a gate, empty if there is none.
func (u *Upgrade) SignedOff(gate, name string) string {
	i := slices.IndexFunc(u.Gates, func(g Gate) bool { return g.ID == gate })
	if i < 0 {
		return ""
	}
	for _, piece := range slices.Backward(u.Gates[i].Evidence) {
		if piece.Kind == kindSignoff && piece.Name == name {
			return piece.Result
		}
	}
	return ""
}

// speaker is the role of who speaks for the upgrade; the lead's if nobody has
// it.
const speaker = "comms"

// Speakers are the names of those who may post updates: who leads, who speaks
// for the upgrade, and who owns a phase that is under way.
func (u *Upgrade) Speakers() []string {
	roster := u.planOrNone().Roster
	may := slices.Concat(u.Leads(), []string{roster[speaker].Person, roster[speaker].Backup})
	for _, p := range u.Phases {
		if p.State == Running || p.State == Waiting {
			planned, _ := u.planOrNone().Phase(p.ID)
			may = append(may, holders(roster, planned.Owner)...)
		}
	}
	var speakers []string
	for _, name := range may {
		if name != "" && AnyOf([]string{name}, speakers) == "" {
			speakers = append(speakers, name)
		}
	}
	return speakers
}

// Leads are the names of the lead and the one who steps in, or of whoever
// comes first in the roster.
func (u *Upgrade) Leads() []string {
	roster := u.planOrNone().Roster
	if _, ok := roster["lead"]; !ok && len(roster) > 0 {
		return holders(roster, slices.Sorted(maps.Keys(roster))[0])
	}
	return holders(roster, "lead")
}

// planOrNone is the plan, an empty one while there is none.
func (u *Upgrade) planOrNone() *plan.Plan {
	if u.Plan == nil {
		return &plan.Plan{}
	}
	return u.Plan
}

// holders are the names behind a role of the roster, or the name itself.
func holders(roster plan.Roster, role string) []string {
	names := []string{role}
	if duty, ok := roster[role]; ok {
		names = []string{duty.Person, duty.Backup}
	}
	return slices.DeleteFunc(names, func(name string) bool { return name == "" })
}

// AnyOf is the first of the names that is meant by one of those allowed, empty
// if none is: "@lead" and "lead" are one.
func AnyOf(names, allowed []string) string {
	for _, name := range names {
		if slices.ContainsFunc(allowed, func(a string) bool { return samePerson(a, name) }) {
			return name
		}
	}
	return ""
}
