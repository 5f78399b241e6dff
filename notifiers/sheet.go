package notifiers

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
	"upgradehub/events/when"
)

// sheet is all that words are made of: sentences and times, ready to be set,
// each on one line. It is made from the Public alone, but for Inside and what
// insiders see in place of the public lists.
type sheet struct {
	zone *time.Location

	ID, Title, System  string
	State              upgrade.State
	Live, Ended        bool
	Word, Icon         string
	Start, End, Window string
	Length             string // of the announced window
	StartsIn           string
	Ahead              bool // the announced end is still to come

	Expected                       string   // what the plan says people will notice
	Impact                         []string // what they notice now
	Restored                       bool     // nobody notices anything any more
	StillWorks, DoBefore, OddAfter []string
	Phases                         []string
	Warnings                       []string // late, overdue, silent
	Promise                        string
	Foreseen                       string // when it is likely to end, with the evidence
	Updated                        string

	Started, Finished  string
	Took, FirstPlanned string
	Issues             bool
	Reason, DataSafe   string

	// What the cause said.
	OldWindow, NewWindow, Shift string
	Due                         string
	Update                      string // Markdown
	Retracted                   bool
	Phase, Component, Stage     string
	OfPhase                     bool // it is about a phase alone
	Failure                     bool
	Holding                     string // what the hub said in place of people
	Minutes                     string // until the way back no longer fits
	Draft                       string // of the word that is promised
	Before                      string // who was told of it before

	Page, Form string // the upgrade's page and its open feedback form
	Inside     *inside
}

func newSheet(v View) *sheet {
	p := v.Public
	s := &sheet{
		zone: when.Zone(cmp.Or(v.Person.Zone, p.Zone)),
		ID:   p.ID, Title: title(p), System: line(p.System), State: p.State,
		Live: p.State.Live(), Ended: p.State.Ended(),
		StillWorks: lines(p.ImpactWords.StillWorks), DoBefore: lines(p.ImpactWords.DoBefore),
		OddAfter: lines(p.ImpactWords.OddAfter), Issues: p.Result == events.SuccessfulWithIssues,
		Page: v.Links.Page, Form: v.Links.Page + "/feedback", Reason: line(p.Reason),
	}
	s.Word, s.Icon = stateWord(p)
	s.times(p, v.Now)
	s.Expected = fmt.Sprintf(expectedWords[p.ImpactWords.Default], s.System)
	s.Impact = impactNow(p.Components, s.Expected)
	s.Restored = !slices.ContainsFunc(p.Components, func(c upgrade.PublicComponent) bool { return c.Impact != plan.NoImpact })
	s.Phases = phaseLines(p.Phases, s.zone)
	s.Promise = s.promise(p, v.Now)
	s.Foreseen = foreseen(p, s.zone, v.Now)
	s.DataSafe = dataSafe(p.DataSafe)
	s.cause(v)
	if Insider(v.Delivery.Notice.Role) && v.Upgrade != nil && v.Upgrade.Plan != nil {
		s.lookInside(v)
	}
	return s
}

// title names the upgrade; a drill says so wherever it is named.
func title(p upgrade.Public) string {
	if p.Drill {
		return "Drill: " + line(p.Title)
	}
	return line(p.Title)
}

func (s *sheet) full(t time.Time) string { return when.Full(t, s.zone) }

func (s *sheet) times(p upgrade.Public, now time.Time) {
	w := p.Window
	s.Start, s.End, s.Window = s.full(w.Start), s.full(w.End), when.In("en").Range(w.Start, w.End, s.zone)
	s.Length = when.In("en").Duration(w.End.Sub(w.Start))
	s.StartsIn = when.In("en").Duration(w.Start.Sub(now))
	s.Ahead = w.End.After(now)
	s.Updated = when.Clock(now, time.UTC) + " UTC"
	first := w
	if len(p.Moves) > 0 {
		first = p.Moves[0].From
	}
	s.FirstPlanned = when.In("en").Duration(first.End.Sub(first.Start))
	if p.Started != nil {
		s.Started = s.full(*p.Started)
	}
	if p.Finished != nil {
		s.Finished = s.full(*p.Finished)
	}
	if p.Started != nil && p.Finished != nil {
		s.Took = when.In("en").Duration(p.Finished.Sub(*p.Started))
	}
	s.warn("Late: it should have started by ", p.Late)
	s.warn("Overdue: the announced end passed at ", p.Overdue)
	s.warn("Silent: nothing was reported since ", p.Silent)
}

func (s *sheet) warn(words string, since *time.Time) {
	if since != nil && !s.Ended {
		s.Warnings = append(s.Warnings, words+s.full(*since)+".")
	}
}

// promise: every live message says when the next one comes. Without a promise
// of the plan or a person it is the announced end, at which the hub itself
// speaks up.
func (s *sheet) promise(p upgrade.Public, now time.Time) string {
	if !s.Live {
		return ""
	}
	switch {
	case p.UpdateOverdue != nil:
		return "The next update was due by " + s.full(*p.UpdateOverdue) + "; it is overdue."
	case p.NextUpdateBy != nil && p.NextUpdateBy.Before(now):
		return "The next update was due by " + s.full(*p.NextUpdateBy) + "; it is overdue."
	case p.NextUpdateBy != nil:
		return "Next update by " + s.full(*p.NextUpdateBy) + "."
	case s.Ahead:
		return "Next update by " + s.End + ", the announced end."
	}
	return "The announced end has passed; the next update is overdue."
}

