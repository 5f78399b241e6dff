package duty_test

import (
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/link"
	"upgradehub/hub/people"
)

// TestNotesAreForgotten: half a year after the end nothing is left of what was
// noted about an answer and replied to it; until then it stands.
func TestNotesAreForgotten(t *testing.T) {
	start := time.Date(2026, 3, 1, 10, 20, 0, 0, time.UTC)
	r := newRig(t, at(start))
	r.mirror(t)
	r.ended(t)
	book := people.New(r.bus, r.store, link.Key("secret"), r.clock)
	for _, err := range []error{book.KeepWords(t.Context(), "x", "Slow."), book.KeepNote(t.Context(), "x", "It was Jo."), book.KeepReply(t.Context(), "x", "Dear Jo")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	stop := r.run(t, "b")
	r.factOf(t, "pg17", events.TypeFeedbackReceived, "x", &events.FeedbackReceived{Answer: "x", Rating: 1, HasText: true})
	r.factOf(t, "pg17", events.TypeFeedbackAcknowledged, "seen", &events.FeedbackAcknowledged{
		Answer: "x", By: "@lead", Status: events.ItemAnswered, HasNote: true, HasReply: true,
	})
	stop()
	kept := func() (kept string) {
		for _, key := range []string{"answer.x", "note.x", "reply.x"} {
			if raw, err := r.bus.Person(t.Context(), key); err != nil {
				t.Fatal(err)
			} else if raw != nil {
				kept += key + " "
			}
		}
		return kept
	}
	r.considered(t, "c", start.AddDate(0, 0, 179))
	if got := kept(); got != "answer.x note.x reply.x " {
		t.Fatalf("after 179 days PEOPLE has %s", got)
	}
	r.clock = at(start.AddDate(0, 0, 181))
	stop = r.run(t, "d")
	eventually(t, "the log says that it is forgotten", func() bool {
		items, err := r.store.ForgottenItems(t.Context(), 1)
		return err == nil && (len(items) == 1 || kept() == "answer.x ")
	})
	stop()
	r.run(t, "e") // looks as soon as it takes over
	eventually(t, "the words about it are erased", func() bool { return kept() == "answer.x " })
}
