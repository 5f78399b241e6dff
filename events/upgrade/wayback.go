package upgrade

import (
	"slices"
	"time"

	"upgradehub/events"
)

// WayBack is until when an upgrade can be rolled back. It is internal.
type WayBack struct {
	// By is the last moment at which the way back still fits the announced
	// window: its end less Takes and Buffer.
	By time.Time `json:"by"`
	// Takes is how long the way back takes, Buffer what is kept free behind
	// it; both in seconds.
	Takes  int `json:"takes_seconds"`
	Buffer int `json:"buffer_seconds"`
	// Runs are how many earlier ways back Takes is made from, in 8 of 10 of
	// which it sufficed; 0 if it is the plan's.
	Runs int `json:"runs,omitempty"`
	// Crossed is the phase that passed the point of no return.
	Crossed string `json:"crossed,omitempty"`
	// ForwardOnly: going back is no longer possible, or no longer fits.
	ForwardOnly bool `json:"forward_only"`
}

// WayBack is how the way back stands at a moment; nil if the plan has none,
// the upgrade has ended, or is on its way back already.
func (u *Upgrade) WayBack(now time.Time) *WayBack {
	if u.Plan == nil || u.State.Ended() || u.State == RollingBack {
		return nil
	}
	buffer := u.Plan.Rollback.Buffer.Std()
	takes, runs := u.wayBackTakes()
	if takes == 0 {
		return nil
	}
	w := &WayBack{
		By:    u.Plan.Window.End.Add(-takes - buffer),
		Takes: int(takes / time.Second), Buffer: int(buffer / time.Second), Runs: runs, Crossed: u.crossed(),
	}
	w.ForwardOnly = w.Crossed != "" || !now.Before(w.By)
	return w
}

// wayBackTakes is how long going back takes: by what was forecast from history,
// else by the plan.
func (u *Upgrade) wayBackTakes() (takes time.Duration, runs int) {
	if f := u.Forecast; f != nil && f.Rollback > 0 {
		return time.Duration(f.Rollback) * time.Second, f.RollbackRuns
	}
	return u.Plan.Rollback.Duration.Std(), 0
}

// crossed is the phase whose begin was the point of no return, once it has
// begun.
func (u *Upgrade) crossed() string {
	for _, p := range u.Phases {
		if planned, _ := u.Plan.Phase(p.ID); planned.PointOfNoReturn && p.Started != nil {
			return p.ID
		}
	}
	return ""
}

// wayBackClocks are the moments at which those who decide are told how long
// they can. What had passed before the work began was no question any more.
func (u *Upgrade) wayBackClocks() []Deadline {
	if !u.State.Live() || u.Started == nil {
		return nil
	}
	w := u.WayBack(u.Started.Recorded)
	if w == nil || w.Crossed != "" {
		return nil
	}
	var list []Deadline
	for _, m := range []struct {
		object string
		before time.Duration
	}{{wayBack30, 30 * time.Minute}, {wayBack10, 10 * time.Minute}, {wayBack0, 0}} {
		due := w.By.Add(-m.before)
		if !due.Before(u.Started.Recorded) && !u.counted(m.object) {
			list = append(list, u.deadline(events.ClockDue, m.object, 0, due))
		}
	}
	return list
}

// counted reports whether a moment of the countdown was told for the announced
// end: another forecast of the way back does not count anew.
func (u *Upgrade) counted(object string) bool {
	return slices.ContainsFunc(u.Passed, Passed{Object: object, Due: u.Plan.Window.End}.same)
}

// WayBackDeciders are who decides on going on or back: the lead, and who
// decides the gates. Each is named once.
func (u *Upgrade) WayBackDeciders() []string {
	if len(u.planOrNone().Roster) == 0 {
		return nil
	}
	names := first(u.Leads())
	for _, g := range u.planOrNone().Gates {
		for _, name := range first(u.Deciders(g.ID)) {
			if AnyOf([]string{name}, names) == "" {
				names = append(names, name)
			}
		}
	}
	return names
}

func first(names []string) []string { return names[:min(1, len(names))] }
