package upgrade

import (
	"slices"
	"time"
)

// The moments of the survey, which follow the end.
const (
	surveyAsk    = "survey-ask"    // testers are asked
	surveyRemind = "survey-remind" // who has not answered
	surveyDigest = "survey-digest" // teams and support hear what was answered
	surveyClose  = "survey-close"
)

// remindAfter is how many working days after the end those who have not
// answered are reminded, once.
const remindAfter = 2

// surveyMoments are those of the survey. Where nothing was begun only the
// message of the end asks.
func (u *Upgrade) surveyMoments(add func(string, time.Time)) {
	end := u.Finished.Recorded
	closes := end.Add(u.Plan.Survey.Closes())
	add(surveyClose, closes)
	if u.Started == nil {
		return
	}
	if ask := end.Add(u.Plan.Survey.Asks()); len(u.AllTesters()) > 0 && ask.Before(closes) {
		add(surveyAsk, ask)
	}
	remind := WorkingDaysAfter(end, remindAfter)
	if remind.Before(closes) {
		add(surveyRemind, remind)
	}
	add(surveyDigest, remind)
}

// AllTesters are the names of those who sign off for any gate, in order.
func (u *Upgrade) AllTesters() []string {
	var all []string
	for _, g := range u.planOrNone().Gates {
		for _, testers := range u.Testers(g.ID) {
			all = append(all, testers...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// WorkingDaysAfter is the same time of day n working days later. Working days
// are Monday to Friday in UTC: a fold knows neither zones nor holidays.
func WorkingDaysAfter(t time.Time, n int) time.Time {
	for t = t.UTC(); n > 0; {
		t = t.AddDate(0, 0, 1)
		if d := t.Weekday(); d != time.Saturday && d != time.Sunday {
			n--
		}
	}
	return t
}
