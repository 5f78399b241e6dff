package people

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"upgradehub/events"
)

// Pending is an anonymous answer that waits to be published among others. It
// stands in PEOPLE in an envelope of its own, and what can be learnt there is
// this:
//
// Whoever reads the bucket, the log or a node's file, once or all the time,
// sees that a link was used and that about then an envelope came. Envelopes
// are sealed with the link secret and of one size; neither the place of one
// nor what is in it has anything in common with the link. Answers are published
// five or more at a time, and then all envelopes that stay are made anew, so
// that it cannot be told which of them came out.
//
// Whoever has the link secret besides, which is the key to every link anyway,
// can open what waits at that moment. They find the envelopes in the order of
// links only until [People.Shuffle], and one that waits alone is that of the
// last link used. Against them there is no more than that.
type Pending struct {
	Upgrade string                  `json:"-"`
	Numbers events.FeedbackReceived `json:"numbers"`
	Text    string                  `json:"text,omitempty"`
	// Mixed: it was shuffled since it came.
	Mixed bool `json:"mixed,omitempty"`
	// Place is the key under which it stands.
	Place string `json:"-"`
}

// pendingPrefix begins "pending.<upgrade>.<random>".
const pendingPrefix = "pending."

// KeepPending keeps an answer until it is published, in a new place.
func (p *People) KeepPending(ctx context.Context, a Pending) (Pending, error) {
	a.Place = pendingPrefix + a.Upgrade + "." + NewID()
	raw, err := json.Marshal(a)
	if err != nil {
		return a, err
	}
	sealed, err := p.seal(a.Place, raw)
	if err != nil {
		return a, fmt.Errorf("seal an anonymous answer: %w", err)
	}
	return a, p.bus.PutPerson(ctx, a.Place, sealed)
}

// DropPending erases answers that were published, or are not to be.
func (p *People) DropPending(ctx context.Context, answers ...Pending) error {
	for _, a := range answers {
		if err := p.bus.ErasePerson(ctx, a.Place); err != nil {
			return err
		}
	}
	return nil
}

// Shuffle puts those that stay into new envelopes in random order, and erases
// their old ones together with those that go, in random order as well. After a
// crash one may stand twice, and [People.Pending] lists it once.
func (p *People) Shuffle(ctx context.Context, stay, leave []Pending) error {
	old := slices.Concat(stay, leave)
	mixed := slices.Clone(stay)
	for _, list := range [][]Pending{old, mixed} {
		rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	}
	for _, a := range mixed {
		a.Mixed = true
		if _, err := p.KeepPending(ctx, a); err != nil {
			return err
		}
	}
	return p.DropPending(ctx, old...)
}

// Pending lists the answers that wait to be published, by upgrade and in the
// order of their ids, as far as this node's mirror knows. unread are those that
// cannot be opened, because they were sealed with another link secret; nothing
// but Upgrade and Place is known of them.
func (p *People) Pending(ctx context.Context) (waiting map[string][]Pending, unread []Pending, err error) {
	all, err := p.store.AllPeople(ctx, pendingPrefix)
	if err != nil {
		return nil, nil, err
	}
	waiting = map[string][]Pending{}
	listed := map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(all)) {
		a, err := p.unseal(key, all[key])
		switch {
		case err != nil:
			unread = append(unread, a)
		case !listed[a.Numbers.Answer]:
			listed[a.Numbers.Answer] = true
			waiting[a.Upgrade] = append(waiting[a.Upgrade], a)
		}
	}
	for _, list := range waiting {
		slices.SortFunc(list, func(a, b Pending) int { return strings.Compare(a.Numbers.Answer, b.Numbers.Answer) })
	}
	return waiting, unread, nil
}

func (p *People) unseal(key string, sealed []byte) (Pending, error) {
	a := Pending{Place: key}
	a.Upgrade, _, _ = strings.Cut(strings.TrimPrefix(key, pendingPrefix), ".")
	raw, err := p.open(key, sealed)
	if err != nil {
		return a, err
	}
	return a, json.Unmarshal(raw, &a)
}
