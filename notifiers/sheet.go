package notifiers

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"upgradehub/events"
	"upgradehub/events/lang"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
	"upgradehub/events/when"
)

// sheet is all that words are made of: sentences and times, ready to be set,
// each on one line. It is made from the Public alone, but for Inside and what
// insiders see in place of the public lists.
type sheet struct {
	lang.Words
	times when.Words
	zone  *time.Location

	ID                 lang.Verbatim
	Title, System      string
	State              upgrade.State
	Live, Ended        bool
	Word, Icon         string
	Start, End, Window string
	Length             string // of the announced window
	StartsIn           string
	Ahead              bool // the announced end is still to come
	Stakeholder        bool // who is asked whether it collides with anything

	Expected                       string   // what the plan says people will notice
	Impact                         []string // what they notice now
	Restored                       bool     // nobody notices anything any more
	StillWorks, DoBefore, OddAfter []string
	Phases                         []string
	Warnings                       []string // late, overdue, silent
	Always                         string   // what stays available, in a sentence
	Promise                        string
	Foreseen                       string // when it is likely to end, with the evidence
	Updated                        string
	Since                          string   // what is otherwise since last time, before it begins
	Changes                        []string // because of what people said of this upgrade

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
	Closes                      string // when answers are no longer taken

	Page, Form string // the upgrade's page and its open feedback form
	Anonymous  bool   // nothing may tie an answer to a person
	Known      string // what is known of who answers
	Inside     *inside
	New        *newItems // of all upgrades, for those who answer for them
}

func newSheet(v View, said lang.Words) *sheet {
	p := v.Public
	s := &sheet{
		Words: said, times: when.In(said.Code),
		zone: when.Zone(cmp.Or(v.Person.Zone, p.Zone)),
		ID:   lang.Verbatim(p.ID), Title: title(p, said), System: line(p.System), State: p.State,
		Live: p.State.Live(), Ended: p.State.Ended(),
		StillWorks: lines(p.ImpactWords.StillWorks), DoBefore: lines(p.ImpactWords.DoBefore),
		OddAfter: lines(p.ImpactWords.OddAfter), Issues: p.Result == events.SuccessfulWithIssues,
		Page: v.Links.Page, Form: v.Links.Page + "/feedback", Anonymous: p.Survey.How() == plan.Anonymous, Known: known(p.Survey, said), Reason: line(p.Reason),
	}
	s.Word, s.Icon = stateWord(p, said)
	s.Stakeholder = v.Delivery.Notice.Role == "stakeholders"
	s.dates(p, v.Now)
	s.Expected = s.Say("expected."+cmp.Or(string(p.ImpactWords.Default), "unknown"), "list", s.concerned(p.Components))
	s.Impact = s.impactNow(p.Components)
	if len(s.StillWorks) > 0 {
		s.Always = s.Say("always", "list", s.List(s.StillWorks))
	}
	s.Restored = restored(p.Components)
	s.Phases = s.phaseLines(p.Phases)
	s.Promise = s.promise(p, v.Now)
	s.Foreseen = s.foreseen(p, v.Now)
	s.DataSafe = s.dataSafe(p.DataSafe)
	s.Since = s.since(v)
	if v.Delivery.Notice.Moment == events.MomentLearnt {
		s.Changes = s.changes(v)
	}
	if p.SurveyCloses != nil {
		s.Closes = s.full(*p.SurveyCloses)
	}
	s.cause(v)
	if v.Delivery.Notice.Moment == events.MomentNewItems {
		s.New = s.newItems(v)
	}
	if Insider(v.Delivery.Notice.Role) && v.Upgrade != nil && v.Upgrade.Plan != nil {
		s.lookInside(v)
	}
	return s
}

// title names the upgrade; a drill says so wherever it is named.
func title(p upgrade.Public, said lang.Words) string {
	if p.Drill {
		return said.Say("drill", "title", line(p.Title))
	}
	return line(p.Title)
}

func (s *sheet) full(t time.Time) string { return s.times.Full(t, s.zone) }

func (s *sheet) dates(p upgrade.Public, now time.Time) {
	w := p.Window
	s.Start, s.End, s.Window = s.full(w.Start), s.full(w.End), s.times.Range(w.Start, w.End, s.zone)
	s.Length = s.times.Duration(w.End.Sub(w.Start))
	s.StartsIn = s.times.Duration(w.Start.Sub(now))
	s.Ahead = w.End.After(now)
	s.Updated = when.Clock(now, time.UTC) + " UTC"
	first := w
	if len(p.Moves) > 0 {
		first = p.Moves[0].From
	}
	s.FirstPlanned = s.times.Duration(first.End.Sub(first.Start))
	if p.Started != nil {
		s.Started = s.full(*p.Started)
	}
	if p.Finished != nil {
		s.Finished = s.full(*p.Finished)
	}
	if p.Started != nil && p.Finished != nil {
		s.Took = s.times.Duration(p.Finished.Sub(*p.Started))
	}
	if p.Late != nil {
		s.warn("warn.late", &w.Start)
	}
	s.warn("warn.overdue", p.Overdue)
	s.warn("warn.silent", p.Silent)
}

