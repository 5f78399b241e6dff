package ingest

import (
	"cmp"
	"time"

	"upgradehub/events"
	"upgradehub/events/bus"
	"upgradehub/hub/store"
)

// feedback keeps an answer in the place of the one it changes. After the
// survey has closed it is only counted.
func (b *batch) feedback(f bus.Fact, d *events.FeedbackReceived) error {
	answer, err := b.answer(f, d)
	if err != nil {
		return err
	}
	late, err := b.closed(answer.Upgrade, answer.Recorded)
	if err != nil {
		return err
	}
	if late {
		return b.tx.CountLate(answer.Upgrade)
	}
	b.answered[answer.Upgrade] = true
	if err := b.tx.ReplaceAnswer(answer); err != nil {
		return err
	}
	return b.look(f, answer)
}

func (b *batch) answer(f bus.Fact, d *events.FeedbackReceived) (store.AnswerRow, error) {
	a := store.AnswerRow{
		Answer: d.Answer, Upgrade: f.Event.Upgrade, Link: d.Link, Browser: d.Browser, Rating: d.Rating, Disruption: d.Disruption, Communication: d.Communication,
		Minutes: d.Minutes, Effort: d.Effort, HasText: d.HasText, Role: d.Role, Channel: d.Channel, Mode: d.Mode, Recorded: f.Event.Recorded,
	}
	if d.Link == "" {
		return a, nil
	}
	l, _, err := b.tx.Link(d.Link)
	a.Upgrade, a.Subscriber = cmp.Or(a.Upgrade, l.Upgrade), l.Subscriber
	a.Role, a.Channel = cmp.Or(a.Role, l.Role), cmp.Or(a.Channel, l.Channel)
	return a, err
}

// closed reports whether the survey of an upgrade was closed at a time.
func (b *batch) closed(id string, at time.Time) (bool, error) {
	u, err := b.known(id)
	if err != nil || u == nil || u.Plan == nil || u.Finished == nil {
		return false, err
	}
	return at.After(u.Finished.Recorded.Add(u.Plan.Survey.Closes())), nil
}
