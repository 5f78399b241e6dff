package people

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/hub/store"
)

func answerKey(answer string) string { return "answer." + answer }

// KeepWords keeps what somebody wrote in an answer.
func (p *People) KeepWords(ctx context.Context, answer, text string) error {
	return p.keep(ctx, answerKey(answer), text)
}

// Words are what somebody wrote in an answer; empty if that was erased.
func (p *People) Words(ctx context.Context, answer string) (string, error) {
	return p.kept(ctx, answerKey(answer))
}

// Who is the name, or else the address, of whoever gave an answer; empty unless
// the survey was named and it is known.
func (p *People) Who(ctx context.Context, a store.AnswerRow) (string, error) {
	id := cmp.Or(a.Subscriber, a.Browser)
	if a.Mode != plan.Named || id == "" {
		return "", nil
	}
	target, err := p.Target(ctx, id)
	if err != nil || target == nil {
		return "", err // the open form, or somebody who was erased
	}
	row, _, err := p.store.Subscriber(ctx, id)
	if err != nil {
		return "", err
	}
	if row.Name != "" || a.Subscriber != "" {
		return cmp.Or(row.Name, target.Name, target.Address), nil
	}
	// Somebody in Slack has the name of a subscription that is theirs.
	others, err := p.store.SubscribersOf(ctx, id)
	for _, o := range others {
		row.Name = cmp.Or(row.Name, o.Name)
	}
	return cmp.Or(row.Name, target.Name, target.Address), err
}

// Pending is an anonymous answer that is not published yet. Nothing in it
// leads to a person or says when it was given.
type Pending struct {
	Upgrade string                  `json:"-"`
	Numbers events.FeedbackReceived `json:"numbers"`
	Text    string                  `json:"text,omitempty"`
	// Place is the key under which it stands once it was moved, see
	// [People.Shuffle]; empty where it was put first.
	Place string `json:"-"`
}

// pendingPrefix begins "pending.<upgrade>.<answer>", and where it was moved
// ".<random>" behind.
const pendingPrefix = "pending."

func (a Pending) first() string { return pendingPrefix + a.Upgrade + "." + a.Numbers.Answer }

func (a Pending) key() string { return cmp.Or(a.Place, a.first()) }

// KeepPending keeps an answer until it is published.
func (p *People) KeepPending(ctx context.Context, a Pending) error {
	raw, err := json.Marshal(a)
	if err != nil {
		return err
	}
	return p.bus.PutPerson(ctx, a.key(), raw)
}

// DropPending erases an answer that was published, or is not to be.
func (p *People) DropPending(ctx context.Context, a Pending) error {
	return p.bus.ErasePerson(ctx, a.key())
}

// Shuffle moves answers, in random order, to the end of the bucket and of each
// node's mirror: in the order in which they came they would stand like the marks
// of the links that were used. Each is erased only when it stands anew; after a
// crash one may stand twice, and [People.Pending] lists it once.
func (p *People) Shuffle(ctx context.Context, waiting []Pending) error {
	moved := slices.Clone(waiting)
	rand.Shuffle(len(moved), func(i, j int) { moved[i], moved[j] = moved[j], moved[i] })
	for i, a := range moved {
		moved[i].Place = a.first() + "." + NewID()
		if err := p.KeepPending(ctx, moved[i]); err != nil {
			return err
		}
	}
	for _, a := range waiting {
		if err := p.DropPending(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// Pending lists the answers that wait to be published, by upgrade, as far as
// this node's mirror knows.
func (p *People) Pending(ctx context.Context) (map[string][]Pending, error) {
	all, err := p.store.AllPeople(ctx, pendingPrefix)
	if err != nil {
		return nil, err
	}
	waiting, listed := map[string][]Pending{}, map[string]bool{}
	for key, raw := range all {
		var a Pending
		if err := json.Unmarshal(raw, &a); err != nil {
			return nil, fmt.Errorf("pending answer: %w", err)
		}
		a.Upgrade, _, _ = strings.Cut(strings.TrimPrefix(key, pendingPrefix), ".")
		if key != a.first() {
			a.Place = key
		}
		if !listed[a.Numbers.Answer] {
			listed[a.Numbers.Answer] = true
			waiting[a.Upgrade] = append(waiting[a.Upgrade], a)
		}
	}
	return waiting, nil
}
