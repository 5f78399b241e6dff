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
	maxText       = 4000
)

// shortened stands in the context when the sections did not fit.
const shortened = "Shortened. The page has the rest."

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
	cut := contextBlock(shortened)
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

func sectionText(s notifiers.Section, limit int) string {
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

// actionsBlock holds the buttons that fit into room; one whose address cannot
// be opened is left out, because Slack would refuse the whole message for it.
func actionsBlock(buttons []notifiers.Button, room int) slackapi.Block {
	var elements []slackapi.BlockElement
	for _, b := range buttons {
		text := fit(oneLine(b.Text), maxButtonText)
		if text == "" || !webURL(b.URL) || len(elements) == maxButtons {
			continue
		}
		label := slackapi.NewTextBlockObject(slackapi.PlainTextType, text, false, false)
		id := fmt.Sprintf("link-%d", len(elements)+1)
		// The address is not a text leaf: escaped, it would lead elsewhere.
		button := slackapi.NewButtonBlockElement(id, "", label).WithURL(b.URL)
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
