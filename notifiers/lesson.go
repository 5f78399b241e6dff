package notifiers

import (
	"slices"
	"strings"
	"time"

	"upgradehub/events"
	"upgradehub/events/lang"
	"upgradehub/events/upgrade"
)

// Lesson is what was learnt from an upgrade, as those who decide it read it.
type Lesson struct {
	ID, Text, Evidence string
	// Status is proposed, accepted or rejected; By and Reason are of the
	// decision, Owner sees to it.
	Status, By, Reason, Owner string
	// Assigned: nothing is decided but who sees to it.
	Assigned bool
	// Proposed is since when it is known, Due until when the owner sees to it;
	// zero if nobody said.
	Proposed, Due time.Time
}

// decideWithin is how long a proposal is of use.
const decideWithin = 14 * 24 * time.Hour

// PlanLesson is what is owed when something was learnt from an upgrade, or that
// was decided: a card for whoever has the lead, which follows the decision, and
// the proposal by mail where no card reaches them.
func PlanLesson(seq uint64, recorded time.Time, u *upgrade.Upgrade, l Lesson, audiences []Audience) []events.Notice {
	i := slices.IndexFunc(audiences, func(a Audience) bool { return a.Role == RoleCrew })
	if i < 0 || u.Plan == nil || len(u.Plan.Chain("lead")) == 0 {
		return nil
	}
	changed := l.Status != "proposed" || l.Assigned
	var list []events.Notice
	for _, channel := range audiences[i].Channels {
		n := events.Notice{
			ID: events.NoticeID(seq, events.MomentLesson, audiences[i].ID, channel), Moment: events.MomentLesson,
			Audience: audiences[i].ID, Role: RoleCrew, Channel: channel, Form: events.FormMessage, People: u.Plan.Chain("lead")[:1],
			NotBefore: recorded, UsefulUntil: recorded.Add(decideWithin), Facts: l.facts(),
		}
		switch {
		case channel == slackChannel:
			n.Form, n.Card, n.Redrawn = events.FormCard, "lesson-"+l.ID, changed
		case changed:
			continue // a mail cannot be edited
		}
		list = append(list, n)
	}
	return list
}

// PlanLessonOwner is what whoever is given a lesson hears, once and in person:
// it goes before what [PlanLesson] owes for the same cause, whose card is no
// news to anybody. By names who gave it, and is told nothing that they did
// themselves.
func PlanLessonOwner(seq uint64, recorded time.Time, u *upgrade.Upgrade, l Lesson, by string, audiences []Audience) []events.Notice {
	i := slices.IndexFunc(audiences, func(a Audience) bool { return a.Role == RoleCrew })
	if i < 0 || u.Plan == nil || l.Owner == "" {
		return nil
	}
	owner := l.Owner
	if duty, isRole := u.Plan.Roster[owner]; isRole {
		owner = duty.Person
	}
	if owner == by {
		return nil
	}
	if drill := drillers(u.Plan); u.Plan.Drill && !slices.Contains(drill, owner) {
		return nil
	}
	facts := l.facts()
	facts["given_by"], facts["proposed"] = by, rfc3339(l.Proposed)
	if !l.Due.IsZero() {
		facts["due"] = rfc3339(l.Due)
	}
	var list []events.Notice
	for _, channel := range audiences[i].Channels {
		list = append(list, events.Notice{
			ID: events.NoticeID(seq, events.MomentLessonOwner, audiences[i].ID, channel), Moment: events.MomentLessonOwner,
			Audience: audiences[i].ID, Role: RoleCrew, Channel: channel, Form: events.FormMessage, People: []string{owner},
			NotBefore: recorded, UsefulUntil: recorded.Add(decideWithin), Facts: facts,
		})
	}
	return list
}

func (l Lesson) facts() map[string]string {
	return map[string]string{
		"lesson": l.ID, "lesson_text": l.Text, "evidence": l.Evidence, "status": l.Status, "by": l.By, "reason": l.Reason, "owner": l.Owner,
	}
}

// lessonCard is what stands on the card of a lesson.
type lessonCard struct {
	ID                     lang.Verbatim
	Text, Evidence, Status string
	Decided                string // by whom, and why
	Owner                  string // who sees to it, while nothing is decided
	GivenBy, Since         string // of whoever is given it
}

func (s *sheet) lessonOf(facts map[string]string) *lessonCard {
	c := &lessonCard{ID: lang.Verbatim(facts["lesson"]), Text: line(facts["lesson_text"]), Evidence: line(facts["evidence"]), Status: facts["status"]}
	if c.Status == "proposed" {
		c.Owner = line(facts["owner"])
		return c
	}
	clauses := []string{s.Say("lesson_by", "who", line(facts["by"]))}
	if reason := line(facts["reason"]); reason != "" {
		clauses[0] = s.named(clauses[0], strings.TrimRight(reason, "."))
	}
	if owner := line(facts["owner"]); owner != "" {
		clauses = append(clauses, s.Say("lesson_owner", "who", owner))
	}
	c.Decided = s.Also(clauses)
	return c
}

func lessonButtons(facts map[string]string, on func(Action, string) Press, s *sheet) []Button {
	assign := Button{Text: s.Say("button.assign"), Press: on(ActionAssign, facts["lesson"])}
	switch facts["status"] {
	case "proposed":
		return []Button{
			{Text: s.Say("button.accept"), Press: on(ActionAccept, facts["lesson"]), Style: Primary},
			{Text: s.Say("button.reject"), Press: on(ActionReject, facts["lesson"])},
			assign,
		}
	case "accepted":
		return []Button{assign}
	}
	return nil
}
