package interact

import (
	"context"

	slackapi "github.com/slack-go/slack"

	"upgradehub/events/upgrade"
	"upgradehub/notifiers/slack"
)

// Trouble is what is broken for a user, while work is under way.
type Trouble struct {
	// Key is the same for a repeat of the same report.
	Key       string
	User      string
	Upgrade   string
	Component string // one that visitors see, or empty
	Text      string
}

// Receipt is what a user gets for it.
type Receipt struct {
	Number string
	Page   string // shows what becomes of it
}

// Reports takes what is broken for people, and that somebody has looked.
type Reports interface {
	// ReportTrouble records what is broken for a user.
	ReportTrouble(ctx context.Context, t Trouble) (Receipt, error)
	// SeeItems records that by, a role name, has looked at the answers and
	// reports of an upgrade that were overdue; n is how many. The key is the
	// same for a repeat.
	SeeItems(ctx context.Context, key, upgrade, by string) (n int, err error)
}

// askTrouble asks what is broken. Anybody may say so while work is under way.
func (h *Handler) askTrouble(ctx context.Context, c click) reply {
	u, err := h.cfg.Board.Upgrade(ctx, c.Upgrade)
	if err != nil {
		return h.unknown(ctx, c.said, c.Upgrade, err)
	}
	if r := quiet(c.said, u); r.say != "" {
		return r
	}
	return h.open(ctx, c, troubleView(u, c))
}

// quiet refuses when no work is under way.
func quiet(said tongue, u *upgrade.Upgrade) reply {
	if u.Plan != nil && u.State.Live() {
		return reply{}
	}
	return reply{say: said.Say("trouble.closed", "title", titleOf(u)), undone: true}
}

// mostComponents is how many Slack lets somebody choose from.
const mostComponents = 100

// troubleView asks what is broken: one of the components that visitors see, and
// what happens.
func troubleView(u *upgrade.Upgrade, c click) *slackapi.ModalViewRequest {
	var blocks []slackapi.Block
	var options []*slackapi.OptionBlockObject
	for _, component := range u.Public(0).Components {
		if len(options) < mostComponents {
			options = append(options, slackapi.NewOptionBlockObject(component.ID, slack.Plain(component.Name, slack.MaxOption), nil))
		}
	}
	if len(options) > 0 {
		choose := slackapi.NewOptionsSelectBlockElement(slackapi.OptTypeStatic, nil, inputComponent, options...)
		blocks = append(blocks, input(inputComponent, c.said.Say("trouble.component"), "", choose, true))
	}
	return modal(c, c.said.Say("trouble.title"), append(blocks,
		input(inputText, c.said.Say("trouble.text"), c.said.Say("trouble.hint"), writing(inputText, "", maxComment), true))...)
}

// submitTrouble records what is broken and gives the receipt.
func (h *Handler) submitTrouble(ctx context.Context, f form) reply {
	u, err := h.cfg.Board.Upgrade(ctx, f.Upgrade)
	if err != nil {
		return h.unknown(ctx, f.said, f.Upgrade, err)
	}
	if r := quiet(f.said, u); r.say != "" {
		return r
	}
	receipt, err := h.cfg.Reports.ReportTrouble(ctx, Trouble{
		Key: f.key, User: f.user, Upgrade: f.Upgrade, Component: shown(u, f.text[inputComponent]), Text: f.text[inputText],
	})
	r := h.recorded(ctx, f.said, err, f.said.Say("trouble.taken", "number", receipt.Number))
	if !r.undone {
		r.page = receipt.Page
	}
	return r
}

// shown is a component if visitors see it: the plan may have changed while the
// modal was open.
func shown(u *upgrade.Upgrade, id string) string {
	for _, c := range u.Public(0).Components {
		if c.ID == id {
			return id
		}
	}
	return ""
}

// seeItems records that whoever answers for an upgrade has looked at what was
// overdue.
func (h *Handler) seeItems(ctx context.Context, c click) reply {
	u, err := h.cfg.Board.Upgrade(ctx, c.Upgrade)
	if err != nil || u.Plan == nil {
		return h.unknown(ctx, c.said, c.Upgrade, err)
	}
	owners := u.Plan.Chain("lead")
	if r := h.only(c.said, "items.only", owners, c.user); r.say != "" {
		return r
	}
	n, err := h.cfg.Reports.SeeItems(ctx, c.key, c.Upgrade, upgrade.AnyOf(h.cfg.Desk.Names(c.user), owners))
	words := c.said.Say("items.seen", "n", n)
	if n == 0 {
		words = c.said.Say("items.none")
	}
	return h.recorded(ctx, c.said, err, words)
}
