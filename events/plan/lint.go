package plan

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"upgradehub/events/jargon"
)

// lint judges what each value means, and what they mean together. What could
// not be read has its problem already and is passed over.
func (d *decoder) lint(p *Plan) {
	d.lintHead(p)
	d.lintWords(p)
	d.lintIDs(p)
	d.lintRoster(p)
	d.lintPhases(p)
	d.lintCycles(p)
	d.lintGates(p)
	d.lintContingencies(p)
	d.lintAudiences(p)
	d.lintRollback(p)
	d.lintSurvey(p.Survey)
	for i, w := range p.Lessons {
		d.person(fmt.Sprintf("lessons[%d].waived_by", i), w.WaivedBy)
	}
}

func (d *decoder) lintHead(p *Plan) {
	if p.Schema != "" && p.Schema != Schema {
		d.wrong("schema", "%q is not %s", clip(p.Schema), Schema)
	}
	if p.ID != "" {
		d.id("id", p.ID)
	}
	if !p.Window.Start.IsZero() && !p.Window.End.IsZero() && !p.Window.End.After(p.Window.Start) {
		d.wrong("window.end", "is not after window.start")
	}
	if w := p.Impact.Default; w != "" && !slices.Contains(Impacts, w) {
		d.wrong("impact.default", "%q is not one of %s", clip(string(w)), strings.Join(levels, ", "))
	}
	for i, s := range p.Similar {
		if s != "" {
			d.id(fmt.Sprintf("similar[%d]", i), s)
		}
	}
	for i, o := range p.Objectives {
		if o.Target != "" && !targetForm.MatchString(o.Target) {
			d.wrong(fmt.Sprintf("objectives[%d].target", i), "%q is not a comparison such as %q", clip(o.Target), ">= 100")
		}
	}
}

// lintWords: what everybody reads names no hosts and no tickets.
func (d *decoder) lintWords(p *Plan) {
	d.plain("title", p.Title)
	for name, list := range map[string][]string{
		"still_works": p.Impact.StillWorks, "do_before": p.Impact.DoBefore, "odd_after": p.Impact.OddAfter,
	} {
		for i, s := range list {
			d.plain(fmt.Sprintf("impact.%s[%d]", name, i), s)
		}
	}
}

func (d *decoder) plain(path, s string) {
	if found, ok := jargon.In(s); ok {
		d.advice(path, "%q is a %s: not all who read this know what it is", clip(found.Text), found.Kind)
	}
}

var targetForm = regexp.MustCompile(`^(>=|<=|>|<|==|=|!=) ?-?\d{1,15}(\.\d{1,15})?$`)

func (d *decoder) id(path, s string) {
	if !ValidID(s) {
		d.wrong(path, "%q is not an id: use a-z, 0-9 and -, at most 63", clip(s))
	}
}

func (d *decoder) lintIDs(p *Plan) {
	lintIDs(d, "objectives", p.Objectives, func(o Objective) string { return o.ID })
	lintIDs(d, "components", p.Components, func(c Component) string { return c.ID })
	lintIDs(d, "phases", p.Phases, func(p Phase) string { return p.ID })
	lintIDs(d, "gates", p.Gates, func(g Gate) string { return g.ID })
	lintIDs(d, "contingencies", p.Contingencies, func(c Contingency) string { return c.ID })
	lintIDs(d, "risks", p.Risks, func(r Risk) string { return r.ID })
	lintIDs(d, "audiences", p.Audiences, func(a Audience) string { return a.ID })
	lintIDs(d, "lessons", p.Lessons, func(w Waiver) string { return w.ID })
}

// lintIDs wants every id well formed and once in its list, and notes where it
// is.
func lintIDs[T any](d *decoder, kind string, list []T, idOf func(T) string) {
	d.ids[kind] = make(map[string]int, len(list))
	for i, v := range list {
		id, path := idOf(v), fmt.Sprintf("%s[%d].id", kind, i)
		if id == "" {
			continue
		}
		d.id(path, id)
		if first, ok := d.ids[kind][id]; ok {
			d.wrong(path, "%q is the id of %s[%d] already", clip(id), kind, first)
			continue
		}
		d.ids[kind][id] = i
	}
}

func (d *decoder) lintRoster(p *Plan) {
	for role, duty := range p.Roster {
		path := under("roster", role)
		d.person(path+".person", duty.Person)
		d.person(path+".backup", duty.Backup)
	}
}

