package plan_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"upgradehub/events/plan"
)

// minimal is a plan to which the tests add what they are about.
const minimal = `schema: upgradehub/plan/v1
id: pg16
title: PostgreSQL 16
system: billing
zone: Europe/Berlin
window: {start: 2026-03-01T18:00, end: 2026-03-01T20:00}
phases:
  - {id: copy, title: Copy, start: 2026-03-01T18:00, duration: 90m}
`

func samples(t testing.TB) []string {
	t.Helper()
	var found []string
	for _, name := range []string{"bgsu-peoplesoft-2014", "fedora-dc-move-2025", "gitlab-gitaly-2025"} {
		found = append(found, read(t, name+".yaml"))
	}
	return found
}

func read(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func format(problems []plan.Problem) string {
	var b strings.Builder
	for _, p := range problems {
		if p.Advice {
			b.WriteString("advice ")
		}
		fmt.Fprintln(&b, p)
	}
	return b.String()
}

func TestSamplesParse(t *testing.T) {
	for _, text := range samples(t) {
		p, problems := plan.Parse([]byte(text))
		if p == nil || len(problems) != 0 {
			t.Errorf("Parse = %v, problems:\n%s", p, format(problems))
		}
	}
}

func TestSampleSaysWhatItsFileSays(t *testing.T) {
	p, _ := plan.Parse([]byte(read(t, "bgsu-peoplesoft-2014.yaml")))
	if want := time.Date(2014, 7, 18, 21, 0, 0, 0, time.UTC); !p.Window.Start.Equal(want) || p.Window.Start.Location() != time.UTC {
		t.Errorf("window.start = %s, want %s", p.Window.Start, want)
	}
	if got := p.Window.Duration(); got != 25*time.Hour {
		t.Errorf("window is %s long, want 25h", got)
	}
	if ph, ok := p.PointOfNoReturn(); !ok || ph.ID != "interfaces" || ph.Duration.Std() != 90*time.Minute {
		t.Errorf("point of no return = %+v, %t, want interfaces of 90m", ph, ok)
	}
	if g, ok := p.Gate("g1"); !ok || g.Evidence[0].MinTests != 40 || g.Evidence[0].MaxAge.Std() != 72*time.Hour {
		t.Errorf("gate g1 = %+v, %t", g, ok)
	}
	hidden := slices.DeleteFunc(p.Components, plan.Component.IsPublic)
	if len(hidden) != 1 || hidden[0].ID != "interfaces" {
		t.Errorf("not public are %+v, want interfaces alone", hidden)
	}
}

func TestJSONFormParsesBack(t *testing.T) {
	for _, text := range append(samples(t), minimal) {
		p, _ := plan.Parse([]byte(text))
		canonical, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		again, problems := plan.Parse(canonical)
		if !reflect.DeepEqual(p, again) {
			t.Errorf("Parse(%s) = %+v, want %+v; problems:\n%s", canonical, again, p, format(problems))
		}
		var read plan.Plan
		if err := json.Unmarshal(canonical, &read); err != nil || !reflect.DeepEqual(p, &read) {
			t.Errorf("json.Unmarshal(%s) = %+v, %v, want %+v", canonical, read, err, p)
		}
	}
}

func TestFiveFaultsAreFive(t *testing.T) {
	_, problems := plan.Parse([]byte(read(t, "five-faults.yaml")))
	want := []string{
		`8:1: windwo: is not a key, did you mean "window"?`,
		`12:64: phases[0].duration: "ninety" is not a duration`,
		`16:15: phases[1].duration: ends 1h after window.end`,
		`17:19: phases[1].after[1]: "chekc" is not in phases`,
		`18:12: phases[1].owner: "dba" is not a role in roster`,
	}
	if len(problems) != len(want) {
		t.Fatalf("got %d problems, want %d:\n%s", len(problems), len(want), format(problems))
	}
	for i, p := range problems {
		if !strings.HasPrefix(p.String(), want[i]) {
			t.Errorf("problem %d = %q, want %q", i, p, want[i])
		}
	}
}

// edit replaces text in the minimal plan.
func edit(t *testing.T, old, new string) string {
	t.Helper()
	if !strings.Contains(minimal, old) {
		t.Fatalf("the plan has no %q", old)
	}
	return strings.Replace(minimal, old, new, 1)
}

func TestValues(t *testing.T) {
	tests := []struct{ name, old, new, want string }{
		{"schema", "plan/v1", "plan/v2", `1:9: schema: "upgradehub/plan/v2" is not upgradehub/plan/v1`},
		{"id", "id: pg16", "id: PG 16", `2:5: id: "PG 16" is not an id`},
		{"no title", "title: PostgreSQL 16", "title:", `3:1: title: is required`},
		{"blank title", "title: PostgreSQL 16", `title: " "`, `3:1: title: is required`},
		{"title is a list", "title: PostgreSQL 16", `title: [a]`, `3:8: title: must be text, not a list`},
		{"missing key", "system: billing\n", "", `1:1: system: is required`},
		{"zone", "Europe/Berlin", "Europe/Bärlin", `5:7: zone: "Europe/Bärlin" is not a time zone`},
		{"local zone", "Europe/Berlin", "Local", `5:7: zone: "Local" is not a time zone`},
		{"window end", "end: 2026-03-01T20:00}\nphases:\n  - {id: copy, title: Copy, start: 2026-03-01T18:00, duration: 90m}", "end: 2026-03-01T18:00}\nphases:\n  - {id: copy, title: Copy, start: 2026-03-01T18:00, duration: 0m}", `6:40: window.end: is not after window.start`},
		{"window turned round", "end: 2026-03-01T20:00", "end: 2026-03-01T17:00", `6:40: window.end: is not after window.start`},
		{"window has no end", ", end: 2026-03-01T20:00", "", `6:9: window.end: is required`},
		{"window is text", "{start: 2026-03-01T18:00, end: 2026-03-01T20:00}", "tonight", `6:9: window: must be keys and values: start, end`},
		{"time", "start: 2026-03-01T18:00, end", "start: 1.3.2026, end", `6:17: window.start: "1.3.2026" is not a time`},
		{"time far off", "start: 2026-03-01T18:00, end", "start: 1026-03-01T18:00, end", `6:17: window.start: 1026-03-01T18:00 is not from 1970 to 2199`},
		{"skipped time", "start: 2026-03-01T18:00, end", "start: 2026-03-29T02:30, end", `window.start: clocks in Europe/Berlin skip 2026-03-29T02:30`},
		{"key twice", "system: billing\n", "system: billing\nsystem: other\n", `5:1: plan: the key "system" is given twice`},
		{"phases is no list", "phases:\n  - {", "phases:\n  {", `8:3: phases: must be a list`},
		{"phase before", "start: 2026-03-01T18:00, duration", "start: 2026-03-01T17:00, duration", `8:36: phases[0].start: is before window.start`},
		{"phase after", "start: 2026-03-01T18:00, duration", "start: 2026-03-01T21:00, duration", `8:36: phases[0].start: is after window.end`},
		{"phase too long", "90m", "3h", `8:64: phases[0].duration: ends 1h after window.end`},
		{"long duration", "90m", "9999d", `is longer than 3660d`},
		{"duration is a list", "90m", "[90m]", `8:64: phases[0].duration: must be a duration such as 90m, not a list`},
		{"weight", "duration: 90m", "duration: 90m, weight: much", `phases[0].weight: must be a whole number, not "much"`},
		{"negative weight", "duration: 90m", "duration: 90m, weight: -1", `phases[0].weight: must be a whole number, not "-1"`},
		{"truth", "duration: 90m", "duration: 90m, public: yes", `phases[0].public: must be true or false, not "yes"`},
		{"hyphen in key", "duration: 90m", "duration: 90m, point-of-no-return: true", `did you mean "point_of_no_return"?`},
		{"control character", "title: PostgreSQL 16", `title: "a\u0007b"`, `3:8: title: has control characters`},
		{"two documents", "phases:", "---\nphases:", `8:1: plan: one file holds one plan`},
		{"unknown alias", "title: PostgreSQL 16", "title: *t", `3:8: plan: nothing is anchored as &t before`},
		{"merge key", "system: billing\n", "system: billing\n<<: {drill: true}\n", `5:1: <<: is not a key`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, problems := plan.Parse([]byte(edit(t, tt.old, tt.new)))
			if p != nil || len(problems) != 1 || !strings.Contains(problems[0].String(), tt.want) {
				t.Errorf("Parse = %v, want the one problem %q, got:\n%s", p, tt.want, format(problems))
			}
		})
	}
}

