package upgrade

import (
	"fmt"
	"strings"

	"upgradehub/events"
)

// unknown is the anomaly of an event about something the plan does not have.
func unknown(e events.Event, kind, id string, known []string) Effect {
	if len(known) == 0 {
		return refuse("%s: the plan has no %s %q, it has none at all", e.Type, kind, id)
	}
	return refuse("%s: the plan has no %s %q: known are %s", e.Type, kind, id, strings.Join(known, ", "))
}

// names lists the ids of what the plan has, a few dozen at most.
func names[T any](list []T, id func(T) string) []string {
	const most = 30
	var ids []string
	for i, v := range list {
		if i == most {
			return append(ids, fmt.Sprintf("and %d more", len(list)-most))
		}
		ids = append(ids, id(v))
	}
	return ids
}

func (u *Upgrade) gate(e events.Event, id string) (*Gate, Effect) {
	if u.State.Ended() {
		return nil, u.misplaced(e)
	}
	for i := range u.Gates {
		if u.Gates[i].ID == id {
			return &u.Gates[i], Effect{}
		}
	}
	return nil, unknown(e, "gate", id, names(u.Gates, func(g Gate) string { return g.ID }))
}

// gateDecided takes over a decision; the newest wins.
func (u *Upgrade) gateDecided(e events.Event, d *events.Decided) Effect {
	g, bad := u.gate(e, d.Gate)
	if g == nil {
		return bad
	}
	if g.Decision == d.Decision && g.By == d.By && g.Reason == d.Reason {
		return done(false)
	}
	now := stampOf(e)
	g.Decision, g.By, g.Reason, g.Decided = d.Decision, d.By, d.Reason, &now
	return done(true)
}

func (u *Upgrade) risk(e events.Event, id string) (*Risk, Effect) {
	for i := range u.Risks {
		if u.Risks[i].ID == id {
			return &u.Risks[i], Effect{}
		}
	}
	return nil, unknown(e, "risk", id, names(u.Risks, func(r Risk) string { return r.ID }))
}

func (u *Upgrade) riskTriggered(e events.Event, d *events.Risk) Effect {
	if u.State.Ended() {
		return u.misplaced(e)
	}
	r, bad := u.risk(e, d.Risk)
	if r == nil {
		return bad
	}
	if r.Triggered != nil && r.Retired == nil {
		return done(r.say(d.Note))
	}
	r.keep()
	now := stampOf(e)
	r.Triggered, r.Retired = &now, nil
	r.say(d.Note)
	return done(true)
}

// mostTimes bounds the earlier times of a risk that comes true again and again.
const mostTimes = 50

// keep puts the last time of a risk that came true to the earlier ones.
func (r *Risk) keep() {
	if r.Triggered == nil {
		return
	}
	r.Earlier = append(r.Earlier, RiskTime{*r.Triggered, *r.Retired, r.Note})
	r.Earlier = r.Earlier[max(0, len(r.Earlier)-mostTimes):]
	r.Note = ""
}

// riskRetired closes a risk, also one that never came true.
func (u *Upgrade) riskRetired(e events.Event, d *events.Risk) Effect {
	r, bad := u.risk(e, d.Risk)
	if r == nil {
		return bad
	}
	changed := r.say(d.Note)
	if r.Retired == nil {
		now := stampOf(e)
		r.Retired, changed = &now, true
	}
	return done(changed)
}

func (r *Risk) say(note string) (changed bool) {
	if note != "" {
		put(&changed, &r.Note, note)
	}
	return changed
}
