package statuspage

import (
	"crypto/sha256"
	"encoding/hex"
	"html/template"
	"slices"
	"strconv"
	"time"

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
	Late     []line // is it late?
	Reason   string
	Next     *piece // the promise of the next update
	Until    string // the same moment, for a countdown; empty if there is none
	Progress *progressView
}

// progressView is how much of the work is done.
type progressView struct {
	Percent string
	Words   string
}

func (p *Pages) banner(u upgrade.Public, now time.Time) bannerView {
	v := bannerView{
		Sign: signOf(u), Drill: u.Drill, Title: u.Title, Reason: u.Reason,
		Can: canIWork(u), Over: whenOver(u, now), Late: isLate(u, now), Progress: progress(u),
	}
	if n := len(u.Moves); n > 0 && !u.State.Ended() {
		from := u.Moves[n-1].From
		v.Moved = say("Moved: before, it was announced for {} to {}.", moment(from.Start, "full"), until(from.Start, from.End))
	}
	if u.State.Live() && u.NextUpdateBy != nil && u.UpdateOverdue == nil {
		next := near(*u.NextUpdateBy, now)
		v.Next, v.Until = &next, p.countdown(*u.NextUpdateBy)
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

// progress counts phases, and in them what they report.
func progress(u upgrade.Public) *progressView {
	if !u.State.Live() || len(u.Phases) == 0 {
		return nil
	}
	var done int
	var share float64
	for _, ph := range u.Phases {
		switch {
		case ph.State == upgrade.Finished:
			done++
			share++
		case ph.Percent != nil:
			share += min(max(*ph.Percent, 0), 100) / 100
		}
	}
	return &progressView{
		Percent: strconv.Itoa(int(100 * share / float64(len(u.Phases)))),
		Words:   strconv.Itoa(done) + " of " + strconv.Itoa(len(u.Phases)) + " phases done",
	}
}

// windowView is the announced window and how it moved.
type windowView struct {
	From, To piece
	Length   string
	InZone   string // both ends in UTC and in the zone of the plan
	Moves    []moveView
	Calendar string
	// Subscribe is the form to be told of this upgrade; empty once it has
	// ended.
	Subscribe string
}

type moveView struct {
	At, From, To piece
	Reason       string
}

func windowOf(u upgrade.Public) windowView {
	zone := when.Zone(u.Zone)
	v := windowView{
		From: moment(u.Window.Start, "full"), To: until(u.Window.Start, u.Window.End),
		Length: length(u.Window.End.Sub(u.Window.Start)),
		InZone: when.In("en").Range(u.Window.Start, u.Window.End, zone), Calendar: "/upgrades/" + u.ID + ".ics",
	}
	if !u.State.Ended() {
		v.Subscribe = "/subscribe?upgrade=" + u.ID
	}
	for _, m := range slices.Backward(u.Moves) {
		v.Moves = append(v.Moves, moveView{
			At: moment(m.At, "full"), From: moment(m.From.Start, "full"), To: until(m.From.Start, m.From.End), Reason: m.Reason,
		})
	}
	return v
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

func (p *Pages) impactOf(u upgrade.Public) impactView {
	v := impactView{Heading: "What this means for you", After: u.ImpactWords.OddAfter}
	if u.State.Ended() {
		v.Heading = "Good to know"
		if u.State == upgrade.Canceled || u.State == upgrade.RolledBack {
			v.After = nil // nothing is new, so nothing new looks odd
		}
		return v
	}
	v.Works = u.ImpactWords.StillWorks
	if !u.State.Live() {
		v.Expected, v.Before = expected[u.ImpactWords.Default], u.ImpactWords.DoBefore
		return v
	}
	for _, c := range u.Components {
		if rank(c.Impact) > 0 {
			v.Affected = append(v.Affected, componentOf(c))
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
	Note            string
	Attempt         int
	Percent         string
	Count           string
}

func phaseOf(ph upgrade.PublicPhase, s scale, now time.Time, long bool) phaseView {
	v := phaseView{
		ID: ph.ID, Title: ph.Title, Sign: phaseSign(ph), State: ph.State, Note: ph.Note, Attempt: ph.Attempt,
		Planned: s.bar(ph.Planned.Start, ph.Planned.End, now), Actual: s.bar(ph.Actual.Start, ph.Actual.End, now),
		Plan: spanWords("Planned", ph.Planned, long), Fact: spanWords("Actual", ph.Actual, long), Count: count(ph),
	}
	if ph.Percent != nil && ph.State != upgrade.Finished {
		v.Percent = strconv.FormatFloat(*ph.Percent, 'f', -1, 64)
	}
	return v
}

// spanWords is "Planned 01:00 to 02:30 UTC"; with dates if the chart is long.
func spanWords(word string, s upgrade.Span, long bool) line {
	first, last := "bare", "clock"
	if long {
		first, last = "full", "full"
	}
	switch {
	case s.Start == nil:
		return nil
	case s.End == nil && !long:
		return say(word+" since {}", moment(*s.Start, "clock"))
	case s.End == nil:
		return say(word+" since {}", moment(*s.Start, "full"))
	}
	return say(word+" {} to {}", moment(*s.Start, first), moment(*s.End, last))
}

// count is "43 of 156 nodes", as far as it is reported.
func count(ph upgrade.PublicPhase) string {
	unit := ""
	if ph.Unit != "" {
		unit = " " + ph.Unit
	}
	switch {
	case ph.Done != nil && ph.Total != nil:
		return strconv.FormatInt(*ph.Done, 10) + " of " + strconv.FormatInt(*ph.Total, 10) + unit
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
	Corrected *piece
	Retracted bool
	Final     bool
	Automatic bool // the hub said it in place of people
	HTML      template.HTML
}

func (p *Pages) updateOf(u upgrade.PublicUpdate) updateView {
	v := updateView{ID: updateID(u.ID), At: moment(u.At, "full"), Retracted: u.Retracted, Final: u.Final, Automatic: u.Automatic != nil}
	if u.Corrected != nil {
		at := moment(*u.Corrected, "full")
		v.Corrected = &at
	}
	if !u.Retracted {
		v.HTML = p.texts.html(u.Text)
	}
	return v
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
	Since     *piece
	Note      string
	OnStandby bool
}

func componentOf(c upgrade.PublicComponent) componentView {
	v := componentView{ID: c.ID, Name: c.Name, Sign: impactSign(c.Impact), Impact: c.Impact, Note: c.Note, OnStandby: c.OnStandby}
	if c.Since != nil && rank(c.Impact) > 0 {
		at := moment(*c.Since, "full")
		v.Since = &at
	}
	return v
}

// moreView is what else there is: the survey after the end, and the ways to
// hear of changes.
type moreView struct {
	Survey string // path of the form; empty while nobody is asked
	Closes *piece
	Feed   string
	// Promises of updates that people kept, the hub kept, nobody kept.
	Kept, ByMachine, Broken int
}

func moreOf(u upgrade.Public, now time.Time) moreView {
	v := moreView{Feed: "/upgrades/" + u.ID + "/feed.atom", Kept: u.PromisesKept, ByMachine: u.PromisesKeptByMachine, Broken: u.PromisesBroken}
	if u.State.Ended() && u.SurveyCloses != nil && now.Before(*u.SurveyCloses) {
		at := moment(*u.SurveyCloses, "full")
		v.Survey, v.Closes = "/upgrades/"+u.ID+"/feedback", &at
	}
	return v
}