func TestReferences(t *testing.T) {
	tests := []struct{ name, add, want string }{
		{"phase twice", "  - {id: copy, title: Again, start: 2026-03-01T18:00, duration: 1m}", `9:10: phases[1].id: "copy" is the id of phases[0] already`},
		{"owner", "  - {id: b, title: B, start: 2026-03-01T18:00, duration: 1m, owner: dba}", `9:69: phases[1].owner: "dba" is not a role in roster`},
		{"cycle", "  - {id: b, title: B, start: 2026-03-01T20:00, duration: 0m, after: [c]}\n  - {id: c, title: C, start: 2026-03-01T20:00, duration: 0m, after: [b]}", `9:69: phases[1].after: goes in a circle: b after c after b`},
		{"after itself", "  - {id: b, title: B, start: 2026-03-01T20:00, duration: 0m, after: [b]}", `9:69: phases[1].after: goes in a circle: b after b`},
		{"gate", "gates: [{id: g, title: G, at: 2026-03-01T18:00, before: kopy}]", `9:57: gates[0].before: "kopy" is not in phases`},
		{"decider", "gates: [{id: g, title: G, at: 2026-03-01T18:00, decider: boss}]", `gates[0].decider: "boss" is not a role in roster`},
		{"evidence of two kinds", "gates: [{id: g, title: G, at: 2026-03-01T18:00, evidence: [{junit: a, check: b}]}]", `gates[0].evidence[0]: must have one of junit, signoff and check`},
		{"evidence of none", "gates: [{id: g, title: G, at: 2026-03-01T18:00, evidence: [{build: b}]}]", `gates[0].evidence[0]: must have one of`},
		{"tests of a signoff", "gates: [{id: g, title: G, at: 2026-03-01T18:00, evidence: [{signoff: a, min_tests: 3}]}]", `min_tests and cases go with junit only`},
		{"contingency", "contingencies: [{id: c, trigger: 'phase.overdue:split:90m', action: back}]", `9:34: contingencies[0].trigger: "split" is not in phases`},
		{"trigger type", "contingencies: [{id: c, trigger: 'phase.slow:copy', action: back}]", `"phase.slow" is not a type of event a trigger can have`},
		{"trigger without object", "contingencies: [{id: c, trigger: phase.late, action: back}]", `"phase.late" must name its object: phase.late:id`},
		{"trigger outcome", "contingencies: [{id: c, trigger: 'phase.finished:copy:bad', action: back}]", `"bad" is neither a duration nor one of success, failure, canceled, skipped`},
		{"trigger of another upgrade", "contingencies: [{id: c, trigger: 'upgrade.silent:pg17:1h', action: back}]", `"pg17" is neither this upgrade nor what can follow upgrade.silent`},
		{"likelihood", "risks: [{id: r, text: R, likelihood: 6}]", `9:38: risks[0].likelihood: must be from 1 to 5`},
		{"likelihood zero", "risks: [{id: r, text: R, likelihood: 0}]", `risks[0].likelihood: must be from 1 to 5`},
		{"risk owner", "risks: [{id: r, text: R, owner: boss}]", `risks[0].owner: "boss" is not a role in roster`},
		{"channel", "audiences: [{id: users, channels: [email, pager]}]", `9:43: audiences[0].channels[1]: "pager" is not one of slack, email, webhook`},
		{"role", "audiences: [{id: testers, role: tester}]", `9:33: audiences[0].role: "tester" is not one of users, teams`},
		{"no cadence", "audiences: [{id: users, cadence: {live: 0m}}]", `9:41: audiences[0].cadence.live: must be longer than 0m`},
		{"address", "roster: {lead: {person: lead@example.org}}", `9:25: roster.lead.person: is an address`},
		{"impact", "impact: {default: bad}", `9:19: impact.default: "bad" is not one of no_impact, reduced_redundancy, degraded, outage`},
		{"target", "objectives: [{id: o, text: O, target: many}]", `objectives[0].target: "many" is not a comparison`},
		{"survey mode", "survey: {mode: secret}", `9:16: survey.mode: "secret" is not one of named, confidential, anonymous`},
		{"survey of nobody", "survey: {audiences: {all: [effort]}}", `9:27: survey.audiences.all: "all" is not one of users, teams`},
		{"three questions", "survey: {questions: [satisfaction, effort, disruption, communication]}", `9:56: survey.questions[3]: is one too many`},
		{"survey closed at once", "survey: {ask_after: 4h, close_after: 4h}", `9:38: survey.close_after: is not after survey.ask_after`},
		{"similar", "similar: [PG15]", `9:11: similar[0]: "PG15" is not an id`},
		{"empty item", "similar: [pg15, ]\ncomponents: [null]", `10:14: components[0]: is empty`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, problems := plan.Parse([]byte(minimal + tt.add + "\n"))
			if p != nil || len(problems) != 1 || !strings.Contains(problems[0].String(), tt.want) {
				t.Errorf("Parse = %v, want the one problem %q, got:\n%s", p, tt.want, format(problems))
			}
		})
	}
}

