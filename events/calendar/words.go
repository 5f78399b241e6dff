package calendar

import (
	"embed"
	"strings"

	"upgradehub/events/lang"
	"upgradehub/events/upgrade"
)

//go:embed words
var files embed.FS

var catalog = lang.MustLoad(files, "words")

// Words writes entries in one language.
type Words struct{ said lang.Words }

// In writes entries in a language of package lang; in English if it is not
// spoken.
func In(code string) Words { return Words{catalog.In(code)} }

func (w Words) summary(p upgrade.Public) string {
	title := p.Title + " (" + p.System + ")"
	switch {
	case p.State == upgrade.Canceled:
		return w.said.Say("summary.canceled", "title", title)
	case p.Drill:
		return w.said.Say("summary.drill", "title", title)
	}
	return title
}

// description says the impact first: it is all that a small screen shows.
func (w Words) description(p upgrade.Public, page string) string {
	var lines []string
	if p.State == upgrade.Canceled {
		lines = []string{w.said.Say("canceled")}
		if p.Reason != "" {
			lines = append(lines, w.said.Say("reason", "text", p.Reason))
		}
	} else {
		lines = []string{w.said.Say("impact." + string(expected(p)))}
		lines = w.paragraph(lines, "works", p.ImpactWords.StillWorks)
		lines = w.paragraph(lines, "before", p.ImpactWords.DoBefore)
		lines = w.paragraph(lines, "odd", p.ImpactWords.OddAfter)
	}
	return strings.Join(append(lines, w.said.Say("live", "page", page)), "\n")
}

// paragraph adds a list under its name, if there is anything on it.
func (w Words) paragraph(lines []string, id string, items []string) []string {
	if len(items) == 0 {
		return lines
	}
	return append(lines, w.said.Say(id, "list", strings.Join(items, w.said.Say("comma"))))
}
