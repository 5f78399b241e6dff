package upgrade

import (
	"maps"
	"slices"
	"time"

	"upgradehub/events"
)

// Reports is what people say is broken for them while work is under way: how
// many, of what and when, never who or in which words. It is internal.
type Reports struct {
	Count int `json:"count,omitempty"`
	// Of counts them by component, as far as one of the plan was named.
	Of map[string]int `json:"of,omitempty"`
	// Newest are when the newest were recorded, oldest first, at most 64.
	Newest []time.Time `json:"newest,omitempty"`
}

const (
	maxNewest = 64
	// lately is how far back the newest reports are counted.
	lately = 15 * time.Minute
)

// Lately is how many came in the quarter of an hour before now; of more than 64
// that is all that is known.
func (r Reports) Lately(now time.Time) int {
	n := 0
	for _, at := range r.Newest {
		if at.After(now.Add(-lately)) {
			n++
		}
	}
	return n
}

func (r Reports) clone() Reports {
	r.Of, r.Newest = maps.Clone(r.Of), slices.Clone(r.Newest)
	return r
}

// reported counts a report. It is no news of tooling: silence goes on.
func (u *Upgrade) reported(e events.Event) Effect {
	d, ok := e.Data.(*events.FeedbackReported)
	if !ok || d == nil {
		return refuse("%s: the payload is missing", e.Type)
	}
	if u.Plan == nil {
		return refuse("%s: no plan yet", e.Type)
	}
	r := &u.Reports
	r.Count++
	if slices.ContainsFunc(u.Components, func(c Component) bool { return c.ID == d.Component }) {
		if r.Of == nil {
			r.Of = map[string]int{}
		}
		r.Of[d.Component]++
	}
	r.Newest = append(r.Newest, e.Recorded.UTC().Round(0))
	r.Newest = r.Newest[max(0, len(r.Newest)-maxNewest):]
	return done(true)
}
