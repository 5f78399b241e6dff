package interact

import (
	"cmp"
	"context"

	"upgradehub/events"
	"upgradehub/events/upgrade"
	"upgradehub/notifiers"
)

// submit does what a modal asks for. Who may is asked again: the plan may have
// changed while the modal was open.
func (h *Handler) submit(ctx context.Context, f form) reply {
	switch f.Action {
	case notifiers.ActionRate:
		return h.submitRating(ctx, f)
	case notifiers.ActionTrouble:
		return h.submitTrouble(ctx, f)
	}
	u, err := h.cfg.Board.Upgrade(ctx, f.Upgrade)
	switch {
	case err != nil:
		return h.unknown(ctx, f.said, f.Upgrade, err)
	case isLesson(f.Action):
		return h.decideLesson(ctx, u, f)
	case u.Plan == nil || u.State.Ended():
		return reply{say: f.said.Say("ended", "title", titleOf(u))}
	}
	switch f.Action {
	case notifiers.ActionGo, notifiers.ActionNoGo:
		return h.decide(ctx, u, f)
	case notifiers.ActionSignOff:
		return h.signOff(ctx, u, f)
	case notifiers.ActionUpdate, notifiers.ActionExtend, notifiers.ActionPost:
		return h.submitUpdate(ctx, u, f)
	}
	return reply{}
}

func (h *Handler) decide(ctx context.Context, u *upgrade.Upgrade, f form) reply {
	if r := h.mayDecide(f.said, u, f.Object, f.user); r.say != "" {
		return r
	}
	decision := "go"
	if f.Action == notifiers.ActionNoGo {
		decision = "no_go"
		if f.text[inputReason] == "" {
			return reply{errors: map[string]string{inputReason: f.said.Say("reason.needed")}}
		}
	}
	by := upgrade.AnyOf(h.cfg.Desk.Names(f.user), u.Deciders(f.Object))
	return h.record(ctx, f, events.GateDecided, &events.Decided{Gate: f.Object, Decision: decision, By: by, Reason: f.text[inputReason]})
}

// signOff records the tester's word for each sign-off that is theirs to give.
func (h *Handler) signOff(ctx context.Context, u *upgrade.Upgrade, f form) reply {
	mine := h.signOffs(u, f.Object, f.user)
	if len(mine) == 0 {
		return h.only(f.said, "sign_off.only", allTesters(u, f.Object), f.user, "gate", gateTitle(u, f.Object))
	}
	result := f.text[inputWord]
	if result != "pass" && result != "fail" {
		return reply{undone: true, say: f.said.Say("later")}
	}
	for _, name := range mine {
		one := f
		one.key = join(f.key, name)
		by := upgrade.AnyOf(h.cfg.Desk.Names(f.user), u.Testers(f.Object)[name])
		evidence := &events.Evidence{Gate: f.Object, Kind: "signoff", Name: name, By: by, Result: result}
		if r := h.record(ctx, one, events.GateEvidence, evidence); r.failed() {
			return r
		}
	}
	return reply{}
}

func (h *Handler) record(ctx context.Context, f form, t events.Type, data events.Data) reply {
	return h.recorded(ctx, f.said, h.cfg.Desk.Record(ctx, Deed{Key: f.key, User: f.user, Upgrade: f.Upgrade, Type: t, Data: data}), "")
}

func (h *Handler) submitUpdate(ctx context.Context, u *upgrade.Upgrade, f form) reply {
	if r := h.only(f.said, "update.only", u.Speakers(), f.user); r.say != "" {
		return r
	}
	next, complaints := f.at[inputNext], map[string]string{}
	if f.text[inputText] == "" {
		complaints[inputText] = f.said.Say("update.empty")
	}
	if !next.After(h.cfg.Now()) {
		complaints[inputNext] = f.said.Say("update.past")
	}
	if len(complaints) > 0 {
		return reply{errors: complaints}
	}
	r := h.post(ctx, f.click(), events.Visibility(cmp.Or(f.text[inputFor], string(events.Internal))), f.text[inputText], next)
	if !r.undone {
		return reply{} // the thread shows it
	}
	return r
}
