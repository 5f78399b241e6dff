package slack

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	slackapi "github.com/slack-go/slack"

	"upgradehub/notifiers"
)

// Check says what m loses when it is laid out within Slack's limits; nil if
// nothing. It does not talk to Slack.
func Check(m notifiers.Message) []string {
	var lost []string
	if isCut(oneLine(m.Headline), maxHeader) {
		lost = append(lost, "the headline is cut")
	}
	buttons, whole := 0, !slices.ContainsFunc(m.Sections, func(s notifiers.Section) bool { return isCut(s.Text, maxSection) })
	for _, b := range blocksOf(m, "") {
		switch b := b.(type) {
		case *slackapi.ContextBlock:
			whole = whole && !says(b, shortened(m))
		case *slackapi.ActionBlock:
			buttons = len(b.Elements.ElementSet)
		}
	}
	if !whole {
		lost = append(lost, "the sections are cut")
	}
	if buttons < len(m.Buttons) {
		lost = append(lost, "a button is left out")
	}
	return lost
}

// isCut reports whether text does not fit, or was cut by the renderer, which
// stays a little below the limit and marks it.
func isCut(text string, limit int) bool {
	n := utf8.RuneCountInString(fit(text, math.MaxInt))
	return n > limit || strings.HasSuffix(text, "…") && n > limit*9/10
}

func says(b *slackapi.ContextBlock, words string) bool {
	for _, e := range b.ContextElements.Elements {
		if text, ok := e.(*slackapi.TextBlockObject); ok && text.Text == words {
			return true
		}
	}
	return false
}
