package upgrade_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
)

// ids are those of the plan and one that is not in it.
func ids(known ...string) *rapid.Generator[string] {
	return rapid.SampledFrom(append(known, "unknown"))
}

var (
	phaseIDs     = ids("prepare", "migrate", "secret")
	componentIDs = ids("web", "api", "vault")
	impacts      = rapid.SampledFrom(plan.Impacts)
	outcomes     = rapid.SampledFrom([]events.Outcome{"", events.Success, events.Failure, events.OutcomeCanceled, events.OutcomeSkipped})
	halves       = rapid.SampledFrom([]events.Outcome{"", events.Success, events.Failure})
	notes        = rapid.SampledFrom([]string{"", "a note", "another"})
	sources      = rapid.SampledFrom([]string{"tool", "lead"})
	visibilities = rapid.SampledFrom([]events.Visibility{"", "", "", events.Public, events.Internal})
)

// draws make a payload of every type.
var draws = map[events.Type]func(*rapid.T) events.Data{
	events.UpgradePlanned: func(t *rapid.T) events.Data {
		p := riskyPlan()
		p.Window.End = p.Window.End.Add(time.Duration(rapid.IntRange(0, 2).Draw(t, "moved")) * time.Hour)
		p.Phases = p.Phases[rapid.IntRange(0, 1).Draw(t, "dropped"):]
		p.Gates[0].Evidence = drawRules(t)
		return &events.Planned{Plan: p, Reason: notes.Draw(t, "reason")}
	},
	events.UpgradeScheduled: func(*rapid.T) events.Data { return &events.Scheduled{} },
	events.UpgradeStarted:   drawStep,
	events.UpgradePaused:    drawStep,
	events.UpgradeResumed:   drawStep,
	events.UpgradeVerifying: drawStep,
	events.UpgradeCompleted: func(*rapid.T) events.Data { return &events.Completed{} },
	events.UpgradeFailed:    drawEnd,
	events.UpgradeCanceled:  drawEnd,
	events.UpgradeReopened:  func(*rapid.T) events.Data { return &events.Reopened{By: "lead", Reason: "typo"} },
	events.RollbackStarted:  drawRollback,
	events.RollbackFinished: drawRollback,
	events.PhaseStarted:     drawPhase,
	events.PhaseWaiting:     drawPhase,
	events.PhaseFinished:    drawPhase,
	events.PhaseProgressed: func(t *rapid.T) events.Data {
		return &events.Progressed{Phase: phaseIDs.Draw(t, "phase"), Done: new(rapid.Int64Range(0, 9).Draw(t, "done")), Note: notes.Draw(t, "note")}
	},
	events.GateEvidence: func(t *rapid.T) events.Data {
		return drawEvidence(t)
	},
	events.GateDecided: func(t *rapid.T) events.Data {
		return &events.Decided{Gate: ids("go").Draw(t, "gate"), Decision: rapid.SampledFrom([]string{"go", "no_go"}).Draw(t, "decision")}
	},
	events.ObjectiveMeasured: func(t *rapid.T) events.Data {
		return &events.Measured{Objective: ids("moved").Draw(t, "objective"), Value: json.Number(fmt.Sprint(rapid.IntRange(98, 101).Draw(t, "value")))}
	},
	events.ComponentChanged: func(t *rapid.T) events.Data {
		return &events.Component{Component: componentIDs.Draw(t, "component"), Impact: impacts.Draw(t, "impact"), Note: notes.Draw(t, "note")}
	},
	events.FailoverStarted:  drawFailover,
	events.FailoverFinished: drawFailover,
	events.FailbackStarted:  drawFailover,
	events.FailbackFinished: drawFailover,
	events.RedundancyChanged: func(t *rapid.T) events.Data {
		return &events.Redundancy{Component: componentIDs.Draw(t, "component"), Standby: notes.Draw(t, "standby")}
	},
	events.RiskTriggered: drawRisk,
	events.RiskRetired:   drawRisk,
	events.UpdatePosted: func(t *rapid.T) events.Data {
		return drawWords(t)
	},
	events.UpdateCorrected: drawEdit,
	events.UpdateRetracted: drawEdit,
	"weather.changed":      func(*rapid.T) events.Data { return &events.Unknown{} },
}

