package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"upgradehub/events/plan"
	"upgradehub/hub/api"
	"upgradehub/hub/report"
)

// TestPlanDiff: two files, and an upgrade that ran beside the next plan.
func TestPlanDiff(t *testing.T) {
	before, after := writeFile(t, "old.yaml", shortPlan), writeFile(t, "new.yaml", strings.NewReplacer(
		"duration: 1h", "duration: 2h", "window: {start: 2026-05-09T22:00", "announce: {notice: 3d}\nwindow: {start: 2026-05-09T22:00", "title: Database 16 to 17", "title: Database 17 to 18",
	).Replace(shortPlan))
	parsed, _ := plan.Parse([]byte(shortPlan))
	planned, err := json.Marshal(api.Planned{Upgrade: "pg17", Revision: 2, Plan: parsed})
	if err != nil {
		t.Fatal(err)
	}
	reported, err := json.Marshal(report.Report{Lengths: []report.Length{{Actual: 3*3600 + 290}, {Phase: "import", Actual: 6610}, {Phase: "check"}}})
	if err != nil {
		t.Fatal(err)
	}
	f := newFakeHub(t, map[string]string{"GET /api/v1/upgrades/pg17/plan": string(planned), "GET /api/v1/upgrades/pg17/report": string(reported)})
	var all strings.Builder
	for _, tt := range []struct {
		name string
		args []string
		code int
	}{
		{"the same", []string{before, before}, exitDone},
		{"files", []string{before, after}, exitFailed},
		{"an upgrade that ran and its own plan", []string{"pg17", before}, exitDone},
		{"an upgrade that ran and the next plan", []string{"pg17", after}, exitFailed},
		{"the same as JSON", []string{"pg17", after, "--json"}, exitFailed},
		{"neither a file nor an upgrade", []string{before, "pg99"}, exitFailed},
		{"a plan with faults", []string{before, faultyPlan(t)}, exitFailed},
	} {
		code, stdout, stderr := f.hub(t, append([]string{"plan", "diff"}, tt.args...)...)
		if code != tt.code {
			t.Errorf("%s: exit %d, printed %q, stderr %q, want exit %d", tt.name, code, stdout, stderr, tt.code)
		}
		if stdout != "" {
			all.WriteString("# " + tt.name + "\n" + stdout + "\n")
		} else if stderr == "" {
			t.Errorf("%s: nothing is said", tt.name)
		}
	}
	const path = "testdata/plandiff.txt"
	if *updateWindow {
		if err := os.WriteFile(path, []byte(all.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(path); err != nil || string(want) != all.String() {
		t.Errorf("%s differs (%v); run 'go test ./hub -run TestPlanDiff -update' if that is meant\n got:\n%s", path, err, all.String())
	}
}
