package upgrade

import (
	"time"

	"upgradehub/events/forecast"
)

// Need is how long a window must be: the work and the way back, each as long
// as 8 of 10 take, and the buffer of the plan.
type Need struct {
	Work     time.Duration
	Rollback time.Duration
	Buffer   time.Duration
	// WorkRuns and RollbackRuns are how many past runs say so; 0 means that
	// too few are known and the plan says it.
	WorkRuns, RollbackRuns int
}

// Total is all of it.
func (n Need) Total() time.Duration { return n.Work + n.Rollback + n.Buffer }

// Need is what an upgrade needs that has not begun, by what was known before
// now: a view, never folded. False if it has no plan, or has begun.
func (u *Upgrade) Need(past, rollbacks *forecast.History, now time.Time) (Need, bool) {
	if u.Plan == nil || u.State != Planned && u.State != Scheduled {
		return Need{}, false
	}
	n := Need{Work: worked(u.Plan), Rollback: u.Plan.Rollback.Duration.Std(), Buffer: u.Plan.Rollback.Buffer.Std()}
	_, all := past.Schedule(now, u.schedule(now).steps)
	if all.Verdict == forecast.Likely {
		n.Work, n.WorkRuns = all.Quantile(longEnough), all.Runs
	}
	if back := u.wayBack(rollbacks, now); n.Rollback > 0 && back.Verdict == forecast.Likely {
		n.Rollback, n.RollbackRuns = back.Quantile(longEnough), back.Runs
	}
	return n, true
}

// longEnough is the share of cases that a window is to hold.
const longEnough = 0.8

// wayBack is the forecast of going back.
func (u *Upgrade) wayBack(rollbacks *forecast.History, now time.Time) forecast.Forecast {
	return rollbacks.Whole(now, forecast.Work{
		System: u.Plan.System, Title: u.Plan.Title, Similar: u.Plan.Similar, Planned: u.Plan.Rollback.Duration.Std(),
	})
}
