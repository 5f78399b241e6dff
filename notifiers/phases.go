package notifiers

import (
	"fmt"
	"strings"
	"time"

	"upgradehub/events"
	"upgradehub/events/upgrade"
	"upgradehub/events/when"
)

// maxPhases is how many lines the list of phases has at most: more are not
// read on a phone.
const maxPhases = 15

// phaseLines is one line a phase, with a sign and a word for its state. Of a
// long list, the phases that are over become one line, then the last ones.
func phaseLines(phases []upgrade.PublicPhase, zone *time.Location) []string {
	var over, rest []string
	for _, p := range phases {
		words := phaseLine(p, zone)
		if p.State == upgrade.Finished && p.Outcome != events.Failure && len(rest) == 0 {
			over = append(over, words)
		} else {
			rest = append(rest, words)
		}
	}
	if len(over)+len(rest) <= maxPhases {
		return append(over, rest...)
	}
	out := []string{fmt.Sprintf("✓ %d phases are over", len(over))}
	if len(over) == 0 {
		out = nil
	}
	if room := maxPhases - len(out); len(rest) > room {
		more := len(rest) - room + 1
		rest = append(rest[:room-1], fmt.Sprintf("… and %d more", more))
	}
	return append(out, rest...)
}

func phaseLine(p upgrade.PublicPhase, zone *time.Location) string {
	title := line(p.Title)
	switch {
	case p.NotReported:
		return "? " + title + ": not reported"
	case p.State == upgrade.Finished:
		return finishedLine(p, title)
	case p.State == upgrade.Running:
		return "▶ " + title + ": running" + progress(p) + delay(p, zone)
	case p.State == upgrade.Waiting:
		return "⏸ " + title + ": waiting" + waiting(p) + progress(p) + delay(p, zone)
	case p.Planned.Start == nil:
		return "○ " + title
	}
	return "○ " + title + ": planned from " + when.Full(*p.Planned.Start, zone) + delay(p, zone)
}

func finishedLine(p upgrade.PublicPhase, title string) string {
	switch p.Outcome {
	case events.Failure:
		return "✗ " + title + ": failed"
	case events.OutcomeCanceled, events.OutcomeSkipped:
		return "– " + title + ": " + string(p.Outcome)
	}
	took := ""
	if p.Actual.Start != nil && p.Actual.End != nil {
		took = " in " + when.In("en").Duration(p.Actual.End.Sub(*p.Actual.Start))
	}
	return "✓ " + title + ": done" + took
}

func progress(p upgrade.PublicPhase) string {
	switch {
	case p.Done != nil && p.Total != nil:
		return fmt.Sprintf(", %d of %d %s", *p.Done, *p.Total, strings.TrimSpace(line(p.Unit)))
	case p.Percent != nil:
		return fmt.Sprintf(", %.0f %%", *p.Percent)
	}
	return ""
}

func waiting(p upgrade.PublicPhase) string {
	if p.WaitingFor == "" {
		return ""
	}
	return " for " + line(p.WaitingFor)
}

func delay(p upgrade.PublicPhase, zone *time.Location) string {
	switch {
	case p.Overdue != nil:
		return ", overdue since " + when.Full(*p.Overdue, zone)
	case p.Late != nil:
		return ", late since " + when.Full(*p.Late, zone)
	}
	return ""
}
