package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const twoLines = `{"subject":"upgrades.pg16.phase.started","time":"2026-03-01T01:00:00Z","data":{"phase":"a"}}

{"subject":"upgrades.pg16.phase.finished","time":"2026-03-01T02:00:00Z","id":"own","data":{"phase":"a"}}
`

func TestReplay(t *testing.T) {
	f := newFakeHub(t, map[string]string{
		"POST /api/v1/upgrades/pg16/phase.started":  `{"result":"applied","seq":1}`,
		"POST /api/v1/upgrades/pg16/phase.finished": `{"result":"anomaly","anomaly":"was not running"}`,
	})
	file := writeFile(t, "r.jsonl", twoLines)
	code, stdout, stderr := f.hub(t, "replay", file, "--speed", "0")
	want := "2026-03-01T01:00:00Z  pg16 phase.started: applied as fact 1\n2026-03-01T02:00:00Z  pg16 phase.finished: not applied: was not running\n"
	if code != exitFailed || stdout != want || stderr != "hub: 1 of 2 events were not applied\n" {
		t.Errorf("exit %d, printed %q, stderr %q", code, stdout, stderr)
	}
	if len(f.asked) != 2 || len(f.asked[0].id) != 32 || f.asked[1].id != "own" {
		t.Fatalf("sent %+v, want a derived id and the line's own", f.asked)
	}
	if want := `{"phase":"a","time":"2026-03-01T01:00:00Z"}`; f.asked[0].body != want {
		t.Errorf("sent %s, want %s", f.asked[0].body, want)
	}
	first := f.asked[0].id
	if code, stdout, _ := f.hub(t, "replay", file, "--speed", "0", "--json"); code != exitFailed || strings.Count(stdout, "\n") != 2 {
		t.Errorf("hub replay --json: exit %d, printed %q", code, stdout)
	}
	if f.asked[2].id != first {
		t.Errorf("the second replay has id %s, want %s again", f.asked[2].id, first)
	}
}

func TestReplayKeepsGaps(t *testing.T) {
	lines, err := readReplay([]byte(twoLines), os.ReadFile)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		wait, start := gaps(lines, 600), time.Now()
		for i, want := range []time.Duration{0, 6 * time.Second} {
			if err := wait(t.Context(), i); err != nil || time.Since(start) != want {
				t.Errorf("line %d goes out after %v, %v, want %v", i, time.Since(start), err, want)
			}
		}
	})
}

func TestReplayFaults(t *testing.T) {
	_, err := readReplay([]byte(`{"subject":"upgrades.pg16","time":"2026-03-01T01:00:00Z"}
{"subject":"upgrades.pg16.phase.started"}
{"subject":"upgrades.pg16.phase.started","time":"2026-03-01T01:00:00Z","dta":{}}
{"subject":"upgrades.pg16.upgrade.planned","time":"2026-03-01T01:00:00Z","plan_file":"missing"}
{"subject":"upgrades.pg16.upgrade.planned","time":"2026-03-01T01:00:00Z","patch":{}}
nonsense`), func(string) ([]byte, error) { return nil, errors.New("not there") })
	want := []string{
		`line 1: subject "upgrades.pg16" is not upgrades.<upgrade>.<type>`, "line 2: has no time", `line 3: json: unknown field "dta"`,
		"line 4: plan_file: not there", "line 5: patch without plan_file", "line 6: invalid character",
	}
	got := strings.Split(err.Error(), "\n")
	if len(got) != len(want) {
		t.Fatalf("faults:\n%v\nwant one for each line", err)
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("fault %q, want %q", got[i], want[i])
		}
	}
}

// TestReplayOfTheDemo reads the embedded replay: each line is an event, and
// the revised plan has the moved window.
func TestReplayOfTheDemo(t *testing.T) {
	lines, err := demoLines()
	if err != nil {
		t.Fatal(err)
	}
	if len(lines) != 22 {
		t.Errorf("the replay has %d events, want 22", len(lines))
	}
	for _, line := range lines {
		cmd := &program{stdout: &bytes.Buffer{}, stderr: &bytes.Buffer{}}
		if err := cmd.checkLocally(cmd.publishCommand(), line.upgrade, line.t, line.id, line.data); err != nil {
			t.Errorf("line %d: %v\n%s", line.line, err, cmd.stderr)
		}
	}
	var moved struct {
		Reason string
		Plan   json.RawMessage
	}
	if err := json.Unmarshal(lines[9].data, &moved); err != nil || moved.Reason != "more time needed" || !bytes.Contains(moved.Plan, []byte("2025-07-04T01:00")) {
		t.Errorf("line 10 is %s, %v; want the moved window with its reason", lines[9].data, err)
	}
}

func TestReplayPlanFileIsRelative(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"plans/p.yaml":    "schema: x\n",
		"replays/r.jsonl": `{"subject":"upgrades.pg16.upgrade.planned","time":"2026-03-01T01:00:00Z","plan_file":"../plans/p.yaml"}`,
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f := newFakeHub(t, map[string]string{"POST /api/v1/upgrades/pg16/upgrade.planned": `{"result":"applied"}`})
	code, _, stderr := f.hub(t, "replay", filepath.Join(dir, "replays", "r.jsonl"))
	if code != exitDone || len(f.asked) != 1 || !strings.Contains(f.asked[0].body, `"plan":"schema: x\n"`) {
		t.Errorf("exit %d, stderr %q, sent %+v", code, stderr, f.asked)
	}
}

func FuzzReadReplay(f *testing.F) {
	f.Add(twoLines)
	f.Add(`{"subject":"upgrades.a.b","time":"2026-03-01T01:00:00Z","plan_file":"p","patch":{"a":null}}`)
	f.Fuzz(func(t *testing.T, text string) {
		lines, err := readReplay([]byte(text), func(string) ([]byte, error) { return []byte("{}"), nil })
		if err != nil {
			return
		}
		for _, line := range lines {
			if !json.Valid(line.data) || line.id == "" || line.at.IsZero() {
				t.Errorf("readReplay(%q) accepts %+v", text, line)
			}
		}
	})
}
