package statuspage

import (
	"fmt"
	"net/http"
	"strings"

	"upgradehub/events/lang"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
)

// badgeSVG is a badge: what it is about, and how that is. It has no style
// and no script, so that every page may show it.
const badgeSVG = `<svg xmlns="http://www.w3.org/2000/svg" width="%[1]d" height="20" viewBox="0 0 %[1]d 20" role="img" aria-labelledby="t"><title id="t">%[2]s: %[3]s</title>` +
	`<rect width="%[1]d" height="20" rx="4" fill="#333d4b"/><path d="M%[4]d 0h%[5]da4 4 0 0 1 4 4v12a4 4 0 0 1-4 4h-%[5]dz" fill="%[6]s"/>` +
	`<g fill="#fff" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11" text-anchor="middle" aria-hidden="true">` +
	`<text x="%[7]d" y="14" textLength="%[8]d">%[2]s</text><text x="%[9]d" y="14" textLength="%[10]d">%[3]s</text></g></svg>
`

// badgeColours are the tones behind white words, with a contrast above 4.5.
var badgeColours = map[string]string{
	calm: "#2f57c4", busy: "#0a6a8c", good: "#117a48", warn: "#9a5b00", bad: "#b3202f", mute: "#5a6675",
}

// badge says how things are on the whole.
func (p *Pages) badge(w http.ResponseWriter, r *http.Request) error {
	all, err := p.cfg.Board.Upgrades(r.Context())
	if err != nil {
		return fmt.Errorf("list upgrades: %w", err)
	}
	words, tone := p.in(lang.English).badgeWords(sorted(all))
	return fresh(w, r, drawBadge("upgrades", words, tone), "image/svg+xml")
}

// upgradeBadge says how one upgrade is.
func (p *Pages) upgradeBadge(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	u, err := p.cfg.Board.Upgrade(r.Context(), id)
	if err != nil {
		return fmt.Errorf("upgrade %q: %w", id, err)
	}
	label := clipped(u.Title, 40)
	if u.Drill {
		label = "drill: " + label
	}
	return fresh(w, r, drawBadge(label, p.in(lang.English).badgeWord(u), lookOf(u).Tone), "image/svg+xml")
}

// clipped is the beginning of a text of ours that is no Markdown.
func clipped(s string, most int) string {
	if letters := []rune(s); len(letters) > most {
		return strings.TrimSpace(string(letters[:most-1])) + "…"
	}
	return s
}

// badgeWords are the words and the tone for all upgrades: those of the
// gravest that is going on.
func (s *scribe) badgeWords(g groups) (words, tone string) {
	if len(g.now) == 0 {
		return "all quiet", good
	}
	u := gravest(g.now)
	if len(g.now) == 1 {
		return s.badgeWord(u), lookOf(u).Tone
	}
	what := "going on"
	if countLive(g.now) < len(g.now) {
		what = "due or going on"
	}
	return fmt.Sprintf("%d %s, %s", len(g.now), what, s.badgeWord(u)), lookOf(u).Tone
}

// badgeWord says in words all that the tone of an upgrade says.
func (s *scribe) badgeWord(u upgrade.Public) string {
	said := []string{strings.ToLower(s.signOf(u).Word)}
	if u.State.Ended() {
		return said[0]
	}
	switch felt := worst(u); {
	case !u.State.Live():
	case felt == plan.Outage:
		said = append(said, "outage")
	case felt == plan.Degraded:
		said = append(said, "degraded")
	}
	switch {
	case u.Overdue != nil:
		said = append(said, "running late")
	case u.Late != nil:
		said = append(said, "late to start")
	case u.Silent != nil:
		said = append(said, "no news")
	}
	return strings.Join(said, ", ")
}

// drawBadge draws it. How wide words are depends on the reader's fonts, so
// the text is fitted to what is reserved for it.
func drawBadge(label, words, tone string) []byte {
	const pad = 8
	left, right := badgeWidth(label), badgeWidth(words)
	edge := left + 2*pad
	width := edge + right + 2*pad
	return fmt.Appendf(nil, badgeSVG, width, xmlText(label), xmlText(words), edge, right+2*pad-4, badgeColours[tone],
		pad+left/2, left, edge+pad+right/2, right)
}

// badgeWidth is about how wide text is in the badge's fonts.
func badgeWidth(text string) int {
	tenths := 0
	for _, r := range text {
		switch {
		case strings.ContainsRune("ijltfrI .,:;!'|()-", r):
			tenths += 42
		case strings.ContainsRune("mwMW…", r):
			tenths += 102
		case r >= 0x1100: // scripts of square letters
			tenths += 110
		default:
			tenths += 70
		}
	}
	return (tenths + 9) / 10
}
