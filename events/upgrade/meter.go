package upgrade

import (
	"cmp"
	"maps"
	"time"

	"upgradehub/events/plan"
)

// Felt is how long people were hindered, in seconds: how long some component
// could not be used, and how long one was slow or partly down while none was
// out. Only what visitors see counts.
type Felt struct {
	Outage   int64 `json:"outage_seconds"`
	Degraded int64 `json:"degraded_seconds"`
}

// Meter measures what is felt of an upgrade while its facts are played. Its
// zero value is ready to use.
type Meter struct {
	spent map[plan.Impact]time.Duration
	worst plan.Impact
	since time.Time
}

// Read notes the state that the upgrade is in from a moment on, which is the
// time of the fact that was applied last. Only what changes what is felt moves
// it on: a plan may be published while the work is told of afterwards. Tools
// tell of the same time in any order: it does not go back.
func (m *Meter) Read(u *Upgrade, at time.Time) {
	if u.Plan == nil {
		return
	}
	var shown []PublicComponent
	for _, c := range u.Components {
		if u.showsComponent(c.ID) {
			shown = append(shown, PublicComponent{Impact: c.Impact})
		}
	}
	worst := greatest(shown)
	if worst == cmp.Or(m.worst, plan.NoImpact) {
		return
	}
	m.pass(at)
	m.worst = worst
}

// pass adds the time until a moment to what was felt in it.
func (m *Meter) pass(at time.Time) {
	if m.spent == nil {
		m.spent = map[plan.Impact]time.Duration{}
	}
	if at.After(m.since) {
		if !m.since.IsZero() {
			m.spent[m.worst] += at.Sub(m.since)
		}
		m.since = at
	}
}

// Felt is what was felt until a moment, and until the newest fact if that is
// later.
func (m *Meter) Felt(until time.Time) Felt {
	total := Meter{spent: maps.Clone(m.spent), worst: m.worst, since: m.since}
	total.pass(until)
	return Felt{Outage: seconds(total.spent[plan.Outage]), Degraded: seconds(total.spent[plan.Degraded])}
}
