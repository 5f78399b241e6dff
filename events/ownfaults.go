package events

import (
	"fmt"

	"upgradehub/events/plan"
	"upgradehub/events/survey"
)

// Faults of a log's identity.
func (d *LogOpened) Faults() []string {
	var c check
	c.needed("log", d.Log, maxShort)
	return c.faults
}

// Faults of a clock fact.
func (d *Clock) Faults() []string {
	var c check
	c.when(d.Revision < 1, "revision", "must be from 1")
	c.when(d.Attempt < 0, "attempt", "must not be negative")
	c.when(d.Due.IsZero(), "due", "is required")
	return c.faults
}

// Faults of what is owed: each notice has an id, a moment, an audience, a
// channel and a last time at which it is of use.
func (d *NoticeOwed) Faults() []string {
	var c check
	c.when(d.Cause == 0, "cause", "is required")
	for i, n := range d.Notices {
		key := fmt.Sprintf("notices[%d].", i)
		c.needed(key+"id", n.ID, maxShort)
		c.needed(key+"moment", string(n.Moment), maxShort)
		c.needed(key+"audience", n.Audience, maxShort)
		c.needed(key+"channel", n.Channel, maxShort)
		neededOneOf(&c, key+"form", n.Form, FormMessage, FormRoot, FormThread, FormBroadcast, FormCard)
		c.when(n.Form == FormCard && n.Card == "", key+"card", "is required of a card")
		c.when(n.UsefulUntil.IsZero(), key+"useful_until", "is required")
	}
	return c.faults
}

// Faults of a page of recipients.
func (d *NoticePage) Faults() []string {
	var c check
	c.when(d.Cause == 0, "cause", "is required")
	c.needed("after", d.After, maxShort)
	return c.faults
}

// Faults of a superseded notice.
func (d *NoticeSuperseded) Faults() []string {
	var c check
	c.needed("notice", d.Notice, maxShort)
	c.needed("why", d.Why, maxNote)
	return c.faults
}

// Faults of an acknowledgement of a delivery.
func (d *NoticeAcknowledged) Faults() []string {
	var c check
	c.token("delivery", d.Delivery)
	c.token("person", d.Person)
	return c.faults
}

// maxOutcomes is how many deliveries one outcome fact covers, and so how many
// sends a crash may repeat.
const maxOutcomes = 64

// Faults of outcomes: 1 to 64 deliveries.
func (d *Outcomes) Faults() []string {
	var c check
	n := len(d.Deliveries)
	c.when(n == 0 || n > maxOutcomes, "deliveries", "must be 1 to %d, not %d", maxOutcomes, n)
	for i, o := range d.Deliveries {
		c.needed(fmt.Sprintf("deliveries[%d].delivery", i), o.Delivery, maxShort)
	}
	return c.faults
}

// Faults of a subscriber.
func (d *Subscriber) Faults() []string {
	var c check
	c.token("subscriber", d.Subscriber)
	c.when(d.Generation < 0, "generation", "must not be negative")
	oneOf(&c, "kind", d.Kind, KindChanges, KindEnds)
	return c.faults
}

// Faults of an answer.
func (d *FeedbackReceived) Faults() []string {
	var c check
	c.token("answer", d.Answer)
	c.when(d.Rating < 1 || d.Rating > survey.MostStars, "rating", "must be from 1 to %d", survey.MostStars)
	oneOf(&c, "disruption", d.Disruption, "none", "little", "lot", "blocked")
	c.when(d.Minutes < 0 || d.Minutes > survey.MostMinutes, "minutes", "must be from 0 to %d", survey.MostMinutes)
	oneOf(&c, "communication", d.Communication, "late", "little", "right", "much")
	c.when(d.Effort < 0 || d.Effort > survey.MostEase, "effort", "must be from 1 to %d", survey.MostEase)
	oneOf(&c, "mode", d.Mode, plan.Named, plan.Confidential, plan.Anonymous)
	c.when(d.Mode == plan.Anonymous && d.Invited, "invited", "has no place in an anonymous answer")
	return c.faults
}

// Faults of a used link.
func (d *FeedbackUsed) Faults() []string {
	var c check
	c.token("link", d.Link)
	return c.faults
}

// Faults of a lesson.
func (d *Lesson) Faults() []string {
	var c check
	c.token("lesson", d.Lesson)
	for _, t := range []struct{ key, text string }{
		{"text", d.Text}, {"evidence", d.Evidence}, {"public", d.Public}, {"reason", d.Reason},
	} {
		c.text(t.key, t.text, maxNote)
	}
	c.findings(d.Found)
	for _, t := range []struct{ key, text string }{{"kind", d.Kind}, {"system", d.System}, {"by", d.By}, {"owner", d.Owner}} {
		c.text(t.key, t.text, maxShort)
	}
	return c.faults
}

// Faults of taking duty.
func (d *Duty) Faults() []string {
	var c check
	c.when(d.Epoch == 0, "epoch", "is required")
	c.needed("node", d.Node, maxShort)
	return c.faults
}

// Faults of a hold or a release.
func (d *Hold) Faults() []string {
	var c check
	c.text("by", d.By, maxShort)
	c.text("reason", d.Reason, maxNote)
	return c.faults
}

// Faults of a restored log.
func (d *Restored) Faults() []string {
	var c check
	c.text("from", d.From, maxShort)
	c.text("reason", d.Reason, maxNote)
	return c.faults
}

// maxRejected is how much of a rejected payload is kept.
const maxRejected = 4 << 10

// Faults of a rejection: it says why.
func (d *Rejected) Faults() []string {
	var c check
	c.when(len(d.Reasons) == 0, "reasons", "is required")
	c.when(len(d.Payload) > maxRejected, "payload", "has %d bytes, at most %d are kept", len(d.Payload), maxRejected)
	return c.faults
}

// Faults of a conflict.
func (d *Conflict) Faults() []string {
	var c check
	c.needed("event", d.Event, maxID)
	c.needed("first", d.First, maxShort)
	return c.faults
}

// token wants what can be a token of a subject.
func (c *check) token(key, s string) {
	c.when(!tokenForm.MatchString(s), key, "%q cannot be a token of a subject", clip(s))
}
