package interact

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	slackapi "github.com/slack-go/slack"

	"upgradehub/events"
	"upgradehub/events/upgrade"
	"upgradehub/events/when"
	"upgradehub/notifiers"
)

// click is a button that a user has pressed.
type click struct {
	notifiers.Press
	key, user, trigger, channel string
	said                        tongue
}

// press does what a button asks for.
func (h *Handler) press(ctx context.Context, c click) reply {
	switch c.Action {
	case notifiers.ActionRate:
		return h.rate(ctx, c)
	case notifiers.ActionAcknowledge:
		err := h.cfg.Desk.Acknowledge(ctx, c.key, c.Upgrade, c.Object, c.user)
		return h.recorded(ctx, c.said, err, c.said.Say("acknowledged"))
	case notifiers.ActionTrouble:
		return h.askTrouble(ctx, c)
	case notifiers.ActionSeen:
		return h.seeItems(ctx, c)
	}
	u, err := h.cfg.Board.Upgrade(ctx, c.Upgrade)
	switch {
	case err != nil:
		return h.unknown(ctx, c.said, c.Upgrade, err)
	case isLesson(c.Action):
		return h.askLesson(ctx, u, c)
	case u.Plan == nil || u.State.Ended():
		return reply{say: c.said.Say("ended", "title", titleOf(u))}
	}
	switch c.Action {
	case notifiers.ActionGo, notifiers.ActionNoGo:
		return h.askDecision(ctx, u, c)
	case notifiers.ActionSignOff:
		return h.askSignOff(ctx, u, c)
	case notifiers.ActionUpdate, notifiers.ActionExtend, notifiers.ActionPost:
		return h.askUpdate(ctx, u, c)
	}
	return reply{}
}

// unknown answers for an upgrade that cannot be read.
func (h *Handler) unknown(ctx context.Context, said tongue, id string, err error) reply {
	if errors.Is(err, ErrNotFound) {
		return reply{say: said.Say("unknown", "upgrade", id), undone: true}
	}
	return h.recorded(ctx, said, err, "")
}

// recorded is the answer once something was recorded, or could not be.
func (h *Handler) recorded(ctx context.Context, said tongue, err error, words string) reply {
	if err == nil {
		return reply{say: words}
	}
	h.log.ErrorContext(ctx, "deed not recorded", "err", err)
	return reply{say: said.Say("later"), undone: true}
}

// open shows a modal to whoever pressed the button.
func (h *Handler) open(ctx context.Context, c click, view *slackapi.ModalViewRequest) reply {
	if err := h.chat.OpenView(ctx, c.trigger, *view); err != nil {
		h.log.WarnContext(ctx, "modal not opened", "upgrade", c.Upgrade, "err", err)
		return reply{say: c.said.Say("later"), undone: true}
	}
	return reply{}
}

// askDecision asks the decider for the reason.
func (h *Handler) askDecision(ctx context.Context, u *upgrade.Upgrade, c click) reply {
	if r := h.mayDecide(c.said, u, c.Object, c.user); r.say != "" {
		return r
	}
	return h.open(ctx, c, h.decisionView(u, c))
}

// mayDecide refuses whoever does not decide the gate.
func (h *Handler) mayDecide(said tongue, u *upgrade.Upgrade, gate, user string) reply {
	if _, ok := u.Plan.Gate(gate); !ok {
		return reply{say: said.Say("gate.unknown", "title", titleOf(u))}
	}
	return h.only(said, "gate.only", u.Deciders(gate), user, "gate", gateTitle(u, gate))
}

// only refuses everybody but the holders of some names, in the words of that
// id.
func (h *Handler) only(said tongue, id string, allowed []string, user string, gaps ...any) reply {
	switch {
	case upgrade.AnyOf(h.cfg.Desk.Names(user), allowed) != "":
		return reply{}
	case len(allowed) == 0:
		return reply{say: said.Say("nobody"), undone: true}
	}
	return reply{say: said.Say(id, append(gaps, "who", said.Either(allowed))...), undone: true}
}

// askSignOff asks a tester for the word.
func (h *Handler) askSignOff(ctx context.Context, u *upgrade.Upgrade, c click) reply {
	if _, ok := u.Plan.Gate(c.Object); !ok {
		return reply{say: c.said.Say("gate.unknown", "title", titleOf(u))}
	}
	if len(u.Testers(c.Object)) == 0 {
		return reply{say: c.said.Say("sign_off.none", "gate", gateTitle(u, c.Object))}
	}
	if len(h.signOffs(u, c.Object, c.user)) == 0 {
		return h.only(c.said, "sign_off.only", allTesters(u, c.Object), c.user, "gate", gateTitle(u, c.Object))
	}
	return h.open(ctx, c, signOffView(u, c))
}

// signOffs are those of a gate that a user may give.
func (h *Handler) signOffs(u *upgrade.Upgrade, gate, user string) []string {
	return u.SignOffs(gate, h.cfg.Desk.Names(user))
}

func allTesters(u *upgrade.Upgrade, gate string) []string {
	var all []string
	for _, testers := range u.Testers(gate) {
		all = append(all, testers...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// askUpdate asks for an update, or posts the draft as it is: unless something
// was said or has happened since it was made, so that it may no longer hold.
func (h *Handler) askUpdate(ctx context.Context, u *upgrade.Upgrade, c click) reply {
	if r := h.only(c.said, "update.only", u.Speakers(), c.user); r.say != "" {
		return r
	}
	if c.Action != notifiers.ActionPost || strings.TrimSpace(c.Draft) == "" || outdated(u, c.Object) {
		return h.open(ctx, c, h.updateView(u, c))
	}
	if c.Object != "" {
		c.key = join("post", c.Upgrade, c.Object) // pressed twice it is one word
	}
	return h.post(ctx, c, events.Public, c.Draft, h.nextUpdate(u))
}

// outdated reports whether the promise is another by now than the one that
// fell due then.
func outdated(u *upgrade.Upgrade, due string) bool {
	at, err := time.Parse(time.RFC3339, due)
	return err == nil && !u.Promise.Due.Truncate(time.Second).Equal(at)
}

// post records an update as the user's own word.
func (h *Handler) post(ctx context.Context, c click, seen events.Visibility, text string, next time.Time) reply {
	err := h.cfg.Desk.Record(ctx, Deed{
		Key: c.key, User: c.user, Upgrade: c.Upgrade, Type: events.UpdatePosted, Visibility: seen,
		Data: &events.Update{Text: text, NextUpdateBy: next},
	})
	return h.recorded(ctx, c.said, err, c.said.Say("posted", "at", when.In(c.said.Code).Full(next, time.UTC)))
}

// nextUpdate is the time that is proposed for the next update: the promise
// that stands, put off by what the plan promises anyway.
func (h *Handler) nextUpdate(u *upgrade.Upgrade) time.Time {
	return h.cfg.Now().Add(u.Cadence()).Truncate(time.Minute).UTC()
}

func titleOf(u *upgrade.Upgrade) string {
	if u.Plan == nil {
		return u.ID
	}
	return u.Plan.Title
}

func gateTitle(u *upgrade.Upgrade, gate string) string {
	if g, ok := u.Plan.Gate(gate); ok && g.Title != "" {
		return g.Title
	}
	return gate
}
