package lesson_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/lang"
	"upgradehub/events/lesson"
	"upgradehub/events/plan"
	"upgradehub/events/survey"
	"upgradehub/events/topic"
	"upgradehub/events/upgrade"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// start is the announced start: two days after the plan was recorded.
var start = time.Date(2026, 5, 9, 22, 0, 0, 0, time.UTC)

func pg17() *plan.Plan {
	hour := plan.Duration(time.Hour)
	return &plan.Plan{
		Schema: plan.Schema, ID: "pg17", Title: "Database 16 to 17", System: "orders", Zone: "UTC",
		Window: plan.Window{Start: start, End: start.Add(3 * time.Hour)},
		Impact: plan.ImpactWords{Default: plan.Degraded},
		Phases: []plan.Phase{
			{ID: "import", Title: "Import", Kind: "copy", Start: start, Duration: hour},
			{ID: "check", Title: "Look at the ledger", Start: start.Add(time.Hour), Duration: hour, Public: new(false)},
		},
		Gates:     []plan.Gate{{ID: "go", Title: "Go or no-go", At: start.Add(-2 * time.Hour), Deadline: start.Add(-time.Hour), Before: "import"}},
		Rollback:  plan.Rollback{Duration: hour},
		Audiences: []plan.Audience{{ID: "users", Cadence: map[string]plan.Duration{"live": hour}}},
	}
}

// told is an upgrade of which something was told.
type told struct {
	u *upgrade.Upgrade
	n int
}

func newTold(p *plan.Plan) *told {
	t := &told{u: upgrade.New(p.ID)}
	t.say(-48*60, events.UpgradePlanned, &events.Planned{Plan: p})
	return t
}

// say tells something so many minutes after the announced start.
func (t *told) say(minute int, what events.Type, data events.Data) *told {
	t.n++
	at := start.Add(time.Duration(minute) * time.Minute)
	t.u.Apply(events.Event{ID: fmt.Sprint(t.n), Source: "test", Type: what, Upgrade: t.u.ID, Time: at, Recorded: at, Data: data})
	return t
}

// plays is the work as it went: the length of both phases in minutes.
func (t *told) plays(first, second int) *told {
	return t.say(-70, events.GateDecided, &events.Decided{Gate: "go", Decision: "go"}).
		say(0, events.PhaseStarted, &events.Phase{Phase: "import"}).
		word(1).
		say(first, events.PhaseFinished, &events.Phase{Phase: "import"}).
		say(first, events.PhaseStarted, &events.Phase{Phase: "check"}).
		say(first+second, events.PhaseFinished, &events.Phase{Phase: "check"})
}

// word keeps every promise until the end.
func (t *told) word(minute int) *told {
	return t.say(minute, events.UpdatePosted, &events.Update{Text: "It goes on.", NextUpdateBy: start.Add(9 * time.Hour)})
}

func (t *told) completed(minute int) *told {
	return t.say(minute, events.UpgradeCompleted, &events.Completed{})
}

// answered is n answers alike.
func answered(n int, a survey.Answer) survey.Result {
	list := make([]survey.Answer, n)
	for i := range list {
		list[i] = a
	}
	return survey.Count(list, survey.Invited{Asked: n})
}

// stories are upgrades and what was felt of them.
func stories() map[string]lesson.Evidence {
	plain := func() *upgrade.Upgrade { return newTold(pg17()).plays(60, 60).completed(125).u }
	drill := pg17()
	drill.Drill = true
	late := newTold(pg17())
	late.say(-70, events.GateDecided, &events.Decided{Gate: "go", Decision: "no_go"}).say(0, events.UpgradeStarted, &events.Step{})
	late.say(61, events.ClockPromiseBroken, &events.Clock{Revision: 1, Attempt: late.u.Promise.Number, Due: late.u.Promise.Due})
	tested := func(least, ran, skipped int) lesson.Evidence {
		p := pg17()
		p.Gates[0].Evidence = []plan.Evidence{{JUnit: "smoke", MinTests: least}}
		junit := "<testsuite>" + strings.Repeat(`<testcase name="a"/>`, ran) + strings.Repeat(`<testcase name="b"><skipped/></testcase>`, skipped) + "</testsuite>"
		s := newTold(p).say(-80, events.GateEvidence, &events.Evidence{Gate: "go", Kind: "junit", Name: "smoke", JUnit: junit})
		return lesson.Evidence{Upgrade: s.plays(60, 60).completed(125).u}
	}
	back := newTold(pg17()).say(-30, events.GateDecided, &events.Decided{Gate: "go", Decision: "go"}).say(0, events.PhaseStarted, &events.Phase{Phase: "import"}).
		word(1).say(30, events.RollbackStarted, &events.Rollback{}).say(200, events.RollbackFinished, &events.Rollback{})
	return map[string]lesson.Evidence{
		"on plan":         {Upgrade: plain(), Feedback: answered(9, survey.Answer{Rating: 5, Disruption: "none", Communication: "right"})},
		"a little longer": {Upgrade: newTold(pg17()).plays(70, 60).completed(185).u},
		"overrun":         {Upgrade: newTold(pg17()).plays(101, 130).completed(235).u},
		"a drill":         {Upgrade: newTold(drill).plays(101, 130).completed(235).u},
		"under way":       {Upgrade: newTold(pg17()).plays(101, 130).u},
		"no-go, silence":  {Upgrade: late.completed(90).u},
		"undecided":       {Upgrade: newTold(pg17()).say(0, events.UpgradeStarted, &events.Step{}).word(1).completed(90).u},
		"slow rollback":   {Upgrade: back.u},
		"tests skipped":   tested(0, 30, 10),
		"more were asked": tested(20, 30, 10),
		"too few tests":   tested(50, 30, 10),
		"one skipped":     tested(0, 30, 2),
		"enough tests":    tested(40, 40, 0),
		"few answers":     {Upgrade: plain(), Feedback: answered(4, survey.Answer{Rating: 1, Disruption: "blocked", Communication: "late"}), Reports: 4},
		"could not work":  {Upgrade: plain(), Feedback: answered(6, survey.Answer{Rating: 1, Disruption: "blocked", Communication: "late"})},
		"disturbed":       {Upgrade: plain(), Feedback: answered(6, survey.Answer{Rating: 4, Disruption: "lot", Communication: "little"})},
		"themes": {
			Upgrade: plain(), Feedback: answered(9, survey.Answer{Rating: 2}),
			Themes: []topic.Theme{{Topic: topic.Updates, Count: 8}, {Topic: topic.Notice, Count: 6}, {Topic: topic.Data, Count: 5}, {Topic: topic.Slow, Count: 5}},
		},
		"told too much": {Upgrade: plain(), Feedback: answered(6, survey.Answer{Rating: 4, Communication: "much"}), Reports: 30},
	}
}

