// Package plan is the plan file: what will be upgraded, when, in which
// phases, who decides, what people will feel and what happens if it goes
// wrong.
//
// [Parse] reads YAML or JSON and names every fault with its line and column.
// A Plan holds only what a plan file says, with every time resolved to UTC;
// its JSON form is canonical and parses back to the same Plan.
package plan

import (
	"slices"
	"time"
)

// Schema is the value of the key "schema".
const Schema = "upgradehub/plan/v1"

// Impact is what people feel of a component. The four levels are those of
// the IETF draft on maintenance notifications
// (draft-gunter-calext-maintenance-notifications).
type Impact string

// The levels of impact, growing.
const (
	NoImpact          Impact = "no_impact"
	ReducedRedundancy Impact = "reduced_redundancy"
	Degraded          Impact = "degraded"
	Outage            Impact = "outage"
)

// Impacts lists the levels, growing.
var Impacts = []Impact{NoImpact, ReducedRedundancy, Degraded, Outage}

// Plan is one plan file.
type Plan struct {
	Schema        string        `json:"schema"`
	ID            string        `json:"id"`
	Title         string        `json:"title"`
	System        string        `json:"system"`
	Zone          string        `json:"zone"`
	Window        Window        `json:"window"`
	Drill         bool          `json:"drill,omitempty"`
	Announce      Announce      `json:"announce,omitzero"`
	Objectives    []Objective   `json:"objectives,omitempty"`
	Impact        ImpactWords   `json:"impact,omitzero"`
	Components    []Component   `json:"components,omitempty"`
	Roster        Roster        `json:"roster,omitempty"`
	Phases        []Phase       `json:"phases"`
	Gates         []Gate        `json:"gates,omitempty"`
	Contingencies []Contingency `json:"contingencies,omitempty"`
	Rollback      Rollback      `json:"rollback,omitzero"`
	Risks         []Risk        `json:"risks,omitempty"`
	Audiences     []Audience    `json:"audiences,omitempty"`
	Survey        Survey        `json:"survey,omitzero"`
	Similar       []string      `json:"similar,omitempty"`
	Lessons       []Waiver      `json:"lessons,omitempty"`
}

// Window is the announced window, Start before End.
type Window struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

// Duration is how long the window is.
func (w Window) Duration() time.Duration { return w.End.Sub(w.Start) }

// Announce says how early people are told.
type Announce struct {
	Notice Duration `json:"notice,omitzero"`
}

// Objective is what the upgrade is for, and how that is measured.
type Objective struct {
	ID      string `json:"id"`
	Text    string `json:"text"`
	Measure string `json:"measure,omitempty"`
	// Target is a comparison: ">= 100".
	Target string `json:"target,omitempty"`
}

// ImpactWords is the wording of announcements.
type ImpactWords struct {
	Default    Impact   `json:"default,omitempty"`
	StillWorks []string `json:"still_works,omitempty"`
	DoBefore   []string `json:"do_before,omitempty"`
	OddAfter   []string `json:"odd_after,omitempty"`
}

// Component is a part of the system as its users call it.
type Component struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Public *bool  `json:"public,omitempty"` // default true
}

// IsPublic reports whether visitors see the component.
func (c Component) IsPublic() bool { return c.Public == nil || *c.Public }

// Roster says who has which role, by role.
type Roster map[string]Duty

// Duty is who has a role.
type Duty struct {
	Person string `json:"person"`
	Backup string `json:"backup,omitempty"`
	Shift  string `json:"shift,omitempty"`
}

// Phase is one step of the work.
type Phase struct {
	ID       string    `json:"id"`
	Title    string    `json:"title"`
	Start    time.Time `json:"start"`
	Duration Duration  `json:"duration"`
	After    []string  `json:"after,omitempty"`
	Owner    string    `json:"owner,omitempty"`
	Weight   int       `json:"weight,omitempty"`
	Kind     string    `json:"kind,omitempty"`
	// PointOfNoReturn: after this phase begins there is no way back.
	PointOfNoReturn bool `json:"point_of_no_return,omitempty"`
	// Batches is how many units the phase works through.
	Batches int   `json:"batches,omitempty"`
	Public  *bool `json:"public,omitempty"` // default true
}

// IsPublic reports whether visitors see the phase.
func (p Phase) IsPublic() bool { return p.Public == nil || *p.Public }

// End is the planned end of the phase.
func (p Phase) End() time.Time { return p.Start.Add(p.Duration.Std()) }

// Gate is a decision that is made on evidence.
type Gate struct {
	ID       string     `json:"id"`
	Title    string     `json:"title"`
	At       time.Time  `json:"at"`
	Before   string     `json:"before,omitempty"`
	Decider  string     `json:"decider,omitempty"`
	Deadline time.Time  `json:"deadline,omitzero"`
	Evidence []Evidence `json:"evidence,omitempty"`
}

