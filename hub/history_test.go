package main

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

const pastOutages = "../events/forecast/testdata/planned-outages-1.csv"

// splitHistory cuts a history in two, each with the header.
func splitHistory(t testing.TB, before int) (train, test string) {
	t.Helper()
	text, err := os.ReadFile(pastOutages)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(text), "\n")
	head := lines[:1]
	train = writeFile(t, "train.csv", strings.Join(lines[:before], ""))
	return train, writeFile(t, "test.csv", strings.Join(slices.Concat(head, lines[before:]), ""))
}

func TestHistoryBacktest(t *testing.T) {
	train, test := splitHistory(t, 24)
	code, stdout, stderr := hub(t, nil, "history", "backtest", train, test)
	var got map[string]float64
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != exitDone {
		t.Fatalf("hub history backtest: exit %d, %v, printed %q", code, err, stdout)
	}
	want := []string{"coverage_80", "median_abs_error_forecast_minutes", "median_abs_error_plan_minutes", "n", "skipped"}
	if keys := slices.Sorted(maps.Keys(got)); !slices.Equal(keys, want) {
		t.Errorf("keys %v, want %v", keys, want)
	}
	if got["n"] != 21 || got["skipped"] != 1 {
		t.Errorf("n %v, skipped %v, want 21 and 1", got["n"], got["skipped"])
	}
	if c := got["coverage_80"]; c < 0.7 || c > 0.9 || got[want[1]] > 0.85*got[want[2]] {
		t.Errorf("scores %v break the promise of the forecast", got)
	}
	for _, named := range []string{
		train + ":7: revert-to-fas: skipped: was never marked as resolved",
		train + ":21: 2022-03-31-serverreboots: skipped: its planned end is not after its planned start",
		train + ": 4 of 23 rows skipped",
		test + ":8: 2022-09-31-coproutage: skipped: was never marked as resolved",
	} {
		if !strings.Contains(stderr, named+"\n") {
			t.Errorf("stderr does not have %q:\n%s", named, stderr)
		}
	}
}

// TestHistoryBacktestCountsOnce: every row of TEST is scored or skipped, also
// when there is no history, or the same one.
func TestHistoryBacktestCountsOnce(t *testing.T) {
	empty := writeFile(t, "empty.csv", "")
	for _, train := range []string{empty, pastOutages} {
		code, stdout, stderr := hub(t, nil, "history", "backtest", "--json", train, pastOutages)
		var got backtest
		if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != exitDone {
			t.Fatalf("exit %d, %v, printed %q", code, err, stdout)
		}
		if got.Runs != 32 || got.Skipped != 13 || !strings.Contains(stderr, "20210513-bodhiupgrade: skipped: fewer than 8 outages") {
			t.Errorf("n %d, skipped %d of 45, stderr\n%s", got.Runs, got.Skipped, stderr)
		}
	}
}

func TestHistoryBacktestRefuses(t *testing.T) {
	empty, other := writeFile(t, "empty.csv", ""), writeFile(t, "other.csv", "a,b\n1,2\n")
	planted := writeFile(t, "planted.csv", "id,title,plan_start,plan_end,started,resolved\n\x1b[2Jx,T,,,,\n")
	tests := []struct {
		name, train, test string
		code              int
		stdout, stderr    string
	}{
		{"no file", empty, "missing.csv", exitFailed, "", "hub: history: open missing.csv"},
		{"other file", other, empty, exitFailed, "", "other.csv: read history: header: no column id, title"},
		{"nothing to score", pastOutages, empty, exitFailed, `"coverage_80": null`, "hub: nothing could be scored"},
		{"terminal codes", empty, planted, exitFailed, `"skipped": 1`, `\x1b[2Jx: skipped: has no plan_start`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, stdout, stderr := hub(t, nil, "history", "backtest", tt.train, tt.test)
			if code != tt.code || !strings.Contains(stdout, tt.stdout) || !strings.Contains(stderr, tt.stderr) {
				t.Errorf("exit %d, printed %q, stderr %q", code, stdout, stderr)
			}
			if strings.Contains(stderr, "\x1b") {
				t.Errorf("stderr %q would steer a terminal", stderr)
			}
		})
	}
	if code, _, stderr := hub(t, nil, "history", "backtest", empty); code != exitUsage || !strings.Contains(stderr, "--help") {
		t.Errorf("one file: exit %d, stderr %q", code, stderr)
	}
	if code, _, _ := hub(t, nil, "history"); code != exitUsage {
		t.Errorf("hub history: exit %d, want %d", code, exitUsage)
	}
}
