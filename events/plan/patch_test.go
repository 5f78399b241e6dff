package plan_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"upgradehub/events/plan"
)

// blockPlan has comments in every place that an edit could lose.
const blockPlan = `# the plan of May
schema: upgradehub/plan/v1
id: pg17
title: Database 16 to 17 # as on the ticket
system: orders
zone: Europe/Berlin
window:
  start: 2026-05-09T22:00
  end: 2026-05-10T02:00 # the shops open at six
phases:
  # stop first
  - id: stop
    title: Stop the writers
    start: 2026-05-09T22:00
    duration: 30m
  - id: import
    title: "Import: the old rows"
    kind: copy
    start: 2026-05-09T22:30
    duration: 1h # measured in March
  - id: check
    title: Check everything
    start: 2026-05-09T23:30
    duration: 1h

# who decides
gates:
  - id: go
    title: Go or no-go
    at: 2026-05-09T20:00
    deadline: 2026-05-09T21:59
    before: stop
  - {id: keep, title: Keep it, at: 2026-05-09T23:30, before: check}
  - id: tested
    title: Tests have passed
    at: 2026-05-09T18:00
    evidence:
      - junit: smoke # of the night
      - {junit: load, min_tests: 10}
roster:
  lead: {person: "@lead"}
audiences:
  - id: users
    channels: [email]
`

// added are the lines of b that a does not have, and gone those the other way.
func changed(a, b string) (gone, added []string) {
	count := map[string]int{}
	for line := range strings.Lines(a) {
		count[line]++
	}
	for line := range strings.Lines(b) {
		if count[line]--; count[line] < 0 {
			added = append(added, strings.TrimSpace(line))
		}
	}
	for line := range strings.Lines(a) {
		if count[line] > 0 {
			gone = append(gone, strings.TrimSpace(line))
			count[line]--
		}
	}
	return gone, added
}

func requirements() map[string]plan.Requirement {
	hours := func(n float64) plan.Duration { return plan.Duration(n * float64(time.Hour)) }
	return map[string]plan.Requirement{
		"phase":          {Kind: plan.NeedsPhase, Object: "import", Want: hours(2)},
		"phase by kind":  {Kind: plan.NeedsPhase, Object: "load", Class: "copy", Want: hours(4)},
		"phase by title": {Kind: plan.NeedsPhase, Object: "x", Title: "check everything", Want: hours(1.5)},
		"window":         {Kind: plan.NeedsWindow, Want: hours(6)},
		"notice":         {Kind: plan.NeedsNotice, Want: hours(72)},
		"cadence":        {Kind: plan.NeedsCadence, Want: hours(0.5)},
		"calm":           {Kind: plan.NeedsCalm, Want: hours(2)},
		"impact":         {Kind: plan.NeedsImpact, Level: plan.Outage},
		"do before":      {Kind: plan.NeedsPrepare, Count: 2},
		"support":        {Kind: plan.NeedsSupport},
		"silence":        {Kind: plan.NeedsVoice, Want: hours(0.75)},
		"rollback":       {Kind: plan.NeedsRollback, Want: hours(1.5)},
		"deadline":       {Kind: plan.NeedsDeadline, Object: "go", Want: hours(3)},
		"tests":          {Kind: plan.NeedsTests, Object: "tested", Class: "smoke", Count: 12},
		"more tests":     {Kind: plan.NeedsTests, Object: "tested", Class: "load", Count: 12},
		"no go":          {Kind: plan.NeedsAnswer, Object: "go"},
		"satisfaction":   {Kind: plan.NeedsObjective},
	}
}

