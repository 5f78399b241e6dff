package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"upgradehub/events/upgrade"
	"upgradehub/hub/api"
	"upgradehub/hub/store"
)

// soonPlan is a plan whose window opened a minute ago.
func soonPlan(id string, now time.Time) map[string]any {
	start := now.Add(-time.Minute).UTC().Truncate(time.Second)
	return map[string]any{
		"schema": "upgradehub/plan/v1", "id": id, "title": "Reboot of the servers", "system": "fleet", "zone": "UTC",
		"window": map[string]any{"start": start.Format(time.RFC3339), "end": start.Add(2 * time.Hour).Format(time.RFC3339)},
		"phases": []map[string]any{{"id": "reboot", "title": "Reboot", "start": start.Format(time.RFC3339), "duration": "1h30m", "kind": "reboot"}},
	}
}

// TestHistoryBecomesAForecast: what is imported is forecast from, what was
// forecast is scored when the upgrade has ended, and the upgrade is history
// then.
func TestHistoryBecomesAForecast(t *testing.T) {
	h := startHub(t, t.TempDir())
	h.applied(t, "fleet1", "upgrade.planned", map[string]any{"plan": soonPlan("fleet1", time.Now())})
	var before upgrade.Public
	h.getJSON(t, "/api/v1/upgrades/fleet1", false, &before)
	if before.Forecast != nil {
		t.Fatalf("forecast without history: %+v", before.Forecast)
	}
	at := map[string]string{"HUB_HTTP": h.page, "HUB_DATA": h.data}
	for range 2 { // the second time changes nothing
		code, stdout, stderr := hub(t, at, "history", "import", pastOutages)
		if code != exitDone || stdout != "40 imported\n" || !strings.Contains(stderr, ": 5 of 45 rows skipped") {
			t.Fatalf("hub history import: exit %d, printed %q, %q", code, stdout, stderr)
		}
	}
	if code, stdout, _ := hub(t, at, "history", "list"); code != exitDone || strings.Count(stdout, "import") != 40 {
		t.Errorf("hub history list: exit %d, printed %s", code, stdout)
	}
	foreseen := func(id string) (p upgrade.Public) {
		t.Helper()
		eventually(t, 30*time.Second, "a forecast of "+id, func() bool {
			p = upgrade.Public{}
			h.getJSON(t, "/api/v1/upgrades/"+id, false, &p)
			return p.Forecast != nil && p.Forecast.Expected != nil
		})
		return p
	}
	p := foreseen("fleet1")
	if f := p.Forecast; f.Runs != 40 || f.Basis != "organisation" || f.Within == 0 || !f.Low.Before(*f.High) || p.Phases[0].Forecast != nil {
		t.Errorf("forecast %+v", f)
	}
	h.applied(t, "fleet1", "phase.started", map[string]any{"phase": "reboot"})
	eventually(t, 30*time.Second, "another forecast after the start", func() bool {
		next := foreseen("fleet1")
		return next.Forecast.Made.After(p.Forecast.Made)
	})
	var scores map[string]*api.ForecastScore
	if h.getJSON(t, "/api/v1/forecasts", false, &scores); scores["upgrades"] != nil || scores["phases"] != nil {
		t.Errorf("scored before the end: %+v", scores)
	}
	h.applied(t, "fleet1", "phase.finished", map[string]any{"phase": "reboot", "time": time.Now().Add(time.Second).Format(time.RFC3339Nano)})
	h.applied(t, "fleet1", "upgrade.completed", map[string]any{"time": time.Now().Add(2 * time.Second).Format(time.RFC3339Nano)})
	h.getJSON(t, "/api/v1/forecasts", false, &scores)
	if s := scores["upgrades"]; s == nil || s.Runs < 2 || s.PlanError < 100 || s.Pinball[1] <= 0 || scores["phases"] != nil {
		t.Errorf("scores %+v of %+v", scores, s)
	}
	if code, stdout, stderr := hub(t, at, "report", "fleet1"); code != exitDone || !strings.Contains(stdout, "| Reboot | 1 h 30 min |") || !strings.Contains(stdout, "did not hold") {
		t.Errorf("hub report: exit %d, printed %s%s", code, stdout, stderr)
	}
	if code, stdout, _ := hub(t, at, "report", "fleet1", "--html"); code != exitDone || !strings.HasPrefix(stdout, "<!DOCTYPE html>") {
		t.Errorf("hub report --html: exit %d, printed %s", code, stdout)
	}
	if code, stdout, _ := hub(t, at, "report", "fleet1", "--lang", "de"); code != exitDone || !strings.Contains(stdout, "traf nicht zu") {
		t.Errorf("hub report --lang de: exit %d, printed %s", code, stdout)
	}
	if code, stdout, _ := hub(t, at, "report", "fleet1", "--json", "--lang", "ar"); code != exitDone || !strings.Contains(stdout, `"The upgrade"`) {
		t.Errorf("hub report --json --lang ar: exit %d, printed %s", code, stdout)
	}
	if code, _, stderr := hub(t, at, "report", "fleet1", "--lang", "tlh"); code != exitUsage || !strings.Contains(stderr, "en, de, fr, es, ar") {
		t.Errorf("a language that is not spoken: exit %d, %s", code, stderr)
	}
	if code, _, stderr := hub(t, at, "report", "fleet1", "--html", "--md"); code != exitUsage {
		t.Errorf("two forms at once: exit %d, %s", code, stderr)
	}
	if status, body := h.get(t, "/api/v1/upgrades/fleet1/report", false); status != http.StatusUnauthorized {
		t.Errorf("the report without a token: %d %s", status, body)
	}
	if code, stdout, _ := hub(t, at, "history", "list"); code != exitDone || !strings.Contains(stdout, "fleet1") {
		t.Errorf("hub history list: exit %d, printed %s", code, stdout)
	}
}

