package statuspage

import (
	"fmt"
	"strings"
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
)

// The tones: one colour each, in light and dark.
const (
	calm = "calm" // nothing to do yet
	busy = "busy" // work is under way and nobody feels it
	good = "good"
	warn = "warn"
	bad  = "bad"
	mute = "mute" // over, without judgement
)

// sign is how a state is shown: a colour is never alone.
type sign struct{ Tone, Icon, Word string }

var stateSigns = map[upgrade.State]sign{
	upgrade.Planned:     {calm, "clock", "Planned"},
	upgrade.Scheduled:   {calm, "clock", "Scheduled"},
	upgrade.InProgress:  {busy, "play", "In progress"},
	upgrade.Paused:      {busy, "pause", "Paused"},
	upgrade.Verifying:   {busy, "search", "Being checked"},
	upgrade.RollingBack: {warn, "undo", "Rolling back"},
	upgrade.Completed:   {good, "check", "Completed"},
	upgrade.RolledBack:  {warn, "undo", "Rolled back"},
	upgrade.Failed:      {bad, "cross", "Failed"},
	upgrade.Canceled:    {mute, "dash", "Canceled"},
}

// signOf is the sign of an upgrade: its state, made graver by what people
// feel and by being late.
func signOf(p upgrade.Public) sign {
	s, ok := stateSigns[p.State]
	if !ok {
		return sign{mute, "dot", "Not planned"}
	}
	if p.State == upgrade.Completed && p.Result == events.SuccessfulWithIssues {
		return sign{warn, "warn", "Completed with issues"}
	}
	if p.State.Ended() {
		return s
	}
	if p.Late != nil || p.Overdue != nil || p.Silent != nil {
		s.Tone = warn
	}
	if !p.State.Live() {
		return s
	}
	switch worst(p) {
	case plan.Outage:
		s.Tone = bad
	case plan.Degraded:
		s.Tone = warn
	}
	return s
}

// worst is the greatest impact of any component.
func worst(p upgrade.Public) plan.Impact {
	level := 0
	for _, c := range p.Components {
		level = max(level, rank(c.Impact))
	}
	return plan.Impacts[level]
}

// rank is the place of an impact among the levels; what is not known counts
// as none.
func rank(i plan.Impact) int {
	for n, level := range plan.Impacts {
		if level == i {
			return n
		}
	}
	return 0
}

// canIWork answers the first question of every visitor.
func canIWork(p upgrade.Public) string {
	switch {
	case p.State == upgrade.Completed && p.Result != events.SuccessfulWithIssues:
		return "You can work as usual. The upgrade is done."
	case p.State == upgrade.Completed:
		return "The upgrade is done, but some things do not work as they should yet."
	case p.State == upgrade.RolledBack:
		return "The upgrade was taken back. " + felt(p) + " " + dataSafe(p.DataSafe)
	case p.State == upgrade.Failed:
		return "The upgrade failed. " + felt(p)
	case p.State == upgrade.Canceled:
		return "The upgrade was canceled. " + felt(p)
	case p.State == upgrade.RollingBack:
		return felt(p) + " The upgrade is being taken back."
	case p.State == upgrade.Verifying:
		return felt(p) + " The work is done and is being checked."
	case p.State == upgrade.Paused:
		return felt(p) + " The work is paused."
	}
	return felt(p)
}

func dataSafe(safe *bool) string {
	switch {
	case safe == nil:
		return "Whether everything you entered is still there is not known yet."
	case *safe:
		return "What you entered is safe."
	}
	return "Some of what you entered may be lost."
}

// felt says what people feel now, in terms of the components they know.
func felt(p upgrade.Public) string {
	down, slow := named(p, plan.Outage), named(p, plan.Degraded)
	switch {
	case len(down) > 0 && len(slow) > 0:
		return fmt.Sprintf("You cannot use %s right now; %s may be slow or fail at times.", list(down), list(slow))
	case len(down) > 0:
		return fmt.Sprintf("You cannot use %s right now.", list(down))
	case len(slow) > 0:
		return fmt.Sprintf("You can work, but %s may be slow or fail at times.", list(slow))
	case len(named(p, plan.ReducedRedundancy)) > 0:
		return "You can work as usual. Until the work is done there is less protection against failures."
	}
	return "You can work as usual."
}