// TestPatch: only the lines change that have to, and comments stay.
func TestPatch(t *testing.T) {
	tests := map[string]struct{ gone, added []string }{
		"phase": { // two hours fit within the window
			[]string{"duration: 1h # measured in March", "start: 2026-05-09T23:30", "- {id: keep, title: Keep it, at: 2026-05-09T23:30, before: check}"},
			[]string{"duration: 2h # measured in March", "start: 2026-05-10T00:30", "- {id: keep, title: Keep it, at: 2026-05-10T00:30, before: check}"},
		},
		"phase by kind": {
			[]string{"end: 2026-05-10T02:00 # the shops open at six", "duration: 1h # measured in March", "start: 2026-05-09T23:30", "- {id: keep, title: Keep it, at: 2026-05-09T23:30, before: check}"},
			[]string{"end: 2026-05-10T03:30 # the shops open at six", "duration: 4h # measured in March", "start: 2026-05-10T02:30", "- {id: keep, title: Keep it, at: 2026-05-10T02:30, before: check}"},
		},
		"phase by title": {[]string{"duration: 1h"}, []string{"duration: 1h30m"}},
		"window":         {[]string{"end: 2026-05-10T02:00 # the shops open at six"}, []string{"end: 2026-05-10T04:00 # the shops open at six"}},
		"notice":         {nil, []string{"announce: {notice: 3d}"}},
		"cadence":        {nil, []string{"cadence: {live: 30m}"}},
		"calm":           {nil, []string{"cadence: {live: 2h}"}},
		"impact":         {nil, []string{"impact: {default: outage}"}},
		"do before":      {nil, []string{"impact: {do_before: [Save and close your work before the window begins, Put off what cannot be interrupted]}"}},
		"support":        {nil, []string{"- {id: support, role: support}"}},
		"silence":        {nil, []string{`contingencies: [{id: speak-up, trigger: "upgrade.silent:45m", action: "Post an update, even if nothing is new", owner: lead}]`}},
		"rollback":       {nil, []string{"rollback: {duration: 1h30m}"}},
		"deadline":       {[]string{"at: 2026-05-09T20:00", "deadline: 2026-05-09T21:59"}, []string{"at: 2026-05-09T19:00", "deadline: 2026-05-09T19:00"}},
		"tests":          {nil, []string{"min_tests: 12"}},
		"more tests":     {[]string{"- {junit: load, min_tests: 10}"}, []string{"- {junit: load, min_tests: 12}"}},
		"no go":          {nil, []string{`contingencies: [{id: no-go-go, trigger: "gate.decided:go:no_go", action: "Stop, tell everybody and propose a new window", owner: lead}]`}},
		"satisfaction":   {nil, []string{`objectives: [{id: satisfaction, text: 8 of 10 rate the upgrade 4 or 5, measure: percent who gave 4 or 5, target: ">= 80"}]`}},
	}
	for name, r := range requirements() {
		t.Run(name, func(t *testing.T) {
			out, err := plan.Patch([]byte(blockPlan), r)
			if err != nil {
				t.Fatal(err)
			}
			gone, added := changed(blockPlan, string(out))
			if strings.Join(gone, "\n") != strings.Join(tests[name].gone, "\n") || strings.Join(added, "\n") != strings.Join(tests[name].added, "\n") {
				t.Errorf("Patch(%s)\n- %s\n+ %s", name, strings.Join(gone, "\n- "), strings.Join(added, "\n+ "))
			}
			if again, err := plan.Patch(out, r); err != nil || string(again) != string(out) {
				t.Errorf("a second Patch(%s) = %q, %v, want no change", name, again, err)
			}
		})
	}
}

// TestPatchKeepsEverybody: a plan without audiences tells all that there are, and
// does so when it has learnt to tell users more often.
func TestPatchKeepsEverybody(t *testing.T) {
	text, _, _ := strings.Cut(blockPlan, "audiences:")
	for _, r := range []plan.Requirement{{Kind: plan.NeedsCadence, Want: plan.Duration(30 * time.Minute)}, {Kind: plan.NeedsSupport}} {
		out, err := plan.Patch([]byte(text), r)
		if err != nil {
			t.Fatal(err)
		}
		p, _ := plan.Parse(out)
		var roles []string
		for _, a := range p.Audiences {
			roles = append(roles, a.RoleOf())
		}
		if _, why := r.Unmet(p); why != "" || len(roles) > 0 && !slices.Equal(roles, plan.Roles) {
			t.Errorf("%s: %s; it is for %v, want for all or for nobody by name\n%s", r.Kind, why, roles, out)
		}
	}
}

// TestPatchEverything: in block and in flow style, with Windows' line ends and
// in JSON, one after the other, the plan has no fault and all it should have.
func TestPatchEverything(t *testing.T) {
	files := map[string][]byte{"block": []byte(blockPlan), "windows": []byte(strings.ReplaceAll(blockPlan, "\n", "\r\n"))}
	samples, err := filepath.Glob("testdata/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range samples {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if p, _ := plan.Parse(text); p == nil {
			continue
		}
		files[name] = text
		if files[name+" as JSON"], err = plan.Merge(text, nil); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range files {
		t.Run(name, func(t *testing.T) {
			for _, r := range requirements() {
				if r.Kind == plan.NeedsCalm {
					continue // the opposite of another one
				}
				out, err := plan.Patch(text, r)
				if err != nil {
					t.Fatalf("Patch(%s): %v of\n%s", r.Kind, err, text)
				}
				text = out
			}
			p, problems := plan.Parse(text)
			if p == nil {
				t.Fatalf("patched into %v", problems)
			}
			for _, r := range requirements() {
				if path, why := r.Unmet(p); why != "" && r.Kind != plan.NeedsCalm {
					t.Errorf("%s %s after its patch", path, why)
				}
			}
		})
	}
}