func TestAdviceLeavesThePlanValid(t *testing.T) {
	tests := []struct{ name, add, want string }{
		{"rollback", "rollback: {duration: 90m, buffer: 1h}", `9:22: rollback.duration: with its buffer needs 2h30m, but window.start to window.end is only 2h`},
		{"point of no return", "  - {id: b, title: B, start: 2026-03-01T19:30, duration: 0m, point_of_no_return: true}\nrollback: {duration: 1h}", `with its buffer needs 1h, but b to window.end is only 30m`},
		{"overlap", "  - {id: b, title: B, start: 2026-03-01T19:00, duration: 0m, after: [copy]}", `9:70: phases[1].after[0]: copy is planned to end after b starts`},
		{"host", "impact: {do_before: [log off from db1.example.org]}", `9:22: impact.do_before[0]: "db1.example.org" is a host name: not all who read this know what it is`},
		{"ticket", "impact: {odd_after: [fine, see OPS-123]}", `impact.odd_after[1]: "OPS-123" is a ticket number`},
		{"match", "audiences: [{id: users, match: {color: red}}]", `9:40: audiences[0].match.color: nobody is ever told: a match is for one of component, phase`},
		{"match of no phase", "audiences: [{id: users, match: {phase: none}}]", `9:40: audiences[0].match.phase: nobody is ever told: "none" is no phase`},
		{"match of no component", "audiences: [{id: users, match: {component: none}}]", `9:44: audiences[0].match.component: nobody is ever told: "none" is no component`},
		{"cadence", "audiences: [{id: users, cadence: {live: 1h, pausd: 2h}}]", `9:52: audiences[0].cadence.pausd: nobody is ever promised this: a cadence is for one of live, in_progress, paused, verifying, rolling_back`},
		{"person", "roster: {lead: {person: The lead}}", `roster.lead.person: "The lead" is not a role name`},
		{"question", "survey: {questions: [Did your reports run?]}", `9:22: survey.questions[0]: "Did your reports run?" is not asked: choose of disruption, communication, effort`},
		{"time shown twice", "gates: [{id: g, title: G, at: 2025-10-26T02:30}]", `gates[0].at: clocks in Europe/Berlin show 2025-10-26T02:30 twice`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, problems := plan.Parse([]byte(minimal + tt.add + "\n"))
			if p == nil || len(problems) != 1 || !problems[0].Advice || !strings.Contains(problems[0].String(), tt.want) {
				t.Errorf("Parse = %v, want a plan and the advice %q, got:\n%s", p, tt.want, format(problems))
			}
		})
	}
}

