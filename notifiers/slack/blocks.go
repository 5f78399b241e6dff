package slack

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	slackapi "github.com/slack-go/slack"

	"upgradehub/notifiers"
)

// Slack's limits. maxTotal is not documented: msg_blocks_too_long was seen at
// 13,200 characters.
const (
	maxBlocks     = 50
	maxTotal      = 12_000
	maxHeader     = 150
	maxSection    = 3000
	maxContext    = 2000
	maxLabel      = 200
	maxButtons    = 25
	maxButtonText = 75
	maxURL        = 3000
	maxValue      = 2000
	maxText       = 4000
)

// shortened stands in the context when the sections did not fit.
func shortened(m notifiers.Message) string { return notifiers.Words(m.Lang).Say("slack.shortened") }

// sheet is the room that is left on one message.
type sheet struct {
	blocks, runes int
}

// take makes room for b, or reports that there is none.
func (s *sheet) take(b slackapi.Block) bool {
	n := size(b)
	if s.blocks < 1 || n > s.runes {
		return false
	}
	s.blocks--
	s.runes -= n
	return true
}

// size is the length of a block on the wire, with the comma behind it.
func size(b any) int {
	raw, err := json.Marshal(b)
	if err != nil {
		return math.MaxInt
	}
	return utf8.RuneCount(raw) + 1
}

// blocksOf lays m out. The frame (headline, note, buttons, context) comes
// first in claiming room, the sections share what is left in their order.
func blocksOf(m notifiers.Message, note string) []slackapi.Block {
	left := &sheet{blocks: maxBlocks, runes: maxTotal - 2}
	head := keep(left, headerBlock(m.Headline), contextBlock(note))
	tail := keep(left, contextBlock(fit(m.Context, maxContext)), actionsBlock(m.Buttons, left.runes/2))
	cut := contextBlock(shortened(m))
	left.take(cut)
	sections, whole := sectionBlocks(left, m.Sections)
	if !whole {
		sections = append(sections, cut)
	}
	return append(append(head, sections...), tail...)
}

// keep returns those of the blocks that exist and for which there is room.
func keep(left *sheet, blocks ...slackapi.Block) []slackapi.Block {
	var kept []slackapi.Block
	for _, b := range blocks {
		if b != nil && left.take(b) {
			kept = append(kept, b)
		}
	}
	return kept
}

func headerBlock(headline string) slackapi.Block {
	text := fit(oneLine(headline), maxHeader)
	if text == "" {
		return nil
	}
	return slackapi.NewHeaderBlock(slackapi.NewTextBlockObject(slackapi.PlainTextType, text, false, false))
}

// contextBlock takes escaped text.
func contextBlock(text string) slackapi.Block {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	return slackapi.NewContextBlock("", mrkdwn(text))
}

// mrkdwn takes escaped text. Verbatim keeps Slack from finding mentions and
// channel names in it by itself.
func mrkdwn(text string) *slackapi.TextBlockObject {
	return slackapi.NewTextBlockObject(slackapi.MarkdownType, text, false, true)
}

// sectionBlocks reports as well whether all sections are there as a whole.
func sectionBlocks(left *sheet, sections []notifiers.Section) ([]slackapi.Block, bool) {
	var blocks []slackapi.Block
	for _, s := range sections {
		text := sectionText(s, maxSection)
		if text == "" {
			continue
		}
		block := sectionBlock(text)
		for limit := maxSection; !left.take(block); limit = limit * 4 / 5 {
			if left.blocks < 1 || limit < maxLabel+50 {
				return blocks, false
			}
			block = sectionBlock(sectionText(s, limit))
		}
		blocks = append(blocks, block)
		if block.Text.Text != text {
			return blocks, false
		}
	}
	return blocks, true
}

func sectionBlock(text string) *slackapi.SectionBlock {
	return slackapi.NewSectionBlock(mrkdwn(text), nil, nil)
}

// sectionText is at most limit characters, of which the text is cut first.
func sectionText(s notifiers.Section, limit int) string {
	links := linkLines(s.Links)
	if text := wordsOf(s, limit-utf8.RuneCountInString(links)); text != "" {
		return text + links
	}
	return strings.TrimPrefix(links, "\n")
}

