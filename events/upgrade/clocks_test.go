package upgrade_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
)

// listed writes deadlines as "late:prepare@10h40m0s", times counted from
// noon.
func listed(list []upgrade.Deadline) string {
	var all []string
	for _, d := range list {
		kind := strings.TrimPrefix(string(d.Type), "clock.")
		all = append(all, fmt.Sprintf("%s:%s@%s", kind, d.Clock.Object, d.Clock.Due.Sub(noon).Truncate(time.Minute)))
	}
	return strings.Join(all, " ")
}

func wantListed(t *testing.T, list []upgrade.Deadline, want string) {
	t.Helper()
	if got := listed(list); got != want {
		t.Errorf("deadlines:\n got %s\nwant %s", got, want)
	}
}

func TestDeadlinesBeforeTheStart(t *testing.T) {
	f := begin(t)
	wantListed(t, f.u.Deadlines(), "")
	f.must(events.UpgradePlanned, &events.Planned{Plan: testPlan()})
	wantListed(t, f.u.Deadlines(), "due:reminder-30m@9h30m0s late:@10h10m0s")
	f.must(events.UpgradePlanned, revised(func(p *plan.Plan) {
		p.Window.Start, p.Window.End = p.Window.Start.Add(24*time.Hour), p.Window.End.Add(24*time.Hour)
		p.Phases[0].Duration = plan.Duration(5 * time.Hour)
	}))
	wantListed(t, f.u.Deadlines(), "due:reminder-24h@10h0m0s due:reminder-30m@33h30m0s late:@34h30m0s")
	wantListed(t, f.pass(11*time.Hour), "due:reminder-24h@10h0m0s")
	wantListed(t, f.u.Deadlines(), "due:reminder-30m@33h30m0s late:@34h30m0s")
}

func TestDeadlinesWhileLive(t *testing.T) {
	f := started(t)
	wantListed(t, f.u.Deadlines(), "late:prepare@10h10m0s silent:@10h20m0s due:holding@11h0m0s late:secret@12h10m0s overdue:@14h0m0s")
	f.must(events.PhaseStarted, &events.Phase{Phase: "prepare"})
	wantListed(t, f.u.Deadlines(), "silent:@10h20m0s overdue:prepare@10h40m0s due:holding@11h0m0s late:secret@12h10m0s overdue:@14h0m0s")
	f.must(events.PhaseFinished, &events.Phase{Phase: "prepare"})
	f.must(events.UpgradePaused, &events.Step{})
	wantListed(t, f.u.Deadlines(), "due:holding@11h0m0s overdue:@14h0m0s")
	f.must(events.UpgradeResumed, &events.Step{})
	wantListed(t, f.u.Deadlines(), "silent:@10h20m0s late:migrate@10h42m0s due:holding@11h0m0s late:secret@12h10m0s overdue:@14h0m0s")
	f.must(events.UpgradeCompleted, &events.Completed{})
	wantListed(t, f.u.Deadlines(), "due:survey-digest@58h0m0s due:survey-remind@58h0m0s due:survey-close@178h0m0s due:learnt-14d@346h0m0s due:report-14d@346h0m0s due:survey-forget@4330h0m0s")
}

// TestGivenUpPhases: on the way back nobody is told that a phase takes too long
// from which it began; one that begins on the way is watched.
func TestGivenUpPhases(t *testing.T) {
	f := started(t)
	f.must(events.PhaseStarted, &events.Phase{Phase: "prepare"})
	f.must(events.RollbackStarted, &events.Rollback{})
	if got := listed(f.u.Deadlines()); strings.Contains(got, "overdue:prepare") {
		t.Errorf("deadlines = %s, want none of what is given up", got)
	}
	f.now = f.now.Add(time.Minute)
	f.must(events.PhaseStarted, &events.Phase{Phase: "migrate"})
	if got := listed(f.u.Deadlines()); !strings.Contains(got, "overdue:migrate") || strings.Contains(got, "overdue:prepare") {
		t.Errorf("deadlines = %s, want the end of migrate alone", got)
	}
}

// TestGivenUpTroubles: who was told that a phase takes too long, or does not
// begin, is the last, once the way back has begun.
func TestGivenUpTroubles(t *testing.T) {
	f := started(t)
	f.must(events.PhaseStarted, &events.Phase{Phase: "prepare"})
	f.pass(12*time.Hour + 15*time.Minute)
	troubles := func() string {
		var all []string
		for _, t := range f.u.Troubles() {
			if t.Phase != "" {
				all = append(all, t.Kind+":"+t.Phase)
			}
		}
		return strings.Join(all, " ")
	}
	if got := troubles(); got != "overdue:prepare late:secret" {
		t.Fatalf("troubles with phases %q", got)
	}
	f.must(events.RollbackStarted, &events.Rollback{})
	if got := troubles(); got != "" {
		t.Errorf("troubles with phases %q, want none on the way back", got)
	}
}

// TestLateFollowers: a phase is late from when it could have begun, so that
// one delay is not told once for every phase behind it.
func TestLateFollowers(t *testing.T) {
	f := started(t)
	f.must(events.PhaseStarted, &events.Phase{Phase: "prepare"})
	f.now = at(13 * time.Hour)
	f.must(events.PhaseFinished, &events.Phase{Phase: "prepare"})
	if got := listed(f.u.Deadlines()); !strings.Contains(got, "late:migrate@13h12m0s") {
		t.Errorf("deadlines = %s, want migrate late 12 min after prepare ended", got)
	}
}