// TestHistoryIsCorrected: the newest import of a run counts, also one that
// brings back what stood before.
func TestHistoryIsCorrected(t *testing.T) {
	h := startHub(t, t.TempDir())
	for _, minute := range []int{10, 20, 10, 10} {
		row := fmt.Sprintf("id,title,system,plan_start,plan_end,started,resolved\na,t,db,2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,,2026-01-01T00:%d:00Z\n", minute)
		if status, body := h.post(t, "/api/v1/history", row, nil); status != http.StatusOK {
			t.Fatalf("import: %d %s", status, body)
		}
		var got struct{ History []store.PastRow }
		h.getJSON(t, "/api/v1/history", true, &got)
		if len(got.History) != 1 || got.History[0].Actual != int64(60*minute) || got.History[0].System != "db" {
			t.Errorf("after an import of %d min: %+v", minute, got.History)
		}
	}
	var n int
	if err := h.db(t).QueryRowContext(t.Context(), "SELECT count(*) FROM log WHERE type = 'history.imported'").Scan(&n); err != nil || n != 3 {
		t.Errorf("%d imports in the log, %v, want 3", n, err)
	}
}

// TestHistoryIsForOperators, and what is no history is refused.
func TestHistoryIsForOperators(t *testing.T) {
	h := startHub(t, t.TempDir())
	if status, body := h.get(t, "/api/v1/history", false); status != http.StatusUnauthorized {
		t.Errorf("without a token: %d %s", status, body)
	}
	if status, body := h.post(t, "/api/v1/history", "a,b\n1,2\n", nil); status != http.StatusBadRequest || !strings.Contains(body, "no column id") {
		t.Errorf("no history: %d %s", status, body)
	}
	row := fmt.Sprintf("id,title,plan_start,plan_end,started,resolved\n%s,t,2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,,2026-01-01T02:00:00Z\n", strings.Repeat("x", 5000))
	if status, body := h.post(t, "/api/v1/history", row, nil); status != http.StatusOK || !strings.Contains(body, `"imported":0`) || !strings.Contains(body, `"line":2`) {
		t.Errorf("an id that no fact can hold: %d %s", status, body)
	}
}
