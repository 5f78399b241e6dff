package notifiers

import (
	"slices"
	"strings"
	"unicode/utf8"

	"upgradehub/events"
)

// Slack's limits, see reference/slack.md: the header block, a section's text,
// the text of an edit.
const (
	maxHeadline = 150
	maxSection  = 2900
	maxText     = 3700 // leaves room for the page
)

// fillSlack lays a letter out for Slack.
func fillSlack(m *Message, l letter, s *sheet) {
	m.Headline = Cut(InDirection(s.Code, l.Headline), maxHeadline)
	if len(l.Lead) > 0 {
		m.Sections = append(m.Sections, Section{Text: Cut(InDirection(s.Code, strings.Join(l.Lead, "\n")), maxSection)})
	}
	for _, part := range l.Sections {
		m.Sections = append(m.Sections, Section{Label: part.Label, Text: Cut(InDirection(s.Code, part.plain()), maxSection), Links: part.Links})
	}
	m.Buttons = buttons(m.Delivery, s)
	switch n := m.Delivery.Notice; {
	case s.Anonymous && AsksFeedback(n.Moment) && n.Form != events.FormRoot:
		m.Sections = append(m.Sections, Section{Text: s.Say("slack.anonymous")})
	case slices.ContainsFunc(m.Buttons, func(b Button) bool { return b.Press.Action == ActionRate }):
		m.Sections = append(m.Sections, Section{Text: s.Known}) // a click answers
	}
	m.Context = l.Promise
	if m.Delivery.Notice.Form == events.FormRoot {
		m.Context = strings.TrimSpace(m.Context + " " + s.Say("slack.updated", "at", s.Updated))
	}
	m.Context = InDirection(s.Code, m.Context)
	m.Text = slackText(m, s)
}

// slackText is what notifications and screen readers get.
func slackText(m *Message, s *sheet) string {
	parts := []string{m.Headline}
	for _, sec := range m.Sections {
		var rows []string
		if sec.Label != "" {
			rows = append(rows, s.Say("mail.label", "label", sec.Label))
		}
		if text := strings.TrimSpace(sec.Text); text != "" {
			rows = append(rows, text)
		}
		for _, a := range sec.Links {
			rows = append(rows, s.Say("mail.label", "label", a.Words)+" "+s.Apart(a.URL))
		}
		parts = append(parts, strings.Join(rows, "\n"))
	}
	if m.Context != "" {
		parts = append(parts, m.Context)
	}
	return Cut(strings.Join(parts, "\n\n"), maxText) + "\n\n" + m.Links.Page
}

// plain is the section without its label.
func (s section) plain() string {
	rows := append([]string{}, s.Text...)
	for _, item := range s.Items {
		rows = append(rows, "• "+item)
	}
	return strings.Join(rows, "\n")
}

// Cut shortens s to so many characters and shows that it did.
func Cut(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	return string([]rune(s)[:limit-1]) + "…"
}
