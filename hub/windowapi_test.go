package main

import (
	"bufio"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/hub/windows"
)

const passengers = "../events/usage/testdata/passengers-2014-07-to-10.csv"

// ridden are the samples of the file.
func ridden(t testing.TB) []events.Sample {
	t.Helper()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(passengers)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var samples []events.Sample
	for lines := bufio.NewScanner(file); lines.Scan(); {
		at, value, _ := strings.Cut(lines.Text(), ",")
		when, err := time.ParseInLocation("2006-01-02 15:04:05", at, zone)
		if err != nil {
			continue // the head
		}
		n, err := strconv.ParseFloat(value, 64)
		if err != nil {
			t.Fatal(err)
		}
		samples = append(samples, events.Sample{Time: when, Value: n})
	}
	return samples
}

// ridesPlan is a plan that needs three hours: two of work, half of one back
// and half of one of buffer.
func ridesPlan(id, person string, start time.Time) map[string]any {
	at := start.UTC().Format(time.RFC3339)
	return map[string]any{"plan": map[string]any{
		"schema": "upgradehub/plan/v1", "id": id, "title": id, "system": id, "zone": "America/New_York",
		"window":   map[string]any{"start": at, "end": start.Add(3 * time.Hour).UTC().Format(time.RFC3339)},
		"phases":   []map[string]any{{"id": "work", "title": "Work", "start": at, "duration": "2h"}},
		"rollback": map[string]any{"duration": "30m", "buffer": "30m"},
		"roster":   map[string]any{"lead": map[string]any{"person": person}},
	}}
}

// TestWindowsOfAnUpgrade: the hub finds what the command line finds, with the
// need of the upgrade, and offers no time that is taken.
func TestWindowsOfAnUpgrade(t *testing.T) {
	h := startHub(t, t.TempDir())
	h.applied(t, "rides", "upgrade.planned", ridesPlan("rides", "@lead", time.Date(2014, 11, 5, 6, 0, 0, 0, time.UTC)))
	at := map[string]string{"HUB_HTTP": h.page, "HUB_DATA": h.data}
	for range 2 { // the second time changes nothing
		if code, stdout, stderr := hub(t, at, "window", "publish", "rides", passengers); code != exitDone || stdout != "5904 samples of rides\n" || stderr != "" {
			t.Fatalf("hub window publish: exit %d, printed %q, stderr %q", code, stdout, stderr)
		}
	}
	if code, _, stderr := hub(t, at, "window", "publish", "rides", "--values", "some", passengers); code != exitUsage || !strings.Contains(stderr, "none of counts, levels") {
		t.Errorf("publish --values some: exit %d, %q", code, stderr)
	}
	if code, _, _ := hub(t, at, "window", "publish", "none", passengers); code != exitFailed {
		t.Errorf("publish of no upgrade: exit %d", code)
	}
	const path = "/api/v1/windows?upgrade=rides&from=2014-11-01"
	var got windows.Windows
	h.getJSON(t, path, true, &got)

	code, stdout, stderr := hub(t, nil, "window", "find", "--need", "3h", "--zone", "America/New_York", "--from", "2014-11-01", "--json", passengers)
	var want windows.Windows
	if err := json.Unmarshal([]byte(stdout), &want); err != nil || code != exitDone {
		t.Fatalf("hub window find: exit %d, %v, %s", code, err, stderr)
	}
	if len(got.Slots) != 5 || len(want.Slots) != 5 || got.Need != "3h" || got.Sentence != want.Sentence {
		t.Fatalf("GET %s = %+v, want %+v", path, got, want)
	}
	for i := range got.Slots {
		if g, w := got.Slots[i], want.Slots[i]; !g.Start.Equal(w.Start) || g.Expected != w.Expected || !slices.Equal(g.Reasons, w.Reasons) {
			t.Errorf("slot %d: %+v, want %+v", i, g, w)
		}
	}
	if n := got.NeedOf; n == nil || n.Work != 7200 || n.Rollback != 1800 || n.Buffer != 1800 || n.WorkRuns != 0 {
		t.Errorf("the need consists of %+v", n)
	}
	if len(got.Week) != 168 || got.Week[0].Median == nil || *got.Week[2].Median >= *got.Week[18].Median {
		t.Errorf("the week has %d hours", len(got.Week))
	}

	code, printed, stderr := hub(t, at, "window", "for", "rides", "--from", "2014-11-01")
	_, found, _ := hub(t, nil, "window", "find", "--need", "3h", "--zone", "America/New_York", "--from", "2014-11-01", passengers)
	if code != exitDone || printed != found {
		t.Errorf("hub window for: exit %d, %s, printed\n%swant\n%s", code, stderr, printed, found)
	}
	if code, page, _ := hub(t, at, "window", "for", "rides", "--from", "2014-11-01", "--html"); code != exitDone || strings.Count(page, `<td class="h`) != 168 {
		t.Errorf("hub window for --html: exit %d, %.200s", code, page)
	}

	best := got.Slots[0]
	h.applied(t, "other", "upgrade.planned", ridesPlan("other", "@lead", best.Start))
	h.applied(t, "far", "upgrade.planned", ridesPlan("far", "@somebody", got.Slots[1].Start))
	h.getJSON(t, path, true, &got)
	if got.Slots[0].Start.Equal(best.Start) || !got.Slots[0].Start.Equal(want.Slots[1].Start) {
		t.Errorf("best is %v, want %v because %v is taken", got.Slots[0].Start, want.Slots[1].Start, best.Start)
	}
	if len(got.LeftOut) != 1 || got.LeftOut[0].Name != "@lead works on upgrade other" {
		t.Errorf("left out %+v", got.LeftOut)
	}
	h.applied(t, "rides", "phase.started", map[string]any{"phase": "work"})
	if status, body := h.get(t, path, true); status != http.StatusConflict || !strings.Contains(body, "needs no window") {
		t.Errorf("of an upgrade that has begun: %d %s", status, body)
	}
}

