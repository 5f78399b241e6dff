package upgrade

import (
	"cmp"
	"slices"
	"time"

	"upgradehub/events"
	"upgradehub/events/forecast"
	"upgradehub/events/plan"
)

// mostForeseen is of how many phases, in the order of the plan, a forecast
// speaks at most: the log is never purged.
const mostForeseen = 16

// Outlook is how long the upgrade is likely to take by what was known before
// now: a view, for the node on duty to make a fact of. It is nil if nothing
// is forecast in this state or too little is known.
func (u *Upgrade) Outlook(past, rollbacks *forecast.History, now time.Time) *events.ForecastMade {
	state := u.ForecastFor()
	if state == "" {
		return nil
	}
	f := &events.ForecastMade{For: state, Try: u.nextTry(state)}
	s := u.schedule(now)
	each, all := past.Schedule(now, s.steps)
	for i, step := range s.steps {
		step.Elapsed = 0
		of := past.Phase(now, step.Work)
		e := estimate(each[i], s.origin)
		if e == nil || of.Verdict == forecast.Thin || len(f.Phases) == mostForeseen {
			continue // of its own kind of evidence there is none
		}
		if e.Phase = s.phases[i].ID; !e.Beyond {
			count(e, of, readable(of.Quantile(longEnough)))
		}
		f.Phases = append(f.Phases, *e)
	}
	if f.End = estimate(all, s.origin); f.End != nil && !f.End.Beyond {
		count(f.End, all, u.Plan.Window.End.Sub(s.origin))
	}
	u.foresaw(f, rollbacks, now)
	if f.End == nil && f.Rollback == 0 {
		return nil
	}
	return f
}

// foresaw adds the way back, and until when the forecast holds.
func (u *Upgrade) foresaw(f *events.ForecastMade, rollbacks *forecast.History, now time.Time) {
	if u.Plan.Rollback.Duration > 0 {
		back := u.wayBack(rollbacks, now)
		f.Rollback, f.RollbackRuns = int64(back.Quantile(longEnough).Seconds()), back.Runs
	}
	if !u.State.Live() || f.End == nil {
		return
	}
	for _, e := range append(slices.Clone(f.Phases), *f.End) {
		p, ok := u.found(e.Phase)
		if e.Beyond || ok && p.State == Queued {
			continue
		}
		if f.Renew.IsZero() || e.Expected.Before(f.Renew) {
			f.Renew = e.Expected
		}
	}
	if soonest := whole(now.Add(time.Minute)); !f.Renew.IsZero() && f.Renew.Before(soonest) {
		f.Renew = soonest
	}
}

func (u *Upgrade) found(id string) (Phase, bool) {
	i := slices.IndexFunc(u.Phases, func(p Phase) bool { return p.ID == id })
	if i < 0 {
		return Phase{}, false
	}
	return u.Phases[i], true
}

// schedule is what is left of the plan, as steps from an origin.
type schedule struct {
	origin time.Time
	phases []plan.Phase
	steps  []forecast.Step
}

// schedule is what is left to do. A phase that the plan has begin when
// another ends begins when that one does; one behind a gap waits for its
// planned start. Nothing begins before now but what has begun.
func (u *Upgrade) schedule(now time.Time) schedule {
	s := schedule{origin: now}
	if !u.State.Live() && u.Plan.Window.Start.After(now) {
		s.origin = u.Plan.Window.Start
	}
	index := map[string]int{}
	for _, p := range u.Plan.Phases {
		state, _ := u.found(p.ID)
		if state.State == Finished {
			continue
		}
		if state.Started != nil && state.Started.At.Before(s.origin) {
			s.origin = state.Started.At
		}
		index[p.ID] = len(s.phases)
		s.phases = append(s.phases, p)
	}
	for _, p := range s.phases {
		s.steps = append(s.steps, u.planStep(p, s.origin, now, index))
	}
	return s
}

func (u *Upgrade) planStep(p plan.Phase, origin, now time.Time, index map[string]int) forecast.Step {
	step := forecast.Step{Work: forecast.Work{
		Kind: cmp.Or(p.Kind, p.ID), System: u.Plan.System, Title: u.Plan.Title, Similar: u.Plan.Similar, Planned: u.PlannedFor(p.ID),
	}}
	if state, _ := u.found(p.ID); state.Started != nil {
		step.Begin, step.Elapsed = state.Started.At.Sub(origin), max(now.Sub(state.Started.At), 0)
		return step
	}
	before, gap := predecessors(u.Plan, p)
	for _, id := range before {
		if i, left := index[id]; left {
			step.After = append(step.After, i)
		}
	}
	begin := now
	if gap || !u.State.Live() && len(before) == 0 {
		begin = later(begin, p.Start)
	}
	step.Begin = max(begin.Sub(origin), 0)
	return step
}

// predecessors are the phases that one waits for: those it names, else those
// that end last before it; and whether the plan leaves a gap behind them.
func predecessors(p *plan.Plan, of plan.Phase) (ids []string, gap bool) {
	var last time.Time
	for _, other := range p.Phases {
		named := slices.Contains(of.After, other.ID)
		if !named && (len(of.After) > 0 || other.ID == of.ID || other.End().After(of.Start) || !other.Start.Before(of.Start)) {
			continue
		}
		switch end := other.End(); {
		case len(of.After) > 0:
			ids, last = append(ids, other.ID), later(last, end)
		case end.After(last):
			ids, last = []string{other.ID}, end
		case end.Equal(last):
			ids = append(ids, other.ID)
		}
	}
	return ids, of.Start.After(last) && !last.IsZero()
}

// estimate is a forecast of what began at a time, in whole seconds; nil
// without one.
func estimate(f forecast.Forecast, from time.Time) *events.Estimate {
	e := &events.Estimate{Basis: string(f.Basis), Runs: f.Runs, Beyond: f.Verdict == forecast.Beyond}
	switch f.Verdict {
	case forecast.Thin:
		return nil
	case forecast.Likely:
		low, high := f.Interval()
		e.Low, e.Expected, e.High = whole(from.Add(low)), whole(from.Add(f.Expected())), whole(from.Add(high))
	}
	return e
}

// count makes the evidence: how many of the runs would have taken no longer.
func count(e *events.Estimate, f forecast.Forecast, under time.Duration) {
	e.Basis, e.Runs = string(f.Basis), f.Runs
	e.Within, e.Under = f.Within(under), int64(under.Seconds())
}

func whole(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

// readable rounds a duration up to what people say: 45 min, not 43:12.
func readable(d time.Duration) time.Duration {
	step := time.Minute
	switch {
	case d > 4*time.Hour:
		step = 30 * time.Minute
	case d > 20*time.Minute:
		step = 5 * time.Minute
	}
	return (d + step - 1).Truncate(step)
}

// EndAtRisk reports whether what is left to do no longer fits the announced
// window, even if all of it takes no longer than planned from now on.
func (u *Upgrade) EndAtRisk(now time.Time) bool {
	if u.Plan == nil || !u.State.Live() || u.State == RollingBack {
		return false
	}
	s := u.schedule(now)
	ends := make([]time.Duration, len(s.steps))
	for range s.steps { // the plan may name what comes before behind it
		for i, step := range s.steps {
			begin := step.Begin
			for _, before := range step.After {
				begin = max(begin, ends[before])
			}
			ends[i] = begin + max(s.phases[i].Duration.Std(), step.Elapsed)
		}
	}
	left := u.Plan.Window.End.Sub(s.origin)
	return slices.ContainsFunc(ends, func(end time.Duration) bool { return end > left })
}
