package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/events/survey"
	"upgradehub/events/upgrade"
	"upgradehub/hub/store"
)

// Sources are what a report is made from.
type Sources struct {
	Facts     []events.Event // all of the upgrade, oldest first
	Forecasts []store.ForecastRow
	Told      store.Proof
	Noise     []store.Noise
	Answers   []store.AnswerRow
	Invited   survey.Invited
	Late      int // answers after the survey had closed
	Items     store.ItemCounts
	Lessons   []store.LessonRow
}

// Make makes the report of an upgrade; false if it was never planned. The
// facts are played once more, because only those count that changed something.
func Make(id string, s Sources) (Report, bool) {
	r := Report{
		Upgrade: id, Told: s.Told, Noise: nonNil(s.Noise), Promises: Promises{Missed: []time.Time{}},
		Moves: []Move{}, Objectives: []Objective{}, Slips: []Slip{}, Gates: []Gate{}, Failovers: []Failover{}, Risks: []Risk{}, Lessons: []Lesson{},
	}
	u, meter := upgrade.New(id), upgrade.Meter{}
	for _, e := range s.Facts {
		if store.ConcernsState(e.Type) && u.Apply(e).Changed {
			meter.Read(u, e.Time)
			r.happened(u, e)
		}
	}
	if u.Plan == nil {
		return r, false
	}
	r.state(u)
	r.objectives(u)
	r.lengths(u, s.Forecasts)
	r.gates(u)
	r.risks(u)
	r.rollback(u)
	r.feedback(u, s)
	r.lessons(s.Lessons)
	r.Feedback.Felt = meter.Felt(time.Time{})
	return r, true
}

// state is what the upgrade is now.
func (r *Report) state(u *upgrade.Upgrade) {
	r.Title, r.System, r.Zone, r.Drill = u.Plan.Title, u.Plan.System, u.Plan.Zone, u.Plan.Drill
	r.State, r.Result, r.Reason = u.State, u.Result, u.EndReason.Text
	r.Announced, r.Started, r.Finished = u.Announced.At, at(u.Started), at(u.Finished)
	r.Promises.Kept, r.Promises.ByMachine, r.Promises.Broken = u.Promise.Kept, u.Promise.ByMachine, u.Promise.Broken
	r.Window, r.First = u.Plan.Window, u.Plan.Window
	for _, m := range u.Moves {
		r.Moves = append(r.Moves, Move{At: m.At, From: m.From, To: m.To, Reason: m.Reason.Text})
	}
	if len(r.Moves) > 0 {
		r.First = r.Moves[0].From
	}
}

func nonNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func at(s *upgrade.Stamp) *time.Time {
	if s == nil {
		return nil
	}
	t := s.At
	return &t
}

func (r *Report) objectives(u *upgrade.Upgrade) {
	for _, o := range u.Plan.Objectives {
		out := Objective{Text: o.Text, Measure: o.Measure, Target: o.Target, Verdict: NotMeasured}
		i := slices.IndexFunc(u.Objectives, func(m upgrade.Objective) bool { return m.ID == o.ID })
		if i >= 0 && u.Objectives[i].Value != "" {
			out.Value = u.Objectives[i].Value
			if met := u.Objectives[i].Met; met != nil {
				out.Verdict = map[bool]string{true: Met, false: Missed}[*met]
			}
		}
		r.Objectives = append(r.Objectives, out)
	}
}

// lengths are those of the upgrade and of its phases, with the forecast that
// was shown when each began.
func (r *Report) lengths(u *upgrade.Upgrade, forecasts []store.ForecastRow) {
	whole := Length{Title: wholeUpgrade, Planned: seconds(r.First.Duration())}
	whole.measure(u.Started, u.Finished, "", forecasts)
	r.Lengths = append(r.Lengths, whole)
	for _, p := range u.Phases {
		planned, _ := u.Plan.Phase(p.ID)
		l := Length{Phase: p.ID, Title: planned.Title, Planned: seconds(u.PlannedFor(p.ID)), Outcome: outcome(p, u.State)}
		l.measure(p.Started, p.Ended, p.ID, forecasts)
		r.Lengths = append(r.Lengths, l)
	}
}

func outcome(p upgrade.Phase, s upgrade.State) string {
	if p.State == upgrade.Queued && s.Ended() {
		return "not reported"
	}
	if p.State != upgrade.Finished && s.Ended() {
		return "not finished"
	}
	return cmp.Or(string(p.Outcome), string(p.State))
}

func (l *Length) measure(from, to *upgrade.Stamp, phase string, forecasts []store.ForecastRow) {
	if from == nil {
		return
	}
	if to != nil {
		l.Actual = seconds(to.At.Sub(from.At))
	}
	f, ok := store.Opening(forecasts, phase, from.Recorded)
	if !ok {
		return
	}
	l.Low, l.Expected, l.High = seconds(f.Low.Sub(from.At)), seconds(f.Expected.Sub(from.At)), seconds(f.High.Sub(from.At))
}

func seconds(d time.Duration) int64 { return int64(d.Round(time.Second) / time.Second) }