// Evidence is what a gate asks for: exactly one of JUnit, Signoff, Check.
type Evidence struct {
	JUnit    string   `json:"junit,omitempty"`
	Signoff  string   `json:"signoff,omitempty"`
	Check    string   `json:"check,omitempty"`
	MinTests int      `json:"min_tests,omitempty"`
	MaxAge   Duration `json:"max_age,omitzero"`
	Build    string   `json:"build,omitempty"`
	Cases    []string `json:"cases,omitempty"`
}

// Contingency is what will be done when something happens.
type Contingency struct {
	ID       string   `json:"id"`
	Trigger  string   `json:"trigger"`
	Action   string   `json:"action"`
	Owner    string   `json:"owner,omitempty"`
	Duration Duration `json:"duration,omitzero"`
}

// Rollback is how long the way back takes.
type Rollback struct {
	Duration Duration `json:"duration,omitzero"`
	Buffer   Duration `json:"buffer,omitzero"`
}

// Risk is what may go wrong. Likelihood and Impact are 1 to 5.
type Risk struct {
	ID         string `json:"id"`
	Text       string `json:"text"`
	Likelihood int    `json:"likelihood,omitempty"`
	Impact     int    `json:"impact,omitempty"`
	Mitigation string `json:"mitigation,omitempty"`
	Trigger    string `json:"trigger,omitempty"`
	Owner      string `json:"owner,omitempty"`
}

// Audience narrows an audience of the configuration for this upgrade.
type Audience struct {
	ID        string              `json:"id"`
	Role      string              `json:"role,omitempty"`
	Channels  []string            `json:"channels,omitempty"`
	Match     map[string]string   `json:"match,omitempty"`
	Cadence   map[string]Duration `json:"cadence,omitempty"`
	Templates string              `json:"templates,omitempty"`
}

// MatchKeys are what an audience may match: those it is not told of what
// concerns another one.
var MatchKeys = []string{"component", "phase", "severity", "system", "type", "upgrade"}

// Waiver says by name why the plan does not do what an accepted lesson asks.
type Waiver struct {
	ID       string `json:"id"`
	WaivedBy string `json:"waived_by"`
	Reason   string `json:"reason"`
}

// Waives reports whether the plan waives a lesson.
func (p *Plan) Waives(lesson string) bool {
	return slices.ContainsFunc(p.Lessons, func(w Waiver) bool { return w.ID == lesson })
}

// Channels are the values of Audience.Channels.
var Channels = []string{"slack", "email", "webhook", "service"}

// Roles are the values of Audience.Role.
var Roles = []string{"users", "teams", "managers", "stakeholders", "support"}

// RoleOf is the audience's role: as stated, else the id if it is one, else
// teams for slack and users for email.
func (a Audience) RoleOf() string {
	if a.Role != "" {
		return a.Role
	}
	for _, r := range Roles {
		if a.ID == r {
			return r
		}
	}
	if slices.Contains(a.Channels, "slack") {
		return "teams"
	}
	return "users"
}

// Phase finds a phase by its id.
func (p *Plan) Phase(id string) (Phase, bool) {
	return find(p.Phases, func(ph Phase) bool { return ph.ID == id })
}

// PointOfNoReturn is the earliest phase after whose begin there is no way
// back.
func (p *Plan) PointOfNoReturn() (Phase, bool) {
	var first Phase
	found := false
	for _, ph := range p.Phases {
		if ph.PointOfNoReturn && !ph.Start.IsZero() && (!found || ph.Start.Before(first.Start)) {
			first, found = ph, true
		}
	}
	return first, found
}

// Chain is whom a matter of a role goes to, one after the other: who has the
// role, the backup, the lead. A role
// that nobody has is the lead's. Each is named once.
func (p *Plan) Chain(role string) []string {
	owner, ok := p.Roster[role]
	if !ok {
		owner = p.Roster["lead"]
	}
	return each(owner.Person, owner.Backup, p.Roster["lead"].Person)
}

// each lists every name once, in order, without empty ones.
func each(names ...string) []string {
	var list []string
	for _, n := range names {
		if n != "" && !slices.Contains(list, n) {
			list = append(list, n)
		}
	}
	return list
}

// Gate finds a gate by its id.
func (p *Plan) Gate(id string) (Gate, bool) {
	return find(p.Gates, func(g Gate) bool { return g.ID == id })
}

func find[T any](list []T, is func(T) bool) (T, bool) {
	if i := slices.IndexFunc(list, is); i >= 0 {
		return list[i], true
	}
	var none T
	return none, false
}
