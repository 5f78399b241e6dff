package api_test

import (
	"strings"
	"testing"
)

func TestClashes(t *testing.T) {
	srv := startAPI(t)
	if status, body := call(t, srv, "POST", "/api/v1/upgrades/pg17/upgrade.planned", operator, plan, wait); status != 200 {
		t.Fatalf("plan: %d %s", status, body)
	}
	other := strings.TrimSuffix(strings.TrimPrefix(plan, `{"plan":`), "}")
	other = strings.Replace(other, `"pg17"`, `"pg18"`, 1)
	tests := []struct {
		name, token, body string
		status            int
		want              string
	}{
		{"the same system", operator, other, 200, `"path":"components[0].id","message":"web is touched at the same time by upgrade pg17`},
		{"another time", operator, strings.ReplaceAll(other, "2026-03-01", "2026-03-02"), 200, `{"clashes":[]}`},
		{"itself", operator, strings.Replace(other, "pg18", "pg17", 1), 200, `{"clashes":[]}`},
		{"no plan", operator, `{"id":"x"}`, 400, "phases: is required"},
		{"a publisher", publisher, other, 403, ""},
		{"nobody", "", other, 401, ""},
	}
	for _, tt := range tests {
		if status, body := call(t, srv, "POST", "/api/v1/clashes", tt.token, tt.body, nil); status != tt.status || !strings.Contains(body, tt.want) {
			t.Errorf("%s: %d %s, want %d with %q", tt.name, status, body, tt.status, tt.want)
		}
	}
	if status, body := call(t, srv, "POST", "/api/v1/upgrades/pg17/upgrade.canceled", operator, `{"reason":"x"}`, wait); status != 200 {
		t.Fatalf("cancel: %d %s", status, body)
	}
	if status, body := call(t, srv, "POST", "/api/v1/clashes", operator, other, nil); status != 200 || !strings.Contains(body, `{"clashes":[]}`) {
		t.Errorf("with what was canceled: %d %s", status, body)
	}
}