// person wants a role name. An address has no place in a plan, which every
// node keeps for ever.
func (d *decoder) person(path, s string) {
	switch {
	case s == "":
	case strings.LastIndex(s, "@") > 0:
		d.wrong(path, "is an address; write a role name such as \"@lead\" and its address in hub.yaml")
	case !strings.HasPrefix(s, "@"):
		d.advice(path, "%q is not a role name such as \"@lead\": nobody can be reached by it", clip(s))
	}
}

// role wants a role of the roster, if any.
func (d *decoder) role(p *Plan, path, s string) {
	if s == "" {
		return
	}
	if _, ok := p.Roster[s]; !ok {
		d.wrong(path, "%q is not a role in roster", clip(s))
	}
}

// ref wants the id of something in the plan, if any.
func (d *decoder) ref(path, kind, id string) {
	if _, ok := d.ids[kind][id]; !ok && id != "" {
		d.wrong(path, "%q is not in %s", clip(id), kind)
	}
}

func (d *decoder) lintPhases(p *Plan) {
	if len(p.Phases) == 0 && p.Phases != nil {
		d.advice("phases", "is empty: nobody can see how far the upgrade is")
	}
	for i, ph := range p.Phases {
		path := fmt.Sprintf("phases[%d]", i)
		d.role(p, path+".owner", ph.Owner)
		d.within(p.Window, ph, path)
		for j, id := range ph.After {
			at := fmt.Sprintf("%s.after[%d]", path, j)
			d.ref(at, "phases", id)
			if first, ok := d.ids["phases"][id]; ok {
				d.order(at, p.Phases[first], ph)
			}
		}
	}
}

// order advises when a phase is planned to start before the end of one it
// comes after.
func (d *decoder) order(path string, before, ph Phase) {
	known := !before.Start.IsZero() && !ph.Start.IsZero() && before.ID != ph.ID
	if known && before.End().After(ph.Start) {
		d.advice(path, "%s is planned to end after %s starts", before.ID, clip(ph.ID))
	}
}

// within wants the phase inside the window; one of 0 m may stand at its end.
// In a window that ends before it starts nothing can be, which is one fault
// and not one more for every phase.
func (d *decoder) within(w Window, ph Phase, path string) {
	if ph.Start.IsZero() || w.Start.IsZero() || !w.End.After(w.Start) {
		return
	}
	switch {
	case ph.Start.Before(w.Start):
		d.wrong(path+".start", "is before window.start")
	case ph.Start.After(w.End):
		d.wrong(path+".start", "is after window.end")
	case ph.End().After(w.End):
		d.wrong(path+".duration", "ends %s after window.end", Duration(ph.End().Sub(w.End)))
	}
}

// lintCycles names each circle of after once, at the phase that comes first
// in the file.
func (d *decoder) lintCycles(p *Plan) {
	w := walker{after: make(map[string][]string, len(p.Phases)), at: map[string]int{}}
	for _, ph := range p.Phases {
		w.after[ph.ID] = append(w.after[ph.ID], ph.After...)
	}
	for _, ph := range p.Phases {
		w.walk(ph.ID)
	}
	for _, circle := range w.circles {
		first := slices.MinFunc(circle, func(a, b string) int { return d.ids["phases"][a] - d.ids["phases"][b] })
		path := fmt.Sprintf("phases[%d].after", d.ids["phases"][first])
		d.wrong(path, "goes in a circle: %s", clip(strings.Join(circle, " after ")))
	}
}

// walker goes from each phase to those it comes after.
type walker struct {
	after   map[string][]string
	trail   []string
	at      map[string]int // place in trail from 1; -1 for what is left behind
	circles [][]string
}

func (w *walker) walk(id string) {
	switch at := w.at[id]; {
	case at > 0:
		w.circles = append(w.circles, append(slices.Clone(w.trail[at-1:]), id))
		return
	case at < 0:
		return
	}
	w.trail = append(w.trail, id)
	w.at[id] = len(w.trail)
	for _, next := range w.after[id] {
		w.walk(next)
	}
	w.trail = w.trail[:len(w.trail)-1]
	w.at[id] = -1
}

func (d *decoder) lintGates(p *Plan) {
	for i, g := range p.Gates {
		path := fmt.Sprintf("gates[%d]", i)
		d.ref(path+".before", "phases", g.Before)
		d.role(p, path+".decider", g.Decider)
		if !g.Deadline.IsZero() && g.Deadline.Before(g.At) {
			d.advice(path+".deadline", "is before the gate itself")
		}
		for j, e := range g.Evidence {
			d.lintEvidence(e, fmt.Sprintf("%s.evidence[%d]", path, j))
		}
	}
}

