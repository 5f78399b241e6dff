package ingest

import (
	"errors"
	"time"

	"upgradehub/events"
	"upgradehub/events/bus"
	"upgradehub/events/plan"
	"upgradehub/events/survey"
	"upgradehub/hub/store"
)

// feedback keeps an answer in the place of the one it changes. After the
// survey has closed it is only counted; anonymous ones were given before that,
// however late they are published.
func (b *batch) feedback(f bus.Fact, d *events.FeedbackReceived) error {
	answer := answerOf(f, d)
	if answer.Mode == plan.Anonymous {
		return b.unsigned(f, answer)
	}
	late, err := b.closed(answer.Upgrade, answer.Recorded)
	if err != nil {
		return err
	}
	if late {
		return b.tx.CountLate(answer.Upgrade)
	}
	b.answered[answer.Upgrade] = true
	if err := errors.Join(b.tx.PutAnswer(answer), b.tx.ShowAnswers(answer.Upgrade)); err != nil {
		return err
	}
	return b.look(f, answer)
}

// unsigned keeps an anonymous answer. Low ones are items only once there are
// enough to be shown.
func (b *batch) unsigned(f bus.Fact, a store.AnswerRow) error {
	if err := errors.Join(b.tx.PutAnonymous(a), b.tx.ShowAnswers(a.Upgrade)); err != nil {
		return err
	}
	b.answered[a.Upgrade] = true
	rows, err := b.tx.AnonymousAnswers(a.Upgrade)
	if err != nil || len(rows) < survey.Least {
		return err
	}
	for _, row := range rows {
		if !row.Low() {
			continue
		}
		if err := b.look(f, row); err != nil {
			return err
		}
	}
	return nil
}

func answerOf(f bus.Fact, d *events.FeedbackReceived) store.AnswerRow {
	return store.AnswerRow{
		Answer: d.Answer, Upgrade: f.Event.Upgrade, Invited: d.Invited, Rating: d.Rating, Disruption: d.Disruption, Communication: d.Communication,
		Minutes: d.Minutes, Effort: d.Effort, HasText: d.HasText, Role: d.Role, Channel: d.Channel, Mode: d.Mode, Recorded: f.Event.Recorded,
	}
}

// closed reports whether the survey of an upgrade was closed at a time.
func (b *batch) closed(id string, at time.Time) (bool, error) {
	u, err := b.known(id)
	if err != nil || u == nil {
		return false, err
	}
	closes, ended := u.SurveyCloses()
	return ended && at.After(closes), nil
}
