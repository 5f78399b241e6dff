package statuspage

import "strings"

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
