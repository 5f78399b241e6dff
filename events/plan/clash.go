package plan

import (
	"fmt"
	"maps"
	"slices"
)

// Clash is what one plan wants of another one's time.
type Clash struct {
	// Path is where in the plan: "roster.dba.person".
	Path    string `json:"path"`
	Message string `json:"message"`
}

// Clashes says what of p stands against other, which is to be carried out at
// the same time: the same system or component, or the same people. Plans of one
// upgrade, and those that do not overlap, have none.
func (p *Plan) Clashes(other *Plan) []Clash {
	if p.ID == other.ID || !p.Window.Start.Before(other.Window.End) || !other.Window.Start.Before(p.Window.End) {
		return nil
	}
	const layout = "2006-01-02 15:04"
	when := fmt.Sprintf("upgrade %s, %s to %s UTC", other.ID, other.Window.Start.UTC().Format(layout), other.Window.End.UTC().Format(layout))
	var list []Clash
	if p.System == other.System {
		list = append(list, Clash{"system", fmt.Sprintf("%s is worked on at the same time by %s", clip(p.System), when)})
		for i, c := range p.Components {
			if slices.ContainsFunc(other.Components, func(o Component) bool { return o.ID == c.ID }) {
				list = append(list, Clash{fmt.Sprintf("components[%d].id", i), fmt.Sprintf("%s is touched at the same time by %s", c.ID, when)})
			}
		}
	}
	for _, s := range p.SharedPeople(other) {
		list = append(list, Clash{s.Path, fmt.Sprintf("%s works at the same time on %s", clip(s.Person), when)})
	}
	return list
}

// Member is a person of a roster, and where it names them.
type Member struct{ Path, Person string }

// SharedPeople are the people of p's roster who are in the other's, too.
func (p *Plan) SharedPeople(other *Plan) []Member {
	theirs := map[string]bool{}
	for _, d := range other.Roster {
		theirs[d.Person], theirs[d.Backup] = true, true
	}
	delete(theirs, "")
	var list []Member
	for _, named := range p.People() {
		if theirs[named.Person] {
			list = append(list, named)
		}
	}
	return list
}

// People are those the roster names, role by role, with their places.
func (p *Plan) People() []Member {
	var list []Member
	for _, role := range slices.Sorted(maps.Keys(p.Roster)) {
		d, path := p.Roster[role], under("roster", role)
		for _, named := range []Member{{path + ".person", d.Person}, {path + ".backup", d.Backup}} {
			if named.Person != "" {
				list = append(list, named)
			}
		}
	}
	return list
}
