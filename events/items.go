package events

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"
)

// FeedbackReported says that something is broken for somebody while work is
// under way. What they wrote stands in PEOPLE under the key "report.<report>",
// and who they are stands there alone.
type FeedbackReported struct {
	Report string `json:"report"`
	// Component is the one they chose, empty if they do not know.
	Component string `json:"component,omitempty"`
	HasText   bool   `json:"has_text,omitempty"`
	// Channel is where it was said: page or slack.
	Channel string `json:"channel,omitempty"`
}

// Faults of a report.
func (d *FeedbackReported) Faults() []string {
	var c check
	c.token("report", d.Report)
	if d.Component != "" {
		c.id("component", d.Component)
	}
	oneOf(&c, "channel", d.Channel, "page", "slack")
	return c.faults
}

// ReportNumber is what a report is called where people speak of it: eight
// digits. Unlike the id, which shows the report to whoever has it, it opens
// nothing.
func ReportNumber(report string) string {
	sum := sha256.Sum256([]byte("report number " + report))
	n := binary.BigEndian.Uint64(sum[:]) % 100_000_000
	return fmt.Sprintf("%04d-%04d", n/10_000, n%10_000)
}

// ItemStatus is what became of a low answer or a report.
type ItemStatus string

// The statuses, in their order.
const (
	ItemNew      ItemStatus = "new"
	ItemSeen     ItemStatus = "seen"
	ItemAnswered ItemStatus = "answered"
	ItemAction   ItemStatus = "action" // something is being done about it
)

// FeedbackAcknowledged says that a person has looked at an answer or a report,
// and what they did.
type FeedbackAcknowledged struct {
	// Answer is the id of the answer or of the report.
	Answer string `json:"answer"`
	// By is the role name of the configuration ("@lead"), or what the
	// operator says.
	By string `json:"by,omitempty"`
	// Status is seen by default, answered or action.
	Status ItemStatus `json:"status,omitempty"`
	// Owner is who answers for it from now on; empty leaves who did.
	Owner string `json:"owner,omitempty"`
	// HasNote: what is noted for those who run upgrades stands in PEOPLE under
	// the key "note.<answer>".
	HasNote bool `json:"has_note,omitempty"`
	// HasReply: what is said to the person stands in PEOPLE under the key
	// "reply.<answer>".
	HasReply bool `json:"has_reply,omitempty"`
}

// Faults of an acknowledgement.
func (d *FeedbackAcknowledged) Faults() []string {
	var c check
	c.token("answer", d.Answer)
	c.role("by", d.By)
	oneOf(&c, "status", d.Status, ItemSeen, ItemAnswered, ItemAction)
	c.role("owner", d.Owner)
	c.when(d.HasReply && d.Status != ItemAnswered, "has_reply", "is only said with the status answered")
	return c.faults
}

// FeedbackOverdue says that nobody has looked at answers and reports within
// the time that is promised for it. The fold drops those for which that no
// longer holds.
type FeedbackOverdue struct {
	// Items are ids of answers and reports, in order.
	Items []string `json:"items"`
}

// MaxOverdue is how many items one fact names at most.
const MaxOverdue = 256

// Faults of what is overdue: 1 to 256 items.
func (d *FeedbackOverdue) Faults() []string {
	var c check
	n := len(d.Items)
	c.when(n == 0 || n > MaxOverdue, "items", "must be 1 to %d, not %d", MaxOverdue, n)
	for i, id := range d.Items {
		c.token(fmt.Sprintf("items[%d]", i), id)
	}
	return c.faults
}

// OverdueID is the id of the fact that items of an upgrade were due by a time:
// whoever finds the same ones, it is the same fact.
func OverdueID(upgrade string, by time.Time, items []string) string {
	return hash(append([]string{"overdue", upgrade, stamp(by)}, items...)...)
}

// FeedbackListed says that what is new is listed to whoever answers for it:
// every item of theirs that was raised by a time and listed nowhere yet.
type FeedbackListed struct {
	// Owner is the role name of the configuration ("@lead").
	Owner string `json:"owner"`
	// Until is when the office opened on the working day of the list.
	Until time.Time `json:"until"`
	// Count is how many are listed.
	Count int `json:"count"`
}

// Faults of a list: an owner, a time and at least one item.
func (d *FeedbackListed) Faults() []string {
	var c check
	c.role("owner", d.Owner)
	c.when(d.Owner == "", "owner", "is missing")
	c.when(d.Until.IsZero(), "until", "is missing")
	c.when(d.Count < 1, "count", "must be at least 1, not %d", d.Count)
	return c.faults
}

// ListedID is the id of the list of an owner's working day, so that there is
// one a day; the day is that of until in its zone.
func ListedID(owner string, until time.Time) string {
	return hash("listed", owner, until.Format(time.DateOnly))
}
