package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Patch writes into a plan file what a requirement asks for and the plan does
// not have. Comments and layout stay. What follows in time is moved along: a
// phase that is planned longer puts off what was planned from its end on, and
// the window's end if need be. The file comes back as it was if nothing is
// missing. An error says what has to be written by hand.
func Patch(data []byte, r Requirement) ([]byte, error) {
	p, problems := Parse(data)
	if p == nil {
		return nil, fmt.Errorf("patch plan: %s", problems[0])
	}
	if _, why := r.Unmet(p); why == "" {
		return data, nil
	}
	e, err := newEditor(data)
	if err != nil {
		return nil, fmt.Errorf("patch plan: %w", err)
	}
	c := change{editor: e, plan: p, zone: zoneOf(p)}
	if err := c.meet(r); err != nil {
		return nil, fmt.Errorf("patch plan: %s: %w; write it by hand", r.Kind, err)
	}
	out := e.bytes()
	after, problems := Parse(out)
	if after == nil {
		return nil, fmt.Errorf("patch plan: %s: the plan would have a fault, %s; write it by hand", r.Kind, problems[0])
	}
	if path, why := r.Unmet(after); why != "" {
		return nil, fmt.Errorf("patch plan: %s %s; write it by hand", path, why)
	}
	return out, nil
}

func zoneOf(p *Plan) *time.Location {
	zone, err := time.LoadLocation(p.Zone)
	if err != nil { // Parse has refused it
		return time.UTC
	}
	return zone
}

// change is a patch under way. The plan is that before it.
type change struct {
	*editor
	plan *Plan
	zone *time.Location
}

func (c change) meet(r Requirement) error {
	switch r.Kind {
	case NeedsPhase:
		return c.longer(r.phase(c.plan), r.Want)
	case NeedsWindow:
		return c.time(c.plan.Window.Start.Add(r.Want.Std()), "window", "end")
	case NeedsNotice:
		return c.set(r.Want.String(), "announce", "notice")
	case NeedsRollback:
		return c.set(r.Want.String(), "rollback", "duration")
	case NeedsCadence, NeedsCalm:
		return c.cadence(r)
	case NeedsDeadline:
		return c.deadline(r)
	case NeedsTests:
		gate, rule := r.report(c.plan)
		return c.set(r.Count, "gates", gate, "evidence", rule, "min_tests")
	case NeedsImpact:
		return c.set(string(r.Level), "impact", "default")
	case NeedsPrepare:
		return c.prepare(r.Count)
	case NeedsSupport:
		return c.append("audiences", len(c.plan.Audiences), pairs{{"id", "support"}, {"role", "support"}})
	case NeedsVoice, NeedsAnswer:
		return c.contingency(r)
	case NeedsObjective:
		return c.append("objectives", len(c.plan.Objectives), pairs{
			{"id", SatisfactionID}, {"text", "8 of 10 rate the upgrade 4 or 5"}, {"measure", "percent who gave 4 or 5"}, {"target", ">= 80"},
		})
	}
	return fmt.Errorf("%q is of a newer hub", r.Kind)
}

// append adds an item to a list of the plan, which may be missing yet.
func (c change) append(list string, n int, item pairs) error { return c.set(item, list, n) }

// time writes a moment as the plan writes such: local to its zone, unless
// clocks there skip it or show it twice.
func (c change) time(t time.Time, path ...any) error {
	text := t.In(c.zone).Format(localForms[0])
	if read, advice, err := parseTime(text, c.zone); err != nil || advice != "" || !read.Equal(t) {
		text = t.In(c.zone).Format(time.RFC3339)
	}
	return c.set(text, path...)
}

// longer plans a phase longer, and what follows later.
func (c change) longer(i int, want Duration) error {
	grown, end := want.Std()-c.plan.Phases[i].Duration.Std(), c.plan.Phases[i].End()
	if err := c.set(want.String(), "phases", i, "duration"); err != nil {
		return err
	}
	last := end.Add(grown)
	for j, ph := range c.plan.Phases {
		if j == i || ph.Start.Before(end) {
			last = later(last, ph.End())
			continue
		}
		last = later(last, ph.End().Add(grown))
		if err := c.time(ph.Start.Add(grown), "phases", j, "start"); err != nil {
			return err
		}
	}
	if err := c.gatesFrom(end, grown); err != nil || !last.After(c.plan.Window.End) {
		return err
	}
	return c.time(last, "window", "end")
}

