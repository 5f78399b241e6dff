package upgrade

import (
	"bytes"
	"encoding/json"

	"upgradehub/events"
	"upgradehub/events/plan"
)

// planned creates the upgrade or revises its plan, which never changes where
// it stands.
func (u *Upgrade) planned(e events.Event, d *events.Planned) Effect {
	switch {
	case d.Plan == nil:
		return refuse("%s: the plan is missing", e.Type)
	case u.State.Ended():
		return u.misplaced(e)
	case u.Plan != nil && samePlan(u.Plan, d.Plan):
		return done(false)
	case u.Plan == nil:
		u.Announced = stampOf(e)
		u.enter(Planned, e)
	default:
		u.moveTo(d.Plan.Window, e, d.Reason)
		u.clearMoved(d.Plan)
	}
	u.Plan, u.Cadences = d.Plan, d.Cadences
	u.Revision++
	u.takeOver(d.Plan)
	return done(true)
}

// samePlan compares the canonical forms. What has none is another plan.
func samePlan(a, b *plan.Plan) bool {
	left, err := json.Marshal(a)
	if err != nil {
		return false
	}
	right, err := json.Marshal(b)
	return err == nil && bytes.Equal(left, right)
}

// moveTo remembers a changed window. A new time is announced with it, so
// what was late or overdue by the old one is so no more.
func (u *Upgrade) moveTo(to plan.Window, e events.Event, reason string) {
	from := u.Plan.Window
	sameStart, sameEnd := from.Start.Equal(to.Start), from.End.Equal(to.End)
	if sameStart && sameEnd {
		return
	}
	m := Move{Stamp: stampOf(e), From: from, To: to}
	if reason != "" {
		m.Reason = Text{Text: reason, Public: e.TextVisible()}
	}
	u.Moves = append(u.Moves, m)
	if !sameStart {
		u.Late = nil
	}
	if !sameEnd {
		u.Overdue = nil
	}
}

// clearMoved takes back what the clock said of phases that have new times.
func (u *Upgrade) clearMoved(next *plan.Plan) {
	for i := range u.Phases {
		p := &u.Phases[i]
		was, _ := u.Plan.Phase(p.ID)
		now, _ := next.Phase(p.ID)
		if !was.Start.Equal(now.Start) || was.Duration != now.Duration {
			p.Late, p.Overdue = nil, nil
		}
	}
}

// takeOver brings the parts of the upgrade into the plan's order. What stays
// in the plan keeps what happened to it.
func (u *Upgrade) takeOver(p *plan.Plan) {
	u.Phases = merge(p.Phases, u.Phases, func(p plan.Phase) Phase { return Phase{ID: p.ID, State: Queued} },
		func(p Phase) string { return p.ID })
	u.Components = merge(p.Components, u.Components, func(c plan.Component) Component { return Component{ID: c.ID, Impact: plan.NoImpact} },
		func(c Component) string { return c.ID })
	u.Gates = merge(p.Gates, u.Gates, func(g plan.Gate) Gate { return Gate{ID: g.ID} },
		func(g Gate) string { return g.ID })
	u.Risks = merge(p.Risks, u.Risks, func(r plan.Risk) Risk { return Risk{ID: r.ID} },
		func(r Risk) string { return r.ID })
	u.Watches = merge(watchesOf(p), u.Watches, func(w Watch) Watch { return w },
		func(w Watch) string { return w.Object() + " " + w.Trigger })
	u.Objectives = merge(p.Objectives, u.Objectives, func(o plan.Objective) Objective { return Objective{ID: o.ID} },
		func(o Objective) string { return o.ID })
	for i := range u.Objectives { // the plan may have raised the bar
		o := &u.Objectives[i]
		o.Met = met(o.Value, p.Objectives[i].Target)
	}
}

// merge makes one part for each of the plan's, the old one where there is
// one.
func merge[P, T any](planned []P, old []T, fresh func(P) T, id func(T) string) []T {
	have := make(map[string]T, len(old))
	for _, v := range old {
		have[id(v)] = v
	}
	var parts []T
	for _, p := range planned {
		part := fresh(p)
		if v, ok := have[id(part)]; ok {
			part = v
		}
		parts = append(parts, part)
	}
	return parts
}
