package notifiers

import (
	"html/template"
	"strings"
	"unicode"

	"upgradehub/events/markdown"
)

// letter is a message before it is laid out for a channel: the same words for
// mail, HTML and Slack.
type letter struct {
	Headline string
	// Lead says the most important thing, without a label.
	Lead     []string
	Sections []section
	// Promise is the promise of the next update; empty unless live.
	Promise string
}

// section is a labelled part of a letter.
type section struct {
	Label string
	Text  []string // paragraphs
	Items []string // a list below them
	Links []Link
	// HTML replaces Text in HTML mails; it is sanitized Markdown.
	HTML template.HTML
}

// readLetter reads what the words templates write, line by line: "= " is the
// headline, ": " begins a section with its label, "- " is an item, "~" is the
// human word, "@ " an address of ours with its words, and any other line is a paragraph; "| " stands before one that
// begins with foreign text, which is always one line, so that it cannot
// pretend to be anything else.
func readLetter(words string, s *sheet) letter {
	l := letter{Promise: s.Promise}
	for row := range strings.Lines(words) {
		row = strings.TrimSpace(row)
		kind, rest, _ := strings.Cut(row, " ")
		if kind == "|" {
			row, kind = strings.TrimSpace(rest), ""
		}
		switch {
		case row == "":
		case kind == "=":
			l.Headline = s.row(rest)
		case kind == ":":
			l.Sections = append(l.Sections, section{Label: rest})
		case kind == "~":
			l.word(s)
		case kind == "-":
			part := l.part()
			part.Items = append(part.Items, s.row(rest))
		case kind == "@":
			url, words, _ := strings.Cut(rest, " ")
			part := l.part()
			part.Links = append(part.Links, Link{url, words})
		case len(l.Sections) == 0:
			l.Lead = append(l.Lead, s.row(row))
		default:
			part := l.part()
			part.Text = append(part.Text, s.row(row))
		}
	}
	return l
}

// part is the section that is being written.
func (l *letter) part() *section {
	if len(l.Sections) == 0 {
		l.Sections = append(l.Sections, section{})
	}
	return &l.Sections[len(l.Sections)-1]
}

// row is a row of a letter, set apart unless it is to be copied.
func (s *sheet) row(text string) string {
	if verbatim(text) {
		return text
	}
	return s.Apart(text)
}

func (s *sheet) rows(texts []string) []string {
	for i, text := range texts {
		texts[i] = s.row(text)
	}
	return texts
}

// word adds the human word, which is Markdown.
func (l *letter) word(s *sheet) { l.Sections = append(l.Sections, s.word("")) }

func (s *sheet) word(label string) section {
	return section{Label: label, Text: []string{s.Apart(markdown.Text(s.Update))}, HTML: markdown.HTML(s.Update)}
}

// line makes foreign text one line of plain characters. A no-break space
// stays: it is of the words of a language.
func line(s string) string {
	return strings.TrimFunc(strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "\uFFFD"), func(r rune) bool {
		return unicode.IsSpace(r) && r != '\u00a0' || unicode.IsControl(r)
	}), " "), unicode.IsSpace)
}

func lines(list []string) []string {
	var out []string
	for _, s := range list {
		if s = line(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}