// gatesFrom puts off the gates from a moment on.
func (c change) gatesFrom(from time.Time, by time.Duration) error {
	for i, g := range c.plan.Gates {
		if !guarded(c.plan, g).Before(from) && !g.At.Before(from) {
			if err := c.time(g.At.Add(by), "gates", i, "at"); err != nil {
				return err
			}
		}
		if !g.Deadline.IsZero() && !g.Deadline.Before(from) {
			if err := c.time(g.Deadline.Add(by), "gates", i, "deadline"); err != nil {
				return err
			}
		}
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func (c change) cadence(r Requirement) error {
	at := users(c.plan)
	if len(c.plan.Audiences) == 0 {
		return c.everybody(r.Want)
	}
	if len(at) == 0 {
		return c.append("audiences", len(c.plan.Audiences), pairs{{"id", "users"}, {"cadence", pairs{{live, r.Want}}}})
	}
	for _, i := range at {
		if r.often(cmp.Or(c.plan.Audiences[i].Cadence[live], usualCadence)) == "" {
			continue
		}
		if err := c.set(r.Want.String(), "audiences", i, "cadence", live); err != nil {
			return err
		}
	}
	return nil
}

// everybody names all roles in a plan that names none and so tells all: one that
// named users alone would tell nobody else.
func (c change) everybody(every Duration) error {
	for i, role := range Roles {
		item := pairs{{"id", role}}
		if role == "users" {
			item = append(item, pair{"cadence", pairs{{live, every}}})
		}
		if err := c.append("audiences", i, item); err != nil {
			return err
		}
	}
	return nil
}

// deadline has a gate decided earlier, and stand no later than that.
func (c change) deadline(r Requirement) error {
	i := r.gate(c.plan)
	g := c.plan.Gates[i]
	by := guarded(c.plan, g).Add(-r.Want.Std())
	if err := c.time(by, "gates", i, "deadline"); err != nil || !g.At.After(by) {
		return err
	}
	return c.time(by, "gates", i, "at")
}

// prepare is what anybody can do before an upgrade, said once for each that
// is missing.
var prepare = []string{
	"Save and close your work before the window begins", "Put off what cannot be interrupted", "Keep a copy of what you need meanwhile",
}

func (c change) prepare(count int) error {
	have := c.plan.Impact.DoBefore
	n := len(have)
	for _, text := range prepare {
		if n < count && !slices.Contains(have, text) {
			if err := c.set(text, "impact", "do_before", n); err != nil {
				return err
			}
			n++
		}
	}
	return nil
}

// contingency settles what is done when the trigger comes true.
func (c change) contingency(r Requirement) error {
	id, action := "speak-up", "Post an update, even if nothing is new"
	if r.Kind == NeedsAnswer {
		id, action = "no-go-"+r.Object, "Stop, tell everybody and propose a new window"
	}
	item := pairs{{"id", c.free(id)}, {"trigger", r.trigger()}, {"action", action}}
	if owner := c.owner(); owner != "" {
		item = append(item, pair{"owner", owner})
	}
	return c.append("contingencies", len(c.plan.Contingencies), item)
}

// free is an id that no contingency has.
func (c change) free(id string) string {
	id = id[:min(len(id), 60)]
	for n, try := 2, id; ; n++ {
		if !slices.ContainsFunc(c.plan.Contingencies, func(k Contingency) bool { return k.ID == try }) {
			return try
		}
		try = fmt.Sprintf("%s-%d", id, n)
	}
}

// owner is the lead, else a role of the roster.
func (c change) owner() string {
	if _, ok := c.plan.Roster["lead"]; ok {
		return "lead"
	}
	for _, role := range slices.Sorted(maps.Keys(c.plan.Roster)) {
		return role
	}
	return ""
}
