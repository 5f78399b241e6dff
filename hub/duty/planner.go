package duty

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"upgradehub/events"
	"upgradehub/events/bus"
	"upgradehub/events/upgrade"
	"upgradehub/hub/people"
	"upgradehub/hub/store"
	"upgradehub/notifiers"
)

// planBatch is how many facts the planner reads at once.
const planBatch = 256

// planner walks behind the fold and decides, fact by fact, what is owed. It
// keeps the upgrades as they were at its own position.
type planner struct {
	*Duty
	at     uint64 // facts up to here are planned
	stated uint64 // the newest cause the log knows to be planned
	seen   uint64 // the newest cause planned here, of
	seenOf string // this upgrade
	states map[string]*upgrade.Upgrade
	echoes map[string]echo // by upgrade
	echoed time.Time       // when some were recorded last
}

// plan decides what is owed until ctx ends.
func (d *Duty) plan(ctx context.Context) error {
	meta, err := d.store.Meta(ctx)
	if err != nil {
		return err
	}
	p := &planner{Duty: d, at: meta.Planned, stated: meta.Planned, states: map[string]*upgrade.Upgrade{}, echoes: map[string]echo{}}
	for {
		_, end := d.store.Position()
		facts, err := d.store.FactsToPlan(ctx, p.at, planBatch)
		if err != nil {
			return err
		}
		for _, f := range facts {
			if err := p.fact(ctx, f); err != nil {
				return fmt.Errorf("plan fact %d: %w", f.Seq, err)
			}
		}
		if len(facts) < planBatch {
			p.at = max(p.at, end)
		}
		if err := p.stateProgress(ctx, len(facts) < planBatch); err != nil {
			return err
		}
		if len(facts) < planBatch && !p.awaitFacts(ctx) {
			return nil
		}
	}
}

// awaitFacts waits for facts, or until echoes are to be recorded; it is false
// when ctx ended.
func (p *planner) awaitFacts(ctx context.Context) bool {
	var due <-chan time.Time
	if len(p.echoes) > 0 {
		timer := time.NewTimer(p.rest())
		defer timer.Stop()
		due = timer.C
	}
	select {
	case <-ctx.Done():
		return false
	case <-p.wakePlanner:
	case <-due:
	}
	return true
}

// fact plans one fact and records what it decided.
func (p *planner) fact(ctx context.Context, f bus.Fact) error {
	p.at = f.Seq
	if f.Err != nil || !causes(f.Event.Type) {
		return nil //nolint:nilerr // what this version cannot read makes nothing owed
	}
	switch f.Event.Type {
	case events.OutcomeFailed:
		return p.fallBack(ctx, f)
	case events.SubscriberRequested:
		return p.request(ctx, f)
	case events.TypeFeedbackAcknowledged:
		return p.replied(ctx, f)
	case events.TypeFeedbackListed:
		return p.listed(ctx, f)
	}
	before, err := p.state(ctx, f)
	if err != nil {
		return err
	}
	if d, ok := f.Event.Data.(*events.Lesson); ok {
		return p.learnt(ctx, f, d, before)
	}
	after := before.Clone()
	effect := after.Apply(f.Event)
	p.states[f.Event.Upgrade], p.seen, p.seenOf = after, f.Seq, f.Event.Upgrade
	audiences, err := p.audiences(ctx)
	if err != nil {
		return err
	}
	cause := notifiers.Cause{Seq: f.Seq, Event: f.Event, Effect: effect, Before: before, After: after}
	if err := p.supersede(ctx, cause); err != nil {
		return err
	}
	notices := notifiers.Plan(cause, audiences)
	switch {
	case len(notices) == 0:
		return nil
	case onlyEchoes(notices):
		return p.hold(ctx, echo{f.Event.Upgrade, f.Seq, notices})
	}
	return p.owe(ctx, f.Event.Upgrade, f.Seq, notices)
}

// audiences are the configured ones, and those who subscribed on the page if
// there are any.
func (p *planner) audiences(ctx context.Context) ([]notifiers.Audience, error) {
	var channels []string
	for _, c := range slices.Sorted(maps.Keys(p.cfg.Channels)) {
		subscribed, err := p.store.AnyFrom(ctx, people.OriginPage, c)
		if err != nil {
			return nil, err
		}
		if subscribed {
			channels = append(channels, c)
		}
	}
	if len(channels) == 0 {
		return p.cfg.Audiences, nil
	}
	return append(slices.Clone(p.cfg.Audiences), notifiers.Subscribers(channels...)), nil
}

// request decides what is owed to somebody whose address was typed on the
// page.
func (p *planner) request(ctx context.Context, f bus.Fact) error {
	d, ok := f.Event.Data.(*events.Subscriber)
	if !ok {
		return nil
	}
	row, known, err := p.store.Subscriber(ctx, d.Subscriber)
	if err != nil || !known || row.Gone() || p.cfg.Channels[row.Channel] == nil {
		return err
	}
	return p.owe(ctx, "", f.Seq, []events.Notice{
		notifiers.PlanRequest(f.Seq, f.Event.Recorded, row.ID, row.Channel, row.State == store.SubscriberActive),
	})
}

