package calendar

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxLine is the most octets a line may have, without its CRLF.
const maxLine = 75

// content collects content lines as RFC 5545 section 3.1 wants them: folded,
// and ended by CRLF.
type content struct {
	strings.Builder
	words Words
}

// text writes a property of the value type TEXT.
func (c *content) text(name, value string) { c.line(name, escape(value)) }

// line writes a property whose value needs no escaping. Control characters
// are dropped, because a line break in a value would begin a new property.
func (c *content) line(name, value string) {
	rest := name + ":" + clean(value)
	for room := maxLine; len(rest) > room; room = maxLine - 1 {
		cut := room
		for !utf8.RuneStart(rest[cut]) {
			cut--
		}
		c.WriteString(rest[:cut] + "\r\n ")
		rest = rest[cut:]
	}
	c.WriteString(rest + "\r\n")
}

func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\t' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

var escapes = strings.NewReplacer("\\", "\\\\", ";", "\\;", ",", "\\,", "\r\n", "\\n", "\n", "\\n", "\r", "\\n")

func escape(s string) string { return escapes.Replace(s) }
