package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"upgradehub/events"
	"upgradehub/notifiers"
)

const subscriberColumns = `id, channel, audiences, name, person, upgrades, systems, components, kind, zone, lang, origin,
	generation, token, state, since, broken, asked`

const (
	selectSubscriber  = `SELECT ` + subscriberColumns + ` FROM subscribers WHERE id = ?`
	selectOfOrigin    = `SELECT ` + subscriberColumns + ` FROM subscribers WHERE origin = ? ORDER BY id`
	selectUnconfirmed = `SELECT ` + subscriberColumns + ` FROM subscribers WHERE origin = 'page' AND state = 'requested' AND asked < ? ORDER BY id`
	selectBroken      = `SELECT ` + subscriberColumns + ` FROM subscribers WHERE broken <> '' AND state = 'active' AND origin <> 'answer' ORDER BY channel, id LIMIT ?`
	selectOfPerson    = `SELECT ` + subscriberColumns + ` FROM subscribers WHERE person = ? ORDER BY id`
)

func scanSubscriber(row scanner) (SubscriberRow, error) {
	var r SubscriberRow
	var audiences, upgrades, systems, components string
	var asked int64
	err := row.Scan(&r.ID, &r.Channel, &audiences, &r.Name, &r.Person, &upgrades, &systems, &components, &r.Kind, &r.Zone,
		&r.Lang, &r.Origin, &r.Generation, &r.Token, &r.State, &r.Since, &r.Broken, &asked)
	if err != nil {
		return r, err
	}
	r.Asked = moment(asked)
	for _, l := range []struct {
		name, text string
		list       *[]string
	}{{"audiences", audiences, &r.Audiences}, {"upgrades", upgrades, &r.Upgrades}, {"systems", systems, &r.Systems}, {"components", components, &r.Components}} {
		if l.text == "[]" {
			continue // mostly, and there may be a hundred thousand rows
		}
		if err := json.Unmarshal([]byte(l.text), l.list); err != nil {
			return r, fmt.Errorf("subscriber %q: %s: %w", r.ID, l.name, err)
		}
	}
	return r, nil
}

// Gone reports whether the recipient left or was erased.
func (r SubscriberRow) Gone() bool {
	return r.State == SubscriberRemoved || r.State == SubscriberErased
}

// Reader is the recipient as far as it decides what they are told.
func (r SubscriberRow) Reader() notifiers.Reader {
	return notifiers.Reader{
		Subscriber: r.ID, Channel: r.Channel, Broken: r.Broken != "", Audiences: r.Audiences, Name: r.Name,
		Upgrades: r.Upgrades, Systems: r.Systems, Components: r.Components, Kind: r.Kind,
	}
}

// SubscribersFrom lists the recipients of an origin, "config" or "page", by id.
func (s *Store) SubscribersFrom(ctx context.Context, origin string) ([]SubscriberRow, error) {
	return list(ctx, s, selectOfOrigin, []any{origin}, scanSubscriber)
}

// Unconfirmed lists the recipients who were asked before a time and never
// confirmed, by id.
func (s *Store) Unconfirmed(ctx context.Context, before time.Time) ([]SubscriberRow, error) {
	return list(ctx, s, selectUnconfirmed, []any{micros(before)}, scanSubscriber)
}

// Broken lists at most limit recipients whose target refuses everything, without
// those that stand for an answer: they are told once, and the log does not know
// whose target it is.
func (s *Store) Broken(ctx context.Context, limit int) ([]SubscriberRow, error) {
	return list(ctx, s, selectBroken, []any{limit}, scanSubscriber)
}

// SubscribersOf lists every recipient that is one person, by id.
func (s *Store) SubscribersOf(ctx context.Context, person string) ([]SubscriberRow, error) {
	return list(ctx, s, selectOfPerson, []any{person}, scanSubscriber)
}

// Recipient is a subscriber as far as it matters to a message, and who it is as
// far as this node's mirror of PEOPLE knows.
type Recipient struct {
	ID, Name, Zone, Lang string
	Origin               string // who named the target: "config" or "page"
	Generation           int
	Gone                 bool   // left, or was erased
	Broken               string // the code with which the target refuses everything
	Target               []byte
}

const selectRecipients = `SELECT s.id, s.name, s.zone, s.lang, s.origin, s.generation, s.state IN ('removed', 'erased'), s.broken, coalesce(p.value, x'')
	FROM json_each(?) wanted JOIN subscribers s ON s.id = wanted.value LEFT JOIN people p ON p.key = 'person.' || s.id`

// Recipients lists those of the ids that there are.
func (s *Store) Recipients(ctx context.Context, ids []string) ([]Recipient, error) {
	return list(ctx, s, selectRecipients, []any{jsonList(ids)}, func(row scanner) (r Recipient, err error) {
		err = row.Scan(&r.ID, &r.Name, &r.Zone, &r.Lang, &r.Origin, &r.Generation, &r.Gone, &r.Broken, &r.Target)
		return r, err
	})
}

