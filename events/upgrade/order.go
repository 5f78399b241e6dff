package upgrade

import (
	"fmt"
	"strings"
	"time"

	"upgradehub/events"
)

// outdated says why an event comes too late to be true: its source has
// already said something newer of the same object. Empty if it does not.
func (u *Upgrade) outdated(e events.Event) string {
	object := u.objectOf(e)
	if object == "" {
		return ""
	}
	newest, known := u.Sources[object+" "+e.Source]
	if !known || !e.Time.Before(newest) {
		return ""
	}
	return fmt.Sprintf("%s: older than what is known of %s from source %q, which spoke of %s already",
		e.Type, nameOf(object), e.Source, newest.Format("2006-01-02 15:04:05 MST"))
}

// remember keeps the newest own time of the event's source for its object.
func (u *Upgrade) remember(e events.Event) {
	object := u.objectOf(e)
	if object == "" {
		return
	}
	if u.Sources == nil {
		u.Sources = map[string]time.Time{}
	}
	key := object + " " + e.Source
	u.Sources[key] = later(u.Sources[key], e.Time)
}

// objectOf is what the event speaks of; empty for a new update, which nothing
// was said of before, and for evidence: pieces of a gate are made side by side
// and may overtake each other.
func (u *Upgrade) objectOf(e events.Event) string {
	switch d := e.Data.(type) {
	case *events.Phase:
		return "phase:" + d.Phase
	case *events.Progressed:
		return "phase:" + d.Phase
	case *events.Evidence:
		return "" // each piece knows by itself what is older
	case *events.Decided:
		return "gate:" + d.Gate
	case *events.Measured:
		return "objective:" + d.Objective
	case *events.Component:
		return "component:" + d.Component
	case *events.Failover:
		return "component:" + d.Component
	case *events.Redundancy:
		return "component:" + d.Component
	case *events.Risk:
		return "risk:" + d.Risk
	case *events.Update:
		return u.updateObject(e, d)
	}
	return "upgrade"
}

func (u *Upgrade) updateObject(e events.Event, d *events.Update) string {
	if e.Type == events.UpdatePosted {
		return ""
	}
	if i := u.findUpdate(e.Source, d.Of); i >= 0 {
		return "update:" + u.Updates[i].Event + " " + u.Updates[i].Source
	}
	return ""
}

func nameOf(object string) string {
	kind, id, ok := strings.Cut(object, ":")
	if !ok {
		return "the upgrade"
	}
	id, _, _ = strings.Cut(id, " ")
	return fmt.Sprintf("%s %q", kind, id)
}