func TestPhaseOfNoLengthMayStandAtTheEnd(t *testing.T) {
	p, problems := plan.Parse([]byte(minimal + "  - {id: up, title: Up, start: 2026-03-01T20:00, duration: 0m}\n"))
	if p == nil || len(problems) > 0 {
		t.Errorf("Parse = %v, want a plan without problems, got:\n%s", p, format(problems))
	}
}

func TestTimes(t *testing.T) {
	tests := []struct{ name, written, want string }{
		{"winter", "2026-03-01T18:00", "2026-03-01T17:00:00Z"},
		{"summer", "2026-06-01T18:00", "2026-06-01T16:00:00Z"},
		{"seconds", "2026-03-01T18:00:30", "2026-03-01T17:00:30Z"},
		{"offset", "2026-03-01T18:00-05:00", "2026-03-01T23:00:00Z"},
		{"offset and seconds", "2026-03-01T18:00:00+02:00", "2026-03-01T16:00:00Z"},
		{"UTC", "2026-03-01T18:00Z", "2026-03-01T18:00:00Z"},
		{"quoted", `"2026-03-01T18:00"`, "2026-03-01T17:00:00Z"},
		{"first of two", "2025-10-26T02:30", "2025-10-26T00:30:00Z"},
		{"second of two", "2025-10-26T02:30+01:00", "2025-10-26T01:30:00Z"},
		{"just before the gap", "2026-03-29T01:59", "2026-03-29T00:59:00Z"},
		{"just after the gap", "2026-03-29T03:00", "2026-03-29T01:00:00Z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, problems := plan.Parse([]byte(minimal + "gates: [{id: g, title: G, at: " + tt.written + "}]\n"))
			if p == nil {
				t.Fatalf("problems:\n%s", format(problems))
			}
			if got := p.Gates[0].At.Format(time.RFC3339); got != tt.want {
				t.Errorf("%s is %s, want %s", tt.written, got, tt.want)
			}
		})
	}
}

