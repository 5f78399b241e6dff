package notifiers_test

import (
	"strings"
	"testing"

	"upgradehub/events"
)

// TestNothingStandsByForItself: tooling often names the active side alone, and
// what stood by before is not called the standby of itself.
func TestNothingStandsByForItself(t *testing.T) {
	r, p := renderer(t), loadPlan(t, "testdata/plan.yaml")
	s := newStory(t, nil)
	s.announce(p)
	s.work(p, 0, "migrate")
	says := func(typ events.Type, active, standby string, m events.Moment, want, lies string) {
		t.Helper()
		s.say(s.now, typ, &events.Failover{Component: "checkout", Active: active, Standby: standby})
		got, err := r.Render(s.view(events.Notice{
			Moment: m, Role: "managers", Channel: "email", Form: events.FormMessage, Facts: map[string]string{"component": "checkout"},
		}))
		if err != nil || !strings.Contains(got.Text, want) || strings.Contains(got.Text, lies) {
			t.Errorf("Render(%s, active %q, standby %q) = %v, want %q and not %q:\n%s", typ, active, standby, err, want, lies, got.Text)
		}
	}
	says(events.FailoverStarted, "db2", "db1", events.MomentFailover, "db2, standby: db1", "standby: db2")
	says(events.FailoverFinished, "db2", "", events.MomentFailover, "db2, standby: db1", "standby: db2")
	says(events.FailbackFinished, "db1", "", events.MomentFailback, "db1\n", "standby")
}