// TestAskForWindows: usage and blackouts may come with the question; every
// fault of it is named.
func TestAskForWindows(t *testing.T) {
	h := startHub(t, t.TempDir())
	question := func(change map[string]any) string {
		ask := map[string]any{"need": "3h", "zone": "America/New_York", "from": "2014-11-01", "usage": ridden(t)}
		maps.Copy(ask, change)
		raw, err := json.Marshal(ask)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	raw, err := os.ReadFile(passengers)
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	first := map[string]any{"start": "2014-11-01T04:00:00Z", "end": "2014-11-08T05:00:00Z", "name": "freeze"}
	tests := []struct {
		name, body, want string
		status           int
	}{
		{"good", question(nil), `"slots":[{"start":`, http.StatusOK},
		{"nothing left", question(map[string]any{"blackouts": []any{first}}), "blackouts leave no slot (freeze)", http.StatusConflict},
		{"calendar", question(map[string]any{"blackout_ics": "nonsense"}), "blackout_ics: ", http.StatusBadRequest},
		{"backwards", question(map[string]any{"blackouts": []any{map[string]any{"start": first["end"], "end": first["start"], "name": "odd"}}}), "does not end after its start", http.StatusBadRequest},
		{"every fault", `{"need":"soon","zone":"Mars","weeks":9,"from":"then"}`, `"need: is no duration such as 3h"`, http.StatusBadRequest},
		{"unknown key", `{"neeed":"3h"}`, "neeed", http.StatusBadRequest},
		{"a table", question(map[string]any{"usage": nil, "usage_files": []string{text}}), `"slots":[{"start":`, http.StatusOK},
		{"levels", question(map[string]any{"usage": nil, "usage_files": []string{text}, "values": "levels"}), `"unit":"person-hours"`, http.StatusOK},
		{"a table and an answer", question(map[string]any{"usage": nil, "usage_files": []string{text, "{}"}}), "2: is a different kind of file", http.StatusConflict},
		{"usage twice", question(map[string]any{"usage_files": []string{text}}), "usage or usage_files, not both", http.StatusBadRequest},
		{"no values", question(map[string]any{"values": "some"}), "values: must be counts or levels", http.StatusBadRequest},
		{"no usage", `{"need":"3h","zone":"UTC","system":"orders"}`, "no usage of", http.StatusConflict},
		{"no upgrade", `{"upgrade":"orders"}`, "nothing is known", http.StatusNotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, body := h.post(t, "/api/v1/windows", tt.body, nil)
			if status != tt.status || !strings.Contains(strings.ReplaceAll(body, `\"`, `"`), tt.want) {
				t.Errorf("POST = %d %.600s, want %d with %s", status, body, tt.status, tt.want)
			}
		})
	}
	if status, _ := h.get(t, "/api/v1/windows?system=a&need=3h&zone=UTC", false); status != http.StatusUnauthorized {
		t.Errorf("without a token: %d", status)
	}
}
