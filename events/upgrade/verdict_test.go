package upgrade_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
)

// suite is a test report of cases, each "name" or "name:failure" and the like.
func suite(cases ...string) string {
	var b strings.Builder
	for _, c := range cases {
		name, result, _ := strings.Cut(c, ":")
		fmt.Fprintf(&b, `<testcase name="%s">`, name)
		if result != "" {
			fmt.Fprintf(&b, "<%s/>", result)
		}
		b.WriteString("</testcase>")
	}
	return "<testsuite>" + b.String() + "</testsuite>"
}

func report(name, doc string) events.Evidence {
	return events.Evidence{Kind: "junit", Name: name, JUnit: doc}
}

func signoff(name, by, result string) events.Evidence {
	return events.Evidence{Kind: "signoff", Name: name, By: by, Result: result}
}

func check(name, result string) events.Evidence {
	return events.Evidence{Kind: "check", Name: name, Result: result}
}

func built(ev events.Evidence, build string) events.Evidence {
	ev.Build = build
	return ev
}

func produced(ev events.Evidence, ago time.Duration) events.Evidence {
	ev.ProducedAt = noon.Add(-ago)
	return ev
}

// gated is an upgrade whose gate has those rules, and this evidence.
func gated(t testing.TB, rules []plan.Evidence, evidence ...events.Evidence) *feed {
	t.Helper()
	f := begin(t)
	f.must(events.UpgradePlanned, revised(func(p *plan.Plan) {
		p.Gates[0].Evidence = rules
		p.Roster = plan.Roster{"dba": {Person: "@ada", Backup: "@ada-deputy"}}
	}))
	for _, ev := range evidence {
		ev.Gate = "go"
		f.must(events.GateEvidence, &ev)
	}
	return f
}

// judgement is one row of the tables below: want is empty for a green gate,
// else what each reason contains, in order.
type judgement struct {
	name     string
	rule     plan.Evidence
	evidence []events.Evidence
	want     []string
}

func judgeAll(t *testing.T, rows []judgement) {
	t.Helper()
	for _, tt := range rows {
		t.Run(tt.name, func(t *testing.T) {
			f := gated(t, []plan.Evidence{tt.rule}, tt.evidence...)
			v := f.u.Verdicts(f.now)[0]
			ok := len(v.Reasons) == len(tt.want) && v.Ready == (len(tt.want) == 0) && v.Green() == v.Ready
			for i := range min(len(v.Reasons), len(tt.want)) {
				ok = ok && strings.Contains(v.Reasons[i], tt.want[i]) && v.Rules[0].Faults[i].String() == v.Reasons[i]
			}
			if !ok {
				t.Errorf("ready %t because %q, want %q", v.Ready, v.Reasons, tt.want)
			}
		})
	}
}

