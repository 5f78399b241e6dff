package statuspage

import (
	"crypto/sha256"
	"encoding/hex"
	"html/template"
	"slices"
	"strconv"
	"time"

	"upgradehub/events"
	"upgradehub/events/holding"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
	"upgradehub/events/when"
)

// bannerView is what the banner shows.
type bannerView struct {
	Sign     sign
	Drill    bool
	Title    string
	Can      string // can I work?
	Over     line   // when is it over?
	Moved    line   // from where, if the window moved
	Foreseen *foreseenView
	Late     []line // is it late?
	Reason   string
	Next     line   // the promise of the next update
	Until    string // the same moment, for a countdown; empty if there is none
	Progress *progressView
}

// progressView is how much of the work is done.
type progressView struct {
	Percent string
	Words   string
}

func (s *scribe) banner(u upgrade.Public, now time.Time) bannerView {
	v := bannerView{
		Sign: s.signOf(u), Drill: u.Drill, Title: u.Title, Reason: u.Reason,
		Can: s.canIWork(u), Over: s.whenOver(u, now), Late: s.alerts(u, now), Progress: s.progress(u),
		Foreseen: s.foreseen(u.Forecast, now),
	}
	if n := len(u.Moves); n > 0 && !u.State.Ended() {
		from := u.Moves[n-1].From
		v.Moved = s.line("moved.before", "start", s.moment(from.Start, "full"), "end", s.until(from.Start, from.End))
	}
	if u.State.Live() && u.NextUpdateBy != nil && u.UpdateOverdue == nil {
		v.Next, v.Until = s.line("next", "at", s.near(*u.NextUpdateBy, now)), s.countdown(*u.NextUpdateBy)
	}
	return v
}

