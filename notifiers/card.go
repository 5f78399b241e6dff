package notifiers

import (
	"slices"
	"strings"

	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
)

// card is what those who decide see of a gate: who decides it, until when, and
// how the evidence stands.
type card struct {
	ID       string
	Gate     string
	Deciders string
	By       string // until when it is to be decided
	Passed   bool   // that time did
	Decision string // go or no-go, empty while it is open
	Words    string // of the decision: by whom, and why
	Rules    []string
	SignOffs bool // a sign-off is asked for and not there
}

func (s *sheet) cardOf(u *upgrade.Upgrade, g plan.Gate, v upgrade.Verdict) *card {
	c := &card{
		ID: g.ID, Passed: u.DeadlinePassed(g.ID), Gate: line(g.Title), Deciders: s.Either(lines(u.Deciders(g.ID))),
		Decision: strings.ReplaceAll(line(v.Decision), "_", "-"),
	}
	if c.Gate == "" {
		c.Gate = g.ID
	}
	if !g.Deadline.IsZero() {
		c.By = s.full(g.Deadline)
	}
	if i := slices.IndexFunc(u.Gates, func(k upgrade.Gate) bool { return k.ID == g.ID }); i >= 0 && v.Decision != "" {
		c.Words = s.decision(u.Gates[i])
	}
	for _, r := range v.Rules {
		c.Rules = append(c.Rules, s.ruleLine(r))
		c.SignOffs = c.SignOffs || r.Kind == "signoff" && !r.Ready
	}
	return c
}

// ruleLine is one line of evidence, with everything that is wrong with it.
func (s *sheet) ruleLine(r upgrade.RuleVerdict) string {
	if r.Ready {
		return "✓ " + s.Say("evidence."+r.Kind, "name", line(r.Name))
	}
	return "✗ " + s.Also(faults(s.Words, []upgrade.RuleVerdict{r}))
}

// open reports whether the decision is still wanted.
func (c *card) open() bool { return c != nil && c.Decision == "" }