func TestTestReports(t *testing.T) {
	rule := plan.Evidence{JUnit: "smoke.xml", MinTests: 2, Cases: []string{"login"}}
	one := func(doc string) []events.Evidence { return []events.Evidence{report("smoke.xml", doc)} }
	many := slices.Repeat([]string{"x:failure"}, 7)
	judgeAll(t, []judgement{
		{"sound", rule, one(suite("login", "pay")), nil},
		{"missing", rule, nil, []string{"test report smoke.xml: missing"}},
		{"missing, another came", rule, []events.Evidence{report("unit.xml", suite("login", "pay"))}, []string{"missing"}},
		{"missing, a check of that name came", rule, []events.Evidence{check("smoke.xml", "pass")}, []string{"missing"}},
		{"few tests", rule, one(suite("login")), []string{"too few tests: 1 ran, at least 2 must"}},
		{"skipped tests do not run", rule, one(suite("login", "pay:skipped")), []string{"too few tests: 1 ran"}},
		{"skipped beyond what is asked for", rule, one(suite("login", "pay", "later:skipped")), nil},
		{"no tests at all", plan.Evidence{JUnit: "smoke.xml"}, one(suite()), []string{"too few tests: 0 ran, at least 1"}},
		{"all skipped", plan.Evidence{JUnit: "smoke.xml"}, one(suite("a:skipped", "b:skipped")), []string{"too few tests: 0 ran"}},
		{"a failure", rule, one(suite("login", "pay", "sell:failure")), []string{"1 of 3 tests failed: sell"}},
		{"an error", rule, one(suite("login", "pay", "sell:error")), []string{"1 of 3 tests failed: sell"}},
		{"many failures", plan.Evidence{JUnit: "smoke.xml"}, one(suite(many...)), []string{"7 of 7 tests failed: x, x, x, x, x and 2 more"}},
		{"a broken suite", plan.Evidence{JUnit: "smoke.xml"}, one(`<testsuites><testsuite name="db"><error/></testsuite><testsuite><testcase name="a"/></testsuite></testsuites>`), []string{"failed: suite db"}},
		{"required case absent", rule, one(suite("sign in", "pay")), []string{`required case "login" is absent`}},
		{"required case skipped", rule, one(suite("login:skipped", "pay", "sell")), []string{`required case "login" was skipped`}},
		{"required case failed", rule, one(suite("login:failure", "pay")), []string{"1 of 2 tests failed: login", `required case "login" failed`}},
		{"malformed", rule, one("<html>502</html>"), []string{"malformed: it begins with <html>"}},
		{"cut off", rule, one("<testsuite><testcase"), []string{"malformed"}},
		{"empty", rule, one(""), []string{"malformed: it is empty"}},
		{"document type", rule, one(`<!DOCTYPE x>` + suite("login", "pay")), []string{"malformed: it has a document type"}},
		{"says fail itself", rule, []events.Evidence{{Kind: "junit", Name: "smoke.xml", JUnit: suite("login", "pay"), Result: "fail"}}, []string{"it says fail"}},
	})
}

func TestNamesOfReports(t *testing.T) {
	sound := suite("a")
	judgeAll(t, []judgement{
		{"without its ending", plan.Evidence{JUnit: "smoke.xml"}, []events.Evidence{report("smoke", sound)}, nil},
		{"with an ending", plan.Evidence{JUnit: "smoke"}, []events.Evidence{report("smoke.xml", sound)}, nil},
		{"in a folder", plan.Evidence{JUnit: "smoke.xml"}, []events.Evidence{report("build/out/smoke.xml", sound)}, nil},
		{"part of a name", plan.Evidence{JUnit: "smoke.xml"}, []events.Evidence{report("not-smoke.xml", sound)}, []string{"missing"}},
		{"pattern", plan.Evidence{JUnit: "part-*.xml", MinTests: 2}, []events.Evidence{report("part-1.xml", sound), report("part-2.xml", sound)}, nil},
		{"one part failed", plan.Evidence{JUnit: "part-*.xml"}, []events.Evidence{report("part-1.xml", suite("a:failure")), report("part-2.xml", sound)}, []string{"test report part-*.xml (part-1.xml): 1 of 1"}},
		{"case in one part, skipped in another", plan.Evidence{JUnit: "part-*.xml", Cases: []string{"a"}}, []events.Evidence{report("part-1.xml", sound), report("part-2.xml", suite("b", "a:skipped"))}, []string{"was skipped"}},
		{"case in one part alone", plan.Evidence{JUnit: "part-*.xml", Cases: []string{"a"}}, []events.Evidence{report("part-1.xml", sound), report("part-2.xml", suite("b"))}, nil},
		{"no pattern", plan.Evidence{JUnit: "part-[.xml"}, []events.Evidence{report("part-[.xml", sound)}, nil},
	})
}

