package interact

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"upgradehub/events/lang"
	"upgradehub/events/upgrade"
	"upgradehub/events/when"
)

// mostListed bounds the list of upgrades, which is read on a phone.
const mostListed = 15

// command answers /upgrade from what visitors may know: the answer is the same
// for everybody, whoever else can read over their shoulder.
func (h *Handler) command(ctx context.Context, text string) reply {
	args := strings.Fields(text)
	switch {
	case len(args) == 1 && args[0] == "status", len(args) == 0:
		return h.upgrades(ctx)
	case len(args) == 2 && args[0] == "status":
		m, err := h.cfg.Board.Status(ctx, strings.ToLower(args[1]))
		if err != nil {
			return h.unknown(ctx, h.in(lang.English), args[1], err)
		}
		return reply{say: m.Text, message: &m}
	}
	return reply{say: h.words.say("usage", nil)}
}

// upgrades names what is under way, then what is announced, the next first.
func (h *Handler) upgrades(ctx context.Context) reply {
	all, err := h.cfg.Board.Upgrades(ctx)
	if err != nil {
		return h.recorded(ctx, h.in(lang.English), err, "")
	}
	open := slices.DeleteFunc(slices.Clone(all), func(p upgrade.Public) bool { return p.State.Ended() })
	slices.SortStableFunc(open, func(a, b upgrade.Public) int {
		return cmp.Or(rank(a)-rank(b), a.Window.Start.Compare(b.Window.Start))
	})
	var lines []string
	for _, p := range open[:min(len(open), mostListed)] {
		lines = append(lines, h.line(p))
	}
	if len(lines) == 0 {
		lines = []string{h.words.say("status-none", nil)}
	}
	lines = append(lines, h.words.say("status-help", about{"Page": h.cfg.Page}))
	return reply{say: strings.Join(lines, "\n")}
}

func rank(p upgrade.Public) int {
	if p.State.Live() {
		return 0
	}
	return 1
}

func (h *Handler) line(p upgrade.Public) string {
	window := when.In("en").Range(p.Window.Start, p.Window.End, when.Zone(p.Zone))
	return h.words.say("status-line", about{"ID": p.ID, "Title": p.Title, "State": strings.ReplaceAll(string(p.State), "_", " "), "Window": window})
}
