package notifiers

import (
	"slices"
	"strconv"
	"time"

	"upgradehub/events"
	"upgradehub/events/lang"
	"upgradehub/events/survey"
	"upgradehub/events/topic"
	"upgradehub/events/upgrade"
	"upgradehub/events/when"
)

// AsksFeedback reports whether messages of the moment ask how it went: after
// every outcome, also after a rollback.
func AsksFeedback(m events.Moment) bool {
	_, end := endWords[m]
	return end || m == events.MomentSurvey || m == events.MomentSurveyReminder
}

// endWords are the ends, which ask in other words when it did not work out.
var endWords = map[events.Moment]string{
	events.MomentCompleted: "mail.ask", events.MomentRolledBack: "mail.ask_back",
	events.MomentFailed: "mail.ask_back", events.MomentCanceled: "mail.ask_back",
}

// question is the first question of the survey, by how the upgrade ended.
func question(s upgrade.State, said lang.Words) string {
	if id, ended := endWords[ends[s]]; ended {
		return said.Say(id)
	}
	return said.Say("mail.ask")
}

// surveyUseful is how long after its time a question, a reminder or a digest is
// of use: a hub that was away must not come back with all of them.
const surveyUseful = 3 * 24 * time.Hour

// surveyOccasion asks testers, reminds those who have not answered, and tells
// teams and support what was answered.
func surveyOccasion(c Cause, d *events.Clock) occasion {
	o := at(events.MomentSurveyDigest)
	o.from, o.fromWhy = officeHours(c.Event.Recorded, when.Zone(c.After.Plan.Zone)), "in office hours"
	switch d.Object {
	case "survey-ask": // of people who have just worked
		o = at(events.MomentSurvey).to(c.After.AllTesters()...)
		o.unasked = true
	case "survey-remind":
		o.moment, o.rule = events.MomentSurveyReminder, policy[events.MomentSurveyReminder]
		o.unanswered, o.people = true, c.After.AllTesters()
	}
	o.until = d.Due.Add(surveyUseful)
	return o
}

// The hours in which people are asked: nobody answers a survey at night, and
// it is no reason to wake anybody.
const (
	officeOpens  = 9
	officeCloses = 17
)

// officeHours is t, or the next hour of office on a working day in a zone.
func officeHours(t time.Time, zone *time.Location) time.Time {
	local := t.In(zone)
	opens := time.Date(local.Year(), local.Month(), local.Day(), officeOpens, 0, 0, 0, zone)
	closes := time.Date(local.Year(), local.Month(), local.Day(), officeCloses, 0, 0, 0, zone)
	weekend := []time.Weekday{time.Saturday, time.Sunday}
	switch free := slices.Contains(weekend, local.Weekday()); {
	case !free && !local.Before(opens) && local.Before(closes):
		return t
	case !local.Before(closes) || free:
		opens = opens.AddDate(0, 0, 1)
	}
	for slices.Contains(weekend, opens.Weekday()) {
		opens = opens.AddDate(0, 0, 1)
	}
	return opens.UTC()
}

// answered are the lines of a survey for insiders.
func (s *sheet) answered(r *survey.Result, themes []topic.Theme) []string {
	if r == nil || r.Count == 0 {
		return nil
	}
	count := []string{s.Say("answered", "n", r.Count)}
	if r.Invited > 0 {
		count = append(count, s.Say("answered.asked", "n", r.Invited, "share", r.Responded.In(s.Code)))
	}
	list := []string{s.Also(count), s.Say("answered.satisfied", "count", r.Satisfied.Count, "share", r.Satisfied.In(s.Code))}
	for _, v := range verdicts {
		if n := v.of(r)[v.answer]; n > 0 {
			list = append(list, s.named(s.Say(v.words), strconv.Itoa(n)))
		}
	}
	if len(themes) > 0 {
		list = append(list, s.Say("answered.themes", "themes", s.themes(themes)))
	}
	if r.Low > 0 {
		list = append(list, s.Say("answered.low", "count", r.Low))
	}
	return list
}

func (s *sheet) themes(themes []topic.Theme) string {
	names := make([]string, len(themes))
	for i, t := range themes {
		names[i] = t.In(s.Code)
	}
	return s.List(names)
}

// verdicts are the answers that say that something went wrong, the worst first.
var verdicts = []struct {
	of            func(*survey.Result) map[string]int
	answer, words string
}{
	{disruption, "blocked", "answered.blocked"},
	{disruption, "lot", "answered.lot"},
	{communication, "late", "answered.late"},
	{communication, "little", "answered.little"},
	{communication, "much", "answered.much"},
}

func disruption(r *survey.Result) map[string]int    { return r.Disruption }
func communication(r *survey.Result) map[string]int { return r.Communication }
