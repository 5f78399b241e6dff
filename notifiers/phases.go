package notifiers

import (
	"slices"
	"strconv"
	"strings"

	"upgradehub/events"
	"upgradehub/events/upgrade"
)

// maxPhases is how many lines the list of phases has at most: more are not
// read on a phone.
const maxPhases = 15

// phaseLines is one line a phase, with a sign and a word for its state. Of a
// long list, the phases that are over become one line, then the last ones.
func (s *sheet) phaseLines(phases []upgrade.PublicPhase) []string {
	var over, rest []string
	for _, p := range phases {
		words := s.phaseLine(p)
		if p.State == upgrade.Finished && p.Outcome != events.Failure && len(rest) == 0 {
			over = append(over, words)
		} else {
			rest = append(rest, words)
		}
	}
	if len(over)+len(rest) <= maxPhases {
		return append(over, rest...)
	}
	out := []string{s.Say("phases.over", "n", len(over))}
	if len(over) == 0 {
		out = nil
	}
	if room := maxPhases - len(out); len(rest) > room {
		more := len(rest) - room + 1
		rest = append(rest[:room-1], s.Say("phases.more", "n", more))
	}
	return append(out, rest...)
}

func (s *sheet) phaseLine(p upgrade.PublicPhase) string {
	sign, words := s.phaseNow(p)
	if len(words) == 0 {
		return sign + line(p.Title)
	}
	return sign + s.named(line(p.Title), s.List(words))
}

// phaseNow is the sign of a phase, and what is said of it.
func (s *sheet) phaseNow(p upgrade.PublicPhase) (sign string, words []string) {
	switch {
	case p.NotReported:
		return "? ", []string{s.Say("phase.not_reported")}
	case p.State == upgrade.Finished:
		sign, word := s.finished(p)
		return sign, []string{word}
	case s.Ended && (p.State == upgrade.Running || p.State == upgrade.Waiting):
		return "? ", []string{s.Say("phase.unfinished")} // tools that fail leave phases open
	case p.State == upgrade.Running:
		return "▶ ", spoken(s.Say("phase.running"), s.progress(p), s.delay(p))
	case p.State == upgrade.Waiting:
		return "⏸ ", spoken(s.waiting(p), s.progress(p), s.delay(p))
	case p.Planned.Start == nil:
		return "○ ", nil
	}
	return "○ ", spoken(s.Say("phase.planned", "at", s.full(*p.Planned.Start)), s.delay(p))
}

// spoken are those of the words that say something.
func spoken(words ...string) []string {
	return slices.DeleteFunc(words, func(w string) bool { return w == "" })
}

func (s *sheet) finished(p upgrade.PublicPhase) (sign, word string) {
	switch p.Outcome {
	case events.Failure:
		return "✗ ", s.Say("phase.failed")
	case events.OutcomeCanceled, events.OutcomeSkipped:
		return "– ", s.Say("phase." + string(p.Outcome))
	}
	if p.Actual.Start == nil || p.Actual.End == nil {
		return "✓ ", s.Say("phase.done")
	}
	return "✓ ", s.Say("phase.done_in", "length", s.times.Duration(p.Actual.End.Sub(*p.Actual.Start)))
}

// progress is how much of a phase is done; empty if nobody said.
func (s *sheet) progress(p upgrade.PublicPhase) string {
	switch {
	case p.Done != nil && p.Total != nil:
		return strings.TrimSpace(s.Say("phase.of", "done", *p.Done, "total", *p.Total, "unit", line(p.Unit)))
	case p.Percent != nil:
		return s.Say("phase.percent", "percent", strconv.FormatFloat(*p.Percent, 'f', 0, 64))
	}
	return ""
}

// waiting says for what a phase waits; what the vocabulary does not know
// stands as it was written.
func (s *sheet) waiting(p upgrade.PublicPhase) string {
	switch p.WaitingFor {
	case "":
		return s.Say("phase.waiting")
	case "approval", "pause", "window", "dependency":
		return s.Say("phase.waiting_for", "what", s.Say("wait."+p.WaitingFor))
	}
	return s.Say("phase.waiting_for", "what", line(p.WaitingFor))
}

// delay says since when a phase is late; empty if it is not.
func (s *sheet) delay(p upgrade.PublicPhase) string {
	switch {
	case p.Overdue != nil:
		return s.Say("phase.overdue", "at", s.full(*p.Overdue))
	case p.Late != nil:
		return s.Say("phase.late", "at", s.full(*p.Late))
	}
	return ""
}
