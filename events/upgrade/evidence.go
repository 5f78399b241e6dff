package upgrade

import (
	"cmp"
	"path"
	"reflect"
	"slices"
	"strings"
	"time"

	"upgradehub/events"
	"upgradehub/events/junit"
	"upgradehub/events/plan"
)

// The bounds of what is kept of evidence.
const (
	maxEvidence = 50   // pieces of one gate
	maxCases    = 1000 // required cases of one report
)

// The kinds of evidence.
const (
	kindJUnit   = "junit"
	kindSignoff = "signoff"
	kindCheck   = "check"
)

// Evidence is what a gate keeps of one piece of evidence. Of a test report
// that is its outcome; the document stays in the raw fact.
type Evidence struct {
	Kind   string `json:"kind"` // junit, signoff or check
	Name   string `json:"name"`
	By     string `json:"by,omitempty"`
	Build  string `json:"build,omitempty"`
	Result string `json:"result,omitempty"`
	// Produced is when it was, if its publisher said so; a moment that had
	// not come when it was recorded is not believed.
	Produced time.Time `json:"produced_at,omitzero"`
	// Since is what its age counts from: Produced, else the event's own
	// time, but never after it was recorded.
	Since time.Time `json:"since"`
	// Source and Told are those of the event that brought it.
	Source string    `json:"source"`
	Told   time.Time `json:"told"`
	// Tests is the outcome of a test report, nil for other kinds and for a
	// report that could not be read.
	Tests *Tests `json:"tests,omitempty"`
	// Malformed says why a test report could not be read.
	Malformed string `json:"malformed,omitempty"`
}

// Tests is the outcome of a test report, counted from its cases.
type Tests struct {
	Tests    int `json:"tests"`
	Failures int `json:"failures"`
	Errors   int `json:"errors"`
	Skipped  int `json:"skipped"`
	// Failed names the first that failed or broke.
	Failed []string `json:"failed,omitempty"`
	// Cases are the results of those the gate required when the report came.
	Cases []CaseResult `json:"cases,omitempty"`
}

// CaseResult is how a required case ended.
type CaseResult struct {
	Name   string       `json:"name"`
	Result junit.Result `json:"result"`
}

// gateEvidence keeps the newest piece of each kind and name.
func (u *Upgrade) gateEvidence(e events.Event, d *events.Evidence) Effect {
	g, bad := u.gate(e, d.Gate)
	if g == nil {
		return bad
	}
	rules := u.rulesOf(g.ID)
	piece := summary(e, d, rules, u.Plan.Roster)
	i := slices.IndexFunc(g.Evidence, func(old Evidence) bool { return old.Kind == piece.Kind && old.Name == piece.Name })
	if i >= 0 {
		old := g.Evidence[i]
		if piece.same(old) {
			return done(false)
		}
		if piece.olderThan(old) {
			return refuse("%s: older than the %s %q that gate %q has, of %s", e.Type, d.Kind, d.Name, g.ID, old.Since.Format(momentForm))
		}
	} else if i = g.spare(rules, u.Plan.Roster); i < 0 && len(g.Evidence) >= maxEvidence {
		return refuse("%s: gate %q has %d pieces of evidence that the plan asks for; it takes no more names", e.Type, g.ID, maxEvidence)
	}
	if i >= 0 {
		g.Evidence = slices.Delete(g.Evidence, i, i+1)
	}
	g.Evidence = append(g.Evidence, piece)
	return done(true)
}

const momentForm = "2006-01-02 15:04 MST"

// rulesOf are the evidence rules of a gate of the plan.
func (u *Upgrade) rulesOf(gate string) []plan.Evidence {
	planned, _ := u.Plan.Gate(gate)
	return planned.Evidence
}

