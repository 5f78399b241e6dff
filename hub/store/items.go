package store

import (
	"context"
	"time"

	"upgradehub/events"
)

// The kinds of an item.
const (
	ItemAnswer = "answer" // a low answer
	ItemReport = "report" // something was broken
)

// ItemRow is a low answer or a report that somebody is to look at.
type ItemRow struct {
	ID      string    `json:"id"` // of the answer or report
	Upgrade string    `json:"upgrade"`
	Kind    string    `json:"kind"`
	Raised  time.Time `json:"raised"`
	// Due is until when it is to be looked at.
	Due    time.Time         `json:"due"`
	Status events.ItemStatus `json:"status"`
	// Owner answers for it: a role name of the configuration ("@lead").
	Owner string `json:"owner,omitempty"`
	By    string `json:"by,omitempty"` // who did what the status says
	// Noted: something was noted for those who run upgrades.
	Noted bool `json:"noted,omitempty"`
	// Replied: something was said to the person.
	Replied bool `json:"replied,omitempty"`
	// Overdue: it was still new after Due, and is.
	Overdue bool `json:"overdue,omitempty"`
	// What an answer said in numbers; an anonymous one shows none alone.
	Rating     int    `json:"rating,omitempty"`
	Disruption string `json:"disruption,omitempty"`
	// Component is that of a report.
	Component string `json:"component,omitempty"`
	// Invited: the answer came by a personal link.
	Invited bool `json:"-"`
}

// Anonymous reports whether nobody can be found who said it: every other answer
// has a rating.
func (i ItemRow) Anonymous() bool { return i.Kind == ItemAnswer && i.Rating == 0 }

// ItemFilter narrows a list of items; empty fields narrow nothing.
type ItemFilter struct {
	Upgrade string
	Status  events.ItemStatus
	Overdue bool
	Limit   int // default 1000
}

const (
	itemColumns = `id, upgrade, kind, raised, due, status, owner, handler, noted, replied, overdue, listed`
	readItems   = `SELECT i.id, i.upgrade, i.kind, i.raised, i.due, i.status, i.owner, i.handler, i.noted, i.replied, i.overdue,
			coalesce(a.rating, 0), coalesce(a.disruption, ''), coalesce(r.component, ''), coalesce(a.invited, 0)
		FROM items i LEFT JOIN answers a ON a.id = i.id LEFT JOIN reports r ON r.id = i.id `
	selectItem  = readItems + `WHERE i.id = ?`
	selectItems = readItems + `WHERE (?1 = '' OR i.upgrade = ?1) AND (?2 = '' OR i.status = ?2) AND (NOT ?3 OR i.overdue)
		ORDER BY i.due, i.raised, i.id LIMIT ?4`
)

func scanItem(row scanner) (ItemRow, error) {
	var i ItemRow
	err := row.Scan(&i.ID, &i.Upgrade, &i.Kind, when{&i.Raised}, when{&i.Due}, &i.Status, &i.Owner, &i.By, &i.Noted, &i.Replied, &i.Overdue,
		&i.Rating, &i.Disruption, &i.Component, &i.Invited)
	return i, err
}

// Items lists those that the filter lets through, the first due first.
func (s *Store) Items(ctx context.Context, f ItemFilter) ([]ItemRow, error) {
	if f.Limit == 0 {
		f.Limit = 1000
	}
	return list(ctx, s, selectItems, []any{f.Upgrade, string(f.Status), f.Overdue, f.Limit}, scanItem)
}

// Item is one item; false if there is none.
func (s *Store) Item(ctx context.Context, id string) (ItemRow, bool, error) {
	i, err := scanItem(s.one(ctx, selectItem, id))
	ok, err := found(err)
	return i, ok, err
}

const selectLapsed = readItems + `WHERE i.status = 'new' AND i.overdue = 0 AND i.due <= ? ORDER BY i.upgrade, i.due, i.id LIMIT ?`

// Lapsed lists at most limit items that nobody has looked at by a time that is
// not before they were due, as far as that is no fact yet; those of one upgrade
// together.
func (s *Store) Lapsed(ctx context.Context, by time.Time, limit int) ([]ItemRow, error) {
	return list(ctx, s, selectLapsed, []any{micros(by), limit}, scanItem)
}

// ItemCounts are how many items there are of an upgrade, or of all.
type ItemCounts struct {
	All int `json:"all"`
	// Open have been looked at by nobody; Overdue are those of them whose time
	// has passed.
	Open    int `json:"open"`
	Overdue int `json:"overdue"`
}

const countItems = `SELECT count(*), coalesce(sum(status = 'new'), 0), coalesce(sum(overdue), 0) FROM items WHERE ?1 = '' OR upgrade = ?1`

// ItemCounts counts the items of an upgrade, or with an empty id all.
func (s *Store) ItemCounts(ctx context.Context, upgrade string) (ItemCounts, error) {
	var c ItemCounts
	_, err := s.row(ctx, countItems, []any{upgrade}, &c.All, &c.Open, &c.Overdue)
	return c, err
}

const (
	insertItem = `INSERT INTO items (` + itemColumns + `) VALUES (?, ?, ?, ?, ?, 'new', ?, '', 0, 0, 0, 0) ON CONFLICT (id) DO NOTHING`
	deleteItem = `DELETE FROM items WHERE id = ? AND status = 'new'`
	// That somebody has seen it takes back nothing that was done.
	updateItem = `UPDATE items SET status = CASE WHEN ?2 = 'seen' AND status <> 'new' THEN status ELSE ?2 END, handler = ?3, overdue = 0,
		owner = CASE WHEN ?4 = '' THEN owner ELSE ?4 END, noted = max(noted, ?5), replied = max(replied, ?6) WHERE id = ?1`
	updateLapsed = `UPDATE items SET overdue = 1 WHERE id = ? AND status = 'new' AND due <= ?`
)

// RaiseItem adds an item; one that is there stays as it is.
func (tx *Tx) RaiseItem(i ItemRow) error {
	return tx.exec(insertItem, i.ID, i.Upgrade, i.Kind, micros(i.Raised), micros(i.Due), i.Owner)
}

// CloseItem drops an item that nobody has looked at.
func (tx *Tx) CloseItem(id string) error { return tx.exec(deleteItem, id) }

// AcknowledgeItem notes who has done what about an item.
func (tx *Tx) AcknowledgeItem(d *events.FeedbackAcknowledged) error {
	status := d.Status
	if status == "" {
		status = events.ItemSeen
	}
	return tx.exec(updateItem, d.Answer, string(status), d.By, d.Owner, d.HasNote, d.HasReply)
}

// LapseItem notes that nobody has looked at an item that was due by a time; if
// somebody has, or has it still to be, nothing changes.
func (tx *Tx) LapseItem(id string, by time.Time) error { return tx.exec(updateLapsed, id, micros(by)) }