// TestPropose: what each story teaches, with its numbers, is in the golden.
func TestPropose(t *testing.T) {
	got := map[string][]string{}
	for name, e := range stories() {
		got[name] = []string{}
		for _, p := range lesson.Propose(e) {
			r, err := json.Marshal(p.Requirement)
			if err != nil {
				t.Fatal(err)
			}
			got[name] = append(got[name], fmt.Sprintf("%s %s: %s (%s) %s", p.ID, p.Rule, p.Text, p.Evidence, r))
			if _, why := p.Requirement.Unmet(e.Upgrade.Plan); why == "" {
				t.Errorf("%s: %s asks for what the plan has", name, p.Rule)
			}
		}
	}
	for _, none := range []string{"on plan", "a little longer", "a drill", "under way", "few answers", "one skipped", "enough tests"} {
		if len(got[none]) > 0 {
			t.Errorf("%s teaches %q", none, got[none])
		}
	}
	golden(t, "testdata/proposals.json", got)
}

// TestProposalsArePatches: every proposal can be written into the plan that
// taught it.
func TestProposalsArePatches(t *testing.T) {
	for name, e := range stories() {
		text, err := json.Marshal(e.Upgrade.Plan)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range lesson.Propose(e) {
			if text, err = plan.Patch(text, p.Requirement); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		next, problems := plan.Parse(text)
		if next == nil {
			t.Fatalf("%s: %v", name, problems)
		}
		for _, p := range lesson.Propose(e) {
			if path, why := p.Requirement.Unmet(next); why != "" {
				t.Errorf("%s: %s %s", name, path, why)
			}
		}
	}
}

// TestWords: what was changed is said in every language, and names no phase
// that visitors do not see.
func TestWords(t *testing.T) {
	u := newTold(pg17()).u
	got := map[string][]string{}
	for _, kind := range plan.RequirementKinds {
		for _, phase := range []string{"import", "check"} {
			if kind != plan.NeedsPhase && phase == "check" {
				continue
			}
			r := plan.Requirement{Kind: kind, Object: phase, Was: plan.Duration(30 * time.Minute), Want: plan.Duration(time.Hour)}
			change, ok := lesson.Changed("l", r, "", u)
			if !ok {
				t.Errorf("%s of %s changed nothing", kind, phase)
			}
			for _, code := range lang.Supported {
				got[code] = append(got[code], change.In(code))
			}
		}
	}
	all := fmt.Sprint(got)
	if strings.Contains(all, "ledger") || strings.Contains(all, "{{") || strings.Contains(all, "[phase") {
		t.Errorf("words %s", all)
	}
	golden(t, "testdata/words.json", got)
	if c, ok := lesson.Changed("l", plan.Requirement{Kind: plan.NeedsPhase, Object: "gone"}, "", u); ok {
		t.Errorf("a plan without the phase changed: %+v", c)
	}
	if c, ok := lesson.Changed("l", plan.Requirement{Kind: plan.NeedsWindow}, "As somebody said.", u); !ok || c.In("de") != "As somebody said." {
		t.Errorf("own words: %+v", c)
	}
}

func golden(t *testing.T, path string, v any) {
	t.Helper()
	var b strings.Builder
	out := json.NewEncoder(&b)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	if err := out.Encode(v); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || string(want) != b.String() {
		t.Errorf("%s differs (%v); run 'go test ./events/lesson -update' if that is meant\n got:\n%s", path, err, b.String())
	}
}