func (r *Report) gates(u *upgrade.Upgrade) {
	for _, g := range u.Gates {
		planned, _ := u.Plan.Gate(g.ID)
		other := func(d Decision) bool { return d.gate != g.ID }
		r.Gates = append(r.Gates, Gate{
			Title: planned.Title, Decision: g.Decision, By: g.By, Reason: g.Reason, Decided: at(g.Decided), Deadline: planned.Deadline,
			Evidence: len(g.Evidence), Decisions: nonNil(slices.DeleteFunc(slices.Clone(r.decisions), other)),
		})
	}
}

func (r *Report) risks(u *upgrade.Upgrade) {
	for _, k := range u.Risks {
		i := slices.IndexFunc(u.Plan.Risks, func(p plan.Risk) bool { return p.ID == k.ID })
		if k.Triggered == nil || i < 0 {
			continue
		}
		p := u.Plan.Risks[i]
		for _, past := range k.Earlier {
			r.Risks = append(r.Risks, Risk{Text: p.Text, Mitigation: p.Mitigation, Triggered: past.Triggered.At, Retired: &past.Retired.At, Note: past.Note})
		}
		r.Risks = append(r.Risks, Risk{Text: p.Text, Mitigation: p.Mitigation, Triggered: k.Triggered.At, Retired: at(k.Retired), Note: k.Note})
	}
}

func (r *Report) feedback(u *upgrade.Upgrade, s Sources) {
	r.Feedback.Insight, r.Feedback.Late = survey.Look(store.Numbers(s.Answers), s.Invited), s.Late
	r.Feedback.Reports, r.Feedback.Items = u.Reports.Count, s.Items
}

// happened keeps what the state no longer says afterwards.
func (r *Report) happened(u *upgrade.Upgrade, e events.Event) {
	switch d := e.Data.(type) {
	case *events.Clock:
		r.slip(u, e.Type, d)
	case *events.Failover:
		r.failover(u, e, d)
	case *events.Decided:
		r.decided(u, e, d)
	case *events.Completed:
		r.Note = d.Note
	}
}

// decided keeps a decision with how the evidence stood: a later one replaces it
// in the state, and so does later evidence.
func (r *Report) decided(u *upgrade.Upgrade, e events.Event, d *events.Decided) {
	made := Decision{gate: d.Gate, Decision: d.Decision, By: d.By, Reason: d.Reason, Decided: e.Time}
	for _, v := range u.Verdicts(e.Recorded) {
		if v.Gate != d.Gate {
			continue
		}
		made.Rules = len(v.Rules)
		for _, rule := range v.Rules {
			if rule.Ready {
				made.Held++
			}
		}
	}
	r.decisions = append(r.decisions, made)
}

func (r *Report) rollback(u *upgrade.Upgrade) {
	if u.Returning == nil {
		return
	}
	r.Rollback = &Rollback{Started: u.Returning.At, Planned: seconds(u.Plan.Rollback.Duration.Std()), DataSafe: u.DataSafe}
	if u.State.Ended() {
		r.Rollback.Finished = at(u.Finished)
	}
}

func (r *Report) slip(u *upgrade.Upgrade, t events.Type, d *events.Clock) {
	what := map[events.Type]string{events.ClockLate: "late", events.ClockOverdue: "overdue", events.ClockSilent: "silent"}[t]
	if t == events.ClockPromiseBroken {
		r.Promises.Missed = append(r.Promises.Missed, d.Due)
	}
	if what == "" {
		return
	}
	of := wholeUpgrade
	if p, ok := u.Plan.Phase(d.Object); ok {
		of = p.Title
	}
	r.Slips = append(r.Slips, Slip{What: what, Of: of, Due: d.Due})
}

// failover opens a move, or ends the one of its component that is open.
func (r *Report) failover(u *upgrade.Upgrade, e events.Event, d *events.Failover) {
	name := d.Component
	for _, c := range u.Plan.Components {
		if c.ID == d.Component {
			name = c.Name
		}
	}
	when := e.Time
	move := Failover{Component: name, Back: strings.HasPrefix(string(e.Type), "failback"), DataLoss: d.DataLoss}
	if e.Type == events.FailoverStarted || e.Type == events.FailbackStarted {
		move.Started = &when
		r.Failovers = append(r.Failovers, move)
		return
	}
	i := len(r.Failovers) - 1
	for i >= 0 && (r.Failovers[i].Component != name || r.Failovers[i].Back != move.Back || r.Failovers[i].Finished != nil) {
		i--
	}
	if i < 0 {
		r.Failovers, i = append(r.Failovers, move), len(r.Failovers)
	}
	f := &r.Failovers[i]
	f.Finished, f.Outcome, f.DataLoss = &when, cmp.Or(string(d.Outcome), string(events.Success)), cmp.Or(d.DataLoss, f.DataLoss)
}

func (r *Report) lessons(rows []store.LessonRow) {
	for _, l := range rows {
		r.Lessons = append(r.Lessons, Lesson{
			ID: l.ID, Text: l.Text, Evidence: l.Evidence, Status: l.Status, By: l.By, Reason: l.Reason, Owner: l.Owner,
			Requirement: l.Requirement, Found: l.Found,
		})
	}
}
