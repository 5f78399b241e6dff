package upgrade_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
)

// TestEvidence keeps the newest piece of each name, and of what nobody asks
// for the newest pieces only.
func TestEvidence(t *testing.T) {
	f := announced(t)
	for i := range 60 {
		f.must(events.GateEvidence, &events.Evidence{Gate: "go", Kind: "check", Name: fmt.Sprintf("c%d", i), Result: "fail"})
	}
	again := &events.Evidence{Gate: "go", Kind: "check", Name: "c30", Result: "pass", ProducedAt: noon}
	f.must(events.GateEvidence, again)
	if eff := f.send(events.GateEvidence, again); !eff.Applied || eff.Changed {
		t.Errorf("the same evidence = %+v, want unchanged", eff)
	}
	got := f.u.Gates[0].Evidence
	if len(got) != 50 || got[0].Name != "c10" || got[49].Name != "c30" || got[49].Result != "pass" {
		t.Errorf("%d pieces from %s to %+v, want 50 from c10 to c30", len(got), got[0].Name, got[len(got)-1])
	}
}

// TestEvidenceAskedForStays: no flood washes away what a rule asks for.
func TestEvidenceAskedForStays(t *testing.T) {
	f := begin(t)
	f.must(events.UpgradePlanned, revised(func(p *plan.Plan) { p.Gates[0].Evidence = []plan.Evidence{{JUnit: "part-*"}} }))
	part := func(i int, doc string) *events.Evidence {
		return &events.Evidence{Gate: "go", Kind: "junit", Name: fmt.Sprintf("part-%d", i), JUnit: doc}
	}
	for i := range 50 {
		f.must(events.GateEvidence, &events.Evidence{Gate: "go", Kind: "check", Name: fmt.Sprint(i), Result: "pass"})
	}
	f.must(events.GateEvidence, part(0, `<testsuite><testcase name="a"><failure/></testcase></testsuite>`))
	for i := range 49 {
		f.must(events.GateEvidence, part(i+1, `<testsuite><testcase name="a"/></testsuite>`))
	}
	if eff := f.send(events.GateEvidence, part(50, `<testsuite/>`)); eff.Anomaly == "" {
		t.Errorf("piece 51 = %+v, want an anomaly", eff)
	}
	if v := f.u.Verdicts(f.now)[0]; v.Ready || len(v.Reasons) != 1 {
		t.Errorf("verdict %+v, want the failure of part-0", v)
	}
	f.must(events.GateEvidence, part(0, `<testsuite><testcase name="a"/></testsuite>`))
	if v := f.u.Verdicts(f.now)[0]; !v.Ready {
		t.Errorf("verdict %+v, want ready", v)
	}
}

// TestOlderEvidence: what overtakes is kept, what was overtaken is not.
func TestOlderEvidence(t *testing.T) {
	tests := []struct {
		name          string
		first, second events.Evidence
		ago           time.Duration // by the second event's own time
		source        string
		want          string
	}{
		{"newer", events.Evidence{Result: "fail"}, events.Evidence{Result: "pass"}, 0, "tool", "pass"},
		{"overtaken by its own source", events.Evidence{Result: "fail"}, events.Evidence{Result: "pass"}, time.Minute, "tool", "fail"},
		{"another source, late", events.Evidence{Result: "fail"}, events.Evidence{Result: "pass"}, time.Minute, "lead", "pass"},
		{"produced before", events.Evidence{Result: "fail", ProducedAt: noon}, events.Evidence{Result: "pass", ProducedAt: at(-time.Hour)}, 0, "lead", "fail"},
		{"produced later", events.Evidence{Result: "fail", ProducedAt: at(-time.Hour)}, events.Evidence{Result: "pass", ProducedAt: noon}, 0, "lead", "pass"},
		{"a clock that is ahead", events.Evidence{Result: "pass", ProducedAt: at(time.Hour)}, events.Evidence{Result: "fail", ProducedAt: noon}, 0, "lead", "fail"},
		{"another name of the same source, late", events.Evidence{Result: "fail"}, events.Evidence{Name: "other", Result: "pass"}, time.Minute, "tool", "fail"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := announced(t)
			for i, d := range []events.Evidence{tt.first, tt.second} {
				d.Gate, d.Kind, d.Name = "go", "check", cmp.Or(d.Name, "c")
				e := f.event(events.GateEvidence, &d)
				if i == 1 {
					e.Source, e.Time = tt.source, e.Time.Add(-tt.ago)
				}
				f.u.Apply(e)
			}
			if got := f.u.Gates[0].Evidence[0].Result; got != tt.want {
				t.Errorf("check c = %s, want %s", got, tt.want)
			}
			if other := len(f.u.Gates[0].Evidence) == 2; other != (tt.second.Name == "other") {
				t.Errorf("evidence %+v", f.u.Gates[0].Evidence)
			}
		})
	}
}