func TestOverduePhase(t *testing.T) {
	f := started(t)
	f.now = at(11 * time.Hour)
	f.must(events.PhaseStarted, &events.Phase{Phase: "migrate"})
	struck := listed(f.pass(2*time.Hour + 12*time.Minute))
	if !strings.Contains(struck, "overdue:migrate@13h12m0s") || f.phase("migrate").Overdue == nil {
		t.Fatalf("struck %s, want migrate overdue 2h12m after its start", struck)
	}
	f.must(events.PhaseFinished, &events.Phase{Phase: "migrate", Outcome: events.Failure})
	if f.phase("migrate").Overdue != nil {
		t.Error("the end of the phase leaves it overdue")
	}
	f.must(events.PhaseStarted, &events.Phase{Phase: "migrate"})
	for _, d := range f.u.Deadlines() {
		if d.Clock.Object == "migrate" && d.Clock.Attempt != 2 {
			t.Errorf("deadline of the second attempt = %+v", d)
		}
	}
}

func TestWhatBringsAnEndToLateness(t *testing.T) {
	move := func(start, end time.Duration) said {
		return said{events.UpgradePlanned, revised(func(p *plan.Plan) {
			p.Window = plan.Window{Start: p.Window.Start.Add(start), End: p.Window.End.Add(end)}
		})}
	}
	flag := map[string]func(*upgrade.Upgrade) *time.Time{
		"late":    func(u *upgrade.Upgrade) *time.Time { return u.Late },
		"overdue": func(u *upgrade.Upgrade) *time.Time { return u.Overdue },
		"silent":  func(u *upgrade.Upgrade) *time.Time { return u.Silent },
	}
	tests := []struct {
		name, flag string
		from       upgrade.State
		say        said
		still      bool
	}{
		{"start", "late", upgrade.Planned, start, false},
		{"first phase", "late", upgrade.Scheduled, phase, false},
		{"moved start", "late", upgrade.Planned, move(time.Hour, time.Hour), false},
		{"moved end", "late", upgrade.Planned, move(0, time.Hour), true},
		{"canceled", "late", upgrade.Planned, cancel, false},
		{"moved end", "overdue", upgrade.InProgress, move(0, 8*time.Hour), false},
		{"moved start", "overdue", upgrade.InProgress, move(time.Hour, 0), true},
		{"end", "overdue", upgrade.InProgress, complete, false},
		{"news", "overdue", upgrade.InProgress, phase, true},
		{"news", "silent", upgrade.InProgress, said{events.RiskTriggered, &events.Risk{Risk: "disk"}}, false},
	}
	for _, tt := range tests {
		t.Run(tt.flag+" "+tt.name, func(t *testing.T) {
			f := inState(t, tt.from)
			f.pass(20 * time.Hour)
			if flag[tt.flag](f.u) == nil {
				t.Fatalf("not %s after 20 hours", tt.flag)
			}
			f.must(tt.say.typ, tt.say.data)
			if got := flag[tt.flag](f.u); (got != nil) != tt.still {
				t.Errorf("%s after %s = %v, want still so: %v", tt.flag, tt.name, got, tt.still)
			}
		})
	}
}

// TestReopenedIsOverdueAtOnce: the clock's fact lies in the log already and
// cannot come again.
func TestReopenedIsOverdueAtOnce(t *testing.T) {
	f := started(t)
	f.must(events.PhaseStarted, &events.Phase{Phase: "prepare"})
	f.pass(5 * time.Hour)
	due := *f.u.Overdue
	f.must(fail.typ, fail.data)
	f.must(reopen.typ, reopen.data)
	if f.u.Overdue == nil || !f.u.Overdue.Equal(due) || f.phase("prepare").Overdue == nil {
		t.Errorf("overdue = %v, phase %v, want %s as before the end", f.u.Overdue, f.phase("prepare").Overdue, due)
	}
}

func TestClockFactsThatNoLongerHold(t *testing.T) {
	f := started(t)
	owed := f.u.Deadlines()
	tests := []struct {
		name string
		spin func(*upgrade.Deadline)
	}{
		{"other revision", func(d *upgrade.Deadline) { d.Clock.Revision++ }},
		{"other attempt", func(d *upgrade.Deadline) { d.Clock.Attempt += 7 }},
		{"other due", func(d *upgrade.Deadline) { d.Clock.Due = d.Clock.Due.Add(time.Second) }},
		{"other object", func(d *upgrade.Deadline) { d.Clock.Object = "nothing" }},
		{"other type", func(d *upgrade.Deadline) {
			if d.Type = events.ClockDue; d.Clock.Object != "" {
				d.Type = events.ClockPromiseBroken
			}
		}},
	}
	before := jsonOf(t, f.u)
	for _, tt := range tests {
		for _, d := range owed {
			tt.spin(&d)
			if eff := f.u.Apply(clockEvent(d, f.now)); eff != (upgrade.Effect{Applied: true}) {
				t.Errorf("%s: %s = %+v, want dropped", tt.name, d.Type, eff)
			}
		}
	}
	if got := jsonOf(t, f.u); got != before {
		t.Errorf("state changed to %s", got)
	}
	if eff := f.u.Apply(events.Event{Type: events.ClockLate}); eff.Anomaly == "" {
		t.Errorf("clock fact without payload = %+v, want an anomaly", eff)
	}
}

func TestNewsPutsSilenceOff(t *testing.T) {
	f := started(t)
	f.now = at(10*time.Hour + 15*time.Minute)
	f.must(events.PhaseStarted, &events.Phase{Phase: "prepare"})
	if got := listed(f.u.Deadlines()); !strings.Contains(got, "silent:@10h35m0s") {
		t.Errorf("deadlines = %s, want silent 20 min after the news", got)
	}
}

// filter keeps the deadlines of some types.
func filter(list []upgrade.Deadline, types ...events.Type) []upgrade.Deadline {
	return slices.DeleteFunc(list, func(d upgrade.Deadline) bool { return !slices.Contains(types, d.Type) })
}
