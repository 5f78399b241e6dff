package upgrade

import (
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
	// Faults are what Reasons say in English.
	Faults []Fault `json:"-"`
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
	v := named(r)
	pieces := answering(r, evidence, j.roster)
	if len(pieces) == 0 {
		v.blame("", wrong(FaultMissing))
	}
	for _, ev := range pieces {
		v.blame(ev.Name, j.piece(r, ev)...)
	}
	if r.JUnit != "" && len(pieces) > 0 {
		v.blame("", suffice(r, pieces)...)
	}
	v.Ready = len(v.Faults) == 0
	return v
}

// blame adds what is wrong with a piece, or with all of them if it has no name.
func (v *RuleVerdict) blame(piece string, faults ...Fault) {
	for _, f := range faults {
		f.Evidence, f.Name = v.Kind, v.Name
		if !strings.HasSuffix(" "+v.Name, " "+piece) {
			f.Piece = piece
		}
		v.Faults = append(v.Faults, f)
		v.Reasons = append(v.Reasons, f.String())
	}
}

// named is a rule without a verdict.
func named(r plan.Evidence) RuleVerdict {
	switch {
	case r.JUnit != "":
		return RuleVerdict{Kind: kindJUnit, Name: r.JUnit, Reasons: []string{}}
	case r.Signoff != "":
		return RuleVerdict{Kind: kindSignoff, Name: r.Signoff, Reasons: []string{}}
	}
	return RuleVerdict{Kind: kindCheck, Name: r.Check, Reasons: []string{}}
}

// piece lists what is wrong with one piece by itself.
func (j judge) piece(r plan.Evidence, ev Evidence) []Fault {
	var faults []Fault
	if age := j.now.Sub(ev.Since); r.MaxAge > 0 && age > r.MaxAge.Std() {
		faults = append(faults, wrong(FaultStale, plan.Duration(age.Truncate(time.Minute)), r.MaxAge))
	}
	faults = append(faults, j.builds(r, ev)...)
	switch {
	case ev.Result == "fail" && ev.By != "":
		faults = append(faults, wrong(FaultFailBy, ev.By))
	case ev.Result == "fail":
		faults = append(faults, wrong(FaultFail))
	case ev.Kind == kindCheck && ev.Result != "pass":
		faults = append(faults, wrong(FaultNoWord))
	case ev.Kind == kindSignoff:
		faults = append(faults, j.signer(r, ev)...)
	}
	if ev.Kind == kindJUnit {
		faults = append(faults, ev.failures()...)
	}
	return faults
}

// builds: evidence of another build says nothing of the one that will run.
func (j judge) builds(r plan.Evidence, ev Evidence) []Fault {
	switch {
	case r.Build != "" && ev.Build == "":
		return []Fault{wrong(FaultNoBuild, r.Build)}
	case r.Build != "" && ev.Build != r.Build:
		return []Fault{wrong(FaultBuild, ev.Build, r.Build)}
	case ev.Build != "" && ev.Build != j.build:
		return []Fault{wrong(FaultOldBuild, ev.Build, j.build)}
	}
	return nil
}

// signer: where the plan says who has the role, nobody else signs for it.
func (j judge) signer(r plan.Evidence, ev Evidence) []Fault {
	if _, known := j.roster[r.Signoff]; !known || ev.By == "" || maySign(ev.By, r.Signoff, j.roster) {
		return nil
	}
	return []Fault{wrong(FaultSigner, ev.By)}
}

// failures lists what a test report says against itself.
func (ev Evidence) failures() []Fault {
	if ev.Tests == nil {
		return []Fault{wrong(FaultMalformed, ev.Malformed)}
	}
	bad := ev.Tests.Failures + ev.Tests.Errors
	if bad == 0 {
		return nil
	}
	names := ev.Tests.Failed
	return []Fault{wrong(FaultTests, bad, max(bad, ev.Tests.Tests), Some{names, max(0, bad-len(names))})}
}

// suffice lists what reports lack in sum: tests that ran, and required cases
// that passed. Skipped tests did not run.
func suffice(r plan.Evidence, pieces []Evidence) []Fault {
	var faults []Fault
	_, ran, readable := ranTests(pieces)
	if !readable {
		return nil
	}
	if least := leastTests(r); ran < least {
		faults = append(faults, wrong(FaultFewTests, ran, least))
	}
	for _, name := range r.Cases {
		if why := required(name, pieces); why != "" {
			faults = append(faults, wrong(why, name))
		}
	}
	return faults
}

// required says what is wrong with a required case: it must have passed, and
// nowhere anything else. Empty if nothing is.
func required(name string, pieces []Evidence) FaultKind {
	why, passed := FaultNotAsked, false
	for _, ev := range pieces {
		switch ev.result(name) {
		case junit.Passed:
			passed = true
		case junit.Skipped:
			return FaultSkipped
		case junit.Failed, junit.Errored:
			return FaultFailed
		case junit.Absent:
			why = FaultAbsent
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