// Subscriber is one recipient; false if there is none.
func (s *Store) Subscriber(ctx context.Context, id string) (SubscriberRow, bool, error) {
	r, err := scanSubscriber(s.one(ctx, selectSubscriber, id))
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

const upsertSubscriber = `INSERT INTO subscribers (` + subscriberColumns + `)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
	ON CONFLICT (id) DO UPDATE SET channel = excluded.channel, audiences = excluded.audiences, name = excluded.name,
		person = excluded.person, upgrades = excluded.upgrades, systems = excluded.systems, components = excluded.components,
		kind = excluded.kind, zone = excluded.zone, lang = excluded.lang, origin = excluded.origin,
		generation = excluded.generation, token = excluded.token, state = excluded.state, since = excluded.since,
		broken = excluded.broken, asked = excluded.asked`

// PutSubscriber writes a recipient, and its places in the audiences.
func (tx *Tx) PutSubscriber(r SubscriberRow) error {
	r.Person = cmp.Or(r.Person, r.ID)
	err := tx.exec(upsertSubscriber, r.ID, r.Channel, jsonList(r.Audiences), r.Name, r.Person, jsonList(r.Upgrades),
		jsonList(r.Systems), jsonList(r.Components), string(r.Kind), r.Zone, r.Lang, r.Origin, r.Generation, r.Token, r.State,
		r.Since, r.Broken, micros(r.Asked))
	if err != nil {
		return err
	}
	return tx.putMember(r)
}

const (
	deleteMember = `DELETE FROM members WHERE subscriber = ?`
	insertMember = `INSERT INTO members (audience, person, subscriber) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`
)

func (tx *Tx) putMember(r SubscriberRow) error {
	if err := tx.exec(deleteMember, r.ID); err != nil || r.State != SubscriberActive {
		return err
	}
	for _, a := range append([]string{r.Name}, r.Audiences...) {
		if a == "" {
			continue
		}
		if err := tx.exec(insertMember, a, r.Person, r.ID); err != nil {
			return err
		}
	}
	return nil
}

const updateBroken = `UPDATE subscribers SET broken = ? WHERE id = ? AND broken <> ?`

// SetBroken notes the code with which a target refuses everything; the empty
// code says that it takes messages again. It reports whether that is news.
func (tx *Tx) SetBroken(subscriber, code string) (bool, error) {
	changed, err := tx.count(updateBroken, code, subscriber, code)
	return changed > 0, err
}

const (
	linkColumns = `purpose, upgrade, subscriber, sent, role, channel, used`
	insertLink  = `INSERT INTO links (hash, ` + linkColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (hash) DO NOTHING`
	selectLink  = `SELECT ` + linkColumns + ` FROM links WHERE hash = ?`
)

// PutLink registers a personal link; one that is known stays as it is.
func (tx *Tx) PutLink(l events.LinkHash, r LinkRow) error {
	return tx.exec(insertLink, l.Hash, l.Purpose, r.Upgrade, r.Subscriber, micros(r.Sent), r.Role, r.Channel, r.Used)
}

// Link is what a personal link allows, by the hash of its token; false if it
// allows nothing.
func (tx *Tx) Link(hash string) (LinkRow, bool, error) {
	var l LinkRow
	var sent int64
	ok, err := tx.row(selectLink, []any{hash}, l.columns(&sent)...)
	l.Sent = moment(sent)
	return l, ok, err
}

func (l *LinkRow) columns(sent *int64) []any {
	return []any{&l.Purpose, &l.Upgrade, &l.Subscriber, sent, &l.Role, &l.Channel, &l.Used}
}

// Link is what a personal link allows, by the hash of its token; false if it
// allows nothing.
func (s *Store) Link(ctx context.Context, hash string) (LinkRow, bool, error) {
	var l LinkRow
	var sent int64
	ok, err := s.row(ctx, selectLink, []any{hash}, l.columns(&sent)...)
	l.Sent = moment(sent)
	return l, ok, err
}

// wasAsked is who a person is to a survey: ?1 the subscriber, ?2 the upgrade.
const (
	ofPerson = `JOIN subscribers s ON s.id = l.subscriber
		WHERE s.person = (SELECT person FROM subscribers WHERE id = ?1) AND l.purpose = 'feedback'`
	selectAsked     = `SELECT count(*), coalesce(sum(l.used), 0) FROM links l ` + ofPerson + ` AND l.upgrade = ?2`
	selectAskedElse = `SELECT count(*) FROM links l ` + ofPerson + ` AND l.upgrade <> ?2 AND l.sent > ?3`
)

// Asked reports whether the person of a subscriber was sent a link to the
// survey of an upgrade, and whether they have used it: of one that is not
// anonymous the log does not say.
func (tx *Tx) Asked(subscriber, upgrade string) (asked, used bool, err error) {
	var links, uses int
	_, err = tx.row(selectAsked, []any{subscriber, upgrade}, &links, &uses)
	return links > 0, uses > 0, err
}

// LinkUsed reports whether the person of a subscriber has used a link to the
// survey of an upgrade, which is anonymous.
func (s *Store) LinkUsed(ctx context.Context, subscriber, upgrade string) (bool, error) {
	var links, uses int
	_, err := s.row(ctx, selectAsked, []any{subscriber, upgrade}, &links, &uses)
	return uses > 0, err
}

// AskedElse reports whether the person of a subscriber was asked after a time
// how another upgrade went.
func (tx *Tx) AskedElse(subscriber, upgrade string, after time.Time) (bool, error) {
	var n int
	_, err := tx.row(selectAskedElse, []any{subscriber, upgrade, micros(after)}, &n)
	return n > 0, err
}

// AskedElse reports whether the person of a subscriber was asked after a time
// how another upgrade went.
func (s *Store) AskedElse(ctx context.Context, subscriber, upgrade string, after time.Time) (bool, error) {
	var n int
	_, err := s.row(ctx, selectAskedElse, []any{subscriber, upgrade, micros(after)}, &n)
	return n > 0, err
}
