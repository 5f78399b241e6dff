package events

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"upgradehub/events/plan"
)

// ValidID reports whether s can be the id of an upgrade, phase, component,
// gate, risk or objective: [a-z0-9][a-z0-9-]{0,62}.
func ValidID(s string) bool { return plan.ValidID(s) }

var tokenForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)

// FactID is the id of a publisher's event in the log: the hex SHA-256 of
// upgrade, source and id, cut to 32 digits.
func FactID(upgrade, source, id string) string {
	return hash("event", upgrade, source, id)
}

// DerivedID is the id of an event that brings none: made from what is unique
// about its place in INTAKE, so that reading it again gives the same id.
func DerivedID(created time.Time, seq uint64, stored time.Time) string {
	return hash("intake", stamp(created), strconv.FormatUint(seq, 10), stamp(stored))
}

// RetoldID is the id of a clock fact that is owed again although its id stands
// already, at a sequence of the log: a window moved away and back.
func RetoldID(id string, seq uint64) string { return hash("retold", id, strconv.FormatUint(seq, 10)) }

// ConflictID is the id of the anomaly that an event came again with other
// content: first is the [FactID] of the one that stands, content the
// [Event.ContentHash] of the other.
func ConflictID(first, content string) string { return hash("conflict", first, content) }

// ClockID is the id of a clock fact: judging the same thing again, on any
// node, gives the same id.
func ClockID(t Type, upgrade, object string, attempt int, due time.Time) string {
	return hash("clock", string(t), upgrade, object, strconv.Itoa(attempt), stamp(due))
}

// NoticeID is the id of a notice: what one cause tells one audience about
// one moment through one channel.
func NoticeID(cause uint64, moment Moment, audience, channel string) string {
	return hash("notice", strconv.FormatUint(cause, 10), string(moment), audience, channel)
}

// ForecastID is the id of the forecast of one state of an upgrade: every node
// that makes it gives it the same id.
func ForecastID(upgrade, state string, try int) string {
	return hash("forecast", upgrade, state, strconv.Itoa(try))
}

// LessonID is the id of what a rule learns from an upgrade about a thing of its
// plan. It has 12 digits: people write it into plans.
func LessonID(upgrade, rule, object string) string {
	return hash("lesson", upgrade, rule, object)[:12]
}

// ProposalID is the id of the fact that proposes a lesson with these words: the
// same again is the same fact.
func ProposalID(lesson, text, evidence string) string {
	return hash("proposal", lesson, text, evidence)
}

// ImportID is the id of an import of history: the same runs are the same
// import.
func ImportID(content string) string { return hash("history", content) }

// PageID is the id of the page of a cause's recipients that begins after a
// person: whoever asks for it, it is made once.
func PageID(cause uint64, after string) string {
	return hash("page", strconv.FormatUint(cause, 10), after)
}

// RequestID is the id of a wish to subscribe. There is one a day at most while
// a subscriber stays what it has been since a sequence, however often and on
// however many nodes somebody asks.
func RequestID(subscriber string, since uint64, day time.Time) string {
	return hash("request", subscriber, strconv.FormatUint(since, 10), day.UTC().Format(time.DateOnly))
}

// ProofID is the id of the fact that a personal link proved a wish which
// stands since a sequence: using the link again, on any node, is the same.
func ProofID(token string, since uint64) string {
	return hash("proof", token, strconv.FormatUint(since, 10))
}

// InsteadID is the id of a notice that takes the place of another, whose target
// refuses everything; and of the decision on a delivery, for no target.
func InsteadID(id, failed, to string) string { return hash("instead", id, failed, to) }

// SupersededID is the id of a notice.superseded fact.
func SupersededID(notice, why string) string { return hash("superseded", notice, why) }

// BounceID is the id of the outcome.failed fact of a delivery that came back, by
// the hash of the mail that says so.
func BounceID(delivery, report string) string { return hash("bounce", delivery, report) }

// DeliveryID is the id of one notice's delivery to one subscriber.
func DeliveryID(notice, subscriber string) string {
	return hash("delivery", notice, subscriber)
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// hash writes the length of each field before it, so that no two lists of
// fields read the same.
func hash(fields ...string) string {
	h := sha256.New()
	for _, f := range fields {
		fmt.Fprintf(h, "%d:%s", len(f), f)
	}
	return hex.EncodeToString(h.Sum(nil))[:32]
}
