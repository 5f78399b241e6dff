package wording

import "strings"

// Letter is a message with its words filled in.
type Letter struct {
	// Headline is empty if a field of it is.
	Headline string
	Parts    []Part
	// Promised: the words themselves say when the next update comes.
	Promised bool
}

// Part is a part of a letter: paragraphs, then a list.
type Part struct {
	Label string
	Text  []string
	Items []string
	// Update: the update stands here, and nothing else.
	Update bool
}

func (p *Part) empty() bool { return len(p.Text)+len(p.Items) == 0 && !p.Update }

// Fill puts the fields into the words. List joins the values of a list in the
// middle of a sentence, a text alone too: in some languages it is set apart.
//
// A promise that stands alone on its line is left to the layout, which sets it
// off from the rest.
func (t *Template) Fill(f *Fields, list func([]string) string) Letter {
	w := writer{fields: f, list: list}
	if text := w.texts(t.headline); len(text) > 0 {
		w.letter.Headline = text[0]
	}
	w.begin("")
	for _, r := range t.rows {
		w.write(r)
	}
	w.begin("")
	return w.letter
}

type writer struct {
	fields *Fields
	list   func([]string) string
	letter Letter
	part   Part
}

// begin ends the part that is written, and begins the next.
func (w *writer) begin(label string) {
	if !w.part.empty() {
		w.letter.Parts = append(w.letter.Parts, w.part)
	}
	w.part = Part{Label: label}
}

func (w *writer) write(r row) {
	texts := w.texts(r)
	switch {
	case r.mark == label:
		w.begin(strings.Join(texts, ""))
	case len(texts) == 0 || r.alone() == promised && r.mark == paragraph:
	case r.alone() == "update":
		if !w.part.empty() {
			w.begin("")
		}
		w.part.Update = true
		w.begin("")
	case r.mark == item:
		w.part.Items = append(w.part.Items, texts...)
	default:
		if len(w.part.Items) > 0 { // a paragraph below a list
			w.begin("")
		}
		w.part.Text = append(w.part.Text, texts...)
	}
	w.letter.Promised = w.letter.Promised || len(texts) > 0 && r.names(promised) && r.alone() != promised
}

// texts are what a row says: a text for each value of a list that stands
// alone, else one; none if a field is empty.
func (w *writer) texts(r row) []string {
	if name := r.alone(); name != "" && r.mark != label {
		return values(w.fields, name)
	}
	var b strings.Builder
	for _, p := range r.pieces {
		if p.field == "" {
			b.WriteString(p.text)
			continue
		}
		v := values(w.fields, p.field)
		if len(v) == 0 {
			return nil
		}
		b.WriteString(w.list(v))
	}
	return []string{b.String()}
}
