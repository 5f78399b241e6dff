package statuspage

import (
	"bytes"
	"fmt"
	"html/template"
	"regexp"

	"upgradehub/statuspage/live"
)

// part is a piece of a page: a template, what it shows, and the parts that
// stand in it. Where a part stands, its parent's template has an empty element with
// its id and the mark data-part. So a parent's HTML changes only when its own
// words or the list of its parts change, and one new update costs one
// fragment and not the whole list.
type part struct {
	id, tmpl string
	data     any
	parts    []part
}

// fragments renders the part and all in it, parents first.
func (p part) fragments(t *template.Template) ([]live.Fragment, error) {
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, p.tmpl, p); err != nil {
		return nil, fmt.Errorf("render %s: %w", p.id, err)
	}
	list := []live.Fragment{{ID: p.id, HTML: string(bytes.TrimSpace(b.Bytes()))}}
	for _, sub := range p.parts {
		more, err := sub.fragments(t)
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
	}
	return list, nil
}

// ID, Data and Parts are for the templates.
func (p part) ID() string { return p.id }

// Data is what the part shows.
func (p part) Data() any { return p.data }

// Parts are the parts that stand in this one.
func (p part) Parts() []part { return p.parts }

// slot is the empty element a template leaves for a part. What people wrote
// cannot look like one: it is escaped, and Markdown has no ids.
var slot = regexp.MustCompile(`<[a-z]+ id="([^"]+)" data-part></[a-z]+>`)

// assemble puts every fragment into its slot, beginning with the first.
func assemble(list []live.Fragment) template.HTML {
	if len(list) == 0 {
		return ""
	}
	html := make(map[string]string, len(list))
	for _, f := range list {
		html[f.ID] = f.HTML
	}
	return template.HTML(fill(list[0].HTML, html)) //nolint:gosec // made by html/template
}

func fill(s string, html map[string]string) string {
	return slot.ReplaceAllStringFunc(s, func(m string) string {
		return fill(html[slot.FindStringSubmatch(m)[1]], html)
	})
}
