package interact

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"upgradehub/events/upgrade"
	"upgradehub/events/when"
)

// What is typed to ask about all upgrades, and about one of them.
const askAll, askOne = "/upgrade status", "/upgrade status ID"

// mostListed bounds the list of upgrades, which is read on a phone.
const mostListed = 15

// command answers /upgrade from what visitors may know: the answer says the
// same to everybody, whoever else can read over their shoulder.
func (h *Handler) command(ctx context.Context, said tongue, text string) reply {
	args := strings.Fields(text)
	switch {
	case len(args) == 1 && args[0] == "status", len(args) == 0:
		return h.upgrades(ctx, said)
	case len(args) == 2 && args[0] == "status":
		m, err := h.cfg.Board.Status(ctx, strings.ToLower(args[1]), said.Code)
		if err != nil {
			return h.unknown(ctx, said, args[1], err)
		}
		return reply{say: m.Text, message: &m}
	}
	return reply{say: said.Say("usage", "all", askAll, "one", askOne)}
}

// upgrades names what is under way, then what is announced, the next first.
func (h *Handler) upgrades(ctx context.Context, said tongue) reply {
	all, err := h.cfg.Board.Upgrades(ctx)
	if err != nil {
		return h.recorded(ctx, said, err, "")
	}
	open := slices.DeleteFunc(slices.Clone(all), func(p upgrade.Public) bool { return p.State.Ended() })
	slices.SortStableFunc(open, func(a, b upgrade.Public) int {
		return cmp.Or(rank(a)-rank(b), a.Window.Start.Compare(b.Window.Start))
	})
	var lines []string
	for _, p := range open[:min(len(open), mostListed)] {
		lines = append(lines, statusLine(said, p))
	}
	if len(lines) == 0 {
		lines = []string{said.Say("status.none")}
	}
	lines = append(lines, said.Say("status.help", "command", askOne, "page", h.cfg.Page))
	return reply{say: strings.Join(lines, "\n")}
}

func rank(p upgrade.Public) int {
	if p.State.Live() {
		return 0
	}
	return 1
}

func statusLine(said tongue, p upgrade.Public) string {
	window := when.In(said.Code).Range(p.Window.Start, p.Window.End, when.Zone(p.Zone))
	return said.Say("status.line", "id", p.ID, "title", p.Title, "state", said.Words.Say("state."+string(p.State)), "window", window)
}
