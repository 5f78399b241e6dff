package upgrade_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
)

// noon is when every test begins; the window of testPlan opens ten hours
// later.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func at(d time.Duration) time.Time { return noon.Add(d) }

func testPlan() *plan.Plan {
	return &plan.Plan{
		Schema: plan.Schema, ID: "pg16", Title: "Database upgrade", System: "orders", Zone: "Europe/Berlin",
		Window: plan.Window{Start: at(10 * time.Hour), End: at(14 * time.Hour)},
		Phases: []plan.Phase{
			{ID: "prepare", Title: "Prepare", Start: at(10 * time.Hour), Duration: plan.Duration(30 * time.Minute)},
			{ID: "migrate", Title: "Migrate", Start: at(10*time.Hour + 30*time.Minute), Duration: plan.Duration(2 * time.Hour), After: []string{"prepare"}},
			{ID: "secret", Title: "Secret", Start: at(12 * time.Hour), Duration: plan.Duration(time.Hour), Public: new(bool)},
		},
		Components: []plan.Component{
			{ID: "web", Name: "Website"}, {ID: "api", Name: "Interface"}, {ID: "vault", Name: "Vault", Public: new(bool)},
		},
		Gates:      []plan.Gate{{ID: "go", Title: "Go or no-go"}},
		Risks:      []plan.Risk{{ID: "disk", Text: "Disk fills"}},
		Objectives: []plan.Objective{{ID: "moved", Text: "All rows moved", Target: ">= 99.9"}},
		Audiences: []plan.Audience{
			{ID: "users", Channels: []string{"email"}, Cadence: map[string]plan.Duration{"live": plan.Duration(time.Hour)}},
			{ID: "teams", Channels: []string{"slack"}, Cadence: map[string]plan.Duration{"live": plan.Duration(20 * time.Minute)}},
		},
	}
}

// revised is testPlan after f changed it.
func revised(f func(*plan.Plan)) *events.Planned {
	p := testPlan()
	f(p)
	return &events.Planned{Plan: p}
}

// feed tells one upgrade what happens, a second apart.
type feed struct {
	t   testing.TB
	u   *upgrade.Upgrade
	now time.Time
	n   int
}

// begin is an upgrade of which nothing is known, at noon.
func begin(t testing.TB) *feed {
	return &feed{t: t, u: upgrade.New("pg16"), now: noon}
}

// announced is an upgrade with testPlan.
func announced(t testing.TB) *feed {
	f := begin(t)
	f.must(events.UpgradePlanned, &events.Planned{Plan: testPlan()})
	return f
}

// started is an upgrade that began when its window did.
func started(t testing.TB) *feed {
	f := announced(t)
	f.now = at(10 * time.Hour)
	f.must(events.UpgradeStarted, &events.Step{})
	return f
}

func (f *feed) event(typ events.Type, d events.Data) events.Event {
	f.n++
	f.now = f.now.Add(time.Second)
	return events.Event{
		ID: fmt.Sprintf("e%d", f.n), Source: "tool", Type: typ, Upgrade: "pg16",
		Time: f.now, Recorded: f.now, Data: d,
	}
}

func (f *feed) send(typ events.Type, d events.Data) upgrade.Effect {
	return f.u.Apply(f.event(typ, d))
}

// said sends an event with a visibility.
func (f *feed) said(v events.Visibility, typ events.Type, d events.Data) {
	f.t.Helper()
	e := f.event(typ, d)
	e.Visibility = v
	if eff := f.u.Apply(e); !eff.Changed {
		f.t.Fatalf("Apply(%s, %s) = %+v, want changed", typ, v, eff)
	}
}

// must sends an event that has to change something.
func (f *feed) must(typ events.Type, d events.Data) {
	f.t.Helper()
	if eff := f.send(typ, d); !eff.Applied || !eff.Changed || eff.Anomaly != "" {
		f.t.Fatalf("Apply(%s %+v) in %q = %+v, want applied and changed", typ, d, f.u.State, eff)
	}
}

// pass lets d go by and folds the clock facts that fall due.
func (f *feed) pass(d time.Duration) []upgrade.Deadline {
	f.now = f.now.Add(d)
	var struck []upgrade.Deadline
	for {
		list := f.u.Deadlines()
		if len(list) == 0 || list[0].Clock.Due.After(f.now) {
			return struck
		}
		f.u.Apply(clockEvent(list[0], f.now))
		struck = append(struck, list[0])
	}
}

func clockEvent(d upgrade.Deadline, now time.Time) events.Event {
	return events.Event{ID: "clock", Source: "hub", Type: d.Type, Upgrade: "pg16", Time: now, Recorded: now, Data: &d.Clock}
}

func (f *feed) phase(id string) upgrade.Phase {
	f.t.Helper()
	for _, p := range f.u.Phases {
		if p.ID == id {
			return p
		}
	}
	f.t.Fatalf("no phase %q", id)
	return upgrade.Phase{}
}

func (f *feed) component(id string) upgrade.Component {
	f.t.Helper()
	for _, c := range f.u.Components {
		if c.ID == id {
			return c
		}
	}
	f.t.Fatalf("no component %q", id)
	return upgrade.Component{}
}

func jsonOf(t interface {
	Helper()
	Fatalf(string, ...any)
}, v any,
) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatalf("marshal: %v", err)
	}
	return string(b)
}
