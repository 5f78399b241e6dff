package ingest

import (
	"cmp"

	"upgradehub/events"
	"upgradehub/events/bus"
	"upgradehub/hub/store"
)

// lesson keeps a lesson, or what became of it. What is decided of a lesson that
// nobody proposed has no effect, and what was decided is not proposed again.
func (b *batch) lesson(f bus.Fact, d *events.Lesson) error {
	row, known, err := b.tx.Lesson(d.Lesson)
	if err != nil {
		return err
	}
	proposed := f.Event.Type == events.LessonProposed
	if known == proposed && row.Status != store.LessonProposed || !known && !proposed {
		return nil
	}
	if proposed {
		row = proposal(f, d, row)
	} else {
		decide(f, d, &row)
	}
	// The page of the upgrade shows what is learnt, and so has changed.
	u, err := b.known(row.Upgrade)
	if err != nil {
		return err
	}
	if u != nil {
		if _, err := b.touch(row.Upgrade); err != nil {
			return err
		}
	}
	return b.tx.PutLesson(row)
}

// proposal is a lesson as it is proposed; earlier is the same one, in the words
// it had before.
func proposal(f bus.Fact, d *events.Lesson, earlier store.LessonRow) store.LessonRow {
	row := store.LessonRow{
		ID: d.Lesson, Upgrade: f.Event.Upgrade, System: d.System, Kind: d.Kind, Status: store.LessonProposed,
		Text: d.Text, Evidence: d.Evidence, Found: d.Found, Public: d.Public,
		Owner: cmp.Or(earlier.Owner, d.Owner), Due: earlier.Due, Given: earlier.Given, Proposed: f.Event.Recorded,
	}
	if row.Due.IsZero() {
		row.Due = d.Due
	}
	if d.Requirement != nil {
		row.Requirement = *d.Requirement
	}
	return row
}

// decide notes what became of a lesson. Assigning it decides nothing else.
func decide(f bus.Fact, d *events.Lesson, row *store.LessonRow) {
	if d.Owner != "" && f.Event.Type != events.LessonRejected && (row.Given == 0 || d.Owner != row.Owner) {
		row.Given = f.Seq
	}
	row.Owner = cmp.Or(d.Owner, row.Owner)
	if !d.Due.IsZero() {
		row.Due = d.Due
	}
	if f.Event.Type == events.LessonAssigned {
		return
	}
	row.Status = store.LessonAccepted
	if f.Event.Type == events.LessonRejected {
		row.Status = store.LessonRejected
	}
	row.By, row.Reason, row.Decided = d.By, d.Reason, f.Event.Recorded
	row.Text, row.Public = cmp.Or(d.Text, row.Text), cmp.Or(d.Public, row.Public)
}