func (d *decoder) lintEvidence(e Evidence, path string) {
	n := 0
	for _, s := range []string{e.JUnit, e.Signoff, e.Check} {
		if s != "" {
			n++
		}
	}
	if n != 1 {
		d.wrong(path, "must have one of junit, signoff and check")
	}
	if e.JUnit == "" && (e.MinTests > 0 || len(e.Cases) > 0) {
		d.wrong(path, "min_tests and cases go with junit only")
	}
}

func (d *decoder) lintContingencies(p *Plan) {
	for i, c := range p.Contingencies {
		path := fmt.Sprintf("contingencies[%d]", i)
		d.role(p, path+".owner", c.Owner)
		d.trigger(p, path+".trigger", c.Trigger)
	}
	for i, r := range p.Risks {
		path := fmt.Sprintf("risks[%d]", i)
		d.role(p, path+".owner", r.Owner)
		d.trigger(p, path+".trigger", r.Trigger)
		d.oneToFive(path+".likelihood", r.Likelihood)
		d.oneToFive(path+".impact", r.Impact)
	}
}

func (d *decoder) oneToFive(path string, n int) {
	if _, given := d.places[path]; given && (n < 1 || n > 5) && !d.has(path) {
		d.wrong(path, "must be from 1 to 5")
	}
}

// has reports whether the path has a problem already.
func (d *decoder) has(path string) bool {
	return slices.ContainsFunc(d.problems, func(p Problem) bool { return p.Path == path && !p.Advice })
}

func (d *decoder) trigger(p *Plan, path, s string) {
	if s == "" {
		return
	}
	t, err := ParseTrigger(s)
	if err != nil {
		d.wrong(path, "%s", err)
		return
	}
	scope := triggers[t.Type].scope
	if scope != ofUpgrade {
		d.ref(path, scope.list(), t.Object)
		return
	}
	if t.Object != "" && t.Object != p.ID {
		d.wrong(path, "%q is neither this upgrade nor what can follow %s", clip(t.Object), t.Type)
	}
}

// LiveStates are those in which an update is promised, by the keys of a
// cadence; the first stands for all that have none of their own.
var LiveStates = []string{live, "in_progress", "paused", "verifying", "rolling_back"}

func (d *decoder) lintAudiences(p *Plan) {
	for i, a := range p.Audiences {
		path := fmt.Sprintf("audiences[%d]", i)
		if a.Role != "" && !slices.Contains(Roles, a.Role) {
			d.wrong(path+".role", "%q is not one of %s", clip(a.Role), strings.Join(Roles, ", "))
		}
		for j, c := range a.Channels {
			if c != "" && !slices.Contains(Channels, c) {
				d.wrong(fmt.Sprintf("%s.channels[%d]", path, j), "%q is not one of %s", clip(c), strings.Join(Channels, ", "))
			}
		}
		d.lintMatch(path+".match", p, a.Match)
		for _, k := range slices.Sorted(maps.Keys(a.Cadence)) {
			if at := under(path+".cadence", k); a.Cadence[k] == 0 && !d.has(at) {
				d.wrong(at, "must be longer than 0m")
			} else if !slices.Contains(LiveStates, k) {
				d.advice(at, "nobody is ever promised this: a cadence is for one of %s", strings.Join(LiveStates, ", "))
			}
		}
	}
}

// lintMatch advises on what nothing ever matches.
func (d *decoder) lintMatch(path string, p *Plan, match map[string]string) {
	for _, k := range slices.Sorted(maps.Keys(match)) {
		at, v := under(path, k), match[k]
		_, phase := p.Phase(v)
		switch {
		case !slices.Contains(MatchKeys, k):
			d.advice(at, "nobody is ever told: a match is for one of %s", strings.Join(MatchKeys, ", "))
		case k == "phase" && !phase:
			d.advice(at, "nobody is ever told: %q is no phase", clip(v))
		case k == "component" && !slices.ContainsFunc(p.Components, func(c Component) bool { return c.ID == v }):
			d.advice(at, "nobody is ever told: %q is no component", clip(v))
		}
	}
}

// lintRollback advises when the way back does not fit between the begin of
// the first phase of no return, else of the window, and the window's end.
func (d *decoder) lintRollback(p *Plan) {
	need := p.Rollback.Duration.Std() + p.Rollback.Buffer.Std()
	if p.Rollback.Duration == 0 || p.Window.End.IsZero() || p.Window.Start.IsZero() {
		return
	}
	from, name := p.Window.Start, "window.start"
	if ph, ok := p.PointOfNoReturn(); ok {
		from, name = ph.Start, ph.ID
	}
	if room := p.Window.End.Sub(from); need > room && room > 0 {
		d.advice("rollback.duration", "with its buffer needs %s, but %s to window.end is only %s", Duration(need), name, Duration(room.Truncate(time.Second)))
	}
}
