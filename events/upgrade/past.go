package upgrade

import (
	"cmp"
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
)

// Past is what a completed upgrade teaches about how long such work takes;
// false if it was not completed, or was a drill. Planned is the time from the
// first phase to the last, by the plan that the work began with: a window has
// room that nobody meant to use, and a plan that was revised under way says
// what came instead of what was meant.
func (u *Upgrade) Past() (events.PastRun, bool) {
	if u.State != Completed || u.Plan.Drill || u.Started == nil {
		return events.PastRun{}, false
	}
	run := u.past(*u.Started, time.Duration(u.Meant)*time.Second)
	for _, p := range u.Phases {
		planned, _ := u.Plan.Phase(p.ID)
		if p.State != Finished || p.Outcome != events.Success || p.Started == nil || p.Meant <= 0 {
			continue
		}
		if took := seconds(p.Ended.At.Sub(p.Started.At)); took > 0 {
			run.Phases = append(run.Phases, events.PastPhase{Kind: cmp.Or(planned.Kind, p.ID), Planned: p.Meant, Actual: took})
		}
	}
	return run, teaches(run)
}

// mean notes how long was planned for what has begun.
func (u *Upgrade) mean() {
	if u.Started != nil && u.Meant == 0 {
		u.Meant = seconds(worked(u.Plan))
	}
	for i := range u.Phases {
		p := &u.Phases[i]
		if p.Started != nil && p.Meant == 0 {
			p.Meant = seconds(u.PlannedFor(p.ID))
		}
	}
}

// PlannedFor is how long a phase is to take: by the plan it began with, once
// it has begun.
func (u *Upgrade) PlannedFor(phase string) time.Duration {
	if p, _ := u.found(phase); p.Meant > 0 {
		return time.Duration(p.Meant) * time.Second
	}
	planned, _ := u.Plan.Phase(phase)
	return planned.Duration.Std()
}

// PastRollback is the same of the way back.
func (u *Upgrade) PastRollback() (events.PastRun, bool) {
	if u.State != RolledBack || u.Plan.Drill || u.Returning == nil {
		return events.PastRun{}, false
	}
	run := u.past(*u.Returning, u.Plan.Rollback.Duration.Std())
	run.Start = u.Returning.At
	return run, teaches(run)
}

// past is a run from its beginning to the end of the upgrade.
func (u *Upgrade) past(began Stamp, planned time.Duration) events.PastRun {
	start := u.Plan.Window.Start
	if began.At.Before(start) {
		start = began.At
	}
	return events.PastRun{
		ID: u.ID, System: u.Plan.System, Title: u.Plan.Title, Start: start, Known: u.Finished.Recorded,
		Planned: seconds(planned), Actual: seconds(u.Finished.At.Sub(began.At)),
	}
}

// PlannedEnd is when the upgrade is planned to end, or one of its phases: as
// long as planned from when it began, if it has begun.
func (u *Upgrade) PlannedEnd(phase string) time.Time {
	if phase == "" {
		return u.Plan.Window.End
	}
	planned, _ := u.Plan.Phase(phase)
	if p, _ := u.found(phase); p.Started != nil {
		return p.Started.At.Add(planned.Duration.Std())
	}
	return planned.End()
}

func teaches(r events.PastRun) bool { return r.Planned > 0 && r.Actual > 0 && r.Known.After(r.Start) }

// worked is how long a plan means to work.
func worked(p *plan.Plan) time.Duration {
	if len(p.Phases) == 0 {
		return p.Window.Duration()
	}
	first, last := p.Phases[0].Start, p.Phases[0].End()
	for _, ph := range p.Phases {
		if ph.Start.Before(first) {
			first = ph.Start
		}
		last = later(last, ph.End())
	}
	return last.Sub(first)
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }
