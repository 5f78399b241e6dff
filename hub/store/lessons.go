package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"upgradehub/events"
	"upgradehub/events/lesson"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
)

// The states of a lesson.
const (
	LessonProposed = "proposed"
	LessonAccepted = "accepted"
	LessonRejected = "rejected"
)

// LessonRow is something learnt from an upgrade, and what became of it.
type LessonRow struct {
	ID          string           `json:"id"`
	Upgrade     string           `json:"upgrade"`
	System      string           `json:"system"`
	Kind        string           `json:"kind"`   // the rule that found it
	Status      string           `json:"status"` // proposed, accepted or rejected
	Text        string           `json:"text"`
	Evidence    string           `json:"evidence"`
	Found       []events.Finding `json:"-"` // what Evidence says in English
	Requirement plan.Requirement `json:"requirement"`
	// Public is said to outsiders in place of the hub's own words.
	Public   string    `json:"public,omitempty"`
	By       string    `json:"by,omitempty"` // who accepted or rejected it
	Reason   string    `json:"reason,omitempty"`
	Owner    string    `json:"owner,omitempty"`
	Due      time.Time `json:"due,omitzero"`
	Proposed time.Time `json:"proposed"`
	Decided  time.Time `json:"decided,omitzero"`
	// Given is the sequence of the fact that gave it to Owner; 0 if nobody was
	// given it. Whoever leads has what is only proposed.
	Given uint64 `json:"-"`
}

const lessonColumns = `id, upgrade, system, kind, status, text, evidence, found, requirement, public, decided_by, reason, owner, due, proposed, decided,
	given`

const (
	selectLesson  = `SELECT ` + lessonColumns + ` FROM lessons WHERE id = ?`
	selectLessons = `SELECT ` + lessonColumns + ` FROM lessons
		WHERE (?1 = '' OR system = ?1) AND (?2 = '' OR upgrade = ?2) AND (?3 = '' OR status = ?3) ORDER BY proposed DESC, id`
	upsertLesson = `INSERT OR REPLACE INTO lessons (` + lessonColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
)

func scanLesson(row scanner) (LessonRow, error) {
	var l LessonRow
	var findings, requirement string
	var at [3]int64
	err := row.Scan(&l.ID, &l.Upgrade, &l.System, &l.Kind, &l.Status, &l.Text, &l.Evidence, &findings, &requirement, &l.Public, &l.By, &l.Reason, &l.Owner,
		&at[0], &at[1], &at[2], &l.Given)
	if err != nil {
		return l, err
	}
	l.Due, l.Proposed, l.Decided = moment(at[0]), moment(at[1]), moment(at[2])
	if err := errors.Join(json.Unmarshal([]byte(findings), &l.Found), json.Unmarshal([]byte(requirement), &l.Requirement)); err != nil {
		return l, fmt.Errorf("lesson %s: %w", l.ID, err)
	}
	return l, nil
}

// Proposal is the lesson as it can be said in any language.
func (l LessonRow) Proposal() lesson.Proposal {
	return lesson.Proposal{
		ID: l.ID, Rule: lesson.Rule(l.Kind), Text: l.Text, Evidence: l.Evidence, Found: l.Found, Requirement: l.Requirement,
	}
}

// LessonFilter narrows lessons; what is empty does not.
type LessonFilter struct{ System, Upgrade, Status string }

// Lessons lists lessons, the newest first.
func (s *Store) Lessons(ctx context.Context, f LessonFilter) ([]LessonRow, error) {
	return list(ctx, s, selectLessons, []any{f.System, f.Upgrade, f.Status}, scanLesson)
}

// Lesson is one lesson; false if there is none of that id.
func (s *Store) Lesson(ctx context.Context, id string) (LessonRow, bool, error) {
	l, err := scanLesson(s.one(ctx, selectLesson, id))
	ok, err := found(err)
	return l, ok, err
}

// Lesson is one lesson as this transaction sees it; false if there is none.
func (tx *Tx) Lesson(id string) (LessonRow, bool, error) {
	st, err := tx.w.stmt(tx.ctx, selectLesson)
	if err != nil {
		return LessonRow{}, false, err
	}
	l, err := scanLesson(st.QueryRowContext(tx.ctx, id))
	ok, err := found(err)
	return l, ok, err
}

// PutLesson writes a lesson in the place of the same one.
func (tx *Tx) PutLesson(l LessonRow) error {
	findings, err := json.Marshal(append([]events.Finding{}, l.Found...))
	if err != nil {
		return err
	}
	requirement, err := json.Marshal(l.Requirement)
	if err != nil {
		return err
	}
	return tx.exec(upsertLesson, l.ID, l.Upgrade, l.System, l.Kind, l.Status, l.Text, l.Evidence, string(findings), string(requirement),
		l.Public, l.By, l.Reason, l.Owner, micros(l.Due), micros(l.Proposed), micros(l.Decided), l.Given)
}

// Learnt is what an upgrade does otherwise because of earlier ones of its
// system, and what it taught itself, the weightiest first: of the accepted
// lessons alone. Nothing of it is internal.
func (s *Store) Learnt(ctx context.Context, id string) (since, taught []lesson.Change, err error) {
	u, _, err := s.Full(ctx, id)
	if err != nil || u == nil || u.Plan == nil || u.Plan.Drill {
		return nil, nil, err
	}
	rows, err := s.Lessons(ctx, LessonFilter{System: u.Plan.System, Status: LessonAccepted})
	for _, row := range rows {
		change, ok := lesson.Changed(row.ID, row.Requirement, row.Public, u)
		switch {
		case !ok:
		case row.Upgrade == id:
			taught = append(taught, change)
		case earlier(row, u):
			since = append(since, change)
		}
	}
	lesson.Weightiest(since)
	lesson.Weightiest(taught)
	return since, taught, err
}

// earlier reports whether a lesson was learnt before the upgrade ended, and
// its plan does as the lesson asks.
func earlier(row LessonRow, u *upgrade.Upgrade) bool {
	if u.Finished != nil && row.Proposed.After(u.Finished.Recorded) || u.Plan.Waives(row.ID) {
		return false
	}
	_, why := row.Requirement.Unmet(u.Plan)
	return why == ""
}