func TestAge(t *testing.T) {
	rule := plan.Evidence{JUnit: "smoke", MaxAge: plan.Duration(72 * time.Hour)}
	sound := report("smoke", suite("a"))
	judgeAll(t, []judgement{
		{"fresh", rule, []events.Evidence{sound}, nil},
		{"produced two days ago", rule, []events.Evidence{produced(sound, 48*time.Hour)}, nil},
		{"produced four days ago", rule, []events.Evidence{produced(sound, 96*time.Hour)}, []string{"stale: 4d old, at most 3d is allowed"}},
		{"one part is stale", plan.Evidence{JUnit: "s*", MaxAge: rule.MaxAge}, []events.Evidence{sound, produced(report("s2", suite("a")), 96*time.Hour)}, []string{"(s2): stale"}},
		{"stale sign-off", plan.Evidence{Signoff: "qa", MaxAge: rule.MaxAge}, []events.Evidence{produced(signoff("qa", "", ""), 96*time.Hour)}, []string{"sign-off of qa: stale"}},
		{"any age", plan.Evidence{JUnit: "smoke"}, []events.Evidence{produced(sound, 9000*time.Hour)}, nil},
	})
	for _, tt := range []struct {
		name string
		ev   events.Evidence
	}{
		{"without a word when it was produced", sound},
		{"produced in the future, which is not believed", produced(sound, -900*time.Hour)},
	} {
		f := gated(t, []plan.Evidence{rule}, tt.ev)
		for after, want := range map[time.Duration]bool{72 * time.Hour: true, 72*time.Hour + time.Minute: false} {
			if v := f.u.Verdicts(f.now.Add(after))[0]; v.Ready != want {
				t.Errorf("%s, %s later: ready %t because %q, want %t", tt.name, after, v.Ready, v.Reasons, want)
			}
		}
	}
}

func TestBuilds(t *testing.T) {
	a, b := report("smoke", suite("a")), report("unit", suite("a"))
	judgeAll(t, []judgement{
		{"as asked for", plan.Evidence{JUnit: "smoke", Build: "1.5"}, []events.Evidence{built(a, "1.5")}, nil},
		{"another", plan.Evidence{JUnit: "smoke", Build: "1.5"}, []events.Evidence{built(a, "1.4")}, []string{"it is of build 1.4; 1.5 is asked for"}},
		{"none", plan.Evidence{JUnit: "smoke", Build: "1.5"}, []events.Evidence{a}, []string{"does not say its build"}},
		{"not asked for", plan.Evidence{JUnit: "smoke"}, []events.Evidence{built(a, "1.4")}, nil},
		{"parts of two builds", plan.Evidence{JUnit: "*"}, []events.Evidence{built(a, "1.4"), built(b, "1.5")}, []string{"(smoke): it is of build 1.4; newer evidence is of 1.5"}},
		{"parts of one build", plan.Evidence{JUnit: "*"}, []events.Evidence{built(a, "1.5"), built(b, "1.5")}, nil},
	})
	rules := []plan.Evidence{{JUnit: "smoke"}, {JUnit: "unit"}, {Signoff: "qa"}}
	f := gated(t, rules, built(a, "1.5"), built(b, "1.5"), signoff("qa", "", "pass"), built(report("elsewhere", suite("a")), "0.1"))
	if v := f.u.Verdicts(f.now)[0]; !v.Ready {
		t.Errorf("one build, and a report nobody asks for: %q, want ready", v.Reasons)
	}
	newer := built(a, "1.6")
	newer.Gate = "go"
	f.must(events.GateEvidence, &newer)
	if v := f.u.Verdicts(f.now)[0]; v.Ready || v.Rules[0].Ready == false || v.Rules[1].Ready {
		t.Errorf("two builds: %+v, want unit red", v)
	}
}

