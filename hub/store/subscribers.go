package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"upgradehub/events"
)

const subscriberColumns = `id, channel, audiences, name, upgrades, zone, lang, origin, generation, token, state, since, broken`

const (
	selectSubscriber  = `SELECT ` + subscriberColumns + ` FROM subscribers WHERE id = ?`
	selectSubscribers = `SELECT ` + subscriberColumns + ` FROM subscribers ORDER BY id`
	selectActive      = `SELECT ` + subscriberColumns + ` FROM subscribers WHERE state = 'active' AND channel = ? ORDER BY id`
)

func scanSubscriber(row scanner) (SubscriberRow, error) {
	var r SubscriberRow
	var audiences, upgrades string
	err := row.Scan(&r.ID, &r.Channel, &audiences, &r.Name, &upgrades, &r.Zone, &r.Lang, &r.Origin, &r.Generation,
		&r.Token, &r.State, &r.Since, &r.Broken)
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal([]byte(audiences), &r.Audiences); err != nil {
		return r, fmt.Errorf("subscriber %q: audiences: %w", r.ID, err)
	}
	if err := json.Unmarshal([]byte(upgrades), &r.Upgrades); err != nil {
		return r, fmt.Errorf("subscriber %q: upgrades: %w", r.ID, err)
	}
	return r, nil
}

// Subscribers lists every recipient there ever was, by id.
func (s *Store) Subscribers(ctx context.Context) ([]SubscriberRow, error) {
	return list(ctx, s, selectSubscribers, nil, scanSubscriber)
}

// Subscriber is one recipient; false if there is none.
func (s *Store) Subscriber(ctx context.Context, id string) (SubscriberRow, bool, error) {
	r, err := scanSubscriber(s.read.QueryRowContext(ctx, selectSubscriber, id))
	ok, err := found(err)
	return r, ok, err
}

// Subscriber is one recipient; false if there is none.
func (tx *Tx) Subscriber(id string) (SubscriberRow, bool, error) {
	st, err := tx.w.stmt(tx.ctx, selectSubscriber)
	if err != nil {
		return SubscriberRow{}, false, err
	}
	r, err := scanSubscriber(st.QueryRowContext(tx.ctx, id))
	ok, err := found(err)
	return r, ok, err
}

// ActiveSubscribers lists the active recipients of a channel, by id.
func (tx *Tx) ActiveSubscribers(channel string) ([]SubscriberRow, error) {
	var all []SubscriberRow
	err := tx.each(selectActive, []any{channel}, func(rows *sql.Rows) error {
		r, err := scanSubscriber(rows)
		all = append(all, r)
		return err
	})
	return all, err
}

const upsertSubscriber = `INSERT INTO subscribers (` + subscriberColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
	ON CONFLICT (id) DO UPDATE SET channel = excluded.channel, audiences = excluded.audiences, name = excluded.name,
		upgrades = excluded.upgrades, zone = excluded.zone, lang = excluded.lang, origin = excluded.origin,
		generation = excluded.generation, token = excluded.token, state = excluded.state, since = excluded.since,
		broken = excluded.broken`

// PutSubscriber writes a recipient.
func (tx *Tx) PutSubscriber(r SubscriberRow) error {
	return tx.exec(upsertSubscriber, r.ID, r.Channel, jsonList(r.Audiences), r.Name, jsonList(r.Upgrades), r.Zone, r.Lang,
		r.Origin, r.Generation, r.Token, r.State, r.Since, r.Broken)
}

const updateBroken = `UPDATE subscribers SET broken = ? WHERE id = ? AND broken <> ?`

// SetBroken notes the code with which a target refuses everything; the empty
// code says that it takes messages again.
func (tx *Tx) SetBroken(subscriber, code string) error {
	return tx.exec(updateBroken, code, subscriber, code)
}

const (
	insertLink  = `INSERT INTO links (hash, purpose, upgrade, subscriber) VALUES (?, ?, ?, ?) ON CONFLICT (hash) DO NOTHING`
	deleteLinks = `DELETE FROM links WHERE subscriber = ?`
	selectLink  = `SELECT purpose, upgrade, subscriber FROM links WHERE hash = ?`
)

// PutLink registers a personal link; one that is known stays as it is.
func (tx *Tx) PutLink(l events.LinkHash, upgrade, subscriber string) error {
	return tx.exec(insertLink, l.Hash, l.Purpose, upgrade, subscriber)
}

// DropLinks makes every link of a subscriber invalid.
func (tx *Tx) DropLinks(subscriber string) error { return tx.exec(deleteLinks, subscriber) }

// Link is what a personal link allows, by the hash of its token; false if it
// allows nothing.
func (tx *Tx) Link(hash string) (LinkRow, bool, error) {
	var l LinkRow
	ok, err := tx.row(selectLink, []any{hash}, &l.Purpose, &l.Upgrade, &l.Subscriber)
	return l, ok, err
}

// Link is what a personal link allows, by the hash of its token; false if it
// allows nothing.
func (s *Store) Link(ctx context.Context, hash string) (LinkRow, bool, error) {
	var l LinkRow
	ok, err := s.row(ctx, selectLink, []any{hash}, &l.Purpose, &l.Upgrade, &l.Subscriber)
	return l, ok, err
}

const countInvited = `SELECT count(*) FROM links WHERE upgrade = ? AND purpose = 'feedback'`

// Invited is how many recipients were sent a personal link to the survey of
// an upgrade.
func (s *Store) Invited(ctx context.Context, upgrade string) (int, error) {
	var n int
	_, err := s.row(ctx, countInvited, []any{upgrade}, &n)
	return n, err
}
