package upgrade

import (
	"cmp"
	"math"
	"slices"
	"time"

	"upgradehub/events/plan"
)

// Public is the upgrade as visitors may see it; seq is the position of the
// newest fact that changed it. It shares nothing with the upgrade but the
// plan's words.
func (u *Upgrade) Public(seq uint64) Public {
	p := Public{
		ID: u.ID, State: u.State, Result: u.Result, Seq: seq,
		Reason: u.EndReason.public(), DataSafe: copyOf(u.DataSafe),
		Revision: u.Revision, Reopened: u.Reopens, Announced: u.Announced.At,
		Started: u.Started.shown(), Finished: u.Finished.shown(), Returning: u.Returning.shown(),
		Impact: plan.NoImpact,
		Phases: []PublicPhase{}, Components: []PublicComponent{}, Updates: u.publicUpdates(),
		Late: copyOf(u.Late), Overdue: copyOf(u.Overdue), Silent: copyOf(u.Silent),
		PromisesKept: u.Promise.Kept, PromisesKeptByMachine: u.Promise.ByMachine, PromisesBroken: u.Promise.Broken,
	}
	p.Forecast = u.foreseen("")
	p.NextUpdateBy, p.UpdateOverdue = u.Promise.shown()
	if u.Plan != nil {
		u.showPlan(&p)
	}
	return p
}

// showPlan fills in what needs the plan.
func (u *Upgrade) showPlan(p *Public) {
	p.Title, p.System, p.Zone = u.Plan.Title, u.Plan.System, u.Plan.Zone
	p.Window, p.Drill, p.ImpactWords, p.Survey = u.Plan.Window, u.Plan.Drill, u.Plan.Impact, u.Plan.Survey
	for _, m := range u.Moves {
		p.Moves = append(p.Moves, PublicMove{At: m.At, From: m.From, To: m.To, Reason: m.Reason.public()})
	}
	if closes, ended := u.SurveyCloses(); ended {
		p.SurveyCloses = &closes
	}
	for _, ph := range u.Phases {
		if u.showsPhase(ph.ID) {
			p.Phases = append(p.Phases, u.publicPhase(ph))
		}
	}
	for _, c := range u.Components {
		if u.showsComponent(c.ID) {
			p.Components = append(p.Components, u.publicComponent(c))
		}
	}
	if u.State.Live() {
		p.Impact = greatest(p.Components)
	}
}

// showsPhase reports whether visitors see the phase at all.
func (u *Upgrade) showsPhase(id string) bool {
	planned, ok := u.Plan.Phase(id)
	i := slices.IndexFunc(u.Phases, func(p Phase) bool { return p.ID == id })
	return ok && planned.IsPublic() && i >= 0 && !u.Phases[i].Hidden
}

// showsComponent reports whether visitors see the component at all.
func (u *Upgrade) showsComponent(id string) bool {
	planned := u.planComponent(id)
	i := slices.IndexFunc(u.Components, func(c Component) bool { return c.ID == id })
	return planned.ID == id && planned.IsPublic() && i >= 0 && !u.Components[i].Hidden
}

// planComponent is the plan's component of that id, or an empty one.
func (u *Upgrade) planComponent(id string) plan.Component {
	for _, c := range u.Plan.Components {
		if c.ID == id {
			return c
		}
	}
	return plan.Component{}
}

func (u *Upgrade) publicPhase(p Phase) PublicPhase {
	planned, _ := u.Plan.Phase(p.ID)
	start, end := planned.Start, planned.End()
	return PublicPhase{
		ID: p.ID, Title: planned.Title, State: p.State, Outcome: p.Outcome, Attempt: p.Attempt, WaitingFor: p.WaitingFor,
		Planned: Span{Start: &start, End: &end}, Actual: Span{Start: p.Started.shown(), End: p.Ended.shown()},
		Done: copyOf(p.Done), Total: copyOf(p.Total), Unit: p.Unit, Percent: p.percent(),
		Note: p.Note.public(), Late: copyOf(p.Late), Overdue: copyOf(p.Overdue),
		Forecast:    u.foreseenPhase(p),
		NotReported: u.State.Ended() && p.State == Queued, PointOfNoReturn: planned.PointOfNoReturn,
	}
}

// percent is what was given, else what was counted, to a tenth.
func (p Phase) percent() *float64 {
	if p.Percent != nil || p.Done == nil || p.Total == nil || *p.Total <= 0 {
		return copyOf(p.Percent)
	}
	v := math.Round(1000*float64(*p.Done)/float64(*p.Total)) / 10
	v = min(max(v, 0), 100)
	return &v
}

func (u *Upgrade) publicComponent(c Component) PublicComponent {
	return PublicComponent{
		ID: c.ID, Name: u.planComponent(c.ID).Name, Impact: c.Impact,
		Since: c.Since.shown(), Note: c.Note.public(),
		OnStandby: c.Failover == failedOver || c.Failover == failingBack,
		Moving:    c.Failover == failingOver || c.Failover == failingBack, CapacityPercent: copyOf(c.Capacity),
	}
}

func greatest(components []PublicComponent) plan.Impact {
	top := 0
	for _, c := range components {
		top = max(top, slices.Index(plan.Impacts, c.Impact))
	}
	return plan.Impacts[top]
}

// publicUpdates are the public ones, newest first.
func (u *Upgrade) publicUpdates() []PublicUpdate {
	list := []PublicUpdate{}
	for _, up := range slices.Backward(u.Updates) {
		if !up.Public {
			continue
		}
		shown := PublicUpdate{ID: up.ID, At: up.At, Text: up.Text, Final: up.Final, Retracted: up.Retracted}
		if next := cmp.Or(up.NextUpdateBy, up.PromisedBy); !next.IsZero() {
			shown.NextUpdateBy = &next
		}
		if up.Holding != nil {
			shown.Automatic = u.publicHolding(*up.Holding)
			shown.Text = shown.words()
		}
		if n := len(up.Edits); n > 0 {
			at := up.Edits[n-1].At
			shown.Corrected = &at
		}
		if up.Retracted {
			shown.Text = ""
		} else {
			shown.Edits = up.publicEdits()
		}
		list = append(list, shown)
	}
	return list
}

// publicEdits are the texts that visitors could read before.
func (up Update) publicEdits() []PublicEdit {
	var list []PublicEdit
	for _, e := range up.Edits {
		if e.Public {
			list = append(list, PublicEdit{Until: e.At, Text: e.Text})
		}
	}
	return list
}

// public is the text if visitors may read it.
func (t Text) public() string {
	if !t.Public {
		return ""
	}
	return t.Text
}

// shown is the moment as publishers told it; nil if it has not come.
func (s *Stamp) shown() *time.Time {
	if s == nil {
		return nil
	}
	at := s.At
	return &at
}

// shown is the due of the open promise, and since when it is broken.
func (p Promise) shown() (due, broken *time.Time) {
	if p.BrokenSince != nil {
		return nil, copyOf(p.BrokenSince)
	}
	if !p.open() {
		return nil, nil
	}
	return &p.Due, nil
}
