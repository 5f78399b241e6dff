package upgrade_test

import (
	"strings"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
)

func phaseSaid(typ events.Type, outcome events.Outcome) said {
	return said{typ, &events.Phase{Phase: "migrate", Outcome: outcome}}
}

// TestPhaseTransitions is what every phase event makes of every state of a
// phase, in the notation of TestTransitions.
func TestPhaseTransitions(t *testing.T) {
	begin := phaseSaid(events.PhaseStarted, "")
	wait := phaseSaid(events.PhaseWaiting, "")
	progress := said{events.PhaseProgressed, &events.Progressed{Phase: "migrate", Done: new(int64(7))}}
	finish := func(o events.Outcome) said { return phaseSaid(events.PhaseFinished, o) }
	columns := []said{begin, wait, progress, finish(""), finish(events.Failure), finish(events.OutcomeCanceled), finish(events.OutcomeSkipped)}
	tests := []struct {
		name string
		path []said
		want string
	}{
		{"queued", nil, "running waiting ! finished finished finished finished"},
		{"running", []said{begin}, "= waiting running finished finished finished finished"},
		{"waiting", []said{begin, wait}, "running = waiting finished finished finished finished"},
		{"waiting from queued", []said{wait}, "running = waiting finished finished finished finished"},
		{"success", []said{begin, finish("")}, "! ! ! = ! ! !"},
		{"success without start", []said{finish("")}, "! ! ! = ! ! !"},
		{"failure", []said{begin, finish(events.Failure)}, "running ! ! ! = ! !"},
		{"canceled", []said{begin, finish(events.OutcomeCanceled)}, "running ! ! ! ! = !"},
		{"skipped", []said{finish(events.OutcomeSkipped)}, "! ! ! ! ! ! ="},
	}
	for _, tt := range tests {
		for i, want := range strings.Fields(tt.want) {
			f := started(t)
			for _, e := range tt.path {
				f.must(e.typ, e.data)
			}
			old := f.phase("migrate").State
			eff := f.send(columns[i].typ, columns[i].data)
			wantState := upgrade.PhaseState(want)
			if want == "=" || want == "!" {
				wantState = old
			}
			got := f.phase("migrate").State
			if got != wantState || eff.Applied == (want == "!") || eff.Changed == (want == "=" || want == "!") {
				t.Errorf("%s: Apply(%s %+v) = %s, %+v, want %s", tt.name, columns[i].typ, columns[i].data, got, eff, want)
			}
		}
	}
}

func TestPhaseAttempts(t *testing.T) {
	f := started(t)
	f.must(events.PhaseStarted, &events.Phase{Phase: "migrate"})
	first := f.phase("migrate")
	f.must(events.PhaseWaiting, &events.Phase{Phase: "migrate", WaitingFor: "approval"})
	f.must(events.PhaseStarted, &events.Phase{Phase: "migrate"})
	if p := f.phase("migrate"); p.Attempt != 1 || *p.Started != *first.Started || p.WaitingFor != "" {
		t.Errorf("resumed phase = %+v, want attempt 1 from %v", p, first.Started)
	}
	f.must(events.PhaseProgressed, &events.Progressed{Phase: "migrate", Done: new(int64(3)), Total: new(int64(9))})
	f.must(events.PhaseFinished, &events.Phase{Phase: "migrate", Outcome: events.Failure})
	f.must(events.PhaseStarted, &events.Phase{Phase: "migrate"})
	p := f.phase("migrate")
	if p.Attempt != 2 || p.Outcome != "" || p.Ended != nil || p.Done != nil || !p.Started.Recorded.Equal(f.now) {
		t.Errorf("second attempt = %+v, want it to begin anew at %s", p, f.now)
	}
}

func TestPhaseWithoutStart(t *testing.T) {
	f := announced(t)
	f.must(events.PhaseFinished, &events.Phase{Phase: "prepare", Outcome: events.OutcomeSkipped})
	p := f.phase("prepare")
	if p.Started != nil || p.Ended == nil || f.u.State != upgrade.Planned {
		t.Errorf("phase = %+v in %s, want no start, and the upgrade still planned", p, f.u.State)
	}
}

