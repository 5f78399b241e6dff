package notifiers

import (
	"strings"

	"golang.org/x/text/unicode/bidi"

	"upgradehub/events/lang"
)

// rightToLeft is the mark that makes a line of plain text be laid out from the
// right (U+200F).
const rightToLeft = "\u200f"

// InDirection makes each line of a plain text in a language be laid out in the
// direction of that language. Readers of mail and Slack go by the first letter
// of a line: one that begins with a name or a number would be laid out from the
// left, and its words be read in the wrong order. HTML says it by dir.
func InDirection(code, text string) string {
	if lang.Dir(code) == "ltr" {
		return text
	}
	var b strings.Builder
	for row := range strings.Lines(text) {
		if beginsFromLeft(row) && !verbatim(strings.TrimSpace(row)) {
			b.WriteString(rightToLeft)
		}
		b.WriteString(row)
	}
	return b.String()
}

// beginsFromLeft reports whether the first letter or digit of a line is of a
// script that is written from the left.
func beginsFromLeft(row string) bool {
	for _, r := range row {
		p, _ := bidi.LookupRune(r)
		switch p.Class() {
		case bidi.L, bidi.EN, bidi.AN:
			return true
		case bidi.R, bidi.AL:
			return false
		}
	}
	return false
}

// verbatim reports whether a line is an address or a command of the hub: a mark
// before it would be copied with it.
func verbatim(row string) bool {
	return strings.Contains(row, "://") && !strings.Contains(row, " ") || strings.HasPrefix(row, "hub ")
}
