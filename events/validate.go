package events

import (
	"regexp"
	"strings"
)

// maxID bounds ids and sources of publishers, in characters.
const maxID = 256

// FaultsError names every fault of an event; it is what [Decode] and
// [Event.Validate] return for bad input.
type FaultsError struct{ Faults []string }

func (e *FaultsError) Error() string { return strings.Join(e.Faults, "; ") }

var typeForm = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)

// Validate names every fault in the form of the event as a [*FaultsError].
func (e Event) Validate() error {
	if faults := append(e.envelopeFaults(), e.dataFaults()...); len(faults) > 0 {
		return &FaultsError{Faults: faults}
	}
	return nil
}

func (e Event) envelopeFaults() []string {
	var c check
	c.needed("id", e.ID, maxID)
	c.needed("source", e.Source, maxID)
	e.checkType(&c)
	if e.Upgrade != "" || !e.Type.Own() {
		c.id("upgrade", e.Upgrade)
	}
	c.when(e.Time.IsZero(), "time", "is required")
	c.moment("time", e.Time)
	oneOf(&c, "visibility", e.Visibility, Public, Internal)
	return c.faults
}

func (e Event) checkType(c *check) {
	switch {
	case e.Type == "":
		c.fault("type", "is required")
	case len(e.Type) > maxShort || !typeForm.MatchString(string(e.Type)):
		c.fault("type", "%q is not a type such as phase.started", clip(string(e.Type)))
	case e.Type.Own() && !e.Type.Known():
		c.fault("type", "%q is not in the vocabulary", e.Type)
	case e.Type.Own() && !tokenForm.MatchString(e.ID):
		c.fault("id", "%q cannot be a token of a subject", clip(e.ID))
	}
}

func (e Event) dataFaults() []string {
	if !sameType(e.Data, New(e.Type)) {
		return []string{"data: is not that of " + string(e.Type)}
	}
	var c check
	if u, ok := e.Data.(*Update); ok && e.Type != UpdateRetracted {
		c.when(strings.TrimSpace(u.Text) == "", "text", "is required")
	}
	if p, ok := e.Data.(*Planned); ok && p.Plan != nil && p.Plan.ID != e.Upgrade {
		c.fault("plan", "id: %q is not the upgrade %q", clip(p.Plan.ID), clip(e.Upgrade))
	}
	return append(e.Data.Faults(), c.faults...)
}
