package upgrade

import (
	"strings"
	"time"

	"upgradehub/events"
)

// holdWithin is how late the hub's own line may come and still keep the
// promise: the time it takes to say it, not the time of a hub that was down.
const holdWithin = time.Minute

// mayHold reports whether the hub may keep the open promise in place of a
// person: only while work is under way, and once for each human word.
func (u *Upgrade) mayHold() bool { return u.State.Live() && !u.Promise.Held }

// hold says the holding line in which the hub keeps the open promise and makes
// the next one. If it comes too late, the promise is broken like any other.
func (u *Upgrade) hold(e events.Event) {
	line := Holding{Since: u.Promise.Base, State: u.State, Phases: u.underWay(), Silent: u.Silent != nil}
	u.Promise.Held = true
	if e.Recorded.After(u.Promise.Due.Add(holdWithin)) {
		u.Promise.breaks()
		return
	}
	u.Promise.hold(u.Cadence())
	u.post(Update{
		Stamp: stampOf(e), ID: e.ID, Event: e.ID, Source: e.Source, Public: true,
		NextUpdateBy: u.Promise.Due, Holding: &line,
	})
}

// underWay are the phases that visitors see at work.
func (u *Upgrade) underWay() []string {
	var ids []string
	for _, p := range u.Phases {
		if p.State == Running && u.showsPhase(p.ID) {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

// hold keeps the open promise by machine and makes the next one, which follows
// the cadence: it is the machine's, so every public change puts it off.
func (p *Promise) hold(cadence time.Duration) {
	p.ByMachine++
	p.Number++
	p.Worded, p.Resumed = false, false
	p.Base = later(p.Base, p.Due)
	p.Due = p.Base.Add(cadence)
	p.count()
}

// publicHolding names the phases as visitors know them now.
func (u *Upgrade) publicHolding(h Holding) *PublicHolding {
	shown := &PublicHolding{Since: h.Since, State: h.State, Phases: []string{}, Silent: h.Silent}
	for _, id := range h.Phases {
		if planned, ok := u.Plan.Phase(id); ok && u.showsPhase(id) {
			shown.Phases = append(shown.Phases, planned.Title)
		}
	}
	return shown
}

// workWords say what is known of the work, by the state.
var workWords = map[State]string{
	InProgress:  "work goes on",
	Paused:      "the work is paused",
	Verifying:   "the final checks go on",
	RollingBack: "the way back goes on",
}

// Work says in English what is known of the work.
func (h PublicHolding) Work() string {
	switch {
	case h.Silent:
		return "the tooling reports nothing either"
	case len(h.Phases) > 0 && h.State == InProgress:
		return workWords[h.State] + " in " + strings.Join(h.Phases, ", ")
	}
	return workWords[h.State]
}

// words are the holding line in English, with times in UTC.
func (up PublicUpdate) words() string {
	line := "No new information since " + utc(up.Automatic.Since) + "; " + up.Automatic.Work() + "."
	if up.NextUpdateBy != nil {
		line += " Next update by " + utc(*up.NextUpdateBy) + "."
	}
	return line
}

func utc(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") + " UTC" }
