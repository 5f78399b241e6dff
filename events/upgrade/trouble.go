package upgrade

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"upgradehub/events"
)

// escalateEvery is how long each of those responsible has before the next one
// hears of a trouble that still stands.
const escalateEvery = 10 * time.Minute

// Trouble is something that the clock found and nobody has put right.
type Trouble struct {
	// Kind is late, overdue or silent.
	Kind string
	// Phase it is about; empty for the upgrade itself.
	Phase string
	// Due is the moment that passed. Planned is when it was to happen: before
	// Due, as far as there is patience.
	Due, Planned time.Time
	// People are whom it goes to, one after the other: the owner, the
	// backup, the lead. Each once.
	People []string
}

// Troubles are those that stand now. Silence is the concern of whoever owns
// the phase under way.
func (u *Upgrade) Troubles() []Trouble {
	if u.Plan == nil {
		return nil
	}
	var list []Trouble
	add := func(kind, phase, role string, due *time.Time, planned time.Time) {
		if due != nil {
			list = append(list, Trouble{Kind: kind, Phase: phase, Due: *due, Planned: cmp.Or(planned, *due), People: u.Plan.Chain(role)})
		}
	}
	add("late", "", "lead", u.Late, u.Plan.Window.Start)
	add("overdue", "", "lead", u.Overdue, u.Plan.Window.End)
	add("silent", "", u.workOwner(), u.Silent, time.Time{})
	for _, p := range u.Phases {
		if u.givenUp(p) {
			continue
		}
		planned, _ := u.Plan.Phase(p.ID)
		start, _ := u.startTime(planned)
		add("late", p.ID, planned.Owner, p.Late, start)
		add("overdue", p.ID, planned.Owner, p.Overdue, endTime(p, planned))
	}
	return list
}

// OnPlan reports whether nothing has gone otherwise than planned so far: no
// trouble stands, no phase has failed, no risk came true, no contingency was
// called for.
func (u *Upgrade) OnPlan() bool {
	failed := func(p Phase) bool { return p.State == Finished && p.Outcome == events.Failure }
	cameTrue := func(r Risk) bool { return r.Triggered != nil && r.Retired == nil }
	fired := func(w Watch) bool { return w.Fired != nil && w.Kind == ofContingency }
	return len(u.Troubles()) == 0 && !slices.ContainsFunc(u.Phases, failed) &&
		!slices.ContainsFunc(u.Risks, cameTrue) && !slices.ContainsFunc(u.Watches, fired)
}

// workOwner is the role that owns the phase under way, else the lead.
func (u *Upgrade) workOwner() string {
	for _, p := range u.Phases {
		if planned, _ := u.Plan.Phase(p.ID); p.State == Running || p.State == Waiting {
			return cmp.Or(planned.Owner, "lead")
		}
	}
	return "lead"
}

// escalations are the moments at which the next one responsible is told.
func (u *Upgrade) escalations() []Deadline {
	var list []Deadline
	for _, t := range u.Troubles() {
		for step := 1; step < len(t.People); step++ {
			list = u.moment(list, t.object(step), 0, t.Due.Add(time.Duration(step)*escalateEvery))
		}
	}
	return list
}

const escalate = "escalate-"

func (t Trouble) object(step int) string {
	return escalate + strconv.Itoa(step) + ":" + t.Kind + ":" + t.Phase
}

// Escalated is the trouble a clock.due object speaks of, and who hears of it
// now; ok is false if it speaks of none that stands.
func (u *Upgrade) Escalated(object string) (t Trouble, who string, ok bool) {
	if !strings.HasPrefix(object, escalate) {
		return t, "", false
	}
	for _, t := range u.Troubles() {
		for step, who := range t.People {
			if step > 0 && object == t.object(step) {
				return t, who, true
			}
		}
	}
	return t, "", false
}
