package report_test

import (
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"upgradehub/events"
	"upgradehub/events/lang"
	"upgradehub/events/plan"
	"upgradehub/events/survey"
	"upgradehub/hub/report"
	"upgradehub/hub/store"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || string(want) != got {
		t.Errorf("%s differs, %v; run 'go test ./hub/report -update' if that is meant\n got:\n%s\nwant:\n%s", path, err, got, want)
	}
}

var start = time.Date(2026, 3, 7, 22, 0, 0, 0, time.UTC)

func at(minutes int) time.Time { return start.Add(time.Duration(minutes) * time.Minute) }

func pg16() *plan.Plan {
	hour := plan.Duration(time.Hour)
	return &plan.Plan{
		Schema: plan.Schema, ID: "pg16", Title: "Orders database moves to PostgreSQL 16", System: "orders", Zone: "Europe/Berlin",
		Window: plan.Window{Start: start, End: at(180)},
		Objectives: []plan.Objective{
			{ID: "o1", Text: "Every row is moved", Measure: "rows moved, %", Target: ">= 100"},
			{ID: "o2", Text: "Checkout is faster", Measure: "p95 in ms", Target: "<= 200"},
			{ID: "o3", Text: "Nobody calls the desk"},
		},
		Components: []plan.Component{{ID: "db", Name: "Orders database"}},
		Phases: []plan.Phase{
			{ID: "copy", Title: "Copy", Start: start, Duration: hour},
			{ID: "switch", Title: "Switch over", Start: at(60), Duration: hour},
			{ID: "clean", Title: "Clean up | sweep", Start: at(120), Duration: hour},
		},
		Gates: []plan.Gate{{ID: "g1", Title: "Go or no-go", Before: "switch", Deadline: at(55), Evidence: []plan.Evidence{{Check: "lag"}, {Check: "space"}}}, {ID: "g2", Title: "Keep it"}},
		Risks: []plan.Risk{{ID: "r1", Text: "The <disk> fills", Mitigation: "Grow it"}, {ID: "r2", Text: "The vendor is closed"}},
	}
}

// told tells the facts of one upgrade, minute by minute.
type told struct{ facts []events.Event }

func (s *told) say(minute int, t events.Type, d events.Data) {
	when := at(minute)
	s.facts = append(s.facts, events.Event{ID: string(t), Source: "tool", Upgrade: "pg16", Type: t, Time: when, Recorded: when, Data: d})
}

// late is an upgrade that overran, with something of everything.
func late() report.Sources {
	var s told
	moved := pg16()
	moved.Window.End = at(240)
	s.say(-9000, events.UpgradePlanned, &events.Planned{Plan: pg16()})
	s.say(-3000, events.UpgradePlanned, &events.Planned{Plan: moved, Reason: "the copy takes longer than we thought"})
	s.say(3, events.PhaseStarted, &events.Phase{Phase: "copy"})
	s.say(70, events.RiskTriggered, &events.Risk{Risk: "r1", Note: "91 %"})
	s.say(80, events.RiskRetired, &events.Risk{Risk: "r1"})
	s.say(81, events.RiskTriggered, &events.Risk{Risk: "r1", Note: "97 %, and it is not growing"})
	s.say(90, events.PhaseFinished, &events.Phase{Phase: "copy"})
	s.say(50, events.GateEvidence, &events.Evidence{Gate: "g1", Kind: "check", Name: "lag", Result: "pass"})
	s.say(51, events.GateDecided, &events.Decided{Gate: "g1", Decision: "no_go", By: "@lead", Reason: "no space | yet"})
	s.say(91, events.GateEvidence, &events.Evidence{Gate: "g1", Kind: "check", Name: "space", Result: "pass"})
	s.say(92, events.GateDecided, &events.Decided{Gate: "g1", Decision: "go", By: "@lead", Reason: "all green"})
	s.say(93, events.TypeFeedbackReported, &events.FeedbackReported{Report: "r1", Component: "db"})
	s.say(94, events.TypeFeedbackReported, &events.FeedbackReported{Report: "r2"})
	s.say(94, events.FailoverStarted, &events.Failover{Component: "db"})
	s.say(95, events.FailoverFinished, &events.Failover{Component: "db", DataLoss: new(false)})
	s.say(96, events.PhaseStarted, &events.Phase{Phase: "switch"})
	s.say(98, events.PhaseStarted, &events.Phase{Phase: "nonsense"})
	s.say(100, events.ComponentChanged, &events.Component{Component: "db", Impact: plan.Outage})
	s.say(130, events.ComponentChanged, &events.Component{Component: "db", Impact: plan.Degraded})
	s.say(142, events.ComponentChanged, &events.Component{Component: "db", Impact: plan.NoImpact})
	s.say(180, events.PhaseFinished, &events.Phase{Phase: "switch"})
	s.say(182, events.FailbackFinished, &events.Failover{Component: "db"})
	s.say(200, events.ObjectiveMeasured, &events.Measured{Objective: "o1", Value: "100"})
	s.say(201, events.ObjectiveMeasured, &events.Measured{Objective: "o2", Value: "240"})
	s.say(240, events.ClockOverdue, &events.Clock{Revision: 2, Due: at(240)})
	s.say(241, events.ClockOverdue, &events.Clock{Revision: 1, Due: at(180)}) // of a plan that is past
	s.say(255, events.UpgradeCompleted, &events.Completed{Outcome: events.SuccessfulWithIssues, Note: "Checkout is slow."})
	return report.Sources{
		Lessons: []store.LessonRow{{ID: "l1", Status: store.LessonAccepted, Text: "Plan 90 min for the switch", Evidence: "84 min, planned 60", By: "@lead", Owner: "@dba"}},
		Facts:   s.facts,
		Forecasts: []store.ForecastRow{
			{Seq: 3, Made: at(-100), Low: at(100), Expected: at(110), High: at(120)},
			{Seq: 4, Made: at(3), Low: at(150), Expected: at(200), High: at(260)},
			{Seq: 5, Phase: "switch", Made: at(96), Low: at(160), Expected: at(165), High: at(170)},
		},
		Told: store.Proof{
			Upgrade: "pg16", ExtraSends: 1, Ambiguous: 2,
			Told: []store.Told{
				{Moment: "announced", Audience: "users", Channel: "email", State: "accepted", Count: 120, First: at(-8999), Last: at(-8990)},
				{Moment: "overdue", Audience: "users", Channel: "email", State: "failed", Count: 2},
				{Moment: "report", Audience: "managers", Channel: "email", State: "pending", Count: 1},
			},
			Speed: []store.Speed{{Channel: "email", Count: 120, P50: 800, P95: 64000, Max: 540000}},
		},
		Noise: []store.Noise{{Role: "users", Channel: "email", Recipients: 120, Least: 1, Median: 4, Most: 5}},
		Answers: []store.AnswerRow{
			{Channel: "email", Rating: 5, Disruption: "none", Communication: "right"},
			{Channel: "email", Rating: 4, Disruption: "little", Minutes: 20, Effort: 6},
			{Channel: "page", Rating: 1, Disruption: "blocked", Minutes: 90, Communication: "late"},
		},
		Invited: survey.Invited{Asked: 118, Answered: 2}, Late: 1, Items: store.ItemCounts{All: 3, Open: 2, Overdue: 1},
	}
}

