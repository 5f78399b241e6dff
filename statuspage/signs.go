package statuspage

import (
	"strings"
	"time"

	"upgradehub/events"
	"upgradehub/events/markdown"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
	"upgradehub/events/when"
)

var impactSigns = map[plan.Impact]sign{
	plan.NoImpact:          {good, "check", "Works"},
	plan.ReducedRedundancy: {calm, "shield", "Works, less protected"},
	plan.Degraded:          {warn, "warn", "Slow or partly down"},
	plan.Outage:            {bad, "cross", "Not available"},
}

// impactSign is the sign of a component.
func impactSign(i plan.Impact) sign { return impactSigns[plan.Impacts[rank(i)]] }

// expected is what an announcement says people will feel.
var expected = map[plan.Impact]string{
	plan.NoImpact:          "You should not notice anything.",
	plan.ReducedRedundancy: "You should not notice anything; there is less protection against failures while the work lasts.",
	plan.Degraded:          "You can work, but expect slowness or short failures.",
	plan.Outage:            "Expect that you cannot work with it during this time.",
}

var outcomeSigns = map[events.Outcome]sign{
	events.Success:         {good, "check", "Done"},
	events.Failure:         {bad, "cross", "Failed"},
	events.OutcomeCanceled: {mute, "dash", "Canceled"},
	events.OutcomeSkipped:  {mute, "dash", "Skipped"},
}

// phaseSign is the sign of a phase.
func phaseSign(p upgrade.PublicPhase) sign {
	switch {
	case p.State == upgrade.Finished:
		if s, ok := outcomeSigns[p.Outcome]; ok {
			return s
		}
		return outcomeSigns[events.Success]
	case p.NotReported:
		return sign{mute, "question", "Not reported"}
	case p.State == upgrade.Running && p.Overdue != nil:
		return sign{warn, "play", "Running late"}
	case p.State == upgrade.Running:
		return sign{busy, "play", "Running"}
	case p.State == upgrade.Waiting:
		return sign{warn, "pause", waiting(p.WaitingFor)}
	case p.Late != nil:
		return sign{warn, "clock", "Late to start"}
	}
	return sign{mute, "dot", "Not started"}
}

// waiting says for what a phase waits.
func waiting(what string) string {
	switch what {
	case "approval":
		return "Waiting for approval"
	case "pause":
		return "Paused"
	case "window":
		return "Waiting for its window"
	case "dependency":
		return "Waiting for something else"
	}
	return "Waiting"
}

// length is a length of time in words.
func length(d time.Duration) string { return when.In("en").Duration(d) }

// brief is the first words of a Markdown text, in one line.
func brief(text string, most int) string {
	words := []rune(strings.Join(strings.Fields(markdown.Text(text)), " "))
	if len(words) <= most {
		return string(words)
	}
	return strings.TrimSpace(string(words[:most-1])) + "…"
}
