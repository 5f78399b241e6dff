package events

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The limits of free text, in characters.
const (
	maxText  = 40_000 // of an update
	maxNote  = 4_000  // of notes and reasons
	maxShort = 200    // of names and the like
)

// check collects the faults of one payload, in the publisher's words.
type check struct{ faults []string }

func (c *check) fault(key, format string, args ...any) {
	c.faults = append(c.faults, key+": "+fmt.Sprintf(format, args...))
}

func (c *check) when(bad bool, key, format string, args ...any) {
	if bad {
		c.fault(key, format, args...)
	}
}

// id wants the id of an upgrade or of something in its plan.
func (c *check) id(key, s string) {
	switch {
	case s == "":
		c.fault(key, "is required")
	case !ValidID(s):
		c.fault(key, "%q is not an id: use a-z, 0-9 and -, at most 63", clip(s))
	}
}

// needed wants a text of at most limit characters.
func (c *check) needed(key, s string, limit int) {
	if strings.TrimSpace(s) == "" {
		c.fault(key, "is required")
		return
	}
	c.text(key, s, limit)
}

// text wants at most limit characters, none of them a control character.
func (c *check) text(key, s string, limit int) {
	n := utf8.RuneCountInString(s)
	c.when(n > limit, key, "has %d characters, at most %d are allowed", n, limit)
	c.when(!utf8.ValidString(s), key, "is not UTF-8")
	c.when(strings.ContainsFunc(s, isControl), key, "has control characters")
}

func isControl(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t'
}

// role wants the name of a role or a person in the configuration: an address
// would stand in the log for ever.
func (c *check) role(key, s string) {
	c.text(key, s, maxShort)
	c.when(strings.LastIndex(s, "@") > 0, key, "is an address; write a role name such as \"@lead\"")
}

// percent wants a number from 0 to 100, if any.
func (c *check) percent(key string, p *float64) {
	c.when(p != nil && (*p < 0 || *p > 100), key, "must be from 0 to 100")
}

// oneOf wants one of the words, or none at all.
func oneOf[S ~string](c *check, key string, s S, words ...S) {
	if s != "" && !slices.Contains(words, s) {
		c.fault(key, "%q is not one of %s", clip(string(s)), join(words))
	}
}

// neededOneOf wants one of the words.
func neededOneOf[S ~string](c *check, key string, s S, words ...S) {
	if s == "" {
		c.fault(key, "is required: one of %s", join(words))
		return
	}
	oneOf(c, key, s, words...)
}

func join[S ~string](words []S) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(string(w))
	}
	return b.String()
}

// clip shortens foreign text that is quoted in a fault.
func clip(s string) string {
	if r := []rune(s); len(r) > 80 {
		return string(r[:80]) + "…"
	}
	return s
}