// cause fills in what the notice's facts say.
func (s *sheet) cause(v View) {
	n := v.Delivery.Notice
	s.Reason = cmp.Or(line(n.Facts["reason"]), s.Reason)
	if end := factTime(n, "new_end"); !end.IsZero() {
		oldEnd := factTime(n, "old_end")
		s.OldWindow = when.In("en").Range(factTime(n, "old_start"), oldEnd, s.zone)
		s.NewWindow = when.In("en").Range(factTime(n, "new_start"), end, s.zone)
		s.Shift = shift(end.Sub(oldEnd))
	}
	if due := factTime(n, "due"); !due.IsZero() {
		s.Due = s.full(due)
	}
	s.Stage, s.Failure = n.Facts["stage"], n.Facts["outcome"] == "failure"
	s.OfPhase = n.Facts["phase"] != ""
	s.Minutes, s.Draft, s.Before = n.Facts["minutes"], line(n.Facts["draft"]), line(n.Facts["before"])
	s.Holding = s.holding(v.Public, n.Facts["update"])
	s.Component, s.Phase = publicNames(v.Public, n.Facts["component"], n.Facts["phase"])
	if n.Moment == events.MomentDigest {
		s.Update = latest(v.Public)
	}
	// Plan sends an internal update to insiders only; asking again here
	// costs nothing and keeps the promise even if a fact were wrong.
	if u := findUpdate(v.Upgrade, n.Facts["update"], n.Facts["source"]); u != nil && (u.Public || Insider(n.Role)) {
		s.Update, s.Retracted = u.Text, u.Retracted
	}
}

// holding is the hub's own line, in the reader's zone.
func (s *sheet) holding(p upgrade.Public, id string) string {
	for _, up := range p.Updates {
		if up.ID == id && up.Automatic != nil {
			return "No new information since " + s.full(up.Automatic.Since) + "; " + line(up.Automatic.Work()) + "."
		}
	}
	return ""
}

// latest is the newest public word of a person.
func latest(p upgrade.Public) string {
	for _, u := range p.Updates {
		if !u.Retracted && u.Automatic == nil {
			return u.Text
		}
	}
	return ""
}

// publicNames are what visitors call a component and a phase.
func publicNames(p upgrade.Public, component, phase string) (string, string) {
	c, ph := "one part", "one phase"
	for _, known := range p.Components {
		if known.ID == component {
			c = line(known.Name)
		}
	}
	for _, known := range p.Phases {
		if known.ID == phase {
			ph = line(known.Title)
		}
	}
	return c, ph
}

func shift(d time.Duration) string {
	switch {
	case d > 0:
		return "ends " + when.In("en").Duration(d) + " later than announced"
	case d < 0:
		return "ends " + when.In("en").Duration(d) + " earlier than announced"
	}
	return "starts at another time and ends as announced"
}

func dataSafe(safe *bool) string {
	switch {
	case safe == nil:
		return "Whether everything entered since the start is kept is not known yet. Please do not rely on it until we say so."
	case *safe:
		return "What you entered is safe; nothing needs to be entered again."
	}
	return "Some of what was entered since the start may be lost. Please keep what you can and check it afterwards."
}

func stateWord(p upgrade.Public) (word, icon string) {
	w, ok := stateWords[p.State]
	if !ok {
		return "Announced", "📅"
	}
	switch {
	case p.Overdue != nil && p.State.Live():
		return w[0] + ", overdue", "⚠️"
	case p.Result == events.SuccessfulWithIssues:
		return w[0] + ", with issues", w[1]
	}
	return w[0], w[1]
}

var stateWords = map[upgrade.State][2]string{
	upgrade.Planned:     {"Planned", "📅"},
	upgrade.Scheduled:   {"Scheduled", "📅"},
	upgrade.InProgress:  {"In progress", "🔧"},
	upgrade.Paused:      {"Paused", "⏸️"},
	upgrade.Verifying:   {"Final checks", "🔍"},
	upgrade.RollingBack: {"Going back", "↩️"},
	upgrade.Completed:   {"Done", "✅"},
	upgrade.RolledBack:  {"Rolled back", "↩️"},
	upgrade.Failed:      {"Failed", "❌"},
	upgrade.Canceled:    {"Canceled", "🚫"},
}

// expectedWords say what people will notice, in their words; %s is the system.
var expectedWords = map[plan.Impact]string{
	"":                     "%s may be slow or partly unavailable during this time.",
	plan.NoImpact:          "You should notice nothing of it; %s stays available.",
	plan.ReducedRedundancy: "You can go on working. For a while %s has less reserve if something else fails.",
	plan.Degraded:          "%s will be slow or partly unavailable during this time.",
	plan.Outage:            "You cannot use %s during this time.",
}

// impactNow groups the components by what people feel, the worst first.
func impactNow(components []upgrade.PublicComponent, expected string) []string {
	if len(components) == 0 {
		return []string{expected}
	}
	var out []string
	for _, level := range []struct {
		impact plan.Impact
		words  string
	}{{plan.Outage, "Not available: "}, {plan.Degraded, "Slow or partly unavailable: "}, {plan.ReducedRedundancy, "Working, with less reserve: "}} {
		var names []string
		for _, c := range components {
			if c.Impact == level.impact {
				names = append(names, line(c.Name))
			}
		}
		if len(names) > 0 {
			out = append(out, level.words+strings.Join(names, ", ")+".")
		}
	}
	if len(out) == 0 {
		return []string{"Everything works at the moment."}
	}
	return out
}
