package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Requirement is what a lesson asks of the next plan of a system, so that a
// machine can say whether a plan has it, and write it into one that has not.
type Requirement struct {
	Kind RequirementKind `json:"kind"`
	// Object is the id of the phase or the gate it is about. In another plan
	// a phase is the same by its id, else by Class, its kind, else by Title.
	// Of a gate, Class is the test report it is about.
	Object string `json:"object,omitempty"`
	Class  string `json:"class,omitempty"`
	Title  string `json:"title,omitempty"`
	// Hidden: visitors were not shown that there is such a phase.
	Hidden bool `json:"hidden,omitempty"`
	// Was is how it was planned when the lesson was learnt, Want how it is
	// to be planned from now on.
	Was  Duration `json:"was,omitzero"`
	Want Duration `json:"want,omitzero"`
	// Count is how many there must be at least, Level the impact.
	Count int    `json:"count,omitempty"`
	Level Impact `json:"level,omitempty"`
}

// RequirementKind is what a requirement is about.
type RequirementKind string

// The kinds of requirements, the weightiest for outsiders first.
const (
	NeedsPhase     RequirementKind = "phase_duration"    // a phase takes at least Want
	NeedsWindow    RequirementKind = "window"            // the window is at least Want long
	NeedsNotice    RequirementKind = "notice"            // people are told at least Want ahead
	NeedsCadence   RequirementKind = "cadence"           // users hear something at least every Want
	NeedsCalm      RequirementKind = "calm"              // and not more often than that
	NeedsImpact    RequirementKind = "impact"            // at least Level is announced
	NeedsPrepare   RequirementKind = "do_before"         // at least Count things to do before are named
	NeedsSupport   RequirementKind = "support"           // the support desk is an audience
	NeedsVoice     RequirementKind = "silence"           // somebody acts on a silence of Want
	NeedsRollback  RequirementKind = "rollback_duration" // going back takes at least Want
	NeedsDeadline  RequirementKind = "gate_deadline"     // a gate is decided at least Want before the work it guards
	NeedsTests     RequirementKind = "min_tests"         // a gate asks for at least Count tests of a report
	NeedsAnswer    RequirementKind = "no_go"             // it is settled what follows a no-go of a gate
	NeedsObjective RequirementKind = "satisfaction"      // what people think of it is an objective
)

// RequirementKinds lists the kinds, in that order.
var RequirementKinds = []RequirementKind{
	NeedsPhase, NeedsWindow, NeedsNotice, NeedsCadence, NeedsCalm, NeedsImpact, NeedsPrepare, NeedsSupport,
	NeedsVoice, NeedsRollback, NeedsDeadline, NeedsTests, NeedsAnswer, NeedsObjective,
}

// SatisfactionID is the id of the objective that [NeedsObjective] asks for.
const SatisfactionID = "satisfaction"

// Unmet says what a plan lacks of a requirement, and at which path of the file
// that is; "" if it lacks nothing. A plan without the phase or the gate lacks
// nothing of it.
func (r Requirement) Unmet(p *Plan) (path, why string) {
	switch r.Kind {
	case NeedsPhase:
		if i := r.phase(p); i >= 0 {
			return r.least(fmt.Sprintf("phases[%d].duration", i), p.Phases[i].Duration)
		}
	case NeedsWindow:
		return r.least("window.end", Duration(p.Window.Duration()))
	case NeedsNotice:
		return r.least("announce.notice", p.Announce.Notice)
	case NeedsRollback:
		return r.least("rollback.duration", p.Rollback.Duration)
	case NeedsCadence, NeedsCalm:
		if path, why = r.heard(p); why == "" {
			return "", ""
		}
		return path, why
	case NeedsDeadline:
		return r.decided(p)
	case NeedsTests:
		if i, j := r.report(p); j >= 0 && p.Gates[i].Evidence[j].MinTests < r.Count {
			return fmt.Sprintf("gates[%d].evidence[%d].min_tests", i, j), fmt.Sprintf("must be at least %d", r.Count)
		}
	default:
		return r.lacks(p)
	}
	return "", ""
}

// phase is the place of the phase it is about, -1 if the plan has none.
func (r Requirement) phase(p *Plan) int {
	for _, same := range []func(Phase) bool{
		func(ph Phase) bool { return ph.ID == r.Object },
		func(ph Phase) bool { return r.Class != "" && ph.Kind == r.Class },
		func(ph Phase) bool { return r.Title != "" && strings.EqualFold(ph.Title, r.Title) },
	} {
		if i := slices.IndexFunc(p.Phases, same); i >= 0 {
			return i
		}
	}
	return -1
}

// Phase is the phase of a plan that the requirement is about; false if there
// is none.
func (r Requirement) Phase(p *Plan) (Phase, bool) {
	if i := r.phase(p); i >= 0 && r.Kind == NeedsPhase {
		return p.Phases[i], true
	}
	return Phase{}, false
}