func TestSignoffsAndChecks(t *testing.T) {
	judgeAll(t, []judgement{
		{"signed by name", plan.Evidence{Signoff: "registrar"}, []events.Evidence{signoff("registrar", "", "pass")}, nil},
		{"signing is a yes", plan.Evidence{Signoff: "registrar"}, []events.Evidence{signoff("@Registrar", "", "")}, nil},
		{"signed for something by the one asked for", plan.Evidence{Signoff: "registrar"}, []events.Evidence{signoff("enrolment works", "@registrar", "pass")}, nil},
		{"by the person of the role", plan.Evidence{Signoff: "dba"}, []events.Evidence{signoff("backup is good", "@ada", "pass")}, nil},
		{"by the backup", plan.Evidence{Signoff: "dba"}, []events.Evidence{signoff("dba", "ada-deputy", "pass")}, nil},
		{"by somebody else", plan.Evidence{Signoff: "dba"}, []events.Evidence{signoff("dba", "@mallory", "pass")}, []string{"signed by @mallory, who does not have that role"}},
		{"refused", plan.Evidence{Signoff: "registrar"}, []events.Evidence{signoff("registrar", "@reg", "fail")}, []string{"sign-off of registrar: it says fail by @reg"}},
		{"missing", plan.Evidence{Signoff: "registrar"}, []events.Evidence{signoff("hr", "", "pass")}, []string{"sign-off of registrar: missing"}},
		{"check passed", plan.Evidence{Check: "lag"}, []events.Evidence{check("lag", "pass")}, nil},
		{"check failed", plan.Evidence{Check: "lag"}, []events.Evidence{check("lag", "fail")}, []string{"check lag: it says fail"}},
		{"check without a word", plan.Evidence{Check: "lag"}, []events.Evidence{check("lag", "")}, []string{"malformed: it says neither"}},
		{"check missing", plan.Evidence{Check: "lag"}, nil, []string{"check lag: missing"}},
	})
}

func TestDecisionsAndEvidence(t *testing.T) {
	rules := []plan.Evidence{{Check: "lag"}}
	tests := []struct {
		name     string
		rules    []plan.Evidence
		result   string
		decision string
		want     string
	}{
		{"green and open", rules, "pass", "", ""},
		{"green and go", rules, "pass", "go", ""},
		{"green and no-go", rules, "pass", "no_go", "decided no_go by @lead: too risky"},
		{"red and go", rules, "fail", "go", "check lag: it says fail"},
		{"red and no-go", rules, "fail", "no_go", "check lag: it says fail"},
		{"no rules and open", nil, "fail", "", "not decided"},
		{"no rules and go", nil, "fail", "go", ""},
		{"no rules and no-go", nil, "pass", "no_go", "decided no_go"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := gated(t, tt.rules, check("lag", tt.result))
			if tt.decision != "" {
				f.must(events.GateDecided, &events.Decided{Gate: "go", Decision: tt.decision, By: "@lead", Reason: "too risky"})
			}
			v := f.u.Verdicts(f.now)[0]
			if v.Ready != (tt.want == "") || !strings.Contains(strings.Join(v.Reasons, "; "), tt.want) || v.Decision != tt.decision {
				t.Errorf("verdict %+v, want %q", v, tt.want)
			}
		})
	}
}

// TestLaterCases: a case the plan asks for after the report came is not known
// of it, and not taken on trust.
func TestLaterCases(t *testing.T) {
	f := gated(t, []plan.Evidence{{JUnit: "smoke"}}, report("smoke", suite("login")))
	f.must(events.UpgradePlanned, revised(func(p *plan.Plan) {
		p.Gates[0].Evidence = []plan.Evidence{{JUnit: "smoke", Cases: []string{"login"}}}
	}))
	if v := f.u.Verdicts(f.now)[0]; v.Ready || !strings.Contains(v.Reasons[0], "publish it again") {
		t.Errorf("verdict %+v, want red until the report comes again", v)
	}
	f.must(events.GateEvidence, &events.Evidence{Gate: "go", Kind: "junit", Name: "smoke", JUnit: suite("login")})
	if v := f.u.Verdicts(f.now)[0]; !v.Ready {
		t.Errorf("verdict %+v, want ready", v)
	}
}

