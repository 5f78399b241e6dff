package ingest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"upgradehub/events"
	"upgradehub/events/bus"
	"upgradehub/events/upgrade"
	"upgradehub/hub/store"
)

// batch is the fold of some facts under way, within one transaction.
type batch struct {
	tx       *store.Tx
	meta     store.Meta
	upgrades map[string]*touched
	newest   time.Time
	// answered are the upgrades that somebody answered after.
	answered map[string]bool
	// subscribers: one of the facts was about a recipient; erasedOne: one was
	// erased.
	subscribers, erasedOne bool
	// news: one of the facts was about more than who is told, and was.
	news bool
}

// touched is an upgrade that is read once and written once per batch.
type touched struct {
	u   *upgrade.Upgrade
	seq uint64 // of the newest fact that changed it
}

func newBatch(tx *store.Tx) (*batch, error) {
	m, err := tx.Meta()
	return &batch{tx: tx, meta: m, upgrades: make(map[string]*touched), answered: map[string]bool{}}, err
}

// take keeps a raw fact that follows the position, and folds it.
func (b *batch) take(f bus.Fact) error {
	if f.Seq != b.meta.Seq+1 {
		return fmt.Errorf("%w: fact %d after %d", bus.ErrGap, f.Seq, b.meta.Seq)
	}
	if f.Err != nil {
		// What could be read of it before it could not be understood
		// must not count on this node only.
		f.Event = events.Event{}
	}
	b.meta.Link = b.chained(f)
	if err := b.tx.PutFact(f, b.meta.Link); err != nil {
		return fmt.Errorf("keep fact %d: %w", f.Seq, err)
	}
	return b.fold(f)
}

// fold makes what follows from a fact.
func (b *batch) fold(f bus.Fact) error {
	b.meta.Seq = f.Seq
	if f.Err != nil {
		return nil //nolint:nilerr // a fact of a newer version is kept and has no effect
	}
	e := f.Event
	b.meta.Admitted = max(b.meta.Admitted, e.Intake)
	b.meta.LastRecorded = later(b.meta.LastRecorded, e.Recorded)
	if err := b.apply(f); err != nil {
		return fmt.Errorf("fact %d %s: %w", f.Seq, e.Type, err)
	}
	return nil
}

func (b *batch) apply(f bus.Fact) error {
	b.news = b.news || !aboutTelling(f.Event.Data)
	if store.ConcernsState(f.Event.Type) {
		return b.event(f)
	}
	switch d := f.Event.Data.(type) {
	case *events.NoticeOwed:
		return b.owed(f, d)
	case *events.NoticePage:
		return b.turn(d)
	case *events.NoticeSuperseded:
		return b.tx.SupersedeNotice(d.Notice, d.Why, f.Seq)
	case *events.NoticeAcknowledged:
		return b.tx.PutAcknowledgement(d.Delivery, d.Person, f.Event.Recorded)
	case *events.Outcomes:
		return b.outcomes(f, d)
	case *events.Subscriber:
		return b.subscriber(f, d)
	case *events.FeedbackReceived:
		return b.feedback(f, d)
	case *events.FeedbackUsed:
		return b.tx.UseLink(d.Link)
	case *events.FeedbackAcknowledged:
		return b.tx.AcknowledgeItem(d)
	case *events.FeedbackOverdue:
		return b.lapsed(f, d)
	case *events.FeedbackListed:
		return b.tx.ListItems(d.Owner, d.Until)
	case *events.Lesson:
		return b.lesson(f, d)
	case *events.HistoryImported:
		return b.imported(f, d)
	case *events.Rejected:
		return b.rejected(f, d)
	case *events.Conflict:
		return b.conflict(f, d)
	case *events.LogOpened:
		return b.opened(d)
	case *events.Duty:
		return b.duty(f, d)
	}
	b.hold(f.Event.Type)
	return nil
}

// aboutTelling reports whether a fact says who is told, or was. There is one for
// each few of a hundred thousand readers.
func aboutTelling(d events.Data) bool {
	switch d.(type) {
	case *events.NoticePage, *events.Outcomes:
		return true
	}
	return false
}

// finish writes what was kept in memory.
func (b *batch) finish() error {
	for _, id := range slices.Sorted(maps.Keys(b.upgrades)) {
		t := b.upgrades[id]
		if err := b.tx.PutUpgrade(t.u, t.seq); err != nil {
			return err
		}
		if err := b.learn(t.u, t.seq); err != nil {
			return err
		}
	}
	return b.tx.PutMeta(b.meta)
}

