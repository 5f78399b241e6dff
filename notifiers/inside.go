package notifiers

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
)

// inside is what insiders alone may know.
type inside struct {
	Lead       string   // who leads, and who steps in
	Owner      string   // of the phase the notice is about
	Objectives []string // what it is for
	Results    []string // and what of it was reached
	Risks      []string // the three greatest
	CameTrue   []string // risks that did
	Gates      []string // who decides what, and how it stands
	OpenGates  []string // those of them that are not decided
	RollbackBy string   // the last moment at which the way back fits
	BackTakes  string   // how long the way back takes
	// BackDeciders say whether it goes on or back.
	BackDeciders string
	Gate, Risk   string // of this notice
	Card         *card  // on the gate of this notice
	Failover     string
	Failback     string // how it is to end
	Note         string
	Promises     string
	AtRisk       bool   // what is left no longer fits the announced window
	LastWord     bool   // the hub has spoken already: the next promise is broken
	Action       string // of a contingency, with what it is for
	Trigger      string
	Length       string
	Answered     []string // what was answered after the end
	Reports      string   // how many say that something is broken
	ReportsOf    []string // and what of
	Waiting      string   // what nobody has looked at in time
	Glance       []string // the report in a few lines
	Lesson       *lessonCard
	Lessons      []string // accepted, with their owners
}

// lookInside puts the internal lists in place of the public ones.
func (s *sheet) lookInside(v View) {
	u, n := v.Upgrade, v.Delivery.Notice
	s.Phases = s.phaseLines(insidePhases(u))
	components := insideComponents(u)
	s.Impact, s.Restored = s.impactNow(components), restored(components)
	s.Reason = cmp.Or(line(n.Facts["reason"]), line(u.EndReason.Text))
	in := &inside{Lead: s.leadOf(u.Plan), LastWord: u.Promise.Held, AtRisk: u.EndAtRisk(v.Now)}
	in.RollbackBy, in.BackTakes = s.rollbackBy(u, v.Now)
	in.BackDeciders = s.List(lines(u.WayBackDeciders()))
	for _, o := range u.Plan.Objectives {
		in.Objectives = append(in.Objectives, line(o.Text+target(o)))
		in.Results = append(in.Results, s.named(line(o.Text), s.result(u, o)))
	}
	in.Risks, in.CameTrue = s.risks(u)
	verdicts := u.Verdicts(v.Now)
	for i, g := range u.Plan.Gates {
		words := s.gate(u, g, verdicts[i])
		in.Gates = append(in.Gates, words)
		if verdicts[i].Decision == "" {
			in.OpenGates = append(in.OpenGates, words)
		}
		if g.ID == n.Facts["gate"] {
			in.Gate, in.Card = words, s.cardOf(u, g, verdicts[i])
		}
	}
	in.Promises, in.Answered = s.promises(u.Promise), s.answered(v.Survey, v.Themes)
	in.Reports, in.ReportsOf, in.Waiting = s.reported(u.Reports, v.Now), s.reportedOf(u), s.unseen(v.Waiting)
	if v.Report != nil {
		in.Glance = lines(v.Report.Glance(s.Code))
	}
	if n.Moment == events.MomentLesson {
		in.Lesson = s.lessonOf(n.Facts)
	}
	if n.Moment == events.MomentLessonOwner {
		in.Lesson = s.lessonOf(n.Facts)
		in.Lesson.GivenBy, in.Lesson.Since = line(n.Facts["given_by"]), s.full(factTime(n, "proposed"))
	}
	s.sayLesson(in.Lesson, v.Lesson)
	in.Lessons = s.lessonLines(v.Lessons)
	s.Inside = in
	s.objects(u, n.Facts)
}