// TestNothingIsAskedOfWhatThePlanDoesNotHave: a lesson on a phase or a gate
// does not bind a plan without it.
func TestNothingIsAskedOfWhatThePlanDoesNotHave(t *testing.T) {
	p, _ := plan.Parse([]byte(blockPlan))
	for _, r := range []plan.Requirement{
		{Kind: plan.NeedsPhase, Object: "reboot", Title: "Reboot", Want: plan.Duration(time.Hour)},
		{Kind: plan.NeedsDeadline, Object: "other", Want: plan.Duration(time.Hour)},
		{Kind: plan.NeedsTests, Object: "other", Class: "smoke", Count: 1},
		{Kind: plan.NeedsTests, Object: "tested", Class: "other", Count: 1},
		{Kind: plan.NeedsAnswer, Object: "other"},
		{Kind: "of a newer hub", Object: "x"},
	} {
		if path, why := r.Unmet(p); why != "" {
			t.Errorf("%s: %s %s, want nothing", r.Kind, path, why)
		}
	}
}

// TestParseWith: what somebody else finds in a plan gets its place in the
// file, and is not asked of a plan with faults of its own.
func TestParseWith(t *testing.T) {
	find := func(*plan.Plan) []plan.Problem {
		return []plan.Problem{{Path: "phases[1].duration", Message: "is short"}, {Path: "announce.notice", Message: "is short", Advice: true}}
	}
	p, problems := plan.ParseWith([]byte(blockPlan), find)
	if p != nil || len(problems) != 2 || problems[0].String() != "5:9: announce.notice: is short" || problems[1].String() != "20:15: phases[1].duration: is short" {
		t.Errorf("ParseWith = %v, %v", p, problems)
	}
	if _, problems := plan.ParseWith([]byte("id: x"), find); strings.Contains(problems[0].Message, "short") {
		t.Errorf("a plan with faults: %v", problems)
	}
}

// TestWaivers: a lesson is waived by somebody and for a reason.
func TestWaivers(t *testing.T) {
	waived := blockPlan + "lessons:\n  - {id: 0a1b2c3d4e5f, waived_by: \"@lead\", reason: the copy is gone}\n"
	p, problems := plan.Parse([]byte(waived))
	if p == nil || !p.Waives("0a1b2c3d4e5f") || p.Waives("ffffffffffff") {
		t.Fatalf("Parse = %v, %v", p, problems)
	}
	for _, bad := range []string{"{id: 0a1b, reason: x}", "{id: 0a1b, waived_by: \"@lead\"}", "{waived_by: \"@lead\", reason: x}", "{id: 0a1b, waived_by: a@b.example, reason: x}"} {
		if p, _ := plan.Parse([]byte(blockPlan + "lessons:\n  - " + bad + "\n")); p != nil {
			t.Errorf("Parse accepts the waiver %s", bad)
		}
	}
}

// FuzzPatch: whatever the file, a patch has what was missing or says that
// somebody must write it, and never breaks a plan.
func FuzzPatch(f *testing.F) {
	f.Add([]byte("{\"schema\": \"upgradehub/plan/v1\"}"), uint8(0))
	all := requirements()
	names := slices.Sorted(maps.Keys(all))
	for i := range names {
		f.Add([]byte(blockPlan), uint8(i))
	}
	f.Fuzz(func(t *testing.T, data []byte, n uint8) {
		r := all[names[int(n)%len(names)]]
		out, err := plan.Patch(data, r)
		if err != nil {
			return
		}
		p, problems := plan.Parse(out)
		if p == nil {
			t.Fatalf("Patch(%s) made %v", r.Kind, problems)
		}
		if path, why := r.Unmet(p); why != "" {
			t.Fatalf("Patch(%s): %s %s", r.Kind, path, why)
		}
	})
}
