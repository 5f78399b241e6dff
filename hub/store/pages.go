package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"

	"upgradehub/events"
)

// lastPerson comes after every person's id.
const lastPerson = "\U0010FFFF"

const selectMembers = `SELECT ` + subscriberColumns + ` FROM subscribers WHERE id IN (
		SELECT subscriber FROM members WHERE audience IN (SELECT value FROM json_each(?)) AND person > ? AND person <= ?
	) ORDER BY person, id`

// Members lists the active recipients in the audiences whose persons come
// after one and not after another, by person; with upto empty, all that come
// after.
func (tx *Tx) Members(audiences []string, after, upto string) ([]SubscriberRow, error) {
	var all []SubscriberRow
	err := tx.each(selectMembers, []any{jsonList(audiences), after, cmp.Or(upto, lastPerson)}, func(rows *sql.Rows) error {
		r, err := scanSubscriber(rows)
		all = append(all, r)
		return err
	})
	return all, err
}

const selectPersons = `SELECT DISTINCT person FROM members WHERE audience = ? AND person > ? ORDER BY person LIMIT ?`

// PageEnd is the person with whom a page of a size ends that begins after a
// person; empty if it is the last one.
func (s *Store) PageEnd(ctx context.Context, audiences []string, after string, size int) (string, error) {
	var persons []string
	for _, a := range audiences {
		some, err := list(ctx, s, selectPersons, []any{a, after, size + 1}, scanText)
		if err != nil {
			return "", fmt.Errorf("members of %s: %w", a, err)
		}
		persons = append(persons, some...)
	}
	slices.Sort(persons)
	if persons = slices.Compact(persons); len(persons) <= size {
		return "", nil
	}
	return persons[size-1], nil
}

const existsFrom = `SELECT EXISTS (SELECT 1 FROM subscribers WHERE origin = ? AND state = 'active' AND channel = ?)`

// AnyFrom reports whether an origin has active recipients on a channel.
func (s *Store) AnyFrom(ctx context.Context, origin, channel string) (found bool, err error) {
	_, err = s.row(ctx, existsFrom, []any{origin, channel}, &found)
	return found, err
}

func scanText(row scanner) (text string, err error) {
	err = row.Scan(&text)
	return text, err
}

const (
	insertPage = `INSERT INTO pages (cause, upgrade, after, seq, owed_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`
	updatePage = `UPDATE pages SET after = ? WHERE cause = ?`
	deletePage = `DELETE FROM pages WHERE cause = ?`
	selectPage = `SELECT cause, upgrade, after, seq, owed_at FROM pages`
)

// PutPage notes that recipients of a cause are still to come.
func (tx *Tx) PutPage(p Page) error {
	return tx.exec(insertPage, p.Cause, p.Upgrade, p.After, p.Seq, micros(p.OwedAt))
}

// TurnPage notes how far the recipients of a cause are expanded; an empty
// person means that all are.
func (tx *Tx) TurnPage(cause uint64, upto string) error {
	if upto == "" {
		return tx.exec(deletePage, cause)
	}
	return tx.exec(updatePage, upto, cause)
}

func scanPage(row scanner) (Page, error) {
	var p Page
	var owed int64
	err := row.Scan(&p.Cause, &p.Upgrade, &p.After, &p.Seq, &owed)
	p.OwedAt = moment(owed)
	return p, err
}

// Page is the next page of a cause; false if all its recipients are known.
func (tx *Tx) Page(cause uint64) (Page, bool, error) {
	st, err := tx.w.stmt(tx.ctx, selectPage+` WHERE cause = ?`)
	if err != nil {
		return Page{}, false, err
	}
	p, err := scanPage(st.QueryRowContext(tx.ctx, cause))
	ok, err := found(err)
	return p, ok, err
}

// NextPage is the next page of the oldest cause that has one.
func (s *Store) NextPage(ctx context.Context) (Page, bool, error) {
	p, err := scanPage(s.one(ctx, selectPage+` ORDER BY cause LIMIT 1`))
	ok, err := found(err)
	return p, ok, err
}

const selectNotices = `SELECT json FROM notices WHERE cause = ? AND superseded = '' ORDER BY id`

// Notices lists what is owed for a cause and still true.
func (tx *Tx) Notices(cause uint64) ([]events.Notice, error) {
	var all []events.Notice
	err := tx.each(selectNotices, []any{cause}, func(rows *sql.Rows) error {
		n, err := scanNotice(rows)
		all = append(all, n)
		return err
	})
	return all, err
}

// Notices lists what is owed for a cause and still true.
func (s *Store) Notices(ctx context.Context, cause uint64) ([]events.Notice, error) {
	return list(ctx, s, selectNotices, []any{cause}, scanNotice)
}

func scanNotice(row scanner) (n events.Notice, err error) {
	var text string
	if err := row.Scan(&text); err != nil {
		return n, err
	}
	return n, json.Unmarshal([]byte(text), &n)
}

const (
	overtakeNotice  = `UPDATE notices SET superseded = ? WHERE id = ?`
	overtakeMoments = `UPDATE notices SET superseded = ? WHERE upgrade = ? AND cause < ? AND superseded = ''
		AND cause IN (SELECT cause FROM pages)
		AND coalesce(json_extract(json, '$.required'), 0) = 0
		AND json_extract(json, '$.moment') IN (SELECT value FROM json_each(?))`
)