// linkLines are where to read on, each on a line of its own. Slack finds no
// address by itself in what is verbatim.
func linkLines(links []notifiers.Link) string {
	var b strings.Builder
	for _, l := range links {
		if !strings.ContainsAny(l.URL, "<>| \n") {
			fmt.Fprintf(&b, "\n<%s|%s>", strings.ReplaceAll(l.URL, "&", "&amp;"), fit(strings.ReplaceAll(oneLine(l.Words), "|", "/"), maxLabel))
		}
	}
	return b.String()
}

func wordsOf(s notifiers.Section, limit int) string {
	label, text := oneLine(s.Label), strings.TrimSpace(s.Text)
	if label == "" {
		return fit(text, limit)
	}
	bold := "*" + fit(label, maxLabel) + "*"
	if text == "" {
		return bold
	}
	return bold + "\n" + fit(text, limit-utf8.RuneCountInString(bold)-1)
}

// actionsBlock holds the buttons that fit into room; one that Slack would
// refuse is left out, because the whole message would be refused with it.
func actionsBlock(buttons []notifiers.Button, room int) slackapi.Block {
	var elements []slackapi.BlockElement
	for _, b := range buttons {
		if len(elements) == maxButtons {
			break
		}
		button := buttonOf(b, len(elements)+1)
		if button == nil {
			continue
		}
		if room -= size(button); room < 0 {
			break
		}
		elements = append(elements, button)
	}
	if len(elements) == 0 {
		return nil
	}
	return slackapi.NewActionBlock("", elements...)
}

// buttonOf is the n-th button of a message; nil if Slack would not take it.
func buttonOf(b notifiers.Button, n int) *slackapi.ButtonBlockElement {
	text := fit(oneLine(b.Text), maxButtonText)
	if text == "" {
		return nil
	}
	label := slackapi.NewTextBlockObject(slackapi.PlainTextType, text, false, false)
	id, value := fmt.Sprintf("link-%d", n), ""
	if b.Press.Action != "" {
		id, value = fmt.Sprintf("%s:%d", b.Press.Action, n), b.Press.Value()
	}
	switch {
	case b.Press.Action != "" && utf8.RuneCountInString(value) <= maxValue:
		// Neither a value nor an address is a text leaf: escaped, it would
		// come back as another, or lead elsewhere.
		return slackapi.NewButtonBlockElement(id, value, label).WithStyle(slackapi.Style(b.Style))
	case b.Press.Action == "" && webURL(b.URL):
		return slackapi.NewButtonBlockElement(id, "", label).WithURL(b.URL)
	}
	return nil
}

// ActionOf is the action behind the id of a button; empty for a mere link.
// The number after the colon keeps ids apart within a message.
func ActionOf(id string) notifiers.Action {
	name, _, found := strings.Cut(id, ":")
	if !found {
		return ""
	}
	return notifiers.Action(name)
}

// textOf is what notifications and screen readers say, and the whole message
// where blocks are refused.
func textOf(m notifiers.Message, note string) string {
	text := m.Text
	if strings.TrimSpace(text) == "" {
		text = m.Headline
	}
	if note != "" {
		note += "\n"
	}
	return note + fit(text, maxText-utf8.RuneCountInString(note))
}

// Limits of the parts of a modal.
const (
	MaxTitle  = 24
	MaxLabel  = 2000
	MaxOption = 75
)

// Plain is text without marks, for the parts of a modal: one line, escaped and
// cut to limit.
func Plain(text string, limit int) *slackapi.TextBlockObject {
	return slackapi.NewTextBlockObject(slackapi.PlainTextType, fit(oneLine(text), limit), false, false)
}

// Paragraph is a block of text, escaped and cut.
func Paragraph(text string) slackapi.Block { return sectionBlock(fit(text, maxSection)) }

// Linked is a paragraph that is a link; links take no more than a label's room.
func Linked(l notifiers.Link) slackapi.Block {
	return sectionBlock(sectionText(notifiers.Section{Links: []notifiers.Link{l}}, maxSection))
}
