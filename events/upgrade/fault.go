package upgrade

import (
	"fmt"
	"strings"
)

// FaultKind is what may be wrong with the evidence of a gate.
type FaultKind string

// The kinds of faults, each with its gaps.
const (
	FaultMissing   FaultKind = "missing"
	FaultStale     FaultKind = "stale"     // age, most
	FaultFail      FaultKind = "fail"      // it says so
	FaultFailBy    FaultKind = "fail_by"   // who
	FaultNoWord    FaultKind = "no_word"   // a check that says neither pass nor fail
	FaultMalformed FaultKind = "malformed" // why, in the words of the parser
	FaultNoBuild   FaultKind = "no_build"  // wanted
	FaultBuild     FaultKind = "build"     // build, wanted
	FaultOldBuild  FaultKind = "old_build" // build, newest
	FaultSigner    FaultKind = "signer"    // who
	FaultTests     FaultKind = "tests"     // bad, all, names
	FaultFewTests  FaultKind = "few_tests" // ran, least
	FaultSkipped   FaultKind = "skipped"   // name of a required case
	FaultFailed    FaultKind = "failed"    // name
	FaultAbsent    FaultKind = "absent"    // name
	FaultNotAsked  FaultKind = "not_asked" // name
)

// Fault is one thing that is wrong with the evidence a gate asks for, to be
// said in any language.
type Fault struct {
	Kind FaultKind
	// Evidence is junit, signoff or check; Name is that of the rule.
	Evidence, Name string
	// Piece is the name of what came, where the rule has another.
	Piece string
	// Gaps are what is to be filled in, in the order of the kind: string, int,
	// plan.Duration or [Some].
	Gaps []Gap
}

// Gap is a value of a [Fault] and its name.
type Gap struct {
	Name  string
	Value any
}

// Some are the first of several names, and how many more there are.
type Some struct {
	Names []string
	More  int
}

// String lists them in English.
func (s Some) String() string {
	words := strings.Join(s.Names, ", ")
	if s.More > 0 {
		words += fmt.Sprintf(" and %d more", s.More)
	}
	return words
}

// faultWords are the English words, with the gaps in their order.
var faultWords = map[FaultKind]struct {
	words string
	gaps  []string
}{
	FaultMissing:   {"missing", nil},
	FaultStale:     {"stale: %v old, at most %v is allowed", []string{"age", "most"}},
	FaultFail:      {"it says fail", nil},
	FaultFailBy:    {"it says fail by %v", []string{"who"}},
	FaultNoWord:    {"malformed: it says neither pass nor fail", nil},
	FaultMalformed: {"malformed: %v", []string{"why"}},
	FaultNoBuild:   {"it does not say its build; %v is asked for", []string{"wanted"}},
	FaultBuild:     {"it is of build %v; %v is asked for", []string{"build", "wanted"}},
	FaultOldBuild:  {"it is of build %v; newer evidence is of %v", []string{"build", "newest"}},
	FaultSigner:    {"signed by %v, who does not have that role", []string{"who"}},
	FaultTests:     {"%v of %v tests failed: %v", []string{"bad", "all", "names"}},
	FaultFewTests:  {"too few tests: %v ran, at least %v must", []string{"ran", "least"}},
	FaultSkipped:   {"required case %q was skipped", []string{"name"}},
	FaultFailed:    {"required case %q failed", []string{"name"}},
	FaultAbsent:    {"required case %q is absent", []string{"name"}},
	FaultNotAsked:  {"required case %q was not asked for when the report came: publish it again", []string{"name"}},
}

// wrong is a fault whose gaps have these values, in their order.
func wrong(kind FaultKind, values ...any) Fault {
	f := Fault{Kind: kind}
	for i, name := range faultWords[kind].gaps {
		f.Gaps = append(f.Gaps, Gap{name, values[i]})
	}
	return f
}

// evidenceWords say what a rule asks for.
var evidenceWords = map[string]string{kindJUnit: "test report ", kindSignoff: "sign-off of ", kindCheck: "check "}

// String says in English what is wrong, and with what.
func (f Fault) String() string {
	of := evidenceWords[f.Evidence] + f.Name
	if f.Piece != "" {
		of += " (" + f.Piece + ")"
	}
	values := make([]any, len(f.Gaps))
	for i, g := range f.Gaps {
		values[i] = g.Value
	}
	return of + ": " + fmt.Sprintf(faultWords[f.Kind].words, values...)
}
