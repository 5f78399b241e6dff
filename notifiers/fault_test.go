package notifiers_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"upgradehub/events/lang"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
	"upgradehub/notifiers"
)

// allFaults has one of each kind.
var allFaults = []upgrade.Fault{
	{Kind: upgrade.FaultMissing, Evidence: "junit", Name: "smoke.xml"},
	{Kind: upgrade.FaultStale, Evidence: "signoff", Name: "qa", Gaps: []upgrade.Gap{
		{Name: "age", Value: plan.Duration(97 * time.Hour)}, {Name: "most", Value: plan.Duration(72 * time.Hour)},
	}},
	{Kind: upgrade.FaultFail, Evidence: "check", Name: "lag"},
	{Kind: upgrade.FaultFailBy, Evidence: "signoff", Name: "registrar", Piece: "enrolment", Gaps: []upgrade.Gap{{Name: "who", Value: "@reg"}}},
	{Kind: upgrade.FaultNoWord, Evidence: "check", Name: "lag"},
	{Kind: upgrade.FaultMalformed, Evidence: "junit", Name: "smoke.xml", Gaps: []upgrade.Gap{{Name: "why", Value: "it is empty"}}},
	{Kind: upgrade.FaultNoBuild, Evidence: "junit", Name: "smoke.xml", Gaps: []upgrade.Gap{{Name: "wanted", Value: "1.5"}}},
	{Kind: upgrade.FaultBuild, Evidence: "junit", Name: "smoke.xml", Gaps: []upgrade.Gap{{Name: "build", Value: "1.4"}, {Name: "wanted", Value: "1.5"}}},
	{Kind: upgrade.FaultOldBuild, Evidence: "junit", Name: "part-*.xml", Piece: "part-1.xml", Gaps: []upgrade.Gap{
		{Name: "build", Value: "1.4"}, {Name: "newest", Value: "1.5"},
	}},
	{Kind: upgrade.FaultSigner, Evidence: "signoff", Name: "dba", Gaps: []upgrade.Gap{{Name: "who", Value: "@mallory"}}},
	{Kind: upgrade.FaultTests, Evidence: "junit", Name: "smoke.xml", Gaps: []upgrade.Gap{
		{Name: "bad", Value: 4}, {Name: "all", Value: 9}, {Name: "names", Value: upgrade.Some{Names: []string{"login", "pay"}, More: 2}},
	}},
	{Kind: upgrade.FaultFewTests, Evidence: "junit", Name: "smoke.xml", Gaps: []upgrade.Gap{{Name: "ran", Value: 1}, {Name: "least", Value: 2}}},
	{Kind: upgrade.FaultSkipped, Evidence: "junit", Name: "smoke.xml", Gaps: []upgrade.Gap{{Name: "name", Value: "login"}}},
	{Kind: upgrade.FaultFailed, Evidence: "junit", Name: "smoke.xml", Gaps: []upgrade.Gap{{Name: "name", Value: "login"}}},
	{Kind: upgrade.FaultAbsent, Evidence: "junit", Name: "smoke.xml", Gaps: []upgrade.Gap{{Name: "name", Value: "login"}}},
	{Kind: upgrade.FaultNotAsked, Evidence: "junit", Name: "smoke.xml", Gaps: []upgrade.Gap{{Name: "name", Value: "login"}}},
}

// TestFaultsInEveryLanguage: the English words are those of the API, but for
// quotes and lengths, which stand as people write them.
func TestFaultsInEveryLanguage(t *testing.T) {
	v := upgrade.Verdict{Rules: []upgrade.RuleVerdict{{Faults: allFaults[:3]}, {Faults: allFaults[3:]}}}
	for _, code := range lang.Supported {
		words := notifiers.FaultsIn(code, v)
		golden(t, "testdata/golden/languages/faults."+code+".txt", strings.Join(words, "\n")+"\n")
		if code != lang.English {
			continue
		}
		for i, f := range allFaults {
			got := strings.NewReplacer("“", `"`, "”", `"`).Replace(words[i])
			if f.Kind != upgrade.FaultStale && got != f.String() {
				t.Errorf("%s: said %q, the API says %q", f.Kind, got, f)
			}
		}
	}
}

// TestEveryFaultIsTold finds kinds that the table above lacks.
func TestEveryFaultIsTold(t *testing.T) {
	told := map[string]bool{}
	for _, f := range allFaults {
		told["fault."+string(f.Kind)] = true
	}
	c, err := lang.Load(os.DirFS("."), "locales")
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range c.IDs() {
		if strings.HasPrefix(id, "fault.") && !told[id] {
			t.Errorf("no fault says %q", id)
		}
	}
}
