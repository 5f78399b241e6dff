package events

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"upgradehub/events/plan"
)

// The words of the vocabulary that have no type of their own.
var (
	phaseOutcomes   = []Outcome{Success, Failure, OutcomeCanceled, OutcomeSkipped}
	waits           = []string{"approval", "pause", "window", "dependency"}
	evidenceKinds   = []string{"junit", "signoff", "check"}
	evidenceResults = []string{"pass", "fail"}
	decisions       = []string{"go", "no_go"}
)

// Faults of a plan; what is wrong within the plan, [Decode] names with line
// and column.
func (d *Planned) Faults() []string {
	var c check
	c.when(d.Plan == nil, "plan", "is required")
	c.text("reason", d.Reason, maxNote)
	return c.faults
}

// Faults of an approval.
func (d *Scheduled) Faults() []string {
	var c check
	c.text("by", d.By, maxShort)
	c.text("reason", d.Reason, maxNote)
	return c.faults
}

// Faults of a step.
func (d *Step) Faults() []string {
	var c check
	c.text("note", d.Note, maxNote)
	c.text("reason", d.Reason, maxNote)
	return c.faults
}

// Faults of a good end.
func (d *Completed) Faults() []string {
	var c check
	oneOf(&c, "outcome", d.Outcome, Successful, SuccessfulWithIssues)
	c.text("note", d.Note, maxNote)
	return c.faults
}

// Faults of a bad end: it needs a reason.
func (d *Ended) Faults() []string {
	var c check
	c.needed("reason", d.Reason, maxNote)
	return c.faults
}

// Faults of a reopening: it needs who and why.
func (d *Reopened) Faults() []string {
	var c check
	c.needed("by", d.By, maxShort)
	c.needed("reason", d.Reason, maxNote)
	return c.faults
}

// Faults of a rollback.
func (d *Rollback) Faults() []string {
	var c check
	c.text("reason", d.Reason, maxNote)
	oneOf(&c, "outcome", d.Outcome, phaseOutcomes[:2]...)
	return c.faults
}

// Faults of a phase.
func (d *Phase) Faults() []string {
	var c check
	c.id("phase", d.Phase)
	oneOf(&c, "outcome", d.Outcome, phaseOutcomes...)
	oneOf(&c, "waiting_for", d.WaitingFor, waits...)
	c.text("note", d.Note, maxNote)
	return c.faults
}

// Faults of progress: done is at most total, percent from 0 to 100.
func (d *Progressed) Faults() []string {
	var c check
	c.id("phase", d.Phase)
	c.when(d.Done != nil && *d.Done < 0, "done", "must not be negative")
	c.when(d.Total != nil && *d.Total < 0, "total", "must not be negative")
	if d.Done != nil && d.Total != nil && *d.Done > *d.Total {
		c.fault("done", "%d is more than total, %d", *d.Done, *d.Total)
	}
	c.percent("percent", d.Percent)
	c.text("unit", d.Unit, maxShort)
	c.text("note", d.Note, maxNote)
	return c.faults
}

// Faults of evidence.
func (d *Evidence) Faults() []string {
	var c check
	c.id("gate", d.Gate)
	neededOneOf(&c, "kind", d.Kind, evidenceKinds...)
	c.needed("name", d.Name, maxShort)
	c.text("by", d.By, maxShort)
	c.text("build", d.Build, maxShort)
	oneOf(&c, "result", d.Result, evidenceResults...)
	c.moment("produced_at", d.ProducedAt)
	return c.faults
}

// Faults of a decision.
func (d *Decided) Faults() []string {
	var c check
	c.id("gate", d.Gate)
	neededOneOf(&c, "decision", d.Decision, decisions...)
	c.text("by", d.By, maxShort)
	c.text("reason", d.Reason, maxNote)
	return c.faults
}

// Faults of a measured value.
func (d *Measured) Faults() []string {
	var c check
	c.id("objective", d.Objective)
	if d.Value == "" {
		c.fault("value", "is required")
		return c.faults
	}
	f, err := strconv.ParseFloat(string(d.Value), 64)
	c.when(err != nil || math.IsInf(f, 0) || math.IsNaN(f) || len(d.Value) > 40, "value", "must be a number a computer can hold, in at most 40 digits")
	return c.faults
}

// Faults of a component.
func (d *Component) Faults() []string {
	var c check
	c.id("component", d.Component)
	neededOneOf(&c, "impact", d.Impact, plan.Impacts...)
	c.text("note", d.Note, maxNote)
	return c.faults
}

// Faults of a failover or failback.
func (d *Failover) Faults() []string {
	var c check
	c.id("component", d.Component)
	c.text("active", d.Active, maxShort)
	c.text("standby", d.Standby, maxShort)
	oneOf(&c, "outcome", d.Outcome, phaseOutcomes[:2]...)
	return c.faults
}

// Faults of redundancy.
func (d *Redundancy) Faults() []string {
	var c check
	c.id("component", d.Component)
	c.text("active", d.Active, maxShort)
	c.text("standby", d.Standby, maxShort)
	c.when(d.LagSeconds != nil && *d.LagSeconds < 0, "lag_seconds", "must not be negative")
	c.percent("capacity_percent", d.CapacityPercent)
	return c.faults
}

// Faults of a risk.
func (d *Risk) Faults() []string {
	var c check
	c.id("risk", d.Risk)
	c.text("note", d.Note, maxNote)
	return c.faults
}

// Faults of an update. That posted and corrected ones need a text, and
// retracted ones do not, [Event.Validate] knows.
func (d *Update) Faults() []string {
	var c check
	c.text("text", d.Text, maxText)
	for i, a := range d.Audiences {
		c.needed(fmt.Sprintf("audiences[%d]", i), a, maxShort)
	}
	c.moment("next_update_by", d.NextUpdateBy)
	c.text("of", d.Of, maxID)
	return c.faults
}

// Faults of usage.
func (d *Usage) Faults() []string {
	var c check
	c.needed("system", d.System, maxShort)
	c.when(len(d.Samples) == 0, "samples", "is required: a list of {time, value}")
	for i, s := range d.Samples {
		key := fmt.Sprintf("samples[%d]", i)
		c.when(s.Time.IsZero(), key+".time", "is required")
		c.moment(key+".time", s.Time)
		c.when(s.Value < 0, key+".value", "must not be negative")
	}
	return c.faults
}

// moment wants a time of our age, if any: far ones cannot be counted in
// nanoseconds, and are mistakes.
func (c *check) moment(key string, t time.Time) {
	c.when(!t.IsZero() && (t.Year() < 1970 || t.Year() > 2199), key, "must be from 1970 to 2199")
}
