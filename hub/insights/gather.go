package insights

import (
	"cmp"
	"context"
	"slices"
	"time"

	"upgradehub/events/plan"
	"upgradehub/events/survey"
	"upgradehub/events/upgrade"
	"upgradehub/hub/store"
)

// longest bounds the row of upgrades, the newest.
const longest = 12

// gathered is what insights are made from.
type gathered struct {
	shown    upgrade.Public
	answers  []survey.Answer
	invited  survey.Invited
	felt     upgrade.Felt
	row      []sibling // those of the system that have ended, oldest first
	forecast *Forecast
}

// sibling is an upgrade in a row, and what was answered after it.
type sibling struct {
	upgrade.Public
	survey.Told
}

// reads are the answers of an upgrade that a reader may count, and who was
// invited.
type reads func(ctx context.Context, u upgrade.Public) ([]survey.Answer, survey.Invited, error)

func (s *Source) gather(ctx context.Context, id string, read reads) (g gathered, err error) {
	if g.shown, err = s.store.Upgrade(ctx, id); err != nil {
		return g, err
	}
	for _, step := range []func() error{
		func() error { g.answers, g.invited, err = read(ctx, g.shown); return err },
		func() error { g.row, err = s.siblings(ctx, g.shown, read); return err },
		func() error { return s.happened(ctx, &g) },
	} {
		if err := step(); err != nil {
			return g, err
		}
	}
	return g, nil
}

// answers are those so far.
func (s *Source) answers(ctx context.Context, u upgrade.Public) ([]survey.Answer, survey.Invited, error) {
	rows, err := s.store.Answers(ctx, u.ID)
	if err != nil {
		return nil, survey.Invited{}, err
	}
	invited, err := s.store.Invited(ctx, u.ID)
	return store.Numbers(rows), invited, err
}

// shown are what visitors may count: all once no answer can come any more, and
// before that in steps of several, who answered by invitation as well.
func (s *Source) shown(ctx context.Context, u upgrade.Public) ([]survey.Answer, survey.Invited, error) {
	whole, err := s.whole(ctx, u)
	if err != nil {
		return nil, survey.Invited{}, err
	}
	if whole {
		return s.answers(ctx, u)
	}
	rows, err := s.store.ShownAnswers(ctx, u.ID)
	if err != nil {
		return nil, survey.Invited{}, err
	}
	invited, err := s.store.Invited(ctx, u.ID)
	invited.Answered -= invited.Answered % survey.Least
	return store.Numbers(rows), invited, err
}

// settle is how long after the close of a survey its last anonymous answers may
// be on their way to those that wait.
const settle = time.Hour

// whole reports whether a survey has all its answers.
func (s *Source) whole(ctx context.Context, u upgrade.Public) (bool, error) {
	now := s.now()
	switch {
	case u.SurveyCloses == nil:
		return true, nil
	case u.Survey.How() != plan.Anonymous:
		return !now.Before(*u.SurveyCloses), nil
	case now.Before(u.SurveyCloses.Add(settle)):
		return false, nil
	}
	waits, err := s.store.AnswersWait(ctx, u.ID)
	return !waits, err
}

// siblings are the upgrades of a system that ended, up to one of them.
func (s *Source) siblings(ctx context.Context, of upgrade.Public, read reads) ([]sibling, error) {
	all, err := s.store.Upgrades(ctx)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(u upgrade.Public) bool {
		return u.System != of.System || !u.State.Ended() || u.Finished == nil || of.Finished != nil && u.Finished.After(*of.Finished)
	})
	slices.SortFunc(all, func(a, b upgrade.Public) int { return cmp.Or(a.Finished.Compare(*b.Finished), cmp.Compare(a.ID, b.ID)) })
	var row []sibling
	for _, u := range all[max(0, len(all)-longest):] {
		answers, _, err := read(ctx, u)
		if err != nil {
			return nil, err
		}
		row = append(row, sibling{u, survey.Told{Notice: u.Notice(), Answers: answers}})
	}
	return row, nil
}

// happened plays the facts of an upgrade that ended once more, because its
// state does not say for how long people were hindered.
func (s *Source) happened(ctx context.Context, g *gathered) error {
	if !g.shown.State.Ended() {
		return nil
	}
	facts, err := s.store.Said(ctx, g.shown.ID)
	if err != nil {
		return err
	}
	u, meter := upgrade.New(g.shown.ID), upgrade.Meter{}
	for _, e := range facts {
		if store.ConcernsState(e.Type) && u.Apply(e).Changed {
			meter.Read(u, e.Time)
		}
	}
	g.felt = meter.Felt(s.now())
	rows, err := s.store.Forecasts(ctx, g.shown.ID)
	if err == nil && u.Started != nil {
		g.forecast = forecastOf(rows, u.Started.Recorded)
	}
	return err
}

// trend is the row, with the numbers of those that may be counted.
func (g gathered) trend(counts func(survey.Told) bool) []survey.Point {
	points := []survey.Point{}
	for _, u := range g.row {
		p := survey.Point{Upgrade: u.ID, Title: u.Title, Ended: *u.Finished, Satisfied: survey.Of(0, 0)}
		if counts(u.Told) {
			p.Satisfied = survey.Count(u.Answers, survey.Invited{}).Satisfied
		}
		points = append(points, p)
	}
	return survey.Trend(points)
}

// notices are the answers of those that may be counted, by notice.
func (g gathered) notices(counts func(survey.Told) bool) []survey.Group {
	var told []survey.Told
	for _, u := range g.row {
		if counts(u.Told) {
			told = append(told, u.Told)
		}
	}
	return survey.ByNotice(told)
}
