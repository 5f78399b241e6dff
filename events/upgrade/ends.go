package upgrade

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"upgradehub/events"
	"upgradehub/events/plan"
)

func (u *Upgrade) completed(e events.Event, d *events.Completed) Effect {
	switch {
	case u.State == Completed && (d.Outcome == "" || d.Outcome == u.Result):
		return done(false)
	case u.State != InProgress && u.State != Verifying:
		return u.misplaced(e)
	}
	if missing := u.unrestored(); len(missing) > 0 {
		return refuse("%s: not everything is restored: %s", e.Type, strings.Join(missing, "; "))
	}
	u.end(Completed, e, Text{})
	u.Result = cmp.Or(d.Outcome, events.Successful)
	return done(true)
}

// unrestored names every component that keeps the upgrade from being
// complete, and what is missing.
func (u *Upgrade) unrestored() []string {
	var missing []string
	for _, c := range u.Components {
		name := u.componentName(c.ID)
		if c.Impact != plan.NoImpact {
			missing = append(missing, fmt.Sprintf("%s is at %s: publish component.changed with impact no_impact", name, c.Impact))
		}
		if c.Failover != "" {
			missing = append(missing, fmt.Sprintf("%s is %s: publish %s", name, c.Failover, closing[c.Failover]))
		}
	}
	return missing
}

func (u *Upgrade) componentName(id string) string {
	return fmt.Sprintf("component %q (%s)", id, u.planComponent(id).Name)
}

func (u *Upgrade) failed(e events.Event, d *events.Ended) Effect {
	if u.State == Planned || u.State == Scheduled {
		return u.misplaced(e)
	}
	return u.endFor(Failed, e, d.Reason)
}

func (u *Upgrade) canceled(e events.Event, d *events.Ended) Effect {
	return u.endFor(Canceled, e, d.Reason)
}

// endFor ends the upgrade for a reason, or repeats that it has so ended.
func (u *Upgrade) endFor(s State, e events.Event, reason string) Effect {
	switch {
	case u.State == s && (reason == "" || reason == u.EndReason.Text):
		return done(false)
	case u.State.Ended():
		return u.misplaced(e)
	}
	u.end(s, e, Text{Text: reason, Public: e.TextVisible()})
	return done(true)
}

// end brings the upgrade to an end. What was late or overdue is so no more;
// reopened finds out anew.
func (u *Upgrade) end(s State, e events.Event, reason Text) {
	now := stampOf(e)
	u.Before, u.Finished = u.State, &now
	if reason.Text != "" {
		u.EndReason = reason
	}
	u.enter(s, e)
	u.Late, u.Overdue = nil, nil
	for i := range u.Phases {
		u.Phases[i].Late, u.Phases[i].Overdue = nil, nil
	}
}

// reopened takes an end back. Clocks that passed before are struck at once:
// their facts may lie in the log already, which keeps an id only once.
func (u *Upgrade) reopened(e events.Event, _ *events.Reopened) Effect {
	if !u.State.Ended() {
		return u.misplaced(e)
	}
	u.enter(u.Before, e)
	u.Reopens++
	u.Before, u.Finished, u.Result, u.EndReason = "", nil, "", Text{}
	for _, d := range u.Deadlines() {
		passed := !d.Clock.Due.After(e.Recorded)
		if passed && (d.Type == events.ClockLate || d.Type == events.ClockOverdue) {
			u.strike(d, e)
		}
	}
	return done(true)
}

func (u *Upgrade) rollbackStarted(e events.Event, d *events.Rollback) Effect {
	switch {
	case u.State == RollingBack:
		return done(u.learn(e, d))
	case !slices.Contains([]State{InProgress, Paused, Verifying}, u.State):
		return u.misplaced(e)
	}
	now := stampOf(e)
	u.Returning = &now
	u.enter(RollingBack, e)
	u.learn(e, d)
	return done(true)
}

// learn takes over what a rollback says of its reason and the data.
func (u *Upgrade) learn(e events.Event, d *events.Rollback) (changed bool) {
	putPtr(&changed, &u.DataSafe, d.DataSafe)
	if d.Reason != "" {
		put(&changed, &u.EndReason, Text{Text: d.Reason, Public: e.TextVisible()})
	}
	return changed
}

func (u *Upgrade) rollbackFinished(e events.Event, d *events.Rollback) Effect {
	end := RolledBack
	if d.Outcome == events.Failure {
		end = Failed
	}
	switch {
	case u.State == end && u.Before == RollingBack:
		return done(false)
	case u.State != RollingBack:
		return u.misplaced(e)
	}
	u.learn(e, d)
	u.end(end, e, Text{})
	return done(true)
}
