package upgrade

import (
	"fmt"
	"slices"
	"time"

	"upgradehub/events/plan"
)

// Readiness says whether an upgrade, or one of its phases, may begin, and
// what stands against it.
type Readiness struct {
	Upgrade string `json:"upgrade"`
	Ready   bool   `json:"ready"`
	// Reasons say why it is not ready; empty if it is.
	Reasons []string `json:"reasons"`
	// Gates are those that were asked, in the order of the plan.
	Gates []Verdict `json:"gates"`
	// WayBack is how long going back still fits; nil if that is no question.
	WayBack *WayBack `json:"rollback,omitempty"`
	// Contingencies are those of the plan, in its order.
	Contingencies []Contingency `json:"contingencies"`
}

// Contingency is one of the plan, and since when it is called for.
type Contingency struct {
	plan.Contingency
	Fired *time.Time `json:"fired,omitempty"`
}

// Refuse adds a reason against it.
func (r *Readiness) Refuse(format string, args ...any) {
	r.Ready = false
	r.Reasons = append(r.Reasons, fmt.Sprintf(format, args...))
}

// Readiness judges what the state alone can tell: that the upgrade is still
// to begin, was announced as early as its plan promises, and has every gate
// ready at the moment now.
//
// With a phase, only the gates before it are asked, and the upgrade may be
// under way: so a gate in the midst of the work blocks that phase and not the
// start.
func (u *Upgrade) Readiness(now time.Time, phase string) Readiness {
	r := Readiness{Upgrade: u.ID, Ready: true, Reasons: []string{}, Gates: []Verdict{}, Contingencies: []Contingency{}}
	if u.Plan == nil {
		r.Refuse("it has no plan yet")
		return r
	}
	switch {
	case u.State == Planned || u.State == Scheduled:
		u.notice(&r)
	case phase != "" && (u.State == InProgress || u.State == Verifying):
	default:
		r.Refuse("it is %s", u.State)
	}
	r.WayBack, r.Contingencies = u.WayBack(now), u.contingencies()
	for _, v := range u.Verdicts(now) {
		if phase != "" && !u.gateBefore(v.Gate, phase) {
			continue
		}
		r.Gates = append(r.Gates, v)
		for _, why := range v.Reasons {
			r.Refuse("gate %s: %s", v.Gate, why)
		}
	}
	return r
}

func (u *Upgrade) contingencies() []Contingency {
	list := []Contingency{}
	for _, c := range u.Plan.Contingencies {
		known := Contingency{Contingency: c}
		for _, w := range u.Watches {
			if w.Kind == ofContingency && w.ID == c.ID {
				known.Fired = w.Fired.shown()
			}
		}
		list = append(list, known)
	}
	return list
}

// notice refuses what was announced later than the plan promises. A new start
// is a new announcement: those who were told the old one know nothing of it.
func (u *Upgrade) notice(r *Readiness) {
	since, word := u.Announced.Recorded, "announced"
	for _, m := range u.Moves {
		if !m.From.Start.Equal(m.To.Start) {
			since, word = m.Recorded, "moved"
		}
	}
	need, ahead := u.Plan.Announce.Notice, u.Plan.Window.Start.Sub(since)
	if need == 0 || ahead >= need.Std() {
		return
	}
	if ahead <= 0 {
		r.Refuse("notice: it was %s after its start; the plan promises %s before", word, need)
		return
	}
	r.Refuse("notice: it was %s %s before its start; the plan promises %s", word, plan.Duration(ahead.Truncate(time.Minute)), need)
}

// gateBefore reports whether a gate stands before a phase: it names the
// phase, or one that begins no later, or its moment comes no later.
func (u *Upgrade) gateBefore(gate, phase string) bool {
	g, _ := u.Plan.Gate(gate)
	if g.Before == phase || g.Before == "" && g.At.IsZero() {
		return true
	}
	then, _ := u.Plan.Phase(phase)
	if i := slices.IndexFunc(u.Plan.Phases, func(p plan.Phase) bool { return p.ID == g.Before }); i >= 0 {
		return !u.Plan.Phases[i].Start.After(then.Start)
	}
	return !g.At.After(then.Start)
}
