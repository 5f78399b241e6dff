package api_test

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"upgradehub/hub/api"
)

func lessonsAt(t *testing.T, srv *httptest.Server, method, path string) (int, []string) {
	t.Helper()
	status, body := call(t, srv, method, path, operator, "", nil)
	var got api.Lessons
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatalf("%s %s = %d: %s", method, path, status, body)
	}
	var list []string
	for _, l := range got.Lessons {
		list = append(list, l.Kind+" "+l.Status+" "+l.ID)
	}
	return status, list
}

// TestLessons: what an upgrade taught is proposed when somebody asks, once, and
// decided by name.
func TestLessons(t *testing.T) {
	srv := startAPI(t)
	gated := strings.Replace(plan, `"phases"`, `"gates":[{"id":"go","title":"Go","at":"2026-03-01T09:00"}],"phases"`, 1)
	say := func(typ, body string) {
		t.Helper()
		if status, answer := call(t, srv, "POST", "/api/v1/upgrades/pg17/"+typ, operator, body, wait); status != 200 {
			t.Fatalf("%s = %d: %s", typ, status, answer)
		}
	}
	say("upgrade.planned", gated)
	say("upgrade.started", `{}`)
	if status, body := call(t, srv, "POST", "/api/v1/upgrades/pg17/lessons", operator, "", nil); status != 409 {
		t.Errorf("lessons of a live upgrade = %d: %s, want 409", status, body)
	}
	say("upgrade.completed", `{}`)
	status, found := lessonsAt(t, srv, "POST", "/api/v1/upgrades/pg17/lessons")
	if status != 200 || len(found) != 1 || !strings.HasPrefix(found[0], "gate-late proposed ") {
		t.Fatalf("lessons = %d: %q, want the gate", status, found)
	}
	if _, again := lessonsAt(t, srv, "POST", "/api/v1/upgrades/pg17/lessons"); len(again) != 1 {
		t.Errorf("proposed again: %q", again)
	}
	id := strings.Fields(found[0])[2]
	for _, tt := range []struct {
		name, path, body string
		status           int
		want             string
	}{
		{"nobody", id, `{"decision":"accept"}`, 400, "by: is required"},
		{"an address", id, `{"decision":"accept","by":"me@example.org"}`, 400, "is an address"},
		{"no such decision", id, `{"decision":"perhaps","by":"@lead"}`, 400, "none of accept, reject, assign"},
		{"rejected without a reason", id, `{"decision":"reject","by":"@lead"}`, 400, "reason: is required"},
		{"assigned to nobody", id, `{"decision":"assign","by":"@lead"}`, 400, "owner: is required"},
		{"no JSON", id, `accept`, 400, "the body is"},
		{"unknown", "0123456789ab", `{"decision":"accept","by":"@lead"}`, 404, "no lesson"},
		{"assigned", id, `{"decision":"assign","by":"@lead","owner":"@dba","due":"2026-04-01T00:00:00Z"}`, 200, `"status":"proposed"`},
		{"accepted", id, `{"decision":"accept","by":"@lead","reason":"yes"}`, 200, `"status":"accepted"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, body := call(t, srv, "POST", "/api/v1/lessons/"+tt.path, operator, tt.body, nil)
			if status != tt.status || !strings.Contains(body, tt.want) {
				t.Errorf("%s = %d: %s, want %d with %s", tt.body, status, body, tt.status, tt.want)
			}
		})
	}
	for query, want := range map[string]int{"?system=s&status=accepted": 1, "?upgrade=pg17": 1, "?status=rejected": 0, "?system=other": 0} {
		if _, got := lessonsAt(t, srv, "GET", "/api/v1/lessons"+query); len(got) != want {
			t.Errorf("lessons%s = %q, want %d", query, got, want)
		}
	}
	for path, want := range map[string]int{"/api/v1/lessons?status=odd": 400, "/api/v1/upgrades/none/lessons": 404} {
		method := map[int]string{400: "GET", 404: "POST"}[want]
		if status, body := call(t, srv, method, path, operator, "", nil); status != want {
			t.Errorf("%s %s = %d: %s, want %d", method, path, status, body, want)
		}
	}
	if status, _ := call(t, srv, "GET", "/api/v1/lessons", publisher, "", nil); status != 403 {
		t.Errorf("a publisher reads lessons: %d", status)
	}
}
