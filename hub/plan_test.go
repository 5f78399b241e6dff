package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"upgradehub/events/upgrade"
)

const demoPlan = "demo/plans/fedora-dc-move-2025.yaml"

func TestPlanLintSamples(t *testing.T) {
	files, err := filepath.Glob("demo/plans/*.yaml")
	if err != nil || len(files) != 3 {
		t.Fatalf("sample plans = %v, %v, want three", files, err)
	}
	code, stdout, stderr := hub(t, nil, append([]string{"plan", "lint"}, files...)...)
	if code != exitDone || strings.Count(stdout, ": ok\n") != 3 {
		t.Errorf("hub plan lint: exit %d, printed %q, stderr %q, want three times ok", code, stdout, stderr)
	}
}

// faultyPlan is the demonstration's plan with five faults planted.
func faultyPlan(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile(demoPlan)
	if err != nil {
		t.Fatal(err)
	}
	planted := strings.NewReplacer(
		"zone: UTC", "zone: Mars/Base",
		"default: degraded", "default: terrible",
		"duration: 20h", "duration: soon",
		"after: [applications]", "after: [nobody]",
		"likelihood: 3", "likely: 3",
	)
	return writeFile(t, "faulty.yaml", planted.Replace(string(text)))
}

func TestPlanLintFaults(t *testing.T) {
	file := faultyPlan(t)
	code, stdout, _ := hub(t, nil, "plan", "lint", file)
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	if code != exitFailed || len(lines) != 5 {
		t.Fatalf("hub plan lint: exit %d, printed\n%s\nwant exit 1 and five faults", code, stdout)
	}
	for _, line := range lines {
		if !strings.HasPrefix(line, file+":") || strings.Count(line, ":") < 4 {
			t.Errorf("%q is not file:line:col: path: message", line)
		}
	}
}

func TestPlanLintJSON(t *testing.T) {
	code, stdout, _ := hub(t, nil, "plan", "lint", "--json", faultyPlan(t), demoPlan)
	var found []finding
	if err := json.Unmarshal([]byte(stdout), &found); err != nil || code != exitFailed {
		t.Fatalf("hub plan lint --json: exit %d, %v, printed %q", code, err, stdout)
	}
	if countFaults(found) != 5 || found[0].Line == 0 || found[0].Column == 0 {
		t.Errorf("found %+v, want five faults with their places", found)
	}
	if code, stdout, _ := hub(t, nil, "plan", "lint", "--json", demoPlan); code != exitDone || !strings.HasPrefix(stdout, "[") {
		t.Errorf("hub plan lint --json of a good plan: exit %d, printed %q", code, stdout)
	}
}

func TestPlanMissing(t *testing.T) {
	if code, _, stderr := hub(t, nil, "plan", "lint", "missing.yaml"); code != exitFailed || !strings.Contains(stderr, "missing.yaml") {
		t.Errorf("exit %d, stderr %q", code, stderr)
	}
}

func TestPlanApply(t *testing.T) {
	const path, page = "POST /api/v1/upgrades/dc-move-2025/upgrade.planned", "GET /api/v1/upgrades/dc-move-2025"
	f := newFakeHub(t, map[string]string{path: `{"result":"applied","seq":9}`})
	code, stdout, stderr := f.hub(t, "plan", "apply", demoPlan, "--reason", "because")
	if code != exitDone || !strings.HasPrefix(stdout, "dc-move-2025: applied as fact 9\n") {
		t.Fatalf("exit %d, printed %q, stderr %q", code, stdout, stderr)
	}
	if !strings.Contains(stdout, "/upgrades/dc-move-2025/windows\n") {
		t.Errorf("printed %q, want where to look for better hours", stdout)
	}
	if len(f.asked) != 5 || f.asked[1].line != "POST /api/v1/clashes" || f.asked[2].line != page || f.asked[3].line != path || f.asked[3].id == "" {
		t.Fatalf("asked %+v, want the lessons, the clashes, the page, the event, the page", f.asked)
	}
	var sent struct{ Plan, Reason string }
	text, err := os.ReadFile(demoPlan)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(f.asked[3].body), &sent); err != nil || sent.Plan != string(text) || sent.Reason != "because" {
		t.Errorf("sent %q, %v; want the file as it stands, and the reason", f.asked[3].body, err)
	}
}

func TestPlanApplyRefuses(t *testing.T) {
	f := newFakeHub(t, nil)
	code, stdout, _ := f.hub(t, "plan", "apply", faultyPlan(t))
	if code != exitFailed || strings.Count(stdout, "\n") != 5 || len(f.asked) > 0 {
		t.Errorf("exit %d, printed %q, sent %v; want exit 1, five faults, nothing sent", code, stdout, f.asked)
	}
}

func TestPlanChanges(t *testing.T) {
	const base = `{"title":"T","revision":1,"window":{"start":"2026-03-01T01:00:00Z","end":"2026-03-01T04:00:00Z"},"phases":[
		{"id":"a","title":"A","planned":{"start":"2026-03-01T01:00:00Z","end":"2026-03-01T02:00:00Z"}},
		{"id":"b","title":"B","planned":{"start":"2026-03-01T02:00:00Z","end":"2026-03-01T03:00:00Z"}}]}`
	tests := []struct {
		name, before, after string
		want                []string
	}{
		{"new", "{}", base, []string{"new: T, 2026-03-01 01:00 to 2026-03-01 04:00 UTC, 2 phases"}},
		{"the same", base, base, []string{"nothing changed"}},
		{"hidden", base, strings.Replace(base, `"revision":1`, `"revision":2`, 1), []string{"revision 2", "nothing that visitors see"}},
		{"much", base, strings.NewReplacer(`"revision":1`, `"revision":2`, `"T"`, `"U"`, `T04:00`, `T05:00`, `"id":"b"`, `"id":"c"`, `T02:00`, `T01:30`).Replace(base), []string{
			"revision 2", "title: T -> U",
			"window: 2026-03-01 01:00 to 2026-03-01 04:00 UTC -> 2026-03-01 01:00 to 2026-03-01 05:00 UTC",
			"phase a: 2026-03-01 01:00 to 2026-03-01 02:00 UTC -> 2026-03-01 01:00 to 2026-03-01 01:30 UTC",
			"phase c: new, 2026-03-01 01:30 to 2026-03-01 03:00 UTC",
			"phase b: no longer planned",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := planChanges(publicOf(t, tt.before), publicOf(t, tt.after))
			if strings.Join(got, "\n") != strings.Join(tt.want, "\n") {
				t.Errorf("planChanges:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}

func publicOf(t testing.TB, text string) upgrade.Public {
	t.Helper()
	p, err := decode[upgrade.Public]([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}