func make1(t *testing.T, s report.Sources) report.Report {
	t.Helper()
	r, planned := report.Make("pg16", s)
	if !planned {
		t.Fatal("no report of a planned upgrade")
	}
	return r
}

func rendered(t *testing.T, r report.Report) (html, markdown string) {
	t.Helper()
	return renderedIn(t, r, lang.English)
}

func renderedIn(t *testing.T, r report.Report, code string) (html, markdown string) {
	t.Helper()
	var page, text strings.Builder
	if err := r.HTML(&page, code); err != nil {
		t.Fatal(err)
	}
	if err := r.Markdown(&text, code); err != nil {
		t.Fatal(err)
	}
	return page.String(), text.String()
}

func TestGoldens(t *testing.T) {
	var back, planned told
	back.say(-9000, events.UpgradePlanned, &events.Planned{Plan: pg16()})
	planned.facts = append(planned.facts, back.facts...)
	back.say(3, events.PhaseStarted, &events.Phase{Phase: "copy"})
	back.say(30, events.RollbackStarted, &events.Rollback{Reason: "the copy broke", DataSafe: new(true)})
	back.say(50, events.RollbackFinished, &events.Rollback{})
	for name, sources := range map[string]report.Sources{"late": late(), "rolled-back": {Facts: back.facts}, "planned": {Facts: planned.facts}} {
		html, markdown := rendered(t, make1(t, sources))
		golden(t, "testdata/"+name+".html", html)
		golden(t, "testdata/"+name+".md", markdown)
		for _, bad := range []string{"<no value>", "ZgotmplZ", "%!", "All phases", "All objectives"} {
			if strings.Contains(html+markdown, bad) {
				t.Errorf("%s has %s", name, bad)
			}
		}
		if strings.Contains(html, "<disk>") || strings.Contains(markdown, " <disk>") {
			t.Errorf("%s: foreign text is read as HTML", name)
		}
	}
}

// TestJSONCarriesAll: what the command line renders is what the hub made.
func TestJSONCarriesAll(t *testing.T) {
	made := make1(t, late())
	raw, err := json.Marshal(made)
	if err != nil {
		t.Fatal(err)
	}
	var read report.Report
	if err := json.Unmarshal(raw, &read); err != nil {
		t.Fatal(err)
	}
	wantHTML, wantText := rendered(t, made)
	if html, text := rendered(t, read); html != wantHTML || text != wantText {
		t.Errorf("another report after it was read from %s", raw)
	}
	if again := make1(t, late()); !reflect.DeepEqual(again, made) {
		t.Error("another report of the same facts")
	}
}

// TestTooFewAnonymousAnswers: their number is told, and nothing that they said.
func TestTooFewAnonymousAnswers(t *testing.T) {
	s := late()
	for i := range s.Answers {
		s.Answers[i].Mode = plan.Anonymous
	}
	made := make1(t, s)
	if f := made.Feedback; f.Count != 0 || f.Unshown != 3 || f.Low != 0 || len(f.Disruption) != 0 || f.Lost.Sum != 0 || len(f.Roles) != 0 {
		t.Errorf("feedback = %+v, want the number alone", f)
	}
	_, text := rendered(t, made)
	if !strings.Contains(text, "too few to be shown: 3") || !strings.Contains(text, "3 anonymous answers, too few to be shown; 118 invited") || strings.Contains(text, "could not work") {
		t.Errorf("report:\n%s", text)
	}
}

func TestNothingIsReportedOfWhatWasNeverPlanned(t *testing.T) {
	var s told
	s.say(0, events.PhaseStarted, &events.Phase{Phase: "copy"})
	if r, planned := report.Make("pg16", report.Sources{Facts: s.facts}); planned {
		t.Errorf("Make() = %+v", r)
	}
}
