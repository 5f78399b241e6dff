package upgrade

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"upgradehub/events/junit"
	"upgradehub/events/plan"
)

// Verdict is how a gate stands at a moment.
//
// A gate is ready when every evidence rule of the plan holds and nobody has
// decided no_go. Its decider's go does not make red evidence green: a decision
// is made on evidence, and what is wrong with it stays said until newer
// evidence is there. Only a gate without evidence rules is decided by the go
// alone, because there the decision is all there is; without it the gate is
// not ready.
type Verdict struct {
	Gate  string `json:"id"`
	Title string `json:"title"`
	Ready bool   `json:"ready"`
	// Decision is go, no_go, or empty while it is open.
	Decision string `json:"decision"`
	// Reasons say why it is not ready; empty if it is.
	Reasons []string `json:"reasons"`
	// Rules are the evidence rules, as the plan has them.
	Rules []RuleVerdict `json:"rules"`
}

// Green reports whether there are evidence rules and all of them hold,
// whatever was decided.
func (v Verdict) Green() bool {
	return len(v.Rules) > 0 && !slices.ContainsFunc(v.Rules, func(r RuleVerdict) bool { return !r.Ready })
}

// RuleVerdict is how one evidence rule stands.
type RuleVerdict struct {
	Kind    string   `json:"kind"` // junit, signoff or check
	Name    string   `json:"name"`
	Ready   bool     `json:"ready"`
	Reasons []string `json:"reasons"`
}

// Verdicts are those of all gates of the plan, in its order. The time enters
// for the age of evidence alone, so as it passes a gate may turn red and never
// green.
func (u *Upgrade) Verdicts(now time.Time) []Verdict {
	list := []Verdict{}
	if u.Plan == nil {
		return list
	}
	for _, planned := range u.Plan.Gates {
		i := slices.IndexFunc(u.Gates, func(g Gate) bool { return g.ID == planned.ID })
		known := Gate{ID: planned.ID}
		if i >= 0 {
			known = u.Gates[i]
		}
		list = append(list, known.verdict(planned, u.Plan.Roster, now))
	}
	return list
}

func (g Gate) verdict(planned plan.Gate, roster plan.Roster, now time.Time) Verdict {
	v := Verdict{Gate: g.ID, Title: planned.Title, Decision: g.Decision, Reasons: []string{}, Rules: []RuleVerdict{}}
	j := judge{roster: roster, now: now, build: g.build(planned.Evidence, roster)}
	for _, r := range planned.Evidence {
		rule := j.rule(r, g.Evidence)
		v.Rules = append(v.Rules, rule)
		v.Reasons = append(v.Reasons, rule.Reasons...)
	}
	switch {
	case g.Decision == "no_go":
		v.Reasons = append(v.Reasons, "decided no_go"+by(g.By)+because(g.Reason))
	case g.Decision == "" && len(planned.Evidence) == 0:
		v.Reasons = append(v.Reasons, "not decided, and the plan asks for no evidence")
	}
	v.Ready = len(v.Reasons) == 0
	return v
}

func by(who string) string {
	if who == "" {
		return ""
	}
	return " by " + who
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + junit.Clip(reason)
}

// build is that of the newest piece that counts and names one: the others
// must be of the same.
func (g Gate) build(rules []plan.Evidence, roster plan.Roster) string {
	var newest Evidence
	for _, ev := range g.Evidence {
		counts := slices.ContainsFunc(rules, func(r plan.Evidence) bool { return asksFor(r, ev, roster) })
		if counts && ev.Build != "" && !ev.Since.Before(newest.Since) {
			newest = ev
		}
	}
	return newest.Build
}

// judge holds what is the same for all rules of a gate.
type judge struct {
	roster plan.Roster
	now    time.Time
	build  string
}

// rule judges all pieces that answer a rule together: each must be sound by
// itself, and they must suffice in sum. So a report in parts needs all its
// parts, and a part that failed is not covered up by the others.
func (j judge) rule(r plan.Evidence, evidence []Evidence) RuleVerdict {
	v, asked := named(r)
	pieces := answering(r, evidence, j.roster)
	if len(pieces) == 0 {
		v.Reasons = append(v.Reasons, asked+": missing")
	}
	for _, ev := range pieces {
		for _, why := range j.piece(r, ev) {
			v.Reasons = append(v.Reasons, pieceName(asked, ev)+": "+why)
		}
	}
	if r.JUnit != "" && len(pieces) > 0 {
		for _, why := range suffice(r, pieces) {
			v.Reasons = append(v.Reasons, asked+": "+why)
		}
	}
	v.Ready = len(v.Reasons) == 0
	return v
}

