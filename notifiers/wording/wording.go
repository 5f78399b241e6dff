// Package wording reads templates, with which operators put messages into
// their own words.
//
// A template is text with the names of [Fields] in double braces. It has no
// logic: no conditions, no loops, no functions. Each line is a paragraph; "# "
// begins the headline, "## " the label of a section, "- " an item of a list. A
// line of which a field is empty is left out, and so is a label with nothing
// below it. Text, HTML and Slack blocks are made of the same lines.
//
// A template is read before anything is filled in: what plans and people write
// cannot become a headline, a label or a field. Its size, the number of its
// fields and the length of their values are bounded.
//
// [Load] reads all templates of a directory and names every fault with file,
// line and column; what has a fault is not used.
package wording

import "fmt"

// Set has the templates of one audience, by <kind>.<language>.
type Set map[string]*Template

// Find is the template of a kind in a language; nil if there is none.
func (s Set) Find(kind, lang string) *Template { return s[kind+"."+lang] }

// Sets are the sets of a directory by their name.
type Sets map[string]Set

// Default is the set of those audiences that name none.
const Default = "default"

// Fault is what is wrong with a file.
type Fault struct {
	File    string `json:"file"`
	Line    int    `json:"line"`   // from 1; 0 if it is about the file
	Column  int    `json:"column"` // in characters, from 1
	Message string `json:"message"`
}

// String is "file:line:col: message".
func (f Fault) String() string {
	if f.Line == 0 {
		return fmt.Sprintf("%s: %s", f.File, f.Message)
	}
	return fmt.Sprintf("%s:%d:%d: %s", f.File, f.Line, f.Column, f.Message)
}

// Template is the words of one message.
type Template struct {
	kind     Kind
	headline row
	rows     []row // below it
}

// row is one line of a template.
type row struct {
	mark   mark
	pieces []piece
	line   int
}

// mark says what a row is.
type mark string

const (
	paragraph mark = ""
	headline  mark = "# "
	label     mark = "## "
	item      mark = "- "
)

// piece is some text, or a field.
type piece struct {
	text  string
	field string // its name; empty for text
	at    int    // column, from 1
}

// alone is the name of the only field of a row that has nothing else.
func (r row) alone() string {
	if len(r.pieces) == 1 {
		return r.pieces[0].field
	}
	return ""
}

// names reports whether the row names a field.
func (r row) names(field string) bool {
	for _, p := range r.pieces {
		if p.field == field {
			return true
		}
	}
	return false
}
