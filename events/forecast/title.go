package forecast

import (
	"slices"
	"strings"
	"unicode"
)

// unspecific are words that say nothing of what is worked on.
var unspecific = []string{"a", "an", "and", "for", "in", "of", "on", "outage", "planned", "scheduled", "the", "to"}

// words are what a title is compared by: its words without endings, order,
// numbers and versions, so that "Server Updates & Reboots" and
// "update/reboots of servers" are one class.
func words(title string) []string {
	var found []string
	split := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	for _, w := range strings.FieldsFunc(strings.ToLower(title), split) {
		if unicode.IsDigit(rune(w[0])) || slices.Contains(unspecific, w) {
			continue
		}
		found = append(found, stem(w))
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// stem cuts the endings in which English titles of the same work differ.
func stem(word string) string {
	for _, ending := range []string{"s", "ing", "e"} {
		if rest, ok := strings.CutSuffix(word, ending); ok && len(rest) > 2 {
			word = rest
		}
	}
	return word
}

// class is what tells one sort of work from another.
type class struct {
	system string
	words  []int // ascending
}

// vocabulary numbers the words of a history, from 1, because numbers are
// compared faster.
type vocabulary map[string]int

// learn is the class of a run, whose words are known from then on.
func (v vocabulary) learn(system, title string) class {
	for _, w := range words(title) {
		if v[w] == 0 {
			v[w] = len(v) + 1
		}
	}
	return v.class(system, title)
}

// class is that of a piece of work. A word that the history does not know is
// like no other.
func (v vocabulary) class(system, title string) class {
	c := class{system: system}
	for i, w := range words(title) {
		n, known := v[w]
		if !known {
			n = -1 - i
		}
		c.words = append(c.words, n)
	}
	slices.Sort(c.words)
	return c
}

// reference is the class of a piece of work and the runs that its plan names
// as similar.
type reference struct {
	class
	similar []string
}

func (h *History) class(w Work) reference {
	return reference{h.words.class(w.System, w.Title), w.Similar}
}

func (r reference) has(p *past) bool { return r.like(p.class) || slices.Contains(r.similar, p.ID) }

// like says whether two pieces of work are of the same system or, where that
// of one is not known, whether their titles share at least half of the words
// that stand in one of them.
func (c class) like(d class) bool {
	if c.system != "" && d.system != "" {
		return c.system == d.system
	}
	common := inBoth(c.words, d.words)
	return common > 0 && 2*common >= len(c.words)+len(d.words)-common
}

// inBoth is how many numbers two ascending lists share.
func inBoth(a, b []int) (common int) {
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			a = a[1:]
		case a[0] > b[0]:
			b = b[1:]
		default:
			common, a, b = common+1, a[1:], b[1:]
		}
	}
	return common
}
