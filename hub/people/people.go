// Package people keeps who the recipients are, apart from the log: their
// addresses, and which addresses are one person's.
//
// The log knows recipients by random ids alone. Who is behind an id stands in
// the bucket PEOPLE, from where it can be erased: under "person.<id>" the
// target, and under "address.<keyed hash>" whose the address is, so that it is
// found again without a list of addresses anywhere. Beside them stand the words
// of answers, under "bond.<upgrade>.<keyed hash>" whose an answer or a report is,
// and in sealed envelopes anonymous answers until they are published.
// This is the one place that puts people in and takes them out.
package people

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"upgradehub/events"
	"upgradehub/events/bus"
	"upgradehub/events/clock"
	"upgradehub/events/link"
	"upgradehub/hub/store"
	"upgradehub/notifiers"
)

// The origins of subscribers.
const (
	OriginConfig = "config" // named by the operator
	OriginPage   = "page"   // subscribed by themselves
	OriginAnswer = "answer" // of an answer: who gave it is told what was replied to it
)

// People knows who the recipients are.
type People struct {
	bus   *bus.Bus
	store *store.Store
	key   link.Key
	clock clock.Clock
}

// New is the People of a log, as this node's store mirrors it. The key hashes
// addresses; it is the hub's link secret.
func New(b *bus.Bus, s *store.Store, key link.Key, clk clock.Clock) *People {
	return &People{bus: b, store: s, key: key, clock: clk}
}

// Tell makes what became of a subscriber a fact, and returns when this node
// has folded it. A fact whose id stands already is told.
func (p *People) Tell(ctx context.Context, source string, t events.Type, id string, d *events.Subscriber) error {
	now := p.clock.Now()
	seq, err := p.bus.Append(ctx, events.Event{ID: id, Source: source, Type: t, Time: now, Recorded: now, Data: d})
	if err != nil && !errors.Is(err, bus.ErrExists) {
		return err
	}
	return p.store.Wait(ctx, seq)
}

// Target reads who a subscriber is; nil if that was erased. The node's own
// mirror answers first, because it may be asked for a hundred thousand people;
// whether they were erased the caller knows from the log.
func (p *People) Target(ctx context.Context, subscriber string) (*notifiers.Person, error) {
	raw, err := p.store.People(ctx, personKey(subscriber))
	if err != nil {
		return nil, err
	}
	return p.read(ctx, subscriber, raw)
}

// Recipient is a subscriber and who it is; Target is nil if that was erased.
type Recipient struct {
	store.Recipient
	Target *notifiers.Person
}

// Recipients reads many subscribers at once, by id.
func (p *People) Recipients(ctx context.Context, ids []string) (map[string]Recipient, error) {
	rows, err := p.store.Recipients(ctx, ids)
	if err != nil {
		return nil, err
	}
	all := make(map[string]Recipient, len(rows))
	for _, row := range rows {
		target, err := p.read(ctx, row.ID, row.Target)
		if err != nil {
			return nil, err
		}
		all[row.ID] = Recipient{row, target}
	}
	return all, nil
}

// read reads a target as the mirror has it, else as the bucket has.
func (p *People) read(ctx context.Context, subscriber string, raw []byte) (*notifiers.Person, error) {
	var err error
	if len(raw) == 0 {
		raw, err = p.bus.Person(ctx, personKey(subscriber))
	}
	if err != nil || len(raw) == 0 {
		return nil, err
	}
	var t notifiers.Person
	if err := json.Unmarshal(raw, &t); err != nil {
		return nil, fmt.Errorf("person %s: %w", subscriber, err)
	}
	return &t, nil
}

// PutTarget keeps who a subscriber is.
func (p *People) PutTarget(ctx context.Context, subscriber string, t notifiers.Person) error {
	raw, err := json.Marshal(t)
	if err != nil {
		return err
	}
	return p.bus.PutPerson(ctx, personKey(subscriber), raw)
}

func personKey(subscriber string) string { return "person." + subscriber }

// Owner is whose an address is.
type Owner struct {
	// Person is the random id that all of a person's targets share.
	Person string `json:"person"`
	// Subscriber is the subscription the address asked for by itself, on
	// the page; empty if it never did.
	Subscriber string `json:"subscriber,omitempty"`
}

// Owner finds whose an address is; false if nobody's.
func (p *People) Owner(ctx context.Context, channel, address string) (Owner, bool, error) {
	raw, err := p.bus.Person(ctx, p.addressKey(channel, address))
	if err != nil || raw == nil {
		return Owner{}, false, err
	}
	var o Owner
	if err := json.Unmarshal(raw, &o); err != nil {
		return o, false, fmt.Errorf("owner of an address: %w", err)
	}
	return o, true, nil
}

// Claim makes o the owner of an address that had none. Whoever was first
// stays, on whatever node; their Owner is returned.
func (p *People) Claim(ctx context.Context, channel, address string, o Owner) (Owner, error) {
	raw, err := json.Marshal(o)
	if err != nil {
		return o, err
	}
	stands, err := p.bus.AddPerson(ctx, p.addressKey(channel, address), raw)
	if err != nil {
		return o, err
	}
	return o, json.Unmarshal(stands, &o)
}

// SetOwner makes o the owner of an address, whoever was before.
func (p *People) SetOwner(ctx context.Context, channel, address string, o Owner) error {
	raw, err := json.Marshal(o)
	if err != nil {
		return err
	}
	return p.bus.PutPerson(ctx, p.addressKey(channel, address), raw)
}

func (p *People) addressKey(channel, address string) string {
	return "address." + p.key.Token("address", channel, canonical(channel, address), 0)
}

// canonical is an address as equal ones are written: mail servers that tell
// upper from lower case are a curiosity, and people type either.
func canonical(channel, address string) string {
	if channel == "email" {
		return strings.ToLower(strings.TrimSpace(address))
	}
	return address
}

// NewID is 128 random bits in hex.
func NewID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails, see crypto/rand
	return hex.EncodeToString(b[:])
}

// Same finds the person several targets of one human belong to: the one an
// address of theirs already has, else a new one. known is the person of a
// subscription that is older than its address's entry, or empty.
func (p *People) Same(ctx context.Context, known string, targets ...notifiers.Person) (string, error) {
	person := ""
	for _, t := range targets {
		o, ok, err := p.Owner(ctx, t.Channel, t.Address)
		if err != nil {
			return "", err
		}
		if ok {
			person = o.Person
			break
		}
	}
	person = cmp.Or(person, known, NewID())
	for _, t := range targets {
		o, ok, err := p.Owner(ctx, t.Channel, t.Address)
		if err != nil {
			return "", err
		}
		if ok && o.Person == person {
			continue
		}
		o.Person = person
		if err := p.SetOwner(ctx, t.Channel, t.Address, o); err != nil {
			return "", err
		}
	}
	return person, nil
}