func TestPlacesInOtherStyles(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"JSON", "{\n\t\"id\": \"X\", \"zone\": \"Mars\"}", "2:8: id,2:21: zone"},
		{"CRLF", "# c\r\nid: X\r\nzone: Mars\r\n", "2:5: id,3:7: zone"},
		{"block text before", "title: |\n  two\n  lines\n\n# c\nid: X\nzone: Mars\n", "6:5: id,7:7: zone"},
		{"folded text before", "title: >-\n  two\n  lines\nid: X\nzone: Mars\n", "4:5: id,5:7: zone"},
		{"quoted text over lines", "title: \"two\n  lines\"\nid: X\nzone: Mars\n", "3:5: id,4:7: zone"},
		{"document marker", "---\nid: X\nzone: Mars\n", "2:5: id,3:7: zone"},
		{"wide letters", "{title: Größe 漢字, id: X, zone: Mars}", "1:23: id,1:32: zone"},
		{"byte order mark", "\ufeffid: X\nzone: Mars\n", "1:5: id,2:7: zone"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, problems := plan.Parse([]byte(tt.text))
			var places []string
			for _, p := range problems {
				if p.Path == "id" || p.Path == "zone" {
					places = append(places, fmt.Sprintf("%d:%d: %s", p.Line, p.Column, p.Path))
				}
			}
			if got := strings.Join(places, ","); got != tt.want {
				t.Errorf("places = %s, want %s; problems:\n%s", got, tt.want, format(problems))
			}
		})
	}
}