func (s *sheet) warn(id string, since *time.Time) {
	if since != nil && !s.Ended {
		s.Warnings = append(s.Warnings, s.Say(id, "at", s.full(*since)))
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
		return s.Say("promise.overdue", "at", s.full(*p.UpdateOverdue))
	case p.NextUpdateBy != nil && p.NextUpdateBy.Before(now):
		return s.Say("promise.overdue", "at", s.full(*p.NextUpdateBy))
	case p.NextUpdateBy != nil:
		return s.Say("promise.by", "at", s.full(*p.NextUpdateBy))
	case s.Ahead:
		return s.Say("promise.end", "at", s.End)
	}
	return s.Say("promise.passed")
}

// cause fills in what the notice's facts say.
func (s *sheet) cause(v View) {
	n := v.Delivery.Notice
	s.Reason = cmp.Or(line(n.Facts["reason"]), s.Reason)
	if end := factTime(n, "new_end"); !end.IsZero() {
		oldEnd := factTime(n, "old_end")
		s.OldWindow = s.times.Range(factTime(n, "old_start"), oldEnd, s.zone)
		s.NewWindow = s.times.Range(factTime(n, "new_start"), end, s.zone)
		s.Shift = s.shift(end.Sub(oldEnd))
	}
	if due := factTime(n, "due"); !due.IsZero() {
		s.Due = s.full(due)
	}
	s.Stage, s.Failure = n.Facts["stage"], n.Facts["outcome"] == "failure"
	s.OfPhase = n.Facts["phase"] != ""
	s.Minutes, s.Before = n.Facts["minutes"], s.List(lines(strings.Split(n.Facts["before"], ", ")))
	s.Holding = s.holding(v.Public, n.Facts["update"])
	if n.Moment == events.MomentNudge {
		s.Draft = s.draft(v.Public)
	}
	s.Component, s.Phase = s.publicNames(v.Public, n.Facts["component"], n.Facts["phase"])
	switch n.Moment {
	case events.MomentDigest, events.MomentOverdue:
		s.Update = latest(v.Public)
	case events.MomentCompleted:
		s.Update = closing(v.Public)
	case events.MomentReply:
		s.Update = v.Reply
	}
	// Plan sends an internal update to insiders only; asking again here
	// costs nothing and keeps the promise even if a fact were wrong.
	if u := findUpdate(v.Upgrade, n.Facts["update"], n.Facts["source"]); u != nil && (u.Public || Insider(n.Role)) {
		s.Update, s.Retracted = u.Text, u.Retracted
	}
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

// closing is the newest word of a person if it was meant as the last one.
func closing(p upgrade.Public) string {
	if len(p.Updates) > 0 && p.Updates[0].Final {
		return latest(p)
	}
	return ""
}

// publicNames are what visitors call a component and a phase.
func (s *sheet) publicNames(p upgrade.Public, component, phase string) (string, string) {
	c, ph := s.Say("one_part"), s.Say("one_phase")
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

func (s *sheet) shift(d time.Duration) string {
	switch {
	case d > 0:
		return s.Say("shift.later", "length", s.times.Duration(d))
	case d < 0:
		return s.Say("shift.earlier", "length", s.times.Duration(d))
	}
	return s.Say("shift.start")
}

func (s *sheet) dataSafe(safe *bool) string {
	switch {
	case safe == nil:
		return s.Say("data.unknown")
	case *safe:
		return s.Say("data.safe")
	}
	return s.Say("data.lost")
}

func stateWord(p upgrade.Public, said lang.Words) (word, icon string) {
	icon, ok := stateIcons[p.State]
	if !ok {
		return said.Say("state.announced"), "📅"
	}
	word = said.Say("state." + string(p.State))
	switch {
	case p.Overdue != nil && p.State.Live():
		return said.Say("state_overdue", "state", word), "⚠️"
	case p.Result == events.SuccessfulWithIssues:
		return said.Say("state_issues", "state", word), icon
	}
	return word, icon
}

var stateIcons = map[upgrade.State]string{
	upgrade.Planned:     "📅",
	upgrade.Scheduled:   "📅",
	upgrade.InProgress:  "🔧",
	upgrade.Paused:      "⏸️",
	upgrade.Verifying:   "🔍",
	upgrade.RollingBack: "↩️",
	upgrade.Completed:   "✅",
	upgrade.RolledBack:  "↩️",
	upgrade.Failed:      "❌",
	upgrade.Canceled:    "🚫",
}

// mostNamed is how many components are named one by one.
const mostNamed = 8

// concerned names what the work is about in the words of those who use it; a
// plan without such names, or with too many of them, has but its system.
func (s *sheet) concerned(components []upgrade.PublicComponent) string {
	if len(components) == 0 || len(components) > mostNamed {
		return s.System
	}
	names := make([]string, len(components))
	for i, c := range components {
		names[i] = line(c.Name)
	}
	return s.List(names)
}

func restored(components []upgrade.PublicComponent) bool {
	return !slices.ContainsFunc(components, func(c upgrade.PublicComponent) bool { return c.Impact != plan.NoImpact })
}

// impactNow groups the components by what people feel, the worst first.
func (s *sheet) impactNow(components []upgrade.PublicComponent) []string {
	if len(components) == 0 {
		return []string{s.Expected}
	}
	var out []string
	for _, level := range []plan.Impact{plan.Outage, plan.Degraded, plan.ReducedRedundancy} {
		var names []string
		for _, c := range components {
			if c.Impact == level {
				names = append(names, line(c.Name))
			}
		}
		if len(names) > 0 {
			out = append(out, s.Say("impact."+string(level), "list", s.List(names)))
		}
	}
	if len(out) == 0 {
		return []string{s.Say("impact.none")}
	}
	return out
}