// spare is the piece that gives way to a new one, -1 if none has to or may:
// the oldest that no rule asks for. What a rule asks for stays, or a flood of
// reports could wash away the one that failed.
func (g *Gate) spare(rules []plan.Evidence, roster plan.Roster) int {
	if len(g.Evidence) < maxEvidence {
		return -1
	}
	return slices.IndexFunc(g.Evidence, func(ev Evidence) bool {
		return !slices.ContainsFunc(rules, func(r plan.Evidence) bool { return asksFor(r, ev, roster) })
	})
}

// summary is what is kept of a piece.
func summary(e events.Event, d *events.Evidence, rules []plan.Evidence, roster plan.Roster) Evidence {
	stamp := stampOf(e)
	piece := Evidence{Kind: d.Kind, Name: d.Name, By: d.By, Build: d.Build, Result: d.Result, Source: e.Source, Told: stamp.At, Since: stamp.Recorded}
	// Of a clock that is ahead nothing is kept: all that comes later would be
	// older than it, and red evidence could no longer replace green.
	if !d.ProducedAt.IsZero() && !d.ProducedAt.After(stamp.Recorded) {
		piece.Produced = d.ProducedAt.UTC().Round(0)
	}
	if at := cmp.Or(piece.Produced, piece.Told); at.Before(piece.Since) {
		piece.Since = at
	}
	if d.Kind == kindJUnit {
		piece.read(d.JUnit, rules, roster)
	}
	return piece
}

// read takes from a report what the rules will want to know.
func (ev *Evidence) read(doc string, rules []plan.Evidence, roster plan.Roster) {
	report, err := junit.Parse(doc)
	if err != nil {
		ev.Malformed = err.Error()
		return
	}
	ev.Tests = &Tests{Tests: report.Tests, Failures: report.Failures, Errors: report.Errors, Skipped: report.Skipped, Failed: report.Failed}
	for _, r := range rules {
		if !asksFor(r, *ev, roster) {
			continue
		}
		for _, name := range r.Cases {
			if len(ev.Tests.Cases) == maxCases {
				return
			}
			ev.Tests.Cases = append(ev.Tests.Cases, CaseResult{name, report.Case(name)})
		}
	}
}

// same reports whether ev says nothing that old does not say.
func (ev Evidence) same(old Evidence) bool {
	ev.Told = old.Told
	return reflect.DeepEqual(ev, old)
}

// olderThan reports whether ev comes too late to replace old: it was produced
// before, or its source has spoken since.
func (ev Evidence) olderThan(old Evidence) bool {
	return !ev.Produced.IsZero() && ev.Produced.Before(old.Produced) || ev.Source == old.Source && ev.Told.Before(old.Told)
}

// asksFor reports whether a piece answers a rule. The name of a test report
// may be a path and lack its ending; a sign-off is that of its name, or of
// whoever gave it.
func asksFor(r plan.Evidence, ev Evidence, roster plan.Roster) bool {
	switch {
	case r.JUnit != "" && ev.Kind == kindJUnit:
		return fits(r.JUnit, ev.Name)
	case r.Signoff != "" && ev.Kind == kindSignoff:
		return samePerson(ev.Name, r.Signoff) || maySign(ev.By, r.Signoff, roster)
	case r.Check != "" && ev.Kind == kindCheck:
		return ev.Name == r.Check
	}
	return false
}

// fits reports whether a report has the name the plan gives, or one of its
// pattern.
func fits(pattern, name string) bool {
	bare := func(s string) string { return strings.TrimSuffix(s, ".xml") }
	for _, n := range []string{name, path.Base(name)} {
		if matched, err := path.Match(bare(pattern), bare(n)); matched && err == nil || bare(pattern) == bare(n) {
			return true
		}
	}
	return false
}

// maySign reports whether by is who the plan names, or has that role.
func maySign(by, role string, roster plan.Roster) bool {
	duty := roster[role]
	return samePerson(by, role) || samePerson(by, duty.Person) || samePerson(by, duty.Backup)
}

func samePerson(a, b string) bool {
	bare := func(s string) string { return strings.TrimPrefix(strings.TrimSpace(s), "@") }
	return bare(a) != "" && strings.EqualFold(bare(a), bare(b))
}