// learnt decides who hears of a lesson, and of what became of it.
func (p *planner) learnt(ctx context.Context, f bus.Fact, d *events.Lesson, u *upgrade.Upgrade) error {
	p.seen, p.seenOf = f.Seq, f.Event.Upgrade
	row, known, err := p.store.Lesson(ctx, d.Lesson)
	if err != nil || !known {
		return err
	}
	l := notifiers.Lesson{
		ID: row.ID, Text: row.Text, Evidence: row.Evidence, Status: row.Status, By: row.By, Reason: row.Reason, Owner: row.Owner,
		Assigned: f.Event.Type == events.LessonAssigned, Proposed: row.Proposed, Due: row.Due,
	}
	notices := notifiers.PlanLesson(f.Seq, f.Event.Recorded, u, l, p.cfg.Audiences)
	if row.Given == f.Seq { // and nobody else since
		notices = append(notifiers.PlanLessonOwner(f.Seq, f.Event.Recorded, u, l, d.By, p.cfg.Audiences), notices...)
	}
	switch {
	case len(notices) == 0:
		return nil
	case onlyEchoes(notices):
		return p.hold(ctx, echo{f.Event.Upgrade, f.Seq, notices})
	}
	return p.owe(ctx, f.Event.Upgrade, f.Seq, notices)
}

// supersede takes back what is owed, not yet sent, and no longer true. That is
// asked of the store when it has folded everything decided so far. If this
// node ends between the two facts, its successor decides the same again.
func (p *planner) supersede(ctx context.Context, c notifiers.Cause) error {
	if !notifiers.MaySupersede(c.Event.Type) {
		return nil
	}
	if err := p.store.Wait(ctx, p.appended.Load()); err != nil {
		return err
	}
	owed, err := p.store.OwedBefore(ctx, c.Event.Upgrade, c.Seq)
	if err != nil {
		return err
	}
	for _, gone := range notifiers.Superseded(c, owed) {
		_, err := p.append(ctx, p.own(events.TypeNoticeSuperseded, c.Event.Upgrade, events.SupersededID(gone.Notice, gone.Why), &gone))
		if err != nil && !errors.Is(err, bus.ErrExists) {
			return err
		}
	}
	return nil
}

// state is the upgrade as it was before the fact.
func (p *planner) state(ctx context.Context, f bus.Fact) (*upgrade.Upgrade, error) {
	if u := p.states[f.Event.Upgrade]; u != nil {
		return u, nil
	}
	u, err := p.store.UpgradeAt(ctx, f.Event.Upgrade, f.Seq-1)
	if u == nil && err == nil {
		u = upgrade.New(f.Event.Upgrade)
	}
	return u, err
}

// owe appends the decision on one cause. A decision that stands already is
// left alone: another node, version or configuration made it, and it holds.
// What is held of causes before it is recorded first.
func (p *planner) owe(ctx context.Context, id string, cause uint64, notices []events.Notice) error {
	if err := p.recordEchoes(ctx); err != nil {
		return err
	}
	return p.record(ctx, id, cause, notices)
}

func (p *planner) record(ctx context.Context, id string, cause uint64, notices []events.Notice) error {
	p.mu.Lock()
	epoch := p.epoch
	p.mu.Unlock()
	upto, err := p.store.PageEnd(ctx, notifiers.Addressed(notices), "", pageSize)
	if err != nil {
		return err
	}
	_, err = p.append(ctx, p.own(events.TypeNoticeOwed, id, strconv.FormatUint(cause, 10),
		&events.NoticeOwed{Cause: cause, Epoch: epoch, Notices: notices, Upto: upto}))
	if err != nil && !errors.Is(err, bus.ErrExists) {
		return err
	}
	p.stated = cause
	return nil
}

// stateProgress records, at the end of a burst, that nothing is owed for the
// causes behind the last notice, so that a later planner with another
// configuration does not decide on them again.
func (p *planner) stateProgress(ctx context.Context, burstEnded bool) error {
	if p.rest() == 0 {
		if err := p.recordEchoes(ctx); err != nil {
			return err
		}
	}
	if !burstEnded {
		return nil
	}
	for id := range p.states {
		if p.states[id].State.Ended() {
			delete(p.states, id) // ended upgrades rarely change; they are read again if they do
		}
	}
	if p.seen <= p.stated || len(p.echoes) > 0 {
		return nil
	}
	return p.owe(ctx, p.seenOf, p.seen, nil)
}

// causes reports whether facts of type t can make something owed.
func causes(t events.Type) bool {
	switch t {
	case events.SubscriberRequested, events.OutcomeFailed, events.TypeFeedbackAcknowledged, events.TypeFeedbackOverdue,
		events.TypeFeedbackListed, events.LessonProposed, events.LessonAccepted, events.LessonRejected, events.LessonAssigned:
		return true
	}
	return store.ConcernsState(t)
}
