package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"upgradehub/notifiers/rehearsal"
)

const demoEvents = "demo/replays/fedora-dc-move-2025.jsonl"

func rehearsed(t testing.TB, args ...string) (int, rehearsal.Report, string) {
	t.Helper()
	code, stdout, stderr := hub(t, nil, append([]string{"plan", "rehearse", "--json"}, args...)...)
	var r rehearsal.Report
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		t.Fatalf("hub plan rehearse %v: exit %d, %v, stderr %q", args, code, err, stderr)
	}
	return code, r, stderr
}

// TestPlanRehearseSamples: the noise budgets hold for the sample plans, with
// the checks of the channels, in every story.
func TestPlanRehearseSamples(t *testing.T) {
	files, err := filepath.Glob("demo/plans/*.yaml")
	if err != nil || len(files) != 3 {
		t.Fatalf("sample plans = %v, %v, want three", files, err)
	}
	for _, file := range files {
		code, r, stderr := rehearsed(t, file)
		if code != exitDone || !r.OK || len(r.Stories) != 3 || stderr != "" {
			t.Errorf("%s: exit %d, %d stories, stderr %q", file, code, len(r.Stories), stderr)
		}
		for _, s := range r.Stories {
			for _, who := range s.People {
				for _, m := range who.Messages {
					if len(m.Limits) > 0 || m.Error != "" || m.Headline == "" {
						t.Errorf("%s, %s: %s to %s: limits %q, error %q", file, s.Story, m.Moment, who.Person, m.Limits, m.Error)
					}
				}
			}
		}
	}
}

func TestPlanRehearseForms(t *testing.T) {
	code, stdout, _ := hub(t, nil, "plan", "rehearse", demoPlan, "--story", "happy")
	for _, want := range []string{"HAPPY: ", "users by email: 3 of 3 messages", "contributors by slack: 1 of 1 root messages, 1 of 4 broadcasts"} {
		if code != exitDone || !strings.Contains(stdout, want) {
			t.Errorf("exit %d, printed\n%s\nwant %q", code, stdout, want)
		}
	}
	code, stdout, _ = hub(t, nil, "plan", "rehearse", demoPlan, "--html")
	if code != exitDone || !strings.HasPrefix(stdout, "<!DOCTYPE html>") || strings.Contains(stdout, "<script") {
		t.Errorf("--html: exit %d, printed %.200q", code, stdout)
	}
}

func TestPlanRehearseEvents(t *testing.T) {
	code, r, _ := rehearsed(t, demoPlan, "--events", demoEvents)
	if code != exitDone || len(r.Stories) != 1 || len(r.Stories[0].Anomalies) > 0 {
		t.Fatalf("exit %d, %+v, want the recorded story", code, r.Stories)
	}
	var users []string
	for _, m := range r.Stories[0].People[0].Messages {
		users = append(users, string(m.Moment))
	}
	if got := strings.Join(users, " "); got != "announced reminder moved overdue completed" {
		t.Errorf("users get %q", got)
	}
	code, stdout, stderr := hub(t, nil, "plan", "rehearse", "demo/plans/gitlab-gitaly-2025.yaml", "--events", demoEvents)
	if code != exitFailed || stdout != "" || !strings.Contains(stderr, `line 1: is about upgrade "dc-move-2025", not "gitaly-os-2025"`) {
		t.Errorf("events of another upgrade: exit %d, stderr %q", code, stderr)
	}
	bad := writeFile(t, "bad.jsonl", `{"subject":"upgrades.dc-move-2025.phase.started","time":"2025-06-30T04:04:50Z","data":{"phase":7}}`)
	if code, _, stderr := hub(t, nil, "plan", "rehearse", demoPlan, "--events", bad); code != exitFailed || !strings.Contains(stderr, "line 1: phase: must be text") {
		t.Errorf("a bad event: exit %d, stderr %q", code, stderr)
	}
}

// TestPlanRehearseOverBudget names who gets too much, the count and the
// budget. Secrets that hub.yaml points to are not needed.
func TestPlanRehearseOverBudget(t *testing.T) {
	config := writeFile(t, "hub.yaml", `
smtp_file: /nowhere/smtp
people:
  "@infra-lead": {email: lead@example.org, slack: U0LEAD}
audiences:
  users: {channels: {email: [everyone@example.org]}}
`)
	var chatter strings.Builder
	for n := range 4 {
		fmt.Fprintf(&chatter, `{"subject":"upgrades.dc-move-2025.update.posted","time":"2025-06-29T1%d:00:00Z","data":{"text":"word %d","audiences":["users"]}}`+"\n", n, n)
	}
	file := writeFile(t, "events.jsonl", chatter.String())
	code, r, stderr := rehearsed(t, demoPlan, "--config", config, "--events", file)
	want := "hub: over budget: events: everyone@example.org gets 6 messages as users, the budget is 3\n"
	if code != exitFailed || r.OK || stderr != want {
		t.Errorf("exit %d, stderr %q, want %q", code, stderr, want)
	}
	if code, stdout, _ := hub(t, map[string]string{"HUB_CONFIG": config}, "plan", "rehearse", demoPlan, "--events", file); code != exitFailed || !strings.Contains(stdout, "OVER BUDGET") {
		t.Errorf("exit %d, printed\n%s", code, stdout)
	}
	broken := writeFile(t, "hub.yaml", "audiences: {users: {channels: {pigeon: [x]}}}")
	if code, _, stderr := hub(t, nil, "plan", "rehearse", demoPlan, "--config", broken); code != exitUsage || !strings.Contains(stderr, `"pigeon"`) {
		t.Errorf("a broken hub.yaml: exit %d, stderr %q", code, stderr)
	}
}

func TestPlanRehearseRefusesFaults(t *testing.T) {
	file := faultyPlan(t)
	if code, stdout, _ := hub(t, nil, "plan", "rehearse", file); code != exitFailed || strings.Count(stdout, "\n") != 5 {
		t.Errorf("exit %d, printed %q, want exit 1 and five faults", code, stdout)
	}
	if code, stdout, _ := hub(t, nil, "plan", "rehearse", file, "--json"); code != exitFailed || !strings.HasPrefix(stdout, "[") {
		t.Errorf("--json: exit %d, printed %q", code, stdout)
	}
}
