package report

import (
	"cmp"
	"html/template"
	"strings"

	"upgradehub/events"
	"upgradehub/events/lang"
	"upgradehub/events/upgrade"
	"upgradehub/hub/store"
)

// section is a part of the report as people read it: a title, sentences, and
// a table if it has heads.
type section struct {
	Title string
	Text  []string
	Heads []string
	Rows  [][]string
}

// pages are the report as people read it: the first page, then the details.
type pages struct {
	Lang, Dir      string
	Title, Lead    string
	First, Details []section

	Style     template.CSS
	Served    *Served // nil of a file
	BackWords string
	Languages []language
}

func (r Report) pages(code string) pages {
	w := r.in(code)
	first, rest := w.split()
	if lead := w.lead(); lead != lang.Clip(lead, mostReason) {
		rest = append([]section{{Title: w.Say("result"), Text: []string{lead}}}, rest...)
	}
	details := []section{w.moves(), w.promises(), w.told(), w.noise(), w.gates(), w.failovers(), w.risks(), w.feedback(), w.lessons()}
	return pages{
		Lang: w.Code, Dir: lang.Dir(w.Code), Title: w.Say("title", "title", lang.Clip(r.Title, mostSentence)),
		Lead: lang.Clip(w.lead(), mostReason), First: first, Details: append(rest, details...),
	}
}

// lead is the result in a sentence.
func (w words) lead() string {
	if !w.State.Ended() {
		return w.Say("result.open", "system", w.System, "state", w.term("state", string(w.State)))
	}
	family, end := "result", string(w.State)
	if w.Drill {
		family = "drill"
	}
	if w.Result == events.SuccessfulWithIssues {
		end = "issues"
	}
	text := w.Say(family+"."+end, "system", w.System, "at", w.moment(w.Finished))
	if why := strings.TrimRight(cmp.Or(w.Reason, w.note()), "."); why != "" {
		return w.Say("sentence.why", "text", text, "why", why)
	}
	return w.Say("sentence", "text", text)
}

// note is what was said of the completion that holds.
func (w words) note() string {
	if w.State != upgrade.Completed {
		return ""
	}
	return w.Note
}

// glance is the whole in a few lines.
func (w words) glance() section {
	s := section{Title: w.Say("glance"), Heads: []string{"", ""}}
	add := func(name, value string) { s.Rows = append(s.Rows, []string{w.Say(name), value}) }
	met := 0
	for _, o := range w.Objectives {
		if o.Verdict == Met {
			met++
		}
	}
	if len(w.Objectives) > 0 {
		add("objectives", w.Say("objectives.met", "met", met, "all", len(w.Objectives)))
	}
	add("length", w.took(w.Lengths[0]))
	if n := len(w.Moves); n > 0 {
		add("window", w.Say("window.moved", "n", n))
	}
	add("updates", w.Say("updates.counts", "kept", w.Promises.Kept, "machine", w.Promises.ByMachine, "broken", w.Promises.Broken))
	add("messages", w.delivered())
	add("feedback", w.answered())
	return s
}

// Glance is the whole in a few lines, in a language of package lang.
func (r Report) Glance(code string) []string {
	w := r.in(code)
	var lines []string
	for _, row := range w.glance().Rows {
		lines = append(lines, w.Say("glance.line", "name", row[0], "value", row[1]))
	}
	return lines
}

// took compares with the first window, however often it moved.
func (w words) took(l Length) string {
	planned, first := w.span(l.Planned), ""
	if len(w.Moves) > 0 {
		first = ".first"
	}
	switch {
	case l.Actual == 0 && l.Outcome == "" && w.Started == nil:
		return w.Say("took.never", "planned", planned)
	case l.Actual == 0:
		return w.Say("took.unknown", "planned", planned)
	case w.State != upgrade.Completed:
		return w.Say("took.ended", "took", w.span(l.Actual), "planned", planned)
	case l.Actual > l.Planned:
		return w.Say("took.longer"+first, "took", w.span(l.Actual), "more", w.span(l.Actual-l.Planned))
	}
	return w.Say("took.within"+first, "took", w.span(l.Actual), "planned", planned)
}

// delivered counts messages. What waits is not lost: a report that is mailed
// counts itself.
func (w words) delivered() string {
	counts := map[string]int{}
	for _, t := range w.Told.Told {
		counts[t.State] += t.Count
	}
	text := w.Say("delivered", "count", counts[store.Accepted])
	if n := counts[store.Failed]; n > 0 {
		text = w.Say("delivered.lost", "count", counts[store.Accepted], "lost", n)
	}
	if n := counts[store.Pending]; n > 0 {
		return w.Say("delivered.waiting", "counts", text, "waiting", n)
	}
	return text
}

func (w words) answered() string {
	f := w.Feedback
	switch {
	case f.Count+f.Unshown == 0:
		return w.Say("answered.none", "invited", f.Invited)
	case f.Count == 0:
		return w.Say("answered.few", "count", f.Unshown, "invited", f.Invited)
	}
	return w.Say("answered", "count", f.Count, "invited", f.Invited, "good", f.Ratings[3]+f.Ratings[4])
}

func (w words) objectives() section {
	s := section{Title: w.Say("objectives"), Heads: w.heads("objective", "target", "measured", "verdict")}
	for _, o := range w.Objectives {
		target := w.Apart(strings.TrimSpace(o.Measure + " " + o.Target))
		s.Rows = append(s.Rows, []string{w.Apart(o.Text), target, w.orDash(o.Value), w.term("verdict", o.Verdict)})
	}
	return s.or(w.Say("objectives.none"))
}

// lengths are the plan beside what came and what was forecast.
func (w words) lengths() section {
	s := section{Title: w.Say("lengths"), Heads: w.heads("", "planned", "took", "difference", "forecast", "outcome")}
	for _, l := range w.Lengths {
		diff, outcome := "–", w.term("outcome", l.Outcome)
		if l.Actual > 0 && l.Planned > 0 {
			diff = w.difference(l)
		}
		if l.Outcome == "" {
			outcome = w.term("state", string(w.State))
		}
		s.Rows = append(s.Rows, []string{w.object(l.Title), w.span(l.Planned), w.dash(l.Actual), diff, w.forecast(l), outcome})
	}
	return s
}

// object is the upgrade, or a phase of it.
func (w words) object(title string) string {
	if title == wholeUpgrade {
		return w.Say("upgrade")
	}
	return w.Apart(title)
}

// forecast is what was foretold at the start, and whether it held.
func (w words) forecast(l Length) string {
	id := "forecast"
	switch {
	case l.Expected == 0:
		return "–"
	case l.Actual > 0 && l.Low <= l.Actual && l.Actual <= l.High:
		id = "forecast.held"
	case l.Actual > 0:
		id = "forecast.missed"
	}
	return w.Say(id, "expected", w.span(l.Expected), "low", w.span(l.Low), "high", w.span(l.High))
}

func (w words) moves() section {
	s := section{Title: w.Say("window"), Heads: w.heads("when", "from", "to", "reason")}
	for _, m := range w.Moves {
		s.Rows = append(s.Rows, []string{w.full(m.At), w.stretch(m.From), w.stretch(m.To), w.orDash(m.Reason)})
	}
	return s.or(w.Say("window.never", "at", w.full(w.Announced), "window", w.stretch(w.Window)))
}

func (w words) promises() section {
	p := w.Promises
	counts := w.Say("promises.counts", "kept", p.Kept+p.ByMachine, "machine", p.ByMachine, "broken", p.Broken)
	s := section{Title: w.Say("promises"), Text: []string{counts}}
	for _, due := range p.Missed {
		s.Text = append(s.Text, w.Say("promises.missed", "at", w.full(due)))
	}
	for _, slip := range w.Slips {
		s.Text = append(s.Text, w.Say("slip."+slip.What, "of", w.object(slip.Of), "due", w.full(slip.Due)))
	}
	return s
}

// gates are all decisions, and the gates without one.
func (w words) gates() section {
	s := section{Title: w.Say("gates"), Heads: w.heads("gate", "decision", "by", "when", "evidence", "reason")}
	for _, g := range w.Gates {
		if len(g.Decisions) == 0 {
			s.Rows = append(s.Rows, []string{w.Apart(g.Title), w.Say("decision.none"), "–", "–", w.Say("evidence.given", "count", g.Evidence), "–"})
		}
		for _, d := range g.Decisions {
			s.Rows = append(s.Rows, w.decision(g, d))
		}
	}
	return s.or(w.Say("gates.none"))
}

func (w words) decision(g Gate, d Decision) []string {
	decided := w.full(d.Decided)
	if !g.Deadline.IsZero() && d.Decided.After(g.Deadline) {
		decided = w.Say("decided.late", "at", decided)
	}
	evidence := w.Say("evidence.held", "held", d.Held, "rules", d.Rules)
	if d.Rules == 0 {
		evidence = w.Say("evidence.none")
	}
	return []string{w.Apart(g.Title), w.term("decision", d.Decision), w.orDash(d.By), decided, evidence, w.orDash(d.Reason)}
}

func (w words) failovers() section {
	s := section{Title: w.Say("failovers"), Heads: w.heads("what", "component", "started", "finished", "outcome", "lost")}
	for _, f := range w.Failovers {
		what, outcome := w.Say("failover"), "–"
		if f.Back {
			what = w.Say("failback")
		}
		if f.Outcome != "" {
			outcome = w.term("outcome", f.Outcome)
		}
		s.Rows = append(s.Rows, []string{what, w.Apart(f.Component), w.moment(f.Started), w.moment(f.Finished), outcome, w.yesNo(f.DataLoss)})
	}
	if b := w.Rollback; b != nil {
		lost := w.yesNo(nil)
		if b.DataSafe != nil {
			lost = w.yesNo(new(!*b.DataSafe))
		}
		s.Rows = append(s.Rows, []string{w.Say("rollback"), w.Say("rollback.all"), w.full(b.Started), w.moment(b.Finished), w.term("state", string(w.State)), lost})
	}
	return s.or(w.Say("failovers.none"))
}

func (w words) risks() section {
	s := section{Title: w.Say("risks"), Heads: w.heads("risk", "from", "until", "mitigation", "note")}
	for _, k := range w.Risks {
		s.Rows = append(s.Rows, []string{w.Apart(k.Text), w.full(k.Triggered), w.moment(k.Retired), w.orDash(k.Mitigation), w.orDash(k.Note)})
	}
	return s.or(w.Say("risks.none"))
}

func (w words) lessons() section {
	s := section{Title: w.Say("lessons"), Heads: w.heads("lesson", "evidence", "status", "by", "reason", "owner")}
	for _, l := range w.Lessons {
		text, evidence := l.In(w.Code)
		s.Rows = append(s.Rows, []string{
			w.Apart(text), w.orDash(evidence), w.term("status", l.Status), w.orDash(l.By), w.orDash(l.Reason), w.orDash(l.Owner),
		})
	}
	return s.or(w.Say("lessons.none"))
}

// or says a sentence in place of an empty table.
func (s section) or(nothing string) section {
	if len(s.Rows) == 0 {
		return section{Title: s.Title, Text: []string{nothing}}
	}
	return s
}
