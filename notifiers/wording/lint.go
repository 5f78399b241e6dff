package wording

import (
	"unicode/utf8"

	"upgradehub/events/jargon"
)

// check judges what a template says as a whole.
func (r *reader) check(t *Template) {
	for _, name := range t.kind.Needs {
		if t.has(name) {
			continue
		}
		if name == promised {
			r.fault(1, 1, "lacks {{promise}}: whoever hears of %q waits for the next update, and must know when it comes", t.kind.Name)
			continue
		}
		r.fault(1, 1, "lacks {{%s}}, which %q must say", name, t.kind.Name)
	}
	r.constant(t.headline)
	for _, row := range t.opening() {
		r.noJargon(row)
	}
}

func (t *Template) has(field string) bool {
	for _, row := range t.all() {
		if row.names(field) {
			return true
		}
	}
	return false
}

func (t *Template) all() []row { return append([]row{t.headline}, t.rows...) }

// constant: a headline is never left out, so it names nothing that is a list
// or a text of several lines.
func (r *reader) constant(head row) {
	for _, p := range head.pieces {
		if i, known := places[p.field]; known && (Known()[i].List || p.field == "update" || p.field == promised) {
			r.fault(head.line, p.at, "{{%s}} is too long for a headline", p.field)
		}
	}
}

// opening are the rows that are read before the impact: all down to the one
// that says it, or without one, those above the first label.
func (t *Template) opening() []row {
	all := t.all()
	for i, row := range all {
		if row.names("impact") {
			return all[:i+1]
		}
	}
	for i, row := range all {
		if row.mark == label {
			return all[:i]
		}
	}
	return all
}

// noJargon wants no host and no ticket in front of the impact: the reader asks
// what it means for them before anything else.
func (r *reader) noJargon(of row) {
	for _, p := range of.pieces {
		switch p.field {
		case "impact":
			return
		case "page", "feedback":
			r.fault(of.line, p.at, "{{%s}} stands where people look for what it means to them: write it further down", p.field)
		}
		if found, ok := jargon.In(p.text); ok {
			r.fault(of.line, p.at+utf8.RuneCountInString(p.text[:found.At]),
				"the %s %q stands where people look for what it means to them: write it further down", found.Kind, found.Text)
		}
	}
}
