package main

import (
	"strings"
	"testing"
)

const crewedPlan = `schema: upgradehub/plan/v1
id: pg16
title: Postgres 16
system: orders
zone: UTC
window: {start: 2030-03-03T01:00, end: 2030-03-03T04:00}
roster:
  lead: {person: "@lead", backup: "@nobody"}
  dba: {person: "@mute"}
phases:
  - {id: copy, title: Copy, start: 2030-03-03T01:00, duration: 90m}
audiences:
  - {id: ops, channels: [slack]}
  - {id: teams, channels: [slack]}
  - {id: press, role: users, channels: [email]}
  - {id: board, role: managers, channels: [email], templates: loud}
`

const crewedHub = `people:
  "@lead": {email: lead@example.org}
  "@mute": {zone: UTC}
audiences:
  ops: {role: teams, channels: {slack: [C0123ABC]}}
`

// TestPlanLintAround: hub.yaml and a hub add what a plan cannot know.
func TestPlanLintAround(t *testing.T) {
	file, config := writeFile(t, "pg16.yaml", crewedPlan), writeFile(t, "hub.yaml", crewedHub)
	code, stdout, stderr := hub(t, nil, "plan", "lint", "--config", config, file)
	want := []string{
		file + `:8:35: roster.lead.backup: "@nobody" is nobody of people in hub.yaml: the hub cannot reach them (advice)`,
		file + `:9:17: roster.dba.person: "@mute" has no address in hub.yaml: the hub cannot reach them (advice)`,
		file + `:15:10: audiences[2].id: "press" is no audience of hub.yaml, nor is any for users: only those who subscribed are told (advice)`,
		file + `:16:10: audiences[3].id: "board" is no audience of hub.yaml, nor is any of the role managers: nobody is told (advice)`,
	}
	if got := strings.TrimSpace(stderr); got != strings.Join(want, "\n") {
		t.Errorf("advice:\n%s\nwant:\n%s", got, strings.Join(want, "\n"))
	}
	if fault := `:16:63: audiences[3].templates: "loud" lie in no directory`; code != exitFailed || !strings.Contains(stdout, fault) {
		t.Errorf("exit %d, printed %q, want %q", code, stdout, fault)
	}
	good := wordsDir(t, "loud", map[string]string{"announced.en.md": ownAnnouncement})
	if code, stdout, _ := hub(t, nil, "plan", "lint", "--config", config, "--templates", good, file); code != exitDone || stdout != file+": ok\n" {
		t.Errorf("with the templates: exit %d, printed %q", code, stdout)
	}
	if code, _, stderr := hub(t, nil, "plan", "lint", file); code != exitDone || stderr != "" {
		t.Errorf("without hub.yaml: exit %d, stderr %q", code, stderr)
	}
}

func TestPlanLintClashes(t *testing.T) {
	file, noLessons := writeFile(t, "pg16.yaml", crewedPlan), writeFile(t, "lessons.json", `{"lessons":[]}`)
	f := newFakeHub(t, map[string]string{"POST /api/v1/clashes": `{"clashes":[{"path":"system","message":"orders is worked on at the same time by upgrade pg15"}]}`})
	code, _, stderr := f.hub(t, "plan", "lint", "--lessons", noLessons, file)
	if want := file + ":4:9: system: orders is worked on at the same time by upgrade pg15 (advice)\n"; code != exitDone || stderr != want {
		t.Errorf("exit %d, stderr %q, want %q", code, stderr, want)
	}
	f = newFakeHub(t, map[string]string{"POST /api/v1/clashes": `403{"title":"Forbidden","status":403}`})
	code, _, stderr = f.hub(t, "plan", "lint", "--lessons", noLessons, file)
	if code != exitDone || !strings.Contains(stderr, "system: is not held against other plans: that needs the operator's token (advice)") {
		t.Errorf("without the operator's token: exit %d, stderr %q", code, stderr)
	}
	f.Close()
	code, _, stderr = f.hub(t, "plan", "lint", "--lessons", noLessons, file)
	if code != exitFailed || !strings.Contains(stderr, "no hub answers") {
		t.Errorf("without the hub: exit %d, stderr %q", code, stderr)
	}
}

func TestPlanApplyAdvises(t *testing.T) {
	const path = "POST /api/v1/upgrades/pg16/upgrade.planned"
	f := newFakeHub(t, map[string]string{path: `{"result":"applied","seq":9}`, "POST /api/v1/clashes": `{"clashes":[]}`})
	code, stdout, stderr := f.hub(t, "plan", "apply", "--config", writeFile(t, "hub.yaml", crewedHub),
		writeFile(t, "pg16.yaml", strings.ReplaceAll(crewedPlan, ", templates: loud", "")))
	if code != exitDone || !strings.HasPrefix(stdout, "pg16: applied") || strings.Count(stderr, "(advice)") != 4 {
		t.Errorf("exit %d, printed %q, advice %q, want four", code, stdout, stderr)
	}
}
