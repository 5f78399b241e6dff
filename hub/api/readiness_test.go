package api_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"upgradehub/events/upgrade"
)

// gatedPlan is the plan with two gates, one before its phase, of a window that
// begins when it is told.
func gatedPlan(notice string) string {
	start := time.Now().Add(48 * time.Hour).UTC().Format("2006-01-02T15:04")
	end := time.Now().Add(50 * time.Hour).UTC().Format("2006-01-02T15:04")
	p := strings.NewReplacer("2026-03-01T10:00", start, "2026-03-01T12:00", end).Replace(plan)
	return strings.Replace(p, `"phases":`, fmt.Sprintf(`"announce":{"notice":"%s"},"gates":[
		{"id":"tests","title":"Rehearsed","at":"%s","before":"move","evidence":[{"junit":"rehearsal.xml","min_tests":2,"max_age":"72h","cases":["login"]}]},
		{"id":"signed","title":"Signed","at":"%s","evidence":[{"signoff":"registrar"}]}],"phases":`, notice, start, end), 1)
}

const readinessPath = "/api/v1/upgrades/pg17/readiness"

func readiness(t *testing.T, srv *httptest.Server, query string) (int, upgrade.Readiness) {
	t.Helper()
	status, body := call(t, srv, "GET", readinessPath+query, publisher, "", nil)
	var r upgrade.Readiness
	if err := json.Unmarshal([]byte(body), &r); err != nil || r.Upgrade != "pg17" || r.Ready != (status == 200) || r.Ready != (len(r.Reasons) == 0) {
		t.Fatalf("readiness = %d: %s, %v", status, body, err)
	}
	return status, r
}

func publish(t *testing.T, srv *httptest.Server, typ, body string) {
	t.Helper()
	status, answer := call(t, srv, "POST", "/api/v1/upgrades/pg17/"+typ, publisher, body, wait)
	if status != 200 || !strings.Contains(answer, `"result":"applied"`) {
		t.Fatalf("%s = %d: %s", typ, status, answer)
	}
}

