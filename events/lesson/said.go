package lesson

import (
	"time"

	"upgradehub/events"
	"upgradehub/events/lang"
	"upgradehub/events/plan"
	"upgradehub/events/survey"
	"upgradehub/events/topic"
	"upgradehub/events/when"
)

// The kinds of findings.
const (
	foundPhase     = "phase" // took longer than planned
	foundUpgrade   = "upgrade"
	foundRollback  = "rollback"
	foundPromises  = "promises" // did not come in time
	foundNoGo      = "no_go"
	foundUndecided = "undecided"
	foundLate      = "decided_late"
	foundTests     = "tests"   // ran
	foundReports   = "reports" // of trouble
	foundSatisfied = "satisfied"
	foundDisturbed = "disturbed"
	foundBlocked   = "blocked"
	toldLate       = "late"
	toldLittle     = "little"
	toldMuch       = "much"
	foundTheme     = "theme" // what low answers speak of, one of many
	foundSpoke     = "spoke" // and all of them
	foundAhead     = "ahead" // announced
)

// TextIn says in a language what to do. What somebody wrote, and what was
// proposed in other words than today's, stands as it is.
func (p Proposal) TextIn(code string) string {
	if p.Text != wanted(lang.English, p.Requirement) {
		return p.Text
	}
	return wanted(code, p.Requirement)
}

// EvidenceIn says in a language what shows it. Evidence without findings, or in
// other words than today's, stands as it is.
func (p Proposal) EvidenceIn(code string) string {
	if len(p.Found) == 0 || p.Evidence != shown(lang.English, p.Found) {
		return p.Evidence
	}
	return shown(code, p.Found)
}

// wanted says what a requirement asks for.
func wanted(code string, r plan.Requirement) string {
	id := "want." + string(r.Kind)
	if r.Kind == plan.NeedsImpact {
		id += "." + string(r.Level)
	}
	return catalog.In(code).Say(id, "title", r.Title, "class", r.Class, "count", r.Count, "want", when.In(code).Duration(r.Want.Std()))
}

// shown lists findings; the topics of low answers are one of them.
func shown(code string, found []events.Finding) string {
	said := catalog.In(code)
	var words string
	for i := 0; i < len(found); i++ {
		next := finding(code, found[i])
		if found[i].Kind == foundSpoke {
			themes := spoken(found[i:])
			next = said.Say("found."+foundSpoke, "topics", topic.Told(themes, code))
			i += len(themes) - 1
		}
		if words != "" {
			next = said.Say("also", "a", words, "b", next)
		}
		words = next
	}
	return words
}

// spoken are the topics that findings begin with.
func spoken(found []events.Finding) []topic.Theme {
	var themes []topic.Theme
	for _, f := range found {
		if f.Kind != foundSpoke {
			break
		}
		themes = append(themes, topic.Theme{Topic: topic.Topic(f.Name), Count: f.Count})
	}
	return themes
}

func finding(code string, f events.Finding) string {
	times := when.In(code)
	pairs := []any{
		"name", f.Name, "report", f.Report, "count", f.Count, "of", f.Of, "least", f.Least,
		"took", times.Duration(f.Took.Std()), "planned", times.Duration(f.Planned.Std()), "share", survey.Of(f.Count, f.Of).In(code),
	}
	if f.Planned > 0 {
		pairs = append(pairs, "percent", int((f.Took-f.Planned)*100/f.Planned))
	}
	if f.Kind == foundTheme {
		pairs = append(pairs, "topic", topic.Theme{Topic: topic.Topic(f.Name)}.Name(code))
	}
	return catalog.In(code).Say("found."+f.Kind, pairs...)
}

// took is a finding of a length that was to be another.
func took(kind, name string, actual, planned time.Duration) events.Finding {
	return events.Finding{Kind: kind, Name: name, Took: seconds(actual), Planned: seconds(planned)}
}

// seconds is what a fact keeps of a length.
func seconds(d time.Duration) plan.Duration { return plan.Duration(d.Truncate(time.Second)) }
