package interact

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	slackapi "github.com/slack-go/slack"

	"upgradehub/events"
	"upgradehub/events/upgrade"
	"upgradehub/notifiers"
	"upgradehub/notifiers/slack"
)

// The inputs of the modals, beside those of the plan's questions, which have
// their names. Each is alone in its block and has the block's name.
const (
	inputReason    = "reason"
	inputWord      = "word"
	inputText      = "text"
	inputComponent = "component"
	inputOwner     = "owner"
	inputNext      = "next"
	inputFor       = "for"
	inputStars     = "stars"
	inputMinutes   = "minutes"
	inputComment   = "comment"
)

const (
	maxReason  = 1000
	maxComment = 3000 // Slack's own limit
)

// carried is what a modal remembers of the button that opened it.
type carried struct {
	Action  notifiers.Action `json:"action"`
	Upgrade string           `json:"upgrade"`
	Object  string           `json:"object,omitempty"`
	Lang    string           `json:"lang,omitempty"`
}

// modal lays out a modal with a button to send it.
func modal(c click, title string, blocks ...slackapi.Block) *slackapi.ModalViewRequest {
	kept, err := json.Marshal(carried{c.Action, c.Upgrade, c.Object, c.Lang})
	if err != nil {
		kept = nil // four strings can always be written
	}
	return &slackapi.ModalViewRequest{
		Type: slackapi.VTModal, CallbackID: string(c.Action), PrivateMetadata: string(kept),
		Title: slack.Plain(title, slack.MaxTitle), Submit: slack.Plain(c.said.Say("send"), slack.MaxTitle),
		Close: slack.Plain(c.said.Say("cancel"), slack.MaxTitle), Blocks: slackapi.Blocks{BlockSet: blocks},
	}
}

// notice is a modal that only says something, and where to read on if there is
// more.
func notice(said tongue, words, page string) *slackapi.ModalViewRequest {
	blocks := []slackapi.Block{slack.Paragraph(words)}
	if page != "" {
		blocks = append(blocks, slack.Linked(notifiers.Link{URL: page, Words: page}))
	}
	return &slackapi.ModalViewRequest{
		Type: slackapi.VTModal, Title: slack.Plain(product, slack.MaxTitle),
		Close:  slack.Plain(said.Say("close"), slack.MaxTitle),
		Blocks: slackapi.Blocks{BlockSet: blocks},
	}
}

// product is the title of a modal that only says something. It is a name and
// the same in every language.
const product = "Upgrade Hub"

// input is one thing to be entered.
func input(id, label, hint string, element slackapi.BlockElement, optional bool) slackapi.Block {
	var below *slackapi.TextBlockObject
	if hint != "" {
		below = slack.Plain(hint, slack.MaxLabel)
	}
	return slackapi.NewInputBlock(id, slack.Plain(label, slack.MaxLabel), below, element).WithOptional(optional)
}

// writing is an input of several lines that begins with a text.
func writing(id, begin string, limit int) slackapi.BlockElement {
	// What stands in an input is edited as it is, so nothing is escaped.
	return slackapi.NewPlainTextInputBlockElement(nil, id).WithMultiline(true).WithMaxLength(limit).
		WithInitialValue(notifiers.Cut(begin, limit))
}

// choice is one of several options, each with its label.
func choice(id, chosen string, label func(option string) string, options ...string) *slackapi.RadioButtonsBlockElement {
	element := slackapi.NewRadioButtonsBlockElement(id)
	for _, o := range options {
		option := slackapi.NewOptionBlockObject(o, slack.Plain(label(o), slack.MaxOption), nil)
		element.Options = append(element.Options, option)
		if o == chosen {
			element.InitialOption = option
		}
	}
	return element
}

// labels are those of the options of an input, by the family of their words.
func (t tongue) labels(family string) func(option string) string {
	return func(option string) string { return t.Say(family + "." + option) }
}