func (r Requirement) least(path string, got Duration) (at, why string) {
	if got >= r.Want {
		return "", ""
	}
	return path, fmt.Sprintf("is %s, and must be at least %s", got, r.Want)
}

// users are the places of the audiences that users are in.
func users(p *Plan) []int {
	var at []int
	for i, a := range p.Audiences {
		if a.RoleOf() == "users" {
			at = append(at, i)
		}
	}
	return at
}

// live is the key of a cadence that holds while the work goes on.
const live = "live"

// usualCadence is how often people hear of an upgrade whose plan does not say.
const usualCadence = Duration(time.Hour)

// heard asks how often users hear of the work.
func (r Requirement) heard(p *Plan) (path, why string) {
	at := users(p)
	if len(at) == 0 {
		return "audiences", r.often(usualCadence)
	}
	for _, i := range at {
		if why := r.often(cmp.Or(p.Audiences[i].Cadence[live], usualCadence)); why != "" {
			return fmt.Sprintf("audiences[%d].cadence", i), why
		}
	}
	return "", ""
}

func (r Requirement) often(got Duration) (why string) {
	switch {
	case r.Kind == NeedsCadence && got > r.Want:
		return fmt.Sprintf("is %s for users while live, and must be at most %s", got, r.Want)
	case r.Kind == NeedsCalm && got < r.Want:
		return fmt.Sprintf("is %s for users while live, and must be at least %s", got, r.Want)
	}
	return ""
}

// guarded is when the work begins that a gate stands before.
func guarded(p *Plan, g Gate) time.Time {
	if ph, ok := p.Phase(g.Before); ok {
		return ph.Start
	}
	return p.Window.Start
}

func (r Requirement) gate(p *Plan) int {
	return slices.IndexFunc(p.Gates, func(g Gate) bool { return g.ID == r.Object })
}

// report is the place of the gate and of the test report it is about; the
// second is -1 if the plan does not have it.
func (r Requirement) report(p *Plan) (gate, rule int) {
	i := r.gate(p)
	if i < 0 {
		return i, -1
	}
	return i, slices.IndexFunc(p.Gates[i].Evidence, func(e Evidence) bool { return e.JUnit != "" && e.JUnit == r.Class })
}

func (r Requirement) decided(p *Plan) (path, why string) {
	i := r.gate(p)
	if i < 0 {
		return "", ""
	}
	path = fmt.Sprintf("gates[%d].deadline", i)
	deadline, work := p.Gates[i].Deadline, guarded(p, p.Gates[i])
	switch {
	case deadline.IsZero():
		return path, fmt.Sprintf("is missing, and must be %s before the work that the gate guards", r.Want)
	case deadline.After(work.Add(-r.Want.Std())):
		return path, fmt.Sprintf("is not %s before the work that the gate guards", r.Want)
	}
	return "", ""
}

// lacks asks for what is there or not.
func (r Requirement) lacks(p *Plan) (path, why string) {
	switch r.Kind {
	case NeedsImpact:
		if slices.Index(Impacts, p.Impact.Default) < slices.Index(Impacts, r.Level) {
			return "impact.default", fmt.Sprintf("must be at least %s: people felt it like that", r.Level)
		}
	case NeedsPrepare:
		if len(p.Impact.DoBefore) < r.Count {
			return "impact.do_before", fmt.Sprintf("must name at least %d", r.Count)
		}
	case NeedsSupport:
		// A plan without audiences tells all that there are.
		if len(p.Audiences) > 0 && !slices.ContainsFunc(p.Audiences, func(a Audience) bool { return a.RoleOf() == "support" }) {
			return "audiences", "must have one with the role support"
		}
	case NeedsObjective:
		if !slices.ContainsFunc(p.Objectives, func(o Objective) bool { return o.ID == SatisfactionID }) {
			return "objectives", fmt.Sprintf("must have %q", SatisfactionID)
		}
	case NeedsVoice, NeedsAnswer:
		if (r.Kind == NeedsVoice || r.gate(p) >= 0) && !slices.ContainsFunc(p.Contingencies, r.answers) {
			return "contingencies", fmt.Sprintf("must have one with the trigger %q", r.trigger())
		}
	}
	return "", ""
}

// trigger is that of the contingency it asks for.
func (r Requirement) trigger() string {
	if r.Kind == NeedsVoice {
		return "upgrade.silent:" + r.Want.String()
	}
	return "gate.decided:" + r.Object + ":no_go"
}

// answers reports whether a contingency is what is asked for, or acts sooner.
func (r Requirement) answers(c Contingency) bool {
	t, err := ParseTrigger(c.Trigger)
	switch {
	case err != nil:
		return false
	case r.Kind == NeedsVoice:
		return t.Type == "upgrade.silent" && t.After <= r.Want
	}
	return t.Type == "gate.decided" && t.Object == r.Object && t.Outcome == "no_go"
}