// named is a rule without a verdict, and what it asks for in words.
func named(r plan.Evidence) (v RuleVerdict, asked string) {
	switch {
	case r.JUnit != "":
		return RuleVerdict{Kind: kindJUnit, Name: r.JUnit, Reasons: []string{}}, "test report " + r.JUnit
	case r.Signoff != "":
		return RuleVerdict{Kind: kindSignoff, Name: r.Signoff, Reasons: []string{}}, "sign-off of " + r.Signoff
	}
	return RuleVerdict{Kind: kindCheck, Name: r.Check, Reasons: []string{}}, "check " + r.Check
}

// pieceName is the name of what came, where the rule has another.
func pieceName(asked string, ev Evidence) string {
	if strings.HasSuffix(asked, " "+ev.Name) {
		return asked
	}
	return asked + " (" + ev.Name + ")"
}

// piece lists what is wrong with one piece by itself.
func (j judge) piece(r plan.Evidence, ev Evidence) []string {
	var faults []string
	if age := j.now.Sub(ev.Since); r.MaxAge > 0 && age > r.MaxAge.Std() {
		faults = append(faults, fmt.Sprintf("stale: %s old, at most %s is allowed", plan.Duration(age.Truncate(time.Minute)), r.MaxAge))
	}
	faults = append(faults, j.builds(r, ev)...)
	switch {
	case ev.Result == "fail":
		faults = append(faults, "it says fail"+by(ev.By))
	case ev.Kind == kindCheck && ev.Result != "pass":
		faults = append(faults, "malformed: it says neither pass nor fail")
	case ev.Kind == kindSignoff:
		faults = append(faults, j.signer(r, ev)...)
	}
	if ev.Kind == kindJUnit {
		faults = append(faults, ev.failures()...)
	}
	return faults
}

// builds: evidence of another build says nothing of the one that will run.
func (j judge) builds(r plan.Evidence, ev Evidence) []string {
	switch {
	case r.Build != "" && ev.Build == "":
		return []string{fmt.Sprintf("it does not say its build; %s is asked for", r.Build)}
	case r.Build != "" && ev.Build != r.Build:
		return []string{fmt.Sprintf("it is of build %s; %s is asked for", ev.Build, r.Build)}
	case ev.Build != "" && ev.Build != j.build:
		return []string{fmt.Sprintf("it is of build %s; newer evidence is of %s", ev.Build, j.build)}
	}
	return nil
}

// signer: where the plan says who has the role, nobody else signs for it.
func (j judge) signer(r plan.Evidence, ev Evidence) []string {
	if _, known := j.roster[r.Signoff]; !known || ev.By == "" || maySign(ev.By, r.Signoff, j.roster) {
		return nil
	}
	return []string{fmt.Sprintf("signed by %s, who does not have that role", ev.By)}
}

// failures lists what a test report says against itself.
func (ev Evidence) failures() []string {
	if ev.Tests == nil {
		return []string{"malformed: " + ev.Malformed}
	}
	bad := ev.Tests.Failures + ev.Tests.Errors
	if bad == 0 {
		return nil
	}
	names := strings.Join(ev.Tests.Failed, ", ")
	if more := bad - len(ev.Tests.Failed); more > 0 {
		names += fmt.Sprintf(" and %d more", more)
	}
	return []string{fmt.Sprintf("%d of %d tests failed: %s", bad, max(bad, ev.Tests.Tests), names)}
}

// suffice lists what reports lack in sum: tests that ran, and required cases
// that passed. Skipped tests did not run.
func suffice(r plan.Evidence, pieces []Evidence) []string {
	var faults []string
	_, ran, readable := ranTests(pieces)
	if !readable {
		return nil
	}
	if least := leastTests(r); ran < least {
		faults = append(faults, fmt.Sprintf("too few tests: %d ran, at least %d must", ran, least))
	}
	for _, name := range r.Cases {
		if why := required(name, pieces); why != "" {
			faults = append(faults, fmt.Sprintf("required case %q %s", name, why))
		}
	}
	return faults
}

// required says what is wrong with a required case: it must have passed, and
// nowhere anything else. Empty if nothing is.
func required(name string, pieces []Evidence) string {
	why, passed := "was not asked for when the report came: publish it again", false
	for _, ev := range pieces {
		switch ev.result(name) {
		case junit.Passed:
			passed = true
		case junit.Skipped:
			return "was skipped"
		case junit.Failed, junit.Errored:
			return "failed"
		case junit.Absent:
			why = "is absent"
		}
	}
	if passed {
		return ""
	}
	return why
}

// result is that of a required case; empty if the gate did not require it
// when the report came.
func (ev Evidence) result(name string) junit.Result {
	if ev.Tests == nil {
		return ""
	}
	for _, c := range ev.Tests.Cases {
		if c.Name == name {
			return c.Result
		}
	}
	return ""
}