func TestPhaseStartsOutOfOrder(t *testing.T) {
	f := started(t)
	f.must(events.PhaseStarted, &events.Phase{Phase: "migrate"}) // after prepare, says the plan
	if got := f.phase("migrate").State; got != upgrade.Running {
		t.Errorf("phase is %s, want running: after refuses nothing", got)
	}
}

func TestProgress(t *testing.T) {
	tests := []struct {
		name    string
		reports []events.Progressed
		want    float64
	}{
		{"given", []events.Progressed{{Percent: new(12.5)}}, 12.5},
		{"counted", []events.Progressed{{Done: new(int64(10)), Total: new(int64(156))}}, 6.4},
		{"total stays", []events.Progressed{{Done: new(int64(10)), Total: new(int64(40))}, {Done: new(int64(20))}}, 50},
		{"more than all", []events.Progressed{{Done: new(int64(50)), Total: new(int64(40))}}, 100},
		{"count after percent", []events.Progressed{{Percent: new(90.0)}, {Done: new(int64(1)), Total: new(int64(2))}}, 50},
		{"percent after count", []events.Progressed{{Done: new(int64(1)), Total: new(int64(2))}, {Percent: new(90.0)}}, 90},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := started(t)
			f.must(events.PhaseStarted, &events.Phase{Phase: "prepare"})
			for _, r := range tt.reports {
				r.Phase = "prepare"
				f.must(events.PhaseProgressed, &r)
				if eff := f.send(events.PhaseProgressed, &r); !eff.Applied || eff.Changed {
					t.Errorf("the same again = %+v, want unchanged", eff)
				}
			}
			if got := f.u.Public(1).Phases[0].Percent; got == nil || *got != tt.want {
				t.Errorf("percent = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestRevision(t *testing.T) {
	f := started(t)
	f.must(events.PhaseStarted, &events.Phase{Phase: "migrate"})
	f.must(events.PhaseStarted, &events.Phase{Phase: "secret"})
	f.must(events.ComponentChanged, &events.Component{Component: "api", Impact: plan.Outage})
	f.must(events.UpgradePlanned, revised(func(p *plan.Plan) {
		p.Window.End = p.Window.End.Add(time.Hour)
		p.Phases = []plan.Phase{{ID: "extra", Start: at(10 * time.Hour)}, p.Phases[1]}
		p.Components = p.Components[1:2]
		p.Gates, p.Risks, p.Objectives = nil, nil, nil
	}))
	u := f.u
	if u.Revision != 2 || u.State != upgrade.InProgress || len(u.Phases) != 2 || len(u.Gates) != 0 {
		t.Fatalf("revision %d, state %s, %d phases, %d gates", u.Revision, u.State, len(u.Phases), len(u.Gates))
	}
	if got := f.phase("migrate").State; got != upgrade.Running {
		t.Errorf("a phase that stays is %s, want running", got)
	}
	if got := f.component("api").Impact; got != plan.Outage {
		t.Errorf("a component that stays is at %s, want outage", got)
	}
	if len(u.Moves) != 1 || !u.Moves[0].To.End.Equal(at(15*time.Hour)) || !u.Moves[0].From.End.Equal(at(14*time.Hour)) {
		t.Errorf("moves = %+v, want one to 15 h", u.Moves)
	}
	if eff := f.send(events.PhaseFinished, &events.Phase{Phase: "secret"}); eff.Applied {
		t.Errorf("event of a dropped phase = %+v, want an anomaly", eff)
	}
}

func TestIdenticalPlan(t *testing.T) {
	f := announced(t)
	if eff := f.send(events.UpgradePlanned, &events.Planned{Plan: testPlan(), Reason: "again"}); !eff.Applied || eff.Changed || f.u.Revision != 1 {
		t.Errorf("identical plan = %+v, revision %d, want unchanged, 1", eff, f.u.Revision)
	}
}
