// Package windows is what the finder of quiet hours answers to people: the
// slots, what they cost, and the week as a map of 7 × 24 hours, as JSON and as
// one page that needs nothing else.
//
// What the answer is, package usage decides; whose need it is for, package
// api. This package reads no clock and no store.
package windows

import (
	"math"
	"time"

	"upgradehub/events/plan"
	"upgradehub/events/usage"
)

// Windows are slots in which an upgrade would disturb the fewest people. Its
// JSON is that of /api/v1/windows and of hub window find.
type Windows struct {
	Zone string `json:"zone"`
	Need string `json:"need"`
	usage.Answer
	Sentence string   `json:"sentence,omitempty"` // of the favourite
	NeedOf   *NeedOf  `json:"need_of,omitempty"`
	Week     []HourOf `json:"week,omitempty"` // 168 hours from Monday 00:00
	Skipped  []string `json:"skipped,omitempty"`
}

// NeedOf is what the need of an upgrade consists of, in seconds. Runs are 0
// where the plan says it.
type NeedOf struct {
	Upgrade      string `json:"upgrade"`
	Work         int64  `json:"work_seconds"`
	WorkRuns     int    `json:"work_runs"`
	Rollback     int64  `json:"rollback_seconds"`
	RollbackRuns int    `json:"rollback_runs"`
	Buffer       int64  `json:"buffer_seconds"`
}

// HourOf is what an hour of the week is like; nothing is known of one without
// a median.
type HourOf struct {
	Median *float64 `json:"median"`
	Low    *float64 `json:"p10"`
	High   *float64 `json:"p90"`
	Weeks  int      `json:"weeks"`
}

// New is an answer, with the words of its favourite.
func New(need time.Duration, zone *time.Location, a usage.Answer) Windows {
	w := Windows{Zone: zone.String(), Need: plan.Duration(need).String(), Answer: a}
	if a.Favourite != nil {
		w.Sentence = a.Favourite.Sentence()
	}
	return w
}

// Week is a profile of 168 hours.
func Week(p usage.Profile) []HourOf {
	hours := make([]HourOf, len(p.Week))
	for i, u := range p.Week {
		if hours[i].Weeks = u.Seen; !math.IsNaN(u.Median) {
			hours[i].Median, hours[i].Low, hours[i].High = &u.Median, &u.Low, &u.High
		}
	}
	return hours
}
