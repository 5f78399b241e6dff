package statuspage

import (
	"strings"
	"time"
)

// line is a sentence with moments in it. In a page each moment is a <time>
// element that the script rewrites in the reader's zone; as a string it is
// in UTC.
type line []piece

// piece is a stretch of words, or a moment if Form is not empty.
type piece struct {
	Text string // what is shown without script
	UTC  string // the moment, for the script
	Form string // clock, bare, full or day: how the script writes it
}

// The forms of a moment, and how Go writes them in UTC. The script has the
// same four.
var forms = map[string]string{
	"clock": "15:04 UTC",
	"bare":  "15:04",
	"full":  "Mon 2 Jan 2006, 15:04 UTC",
	"day":   "Mon 2 Jan 2006",
}

// moment is t in a form.
func moment(t time.Time, form string) piece {
	t = t.UTC()
	return piece{Text: t.Format(forms[form]), UTC: t.Format(time.RFC3339), Form: form}
}

// words is a piece that is no moment, such as a name.
func words(s string) piece { return piece{Text: s} }

// near is t as a clock time if that cannot be mistaken at the moment now,
// else with its date.
func near(t, now time.Time) piece {
	if t.Sub(now).Abs() < 12*time.Hour {
		return moment(t, "clock")
	}
	return moment(t, "full")
}

// say makes a line: each {} in words is replaced by the next piece.
func say(words string, pieces ...piece) line {
	var l line
	for _, p := range pieces {
		before, after, _ := strings.Cut(words, "{}")
		l = l.add(piece{Text: before}, p)
		words = after
	}
	return l.add(piece{Text: words})
}

// add appends what is not empty.
func (l line) add(pieces ...piece) line {
	for _, p := range pieces {
		if p.Text != "" {
			l = append(l, p)
		}
	}
	return l
}

// String is the sentence in UTC.
func (l line) String() string {
	var b strings.Builder
	for _, p := range l {
		b.WriteString(p.Text)
	}
	return b.String()
}
