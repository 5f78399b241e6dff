package upgrade_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"upgradehub/events"
	"upgradehub/events/plan"
)

func TestEvidence(t *testing.T) {
	f := announced(t)
	for i := range 60 {
		f.must(events.GateEvidence, &events.Evidence{Gate: "go", Kind: "check", Name: fmt.Sprintf("c%d", i), Result: "fail"})
	}
	f.must(events.GateEvidence, &events.Evidence{Gate: "go", Kind: "check", Name: "c30", Result: "pass"})
	if eff := f.send(events.GateEvidence, &events.Evidence{Gate: "go", Kind: "check", Name: "c30", Result: "pass"}); !eff.Applied || eff.Changed {
		t.Errorf("the same evidence = %+v, want unchanged", eff)
	}
	got := f.u.Gates[0].Evidence
	if len(got) != 50 || got[0].Name != "c10" || got[49].Name != "c30" || got[49].Result != "pass" {
		t.Errorf("%d pieces from %s to %+v, want 50 from c10 to c30", len(got), got[0].Name, got[len(got)-1])
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
