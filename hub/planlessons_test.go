package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"upgradehub/events/plan"
)

// twoLessons are of the system of shortPlan: one accepted, one not.
const twoLessons = `{"lessons":[
	{"id":"1faf74d047e7","upgrade":"pg16","system":"orders","kind":"phase-overrun","status":"accepted","text":"Plan 2h for \"Import\"","evidence":"took 1 h 50 min",
	 "requirement":{"kind":"phase_duration","object":"import","was":"1h","want":"2h"},"proposed":"2026-03-01T00:00:00Z"},
	{"id":"d5074b3ca036","upgrade":"pg16","system":"orders","kind":"told-late","status":"proposed","text":"Announce it 3d ahead","evidence":"6 of 6",
	 "requirement":{"kind":"notice","want":"3d"},"proposed":"2026-03-01T00:00:00Z"},
	{"id":"755d474e84ba","upgrade":"m1","system":"mail","kind":"told-late","status":"accepted","text":"Announce it 3d ahead","evidence":"6 of 6",
	 "requirement":{"kind":"notice","want":"3d"},"proposed":"2026-03-01T00:00:00Z"}]}`

const shortPlan = `schema: upgradehub/plan/v1
id: pg17
title: Database 16 to 17
system: orders
zone: UTC
window: {start: 2026-05-09T22:00, end: 2026-05-10T02:00}
phases:
  - {id: import, title: Import, start: 2026-05-09T22:00, duration: 1h} # as in March
`

const lessonsPath = "GET /api/v1/lessons?status=accepted&system=orders"

func TestPlanLintWithLessons(t *testing.T) {
	file, saved := writeFile(t, "plan.yaml", shortPlan), writeFile(t, "lessons.json", twoLessons)
	waived := writeFile(t, "waived.yaml", shortPlan+"lessons:\n  - {id: 1faf74d047e7, waived_by: \"@lead\", reason: the rows are gone}\n")
	needless := writeFile(t, "needless.yaml", strings.Replace(shortPlan, "duration: 1h", "duration: 2h", 1)+"lessons:\n  - {id: ffffffffffff, waived_by: \"@lead\", reason: x}\n")
	f := newFakeHub(t, map[string]string{lessonsPath: twoLessons})
	want := file + ":8:68: phases[0].duration: is 1h, and must be at least 2h: pg16 taught \"Plan 2h for \\\"Import\\\"\" (took 1 h 50 min); " +
		"write it with hub plan patch, or waive lesson 1faf74d047e7 under lessons\n"
	for _, tt := range []struct {
		name           string
		run            func(testing.TB, ...string) (int, string, string)
		args           []string
		code           int
		stdout, stderr string
	}{
		{"alone", offline, []string{file}, exitDone, file + ": ok\n", ""},
		{"with a file", offline, []string{"--lessons", saved, file}, exitFailed, want, ""},
		{"with a hub", f.hub, []string{file}, exitFailed, want, ""},
		{"waived", offline, []string{"--lessons", saved, waived}, exitDone, waived + ": ok\n", ""},
		{"waived without need", offline, []string{"--lessons", saved, needless}, exitDone, needless + ": ok\n", "no accepted lesson of the system has this id (advice)"},
		{"no lessons there", offline, []string{"--lessons", file, file}, exitFailed, "", "is not what hub lessons --json saves"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, stdout, stderr := tt.run(t, append([]string{"plan", "lint"}, tt.args...)...)
			if code != tt.code || stdout != tt.stdout || !strings.Contains(stderr, tt.stderr) {
				t.Errorf("exit %d, printed %q, stderr %q; want %d, %q, %q", code, stdout, stderr, tt.code, tt.stdout, tt.stderr)
			}
		})
	}
}

func offline(t testing.TB, args ...string) (int, string, string) { return hub(t, nil, args...) }

// TestPlanApplyWithLessons: a plan that has not learnt is refused before
// anything is sent, and published all the same if somebody insists.
func TestPlanApplyWithLessons(t *testing.T) {
	const path = "POST /api/v1/upgrades/pg17/upgrade.planned"
	file := writeFile(t, "plan.yaml", shortPlan)
	f := newFakeHub(t, map[string]string{lessonsPath: twoLessons, path: `{"result":"applied","seq":9}`})
	if code, stdout, _ := f.hub(t, "plan", "apply", file); code != exitFailed || !strings.Contains(stdout, "waive lesson 1faf74d047e7") || slices.ContainsFunc(f.asked, func(r request) bool { return r.line == path }) {
		t.Errorf("exit %d, printed %q, asked %v; want a refusal and nothing sent", code, stdout, f.asked)
	}
	if code, stdout, stderr := f.hub(t, "plan", "apply", "--force", file); code != exitDone || !strings.HasPrefix(stdout, "pg17: applied") || !strings.Contains(stderr, "(advice)") {
		t.Errorf("exit %d, printed %q, stderr %q; want it applied, with advice", code, stdout, stderr)
	}
	f = newFakeHub(t, map[string]string{lessonsPath: `403{"title":"Forbidden"}`, path: `{"result":"applied","seq":9}`})
	if code, _, stderr := f.hub(t, "plan", "apply", file); code != exitDone || !strings.Contains(stderr, "is not checked") {
		t.Errorf("exit %d, stderr %q; want a publisher to publish", code, stderr)
	}
}

func TestPlanPatch(t *testing.T) {
	file, saved := writeFile(t, "plan.yaml", shortPlan), writeFile(t, "lessons.json", twoLessons)
	want := strings.Replace(shortPlan, "duration: 1h}", "duration: 2h}", 1)
	if code, stdout, stderr := offline(t, "plan", "patch", "--lessons", saved, file); code != exitDone || stdout != want {
		t.Errorf("exit %d, printed\n%s\nstderr %q, want the longer import alone", code, stdout, stderr)
	}
	f := newFakeHub(t, map[string]string{"GET /api/v1/lessons": twoLessons})
	code, stdout, stderr := f.hub(t, "plan", "patch", "-w", "--lesson", "d5074b3ca036", file)
	text, err := os.ReadFile(file)
	if code != exitDone || stdout != "" || err != nil || string(text) != shortPlan+"announce: {notice: 3d}\n" {
		t.Errorf("exit %d, printed %q, stderr %q, wrote\n%s", code, stdout, stderr, text)
	}
	if p, problems := plan.Parse(text); p == nil {
		t.Error(problems)
	}
	if code, _, stderr := f.hub(t, "plan", "patch", "--lesson", "000000000000", file); code != exitFailed || !strings.Contains(stderr, "hub lessons") {
		t.Errorf("exit %d, stderr %q for an unknown lesson", code, stderr)
	}
	if code, _, _ := offline(t, "plan", "patch", "--lessons", saved, faultyPlan(t)); code != exitFailed {
		t.Errorf("exit %d for a plan with faults", code)
	}
}
