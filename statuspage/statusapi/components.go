package statusapi

import (
	"cmp"
	"slices"
	"time"

	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
)

// The statuses of a component by how grave they are, and what people feel.
var componentStatuses = []struct {
	impact plan.Impact
	status string
}{
	{plan.NoImpact, "operational"},
	{plan.ReducedRedundancy, "under_maintenance"},
	{plan.Degraded, "degraded_performance"},
	{plan.Outage, "major_outage"},
}

// grave is the place of an impact among them; what is not known counts as
// none.
func grave(i plan.Impact) int {
	for n, s := range componentStatuses {
		if s.impact == i {
			return n
		}
	}
	return 0
}

// thing is a component of a system, whichever upgrades touch it.
type thing struct {
	system, name     string
	created, changed time.Time
	level            int       // of what people feel now
	ended            time.Time // of the newest ended upgrade that touched it
	left             int       // what that one left behind
}

// things are all components, in the order in which they became known, so
// that a place once given stays.
type things struct {
	pageID string
	all    []*thing
}

// gather is the union of the components of all upgrades by system and name.
func gather(all []upgrade.Public, pageID string) *things {
	t := &things{pageID: pageID}
	byAge := slices.SortedStableFunc(slices.Values(all), func(a, b upgrade.Public) int {
		return cmp.Or(a.Announced.Compare(b.Announced), cmp.Compare(a.ID, b.ID))
	})
	for _, u := range byAge {
		for _, c := range u.Components {
			t.find(u, c.Name).touch(u, c)
		}
	}
	for _, x := range t.all {
		x.level = max(x.level, x.left)
	}
	return t
}

func (t *things) find(u upgrade.Public, name string) *thing {
	for _, x := range t.all {
		if x.system == u.System && x.name == name {
			return x
		}
	}
	x := &thing{system: u.System, name: name, created: u.Announced, changed: u.Announced}
	t.all = append(t.all, x)
	return x
}

// touch takes in what an upgrade says of the component. The worst of those
// under way counts; and what the last one that ended left behind, for an
// upgrade that failed may leave an outage. A later one that touches the
// component speaks for it then.
func (x *thing) touch(u upgrade.Public, c upgrade.PublicComponent) {
	if c.Since != nil && c.Since.After(x.changed) {
		x.changed = *c.Since
	}
	switch {
	case u.State.Live():
		x.level = max(x.level, grave(c.Impact))
	case u.State.Ended() && u.Started != nil && u.Finished != nil && !u.Finished.Before(x.ended):
		x.ended, x.left = *u.Finished, grave(c.Impact)
	}
}

// rollup is the status of the page; the package's doc says by which rule.
func (t *things) rollup(all []upgrade.Public) status {
	worst, outages := 0, 0
	for _, x := range t.all {
		worst = max(worst, x.level)
		if componentStatuses[x.level].impact == plan.Outage {
			outages++
		}
	}
	switch componentStatuses[worst].impact {
	case plan.Outage:
		if outages == len(t.all) {
			return status{"critical", "Major Service Outage"}
		}
		return status{"major", "Partial System Outage"}
	case plan.Degraded:
		return status{"minor", "Partially Degraded Service"}
	case plan.ReducedRedundancy:
		return status{"maintenance", "Service Under Maintenance"}
	}
	if slices.ContainsFunc(all, func(u upgrade.Public) bool { return u.State.Live() }) {
		return status{"maintenance", "Service Under Maintenance"}
	}
	return status{"none", "All Systems Operational"}
}

// list is every component, each system's behind the group that stands for
// the system.
func (t *things) list() []component {
	list := []component{}
	for n, system := range t.systems() {
		members := t.in(system)
		list = append(list, t.group(system, members, n+1))
		for i, x := range members {
			list = append(list, t.component(x, i+1))
		}
	}
	return list
}

func (t *things) systems() []string {
	var names []string
	for _, x := range t.all {
		if !slices.Contains(names, x.system) {
			names = append(names, x.system)
		}
	}
	return names
}

func (t *things) in(system string) []*thing {
	var list []*thing
	for _, x := range t.all {
		if x.system == system {
			list = append(list, x)
		}
	}
	return list
}

// group is the system: as bad as its worst component.
func (t *things) group(system string, members []*thing, position int) component {
	sum := *members[0]
	var ids []string
	for _, x := range members {
		sum.level = max(sum.level, x.level)
		if x.changed.After(sum.changed) {
			sum.changed = x.changed
		}
		ids = append(ids, idOf("component", x.system, x.name))
	}
	c := t.component(&sum, position)
	c.ID, c.Name, c.GroupID, c.Group, c.Components = idOf("group", system), system, nil, true, ids
	return c
}

func (t *things) component(x *thing, position int) component {
	day, group := x.created.UTC().Format(time.DateOnly), idOf("group", x.system)
	return component{
		ID: idOf("component", x.system, x.name), Name: x.name, Status: componentStatuses[x.level].status,
		CreatedAt: stamp(x.created), UpdatedAt: stamp(x.changed), Position: position,
		StartDate: &day, GroupID: &group, PageID: t.pageID,
	}
}

// of are the components of an upgrade, as they are now.
func (t *things) of(u upgrade.Public) []component {
	list := []component{}
	for i, x := range t.in(u.System) {
		if slices.ContainsFunc(u.Components, func(c upgrade.PublicComponent) bool { return c.Name == x.name }) {
			list = append(list, t.component(x, i+1))
		}
	}
	return list
}
