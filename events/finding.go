package events

import "upgradehub/events/plan"

// Finding is one thing that an upgrade has shown, in numbers, so that it can
// be said in any language: the evidence of a lesson.
type Finding struct {
	// Kind is what was found, see package lesson: "phase".
	Kind string `json:"kind"`
	// Name is the title of the phase or the gate it is about, or the topic of
	// answers; Report is that of the test report.
	Name   string `json:"name,omitempty"`
	Report string `json:"report,omitempty"`
	// Count of Of, where Least had to be.
	Count int `json:"count,omitempty"`
	Of    int `json:"of,omitempty"`
	Least int `json:"least,omitempty"`
	// Took is how long it was, Planned how long it was to be.
	Took    plan.Duration `json:"took,omitzero"`
	Planned plan.Duration `json:"planned,omitzero"`
}

// maxFindings is how many findings a lesson has at most.
const maxFindings = 20

func (c *check) findings(list []Finding) {
	c.when(len(list) > maxFindings, "found", "has too many findings")
	for _, f := range list[:min(len(list), maxFindings)] {
		c.text("found", f.Kind, maxShort)
		c.text("found", f.Name, maxNote)
		c.text("found", f.Report, maxNote)
	}
}