// reason asks why somebody decides as they do.
func reason(c click, optional bool) slackapi.Block {
	return input(inputReason, c.said.Say("reason"), c.said.Say("reason.hint"), writing(inputReason, "", maxReason), optional)
}

// decisionView asks for the reason of a decision, beside the evidence.
func (h *Handler) decisionView(u *upgrade.Upgrade, c click) *slackapi.ModalViewRequest {
	title := "gate.go"
	if c.Action == notifiers.ActionNoGo {
		title = "gate.no_go"
	}
	return modal(c, c.said.Say(title),
		slack.Paragraph(c.said.Say("gate.lead", "title", titleOf(u), "gate", gateTitle(u, c.Object))),
		slack.Paragraph(h.evidence(c.said, u, c.Object)), reason(c, c.Action == notifiers.ActionGo))
}

// evidence says how the evidence of a gate stands.
func (h *Handler) evidence(said tongue, u *upgrade.Upgrade, gate string) string {
	for _, v := range u.Verdicts(h.cfg.Now()) {
		if v.Gate != gate {
			continue
		}
		if faults := notifiers.FaultsIn(said.Code, v); len(faults) > 0 {
			return said.Say("gate.red", "why", said.Also(faults))
		}
	}
	return said.Say("gate.green")
}

// signOffView asks a tester for the word.
func signOffView(u *upgrade.Upgrade, c click) *slackapi.ModalViewRequest {
	return modal(c, c.said.Say("sign_off"),
		slack.Paragraph(c.said.Say("gate.lead", "title", titleOf(u), "gate", gateTitle(u, c.Object))),
		input(inputWord, c.said.Say("sign_off.word"), "", choice("sign-off", "", c.said.labels("sign_off"), "pass", "fail"), false))
}

// updateView asks for an update, beginning with the draft.
func (h *Handler) updateView(u *upgrade.Upgrade, c click) *slackapi.ModalViewRequest {
	begin := c.Draft
	if c.Action == notifiers.ActionExtend && begin == "" {
		begin = c.said.Words.Say("update.nothing_new")
	}
	next := slackapi.NewDateTimePickerBlockElement(inputNext)
	next.InitialDateTime = h.nextUpdate(u).Unix()
	readers := choice("update", string(events.Public), c.said.labels("update"), string(events.Public), string(events.Internal))
	return modal(c, c.said.Say("update"),
		input(inputText, c.said.Say("update.text"), c.said.Say("update.hint"), writing(inputText, begin, maxComment), false),
		input(inputNext, c.said.Say("update.next"), "", next, false),
		input(inputFor, c.said.Say("update.for"), "", readers, false))
}

// form is a modal that somebody sent.
type form struct {
	carried
	key, user, view string
	said            tongue
	text            map[string]string // by input: what was written or chosen
	at              map[string]time.Time
}

// readForm reads what was entered into one of our modals.
func readForm(cb *slackapi.InteractionCallback) (form, error) {
	f := form{user: cb.User.ID, view: cb.View.ID, text: map[string]string{}, at: map[string]time.Time{}}
	if err := json.Unmarshal([]byte(cb.View.PrivateMetadata), &f.carried); err != nil {
		return f, fmt.Errorf("%w: private_metadata: %w", errUnreadable, err)
	}
	if cb.View.State != nil {
		for block, values := range cb.View.State.Values {
			for _, v := range values {
				f.text[block] = strings.TrimSpace(v.Value + v.SelectedOption.Value)
				if v.SelectedDateTime != 0 {
					f.at[block] = time.Unix(v.SelectedDateTime, 0).UTC()
				}
			}
		}
	}
	f.key = join("form", cb.User.ID, cb.View.ID, cb.View.Hash)
	return f, nil
}

// click is the button the modal came from.
func (f form) click() click {
	return click{Press: f.press(), key: f.key, user: f.user, said: f.said}
}

func (c carried) press() notifiers.Press {
	return notifiers.Press{Action: c.Action, Upgrade: c.Upgrade, Object: c.Object}.In(c.Lang)
}
