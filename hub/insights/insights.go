// Package insights says what can be learnt from the answers after an upgrade:
// in numbers, in parts, beside what was measured, and in a row with those
// before it of the same system.
//
// Operators get all numbers, the public page those that no single person can
// be read from. It gathers from the store and decides nothing: what is counted
// and what is withheld is the business of package survey.
package insights

import (
	"context"
	"fmt"
	"time"

	"upgradehub/events/survey"
	"upgradehub/events/topic"
	"upgradehub/events/upgrade"
	"upgradehub/hub/people"
	"upgradehub/hub/store"
	"upgradehub/statuspage"
)

// Source makes insights from a store.
type Source struct {
	store  *store.Store
	people *people.People
	now    func() time.Time
}

// New is a Source over a node's store and what people wrote; now is the hub's
// time.
func New(s *store.Store, p *people.People, now func() time.Time) *Source { return &Source{s, p, now} }

// Insights are all numbers, for operators. Their JSON is part of that of
// GET /api/v1/upgrades/{id}/feedback.
type Insights struct {
	survey.Insight
	// Felt is what was measured of what people felt.
	Felt upgrade.Felt `json:"felt"`
	// Notices are the answers to all upgrades of the system by how early they
	// were announced.
	Notices []survey.Group `json:"notices"`
	// Trend is the upgrades of the system up to this one, oldest first.
	Trend []survey.Point `json:"trend"`
	// Themes are what low answers speak of; no page shows them, because they are
	// made of what people wrote.
	Themes []topic.Theme `json:"themes,omitempty"`
	// Forecast is the one that was shown when it began, once it is completed.
	Forecast *Forecast `json:"forecast,omitempty"`
}

// Of is all that is known of an upgrade; [statuspage.ErrNotFound] if there is
// none.
func (s *Source) Of(ctx context.Context, id string) (Insights, error) {
	g, err := s.gather(ctx, id, s.answers)
	if err != nil {
		return Insights{}, fmt.Errorf("insights of %s: %w", id, err)
	}
	rows, err := s.store.Answers(ctx, id)
	if err != nil {
		return Insights{}, fmt.Errorf("insights of %s: %w", id, err)
	}
	themes, err := s.people.Themes(ctx, rows)
	if err != nil {
		return Insights{}, fmt.Errorf("insights of %s: %w", id, err)
	}
	return Insights{
		Themes: themes, Insight: survey.Look(g.answers, g.invited), Felt: g.felt, Notices: g.notices(everyone), Trend: g.trend(everyone), Forecast: g.forecast,
	}, nil
}

// Insight is what visitors may know of it. While the survey is open it changes
// in steps of [survey.Least] answers and more.
func (s *Source) Insight(ctx context.Context, id string) (statuspage.Insight, error) {
	g, err := s.gather(ctx, id, s.shown)
	if err != nil {
		return statuspage.Insight{}, fmt.Errorf("insights of %s: %w", id, err)
	}
	if !g.shown.State.Ended() {
		return statuspage.Insight{Upgrade: g.shown}, nil
	}
	return statuspage.Insight{
		Upgrade: g.shown, Survey: survey.Look(g.answers, g.invited).Public(), Felt: g.felt,
		Notices: g.notices(survey.Told.Public), Trend: g.trend(enough), Foretold: g.forecast.shown(),
	}, nil
}

func everyone(survey.Told) bool { return true }

func enough(t survey.Told) bool { return !survey.Look(t.Answers, survey.Invited{}).Public().Withheld }
