package people

import (
	"cmp"
	"context"

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
	if a.Mode != plan.Named {
		return "", nil
	}
	bond, known, err := p.store.Bond(ctx, a.Answer)
	if err != nil || !known {
		return "", err // forgotten, or erased
	}
	target, err := p.Target(ctx, bond.Owner)
	if err != nil || target == nil {
		return "", err // the open form
	}
	row, _, err := p.store.Subscriber(ctx, bond.Owner)
	if err != nil {
		return "", err
	}
	// Somebody in Slack has the name of a subscription that is theirs.
	others, err := p.store.SubscribersOf(ctx, bond.Owner)
	for _, o := range others {
		row.Name = cmp.Or(row.Name, o.Name)
	}
	return cmp.Or(row.Name, target.Name, target.Address), err
}
