package upgrade

import (
	"cmp"

	"upgradehub/events"
)

// phase finds a phase of the plan while phases can change at all; if it
// cannot, it says why.
func (u *Upgrade) phase(e events.Event, id string) (*Phase, Effect) {
	if u.State.Ended() {
		return nil, u.misplaced(e)
	}
	for i := range u.Phases {
		if u.Phases[i].ID == id {
			return &u.Phases[i], Effect{}
		}
	}
	return nil, unknown(e, "phase", id, names(u.Phases, func(p Phase) string { return p.ID }))
}

// phaseStarted starts a phase. The first one starts the upgrade, and one
// during verification takes it back to work; what the plan has before it
// refuses nothing.
func (u *Upgrade) phaseStarted(e events.Event, d *events.Phase) Effect {
	p, bad := u.phase(e, d.Phase)
	switch {
	case p == nil:
		return bad
	case p.State == Running:
		return done(p.say(e, d.Note))
	case u.State == Paused:
		return refuse("%s: the upgrade is paused: publish upgrade.resumed first", e.Type)
	case p.State == Finished && p.Outcome != events.Failure && p.Outcome != events.OutcomeCanceled:
		return refuse("%s: phase %q is finished (%s): only a failed or canceled phase can start again", e.Type, p.ID, p.Outcome)
	}
	p.start(e)
	p.say(e, d.Note)
	if u.State == Planned || u.State == Scheduled || u.State == Verifying {
		u.enter(InProgress, e)
	}
	return done(true)
}

// start begins a phase, goes on with it, or begins another attempt.
func (p *Phase) start(e events.Event) {
	now := stampOf(e)
	if p.State == Finished {
		*p = Phase{ID: p.ID, Hidden: p.Hidden, Attempt: max(p.Attempt, 1), State: Queued}
	}
	if p.Started == nil {
		p.Started = &now
		p.Attempt++
	}
	p.State, p.WaitingFor, p.Late = Running, "", nil
}

func (u *Upgrade) phaseWaiting(e events.Event, d *events.Phase) Effect {
	p, bad := u.phase(e, d.Phase)
	switch {
	case p == nil:
		return bad
	case p.State == Finished:
		return refuse("%s: phase %q is finished (%s): only a queued or running phase can wait", e.Type, p.ID, p.Outcome)
	}
	changed := p.say(e, d.Note)
	put(&changed, &p.State, Waiting)
	put(&changed, &p.WaitingFor, d.WaitingFor)
	p.Late = nil
	return done(changed)
}

// phaseFinished ends a phase, also one of which no start was reported.
func (u *Upgrade) phaseFinished(e events.Event, d *events.Phase) Effect {
	p, bad := u.phase(e, d.Phase)
	outcome := cmp.Or(d.Outcome, events.Success)
	switch {
	case p == nil:
		return bad
	case p.State == Finished && p.Outcome != outcome:
		return refuse("%s: phase %q is finished already (%s, not %s): publish phase.started first if it ran again", e.Type, p.ID, p.Outcome, outcome)
	case p.State == Finished:
		return done(p.say(e, d.Note))
	}
	now := stampOf(e)
	p.State, p.Outcome, p.WaitingFor, p.Ended = Finished, outcome, "", &now
	p.Late, p.Overdue = nil, nil
	p.say(e, d.Note)
	return done(true)
}

func (u *Upgrade) phaseProgressed(e events.Event, d *events.Progressed) Effect {
	p, bad := u.phase(e, d.Phase)
	switch {
	case p == nil:
		return bad
	case p.State != Running && p.State != Waiting:
		return refuse("%s: phase %q is %s: publish phase.started first", e.Type, p.ID, p.State)
	}
	changed := p.say(e, d.Note)
	return done(p.advance(d) || changed)
}

// advance takes over what was counted. A count drops a percentage given
// before, and the other way round: the two would contradict each other.
func (p *Phase) advance(d *events.Progressed) (changed bool) {
	counted := d.Done != nil || d.Total != nil
	if counted && d.Percent == nil && p.Percent != nil {
		p.Percent, changed = nil, true
	}
	if !counted && d.Percent != nil && p.Done != nil {
		p.Done, p.Total, changed = nil, nil, true
	}
	putPtr(&changed, &p.Done, d.Done)
	putPtr(&changed, &p.Total, d.Total)
	putPtr(&changed, &p.Percent, d.Percent)
	if d.Unit != "" {
		put(&changed, &p.Unit, d.Unit)
	}
	return changed
}

// say notes what an event says of the phase besides its state: the note, and
// that the phase is to be hidden.
func (p *Phase) say(e events.Event, note string) (changed bool) {
	return speak(e, note, &p.Note, &p.Hidden)
}

// speak keeps a note unless it is empty, and hides what an event spoke of
// internally.
func speak(e events.Event, note string, text *Text, hidden *bool) (changed bool) {
	if note != "" {
		put(&changed, text, Text{Text: note, Public: e.TextVisible()})
	}
	if e.Visibility == events.Internal {
		put(&changed, hidden, true)
	}
	return changed
}