// objects names the phase, component and risk the notice is about.
func (s *sheet) objects(u *upgrade.Upgrade, facts map[string]string) {
	in := s.Inside
	if ph, ok := u.Plan.Phase(facts["phase"]); ok {
		s.Phase = line(ph.Title)
		in.Owner = s.duty(u.Plan, cmp.Or(ph.Owner, "lead"))
	}
	for _, p := range u.Phases {
		if p.ID == facts["phase"] {
			in.Note = line(p.Note.Text)
		}
	}
	for _, c := range u.Components {
		if c.ID == facts["component"] {
			s.Component = componentName(u.Plan, c.ID)
			in.Failover = s.failover(c)
			in.Failback = s.failback(u, c)
		}
	}
	for _, k := range u.Plan.Contingencies {
		if k.ID == facts["contingency"] {
			in.Action, in.Trigger = line(k.Action), s.trigger(u.Plan, k.Trigger)
			in.Owner = s.duty(u.Plan, cmp.Or(k.Owner, "lead"))
			if k.Duration > 0 {
				in.Length = s.times.Duration(k.Duration.Std())
			}
		}
	}
	for _, r := range u.Plan.Risks {
		if r.ID == facts["risk"] {
			in.Risk = line(r.Text)
			in.Owner = s.duty(u.Plan, cmp.Or(r.Owner, "lead"))
			in.Note = riskNote(u, r.ID)
		}
	}
}

// leadOf names the lead, or whoever comes first in the roster.
func (s *sheet) leadOf(p *plan.Plan) string {
	if words := s.duty(p, "lead"); words != "" {
		return words
	}
	for _, role := range slices.Sorted(maps.Keys(p.Roster)) {
		return s.duty(p, role)
	}
	return ""
}

// duty names who has a role: "dba: @dba, backup @dba-deputy".
func (s *sheet) duty(p *plan.Plan, role string) string {
	d, ok := p.Roster[role]
	switch {
	case !ok:
		return ""
	case d.Backup == "":
		return s.named(line(role), line(d.Person))
	}
	return s.Say("duty.backup", "role", line(role), "person", line(d.Person), "backup", line(d.Backup))
}

// rollbackBy is the last moment at which the way back still fits the window,
// and how long it takes.
func (s *sheet) rollbackBy(u *upgrade.Upgrade, now time.Time) (by, takes string) {
	w := u.WayBack(now)
	if w == nil {
		return "", ""
	}
	switch {
	case w.Crossed != "":
		ph, _ := u.Plan.Phase(w.Crossed)
		return s.Say("way_back.crossed", "phase", line(cmp.Or(ph.Title, ph.ID))), ""
	case w.ForwardOnly:
		return s.Say("way_back.passed", "at", s.full(w.By)), ""
	}
	takes = s.times.Duration(time.Duration(w.Takes) * time.Second)
	if w.Runs > 0 {
		takes = s.Say("way_back.takes", "length", takes, "n", w.Runs)
	}
	return s.full(w.By), takes
}

// promises counts what became of the promised updates.
func (s *sheet) promises(p upgrade.Promise) string {
	if p.ByMachine > 0 {
		return s.Say("promises.machine", "kept", p.Kept, "machine", p.ByMachine, "broken", p.Broken)
	}
	return s.Say("promises", "kept", p.Kept, "broken", p.Broken)
}

// trigger says what set off a contingency; what it does not know stands as the
// plan has it.
func (s *sheet) trigger(p *plan.Plan, trigger string) string {
	t, err := plan.ParseTrigger(trigger)
	words, known := triggerWords[t.Type]
	if err != nil || !known || t.Type == "phase.finished" && t.Outcome != "failure" {
		return line(trigger)
	}
	said := s.Say(words, "what", line(objectName(p, t.Object)))
	if t.After > 0 {
		said = s.Say("trigger.lasting", "words", said, "length", s.times.Duration(t.After.Std()))
	}
	return said
}

var triggerWords = map[string]string{
	"phase.late": "trigger.late", "phase.overdue": "trigger.overdue", "upgrade.silent": "trigger.silent", "phase.finished": "trigger.failed",
}

func objectName(p *plan.Plan, id string) string {
	if ph, ok := p.Phase(id); ok {
		return cmp.Or(ph.Title, id)
	}
	return componentName(p, id)
}

