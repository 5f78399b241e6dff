package lang

import (
	"regexp"
	"strings"

	"golang.org/x/text/unicode/bidi"
)

// The marks of Unicode that set a text apart (UAX #9), in plain text as in HTML.
const (
	fromLeft = "\u2066" // left-to-right isolate
	andBack  = "\u2069" // pop directional isolate
)

// Verbatim is what a message shows to be copied, such as part of a command: no
// mark stands in it.
type Verbatim string

// Apart keeps the order of what is not of a language that is written from the
// right: a date, a name, an address. Among letters of that language the bidi
// algorithm would show 2026-11-28 from its day, and move the full stop of a
// name to its front. What has a letter of the language is of it and stays as it
// is, like everything in other languages. Each line is set apart for itself.
//
// [Words.Say] does so with the texts in its gaps, [Words.List] with its names;
// it is called by hand only for what stands beside messages.
func Apart(code, text string) string {
	if Dir(code) == "ltr" {
		return text
	}
	var b strings.Builder
	for row := range strings.Lines(text) {
		words := strings.TrimRight(row, "\r\n")
		b.WriteString(apart(words) + row[len(words):])
	}
	return b.String()
}

// Apart is the same in the language of the words.
func (w Words) Apart(text string) string { return Apart(w.Code, text) }

// Bare is a text without the marks, for what does not obey them, such as a terminal.
func Bare(text string) string { return marks.Replace(text) }

var marks = strings.NewReplacer(fromLeft, "", andBack, "")

func apart(row string) string {
	if !torn(row) {
		return row
	}
	if words := strings.Fields(row); strings.Contains(words[len(words)-1], "://") {
		row += " " // or a reader's program takes the mark for a part of the address
	}
	return fromLeft + row + andBack
}

// figures are numbers that would change places, or leave their sign behind.
var figures = regexp.MustCompile(`\d[-+ ]+[\d%]|[-+<>=≤≥] ?\d`)

// torn reports whether a row would lose its order among words from the right:
// nothing of it is of them, and not all is set apart already.
func torn(row string) bool {
	depth, latin := 0, false
	var outside strings.Builder
	for _, r := range row {
		p, _ := bidi.LookupRune(r)
		switch class := p.Class(); {
		case class == bidi.LRI || class == bidi.RLI || class == bidi.FSI:
			depth++
		case class == bidi.PDI:
			depth--
		case depth > 0:
		case class == bidi.R || class == bidi.AL:
			return false
		default:
			latin = latin || class == bidi.L
			outside.WriteRune(r)
		}
	}
	return latin || figures.MatchString(outside.String())
}

// Clip is a text of at most so many letters, which shows that it was cut. Marks
// are not counted, and what is set apart stays so.
func Clip(text string, most int) string {
	letters, cut, depth, open := 0, 0, 0, 0
	for i, r := range text {
		switch string(r) {
		case fromLeft:
			depth++
			continue
		case andBack:
			depth--
			continue
		}
		if letters++; letters == most {
			cut, open = i, depth
		}
	}
	if letters <= most {
		return text
	}
	return text[:cut] + "…" + strings.Repeat(andBack, open)
}
