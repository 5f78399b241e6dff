package main

import (
	"strings"
	"testing"
)

func TestReady(t *testing.T) {
	f := newFakeHub(t, map[string]string{
		"GET /api/v1/upgrades/pg16/readiness":                  `{"upgrade":"pg16","ready":true,"reasons":[],"gates":[]}`,
		"GET /api/v1/upgrades/pg17/readiness":                  "409" + `{"upgrade":"pg17","ready":false,"reasons":["gate g1: check lag: missing","it is \u001b[2Jfailed"],"gates":[]}`,
		"GET /api/v1/upgrades/pg17/readiness?phase=switchover": `{"upgrade":"pg17","ready":true,"reasons":[],"gates":[]}`,
		"GET /api/v1/upgrades/pg22/readiness": `{"upgrade":"pg22","ready":true,"reasons":[],"gates":[],"rollback":{"by":"2030-03-03T03:00:00Z","takes_seconds":3000,"buffer_seconds":600,"forward_only":false},
			"contingencies":[{"id":"c1","trigger":"phase.overdue:split","action":"back\u001b out","fired":"2030-03-03T02:00:00Z"},{"id":"c2","trigger":"upgrade.silent","action":"call"}]}`,
		"GET /api/v1/upgrades/pg23/readiness": `{"upgrade":"pg23","ready":true,"reasons":[],"gates":[],"rollback":{"by":"2030-03-03T03:00:00Z","forward_only":true}}`,
		"GET /api/v1/upgrades/pg24/readiness": `{"upgrade":"pg24","ready":true,"reasons":[],"gates":[],"rollback":{"by":"2030-03-03T03:00:00Z","forward_only":true,"crossed":"split"}}`,
		"GET /api/v1/upgrades/pg18/readiness": "409" + `{"title":"Conflict","detail":"something else"}`,
		"GET /api/v1/upgrades/pg19/readiness": `{"reasons":[]}`,
		"GET /api/v1/upgrades/pg20/readiness": "403" + `{"title":"Forbidden","detail":"not yours"}`,
	})
	tests := []struct {
		line, stdout, stderr string
		code                 int
	}{
		{"ready pg16", "pg16 is ready\n", "", exitDone},
		{"ready pg17", "pg17 is not ready\n  gate g1: check lag: missing\n  it is \\x1b[2Jfailed\n", "", exitFailed},
		{"ready pg17 --phase switchover", "pg17 is ready\n", "", exitDone},
		{"ready pg22", "pg22 is ready\n  way back: until 2030-03-03T03:00:00Z, for it takes 1h0m0s\n  contingency c1 since 2030-03-03T02:00:00Z: back\\x1b out\n", "", exitDone},
		{"ready pg23", "pg23 is ready\n  way back: until 2030-03-03T03:00:00Z it fitted the window: forward fix only\n", "", exitDone},
		{"ready pg24", "pg24 is ready\n  way back: phase split passed the point of no return: forward fix only\n", "", exitDone},
		{"ready pg18", "", "hub: Conflict: something else\n", exitFailed},
		{"ready pg19", "pg19 is not ready\n", "", exitFailed},
		{"ready pg20", "", "hub: Forbidden: not yours\n", exitFailed},
		{"ready pg21", "", "hub: Not Found\n", exitFailed},
	}
	for _, tt := range tests {
		t.Run(tt.line, func(t *testing.T) {
			code, stdout, stderr := f.hub(t, strings.Fields(tt.line)...)
			if code != tt.code || stdout != tt.stdout || stderr != tt.stderr {
				t.Errorf("hub %s: exit %d, stdout %q, stderr %q, want %d, %q, %q", tt.line, code, stdout, stderr, tt.code, tt.stdout, tt.stderr)
			}
		})
	}
	code, stdout, _ := f.hub(t, "ready", "pg17", "--json")
	if code != exitFailed || !strings.Contains(stdout, `"gate g1: check lag: missing"`) {
		t.Errorf("hub ready --json: exit %d, printed %q, want exit 1 and the reasons", code, stdout)
	}
}
