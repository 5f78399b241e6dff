package store

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"upgradehub/events"
	"upgradehub/notifiers"
)

// Owed is one delivery as it begins.
type Owed struct {
	ID         string
	Upgrade    string
	Cause      uint64
	Subscriber string
	Notice     events.Notice
	OwedAt     time.Time
}

const insertNotice = `INSERT INTO notices (id, cause, upgrade, json, epoch) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`

// PutNotice keeps a notice; false if it is there already.
func (tx *Tx) PutNotice(n events.Notice, cause uint64, upgrade string, epoch uint64) (bool, error) {
	b, err := json.Marshal(n)
	if err != nil {
		return false, fmt.Errorf("notice %q: %w", n.ID, err)
	}
	added, err := tx.count(insertNotice, n.ID, cause, upgrade, string(b), epoch)
	return added > 0, err
}

const insertDelivery = `INSERT INTO deliveries (id, notice, cause, upgrade, moment, audience, role, channel, form, class, card,
	subscriber, required, state, not_before, useful_until, owed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?, ?, ?)
	ON CONFLICT DO NOTHING`

// PutDelivery makes a delivery pending; false if its subscriber is owed one
// of this class, or on this card, for this cause already.
func (tx *Tx) PutDelivery(d Owed) (bool, error) {
	n := d.Notice
	added, err := tx.count(insertDelivery, d.ID, n.ID, d.Cause, d.Upgrade, string(n.Moment), n.Audience, n.Role, n.Channel,
		string(n.Form), notifiers.Class(n.Form), n.Card, d.Subscriber, n.Required, micros(n.NotBefore), until(n.UsefulUntil), micros(d.OwedAt))
	return added > 0, err
}

const supersede = `UPDATE deliveries SET state = 'superseded', why = ?, seq = ? WHERE state = 'pending' AND `

const (
	supersedeNotice     = supersede + `notice = ?`
	supersedeSubscriber = supersede + `subscriber = ?`
	supersedeRoots      = supersede + `channel = ? AND upgrade = ? AND subscriber = ? AND cause < ? AND form = 'root'`
	supersedeCards      = supersede + `upgrade = ? AND subscriber = ? AND cause < ? AND form = 'card'
		AND notice IN (SELECT id FROM notices WHERE json_extract(json, '$.card') = ?)`
	supersedeDigests = supersede + `upgrade = ? AND audience = ? AND channel = ? AND cause < ? AND moment = ?`
	supersedeMoments = supersede + `upgrade = ? AND required = 0 AND cause < ?
		AND moment IN (SELECT value FROM json_each(?))`
)

// SupersedeNotice drops what is pending of a notice, and what would follow.
func (tx *Tx) SupersedeNotice(notice, why string, seq uint64) error {
	if err := tx.exec(overtakeNotice, why, notice); err != nil {
		return err
	}
	return tx.exec(supersedeNotice, why, seq, notice)
}

// SupersedeSubscriber drops what is pending for a subscriber.
func (tx *Tx) SupersedeSubscriber(subscriber, why string, seq uint64) error {
	return tx.exec(supersedeSubscriber, why, seq, subscriber)
}

// SupersedeDigests drops the digests that are pending for the audience and
// channel of n: the newest says how things are.
func (tx *Tx) SupersedeDigests(upgrade string, n events.Notice, cause uint64, why string, seq uint64) error {
	return tx.exec(supersedeDigests, why, seq, upgrade, n.Audience, n.Channel, cause, string(events.MomentDigest))
}

// SupersedeRoots drops what is pending of an upgrade's root message on a
// target for causes before that of d.
func (tx *Tx) SupersedeRoots(d Owed, why string, seq uint64) error {
	return tx.exec(supersedeRoots, why, seq, d.Notice.Channel, d.Upgrade, d.Subscriber, d.Cause)
}

// SupersedeCards drops what is pending of the card of d on a target for causes
// before that of d.
func (tx *Tx) SupersedeCards(d Owed, why string, seq uint64) error {
	return tx.exec(supersedeCards, why, seq, d.Upgrade, d.Subscriber, d.Cause, d.Notice.Card)
}

// SupersedeMoments drops what is pending of an upgrade and not required,
// tells one of the moments, and has a cause before this one; those who are
// still to come are not told either.
func (tx *Tx) SupersedeMoments(upgrade string, moments []events.Moment, cause uint64, why string, seq uint64) error {
	list := make([]string, len(moments))
	for i, m := range moments {
		list[i] = string(m)
	}
	slices.Sort(list)
	if err := tx.exec(overtakeMoments, why, upgrade, cause, jsonList(list)); err != nil {
		return err
	}
	return tx.exec(supersedeMoments, why, seq, upgrade, cause, jsonList(list))
}

const (
	// What was sent for certain, or may have been.
	selectWasTold = `SELECT 1 FROM deliveries d JOIN notices n ON n.id = d.notice
		WHERE d.upgrade = ?1 AND d.subscriber IN (SELECT id FROM subscribers WHERE person = (SELECT person FROM subscribers WHERE id = ?2))
			AND (d.state = 'accepted' OR d.ambiguous > 0)
			AND json_extract(n.json, '$.facts.update') = ?3 AND json_extract(n.json, '$.facts.source') = ?4 LIMIT 1`
	takeOver = `UPDATE deliveries SET not_before = max(not_before, ?), useful_until = max(useful_until, ?)
		WHERE upgrade = ? AND subscriber = ? AND moment = ? AND state = 'pending' RETURNING 1`
)

// WasTold reports whether the person of a subscriber may have got an update, on
// whichever channel.
func (tx *Tx) WasTold(upgrade, subscriber, update, source string) (bool, error) {
	var one int
	return tx.row(selectWasTold, []any{upgrade, subscriber, update, source}, &one)
}

