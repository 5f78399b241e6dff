package upgrade_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
)

// line is one line of a replay.
type line struct {
	Subject  string          `json:"subject"`
	Time     time.Time       `json:"time"`
	Data     json.RawMessage `json:"data"`
	PlanFile string          `json:"plan_file"`
	Patch    json.RawMessage `json:"patch"`
}

// event is the event that the line publishes, as the hub would take it in.
func (l line) event(t *testing.T, n int) events.Event {
	t.Helper()
	upgradeID, typ, _ := strings.Cut(strings.TrimPrefix(l.Subject, "upgrades."), ".")
	body := l.Data
	if l.PlanFile != "" {
		body = l.withPlan(t)
	}
	e, err := events.Decode(events.Message{
		Upgrade: upgradeID, Type: events.Type(typ), Body: body, Received: l.Time, DerivedID: strconv.Itoa(n),
	})
	if err != nil {
		t.Fatalf("decode line %d: %v", n, err)
	}
	e.Recorded = l.Time
	return e
}

func (l line) withPlan(t *testing.T) []byte {
	t.Helper()
	file, err := os.ReadFile(filepath.Join("testdata", filepath.Base(l.PlanFile)))
	if err != nil {
		t.Fatal(err)
	}
	whole, err := plan.Merge(file, l.Patch)
	if err != nil {
		t.Fatal(err)
	}
	data := map[string]json.RawMessage{}
	if len(l.Data) > 0 {
		if err := json.Unmarshal(l.Data, &data); err != nil {
			t.Fatal(err)
		}
	}
	data["plan"] = whole
	return []byte(jsonOf(t, data))
}

func readReplay(t *testing.T, name string) []line {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var lines []line
	for s := bufio.NewScanner(bytes.NewReader(b)); s.Scan(); {
		var l line
		if err := json.Unmarshal(s.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, l)
	}
	return lines
}

// TestReplay plays the move of a datacenter that took 114 hours instead of
// 48, and whose end was moved once: the hub says by itself what nobody said
// then.
func TestReplay(t *testing.T) {
	f := &feed{t: t, u: upgrade.New("dc-move-2025")}
	var states []upgrade.State
	var told []upgrade.Deadline
	for n, l := range readReplay(t, "fedora-dc-move-2025.jsonl") {
		f.now = l.Time
		told = append(told, f.pass(0)...)
		e := l.event(t, n+1)
		if eff := f.u.Apply(e); !eff.Applied {
			t.Errorf("line %d, %s: %s", n+1, e.Type, eff.Anomaly)
		}
		if len(states) == 0 || states[len(states)-1] != f.u.State {
			states = append(states, f.u.State)
		}
	}
	want := []upgrade.State{upgrade.Planned, upgrade.Scheduled, upgrade.InProgress, upgrade.Completed}
	if !slices.Equal(states, want) {
		t.Errorf("states %v, want %v", states, want)
	}
	checkTold(t, told)
	checkReplayed(t, f.u.Public(22))
}

// checkTold checks what the clock said on the way.
func checkTold(t *testing.T, told []upgrade.Deadline) {
	t.Helper()
	count := map[string]int{}
	for _, d := range told {
		count[string(d.Type)+" "+d.Clock.Object]++
	}
	// The first window was replaced before it ended; the moved one ended
	// early on the fourth of July, and the work that evening.
	for what, want := range map[string]int{
		"clock.due reminder-24h": 1, "clock.due reminder-30m": 1, "clock.late ": 1, "clock.overdue ": 1, "clock.overdue data": 1,
	} {
		if count[what] != want {
			t.Errorf("the clock said %q %d times, want %d; all: %v", what, count[what], want, count)
		}
	}
	if count["clock.due holding"] == 0 || count["clock.silent "] == 0 {
		t.Errorf("the clock said nothing of promises that passed and silence: %v", count)
	}
}

func checkReplayed(t *testing.T, p upgrade.Public) {
	t.Helper()
	if p.State != upgrade.Completed || p.Result != events.SuccessfulWithIssues || p.Overdue != nil {
		t.Errorf("state %s, result %s, overdue %v, want completed with issues", p.State, p.Result, p.Overdue)
	}
	if len(p.Moves) != 1 || p.Moves[0].To.End.Sub(p.Moves[0].From.End) != 48*time.Hour {
		t.Errorf("moves %+v, want one by 48 hours", p.Moves)
	}
	if len(p.Updates) != 3 || p.PromisesBroken == 0 {
		t.Errorf("%d updates, %d promises broken, want 3 and more than none", len(p.Updates), p.PromisesBroken)
	}
	if last := p.Phases[3]; !last.NotReported {
		t.Errorf("phase %s = %+v, want not reported", last.ID, last)
	}
	if worked := p.Finished.Sub(*p.Started).Round(time.Hour); worked != 111*time.Hour {
		t.Errorf("worked for %s, want 111 hours", worked)
	}
}
