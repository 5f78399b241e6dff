package upgrade

import (
	"time"
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
	// Crossed is the phase that passed the point of no return.
	Crossed string `json:"crossed,omitempty"`
	// ForwardOnly: going back is no longer possible, or no longer fits.
	ForwardOnly bool `json:"forward_only"`
}

// WayBack is how the way back stands at a moment; nil if the plan has none,
// the upgrade has ended, or is on its way back already.
func (u *Upgrade) WayBack(now time.Time) *WayBack {
	if u.Plan == nil || u.Plan.Rollback.Duration == 0 || u.State.Ended() || u.State == RollingBack {
		return nil
	}
	back := u.Plan.Rollback
	w := &WayBack{
		By:    u.Plan.Window.End.Add(-back.Duration.Std() - back.Buffer.Std()),
		Takes: int(back.Duration.Std() / time.Second), Buffer: int(back.Buffer.Std() / time.Second),
		Crossed: u.crossed(),
	}
	w.ForwardOnly = w.Crossed != "" || !now.Before(w.By)
	return w
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
		if due := w.By.Add(-m.before); !due.Before(u.Started.Recorded) {
			list = u.moment(list, m.object, 0, due)
		}
	}
	return list
}

// WayBackDeciders are who decides on going on or back: the lead, and who
// decides the gates. Each is named once.
func (u *Upgrade) WayBackDeciders() []string {
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
