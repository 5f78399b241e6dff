package slacktest

import (
	"encoding/json"
	"fmt"
	"net/url"
	"unicode/utf8"
)

// Slack's limits. The one for the whole is not documented; messages of 13,200
// characters were refused.
const (
	maxBlocks   = 50
	maxTotal    = 13_000
	maxHeader   = 150
	maxSection  = 3000
	maxFields   = 10
	maxField    = 2000
	maxElements = 25
	maxContext  = 10
	maxButton   = 75
	maxURL      = 3000
	maxValue    = 2000
	maxID       = 255
)

type text struct {
	Type     string `json:"type"`
	Text     string `json:"text"`
	Emoji    *bool  `json:"emoji"`
	Verbatim *bool  `json:"verbatim"`
}

// words are what t says, nothing of a text that is not there.
func (t *text) words() string {
	if t == nil {
		return ""
	}
	return t.Text
}

type element struct {
	Type     string          `json:"type"`
	Text     json.RawMessage `json:"text"` // an object in a button, a string in a context
	ActionID string          `json:"action_id"`
	URL      string          `json:"url"`
	Value    string          `json:"value"`
	Style    string          `json:"style"`
}

type block struct {
	Type     string    `json:"type"`
	BlockID  string    `json:"block_id"`
	Text     *text     `json:"text"`
	Fields   []text    `json:"fields"`
	Elements []element `json:"elements"`
}

// fault is what is wrong with a block, "" if nothing is.
type fault string

func checkBlocks(raw string) *refusal {
	var blocks []block
	if err := json.Unmarshal([]byte(raw), &blocks); err != nil {
		return refuse("invalid_blocks_format")
	}
	if len(blocks) > maxBlocks {
		return refuse("invalid_blocks", fmt.Sprintf("[ERROR] no more than %d items allowed [json-pointer:/blocks]", maxBlocks))
	}
	if utf8.RuneCountInString(raw) > maxTotal {
		return refuse("msg_blocks_too_long")
	}
	ids := map[string]bool{}
	for i, b := range blocks {
		f := checkBlock(b)
		if b.BlockID != "" && ids[b.BlockID] {
			f = "block_id already exists"
		}
		ids[b.BlockID] = true
		if f != "" {
			return refuse("invalid_blocks", fmt.Sprintf("[ERROR] %s [json-pointer:/blocks/%d]", f, i))
		}
	}
	return nil
}

func checkBlock(b block) fault {
	if utf8.RuneCountInString(b.BlockID) > maxID {
		return "block_id too long"
	}
	switch b.Type {
	case "divider":
		return ""
	case "header":
		return checkHeader(b)
	case "section":
		return checkSection(b)
	case "context":
		return checkContext(b)
	case "actions":
		return checkActions(b)
	}
	return fault("unsupported type: " + b.Type)
}

func checkHeader(b block) fault {
	if b.Text == nil || b.Text.Type != "plain_text" {
		return "header needs plain_text"
	}
	return checkText(*b.Text, maxHeader)
}

func checkSection(b block) fault {
	switch {
	case b.Text == nil && len(b.Fields) == 0:
		return "section needs text or fields"
	case len(b.Fields) > maxFields:
		return "too many fields"
	}
	for _, f := range b.Fields {
		if bad := checkText(f, maxField); bad != "" {
			return bad
		}
	}
	if b.Text == nil {
		return ""
	}
	return checkText(*b.Text, maxSection)
}

func checkText(t text, limit int) fault {
	n := utf8.RuneCountInString(t.Text)
	switch {
	case t.Type != "plain_text" && t.Type != "mrkdwn":
		return "text must be plain_text or mrkdwn"
	case t.Type == "mrkdwn" && t.Emoji != nil, t.Type == "plain_text" && t.Verbatim != nil:
		return "key does not belong to this type of text"
	case n == 0:
		return "must be more than 0 characters"
	case n > limit:
		return fault(fmt.Sprintf("must be less than %d characters", limit+1))
	}
	return ""
}

func checkContext(b block) fault {
	if len(b.Elements) == 0 || len(b.Elements) > maxContext {
		return "context needs 1 to 10 elements"
	}
	for _, e := range b.Elements {
		var s string
		if json.Unmarshal(e.Text, &s) != nil {
			return "context element needs text"
		}
		if bad := checkText(text{Type: e.Type, Text: s}, maxSection); bad != "" {
			return bad
		}
	}
	return ""
}

func checkActions(b block) fault {
	if len(b.Elements) == 0 || len(b.Elements) > maxElements {
		return "actions needs 1 to 25 elements"
	}
	ids := map[string]bool{}
	for _, e := range b.Elements {
		if bad := checkButton(e); bad != "" {
			return bad
		}
		if e.ActionID != "" && ids[e.ActionID] {
			return "action_id already exists"
		}
		ids[e.ActionID] = true
	}
	return ""
}

func checkButton(e element) fault {
	var label text
	switch {
	case e.Type != "button":
		return fault("unsupported element: " + e.Type)
	case json.Unmarshal(e.Text, &label) != nil || label.Type != "plain_text":
		return "button needs plain_text"
	case utf8.RuneCountInString(e.URL) > maxURL:
		return "url too long"
	case e.URL != "" && !absolute(e.URL):
		return "invalid url"
	case utf8.RuneCountInString(e.Value) > maxValue:
		return "value too long"
	case utf8.RuneCountInString(e.ActionID) > maxID:
		return "action_id too long"
	case e.Style != "" && e.Style != "primary" && e.Style != "danger":
		return "unsupported style"
	}
	return checkText(label, maxButton)
}

func absolute(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.IsAbs() && u.Host != ""
}
