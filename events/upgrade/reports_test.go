package upgrade_test

import (
	"fmt"
	"maps"
	"reflect"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/upgrade"
)

// report says that a component is broken, after so long.
func (f *feed) report(after time.Duration, component string) upgrade.Effect {
	f.now = f.now.Add(after)
	return f.u.Apply(events.Event{
		Type: events.TypeFeedbackReported, Source: "page", Time: f.now, Recorded: f.now,
		Data: &events.FeedbackReported{Report: fmt.Sprint(f.now.Unix()), Component: component},
	})
}

func TestReportsAreCounted(t *testing.T) {
	f := announced(t)
	f.must(events.UpgradeStarted, &events.Step{})
	before, news := f.u.Public(1), f.u.LastNews
	for i, component := range []string{"web", "", "unknown", "web", "vault"} {
		if eff := f.report(time.Duration(i)*4*time.Minute, component); !eff.Applied || !eff.Changed {
			t.Fatalf("report %d = %+v, want it applied", i, eff)
		}
	}
	r := f.u.Reports
	if want := map[string]int{"web": 2, "vault": 1}; r.Count != 5 || !maps.Equal(r.Of, want) {
		t.Errorf("reports = %d of %v, want 5 of %v", r.Count, r.Of, want)
	}
	for after, want := range map[time.Duration]int{0: 1, 14 * time.Minute: 1, 15 * time.Minute: 0} {
		if got := r.Lately(f.now.Add(after)); got != want {
			t.Errorf("%s after the last, 16 minutes after the one before: Lately() = %d, want %d", after, got, want)
		}
	}
	if !reflect.DeepEqual(before, f.u.Public(1)) {
		t.Error("visitors see reports")
	}
	if !f.u.LastNews.Equal(news) {
		t.Error("a report counts as news of tooling")
	}
}

func TestNewestReportsAreBounded(t *testing.T) {
	f := announced(t)
	f.must(events.UpgradeStarted, &events.Step{})
	for range 200 {
		f.report(time.Second, "")
	}
	if r := f.u.Reports; r.Count != 200 || len(r.Newest) != 64 || r.Lately(f.now) != 64 || !r.Newest[63].Equal(f.now) {
		t.Errorf("reports = %d, %d kept, %d lately; want 200, and the newest 64", r.Count, len(r.Newest), r.Lately(f.now))
	}
}

func TestReportBeforeThePlan(t *testing.T) {
	f := begin(t)
	if eff := f.report(0, "web"); eff.Applied || eff.Anomaly == "" {
		t.Errorf("report = %+v, want an anomaly", eff)
	}
}