func drawStep(t *rapid.T) events.Data { return &events.Step{Note: notes.Draw(t, "note")} }
func drawEnd(t *rapid.T) events.Data  { return &events.Ended{Reason: notes.Draw(t, "reason")} }

func drawRollback(t *rapid.T) events.Data {
	return &events.Rollback{Reason: notes.Draw(t, "reason"), Outcome: halves.Draw(t, "outcome")}
}

func drawPhase(t *rapid.T) events.Data {
	return &events.Phase{Phase: phaseIDs.Draw(t, "phase"), Outcome: outcomes.Draw(t, "outcome"), Note: notes.Draw(t, "note")}
}

func drawFailover(t *rapid.T) events.Data {
	return &events.Failover{Component: componentIDs.Draw(t, "component"), Active: notes.Draw(t, "active"), Outcome: halves.Draw(t, "outcome")}
}

func drawRisk(t *rapid.T) events.Data {
	return &events.Risk{Risk: ids("disk").Draw(t, "risk"), Note: notes.Draw(t, "note")}
}

func drawEdit(t *rapid.T) events.Data {
	d := drawWords(t)
	d.Of = rapid.SampledFrom([]string{"", "r1", "r2", "r3"}).Draw(t, "of")
	return d
}

func drawWords(t *rapid.T) *events.Update {
	d := &events.Update{Text: notes.Draw(t, "text"), Final: rapid.IntRange(0, 5).Draw(t, "final") == 0}
	if hours := rapid.IntRange(-2, 3).Draw(t, "next"); hours > 0 {
		d.NextUpdateBy = at(time.Duration(10+hours) * time.Hour)
	}
	return d
}

// calm are the types that do not bring an upgrade to an end.
var calm = []events.Type{
	events.UpgradeStarted, events.UpgradePaused, events.UpgradeResumed, events.UpgradeVerifying, events.PhaseStarted,
	events.PhaseStarted, events.PhaseWaiting, events.PhaseFinished, events.PhaseProgressed, events.ComponentChanged,
	events.ComponentChanged, events.UpdatePosted, events.UpdateCorrected, events.FailoverStarted, events.FailbackFinished,
}

// all are all types, those of calm more often.
var all = slices.Concat(calm, slices.Sorted(maps.Keys(draws)))

// drawEvent draws an event of one of the types, n seconds and more after now.
func drawEvent(t *rapid.T, n int, now time.Time, types []events.Type) events.Event {
	typ := rapid.SampledFrom(types).Draw(t, "type")
	own := now.Add(-time.Duration(rapid.IntRange(0, 60).Draw(t, "ago")) * time.Second)
	return events.Event{
		ID: fmt.Sprintf("r%d", n), Source: sources.Draw(t, "source"), Type: typ, Upgrade: "pg16", Time: own,
		Recorded: now, Visibility: visibilities.Draw(t, "visibility"), Data: draws[typ](t),
	}
}

// drawn is an upgrade to which some things have happened, clocks included.
func drawn(t *rapid.T, most int, each func(*upgrade.Upgrade, events.Event)) (*upgrade.Upgrade, time.Time) {
	u := upgrade.New("pg16")
	now := noon
	if rapid.IntRange(0, 9).Draw(t, "unplanned") > 0 {
		u.Apply(events.Event{ID: "r0", Source: "tool", Type: events.UpgradePlanned, Time: now, Recorded: now, Data: &events.Planned{Plan: riskyPlan()}})
	}
	for n := range rapid.IntRange(0, most).Draw(t, "events") {
		now = now.Add(time.Duration(rapid.IntRange(0, 120).Draw(t, "minutes")) * time.Minute)
		for _, d := range u.Deadlines() {
			if !d.Clock.Due.After(now) {
				each(u, clockEvent(d, now))
			}
		}
		each(u, drawEvent(t, n+1, now, all))
	}
	return u, now
}

