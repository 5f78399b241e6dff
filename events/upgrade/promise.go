package upgrade

import (
	"cmp"
	"slices"
	"time"

	"upgradehub/events"
)

// How often people hear of a live upgrade whose plan does not say it. On the
// way back they wait for news of their work.
const (
	defaultCadence = time.Hour
	backCadence    = 30 * time.Minute
)

// Cadence is how long after the last word the next one is promised: what the
// plan, else the configuration promises users in this state, else anyone.
func (u *Upgrade) Cadence() time.Duration {
	planned := u.planCadences()
	return cmp.Or(
		u.shortest(planned, "users"), u.shortest(u.Cadences, "users"),
		u.shortest(planned, ""), u.shortest(u.Cadences, ""), u.usualCadence())
}

func (u *Upgrade) usualCadence() time.Duration {
	if u.State == RollingBack {
		return backCadence
	}
	return defaultCadence
}

// planCadences are those that the plan sets.
func (u *Upgrade) planCadences() []events.Cadence {
	var list []events.Cadence
	for _, a := range u.Plan.Audiences {
		list = append(list, events.Cadence{Role: a.RoleOf(), Every: a.Cadence})
	}
	return list
}

// shortest is the shortest for a role, or for any if role is empty; 0 if none
// is set.
func (u *Upgrade) shortest(cadences []events.Cadence, role string) time.Duration {
	var least time.Duration
	for _, c := range cadences {
		d := cmp.Or(c.Every[string(u.State)], c.Every["live"]).Std()
		if d > 0 && (role == "" || c.Role == role) && (least == 0 || d < least) {
			least = d
		}
	}
	return least
}

// promiseClocks are those of the open promise: the owner and the backup are
// reminded in time, and when nobody speaks the hub does, once.
func (u *Upgrade) promiseClocks() []Deadline {
	p := u.Promise
	if !p.open() || p.BrokenSince != nil {
		return nil
	}
	var list []Deadline
	from := p.madeAt()
	for i, n := range nudges[:min(len(nudges), len(u.nextToSpeak()))] {
		due := from.Add((p.Due.Sub(from) / 100 * nudgeShares[i]).Truncate(time.Second))
		list = u.moment(list, n, p.Number, due)
	}
	if u.mayHold() {
		return append(list, u.deadline(events.ClockDue, holdingLine, p.Number, p.Due))
	}
	return append(list, u.deadline(events.ClockPromiseBroken, "", p.Number, p.Due))
}

// nudges go to the owner of the word and to the backup, when so many per cent
// of the time of a promise have passed.
var (
	nudges      = []string{nudgeOwner, nudgeBackup}
	nudgeShares = []time.Duration{70, 90}
)

// nextToSpeak are who is asked for the next word, one after the other: who
// speaks for the upgrade, the backup, the lead. All of them are [Speakers].
func (u *Upgrade) nextToSpeak() []string { return u.Plan.Chain(speaker) }

// Nudged is who is reminded of the promise by a clock.due object; ok is false
// if it reminds nobody.
func (u *Upgrade) Nudged(object string) (who string, ok bool) {
	i := slices.Index(nudges, object)
	if next := u.nextToSpeak(); i >= 0 && i < len(next) {
		return next[i], true
	}
	return "", false
}

// madeAt is when the open promise was made, or put off last.
func (p *Promise) madeAt() time.Time {
	if p.Worded && p.Word != nil {
		return p.Word.Recorded
	}
	return p.Base
}

// followPromise opens, puts off and closes the promise of the next update
// after a change; new updates have seen to it themselves.
func (u *Upgrade) followPromise(e events.Event, before State, moved bool) {
	switch {
	case u.State.Ended() && !before.Ended():
		u.Promise.close(e.Recorded)
	case u.State.Live() && !before.Live():
		u.Promise.start(e.Recorded, u.Cadence())
	case u.publicChange(e, moved):
		u.Promise.putOff(e.Recorded, u.Cadence())
	}
}

// publicChange reports whether visitors could see what e changed, and would
// call it news.
func (u *Upgrade) publicChange(e events.Event, moved bool) bool {
	if e.Visibility == events.Internal {
		return false
	}
	switch d := e.Data.(type) {
	case *events.Planned:
		return moved
	case *events.Scheduled, *events.Step, *events.Rollback, *events.Reopened:
		return true
	case *events.Phase:
		return u.showsPhase(d.Phase)
	case *events.Component:
		return u.showsComponent(d.Component)
	case *events.Failover:
		return u.showsComponent(d.Component)
	}
	return false
}

