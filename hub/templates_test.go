package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"upgradehub/notifiers/wording"
)

// wordsDir is a directory with one set of templates, by file name.
func wordsDir(t testing.TB, set string, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, set), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, set, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const ownAnnouncement = "# Heads-up: {{title}}\n{{impact}}\n{{window}}\n"

func TestTemplatesLint(t *testing.T) {
	dir := wordsDir(t, "default", map[string]string{"announced.en.md": ownAnnouncement})
	code, stdout, stderr := hub(t, nil, "templates", "lint", dir)
	if code != exitDone || !strings.Contains(stdout, filepath.Join(dir, "default")+": ok, 1 templates") {
		t.Errorf("lint: exit %d, printed %q, stderr %q", code, stdout, stderr)
	}
	dir = wordsDir(t, "default", map[string]string{"started.en.md": "# OPS-123: {{titel}}\n{{impact}}\n"})
	code, stdout, _ = hub(t, nil, "templates", "lint", dir)
	for _, want := range []string{"default/started.en.md:1:3: the ticket number", "default/started.en.md:1:12: {{titel}} is unknown", "lacks {{promise}}"} {
		if code != exitFailed || !strings.Contains(stdout, want) {
			t.Errorf("lint: exit %d, no %q in\n%s", code, want, stdout)
		}
	}
	code, stdout, _ = hub(t, nil, "templates", "lint", "--json", dir)
	var faults []wording.Fault
	if err := json.Unmarshal([]byte(stdout), &faults); err != nil || code != exitFailed || len(faults) != 3 {
		t.Errorf("lint --json: exit %d, %v, %d faults, want 3", code, err, len(faults))
	}
	if code, stdout, _ = hub(t, nil, "templates", "lint", filepath.Join(dir, "none")); code != exitFailed || !strings.Contains(stdout, "no such file") {
		t.Errorf("lint of nothing: exit %d, printed %q", code, stdout)
	}
}

// TestTemplatesFields: what operators write their templates by.
func TestTemplatesFields(t *testing.T) {
	code, stdout, _ := hub(t, nil, "templates", "fields")
	for _, want := range []string{"\nmoved  ", "new_window, promise\n", "\n{{impact}}  ", " a list, insiders\n"} {
		if code != exitDone || !strings.Contains(stdout, want) {
			t.Errorf("fields: exit %d, no %q in\n%s", code, want, stdout)
		}
	}
	code, stdout, _ = hub(t, nil, "templates", "fields", "--json")
	var list struct {
		Messages []wording.Kind
		Fields   []wording.Field
	}
	if err := json.Unmarshal([]byte(stdout), &list); err != nil || code != exitDone || len(list.Messages) < 40 || len(list.Fields) < 50 {
		t.Errorf("fields --json: exit %d, %v, %d messages, %d fields", code, err, len(list.Messages), len(list.Fields))
	}
}

// TestTemplatesRefused: a hub whose words are faulty does not start.
func TestTemplatesRefused(t *testing.T) {
	good := wordsDir(t, "loud", map[string]string{"announced.en.md": ownAnnouncement})
	bad := wordsDir(t, "loud", map[string]string{"announced.en.md": "# {{title}}\n{{window}}\n"})
	audience := "audiences:\n  users: {channels: {email: [a@example.org]}, templates: loud}\n"
	tests := []struct{ name, yaml, want string }{
		{"good", "templates: " + good + "\n" + audience, ""},
		{"faulty", "templates: " + bad + "\n" + audience, "hub.yaml:1:12 templates \"" + bad + "\": " + bad + "/loud/announced.en.md:1:1: lacks {{impact}}"},
		{"no directory", audience, `hub.yaml:2:58 audience users: templates "loud" lie in no directory`},
		{"no such set", "templates: " + good + "\n" + strings.ReplaceAll(audience, "loud", "calm"), `hub.yaml:3:58 audience users: templates "calm" are no set in ` + good + ", which has loud"},
		{"nowhere", "templates: /nowhere\n", `hub.yaml:1:12 templates "/nowhere": /nowhere: no such file or directory`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := loadConfig(map[string]string{"config": writeFile(t, "hub.yaml", tt.yaml)}, func(string) string { return "" })
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("loadConfig: %v", err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("loadConfig: %v, want %q", err, tt.want)
			}
		})
	}
}

// TestTemplatesRehearsed: a rehearsal speaks in the operator's words, in those
// of the set that the plan names.
func TestTemplatesRehearsed(t *testing.T) {
	dir := wordsDir(t, "default", map[string]string{"announced.en.md": ownAnnouncement})
	code, stdout, stderr := hub(t, nil, "plan", "rehearse", demoPlan, "--story", "happy", "--templates", dir)
	if code != exitDone || !strings.Contains(stdout, "Heads-up: ") {
		t.Errorf("rehearse: exit %d, stderr %q, no word of ours in\n%.2000s", code, stderr, stdout)
	}
}

// TestTemplatesAreSent: the set of an audience words its mails, that of the plan
// wins, and one that is not there stops nothing.
func TestTemplatesAreSent(t *testing.T) {
	dir := wordsDir(t, "calm", map[string]string{"announced.en.md": "# A quiet word on {{title}}\n{{impact}}\n{{window}}\n"})
	loud := wordsDir(t, "loud", map[string]string{"announced.en.md": ownAnnouncement})
	if err := os.Rename(filepath.Join(loud, "loud"), filepath.Join(dir, "loud")); err != nil {
		t.Fatal(err)
	}
	w := startWorld(t, `
templates: `+dir+`
audiences:
  users: {channels: {email: [user@example.org]}, templates: calm}
  press: {role: stakeholders, channels: {email: [press@example.org]}, templates: calm}
  board: {role: managers, channels: {email: [board@example.org]}}
`)
	p := planNow("pg17")
	p["audiences"] = []any{
		map[string]any{"id": "users"},
		map[string]any{"id": "press", "role": "stakeholders", "templates": "loud"},
		map[string]any{"id": "board", "role": "managers", "templates": "nosuch"},
	}
	w.applied(t, "pg17", "upgrade.planned", map[string]any{"plan": p})
	for to, want := range map[string]string{
		"user@example.org": "A quiet word on ", "press@example.org": "Heads-up: ", "board@example.org": "Plan on a page: ",
	} {
		eventually(t, 30*time.Second, to+" reads "+want, func() bool { return w.mailed(t, to, want) })
	}
}
