package plan

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Difference is a point in which two plans differ. What only one of them has
// is empty in the other.
type Difference struct {
	// What names the point: "phase import: duration", "notice".
	What string `json:"what"`
	Old  string `json:"old"`
	New  string `json:"new"`
}

// Diff lists the points in which two plans differ, in the order of the plan
// file. Times within the work are compared by their distance from the start of
// the window, so that the same work on another day is no difference but that
// of the window.
func Diff(before, after *Plan) []Difference {
	a, b := pointsOf(before), pointsOf(after)
	var list []Difference
	for _, group := range b.in(a.order) {
		list = append(list, compare(group, a.groups[group], b.groups[group])...)
	}
	return list
}

// compare says how a group differs, in one line if only one plan has it.
func compare(group string, a, b []point) []Difference {
	switch {
	case a == nil:
		return []Difference{{What: group, New: summary(b)}}
	case b == nil:
		return []Difference{{What: group, Old: summary(a)}}
	}
	var list []Difference
	for _, name := range slices.Compact(slices.Sorted(slices.Values(append(names(a), names(b)...)))) {
		if was, is := valueOf(a, name), valueOf(b, name); was != is {
			list = append(list, Difference{strings.TrimSuffix(group+": "+name, ": "), was, is})
		}
	}
	return list
}

// point is one value of a plan, within a group such as a phase; the name is
// empty if the group is the value.
type point struct{ name, value string }

func names(list []point) []string {
	out := make([]string, len(list))
	for i, p := range list {
		out[i] = p.name
	}
	return out
}

func valueOf(list []point, name string) string {
	for _, p := range list {
		if p.name == name {
			return p.value
		}
	}
	return ""
}

func summary(list []point) string {
	var parts []string
	for _, p := range list {
		parts = append(parts, strings.TrimSpace(p.name+" "+p.value))
	}
	return strings.Join(parts, ", ")
}

// points are those of a plan, by group, in order.
type points struct {
	start  time.Time
	order  []string
	groups map[string][]point
}

// in is the order of two plans' groups: each of b behind the one that it
// follows there.
func (b points) in(order []string) []string {
	all := slices.Clone(order)
	at := 0
	for _, group := range b.order {
		if i := slices.Index(all, group); i >= 0 {
			at = i + 1
			continue
		}
		all = slices.Insert(all, at, group)
		at++
	}
	return all
}

// put adds a point that says something.
func (b *points) put(group, name, value string) {
	if value == "" {
		return
	}
	if b.groups[group] == nil {
		b.order = append(b.order, group)
	}
	b.groups[group] = append(b.groups[group], point{name, value})
}

// after is a moment by its distance from the start of the window.
func (b *points) after(t time.Time) string {
	switch d := t.Sub(b.start); {
	case t.IsZero():
		return ""
	case d < 0:
		return Duration(-d).String() + " before the start"
	case d == 0:
		return "at the start"
	default:
		return Duration(d).String() + " after the start"
	}
}

func length(d Duration) string {
	if d == 0 {
		return ""
	}
	return d.String()
}

func listed(list []string) string { return strings.Join(list, "; ") }