// named lists the components with that impact.
func named(p upgrade.Public, i plan.Impact) []string {
	var names []string
	for _, c := range p.Components {
		if c.Impact == i {
			names = append(names, c.Name)
		}
	}
	return names
}

// list joins up to three names as people do.
func list(names []string) string {
	if len(names) > 3 {
		names = append(names[:2:2], fmt.Sprintf("%d more", len(names)-2))
	}
	if len(names) == 1 {
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// whenOver answers the second question. There is no forecast: what was
// announced is all that is known.
func whenOver(p upgrade.Public, now time.Time) line {
	start, end := p.Window.Start, p.Window.End
	switch {
	case p.State.Ended():
		return ended(p)
	case p.State.Live() && p.Overdue != nil:
		return say("When it will be over is not known: no new end has been announced.")
	case p.State.Live():
		return say("Announced to be over by {}.", near(end, now))
	}
	return say("Announced for {} to {}.", moment(start, "full"), until(start, end))
}

// until is the end of a window: the date only if the window is long.
func until(start, end time.Time) piece {
	if end.Sub(start) < 12*time.Hour {
		return moment(end, "clock")
	}
	return moment(end, "full")
}

// ended says when it ended, and against what.
func ended(p upgrade.Public) line {
	if p.Finished == nil {
		return nil
	}
	words := stateSigns[p.State].Word + " on {}"
	switch late := p.Finished.Sub(p.Window.End); {
	case p.Started == nil || p.State == upgrade.Canceled:
		return say(words+".", moment(*p.Finished, "full"))
	case late >= time.Minute:
		return say(words+", "+length(late)+" after the announced end.", moment(*p.Finished, "full"))
	case late <= -time.Minute:
		return say(words+", "+length(-late)+" before the announced end.", moment(*p.Finished, "full"))
	}
	return say(words+", as announced.", moment(*p.Finished, "full"))
}

// isLate answers the third question; it is empty while all is as announced.
func isLate(p upgrade.Public, now time.Time) []line {
	var lines []line
	if p.State.Ended() {
		return nil
	}
	if p.Late != nil && !p.State.Live() {
		lines = append(lines, say("Late to start: it was announced for {} and nobody has reported a start.", near(*p.Late, now)))
	}
	if p.Overdue != nil {
		lines = append(lines, say("Running late: the announced end {} has passed.", near(*p.Overdue, now)))
	}
	if p.UpdateOverdue != nil {
		lines = append(lines, say("Update overdue since {}.", near(*p.UpdateOverdue, now)))
	}
	if p.Silent != nil {
		lines = append(lines, say("No news from the work since {}.", near(*p.Silent, now)))
	}
	return lines
}

// spoken are the sentences a screen reader hears when they become true.
func spoken(p upgrade.Public, now time.Time) []string {
	said := []string{p.Title + ": " + signOf(p).Word + ". " + canIWork(p)}
	for _, l := range isLate(p, now) {
		said = append(said, l.String())
	}
	for _, ph := range p.Phases {
		if ph.State == upgrade.Running || ph.State == upgrade.Finished {
			said = append(said, ph.Title+": "+phaseSign(ph).Word+".")
		}
	}
	if n := len(p.Moves); n > 0 {
		m := p.Moves[n-1]
		said = append(said, say("The announced window has moved: now {} to {}.", moment(m.To.Start, "full"), moment(m.To.End, "full")).String())
	}
	for _, u := range p.Updates[:min(1, len(p.Updates))] {
		if !u.Retracted {
			said = append(said, "New update: "+brief(u.Text, 160))
		}
	}
	return said
}
