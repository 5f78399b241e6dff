package upgrade

import (
	"maps"
	"slices"
)

// Clone is a deep copy. It shares only the plan, which nobody changes: a
// revision is another plan.
func (u *Upgrade) Clone() *Upgrade {
	c := *u
	c.DataSafe = copyOf(u.DataSafe)
	c.Moves = slices.Clone(u.Moves)
	c.Started, c.Finished, c.Paused = copyOf(u.Started), copyOf(u.Finished), copyOf(u.Paused)
	c.Returning = copyOf(u.Returning)
	c.Phases = cloneEach(u.Phases, Phase.clone)
	c.Components = cloneEach(u.Components, Component.clone)
	c.Gates = cloneEach(u.Gates, Gate.clone)
	c.Risks = cloneEach(u.Risks, Risk.clone)
	c.Objectives = cloneEach(u.Objectives, Objective.clone)
	c.Updates = cloneEach(u.Updates, Update.clone)
	c.Promise.BrokenSince, c.Promise.Word = copyOf(u.Promise.BrokenSince), copyOf(u.Promise.Word)
	c.Late, c.Overdue, c.Silent = copyOf(u.Late), copyOf(u.Overdue), copyOf(u.Silent)
	c.Reports = u.Reports.clone()
	c.Forecast = u.Forecast.clone()
	c.Passed = slices.Clone(u.Passed)
	c.Watches = cloneEach(u.Watches, Watch.clone)
	c.Sources = maps.Clone(u.Sources)
	return &c
}

func cloneEach[T any](list []T, clone func(T) T) []T {
	out := slices.Clone(list)
	for i := range out {
		out[i] = clone(out[i])
	}
	return out
}

func (p Phase) clone() Phase {
	p.Started, p.Ended = copyOf(p.Started), copyOf(p.Ended)
	p.Done, p.Total, p.Percent = copyOf(p.Done), copyOf(p.Total), copyOf(p.Percent)
	p.Late, p.Overdue = copyOf(p.Late), copyOf(p.Overdue)
	return p
}

func (c Component) clone() Component {
	c.Since, c.DataLoss = copyOf(c.Since), copyOf(c.DataLoss)
	c.Lag, c.Capacity = copyOf(c.Lag), copyOf(c.Capacity)
	return c
}

func (g Gate) clone() Gate {
	g.Evidence, g.Decided = cloneEach(g.Evidence, Evidence.clone), copyOf(g.Decided)
	return g
}

func (ev Evidence) clone() Evidence {
	if ev.Tests != nil {
		ev.Tests = copyOf(ev.Tests)
		ev.Tests.Failed, ev.Tests.Cases = slices.Clone(ev.Tests.Failed), slices.Clone(ev.Tests.Cases)
	}
	return ev
}

func (r Risk) clone() Risk {
	r.Triggered, r.Retired, r.Earlier = copyOf(r.Triggered), copyOf(r.Retired), slices.Clone(r.Earlier)
	return r
}

func (w Watch) clone() Watch {
	w.Since, w.Fired = copyOf(w.Since), copyOf(w.Fired)
	return w
}

func (o Objective) clone() Objective {
	o.Met = copyOf(o.Met)
	return o
}

func (up Update) clone() Update {
	up.Audiences, up.Edits = slices.Clone(up.Audiences), slices.Clone(up.Edits)
	if up.Holding != nil {
		up.Holding = copyOf(up.Holding)
		up.Holding.Phases = slices.Clone(up.Holding.Phases)
	}
	return up
}
