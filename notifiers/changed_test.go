package notifiers_test

import (
	"strings"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/notifiers"
)

// TestDoneSaysWhatChanged: what was said of the end stands in the message of
// it, as far as its reader may know.
func TestDoneSaysWhatChanged(t *testing.T) {
	const note = "Reports are twice as fast."
	for _, tt := range []struct {
		name            string
		done            events.Completed
		shown           events.Visibility
		final           bool
		outside, inside string
	}{
		{"nothing", events.Completed{}, "", false, "", ""},
		{"a note of tooling", events.Completed{Note: note}, "", false, "", "What changed:\n" + note},
		{"a public note", events.Completed{Note: note}, events.Public, false, "What changed:\n" + note, "What changed:\n" + note},
		{"a note on issues", events.Completed{Note: note, Outcome: events.SuccessfulWithIssues}, events.Public, false, "Why:\n" + note, "Why:\n" + note},
		{"the last update", events.Completed{}, "", true, "Latest update:\n\n" + note, "Latest update:\n\n" + note},
	} {
		s, r, p := newStory(t, roles), renderer(t), loadPlan(t, "testdata/plan.yaml")
		restored(s, p)
		if tt.final {
			s.say(s.now.Add(time.Minute), events.UpdatePosted, &events.Update{Text: note, Final: true})
		}
		s.onNotice = func(n events.Notice) {
			if n.Form != events.FormMessage {
				return
			}
			m, err := r.Render(s.view(n))
			if err != nil {
				t.Fatal(err)
			}
			want := tt.outside
			if notifiers.Insider(n.Role) {
				want = tt.inside
			}
			if !strings.Contains(m.Text, want) || want == "" && strings.Contains(m.Text, note) {
				t.Errorf("%s: %s are told, want %q:\n%s", tt.name, n.Role, want, m.Text)
			}
		}
		done := tt.done
		s.say(s.now.Add(time.Minute), events.UpgradeCompleted, &done, tt.shown)
	}
}
