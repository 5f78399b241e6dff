package statuspage

import (
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

// look is a tone and an icon.
type look struct{ Tone, Icon string }

// sign is how a state is shown: a colour is never alone.
type sign struct{ Tone, Icon, Word string }

func (s *scribe) sign(l look, id string) sign { return sign{l.Tone, l.Icon, s.Say(id)} }

var stateSigns = map[upgrade.State]look{
	upgrade.Planned:     {calm, "clock"},
	upgrade.Scheduled:   {calm, "clock"},
	upgrade.InProgress:  {busy, "play"},
	upgrade.Paused:      {busy, "pause"},
	upgrade.Verifying:   {busy, "search"},
	upgrade.RollingBack: {warn, "undo"},
	upgrade.Completed:   {good, "check"},
	upgrade.RolledBack:  {warn, "undo"},
	upgrade.Failed:      {bad, "cross"},
	upgrade.Canceled:    {mute, "dash"},
}

// lookOf is the look of an upgrade: that of its state, made graver by what
// people feel and by being late.
func lookOf(p upgrade.Public) look {
	l, ok := stateSigns[p.State]
	if !ok {
		return look{mute, "dot"}
	}
	if p.State == upgrade.Completed && p.Result == events.SuccessfulWithIssues {
		return look{warn, "warn"}
	}
	if p.State.Ended() {
		return l
	}
	if p.Late != nil || p.Overdue != nil || p.Silent != nil {
		l.Tone = warn
	}
	if !p.State.Live() {
		return l
	}
	switch worst(p) {
	case plan.Outage:
		l.Tone = bad
	case plan.Degraded:
		l.Tone = warn
	}
	return l
}

// signOf is the look of an upgrade and the word for it.
func (s *scribe) signOf(p upgrade.Public) sign {
	id := "state." + string(p.State)
	if _, known := stateSigns[p.State]; !known {
		id = "state.unknown"
	}
	if p.State == upgrade.Completed && p.Result == events.SuccessfulWithIssues {
		id = "state.issues"
	}
	return s.sign(lookOf(p), id)
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
func (s *scribe) canIWork(p upgrade.Public) string {
	felt := s.felt(p)
	switch {
	case p.State == upgrade.Completed && p.Result == events.SuccessfulWithIssues:
		return s.Say("can.issues")
	case p.State == upgrade.RolledBack:
		return s.Say("can.rolled_back", "felt", felt, "data", s.dataSafe(p.DataSafe))
	}
	switch p.State {
	case upgrade.Completed, upgrade.Failed, upgrade.Canceled, upgrade.RollingBack, upgrade.Verifying, upgrade.Paused:
		return s.Say("can."+string(p.State), "felt", felt)
	}
	return felt
}

func (s *scribe) dataSafe(safe *bool) string {
	switch {
	case safe == nil:
		return s.Say("data.unknown")
	case *safe:
		return s.Say("data.safe")
	}
	return s.Say("data.lost")
}

// felt says what people feel now, in terms of the components they know.
func (s *scribe) felt(p upgrade.Public) string {
	down, slow := s.list(named(p, plan.Outage)), s.list(named(p, plan.Degraded))
	switch {
	case down != "" && slow != "":
		return s.Say("felt.both", "down", down, "slow", slow)
	case down != "":
		return s.Say("felt.down", "down", down)
	case slow != "":
		return s.Say("felt.slow", "slow", slow)
	case len(named(p, plan.ReducedRedundancy)) > 0:
		return s.Say("felt.less")
	}
	return s.Say("felt.none")
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
func (s *scribe) list(names []string) string {
	if len(names) > 3 {
		names = append(names[:2:2], s.Say("list.rest", "n", len(names)-2))
	}
	return s.List(names)
}

// whenOver answers the second question, by what was announced; expected adds
// what is likely.
func (s *scribe) whenOver(p upgrade.Public, now time.Time) line {
	switch {
	case p.State.Ended():
		return s.ended(p)
	case p.State.Live() && p.Overdue != nil:
		return s.line("over.unknown")
	case p.State.Live():
		return s.line("over.by", "end", s.near(p.Window.End, now))
	}
	return s.announced(p)
}

// announced is the announced window.
func (s *scribe) announced(p upgrade.Public) line {
	return s.line("over.window", "start", s.moment(p.Window.Start, "full"), "end", s.until(p.Window.Start, p.Window.End))
}

// until is the end of a window: the date only if the window is long.
func (s *scribe) until(start, end time.Time) piece {
	if end.Sub(start) < 12*time.Hour {
		return s.moment(end, "clock")
	}
	return s.moment(end, "full")
}

// ended says when it ended, and against what.
func (s *scribe) ended(p upgrade.Public) line {
	if p.Finished == nil {
		return nil
	}
	state, at := s.Say("state."+string(p.State)), s.moment(*p.Finished, "full")
	switch late := p.Finished.Sub(p.Window.End); {
	case p.Started == nil || p.State == upgrade.Canceled:
		return s.line("ended.plain", "state", state, "at", at)
	case late >= time.Minute:
		return s.line("ended.late", "state", state, "at", at, "length", s.length(late))
	case late <= -time.Minute:
		return s.line("ended.early", "state", state, "at", at, "length", s.length(-late))
	}
	return s.line("ended.announced", "state", state, "at", at)
}

// isLate answers the third question; it is empty while all is as announced.
func (s *scribe) isLate(p upgrade.Public, now time.Time) []line {
	var lines []line
	if p.State.Ended() {
		return nil
	}
	if p.Late != nil && !p.State.Live() {
		lines = append(lines, s.line("late.start", "at", s.near(p.Window.Start, now)))
	}
	if p.Overdue != nil {
		lines = append(lines, s.line("late.end", "at", s.near(*p.Overdue, now)))
	}
	if p.UpdateOverdue != nil {
		lines = append(lines, s.line("late.update", "at", s.near(*p.UpdateOverdue, now)))
	}
	if p.Silent != nil {
		lines = append(lines, s.line("late.silent", "at", s.near(*p.Silent, now)))
	}
	return lines
}

// soonTime is how long before the announced start the page says so on top.
const soonTime = 30 * time.Minute

// alerts stand on top of a page: that it is late, or that it starts soon.
func (s *scribe) alerts(p upgrade.Public, now time.Time) []line {
	if startsSoon(p, now) {
		return []line{s.line("soon.start", "at", s.near(p.Window.Start, now))}
	}
	return s.isLate(p, now)
}

func startsSoon(p upgrade.Public, now time.Time) bool {
	left := p.Window.Start.Sub(now)
	return !p.State.Live() && !p.State.Ended() && left > 0 && left <= soonTime
}

// spoken are the sentences a screen reader hears when they become true.
func (s *scribe) spoken(p upgrade.Public, now time.Time) []string {
	said := []string{s.Say("said.upgrade", "title", p.Title, "word", s.signOf(p).Word, "can", s.canIWork(p))}
	for _, l := range s.alerts(p, now) {
		said = append(said, l.String())
	}
	for _, ph := range p.Phases {
		if ph.State == upgrade.Running || ph.State == upgrade.Finished {
			said = append(said, s.Say("said.phase", "title", ph.Title, "word", s.phaseSign(ph).Word))
		}
	}
	if n := len(p.Moves); n > 0 {
		to := p.Moves[n-1].To
		said = append(said, s.line("said.moved", "start", s.moment(to.Start, "full"), "end", s.moment(to.End, "full")).String())
	}
	for _, u := range p.Updates[:min(1, len(p.Updates))] {
		if !u.Retracted {
			said = append(said, s.Say("said.update", "text", brief(u.Text, 160)))
		}
	}
	return said
}