// TestReportsAreSummed: the state of an upgrade holds no report.
func TestReportsAreSummed(t *testing.T) {
	doc := suite(slices.Repeat([]string{strings.Repeat("long", 50) + ":failure"}, 4000)...)
	f := gated(t, []plan.Evidence{{JUnit: "smoke"}}, report("smoke", doc))
	if n := len(jsonOf(t, f.u)); n > 5000 || len(doc) < 900_000 {
		t.Errorf("the state has %d bytes after a report of %d", n, len(doc))
	}
}

func drawRules(t *rapid.T) []plan.Evidence {
	return rapid.SliceOfN(rapid.SampledFrom([]plan.Evidence{
		{JUnit: "a"}, {JUnit: "a", MinTests: 2}, {JUnit: "*", Cases: []string{"login"}}, {JUnit: "b", MaxAge: plan.Duration(time.Hour)}, {Signoff: "qa", Build: "1"}, {Check: "a note"},
	}), 0, 3).Draw(t, "rules")
}

var names = rapid.SampledFrom([]string{"a", "b", "qa", "a note"})

func drawEvidence(t *rapid.T) *events.Evidence {
	d := &events.Evidence{
		Gate: ids("go").Draw(t, "gate"), Kind: rapid.SampledFrom([]string{"junit", "signoff", "check"}).Draw(t, "kind"),
		Name: names.Draw(t, "name"), Build: rapid.SampledFrom([]string{"", "1", "2"}).Draw(t, "build"),
		Result: rapid.SampledFrom([]string{"", "pass", "fail"}).Draw(t, "result"),
	}
	if d.Kind == "junit" {
		cases := rapid.SampledFrom([]string{"login", "pay", "login:skipped", "pay:failure", "sell:error"})
		d.JUnit = rapid.SampledFrom([]string{"", "<html/>", suite(rapid.SliceOfN(cases, 0, 4).Draw(t, "cases")...)}).Draw(t, "report")
	}
	if hours := rapid.IntRange(-1, 3).Draw(t, "age"); hours > 0 {
		d.ProducedAt = noon.Add(-time.Duration(hours) * time.Hour)
	}
	return d
}

// failing makes evidence one of failure.
func failing(d *events.Evidence) *events.Evidence {
	d.Result = "fail"
	if d.Kind == "junit" {
		d.JUnit = suite("login:failure", "pay:error", "sell:skipped")
	}
	return d
}

// TestFailuresNeverHelp: no evidence of a failure, and no passing of time,
// turns a red gate green.
func TestFailuresNeverHelp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u, now := drawn(t, 12, apply)
		for n := range rapid.IntRange(0, 6).Draw(t, "pieces") {
			u.Apply(events.Event{ID: fmt.Sprint("p", n), Source: "tool", Type: events.GateEvidence, Upgrade: "pg16", Time: now, Recorded: now, Data: drawEvidence(t)})
		}
		red := map[string]bool{}
		for _, v := range u.Verdicts(now) {
			red[v.Gate] = !v.Ready
		}
		later := now.Add(time.Duration(rapid.IntRange(0, 200).Draw(t, "minutes")) * time.Minute)
		for n := range rapid.IntRange(0, 3).Draw(t, "failures") {
			u.Apply(events.Event{ID: fmt.Sprint("f", n), Source: sources.Draw(t, "source"), Type: events.GateEvidence, Upgrade: "pg16", Time: later, Recorded: later, Data: failing(drawEvidence(t))})
		}
		for _, v := range u.Verdicts(later) {
			if v.Ready && red[v.Gate] {
				t.Fatalf("gate %s was red and is ready: %+v", v.Gate, u.Gates)
			}
		}
	})
}

