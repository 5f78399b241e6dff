package statuspage

import (
	"strconv"

	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
)

// spareView is what is left of one component's redundancy. Sides have no
// names here: those of machines say nothing to a reader.
type spareView struct {
	Name  string
	Words []string
	Grave string // what the next failure would mean; empty while there is no danger
}

// spares are the components that have lost some of their redundancy, or run on
// their standby.
func (s *scribe) spares(u upgrade.Public) []spareView {
	if u.State.Ended() {
		return nil
	}
	var list []spareView
	for _, c := range u.Components {
		short := c.CapacityPercent != nil && *c.CapacityPercent < 100
		if !c.OnStandby && !c.Moving && !short && c.Impact != plan.ReducedRedundancy {
			continue
		}
		list = append(list, s.spare(c, short))
	}
	return list
}

func (s *scribe) spare(c upgrade.PublicComponent, short bool) spareView {
	v := spareView{Name: c.Name, Words: []string{s.Say("spare.main")}}
	if c.OnStandby {
		v.Words[0] = s.Say("spare.standby")
	}
	if c.Moving {
		v.Words = append(v.Words, s.Say("spare.moving"))
	}
	if short {
		v.Words = append(v.Words, s.Say("spare.capacity", "percent", strconv.FormatFloat(*c.CapacityPercent, 'f', 0, 64)))
	}
	if c.OnStandby || c.Moving || c.Impact == plan.ReducedRedundancy {
		v.Grave = s.Say("spare.one_more")
	}
	return v
}