// countdown is the moment for the script to count down to; not while the
// hub's clock is not the reader's.
func (p *Pages) countdown(t time.Time) string {
	if p.cfg.Played {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// progress counts phases, and in them what they report. What failed is not
// done, and nothing is while all of it is taken back.
func (s *scribe) progress(u upgrade.Public) *progressView {
	if !u.State.Live() || u.State == upgrade.RollingBack || len(u.Phases) == 0 {
		return nil
	}
	var done int
	var share float64
	for _, ph := range u.Phases {
		switch {
		case ph.State == upgrade.Finished && (ph.Outcome == events.Failure || ph.Outcome == events.OutcomeCanceled):
		case ph.State == upgrade.Finished:
			done++
			share++
		case ph.Percent != nil:
			share += min(max(*ph.Percent, 0), 100) / 100
		}
	}
	return &progressView{
		Percent: strconv.Itoa(int(100 * share / float64(len(u.Phases)))),
		Words:   s.Say("progress", "done", done, "n", len(u.Phases)),
	}
}

// windowView is the announced window and how it moved.
type windowView struct {
	Span       line
	Length     string
	InZone     string // both ends in UTC and in the zone of the plan; empty where Span has said them
	Moves      []moveView
	MovesTitle string
	Calendar   string
	// Subscribe is the form to be told of this upgrade; empty once it has
	// ended.
	Subscribe string
}

type moveView struct{ Before, Moved line }

func (s *scribe) windowOf(u upgrade.Public) windowView {
	v := windowView{
		Span:     s.span(u.Window),
		Length:   s.length(u.Window.Duration()),
		Calendar: s.inFeed("/upgrades/" + u.ID + ".ics"),
	}
	if !when.IsUTC(when.Zone(u.Zone)) {
		v.InZone = s.inZone(u)
	}
	if !u.State.Ended() {
		v.Subscribe = "/subscribe?upgrade=" + u.ID
	}
	for _, m := range slices.Backward(u.Moves) {
		id := "window.moved_on"
		if m.Reason != "" {
			id = "window.moved_why"
		}
		v.Moves = append(v.Moves, moveView{s.span(m.From), s.line(id, "at", s.moment(m.At, "full"), "reason", m.Reason)})
	}
	v.MovesTitle = s.Say("window.moves", "n", len(v.Moves))
	return v
}

// inZone is the announced window in UTC and in the zone of the plan.
func (s *scribe) inZone(u upgrade.Public) string {
	return s.times.Range(u.Window.Start, u.Window.End, when.Zone(u.Zone))
}

// span is a window: the date of its end only if it is long.
func (s *scribe) span(w plan.Window) line {
	return s.line("window.span", "start", s.moment(w.Start, "full"), "end", s.until(w.Start, w.End))
}

// impactView is what the work means for people.
type impactView struct {
	Heading  string
	Expected string
	Affected []componentView
	Before   []string // what to do before
	Works    []string // what still works
	After    []string // what may look odd afterwards
}

// Empty reports whether there is nothing to say.
func (v impactView) Empty() bool {
	return v.Expected == "" && len(v.Affected)+len(v.Before)+len(v.Works)+len(v.After) == 0
}

func (s *scribe) impactOf(u upgrade.Public) impactView {
	v := impactView{Heading: s.Say("impact.heading"), After: u.ImpactWords.OddAfter}
	switch u.State {
	case upgrade.Canceled, upgrade.RollingBack, upgrade.RolledBack:
		v.After = nil // nothing is new, so nothing new looks odd
	}
	if u.State.Ended() {
		v.Heading = s.Say("impact.after")
		return v
	}
	v.Works = u.ImpactWords.StillWorks
	if !u.State.Live() {
		v.Expected, v.Before = s.expected(u.ImpactWords.Default), u.ImpactWords.DoBefore
		return v
	}
	for _, c := range u.Components {
		if rank(c.Impact) > 0 {
			v.Affected = append(v.Affected, s.componentOf(c))
		}
	}
	return v
}

// phaseView is one row of the plan against what happened.
type phaseView struct {
	ID, Title       string
	Sign            sign
	State           upgrade.PhaseState
	Planned, Actual *bar
	Plan, Fact      line
	Return          string // there is no way back from its start on
	Note            string
	Attempt         string // empty for the first
	Percent         string
	Count           string
	Foreseen        *foreseenView
}

func (s *scribe) phaseOf(ph upgrade.PublicPhase, sc scale, now time.Time, long bool) phaseView {
	v := phaseView{
		ID: ph.ID, Title: ph.Title, Sign: s.phaseSign(ph), State: ph.State, Note: ph.Note, Attempt: s.attempt(ph),
		Planned: sc.bar(ph.Planned.Start, ph.Planned.End, now), Actual: sc.bar(ph.Actual.Start, ph.Actual.End, now),
		Plan: s.spanWords("span.planned", ph.Planned, long), Fact: s.spanWords("span.actual", ph.Actual, long), Count: s.count(ph),
		Foreseen: s.foreseenPhase(ph.Forecast, sc, now),
	}
	if ph.PointOfNoReturn {
		v.Return = s.Say("phase.return")
	}
	if ph.Percent != nil && ph.State != upgrade.Finished {
		v.Percent = strconv.FormatFloat(*ph.Percent, 'f', -1, 64)
	}
	return v
}

// leftOpen is the row of a phase whose end nobody reported before the upgrade
// itself ended: it no longer runs, and when it stopped is not known.
func (s *scribe) leftOpen(v phaseView, ph upgrade.PublicPhase, sc scale, end time.Time, long bool) phaseView {
	v.State, v.Percent, v.Sign = upgrade.Finished, "", s.sign(look{mute, "question"}, "phase.not_reported")
	if from := ph.Actual.Start; from != nil {
		v.Sign, v.Actual = s.sign(look{mute, "question"}, "phase.unfinished"), sc.bar(from, nil, end)
		v.Fact = s.spanWords("span.left", ph.Actual, long)
	}
	return v
}

// attempt names a phase's attempt from the second on.
func (s *scribe) attempt(ph upgrade.PublicPhase) string {
	if ph.Attempt < 2 {
		return ""
	}
	return s.Say("phase.attempt", "number", ph.Attempt)
}

// spanWords is "Planned 01:00 to 02:30 UTC"; with dates if the chart is long.
func (s *scribe) spanWords(id string, span upgrade.Span, long bool) line {
	first, last := "bare", "clock"
	if long {
		first, last = "full", "full"
	}
	switch {
	case span.Start == nil:
		return nil
	case span.End == nil:
		return s.line(id+"_since", "start", s.moment(*span.Start, last))
	}
	return s.line(id, "start", s.moment(*span.Start, first), "end", s.moment(*span.End, last))
}

// count is "43 of 156 nodes", as far as it is reported.
func (s *scribe) count(ph upgrade.PublicPhase) string {
	unit := ""
	if ph.Unit != "" {
		unit = " " + ph.Unit
	}
	switch {
	case ph.Done != nil && ph.Total != nil:
		words := s.Say("count.of", "done", *ph.Done, "total", *ph.Total) + unit
		if left := *ph.Total - *ph.Done; left > 0 && ph.State != upgrade.Finished {
			words += " · " + s.Say("count.left", "n", int(left))
		}
		return words
	case ph.Done != nil:
		return strconv.FormatInt(*ph.Done, 10) + unit
	case ph.Percent != nil && ph.State != upgrade.Finished:
		return strconv.FormatFloat(*ph.Percent, 'f', 0, 64) + " %"
	}
	return ""
}

// chartView frames the rows.
type chartView struct {
	From, To piece
	Now      bool // the line of now is in it
	Foreseen bool // a phase has a forecast
}

// nowView is the line that says how late it is; X is empty outside the chart.
type nowView struct{ X string }

func nowOf(u upgrade.Public, s scale, now time.Time) nowView {
	if u.State.Ended() || now.Before(s.from) || now.After(s.to) {
		return nowView{}
	}
	return nowView{percent(s.at(now))}
}

// updateView is one human word.
type updateView struct {
	ID        string
	At        piece
	Corrected line
	Retracted bool
	Final     bool
	Edits     []editView
	Automatic []line // what the hub said in place of people
	HTML      template.HTML
}

func (s *scribe) updateOf(u upgrade.PublicUpdate) updateView {
	v := updateView{ID: updateID(u.ID), At: s.moment(u.At, "full"), Retracted: u.Retracted, Final: u.Final}
	if u.Corrected != nil {
		v.Corrected = s.line("updates.corrected", "at", s.moment(*u.Corrected, "full"))
	}
	if u.Automatic != nil {
		v.Automatic = s.holding(u)
		return v
	}
	if !u.Retracted {
		v.HTML = s.texts.html(u.Text)
	}
	for _, e := range slices.Backward(u.Edits) {
		v.Edits = append(v.Edits, editView{s.line("updates.until", "at", s.moment(e.Until, "full")), s.texts.html(e.Text)})
	}
	return v
}

// editView is what an update said before.
type editView struct {
	Until line
	HTML  template.HTML
}

// holding is the hub's own line in place of a human word.
func (s *scribe) holding(u upgrade.PublicUpdate) []line {
	h := u.Automatic
	work := holding.Work(s.Code, *h, s.list(h.Phases))
	lines := []line{s.line("holding.line", "at", s.moment(h.Since, "full"), "work", work)}
	if u.NextUpdateBy != nil {
		lines = append(lines, s.line("next", "at", s.moment(*u.NextUpdateBy, "full")).add(piece{Text: "."}))
	}
	return lines
}

// updateID is the anchor of an update: its id may be any string.
func updateID(id string) string {
	sum := sha256.Sum256([]byte(id))
	return "u-" + hex.EncodeToString(sum[:6])
}

// componentView is one tile.
type componentView struct {
	ID, Name  string
	Sign      sign
	Impact    plan.Impact
	Since     line
	Note      string
	OnStandby bool
}

func (s *scribe) componentOf(c upgrade.PublicComponent) componentView {
	v := componentView{ID: c.ID, Name: c.Name, Sign: s.impactSign(c.Impact), Impact: c.Impact, Note: c.Note, OnStandby: c.OnStandby}
	if c.Since != nil && rank(c.Impact) > 0 {
		v.Since = s.line("components.since", "at", s.moment(*c.Since, "full"))
	}
	return v
}

// moreView is what else there is: the survey after the end, and the ways to
// hear of changes.
type moreView struct {
	Survey string // path of the form; empty while nobody is asked
	// Trouble is the path of the form to say that something is broken; empty
	// unless work is under way.
	Trouble string
	Closes  line
	Feed    string
	// Insights is the path of what people said; empty before the end.
	Insights string
	// Promises is how many updates that were promised people gave, the hub
	// gave in their place, and nobody gave; empty if there were none.
	Promises string
}

func (s *scribe) moreOf(u upgrade.Public, now time.Time) moreView {
	v := moreView{Feed: s.inFeed("/upgrades/" + u.ID + "/feed.atom"), Promises: s.promises(u), Insights: s.insightsOf(u)}
	if u.State.Live() {
		v.Trouble = "/upgrades/" + u.ID + "/trouble"
	}
	if u.State.Ended() && u.SurveyCloses != nil && now.Before(*u.SurveyCloses) {
		v.Survey, v.Closes = "/upgrades/"+u.ID+"/feedback", s.line("more.open", "at", s.moment(*u.SurveyCloses, "full"))
	}
	return v
}

func (s *scribe) promises(u upgrade.Public) string {
	switch {
	case u.PromisesKept+u.PromisesKeptByMachine+u.PromisesBroken == 0:
		return ""
	case u.PromisesKeptByMachine == 0:
		return s.Say("more.promises", "kept", u.PromisesKept, "broken", u.PromisesBroken)
	}
	return s.Say("more.promises_machine", "kept", u.PromisesKept, "machine", u.PromisesKeptByMachine, "broken", u.PromisesBroken)
}
