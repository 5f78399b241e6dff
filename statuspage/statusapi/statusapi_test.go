package statusapi_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// paths are all there are.
var paths = []string{
	"status.json", "summary.json", "components.json", "incidents.json", "incidents/unresolved.json",
	"scheduled-maintenances.json", "scheduled-maintenances/upcoming.json", "scheduled-maintenances/active.json",
}

var boards = map[string][]upgrade.Public{
	"nothing":     nil,
	"planned":     {planned()},
	"running":     {running()},
	"overdue":     {overdue()},
	"completed":   {completed()},
	"rolled-back": {rolledBack()},
}

// TestGolden has a file for each board, with all answers, indented.
func TestGolden(t *testing.T) {
	for name, all := range boards {
		t.Run(name, func(t *testing.T) {
			mux := newMux(&board{seq: 1, all: all})
			var got bytes.Buffer
			for _, p := range paths {
				got.WriteString(p + "\n")
				if err := json.Indent(&got, ask(t, mux, "GET", "/api/v2/"+p).Body.Bytes(), "", "  "); err != nil {
					t.Fatalf("%s: %v", p, err)
				}
				got.WriteString("\n\n")
			}
			golden(t, filepath.Join("testdata", name+".txt"), got.Bytes())
		})
	}
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; run 'go test ./statuspage/statusapi -update' if that is meant\n got:\n%s\nwant:\n%s", path, got, want)
	}
}

func TestHeaders(t *testing.T) {
	mux := newMux(&board{seq: 1, all: []upgrade.Public{running()}})
	for _, p := range paths {
		get, head := ask(t, mux, "GET", "/api/v2/"+p), ask(t, mux, "HEAD", "/api/v2/"+p)
		for _, w := range []*httptest.ResponseRecorder{get, head} {
			h := w.Header()
			if w.Code != 200 || h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Content-Type") != "application/json; charset=utf-8" {
				t.Errorf("%s = %d %v, want 200, JSON, readable from every origin", p, w.Code, h)
			}
		}
		if head.Body.Len() != 0 || head.Header().Get("Content-Length") != get.Header().Get("Content-Length") {
			t.Errorf("HEAD %s has %d bytes, length %s; want none, %s", p, head.Body.Len(), head.Header().Get("Content-Length"), get.Header().Get("Content-Length"))
		}
	}
}

func TestWhatIsNotThere(t *testing.T) {
	mux := newMux(&board{})
	for _, tt := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/api/v2/", 404},
		{"GET", "/api/v2/summary", 404},
		{"GET", "/api/v2/incidents/abc.json", 404},
		{"GET", "/api/v2/summary.json/more", 404},
		{"HEAD", "/api/v2/nothing.json", 404},
		{"POST", "/api/v2/nothing.json", 404},
		{"OPTIONS", "/api/v2/nothing.json", 404},
		{"POST", "/api/v2/summary.json", 405},
		{"OPTIONS", "/api/v2/summary.json", 204},
	} {
		w := ask(t, mux, tt.method, tt.path)
		if w.Code != tt.status || w.Header().Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s %s = %d %v, want %d, readable from every origin", tt.method, tt.path, w.Code, w.Header(), tt.status)
		}
	}
}

func TestFaultsShowNothingOfOurInsides(t *testing.T) {
	b := &board{err: errors.New("disk on fire: /var/lib/secret")}
	mux := newMux(b)
	for _, p := range paths {
		w := ask(t, mux, "GET", "/api/v2/"+p)
		if w.Code != 500 || strings.Contains(w.Body.String(), "disk") || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s = %d %q, want 500 without the cause, not to be kept", p, w.Code, w.Body)
		}
	}
	b.err = nil
	if w := ask(t, mux, "GET", "/api/v2/summary.json"); w.Code != 200 {
		t.Errorf("after the fault: %d, want 200", w.Code)
	}
}

