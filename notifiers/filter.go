package notifiers

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
)

// Filter says which causes an audience is told of. It is a filter expression
// of the CloudEvents Subscriptions API 1.0, section 3.2.4, over the
// attributes of [Attributes]; of its dialects those that need no language of
// their own. All that is set must hold; a Filter that sets nothing lets
// everything through.
type Filter struct {
	// Exact, Prefix and Suffix hold if each of the attributes named has a
	// value that is, begins with, or ends with the text.
	Exact, Prefix, Suffix map[string]string
	// All holds if each, Any if one, and Not if the filter within does not.
	All, Any []Filter
	Not      *Filter
}

// Attributes are those that a [Filter] may name.
var Attributes = plan.MatchKeys

// attributes are the values of a cause. What is about the whole upgrade
// concerns each of its components and phases: whoever asks for one of them
// is told when the work is announced, moved and over.
func attributes(c Cause) map[string][]string {
	component, phase := about(c.Event.Data)
	if c.Before != nil && c.Before.State != c.After.State {
		component, phase = "", "" // the first phase that starts is the start of all
	}
	return valuesOf(c, component, phase)
}

// valuesOf are those of a cause that is about a component or a phase; of
// neither, about the whole.
func valuesOf(c Cause, component, phase string) map[string][]string {
	p := c.After.Plan
	if _, known := p.Phase(phase); !known {
		phase = "" // the clock names moments too
	}
	a := map[string][]string{
		"system": {p.System}, "upgrade": {c.After.ID}, "type": {string(c.Event.Type)},
		"severity": {string(severity(c.After, component))}, "component": {component}, "phase": {phase},
	}
	if component == "" {
		a["component"] = ids(p.Components, func(c plan.Component) string { return c.ID })
	}
	if phase == "" {
		a["phase"] = ids(p.Phases, func(ph plan.Phase) string { return ph.ID })
	}
	return a
}

// about is the component or the phase that an event is about; empty for one
// about the whole upgrade.
func about(d events.Data) (component, phase string) {
	switch d := d.(type) {
	case *events.Phase:
		return "", d.Phase
	case *events.Progressed:
		return "", d.Phase
	case *events.Component:
		return d.Component, ""
	case *events.Failover:
		return d.Component, ""
	case *events.Redundancy:
		return d.Component, ""
	case *events.Clock:
		return "", d.Object
	}
	return "", ""
}

func ids[T any](list []T, id func(T) string) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = id(v)
	}
	return out
}

// severity is how it stands with a component; of the whole it is the greatest
// impact that was announced or, while the work goes on, is felt: whoever heard
// of the announcement hears what becomes of it.
func severity(u *upgrade.Upgrade, component string) plan.Impact {
	worst := cmp.Or(u.Plan.Impact.Default, plan.NoImpact)
	for _, c := range u.Components {
		switch {
		case component == c.ID:
			return c.Impact
		case u.State.Live() && slices.Index(plan.Impacts, c.Impact) > slices.Index(plan.Impacts, worst):
			worst = c.Impact
		}
	}
	return worst
}

// match reports whether f lets the attributes through, and the first part of
// it that says why, or why not.
func (f Filter) match(a map[string][]string) (ok bool, why string) {
	for _, d := range []struct {
		name string
		want map[string]string
		is   func(value, text string) bool
	}{
		{"exact", f.Exact, func(v, t string) bool { return v == t }},
		{"prefix", f.Prefix, strings.HasPrefix},
		{"suffix", f.Suffix, strings.HasSuffix},
	} {
		for _, name := range slices.Sorted(maps.Keys(d.want)) {
			why = fmt.Sprintf("%s %s %q", name, d.name, d.want[name])
			if !slices.ContainsFunc(a[name], func(v string) bool { return d.is(v, d.want[name]) }) {
				return false, "not " + why
			}
		}
	}
	return f.matchParts(a, why)
}

func (f Filter) matchParts(a map[string][]string, why string) (bool, string) {
	for _, part := range f.All {
		ok, because := part.match(a)
		if why = because; !ok {
			return false, because
		}
	}
	if len(f.Any) > 0 {
		i := slices.IndexFunc(f.Any, func(part Filter) bool { ok, _ := part.match(a); return ok })
		if i < 0 {
			return false, "none of any"
		}
		_, why = f.Any[i].match(a)
	}
	if f.Not != nil {
		ok, because := f.Not.match(a)
		if ok {
			return false, "not wanted: " + because
		}
		why = because
	}
	if why == "" {
		why = "everything"
	}
	return true, why
}
