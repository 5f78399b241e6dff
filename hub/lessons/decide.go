package lessons

import (
	"fmt"
	"strings"
	"time"

	"upgradehub/events"
	"upgradehub/hub/store"
)

// The decisions on a lesson.
const (
	Accept = "accept"
	Reject = "reject"
	Assign = "assign"
)

// Decision is what somebody decides of a lesson.
type Decision struct {
	Decision string `json:"decision"` // accept, reject or assign
	By       string `json:"by"`
	Reason   string `json:"reason,omitempty"` // required to reject
	Owner    string `json:"owner,omitempty"`  // required to assign
	// Due is until when the owner sees to it.
	Due time.Time `json:"due,omitzero"`
	// Text is what to do, in other words; Public is what outsiders are told.
	Text   string `json:"text,omitempty"`
	Public string `json:"public,omitempty"`
}

var decided = map[string]events.Type{Accept: events.LessonAccepted, Reject: events.LessonRejected, Assign: events.LessonAssigned}

// Fact is the fact that a lesson is decided, or every fault of the decision.
func (d Decision) Fact(row store.LessonRow) (events.Type, *events.Lesson, []string) {
	t, known := decided[d.Decision]
	var faults []string
	fault := func(is bool, format string, args ...any) {
		if is {
			faults = append(faults, fmt.Sprintf(format, args...))
		}
	}
	fault(!known, "decision: %q is none of accept, reject, assign", d.Decision)
	fault(strings.TrimSpace(d.By) == "", "by: is required")
	fault(d.Decision == Reject && strings.TrimSpace(d.Reason) == "", "reason: is required to reject a lesson")
	fault(d.Decision == Assign && strings.TrimSpace(d.Owner) == "", "owner: is required to assign a lesson")
	for _, who := range []struct{ key, name string }{{"by", d.By}, {"owner", d.Owner}} {
		fault(strings.LastIndex(who.name, "@") > 0, "%s: is an address; write a role name such as \"@lead\"", who.key)
	}
	said := &events.Lesson{
		Lesson: row.ID, System: row.System, By: d.By, Reason: d.Reason, Owner: d.Owner, Due: d.Due.UTC(), Text: d.Text, Public: d.Public,
	}
	if d.Due.IsZero() {
		said.Due = time.Time{}
	}
	return t, said, append(faults, said.Faults()...)
}
