package notifiers_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode"

	"upgradehub/events"
	"upgradehub/events/lang"
	"upgradehub/events/plan"
	"upgradehub/notifiers"
)

const rightToLeft = "\u200f"

// TestLinesFromTheRight: in a language that is written from the right no line
// of a mail or of Slack begins from the left, however it begins; HTML has no
// marks, and neither has any other language. An address and a command stand
// alone as they are, to be copied.
func TestLinesFromTheRight(t *testing.T) {
	r := renderer(t)
	for _, code := range []string{lang.English, "ar"} {
		s := newStory(t, everywhere())
		for i := range s.audiences {
			s.audiences[i].Channels = []string{"email", "slack"}
		}
		seen := map[string]bool{}
		s.onNotice = func(n events.Notice) {
			v := s.view(n)
			v.Person.Lang = code
			m, err := r.Render(v)
			if err != nil {
				t.Fatalf("render %s for %s: %v", n.Moment, n.Role, err)
			}
			if strings.Contains(m.HTML, rightToLeft) {
				t.Errorf("%s to %s: marks in HTML", n.Moment, n.Role)
			}
			var text strings.Builder
			text.WriteString(m.Text + "\n" + m.Headline + "\n" + m.Context + "\n")
			for _, sec := range m.Sections {
				text.WriteString(sec.Text + "\n")
			}
			if lang.Dir(code) == "ltr" && strings.Contains(text.String(), rightToLeft) {
				t.Errorf("%s to %s: marks in %s", n.Moment, n.Role, code)
			}
			if lang.Dir(code) == "ltr" {
				return
			}
			for row := range strings.Lines(text.String()) {
				if wrongWay(row) {
					t.Errorf("%s to %s by %s: a line is laid out from the left: %q", n.Moment, n.Role, n.Channel, row)
				}
			}
			if name := fmt.Sprintf("%s.%s", n.Moment, n.Role); n.Channel == "slack" && n.Role == "users" && !seen[name] {
				seen[name] = true
				golden(t, fmt.Sprintf("testdata/golden/languages/%s.slack.%s.json", name, code), slackGolden(t, m))
			}
		}
		playDelayed(s, technicalPlan(loadPlan(t, "testdata/plan.yaml")))
		if lang.Dir(code) == "rtl" && len(seen) < 3 {
			t.Errorf("%d Slack messages in %s, want some", len(seen), code)
		}
	}
}

// technicalPlan has items that begin with a number, a bracket and a command.
func technicalPlan(p *plan.Plan) *plan.Plan {
	p.Impact.DoBefore = []string{"3 drafts: save them", "(soon) hub off", "احفظوا SQL"}
	return p
}

// wrongWay: the first letter or digit is not written from the right, and the
// line is none to be copied.
func wrongWay(row string) bool {
	row = strings.TrimSpace(row)
	if strings.HasPrefix(row, "hub ") || strings.HasPrefix(row, "http") && !strings.Contains(row, " ") {
		return false
	}
	for _, r := range row {
		switch {
		case r == '\u200f', unicode.In(r, unicode.Arabic) && unicode.IsLetter(r):
			return false
		case unicode.IsLetter(r), unicode.IsDigit(r):
			return true
		}
	}
	return false
}

// TestCommandsAreCopied: whoever is told to type something types no marks.
func TestCommandsAreCopied(t *testing.T) {
	for _, tt := range []struct{ code, text, want string }{
		{"ar", "Orders\n3 أشياء\n\n-- \nنعم Orders\n", rightToLeft + "Orders\n" + rightToLeft + "3 أشياء\n\n-- \nنعم Orders\n"},
		{"ar", "  - reports", rightToLeft + "  - reports"},
		{"ar", "hub publish pg16\nhttps://status.example.org/\nhttps://a and b", "hub publish pg16\nhttps://status.example.org/\n" + rightToLeft + "https://a and b"},
		{"ar", rightToLeft + "Orders", rightToLeft + "Orders"},
		{"en", "Orders\n", "Orders\n"},
		{"ar", "", ""},
	} {
		if got := notifiers.InDirection(tt.code, tt.text); got != tt.want {
			t.Errorf("InDirection(%s, %q) = %q, want %q", tt.code, tt.text, got, tt.want)
		}
	}
}