func TestReadiness(t *testing.T) {
	srv := startAPI(t)
	publish(t, srv, "upgrade.planned", gatedPlan("24h"))
	evidence := func(doc string) string {
		raw, err := json.Marshal(map[string]string{"gate": "tests", "kind": "junit", "name": "rehearsal.xml", "junit": doc})
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	steps := []struct{ name, typ, body, query, want string }{
		{"no evidence", "", "", "", "gate tests: test report rehearsal.xml: missing"},
		{"malformed", "gate.evidence", evidence("<html/>"), "", "gate tests: test report rehearsal.xml: malformed"},
		{"failed", "gate.evidence", evidence(`<testsuite><testcase name="login"/><testcase name="pay"><failure/></testcase></testsuite>`), "", "1 of 2 tests failed: pay"},
		{"skipped", "gate.evidence", evidence(`<testsuite><testcase name="a"/><testcase name="b"/><testcase name="login"><skipped/></testcase></testsuite>`), "", `required case "login" was skipped`},
		{"good, and nobody signed", "gate.evidence", evidence(`<testsuite><testcase name="login"/><testcase name="pay"/></testsuite>`), "", "gate signed: sign-off of registrar: missing"},
		{"a phase before which nobody has to sign", "", "", "?phase=move", ""},
		{"signed", "gate.evidence", `{"gate":"signed","kind":"signoff","name":"registrar","by":"@registrar","result":"pass"}`, "", ""},
		{"no-go", "gate.decided", `{"gate":"tests","decision":"no_go","by":"@lead","reason":"storm"}`, "", "gate tests: decided no_go by @lead: storm"},
		{"go", "gate.decided", `{"gate":"tests","decision":"go","by":"@lead"}`, "", ""},
		{"under way", "phase.started", `{"phase":"move"}`, "", "it is in_progress"},
		{"the phase under way", "", "", "?phase=move", ""},
	}
	for _, s := range steps {
		if s.typ != "" {
			publish(t, srv, s.typ, s.body)
		}
		status, r := readiness(t, srv, s.query)
		if got := strings.Join(r.Reasons, "; "); (status == 200) != (s.want == "") || !strings.Contains(got, s.want) {
			t.Errorf("%s: %d because %q, want %q", s.name, status, got, s.want)
		}
	}
	if _, r := readiness(t, srv, ""); len(r.Gates) != 2 || r.Gates[0].Title != "Rehearsed" || r.Gates[0].Decision != "go" || !r.Gates[1].Ready {
		t.Errorf("gates = %+v", r.Gates)
	}
}

func TestReadinessBeyondGates(t *testing.T) {
	srv := startAPI(t)
	publish(t, srv, "upgrade.planned", gatedPlan("7d"))
	for path, want := range map[string]string{
		"/api/v1/hold": "messages: all are held", "/api/v1/release": "notice: it was announced",
	} {
		if status, body := call(t, srv, "POST", path, operator, "", nil); status != 200 {
			t.Fatalf("%s = %d: %s", path, status, body)
		}
		if _, r := readiness(t, srv, ""); !strings.Contains(strings.Join(r.Reasons, "; "), want) {
			t.Errorf("after %s: %q, want %q", path, r.Reasons, want)
		}
	}
}

func TestWhoReadsReadiness(t *testing.T) {
	srv := startAPI(t)
	publish(t, srv, "upgrade.planned", gatedPlan("24h"))
	for _, tt := range []struct {
		path, token string
		want        int
	}{
		{readinessPath, "", 401},
		{readinessPath, "wrong", 401},
		{readinessPath, publisher, 409},
		{readinessPath, operator, 409},
		{"/api/v1/upgrades/pg18/readiness", publisher, 403},
		{"/api/v1/upgrades/pg18/readiness", operator, 404},
		{readinessPath + "?phase=nonsense", operator, 400},
	} {
		if got, body := call(t, srv, "GET", tt.path, tt.token, "", nil); got != tt.want {
			t.Errorf("GET %s as %q = %d: %s, want %d", tt.path, tt.token, got, body, tt.want)
		}
	}
	if _, body := call(t, srv, "GET", "/api/v1/upgrades/pg17", "", "", nil); strings.Contains(body, "Rehearsed") || strings.Contains(body, "registrar") {
		t.Errorf("the public sees gates: %s", body)
	}
}

// TestReadinessShowsTheWayBack: operators see until when going back fits, and
// which contingencies are called for.
func TestReadinessShowsTheWayBack(t *testing.T) {
	srv := startAPI(t)
	start := time.Now().Add(-time.Hour).UTC().Truncate(time.Minute)
	at := func(d time.Duration) string { return start.Add(d).Format("2006-01-02T15:04") }
	p := strings.NewReplacer("2026-03-01T10:00", at(0), "2026-03-01T12:00", at(4*time.Hour)).Replace(plan)
	p = strings.Replace(p, `"phases":`, `"rollback":{"duration":"50m","buffer":"10m"},"contingencies":[
		{"id":"c1","trigger":"upgrade.paused","action":"Call the vendor"},{"id":"c2","trigger":"upgrade.failed","action":"Restore"}],"phases":`, 1)
	publish(t, srv, "upgrade.planned", p)
	publish(t, srv, "upgrade.started", "{}")
	_, r := readiness(t, srv, "")
	if w := r.WayBack; w == nil || !w.By.Equal(start.Add(3*time.Hour)) || w.Takes != 3000 || w.Buffer != 600 || w.ForwardOnly {
		t.Errorf("rollback = %+v, want until %s", w, start.Add(3*time.Hour))
	}
	if c := r.Contingencies; len(c) != 2 || c[0].ID != "c1" || c[0].Action != "Call the vendor" || c[0].Fired != nil {
		t.Errorf("contingencies = %+v, want both, not called for", c)
	}
}
