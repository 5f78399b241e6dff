package notifiers

import (
	"strings"
	"time"

	"upgradehub/events/holding"
	"upgradehub/events/upgrade"
)

// holding is the hub's own line, in the reader's language and zone.
func (s *sheet) holding(p upgrade.Public, id string) string {
	for _, up := range p.Updates {
		if h := up.Automatic; up.ID == id && h != nil {
			return s.Say("holding_line", "at", s.full(h.Since), "work", holding.Work(s.Code, *h, s.List(lines(h.Phases))))
		}
	}
	return ""
}

// draft is what can be said for the promised word without knowing more than
// the hub does; whoever says it corrects it before. Many will read it, so its
// times are in no zone but UTC.
func (s *sheet) draft(p upgrade.Public) string {
	told := *s
	told.zone = time.UTC
	var sentences []string
	for _, ph := range p.Phases {
		if p.State != upgrade.RollingBack && (ph.State == upgrade.Running || ph.State == upgrade.Waiting) {
			_, words := told.phaseNow(ph)
			sentences = append(sentences, told.named(line(ph.Title), told.List(words))+".")
		}
	}
	if len(sentences) == 0 {
		return s.Say("nothing_changed", "work", holding.Work(s.Code, upgrade.PublicHolding{State: p.State}, ""))
	}
	return strings.Join(sentences, " ")
}
