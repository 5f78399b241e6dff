package upgrade

import (
	"upgradehub/events"
)

// The states of a component's failover; none is empty.
const (
	failingOver = "failing_over"
	failedOver  = "failed_over"
	failingBack = "failing_back"
)

// closing is what ends a failover, by its state.
var closing = map[string]string{
	failingOver: "failover.finished, then failback.finished",
	failedOver:  "failback.finished",
	failingBack: "failback.finished",
}

// component finds a component of the plan, or says which there are.
func (u *Upgrade) component(e events.Event, id string) (*Component, Effect) {
	for i := range u.Components {
		if u.Components[i].ID == id {
			return &u.Components[i], Effect{}
		}
	}
	return nil, unknown(e, "component", id, names(u.Components, func(c Component) string { return c.ID }))
}

// componentChanged applies after the end too: systems are restored after a
// failed upgrade.
func (u *Upgrade) componentChanged(e events.Event, d *events.Component) Effect {
	c, bad := u.component(e, d.Component)
	if c == nil {
		return bad
	}
	var changed bool
	if c.Impact != d.Impact {
		now := stampOf(e)
		c.Impact, c.Since, c.Note, changed = d.Impact, &now, Text{}, true
	}
	spoke := speak(e, d.Note, &c.Note, &c.Hidden)
	return done(changed || spoke)
}

func (u *Upgrade) failoverStarted(e events.Event, d *events.Failover) Effect {
	return u.switchOver(e, d, map[string]string{"": failingOver, failingOver: failingOver})
}

func (u *Upgrade) failoverFinished(e events.Event, d *events.Failover) Effect {
	if d.Outcome == events.Failure {
		return u.switchOver(e, d, map[string]string{"": "", failingOver: ""})
	}
	return u.switchOver(e, d, map[string]string{"": failedOver, failingOver: failedOver, failedOver: failedOver})
}

func (u *Upgrade) failbackStarted(e events.Event, d *events.Failover) Effect {
	return u.switchOver(e, d, map[string]string{failedOver: failingBack, failingBack: failingBack})
}

func (u *Upgrade) failbackFinished(e events.Event, d *events.Failover) Effect {
	if d.Outcome == events.Failure {
		return u.switchOver(e, d, map[string]string{failedOver: failedOver, failingBack: failedOver})
	}
	return u.switchOver(e, d, map[string]string{"": "", failedOver: "", failingBack: ""})
}

// switchOver moves a component's failover along one of the ways, if its
// state has one.
func (u *Upgrade) switchOver(e events.Event, d *events.Failover, ways map[string]string) Effect {
	c, bad := u.component(e, d.Component)
	if c == nil {
		return bad
	}
	next, ok := ways[c.Failover]
	if !ok {
		return refuse("%s: component %q is %s: %s", e.Type, c.ID, stateName(c.Failover), failoverWay[c.Failover])
	}
	var changed bool
	put(&changed, &c.Failover, next)
	if d.Outcome != events.Failure {
		changed = c.sides(d.Active, d.Standby) || changed
	}
	putPtr(&changed, &c.DataLoss, d.DataLoss)
	spoke := speak(e, "", &c.Note, &c.Hidden)
	return done(changed || spoke)
}

// failoverWay says what has to come first, by the state of the failover.
var failoverWay = map[string]string{
	"":          "publish failover.started or failover.finished first",
	failingOver: "publish failover.finished first",
	failedOver:  "publish failback.started or failback.finished first",
	failingBack: "publish failback.finished first",
}

func stateName(failover string) string {
	if failover == "" {
		return "not failed over"
	}
	return failover
}

// sides notes which side is active and which stands by, where it is said.
func (c *Component) sides(active, standby string) (changed bool) {
	if active != "" {
		put(&changed, &c.Active, active)
	}
	if standby != "" {
		put(&changed, &c.Standby, standby)
	}
	return changed
}

func (u *Upgrade) redundancyChanged(e events.Event, d *events.Redundancy) Effect {
	c, bad := u.component(e, d.Component)
	if c == nil {
		return bad
	}
	changed := c.sides(d.Active, d.Standby)
	putPtr(&changed, &c.Lag, d.LagSeconds)
	putPtr(&changed, &c.Capacity, d.CapacityPercent)
	spoke := speak(e, "", &c.Note, &c.Hidden)
	return done(changed || spoke)
}
