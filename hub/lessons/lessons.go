// Package lessons finds out what an upgrade taught that is not proposed yet.
// It gathers the evidence for package lesson; the node on duty and the API
// append what it finds.
package lessons

import (
	"context"
	"fmt"

	"upgradehub/events"
	"upgradehub/events/lesson"
	"upgradehub/events/survey"
	"upgradehub/events/upgrade"
	"upgradehub/hub/people"
	"upgradehub/hub/store"
)

// New lists what an upgrade teaches and nobody has proposed. With renew, what
// is proposed and not decided comes again if its numbers have changed.
func New(ctx context.Context, s *store.Store, said *people.People, id string, renew bool) ([]*events.Lesson, error) {
	evidence, err := gather(ctx, s, said, id)
	if err != nil {
		return nil, err
	}
	var list []*events.Lesson
	for _, p := range lesson.Propose(evidence) {
		row, known, err := s.Lesson(ctx, p.ID)
		if err != nil {
			return nil, fmt.Errorf("lessons of %s: %w", id, err)
		}
		changed := row.Status == store.LessonProposed && (row.Text != p.Text || row.Evidence != p.Evidence)
		if known && (!renew || !changed) {
			continue
		}
		list = append(list, &events.Lesson{
			Lesson: p.ID, Kind: string(p.Rule), Text: p.Text, Evidence: p.Evidence, Found: p.Found, Requirement: &p.Requirement,
			System: evidence.Upgrade.Plan.System, Owner: owner(evidence),
		})
	}
	return list, nil
}

// owner is who had the lead.
func owner(e lesson.Evidence) string {
	for _, who := range e.Upgrade.Plan.Chain("lead") {
		return who
	}
	return ""
}

// reports is how many said that something was broken for them.
func reports(u *upgrade.Upgrade) int {
	if u == nil {
		return 0
	}
	return u.Reports.Count
}

func gather(ctx context.Context, s *store.Store, said *people.People, id string) (lesson.Evidence, error) {
	u, _, err := s.Full(ctx, id)
	if err != nil {
		return lesson.Evidence{}, fmt.Errorf("lessons of %s: %w", id, err)
	}
	answers, err := s.Answers(ctx, id)
	if err != nil {
		return lesson.Evidence{}, fmt.Errorf("lessons of %s: %w", id, err)
	}
	invited, err := s.Invited(ctx, id)
	if err != nil {
		return lesson.Evidence{}, fmt.Errorf("lessons of %s: %w", id, err)
	}
	themes, err := said.Themes(ctx, answers)
	if err != nil {
		return lesson.Evidence{}, fmt.Errorf("lessons of %s: %w", id, err)
	}
	return lesson.Evidence{
		Upgrade: u, Feedback: survey.Count(store.Numbers(answers), invited), Themes: themes, Reports: reports(u),
	}, nil
}
