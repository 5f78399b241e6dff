package notifiers

import (
	"cmp"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/notifiers/wording"
)

// TemplatesOf names the set of templates that puts a notice into words: what
// the plan says of the audience, else what the configuration does; empty if
// neither says anything.
func TemplatesOf(n events.Notice, p *plan.Plan, audiences []Audience) string {
	if p != nil {
		for _, pa := range meant(p, Audience{ID: n.Audience, Role: n.Role}) {
			if pa.Templates != "" {
				return pa.Templates
			}
		}
	}
	for _, a := range audiences {
		if a.ID == n.Audience {
			return a.Templates
		}
	}
	return ""
}

// Knows reports whether there is a set of templates of that name.
func (r *Renderer) Knows(templates string) bool { return r.own[templates] != nil }

// ownWords are those of the operator in the reader's language; ok is false if
// no template says this.
func (r *Renderer) ownWords(v View) (t *tongue, l letter, s *sheet, ok bool) {
	set := r.own[cmp.Or(v.Templates, wording.Default)]
	if len(set) == 0 || v.Delivery.Upgrade == "" {
		return nil, l, nil, false
	}
	t = r.in(v)
	s = newSheet(v, t.said)
	own := set.Find(s.kind(v.Delivery.Notice), t.said.Code)
	if own == nil {
		return nil, l, nil, false
	}
	return t, ownLetter(own.Fill(s.fields(v.Delivery.Notice.Moment), s.List), s), s, true
}

func ownLetter(w wording.Letter, s *sheet) letter {
	l := letter{Headline: w.Headline, Promise: s.Promise}
	if w.Headline == "" {
		l.Headline = s.Say("state_of", "state", s.Word, "title", s.Title)
	}
	if w.Promised {
		l.Promise = ""
	}
	for i, p := range w.Parts {
		switch {
		case p.Update:
			l.Sections = append(l.Sections, s.word(p.Label))
		case i == 0 && p.Label == "" && len(p.Items) == 0:
			l.Lead = s.rows(p.Text)
		default:
			l.Sections = append(l.Sections, section{Label: p.Label, Text: s.rows(p.Text), Items: s.rows(p.Items)})
		}
	}
	return l
}

// kind is the name of the template that could say a notice; empty if only our
// own words can: what is told after the end of what went on until then, and
// cards, change with the state.
func (s *sheet) kind(n events.Notice) string {
	if n.Form == events.FormRoot {
		return "root"
	}
	switch n.Moment {
	case events.MomentDecision, events.MomentLesson, events.MomentLessonOwner, events.MomentStatus:
		return ""
	case events.MomentAnnounced, events.MomentReminder, events.MomentStarting:
		if s.Live || s.Ended {
			return ""
		}
	case events.MomentCompleted, events.MomentRolledBack, events.MomentFailed, events.MomentCanceled, events.MomentReport,
		events.MomentSurvey, events.MomentSurveyReminder, events.MomentSurveyDigest, events.MomentItems, events.MomentReply,
		events.MomentLearnt:
		return s.endKind(n.Moment)
	default:
		if s.Ended {
			return ""
		}
	}
	return s.liveKind(n.Moment)
}

func (s *sheet) endKind(m events.Moment) string {
	switch {
	case m == events.MomentCompleted && s.Issues:
		return "completed-with-issues"
	case m == events.MomentCanceled && s.Started != "":
		return "stopped"
	}
	return string(m)
}

func (s *sheet) liveKind(m events.Moment) string {
	switch m {
	case events.MomentLate, events.MomentOverdue:
		if s.OfPhase {
			return string(m) + "-phase"
		}
	case events.MomentCorrected:
		if s.Retracted {
			return "withdrawn"
		}
	case events.MomentFailover, events.MomentFailback:
		switch {
		case s.Stage == "started":
			return string(m) + "-started"
		case s.Failure:
			return string(m) + "-failed"
		}
	case events.MomentWayBack:
		switch {
		case s.OfPhase:
			return "no-return"
		case s.Minutes == "0":
			return "forward-only"
		}
		return "go-or-back"
	}
	return string(m)
}

// fields are what a template may name of the sheet.
func (s *sheet) fields(m events.Moment) *wording.Fields {
	f := &wording.Fields{
		Title: s.Title, System: s.System, Upgrade: string(s.ID), State: s.Word, Icon: s.Icon,
		Impact: []string{s.Expected}, StillWorks: s.StillWorks, DoBefore: s.DoBefore, OddAfter: s.OddAfter, Promise: s.Promise,
		Window: s.Window, Start: s.Start, End: s.End, Length: s.Length, Forecast: s.Foreseen, Over: s.over(m), Phases: s.Phases, Warnings: s.Warnings,
		OldWindow: s.OldWindow, NewWindow: s.NewWindow, Shift: s.Shift, Due: s.Due,
		Started: s.Started, Finished: s.Finished, Took: s.Took, Planned: s.FirstPlanned, Reason: s.Reason, Work: s.DataSafe,
		Phase: s.Phase, Component: s.Component, Page: s.Page, Feedback: s.Form, Closes: s.Closes, Since: s.Since,
	}
	if s.Live || s.Ended {
		f.Impact = s.Impact
	} else {
		f.StartsIn = s.StartsIn
	}
	if !s.Retracted {
		f.Update = s.Update
	}
	f.Changes = s.Changes
	if s.Inside != nil {
		s.fillInside(f)
	}
	if s.Inside != nil && m == events.MomentLearnt {
		f.Changes = s.Inside.Lessons
	}
	return f
}

// over says when it is over; of an end that passed, whether there is a new one.
func (s *sheet) over(m events.Moment) string {
	switch {
	case s.Ended && s.Finished != "":
		return s.Say("over.ended_at", "state", s.Word, "at", s.Finished)
	case s.Ended:
		return s.Say("over.ended", "state", s.Word)
	case m == events.MomentOverdue && !s.OfPhase && s.Ahead:
		return s.Say("over.new", "end", s.End)
	case m == events.MomentOverdue && !s.OfPhase:
		return s.Say("over.none")
	case s.Ahead:
		return s.Say("over.announced", "end", s.End)
	}
	return s.Say("over.passed", "end", s.End)
}

func (s *sheet) fillInside(f *wording.Fields) {
	in := s.Inside
	f.Lead, f.Owner, f.Objectives, f.Results = in.Lead, in.Owner, in.Objectives, in.Results
	f.Risks, f.CameTrue, f.Risk, f.Gates, f.Gate = in.Risks, in.CameTrue, in.Risk, in.Gates, in.Gate
	f.RollbackBy, f.BackTakes, f.Failover, f.Failback = in.RollbackBy, in.BackTakes, in.Failover, in.Failback
	f.Action, f.Trigger, f.ActionTakes, f.Note, f.Promises = in.Action, in.Trigger, in.Length, in.Note, in.Promises
	f.Answered, f.Reports, f.ReportsOf, f.Waiting = in.Answered, in.Reports, in.ReportsOf, in.Waiting
	f.Draft, f.Holding, f.ToldBefore = s.Draft, s.Holding, s.Before
}
