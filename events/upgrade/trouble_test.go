package upgrade_test

import (
	"strings"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
)

// TestEscalation: whoever is next hears of a trouble ten minutes after the
// one before, as long as it stands.
func TestEscalation(t *testing.T) {
	f := begin(t).risky(asIs)
	f.must(events.PhaseStarted, &events.Phase{Phase: "migrate"})
	got := f.tick(3*time.Hour+10*time.Minute, "escalate")
	for _, want := range []string{"escalate-1:overdue:migrate@12h52m0s", "escalate-2:overdue:migrate@13h2m0s", "escalate-1:silent:@10h30m0s escalate-2:silent:@10h40m0s"} {
		if !strings.Contains(got, want) {
			t.Errorf("told %q, want %q in it", got, want)
		}
	}
	for object, want := range map[string]string{
		"escalate-1:overdue:migrate": "@dba2", "escalate-2:overdue:migrate": "@lead", "escalate-1:silent:": "@dba2",
		"escalate-3:overdue:migrate": "", "escalate-0:overdue:migrate": "", "escalate-1:overdue:prepare": "", "holding": "",
	} {
		tr, who, ok := f.u.Escalated(object)
		if who != want || ok != (want != "") || ok && !strings.Contains(object, tr.Kind+":"+tr.Phase) {
			t.Errorf("Escalated(%s) = %+v, %q, %t, want %q", object, tr, who, ok, want)
		}
	}
	f = begin(t).risky(asIs)
	f.must(events.PhaseStarted, &events.Phase{Phase: "migrate"})
	f.tick(2*time.Hour+45*time.Minute, "escalate")
	f.must(events.PhaseFinished, &events.Phase{Phase: "migrate"})
	if got := f.tick(time.Hour, "escalate"); strings.Contains(got, "migrate") {
		t.Errorf("a phase that ended is escalated: %q", got)
	}
}

// TestTroubleKnowsThePlan: patience is no part of what was planned.
func TestTroubleKnowsThePlan(t *testing.T) {
	f := begin(t).risky(asIs)
	f.must(events.PhaseStarted, &events.Phase{Phase: "migrate"})
	f.tick(3*time.Hour+10*time.Minute, "escalate")
	found := 0
	for _, tr := range f.u.Troubles() {
		want := map[string]time.Duration{"overdue": 12 * time.Minute, "silent": 0}[tr.Kind]
		if tr.Phase == "migrate" || tr.Kind == "silent" {
			found++
			if got := tr.Due.Sub(tr.Planned); got != want {
				t.Errorf("%s of %q: %s after it was planned, want %s", tr.Kind, tr.Phase, got, want)
			}
		}
	}
	if found != 2 {
		t.Errorf("troubles %+v, want an overdue phase and silence", f.u.Troubles())
	}
}

// TestPassedStaysShort: what comes again and again leaves one mark.
func TestPassedStaysShort(t *testing.T) {
	f := begin(t).risky(func(p *plan.Plan) { p.Window.End = p.Window.End.Add(100 * time.Hour) })
	for range 50 {
		f.must(events.UpdatePosted, &events.Update{Text: f.now.String()})
		f.tick(61*time.Minute, "nudge")
	}
	if n := len(f.u.Passed); n > 12 {
		t.Errorf("%d moments are remembered: %+v", n, f.u.Passed)
	}
}

func TestWayBack(t *testing.T) {
	by := at(14*time.Hour - 75*time.Minute)
	irrevocable := func(p *plan.Plan) { p.Phases[1].PointOfNoReturn = true }
	migrate := said{events.PhaseStarted, &events.Phase{Phase: "migrate"}}
	for _, tt := range []struct {
		name    string
		change  func(*plan.Plan)
		says    []said
		now     time.Time
		is      bool
		forward bool
		crossed string
	}{
		{"in time", asIs, nil, by.Add(-time.Second), true, false, ""},
		{"at the moment", asIs, nil, by, true, true, ""},
		{"a phase that can be undone", asIs, []said{migrate}, by.Add(-time.Hour), true, false, ""},
		{"point of no return", irrevocable, []said{migrate}, by.Add(-time.Hour), true, true, "migrate"},
		{"no way back planned", func(p *plan.Plan) { p.Rollback = plan.Rollback{} }, nil, by, false, false, ""},
		{"on the way", asIs, []said{back}, by, false, false, ""},
		{"ended", asIs, []said{cancel}, by, false, false, ""},
	} {
		f := begin(t).risky(tt.change)
		for _, s := range tt.says {
			f.must(s.typ, s.data)
		}
		w := f.u.WayBack(tt.now)
		if (w != nil) != tt.is || w != nil && (w.ForwardOnly != tt.forward || w.Crossed != tt.crossed || !w.By.Equal(by)) {
			t.Errorf("%s: WayBack = %+v, want one %t: forward only %t, crossed %q", tt.name, w, tt.is, tt.forward, tt.crossed)
		}
	}
	if w := upgrade.New("pg16").WayBack(noon); w != nil {
		t.Errorf("without a plan: %+v", w)
	}
}