func when(is bool, text string) string {
	if is {
		return text
	}
	return ""
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func pointsOf(p *Plan) *points {
	b := &points{start: p.Window.Start, groups: map[string][]point{}}
	b.put("title", "", p.Title)
	b.put("system", "", p.System)
	b.put("zone", "", p.Zone)
	b.put("window", "start", p.Window.Start.UTC().Format("2006-01-02 15:04")+" UTC")
	b.put("window", "length", Duration(p.Window.Duration()).String())
	b.put("drill", "", when(p.Drill, "yes"))
	b.put("notice", "", length(p.Announce.Notice))
	for _, o := range p.Objectives {
		b.put("objective "+o.ID, "", strings.TrimSpace(o.Text+" "+o.Measure+" "+o.Target))
	}
	b.put("impact", "", string(p.Impact.Default))
	b.put("still works", "", listed(p.Impact.StillWorks))
	b.put("do before", "", listed(p.Impact.DoBefore))
	b.put("odd after", "", listed(p.Impact.OddAfter))
	for _, c := range p.Components {
		b.put("component "+c.ID, "", c.Name+when(!c.IsPublic(), " (internal)"))
	}
	for _, role := range slices.Sorted(maps.Keys(p.Roster)) {
		b.put("roster "+role, "person", p.Roster[role].Person)
		b.put("roster "+role, "backup", p.Roster[role].Backup)
		b.put("roster "+role, "shift", p.Roster[role].Shift)
	}
	b.work(p)
	b.people(p)
	return b
}

// work is what is done, decided and feared.
func (b *points) work(p *Plan) {
	for _, ph := range p.Phases {
		group := "phase " + ph.ID
		b.put(group, "title", ph.Title)
		b.put(group, "start", b.after(ph.Start))
		b.put(group, "duration", ph.Duration.String())
		b.put(group, "after", listed(ph.After))
		b.put(group, "owner", ph.Owner)
		b.put(group, "kind", ph.Kind)
		b.put(group, "weight", number(ph.Weight))
		b.put(group, "batches", number(ph.Batches))
		b.put(group, "point of no return", when(ph.PointOfNoReturn, "yes"))
		b.put(group, "public", when(!ph.IsPublic(), "no"))
	}
	for _, g := range p.Gates {
		group := "gate " + g.ID
		b.put(group, "title", g.Title)
		b.put(group, "at", b.after(g.At))
		b.put(group, "before", g.Before)
		b.put(group, "decider", g.Decider)
		b.put(group, "deadline", b.after(g.Deadline))
		for i, e := range g.Evidence {
			b.put(group, fmt.Sprintf("evidence %d", i+1), e.words())
		}
	}
	for _, c := range p.Contingencies {
		b.put("contingency "+c.ID, "trigger", c.Trigger)
		b.put("contingency "+c.ID, "action", c.Action)
		b.put("contingency "+c.ID, "owner", c.Owner)
		b.put("contingency "+c.ID, "duration", length(c.Duration))
	}
	b.put("rollback", "duration", length(p.Rollback.Duration))
	b.put("rollback", "buffer", length(p.Rollback.Buffer))
	for _, r := range p.Risks {
		b.put("risk "+r.ID, "text", r.Text)
		b.put("risk "+r.ID, "likelihood", number(r.Likelihood))
		b.put("risk "+r.ID, "impact", number(r.Impact))
		b.put("risk "+r.ID, "mitigation", r.Mitigation)
		b.put("risk "+r.ID, "trigger", r.Trigger)
		b.put("risk "+r.ID, "owner", r.Owner)
	}
}

func (e Evidence) words() string {
	var parts []string
	for _, p := range []point{
		{"junit", e.JUnit},
		{"sign-off", e.Signoff},
		{"check", e.Check},
		{"tests", number(e.MinTests)},
		{"at most", length(e.MaxAge)},
		{"build", e.Build},
		{"cases", listed(e.Cases)},
	} {
		if p.value != "" {
			parts = append(parts, p.name+" "+p.value)
		}
	}
	return strings.Join(parts, ", ")
}

// people is who is told, what they are asked, and what was said of other plans.
func (b *points) people(p *Plan) {
	for _, a := range p.Audiences {
		group := "audience " + a.ID
		b.put(group, "role", a.RoleOf())
		b.put(group, "channels", listed(a.Channels))
		b.put(group, "templates", a.Templates)
		for _, key := range slices.Sorted(maps.Keys(a.Match)) {
			b.put(group, "match "+key, a.Match[key])
		}
		for _, state := range slices.Sorted(maps.Keys(a.Cadence)) {
			b.put(group, "cadence "+state, a.Cadence[state].String())
		}
	}
	b.put("survey", "mode", string(p.Survey.Mode))
	b.put("survey", "questions", listed(p.Survey.Questions))
	for _, role := range slices.Sorted(maps.Keys(p.Survey.Audiences)) {
		b.put("survey", "questions for "+role, listed(p.Survey.Audiences[role]))
	}
	b.put("survey", "ask after", length(p.Survey.AskAfter))
	b.put("survey", "close after", length(p.Survey.CloseAfter))
	b.put("similar", "", listed(p.Similar))
	for _, w := range p.Lessons {
		b.put("lesson "+w.ID, "", fmt.Sprintf("waived by %s: %s", w.WaivedBy, w.Reason))
	}
}