func TestNotAPlan(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"nothing", "", "1:1: plan: is empty"},
		{"a comment", "# only\n", "1:1: plan: is empty"},
		{"a word", "hello", "1:1: plan: must be keys and values, not text"},
		{"a list", "- a", "1:1: plan: must be keys and values, not a list"},
		{"open bracket", "id: [a", "1:5: plan: "},
		{"not UTF-8", "id: \xff", "1:1: plan: is not UTF-8"},
		{"too long", "id: " + strings.Repeat("x", 1<<20), "1:1: plan: has 1048580 bytes, at most 1048576 are allowed"},
		{"too many lines", strings.Repeat("a: b\n", 20001), "1:1: plan: has 20001 lines, at most 20000 are allowed"},
		{"too deep", strings.Repeat("[", 1<<19), "1:1: plan: is too deep"},
		{"too many dashes", "id:\n" + strings.Repeat("- ", 1<<18), "2:1: plan: is too deep"},
		{"an alias in itself", "id: &id [*id]", "1:10: plan: nothing is anchored as &id before"},
		{"too many anchors", "id: " + strings.Repeat("&a ", 1<<18), "1:1: plan: is too deep"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, problems := plan.Parse([]byte(tt.text))
			if p != nil || len(problems) != 1 || !strings.HasPrefix(problems[0].String(), tt.want) {
				t.Errorf("Parse = %v, want the one problem %q, got:\n%.500s", p, tt.want, format(problems))
			}
		})
	}
}

func TestAliases(t *testing.T) {
	p, problems := plan.Parse([]byte(minimal +
		"  - {id: up, title: &name Everything up, start: 2026-03-01T20:00, duration: 0m, after: &first [copy]}\n" +
		"  - {id: out, title: *name, start: 2026-03-01T20:00, duration: 0m, after: *first}\n"))
	if p == nil || p.Phases[2].Title != "Everything up" || !slices.Equal(p.Phases[2].After, p.Phases[1].After) {
		t.Errorf("Parse = %+v, problems:\n%s", p, format(problems))
	}
}

// A bomb of aliases names a value that would fill the memory, were all of it
// expanded.
func TestAliasBombIsRefused(t *testing.T) {
	var bomb strings.Builder
	bomb.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := range 12 {
		fmt.Fprintf(&bomb, "a%d: &a%d [%s]\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i), 10), ", "))
	}
	_, problems := plan.Parse([]byte(bomb.String()))
	if !slices.ContainsFunc(problems, func(p plan.Problem) bool { return p.Message == "is too large or too deep" }) {
		t.Errorf("want a problem of its size, got:\n%.1000s", format(problems))
	}
}

func TestProblemsAreBounded(t *testing.T) {
	_, problems := plan.Parse([]byte(minimal + strings.Repeat("  - {}\n", 1000)))
	if len(problems) != 201 || !strings.Contains(problems[200].Message, "more problems") {
		t.Errorf("got %d problems, want 200 and how many more", len(problems))
	}
}

func TestLargePlanTakesNoTime(t *testing.T) {
	var b strings.Builder
	b.WriteString(minimal)
	for i := range 5000 {
		fmt.Fprintf(&b, "  - {id: p%d, title: Phase, start: 2026-03-01T20:00, duration: 0m, after: [p%d]}\n", i, (i+1)%5000)
	}
	begin := time.Now()
	_, problems := plan.Parse([]byte(b.String()))
	if len(problems) != 1 || !strings.Contains(problems[0].Message, "circle") {
		t.Errorf("want one circle, got:\n%.1000s", format(problems))
	}
	if took := time.Since(begin); took > 20*time.Second {
		t.Errorf("Parse of %d bytes took %s", b.Len(), took)
	}
}
