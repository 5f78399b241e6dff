package notifiers

import (
	"cmp"
	"slices"

	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
)

// gate says who decides, until when, how it stands, and what its evidence
// says.
func (s *sheet) gate(u *upgrade.Upgrade, g plan.Gate, v upgrade.Verdict) string {
	clauses := []string{s.undecided(u, g)}
	if i := slices.IndexFunc(u.Gates, func(k upgrade.Gate) bool { return k.ID == g.ID }); i >= 0 && v.Decision != "" {
		clauses[0] = s.decision(u.Gates[i])
	}
	if evidence := s.evidence(v); evidence != "" {
		clauses = append(clauses, evidence)
	}
	return s.named(line(cmp.Or(g.Title, g.ID)), s.Also(clauses))
}

func (s *sheet) undecided(u *upgrade.Upgrade, g plan.Gate) string {
	parts := []string{s.Say("gate.open")}
	if g.Decider != "" {
		parts = append(parts, s.Say("gate.decider", "who", cmp.Or(s.duty(u.Plan, g.Decider), line(g.Decider))))
	}
	switch {
	case u.DeadlinePassed(g.ID):
		parts = append(parts, s.Say("gate.passed", "at", s.full(g.Deadline)))
	case !g.Deadline.IsZero():
		parts = append(parts, s.Say("gate.before", "at", s.full(g.Deadline)))
	}
	return s.List(parts)
}

// evidence says whether the evidence is green, and the first thing that is
// wrong with it: the rest is for those who put it right.
func (s *sheet) evidence(v upgrade.Verdict) string {
	wrong := faults(s.Words, v.Rules)
	switch {
	case len(v.Rules) == 0:
		return ""
	case len(wrong) == 0:
		return s.Say("evidence.green")
	case len(wrong) == 1:
		return s.Say("evidence.red", "why", wrong[0])
	}
	return s.Say("evidence.red_more", "why", wrong[0], "n", len(wrong)-1)
}

func (s *sheet) decision(g upgrade.Gate) string {
	words := s.Say("decision." + g.Decision)
	if g.By != "" {
		words = s.Say("decision.by", "decision", words, "who", line(g.By))
	}
	if g.Reason != "" {
		words = s.named(words, line(g.Reason))
	}
	return words
}

// named says something of what has a name.
func (s *sheet) named(name, words string) string { return s.Say("named", "name", name, "words", words) }
