package people

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Giver is who gives an answer. Neither the log nor the tables that follow from
// it know them: a bond in PEOPLE, under a keyed hash of the giver, says which
// answer is theirs. So it can be erased, and what is left of its key says that
// somebody answered, and not what.
type Giver struct {
	// Upgrade is the id of the upgrade.
	Upgrade string
	// Subscriber is whose personal link it is; empty for the open form.
	Subscriber string
	// Browser is the random id of who used the open form, or of a person in
	// Slack.
	Browser string
}

func (g Giver) owner() string { return cmp.Or(g.Subscriber, g.Browser) }

// giverKey is where the giver's bond stands, so that there is one whichever node
// makes it.
func (p *People) giverKey(g Giver) string {
	how := "link"
	if g.Subscriber == "" {
		how = "open"
	}
	return p.bondKey(g.Upgrade, how+" "+g.owner())
}

const bondPrefix = "bond."

func (p *People) bondKey(upgrade, what string) string {
	return bondPrefix + upgrade + "." + p.key.Token("bond", upgrade, what, 0)
}

// bond is its value.
type bond struct {
	Of    string `json:"of"` // the id of the answer or report
	Owner string `json:"owner"`
}

// AnswerBy is the id of a giver's answer, as the bucket has it; empty if there is
// none.
func (p *People) AnswerBy(ctx context.Context, g Giver) (string, error) {
	if g.owner() == "" {
		return "", nil
	}
	raw, err := p.bus.Person(ctx, p.giverKey(g))
	if err != nil || raw == nil {
		return "", err
	}
	var b bond
	if err := json.Unmarshal(raw, &b); err != nil {
		return "", fmt.Errorf("whose an answer about %s is: %w", g.Upgrade, err)
	}
	return b.Of, nil
}

// BindAnswer is the id of a giver's answer: the one they have, else a new one,
// which is theirs from now on. Whoever sends twice at once, to whatever nodes,
// has one answer. One that nobody is known to give is always new.
func (p *People) BindAnswer(ctx context.Context, g Giver) (string, error) {
	b := bond{Of: NewID(), Owner: g.owner()}
	if b.Owner == "" {
		return b.Of, nil
	}
	return p.bind(ctx, p.giverKey(g), b)
}

// BindReport says whose a report is, once.
func (p *People) BindReport(ctx context.Context, upgrade, report, owner string) error {
	_, err := p.bind(ctx, p.bondKey(upgrade, "report "+report), bond{report, owner})
	return err
}

// mirrorWithin is how long is waited for what was written to be mirrored.
const mirrorWithin = 10 * time.Second

// bind adds a bond and returns what the one that stands is of, as soon as this
// node shows whose that is. A mirror that lags is no reason to refuse it.
func (p *People) bind(ctx context.Context, key string, b bond) (string, error) {
	raw, err := json.Marshal(b)
	if err != nil {
		return "", err
	}
	stands, err := p.bus.AddPerson(ctx, key, raw)
	if err != nil {
		return "", err
	}
	if err := json.Unmarshal(stands, &b); err != nil {
		return "", fmt.Errorf("bond %q: %w", key, err)
	}
	short, cancel := context.WithTimeout(ctx, mirrorWithin)
	defer cancel()
	if err := p.store.WaitPeople(short, key); err != nil && (short.Err() == nil || ctx.Err() != nil) {
		return "", err
	}
	return b.Of, nil
}

// Mirrored returns when this node's mirror has all that stood in the bucket when
// it was called: a datum that is put there now comes after it.
func (p *People) Mirrored(ctx context.Context) error {
	key := "probe." + NewID()
	if err := p.bus.PutPerson(ctx, key, []byte("{}")); err != nil {
		return err
	}
	short, cancel := context.WithTimeout(ctx, mirrorWithin)
	defer cancel()
	err := p.store.WaitPeople(short, key)
	if err != nil {
		err = fmt.Errorf("this node has not all personal data yet, try again: %w", err)
	}
	return errors.Join(err, p.bus.ErasePerson(ctx, key))
}

// OwnerOf is whose an answer or a report is; empty if that was erased. What this
// node does not know of may not be mirrored yet.
func (p *People) OwnerOf(ctx context.Context, of string) (string, error) {
	bond, known, err := p.store.Bond(ctx, of)
	if err != nil || known {
		return bond.Owner, err
	}
	if err := p.Mirrored(ctx); err != nil {
		return "", err
	}
	bond, _, err = p.store.Bond(ctx, of)
	return bond.Owner, err
}

// Answered reports whether the person of a subscriber has answered the survey of
// an upgrade, by whatever link or in Slack.
func (p *People) Answered(ctx context.Context, upgrade, subscriber string) (bool, error) {
	if used, err := p.store.LinkUsed(ctx, subscriber, upgrade); err != nil || used {
		return used, err
	}
	row, known, err := p.store.Subscriber(ctx, subscriber)
	if err != nil || !known {
		return false, err
	}
	targets, err := p.store.SubscribersOf(ctx, row.Person)
	if err != nil {
		return false, err
	}
	givers := []Giver{{Upgrade: upgrade, Browser: row.Person}}
	for _, t := range targets {
		givers = append(givers, Giver{Upgrade: upgrade, Subscriber: t.ID})
	}
	for _, g := range givers {
		if answer, err := p.AnswerBy(ctx, g); err != nil || answer != "" {
			return answer != "", err
		}
	}
	return false, nil
}

// Turn is a number by which questions take turns: one for each giver, always the
// same. It tells of an answer what was asked, so nobody can reckon it who has not
// the hub's secret.
func (p *People) Turn(g Giver) int {
	raw, err := base64.RawURLEncoding.DecodeString(p.key.Token("turn", g.Upgrade, g.owner(), 0))
	if err != nil {
		return 0 // a token is base64
	}
	return int(binary.BigEndian.Uint16(raw))
}

// ForgetGivers erases at most limit bonds about upgrades of which it is to be
// forgotten who answered and reported. The numbers and the words stay. Somebody in
// Slack may have become known by just that: what is kept of them must not stand
// where and when their answer came.
func (p *People) ForgetGivers(ctx context.Context, limit int) error {
	bonds, err := p.store.ForgottenBonds(ctx, limit)
	if err != nil {
		return err
	}
	owners := map[string]bool{}
	for _, b := range bonds {
		owners[b.Owner] = true
	}
	for _, owner := range slices.Sorted(maps.Keys(owners)) {
		if err := p.renew(ctx, owner); err != nil {
			return err
		}
	}
	for _, b := range bonds {
		if err := p.bus.ErasePerson(ctx, b.Key); err != nil {
			return err
		}
	}
	return nil
}

// renew puts what is kept of a person who is no subscriber in another place.
func (p *People) renew(ctx context.Context, person string) error {
	_, subscribed, err := p.store.Subscriber(ctx, person)
	if err != nil || subscribed {
		return err
	}
	target, err := p.Target(ctx, person)
	if err != nil || target == nil {
		return err
	}
	return errors.Join(p.bus.RenewPerson(ctx, personKey(person)), p.bus.RenewPerson(ctx, p.addressKey(target.Channel, target.Address)))
}