func TestReadiness(t *testing.T) {
	ready := func(p *plan.Plan) {
		p.Gates[0].Before, p.Gates[0].At = "migrate", at(10*time.Hour+15*time.Minute)
		p.Gates[0].Evidence = []plan.Evidence{{Check: "lag"}}
		p.Announce.Notice = plan.Duration(8 * time.Hour)
	}
	tests := []struct {
		name  string
		play  func(f *feed)
		phase string
		want  []string
	}{
		{"ready", func(f *feed) { f.green() }, "", nil},
		{"scheduled", func(f *feed) { f.green(); f.must(events.UpgradeScheduled, &events.Scheduled{}) }, "", nil},
		{"red gate", func(*feed) {}, "", []string{"gate go: check lag: missing"}},
		{"red gate of a later phase", func(*feed) {}, "prepare", nil},
		{"red gate of this phase", func(*feed) {}, "migrate", []string{"gate go"}},
		{"red gate of an earlier phase", func(*feed) {}, "secret", []string{"gate go"}},
		{"canceled", func(f *feed) { f.green(); f.must(events.UpgradeCanceled, &events.Ended{Reason: "no"}) }, "", []string{"it is canceled"}},
		{"under way", func(f *feed) { f.green(); f.must(events.UpgradeStarted, &events.Step{}) }, "", []string{"it is in_progress"}},
		{"a phase while under way", func(f *feed) { f.green(); f.must(events.UpgradeStarted, &events.Step{}) }, "migrate", nil},
		{"a phase while paused", func(f *feed) {
			f.green()
			f.must(events.UpgradeStarted, &events.Step{})
			f.must(events.UpgradePaused, &events.Step{})
		}, "migrate", []string{"it is paused"}},
		{"moved nearer", func(f *feed) {
			f.green()
			f.must(events.UpgradePlanned, revised(func(p *plan.Plan) { ready(p); p.Window.Start = at(9*time.Hour + 30*time.Minute) }))
		}, "", nil},
		{"moved too near", func(f *feed) {
			f.green()
			f.now = at(3 * time.Hour)
			f.must(events.UpgradePlanned, revised(func(p *plan.Plan) { ready(p); p.Window.Start = at(9 * time.Hour) }))
		}, "", []string{"notice: it was moved 5h59m before its start; the plan promises 8h"}},
		{"only the end moved", func(f *feed) {
			f.green()
			f.now = at(9 * time.Hour)
			f.must(events.UpgradePlanned, revised(func(p *plan.Plan) { ready(p); p.Window.End = at(20 * time.Hour) }))
		}, "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := begin(t)
			f.must(events.UpgradePlanned, revised(ready))
			tt.play(f)
			checkReadiness(t, f.u.Readiness(f.now, tt.phase), tt.want)
		})
	}
}

// green sends what the gate asks for.
func (f *feed) green() {
	f.t.Helper()
	f.must(events.GateEvidence, &events.Evidence{Gate: "go", Kind: "check", Name: "lag", Result: "pass"})
}

func checkReadiness(t *testing.T, r upgrade.Readiness, want []string) {
	t.Helper()
	ok := r.Ready == (len(want) == 0) && len(r.Reasons) == len(want)
	for i := range min(len(r.Reasons), len(want)) {
		ok = ok && strings.Contains(r.Reasons[i], want[i])
	}
	if !ok {
		t.Errorf("ready %t because %q, want %q", r.Ready, r.Reasons, want)
	}
}

func TestNoticeTooShort(t *testing.T) {
	short := func(p *plan.Plan) { p.Announce.Notice, p.Gates = plan.Duration(24*time.Hour), nil }
	f := begin(t)
	f.must(events.UpgradePlanned, revised(short))
	checkReadiness(t, f.u.Readiness(f.now, ""), []string{"notice: it was announced 9h59m before its start; the plan promises 1d"})
	f = begin(t)
	f.now = at(11 * time.Hour)
	f.must(events.UpgradePlanned, revised(short))
	checkReadiness(t, f.u.Readiness(f.now, ""), []string{"announced after its start"})
	checkReadiness(t, upgrade.New("x").Readiness(f.now, ""), []string{"no plan"})
}