func TestDecision(t *testing.T) {
	f := announced(t)
	f.must(events.GateDecided, &events.Decided{Gate: "go", Decision: "no_go", By: "cto"})
	f.must(events.GateDecided, &events.Decided{Gate: "go", Decision: "go", By: "cto", Reason: "green"})
	if eff := f.send(events.GateDecided, &events.Decided{Gate: "go", Decision: "go", By: "cto", Reason: "green"}); eff.Changed {
		t.Errorf("the same decision = %+v, want unchanged", eff)
	}
	if g := f.u.Gates[0]; g.Decision != "go" || g.By != "cto" || g.Reason != "green" || g.Decided == nil {
		t.Errorf("gate = %+v, want go", g)
	}
}

func TestRisks(t *testing.T) {
	f := announced(t)
	f.must(events.RiskTriggered, &events.Risk{Risk: "disk", Note: "90 %"})
	f.must(events.RiskTriggered, &events.Risk{Risk: "disk", Note: "95 %"})
	first := *f.u.Risks[0].Triggered
	f.must(events.RiskRetired, &events.Risk{Risk: "disk"})
	if r := f.u.Risks[0]; r.Retired == nil || *r.Triggered != first || r.Note != "95 %" {
		t.Errorf("risk = %+v, want retired, triggered %v", r, first)
	}
	f.must(events.RiskTriggered, &events.Risk{Risk: "disk"})
	if r := f.u.Risks[0]; r.Retired != nil || *r.Triggered == first {
		t.Errorf("risk = %+v, want triggered anew", r)
	}
}

// TestRiskAgain keeps each time a risk came true, with what was said of it then.
func TestRiskAgain(t *testing.T) {
	f := announced(t)
	f.must(events.RiskRetired, &events.Risk{Risk: "disk", Note: "never mind"})
	for i := range 3 {
		f.must(events.RiskTriggered, &events.Risk{Risk: "disk", Note: fmt.Sprintf("%d %%", i)})
		f.must(events.RiskRetired, &events.Risk{Risk: "disk"})
	}
	f.must(events.RiskTriggered, &events.Risk{Risk: "disk"})
	r := f.u.Risks[0]
	if r.Note != "" || len(r.Earlier) != 3 {
		t.Fatalf("risk = %+v, want three earlier times and nothing said of this one", r)
	}
	for i, past := range r.Earlier {
		if past.Note != fmt.Sprintf("%d %%", i) || !past.Retired.Recorded.After(past.Triggered.Recorded) || !r.Triggered.Recorded.After(past.Retired.Recorded) {
			t.Errorf("time %d = %+v", i, past)
		}
	}
	for range 100 {
		f.must(events.RiskRetired, &events.Risk{Risk: "disk"})
		f.must(events.RiskTriggered, &events.Risk{Risk: "disk", Note: "again"})
	}
	if r := f.u.Risks[0]; len(r.Earlier) != 50 || r.Earlier[0].Note != "again" {
		t.Errorf("%d earlier times, the first %+v, want the newest 50", len(r.Earlier), r.Earlier[0])
	}
}

func TestObjectives(t *testing.T) {
	yes, no := new(true), new(false)
	tests := []struct {
		target, value string
		want          *bool
	}{
		{">= 99.9", "99.9", yes},
		{">= 99.9", "99.8999999999999999999999999", no},
		{"<= 0.3", "0.1", yes},
		{"<=0.3", "0.30000000000000000000001", no},
		{"== 0", "0.000", yes},
		{"== 0", "-0", yes},
		{"= 1e3", "1000", yes},
		{"< -5", "-5.01", yes},
		{"> 5", "5", no},
		{"> 5", "1e999999999", nil},
		{"> 5", "1e999", yes},
		{"> 5", "0x7", nil},
		{"> 5", "7/1", nil},
		{"> 5", "", nil},
		{"more than 5", "7", nil},
		{"> five", "7", nil},
		{"", "7", nil},
	}
	for _, tt := range tests {
		t.Run(tt.value+" "+tt.target, func(t *testing.T) {
			f := begin(t)
			f.must(events.UpgradePlanned, revised(func(p *plan.Plan) { p.Objectives[0].Target = tt.target }))
			f.send(events.ObjectiveMeasured, &events.Measured{Objective: "moved", Value: json.Number(tt.value)})
			if got := f.u.Objectives[0].Met; jsonOf(t, got) != jsonOf(t, tt.want) {
				t.Errorf("met(%q %s) = %s, want %s", tt.value, tt.target, jsonOf(t, got), jsonOf(t, tt.want))
			}
		})
	}
}

func TestNewTargetJudgesAgain(t *testing.T) {
	f := announced(t)
	f.must(events.ObjectiveMeasured, &events.Measured{Objective: "moved", Value: "99.95"})
	f.must(events.UpgradePlanned, revised(func(p *plan.Plan) { p.Objectives[0].Target = ">= 100" }))
	if o := f.u.Objectives[0]; o.Met == nil || *o.Met {
		t.Errorf("objective = %+v, want missed by the new target", o)
	}
}