func TestWayBackAlerts(t *testing.T) {
	irrevocable := func(p *plan.Plan) { p.Phases[1].PointOfNoReturn = true }
	migrate := said{events.PhaseStarted, &events.Phase{Phase: "migrate"}}
	tight := func(p *plan.Plan) { p.Rollback.Duration = plan.Duration(3*time.Hour + 30*time.Minute) } // 15 min into the window
	for _, tt := range []struct {
		name   string
		change func(*plan.Plan)
		says   []said
		want   string
	}{
		{"all three", asIs, nil, "rollback-30m@12h15m0s rollback-10m@12h35m0s rollback-0m@12h45m0s"},
		{"those that lie in the work", tight, nil, "rollback-10m@10h5m0s rollback-0m@10h15m0s"},
		{"point of no return", irrevocable, []said{migrate}, ""},
		{"way back", asIs, []said{back}, ""},
		{"end", asIs, []said{cancel}, ""},
	} {
		f := begin(t).risky(tt.change)
		for _, s := range tt.says {
			f.must(s.typ, s.data)
		}
		if got := f.tick(3*time.Hour, "rollback"); got != tt.want {
			t.Errorf("%s: told %q, want %q", tt.name, got, tt.want)
		}
	}
	f := begin(t).risky(asIs)
	f.tick(3*time.Hour, "rollback")
	longer := riskyPlan()
	longer.Window.End = longer.Window.End.Add(2 * time.Hour)
	f.must(events.UpgradePlanned, &events.Planned{Plan: longer})
	if got, want := f.tick(2*time.Hour, "rollback"), "rollback-30m@14h15m0s rollback-10m@14h35m0s rollback-0m@14h45m0s"; got != want {
		t.Errorf("after the end moved: told %q, want %q", got, want)
	}
}

// TestWayBackByHistory: what was forecast from earlier ones goes before the
// plan, and does not count anew what was counted.
func TestWayBackByHistory(t *testing.T) {
	f := begin(t).risky(asIs)
	f.tick(2*time.Hour+20*time.Minute, "rollback")
	f.u.Forecast = &upgrade.Foreseen{ForecastMade: events.ForecastMade{Rollback: 3000, RollbackRuns: 9}}
	w := f.u.WayBack(f.now)
	if by := at(14*time.Hour - 65*time.Minute); w == nil || !w.By.Equal(by) || w.Runs != 9 || w.Takes != 3000 {
		t.Errorf("WayBack = %+v, want until %s by 9 runs", w, by)
	}
	if got, want := f.tick(time.Hour, "rollback"), "rollback-10m@12h45m0s rollback-0m@12h55m0s"; got != want {
		t.Errorf("told %q, want %q", got, want)
	}
}

// TestEndAtRisk: what is left, as long as planned and in its order, is held
// against the announced end.
func TestEndAtRisk(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*plan.Plan)
		run    []string // phases that began, at the start
		after  time.Duration
		want   bool
	}{
		{"on time", asIs, []string{"prepare"}, 20 * time.Minute, false},
		{"the first one runs long", asIs, []string{"prepare"}, 2*time.Hour + time.Minute, true},
		{"it still fits", asIs, []string{"prepare"}, 90 * time.Minute, false},
		{"the last one alone", func(p *plan.Plan) { p.Phases = p.Phases[:1] }, []string{"prepare"}, 3 * time.Hour, false},
		{"beyond the end", func(p *plan.Plan) { p.Phases = p.Phases[:1] }, []string{"prepare"}, 4*time.Hour + time.Minute, true},
		{"named behind", func(p *plan.Plan) { p.Phases[0], p.Phases[1] = p.Phases[1], p.Phases[0] }, []string{"prepare"}, 2*time.Hour + time.Minute, true},
	} {
		f := begin(t).risky(tt.change)
		for _, id := range tt.run {
			f.must(events.PhaseStarted, &events.Phase{Phase: id})
		}
		if got := f.u.EndAtRisk(f.now.Add(tt.after)); got != tt.want {
			t.Errorf("%s: at risk %t, want %t", tt.name, got, tt.want)
		}
	}
	if f := begin(t).risky(asIs); !f.u.EndAtRisk(at(13*time.Hour)) || f.u.EndAtRisk(at(11*time.Hour)) {
		t.Error("phases that have not begun do not count")
	}
	if f := announced(t); f.u.EndAtRisk(at(20 * time.Hour)) {
		t.Error("an upgrade that has not begun puts its end at risk")
	}
}
