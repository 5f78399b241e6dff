package statuspage

import (
	"strings"
	"time"

	"upgradehub/events"
	"upgradehub/events/markdown"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
)

var impactSigns = map[plan.Impact]look{
	plan.NoImpact:          {good, "check"},
	plan.ReducedRedundancy: {calm, "shield"},
	plan.Degraded:          {warn, "warn"},
	plan.Outage:            {bad, "cross"},
}

// impactSign is the sign of a component.
func (s *scribe) impactSign(i plan.Impact) sign {
	level := plan.Impacts[rank(i)]
	return s.sign(impactSigns[level], "impact."+string(level))
}

// expected is what an announcement says people will feel; nothing if the plan
// does not say it.
func (s *scribe) expected(i plan.Impact) string {
	if _, known := impactSigns[i]; !known {
		return ""
	}
	return s.Say("expected." + string(i))
}

var outcomeSigns = map[events.Outcome]look{
	events.Success:         {good, "check"},
	events.Failure:         {bad, "cross"},
	events.OutcomeCanceled: {mute, "dash"},
	events.OutcomeSkipped:  {mute, "dash"},
}

// phaseSign is the sign of a phase.
func (s *scribe) phaseSign(p upgrade.PublicPhase) sign {
	switch {
	case p.State == upgrade.Finished:
		outcome := p.Outcome
		if _, known := outcomeSigns[outcome]; !known {
			outcome = events.Success
		}
		return s.sign(outcomeSigns[outcome], "outcome."+string(outcome))
	case p.NotReported:
		return s.sign(look{mute, "question"}, "phase.not_reported")
	case p.State == upgrade.Running && p.Overdue != nil:
		return s.sign(look{warn, "play"}, "phase.running_late")
	case p.State == upgrade.Running:
		return s.sign(look{busy, "play"}, "phase.running")
	case p.State == upgrade.Waiting:
		return s.sign(look{warn, "pause"}, waiting(p.WaitingFor))
	case p.Late != nil:
		return s.sign(look{warn, "clock"}, "phase.late")
	}
	return s.sign(look{mute, "dot"}, "phase.queued")
}

// waiting is the message that says for what a phase waits.
func waiting(what string) string {
	switch what {
	case "approval", "pause", "window", "dependency":
		return "phase." + what
	}
	return "phase.waiting"
}

// length is a length of time in words.
func (s *scribe) length(d time.Duration) string { return s.times.Duration(d) }

// brief is the first words of a Markdown text, in one line.
func brief(text string, most int) string {
	words := []rune(strings.Join(strings.Fields(markdown.Text(text)), " "))
	if len(words) <= most {
		return string(words)
	}
	return strings.TrimSpace(string(words[:most-1])) + "…"
}