// TestMadeOncePerChange: many programs poll.
func TestMadeOncePerChange(t *testing.T) {
	b := &board{seq: 1, all: []upgrade.Public{planned()}}
	mux := newMux(b)
	for range 10 {
		ask(t, mux, "GET", "/api/v2/summary.json")
		ask(t, mux, "GET", "/api/v2/components.json")
	}
	if b.reads != 1 {
		t.Errorf("the board was read %d times, want once", b.reads)
	}
	b.put(running())
	if got := ask(t, mux, "GET", "/api/v2/summary.json").Body.String(); !strings.Contains(got, `"status":"in_progress"`) {
		t.Errorf("after a change the summary is still %s", got)
	}
}

var (
	idForm    = regexp.MustCompile(`^[a-z0-9]{12}$`)
	stampForm = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`)
)

// TestIDsAndTimes looks at every id and every moment there is, whatever
// holds it, and that no id stands for two things.
func TestIDsAndTimes(t *testing.T) {
	second := planned()
	second.ID, second.System, second.Announced = "pg17", "archive", at("2026-11-09 09:00")
	mux := newMux(&board{seq: 1, all: []upgrade.Public{running(), second}})
	for _, p := range paths {
		var v any
		if err := json.Unmarshal(ask(t, mux, "GET", "/api/v2/"+p).Body.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		walk(v, func(key, value string) {
			switch {
			case (key == "id" || strings.HasSuffix(key, "_id")) && !idForm.MatchString(value):
				t.Errorf("%s: %s is %q, want twelve of a-z and 0-9", p, key, value)
			case (strings.HasSuffix(key, "_at") || strings.HasPrefix(key, "scheduled_") && key != "scheduled_maintenances") && !stampForm.MatchString(value):
				t.Errorf("%s: %s is %q, want RFC 3339 with milliseconds", p, key, value)
			}
		})
	}
	ids := map[string]bool{}
	for _, c := range read[componentsAnswer](t, mux, "components.json").Components {
		if ids[c.ID] {
			t.Errorf("id %s stands for two components", c.ID)
		}
		ids[c.ID] = true
	}
	if len(ids) != 8 {
		t.Errorf("%d components, want 3 of each of 2 systems and 2 groups", len(ids))
	}
}

// walk tells of every text in v and the key it stands under.
func walk(v any, tell func(key, value string)) {
	switch v := v.(type) {
	case map[string]any:
		for key, inner := range v {
			if text, ok := inner.(string); ok {
				tell(key, text)
			}
			walk(inner, tell)
		}
	case []any:
		for _, inner := range v {
			walk(inner, tell)
		}
	}
}

func TestStatusOfMaintenance(t *testing.T) {
	for _, tt := range []struct {
		state                    upgrade.State
		want                     string
		upcoming, active, summed bool
	}{
		{upgrade.Planned, "scheduled", true, false, true},
		{upgrade.Scheduled, "scheduled", true, false, true},
		{upgrade.InProgress, "in_progress", false, true, true},
		{upgrade.Paused, "in_progress", false, true, true},
		{upgrade.RollingBack, "in_progress", false, true, true},
		{upgrade.Verifying, "verifying", false, true, true},
		{upgrade.Completed, "completed", false, false, false},
		{upgrade.RolledBack, "completed", false, false, false},
		{upgrade.Failed, "completed", false, false, false},
		{upgrade.Canceled, "completed", false, false, false},
	} {
		t.Run(string(tt.state), func(t *testing.T) {
			u := over(tt.state)
			if !tt.state.Ended() {
				u.Finished = nil
			}
			mux := newMux(&board{seq: 1, all: []upgrade.Public{u}})
			all := read[maintenancesAnswer](t, mux, "scheduled-maintenances.json").Maintenances
			if len(all) != 1 || all[0].Status != tt.want || (all[0].ResolvedAt != nil) != tt.state.Ended() {
				t.Fatalf("all = %+v, want one that is %s", all, tt.want)
			}
			if got := all[0].Updates[0].Status; got != tt.want && tt.state != upgrade.Planned && tt.state != upgrade.Scheduled {
				t.Errorf("the newest update is %s, want %s", got, tt.want)
			}
			upcoming := read[maintenancesAnswer](t, mux, "scheduled-maintenances/upcoming.json").Maintenances
			active := read[maintenancesAnswer](t, mux, "scheduled-maintenances/active.json").Maintenances
			summed := read[summaryAnswer](t, mux, "summary.json").Maintenances
			if len(upcoming) == 1 != tt.upcoming || len(active) == 1 != tt.active || len(summed) == 1 != tt.summed {
				t.Errorf("upcoming %d, active %d, in summary %d; want %t, %t, %t", len(upcoming), len(active), len(summed), tt.upcoming, tt.active, tt.summed)
			}
		})
	}
}

func TestTruthIsInTheBody(t *testing.T) {
	canceled := over(upgrade.Canceled)
	canceled.Started, canceled.Reason = nil, "The supplier withdrew the release."
	failed := over(upgrade.Failed)
	failed.Reason = "The copy broke off."
	lost := over(upgrade.RolledBack)
	lost.DataSafe = new(false)
	issues := over(upgrade.Completed)
	issues.Result = "successful_with_issues"
	late := planned()
	late.Late = new(at("2026-11-22 01:10"))
	paused, rolling := running(), running()
	paused.State, rolling.State = upgrade.Paused, upgrade.RollingBack
	for _, tt := range []struct {
		name string
		u    upgrade.Public
		want string
	}{
		{"canceled", canceled, "Canceled: the upgrade does not take place. The supplier withdrew the release."},
		{"failed", failed, "Failed: the upgrade did not succeed. The copy broke off. It ended 1 h 12 min after the announced end."},
		{"rolled back", rolledBack(), "Rolled back: the upgrade was taken back and has not taken place. Replication did not catch up. What you entered is safe. It ended 1 h 12 min after the announced end."},
		{"rolled back with loss", lost, "Rolled back: the upgrade was taken back and has not taken place. Some of what you entered may be lost. It ended 1 h 12 min after the announced end."},
		{"issues", issues, "Completed with issues: the upgrade is done, but some things do not work as they should yet. It ended 1 h 12 min after the announced end."},
		{"overdue", overdue(), "The announced end, 2026-11-22 02:30 UTC (03:30 Europe/Berlin), has passed. The work goes on, and no new end has been announced."},
		{"late", late, "The announced start, 2026-11-22 01:00 UTC (02:00 Europe/Berlin), has passed, and nobody has reported a start."},
		{"paused", paused, "The work is paused."},
		{"rolling back", rolling, "The upgrade is being taken back."},
		{"taken back", running(), "This update was taken back."},
		{"without markup", running(), "The copy is slower than in the rehearsal (https://docs.example.org/pg16) & nothing is ."},
		{"moved", planned(), "New time: 2026-11-22 01:00 to 05:00 UTC (02:00 to 06:00 Europe/Berlin). Before, it was announced for 2026-11-15 01:00 to 05:00 UTC (02:00 to 06:00 Europe/Berlin). The first date met the payroll run."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := read[maintenancesAnswer](t, newMux(&board{seq: 1, all: []upgrade.Public{tt.u}}), "scheduled-maintenances.json").Maintenances[0]
			var bodies []string
			for _, w := range m.Updates {
				bodies = append(bodies, w.Body)
			}
			if !slices.Contains(bodies, tt.want) {
				t.Errorf("bodies = %q, want %q among them", bodies, tt.want)
			}
			if !slices.IsSortedFunc(m.Updates, func(a, b updateShape) int { return b.DisplayAt.Compare(a.DisplayAt) }) {
				t.Errorf("updates are not newest first: %+v", m.Updates)
			}
		})
	}
}

// impacts is a live upgrade whose components have those impacts.
func impacts(list ...plan.Impact) upgrade.Public {
	u := planned()
	u.State, u.Started, u.Components = upgrade.InProgress, new(at("2026-11-22 01:06")), nil
	for i, impact := range list {
		u.Components = append(u.Components, upgrade.PublicComponent{ID: string(rune('a' + i)), Name: string(rune('A' + i)), Impact: impact})
	}
	return u
}

func TestIndicator(t *testing.T) {
	for _, tt := range []struct {
		name              string
		all               []upgrade.Public
		want, description string
	}{
		{"nothing known", nil, "none", "All Systems Operational"},
		{"planned", []upgrade.Public{planned()}, "none", "All Systems Operational"},
		{"live, nothing felt", []upgrade.Public{impacts(plan.NoImpact)}, "maintenance", "Service Under Maintenance"},
		{"live, no components", []upgrade.Public{impacts()}, "maintenance", "Service Under Maintenance"},
		{"less protected", []upgrade.Public{impacts(plan.NoImpact, plan.ReducedRedundancy)}, "maintenance", "Service Under Maintenance"},
		{"degraded", []upgrade.Public{impacts(plan.NoImpact, plan.Degraded)}, "minor", "Partially Degraded Service"},
		{"outage of some", []upgrade.Public{impacts(plan.NoImpact, plan.Outage)}, "major", "Partial System Outage"},
		{"outage of all", []upgrade.Public{impacts(plan.Outage, plan.Outage)}, "critical", "Major Service Outage"},
		{"over", []upgrade.Public{completed()}, "none", "All Systems Operational"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := read[statusAnswer](t, newMux(&board{seq: 1, all: tt.all}), "status.json").Status
			if got.Indicator != tt.want || got.Description != tt.description {
				t.Errorf("status = %+v, want %s %q", got, tt.want, tt.description)
			}
		})
	}
}

// TestComponentsOfSeveralUpgrades: the worst of those under way counts, and
// what the last one left behind.
func TestComponentsOfSeveralUpgrades(t *testing.T) {
	left := impacts(plan.Outage)
	left.ID, left.State, left.Finished = "one", upgrade.Failed, new(at("2026-11-22 03:00"))
	restored := impacts(plan.NoImpact)
	restored.ID, restored.State, restored.Finished = "two", upgrade.Completed, new(at("2026-11-23 03:00"))
	elsewhere := restored
	elsewhere.System = "archive"
	canceled := restored
	canceled.State, canceled.Started = upgrade.Canceled, nil
	for _, tt := range []struct {
		name string
		all  []upgrade.Public
		want string
	}{
		{"two under way", []upgrade.Public{impacts(plan.Degraded), impacts(plan.Outage)}, "major_outage"},
		{"left behind", []upgrade.Public{left}, "major_outage"},
		{"restored by a later one", []upgrade.Public{restored, left}, "operational"},
		{"restored by a later one, other order", []upgrade.Public{left, restored}, "operational"},
		{"another system restores nothing", []upgrade.Public{left, elsewhere}, "major_outage"},
		{"one that never began restores nothing", []upgrade.Public{left, canceled}, "major_outage"},
		{"of planned ones nothing is felt", []upgrade.Public{planned()}, "operational"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			list := read[componentsAnswer](t, newMux(&board{seq: 1, all: tt.all}), "components.json").Components
			if list[0].Status != tt.want || !list[0].Group || list[1].Status != tt.want || *list[1].GroupID != list[0].ID {
				t.Errorf("components = %+v, want the group and its first at %s", list, tt.want)
			}
		})
	}
}

func TestListsAreBounded(t *testing.T) {
	var all []upgrade.Public
	for i := range 60 {
		u := completed()
		u.ID, u.Window.Start = "u"+string(rune('a'+i%26))+string(rune('a'+i/26)), u.Window.Start.Add(-time.Duration(i)*time.Hour)
		all = append(all, u)
	}
	if got := len(read[maintenancesAnswer](t, newMux(&board{seq: 1, all: all}), "scheduled-maintenances.json").Maintenances); got != 50 {
		t.Errorf("%d maintenances, want the 50 latest", got)
	}
}
