package statuspage

import (
	"context"
	"fmt"

	"upgradehub/events/lesson"
	"upgradehub/events/upgrade"
)

// learntView is how it went the last time and what is otherwise since then; on
// the page of what has ended, what is changed because of it.
type learntView struct {
	Heading string
	Last    line
	Changes []string
}

// Empty reports whether there is nothing to say.
func (v learntView) Empty() bool { return v.Last == nil && len(v.Changes) == 0 }

// mostChanges is how many changes a page lists: more is a report.
const mostChanges = 5

func (s *scribe) learntBy(ctx context.Context, u upgrade.Public, all []upgrade.Public) (learntView, error) {
	v := learntView{Heading: s.Say("past.heading"), Last: s.lastTime(u, all)}
	if s.cfg.Learnt == nil {
		return v, nil
	}
	changes, taught, err := s.cfg.Learnt(ctx, u.ID)
	if err != nil {
		return v, fmt.Errorf("what upgrade %q learnt: %w", u.ID, err)
	}
	if u.State.Ended() {
		v.Heading, changes = s.Say("past.taught"), taught
	}
	v.Changes = s.changes(changes)
	return v, nil
}

func (s *scribe) changes(list []lesson.Change) []string {
	var said []string
	for _, c := range list[:min(len(list), mostChanges)] {
		said = append(said, c.In(s.Code))
	}
	return said
}
