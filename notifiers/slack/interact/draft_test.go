package interact_test

import (
	"strings"
	"testing"
	"time"

	"upgradehub/notifiers"
)

// TestDraftIsOneWord: the draft of a reminder is posted once, however often it
// is pressed; when another promise stands by then, it is shown first.
func TestDraftIsOneWord(t *testing.T) {
	s := start(t, &office{}, nil)
	due := s.u.Promise.Due.Format(time.RFC3339)
	r, err := s.chat.Notify(t.Context(), notifiers.Message{
		To: notifiers.Person{Channel: "slack", Address: ops}, Text: "word", Headline: "word",
		Buttons: []notifiers.Button{{Text: "Post", Press: notifiers.Press{Action: notifiers.ActionPost, Upgrade: "pg16", Object: due, Draft: "Copy: running."}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 2; n++ {
		s.click(t, lead, r.Provider, "update-post")
		s.whispered(t, lead, n)
	}
	if deeds := s.recorded(); len(deeds) != 2 || deeds[0].Key != deeds[1].Key {
		t.Fatalf("recorded %+v, want one deed twice", deeds)
	}
	s.mu.Lock()
	s.u.Promise.Due = s.u.Promise.Due.Add(time.Hour)
	s.mu.Unlock()
	s.click(t, lead, r.Provider, "update-post")
	if v := s.opened(t, lead, 1); !strings.Contains(string(v.Blocks), "Copy: running.") {
		t.Errorf("modal = %s, want the draft to change", v.Blocks)
	}
	if n := len(s.recorded()); n != 2 {
		t.Errorf("%d deeds, want no other", n)
	}
}