func (p *Promise) open() bool { return !p.Due.IsZero() }

// start opens a promise unless a human's stands already.
func (p *Promise) start(at time.Time, cadence time.Duration) {
	p.Base = later(p.Base, at)
	if !p.open() {
		p.Number++
		p.Worded, p.Due = false, p.Base.Add(cadence)
	}
	p.count()
}

// putOff moves the due of a promise that follows the cadence. One that is
// broken is followed by the next.
func (p *Promise) putOff(at time.Time, cadence time.Duration) {
	p.Base = later(p.Base, at)
	if !p.open() || p.Worded {
		return
	}
	p.lapse(at)
	if p.BrokenSince != nil {
		p.Number++
		p.BrokenSince, p.Resumed = nil, true
	}
	p.Due = p.Base.Add(cadence)
	p.count()
}

// word follows a public update. Which one decides depends on the updates
// alone, not on their order of arrival, and so does the count: each that
// promises another makes one promise.
func (p *Promise) word(up Update, s State, cadence time.Duration) {
	if s.Ended() {
		return
	}
	p.lapse(up.Recorded)
	p.Held = false
	p.Base = later(p.Base, up.Recorded)
	if p.Resumed { // what a change opened is the word's now
		p.Number, p.Resumed = p.Number-1, false
	}
	if up.promises(s) {
		p.Number++
	}
	broken := p.BrokenSince != nil
	p.BrokenSince = nil
	w := Word{Recorded: up.Recorded, Event: up.Event, Source: up.Source}
	if broken || p.Word == nil || p.Word.before(w) {
		p.Word = &w
		p.decide(up, s, cadence)
	} else if p.open() && !p.Worded {
		p.Due = p.Base.Add(cadence)
	}
	p.count()
}

// decide makes the promise that up makes.
func (p *Promise) decide(up Update, s State, cadence time.Duration) {
	p.Worded = up.datesNext()
	switch {
	case p.Worded:
		p.Due = up.NextUpdateBy
	case up.promises(s):
		p.Due = p.Base.Add(cadence)
	default:
		p.Due = time.Time{}
	}
}

// reword follows a correction of a public update. One that now promises
// another update makes a promise, as if it had said so at first; who decides
// stays the same.
func (p *Promise) reword(was, up Update, s State, cadence time.Duration) {
	switch {
	case s.Ended():
		return
	case !was.Public: // nobody has heard of it before
		p.word(up, s, cadence)
		return
	}
	if up.promises(s) && !was.promises(s) {
		p.Number++
	}
	redated := !up.NextUpdateBy.Equal(was.NextUpdateBy) || up.Final != was.Final
	if redated && p.BrokenSince == nil && p.Word != nil && p.Word.same(up) {
		p.decide(up, s, cadence)
	}
	p.count()
}

// lapse breaks the promise if it fell due before at and the clock's fact of
// it is not there: nobody kept time, but it was broken all the same. What the
// hub may still keep lasts as long as the hub has for it: a word that came in
// that time is no worse than a machine's.
func (p *Promise) lapse(at time.Time) {
	due := p.Due
	if !p.Held {
		due = due.Add(holdWithin)
	}
	if p.open() && p.BrokenSince == nil && at.After(due) {
		p.breaks()
	}
}

func (p *Promise) breaks() {
	due := p.Due
	p.BrokenSince, p.Resumed = &due, false
	p.Broken++
	p.count()
}

func (p *Promise) close(at time.Time) {
	p.lapse(at)
	p.Due, p.Worded, p.BrokenSince, p.Resumed = time.Time{}, false, nil, false
	p.count()
}

// count derives what people kept: every promise that is neither broken nor
// open, nor kept by the hub.
func (p *Promise) count() {
	p.Kept = p.Number - p.Broken - p.ByMachine
	if p.open() && p.BrokenSince == nil {
		p.Kept--
	}
}

// datesNext reports whether the update says when the next one comes. A time
// that has passed when it is said promises nothing.
func (up Update) datesNext() bool { return up.NextUpdateBy.After(up.Recorded) }

// promises reports whether the update promises another one.
func (up Update) promises(s State) bool { return up.datesNext() || s.Live() && !up.Final }

func (w Word) before(o Word) bool {
	return cmp.Or(w.Recorded.Compare(o.Recorded), cmp.Compare(w.Event, o.Event), cmp.Compare(w.Source, o.Source)) < 0
}

func (w Word) same(up Update) bool { return w.Event == up.Event && w.Source == up.Source }
