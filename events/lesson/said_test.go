package lesson_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"upgradehub/events"
	"upgradehub/events/lang"
	"upgradehub/events/lesson"
	"upgradehub/events/plan"
)

// TestSaidInEveryLanguage: what is proposed can be said in every language by
// what the fact keeps of it.
func TestSaidInEveryLanguage(t *testing.T) {
	got := map[string][]string{}
	for name, e := range stories() {
		for _, p := range lesson.Propose(e) {
			p = kept(t, p)
			if p.TextIn(lang.English) != p.Text || p.EvidenceIn(lang.English) != p.Evidence {
				t.Errorf("%s: %q (%q) is said as %q (%q)", name, p.Text, p.Evidence, p.TextIn(lang.English), p.EvidenceIn(lang.English))
			}
			for _, code := range lang.Supported[1:] {
				got[code] = append(got[code], fmt.Sprintf("%s (%s)", p.TextIn(code), p.EvidenceIn(code)))
			}
		}
	}
	for _, list := range got {
		slices.Sort(list)
	}
	golden(t, "testdata/said.json", got)
}

// kept is a proposal as a fact keeps it.
func kept(t *testing.T, p lesson.Proposal) lesson.Proposal {
	t.Helper()
	raw, err := json.Marshal(events.Lesson{Lesson: p.ID, Text: p.Text, Evidence: p.Evidence, Found: p.Found, Requirement: &p.Requirement})
	if err != nil {
		t.Fatal(err)
	}
	var d events.Lesson
	if err := json.Unmarshal(raw, &d); err != nil {
		t.Fatal(err)
	}
	if faults := d.Faults(); len(faults) > 0 {
		t.Errorf("%s: %q", raw, faults)
	}
	return lesson.Proposal{Text: d.Text, Evidence: d.Evidence, Found: d.Found, Requirement: *d.Requirement}
}

// TestOwnWordsStand: nothing is said in place of what somebody wrote, or of
// what was proposed in other words.
func TestOwnWordsStand(t *testing.T) {
	p := lesson.Proposal{
		Text: "Copy at night", Evidence: `"Import" took 2 h`, Requirement: plan.Requirement{Kind: plan.NeedsWindow, Want: 2},
		Found: []events.Finding{{Kind: "phase", Name: "Import", Took: 2, Planned: 1}},
	}
	for _, code := range lang.Supported {
		if p.TextIn(code) != p.Text || p.EvidenceIn(code) != p.Evidence {
			t.Errorf("%s: said %q (%q)", code, p.TextIn(code), p.EvidenceIn(code))
		}
	}
}
