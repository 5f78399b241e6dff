package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Trigger is what sets off a contingency or shows that a risk came true,
// written type:object[:duration|outcome]: "phase.overdue:split:90m".
type Trigger struct {
	// Type is an event type, or phase.late, phase.overdue, upgrade.silent.
	Type string
	// Object is the id of the phase, gate, component, risk or objective;
	// empty when it is the upgrade itself.
	Object string
	// After is how long it must last, or zero.
	After Duration
	// Outcome narrows the trigger to one outcome, or is empty.
	Outcome string
}

// scope is the kind of object a trigger names; the empty one is the upgrade.
type scope string

const (
	ofUpgrade   scope = ""
	ofPhase     scope = "phase"
	ofGate      scope = "gate"
	ofObjective scope = "objective"
	ofComponent scope = "component"
	ofRisk      scope = "risk"
)

// list is the key of the plan that lists the objects.
func (s scope) list() string {
	return map[scope]string{
		ofPhase: "phases", ofGate: "gates", ofObjective: "objectives", ofComponent: "components", ofRisk: "risks",
	}[s]
}

type triggerRule struct {
	scope    scope
	outcomes []string
}

var (
	goodOrBad = []string{"success", "failure"}
	levels    = []string{string(NoImpact), string(ReducedRedundancy), string(Degraded), string(Outage)}
)

// triggers stand here and not in package events, which imports this one; a
// test there holds the two together.
var triggers = map[string]triggerRule{
	"upgrade.planned":    {},
	"upgrade.scheduled":  {},
	"upgrade.started":    {},
	"upgrade.paused":     {},
	"upgrade.resumed":    {},
	"upgrade.verifying":  {},
	"upgrade.completed":  {outcomes: []string{"successful", "successful_with_issues"}},
	"upgrade.failed":     {},
	"upgrade.canceled":   {},
	"upgrade.reopened":   {},
	"upgrade.silent":     {},
	"rollback.started":   {},
	"rollback.finished":  {outcomes: goodOrBad},
	"update.posted":      {},
	"update.corrected":   {},
	"update.retracted":   {},
	"phase.started":      {scope: ofPhase},
	"phase.waiting":      {scope: ofPhase, outcomes: []string{"approval", "pause", "window", "dependency"}},
	"phase.finished":     {scope: ofPhase, outcomes: []string{"success", "failure", "canceled", "skipped"}},
	"phase.progressed":   {scope: ofPhase},
	"phase.late":         {scope: ofPhase},
	"phase.overdue":      {scope: ofPhase},
	"gate.evidence":      {scope: ofGate, outcomes: []string{"pass", "fail"}},
	"gate.decided":       {scope: ofGate, outcomes: []string{"go", "no_go"}},
	"objective.measured": {scope: ofObjective, outcomes: []string{"met", "missed"}},
	"component.changed":  {scope: ofComponent, outcomes: levels},
	"failover.started":   {scope: ofComponent},
	"failover.finished":  {scope: ofComponent, outcomes: goodOrBad},
	"failback.started":   {scope: ofComponent},
	"failback.finished":  {scope: ofComponent, outcomes: goodOrBad},
	"redundancy.changed": {scope: ofComponent},
	"risk.triggered":     {scope: ofRisk},
	"risk.retired":       {scope: ofRisk},
}

// TriggerTypes lists the types a trigger can have, sorted.
func TriggerTypes() []string { return slices.Sorted(maps.Keys(triggers)) }

// ParseTrigger reads a trigger. One of the upgrade itself can leave out the
// object: "upgrade.silent:2h".
func ParseTrigger(s string) (Trigger, error) {
	typ, rest, _ := strings.Cut(s, ":")
	rule, ok := triggers[typ]
	if !ok {
		return Trigger{}, fmt.Errorf("%q is not a type of event a trigger can have", clip(typ))
	}
	t := Trigger{Type: typ}
	object, last, _ := strings.Cut(rest, ":")
	if rule.scope == ofUpgrade && t.narrow(rule, rest) == nil {
		return t, nil
	}
	if !ValidID(object) {
		return Trigger{}, fmt.Errorf("%q must name its object: %s:id", clip(s), typ)
	}
	t.Object = object
	return t, t.narrow(rule, last)
}

// narrow reads the last part of a trigger, if there is one.
func (t *Trigger) narrow(rule triggerRule, part string) error {
	if part == "" || slices.Contains(rule.outcomes, part) {
		t.Outcome = part
		return nil
	}
	after, err := ParseDuration(part)
	if err == nil {
		t.After = after
		return nil
	}
	if len(rule.outcomes) == 0 {
		return fmt.Errorf("%q is not a duration such as 90m", clip(part))
	}
	return fmt.Errorf("%q is neither a duration nor one of %s", clip(part), strings.Join(rule.outcomes, ", "))
}