// failback says how a failover is to end: by the plan's own contingency for
// it, and in any case before the upgrade can be completed.
func (s *sheet) failback(u *upgrade.Upgrade, c upgrade.Component) string {
	for _, k := range u.Plan.Contingencies {
		t, err := plan.ParseTrigger(k.Trigger)
		if err == nil && t.Object == c.ID && strings.HasPrefix(t.Type, "failover.") {
			return line(k.Action)
		}
	}
	return s.Say("failback.needed", "part", componentName(u.Plan, c.ID))
}

func target(o plan.Objective) string {
	if o.Measure == "" {
		return ""
	}
	return fmt.Sprintf(" (%s %s)", o.Measure, o.Target)
}

func (s *sheet) result(u *upgrade.Upgrade, o plan.Objective) string {
	for _, known := range u.Objectives {
		if known.ID != o.ID || known.Value == "" {
			continue
		}
		words := line(known.Value + target(o))
		switch {
		case known.Met == nil:
			return words
		case *known.Met:
			return s.Say("result.met", "value", words)
		}
		return s.Say("result.missed", "value", words)
	}
	return s.Say("result.unknown")
}

// risks are the three greatest of the plan, and all that came true.
func (s *sheet) risks(u *upgrade.Upgrade) (top, cameTrue []string) {
	sorted := slices.SortedStableFunc(slices.Values(u.Plan.Risks), func(a, b plan.Risk) int {
		return cmp.Compare(b.Likelihood*b.Impact, a.Likelihood*a.Impact)
	})
	for _, r := range sorted {
		words := line(r.Text)
		if i := slices.IndexFunc(u.Risks, func(known upgrade.Risk) bool { return known.ID == r.ID }); i >= 0 && u.Risks[i].Triggered != nil {
			cameTrue = append(cameTrue, words)
		}
		if r.Mitigation != "" {
			words = s.Say("risk.against", "risk", words, "mitigation", line(r.Mitigation))
		}
		if len(top) < 3 {
			top = append(top, words)
		}
	}
	return top, cameTrue
}

func riskNote(u *upgrade.Upgrade, id string) string {
	for _, r := range u.Risks {
		if r.ID == id {
			return line(r.Note)
		}
	}
	return ""
}

// failover says which side is active. What last stood by is active itself when
// tooling named that side alone, and who stands by now is not known.
func (s *sheet) failover(c upgrade.Component) string {
	var parts []string
	if c.Active != "" {
		parts = append(parts, line(c.Active))
	}
	if c.Standby != "" && c.Standby != c.Active {
		parts = append(parts, s.Say("standby", "name", line(c.Standby)))
	}
	if c.DataLoss != nil {
		parts = append(parts, s.Say("loss."+strconv.FormatBool(*c.DataLoss)))
	}
	return s.List(parts)
}

func componentName(p *plan.Plan, id string) string {
	for _, c := range p.Components {
		if c.ID == id {
			return line(c.Name)
		}
	}
	return id
}

func insideComponents(u *upgrade.Upgrade) []upgrade.PublicComponent {
	var out []upgrade.PublicComponent
	for _, c := range u.Components {
		out = append(out, upgrade.PublicComponent{ID: c.ID, Name: componentName(u.Plan, c.ID), Impact: c.Impact})
	}
	return out
}

// insidePhases are all phases, the internal ones too.
func insidePhases(u *upgrade.Upgrade) []upgrade.PublicPhase {
	var out []upgrade.PublicPhase
	for _, p := range u.Phases {
		planned, _ := u.Plan.Phase(p.ID)
		out = append(out, upgrade.PublicPhase{
			ID: p.ID, Title: cmp.Or(planned.Title, p.ID), State: p.State, Outcome: p.Outcome, WaitingFor: p.WaitingFor,
			Planned: upgrade.Span{Start: &planned.Start}, Actual: upgrade.Span{Start: stampAt(p.Started), End: stampAt(p.Ended)},
			Done: p.Done, Total: p.Total, Unit: p.Unit, Percent: p.Percent, Late: p.Late, Overdue: p.Overdue,
			NotReported: u.State.Ended() && p.State == upgrade.Queued,
		})
	}
	return out
}

func stampAt(s *upgrade.Stamp) *time.Time {
	if s == nil {
		return nil
	}
	return &s.At
}