func apply(u *upgrade.Upgrade, e events.Event) { u.Apply(e) }

// TestEffectsAreHonest: what is not changed is the same to the last bit, an
// anomaly changes nothing and says why, and nothing ever panics.
func TestEffectsAreHonest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		drawn(t, 30, func(u *upgrade.Upgrade, e events.Event) {
			before := jsonOf(t, u)
			eff := u.Apply(e)
			same := jsonOf(t, u) == before
			if same == eff.Changed || eff.Changed && !eff.Applied || eff.Applied == (eff.Anomaly != "") {
				t.Fatalf("Apply(%s %+v) in %s = %+v, state the same: %v", e.Type, e.Data, u.State, eff, same)
			}
			if p := u.Promise; p.Kept < 0 || p.Kept+p.ByMachine+p.Broken > p.Number {
				t.Fatalf("after %s %+v the promise is %+v", e.Type, e.Data, p)
			}
			u.Public(1)
		})
	})
}

// TestRepetition: the same event right again changes nothing.
func TestRepetition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		drawn(t, 30, func(u *upgrade.Upgrade, e events.Event) {
			u.Apply(e)
			before := jsonOf(t, u)
			if eff := u.Apply(e); eff.Changed || jsonOf(t, u) != before {
				t.Fatalf("Apply(%s %+v) again in %s = %+v\nwas %s\nis  %s", e.Type, e.Data, u.State, eff, before, jsonOf(t, u))
			}
		})
	})
}

// TestKept: an upgrade that is written and read again goes on as if it had
// stayed in memory.
func TestKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kept := upgrade.New("pg16")
		u, _ := drawn(t, 30, func(u *upgrade.Upgrade, e events.Event) {
			u.Apply(e)
			if u.Plan != nil && kept.Plan == nil { // the first plan is not drawn
				kept = u.Clone()
				return
			}
			kept.Apply(e)
			read := upgrade.New("")
			if err := json.Unmarshal([]byte(jsonOf(t, kept)), read); err != nil {
				t.Fatalf("read %s: %v", jsonOf(t, kept), err)
			}
			kept = read
		})
		if kept.Plan != nil && jsonOf(t, kept) != jsonOf(t, u) {
			t.Fatalf("kept  %s\nmemory %s", jsonOf(t, kept), jsonOf(t, u))
		}
	})
}

func TestCloneIsIndependent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u, now := drawn(t, 20, apply)
		before := jsonOf(t, u)
		c := u.Clone()
		if got := jsonOf(t, c); got != before {
			t.Fatalf("clone is %s, want %s", got, before)
		}
		for n := range 15 {
			c.Apply(drawEvent(t, 100+n, now.Add(time.Hour), all))
			for _, d := range c.Deadlines() {
				c.Apply(clockEvent(d, now))
			}
		}
		if got := jsonOf(t, u); got != before {
			t.Fatalf("the original became %s, was %s", got, before)
		}
	})
}

// TestClockFactsHoldOnce: every deadline, folded at its due, changes the
// state, and only once.
func TestClockFactsHoldOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u, _ := drawn(t, 20, apply)
		for _, d := range u.Deadlines() {
			c := u.Clone()
			if eff := c.Apply(clockEvent(d, d.Clock.Due)); !eff.Applied || !eff.Changed {
				t.Fatalf("Apply(%+v) = %+v, want changed", d, eff)
			}
			before := jsonOf(t, c)
			if eff := c.Apply(clockEvent(d, d.Clock.Due)); !eff.Applied || eff.Changed || jsonOf(t, c) != before {
				t.Fatalf("Apply(%+v) again = %+v, want dropped", d, eff)
			}
		}
	})
}

// TestDeadlinesRunOut: if nothing else happens, time passes only so often.
func TestDeadlinesRunOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u, _ := drawn(t, 20, apply)
		for range 80 {
			list := u.Deadlines()
			if len(list) == 0 {
				return
			}
			u.Apply(clockEvent(list[0], list[0].Clock.Due))
		}
		t.Fatalf("after 80 clock facts there are still %+v", u.Deadlines())
	})
}