// event folds what tooling, an operator or the clock said of an upgrade.
func (b *batch) event(f bus.Fact) error {
	e := f.Event
	if !e.Type.Own() {
		b.newest = later(b.newest, e.Recorded)
	}
	if e.Upgrade == "" {
		return nil
	}
	t, err := b.touch(e.Upgrade)
	if err != nil {
		return err
	}
	effect := t.u.Apply(e)
	if effect.Changed {
		t.seq = f.Seq
	}
	if err := b.beside(f, t.u, effect); err != nil {
		return err
	}
	return b.tx.PutTimeline(row(f, effect.Applied, effect.Anomaly))
}

// beside keeps what an event says besides the state of its upgrade.
func (b *batch) beside(f bus.Fact, u *upgrade.Upgrade, effect upgrade.Effect) error {
	switch d := f.Event.Data.(type) {
	case *events.Usage:
		return b.tx.PutUsage(d)
	case *events.FeedbackReported:
		return b.reported(f, d)
	case *events.Clock:
		if d.Object == upgrade.SurveyForget && effect.Changed {
			return b.tx.ForgetInvitations(u.ID)
		}
	case *events.ForecastMade:
		if effect.Changed {
			return b.foreseen(f, u, d)
		}
	}
	return nil
}

func row(f bus.Fact, applied bool, anomaly string) store.TimelineRow {
	e := f.Event
	return store.TimelineRow{
		Seq: f.Seq, Upgrade: e.Upgrade, ID: e.ID, Source: e.Source, Type: e.Type, Time: e.Time, Recorded: e.Recorded,
		Visibility: e.Visibility, Applied: applied, Anomaly: anomaly,
	}
}

// touch is an upgrade to be changed, a new one if nothing is known of it.
func (b *batch) touch(id string) (*touched, error) {
	if t := b.upgrades[id]; t != nil {
		return t, nil
	}
	u, seq, err := b.tx.LoadUpgrade(id)
	if err != nil {
		return nil, err
	}
	if u == nil {
		u = upgrade.New(id)
	}
	t := &touched{u: u, seq: seq}
	b.upgrades[id] = t
	return t, nil
}

// known is an upgrade to be looked at, nil if nothing is known of it.
func (b *batch) known(id string) (*upgrade.Upgrade, error) {
	if t := b.upgrades[id]; t != nil {
		return t.u, nil
	}
	u, _, err := b.tx.LoadUpgrade(id)
	return u, err
}

func (b *batch) rejected(f bus.Fact, d *events.Rejected) error {
	up := f.Event.Upgrade
	if rest, ok := strings.CutPrefix(d.Subject, "upgrades."); ok && up == "" {
		up, _, _ = strings.Cut(rest, ".")
	}
	return b.tx.PutRejected(store.RejectedRow{
		Seq: f.Seq, Intake: f.Event.Intake, Subject: d.Subject, Upgrade: up, Reasons: d.Reasons, Payload: d.Payload,
		Recorded: f.Event.Recorded,
	})
}

func (b *batch) conflict(f bus.Fact, d *events.Conflict) error {
	if f.Event.Upgrade == "" {
		return nil
	}
	return b.tx.PutTimeline(row(f, false,
		fmt.Sprintf("event %q (%s) came again with other content; the first one stands", d.Event, d.Type)))
}

func (b *batch) opened(d *events.LogOpened) error {
	if b.meta.Log != "" && b.meta.Log != d.Log {
		return fmt.Errorf("%w: %s opened after %s", bus.ErrOtherLog, d.Log, b.meta.Log)
	}
	b.meta.Log = d.Log
	return nil
}

// duty notes who has duty. A node that took an epoch which another took
// before it never had it.
func (b *batch) duty(f bus.Fact, d *events.Duty) error {
	if d.Epoch <= b.meta.Epoch {
		return nil
	}
	b.meta.Epoch, b.meta.DutyNode = d.Epoch, d.Node
	return b.tx.PutDuty(*d, f.Seq)
}

func (b *batch) hold(t events.Type) {
	switch t {
	case events.TypeHold, events.TypeRestored:
		b.meta.Held = true
	case events.TypeRelease:
		b.meta.Held = false
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