const selectRecalls = `SELECT r.upgrade, r.cause, r.json FROM notices n JOIN notices r ON r.upgrade = n.upgrade
		AND json_extract(r.json, '$.recalls') AND json_extract(r.json, '$.channel') = json_extract(n.json, '$.channel')
		AND json_extract(r.json, '$.facts.update') = json_extract(n.json, '$.facts.update')
		AND json_extract(r.json, '$.facts.source') = json_extract(n.json, '$.facts.source')
	WHERE n.id = ? ORDER BY r.cause, r.id`

// Recalls are the notices that take back the update another one told of.
func (tx *Tx) Recalls(notice string) ([]Owed, error) {
	var all []Owed
	err := tx.each(selectRecalls, []any{notice}, func(row *sql.Rows) error {
		var o Owed
		var raw string
		if err := row.Scan(&o.Upgrade, &o.Cause, &raw); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(raw), &o.Notice); err != nil {
			return fmt.Errorf("recall of %s: %w", notice, err)
		}
		all = append(all, o)
		return nil
	})
	return all, err
}

// TakeOver has the message of a moment that a subscriber is still to get stand
// for n, too: it goes out no earlier than n would, and is of use for as long.
// It is false if there is no such message.
func (tx *Tx) TakeOver(upgrade, subscriber string, m events.Moment, n events.Notice) (bool, error) {
	var one int
	return tx.row(takeOver, []any{micros(n.NotBefore), until(n.UsefulUntil), upgrade, subscriber, string(m)}, &one)
}

const (
	selectDelivery = `SELECT ` + deliveryColumns + ` FROM deliveries WHERE id = ?`
	updateDelivery = `UPDATE deliveries SET state = ?, attempts = ?, next_at = ?, code = ?, provider = ?, place = ?,
		ambiguous = ?, why = ?, retried = ?, extra_sends = ?, useful_until = ?, accepted_at = ?, seq = ? WHERE id = ?`
)

// Delivery is one delivery; false if there is none.
func (tx *Tx) Delivery(id string) (DeliveryRow, bool, error) {
	st, err := tx.w.stmt(tx.ctx, selectDelivery)
	if err != nil {
		return DeliveryRow{}, false, err
	}
	d, err := scanDelivery(st.QueryRowContext(tx.ctx, id))
	ok, err := found(err)
	return d, ok, err
}

// SetDelivery writes what became of a delivery.
func (tx *Tx) SetDelivery(d DeliveryRow) error {
	return tx.exec(updateDelivery, d.State, d.Attempts, micros(d.NextAt), d.Code, d.Provider, d.Place,
		d.LostAnswers, d.Why, d.Retried, d.ExtraSends, until(d.UsefulUntil), micros(d.AcceptedAt), d.Seq, d.ID)
}

const acceptMessage = `UPDATE deliveries SET state = 'accepted', attempts = attempts + 1, next_at = 0, code = ?, provider = ?,
		place = ?, why = ?, ambiguous = max(ambiguous, ?), accepted_at = ?, seq = ?
	WHERE id = ? AND state = 'pending' AND class = 'message' AND card = ''
	RETURNING upgrade, subscriber, role, channel, EXISTS (SELECT 1 FROM subscribers s WHERE s.id = subscriber AND s.broken <> '')`

// AcceptMessage writes that a message was accepted which was pending and is no
// part of a thread, as nearly all are: in one statement, because a hundred
// thousand people may be told at once. It returns whom its links are for, and
// whether their target was held to be broken; false if it is another case.
func (tx *Tx) AcceptMessage(o events.DeliveryOutcome, at time.Time, seq uint64) (to LinkRow, broken, ok bool, err error) {
	to.Sent = at
	ok, err = tx.row(acceptMessage, []any{o.Code, o.Provider, o.Place, o.Why, o.Ambiguous, micros(at), seq, o.Delivery},
		&to.Upgrade, &to.Subscriber, &to.Role, &to.Channel, &broken)
	return to, broken, ok, err
}

const (
	upsertRoot = `INSERT INTO roots (upgrade, subscriber, place, ts) VALUES (?, ?, ?, ?)
		ON CONFLICT (upgrade, subscriber) DO UPDATE SET place = excluded.place, ts = excluded.ts`
	insertRoot = `INSERT INTO roots (upgrade, subscriber, place, ts) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`
)

// PutRoot says where an upgrade's root message is on a target. One that is
// known stays unless replace is set.
func (tx *Tx) PutRoot(upgrade, subscriber, place, ts string, replace bool) error {
	query := insertRoot
	if replace {
		query = upsertRoot
	}
	return tx.exec(query, upgrade, subscriber, place, ts)
}

const (
	upsertCard = `INSERT INTO cards (upgrade, subscriber, card, place, ts)
		SELECT ?1, ?2, json_extract(json, '$.card'), ?3, ?4 FROM notices WHERE id = ?5
		ON CONFLICT (upgrade, subscriber, card) DO UPDATE SET place = excluded.place, ts = excluded.ts`
	insertAcknowledgement = `INSERT INTO acknowledgements (delivery, person, recorded) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`
)

// PutCard says where the card of a delivery stands.
func (tx *Tx) PutCard(d DeliveryRow, place, ts string) error {
	return tx.exec(upsertCard, d.Upgrade, d.Subscriber, place, ts, d.Notice)
}

// PutAcknowledgement notes that a person has read a delivery, once.
func (tx *Tx) PutAcknowledgement(delivery, person string, at time.Time) error {
	return tx.exec(insertAcknowledgement, delivery, person, micros(at))
}
