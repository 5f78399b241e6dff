package feedback

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"upgradehub/events/lang"
	"upgradehub/events/plan"
	"upgradehub/events/survey"
)

// maxText is how much a person may write, in runes.
const maxText = 4000

// choice is one of several answers.
type choice struct {
	Value, Label, Hint string
	Chosen             bool
}

// question is one that need not be answered.
type question struct {
	Name, Label string
	Choices     []choice
	Scale       bool // its choices are numbers
	// Loss: how many minutes of work were lost is asked with it; Lost is what
	// was said so far, empty for nothing.
	Loss bool
	Lost string
}

var (
	disruptions    = []string{"none", "little", "lot", "blocked"}
	communications = []string{"right", "late", "little", "much"}
)

// scale are the numbers from 1 to most, of which the ends are named: the
// messages name.1 and name.most.
func scale(words lang.Words, name string, most, chosen int) []choice {
	var all []choice
	for i := 1; i <= most; i++ {
		c := choice{Value: strconv.Itoa(i), Label: strconv.Itoa(i), Chosen: i == chosen}
		if i == 1 || i == most {
			c.Hint = words.Say(name + "." + c.Value)
		}
		all = append(all, c)
	}
	return all
}

// options are answers in words, the messages name.answer.
func options(words lang.Words, name string, answers []string, chosen string) []choice {
	var all []choice
	for _, a := range answers {
		all = append(all, choice{Value: a, Label: words.Say(name + "." + a), Chosen: a == chosen})
	}
	return all
}

// choose copies choices with one of them chosen.
func choose(list []choice, value string) []choice {
	chosen := make([]choice, len(list))
	for i, c := range list {
		c.Chosen = c.Value == value
		chosen[i] = c
	}
	return chosen
}

// known reports whether a value is one of the choices, or none.
func known(list []choice, value string) bool {
	return value == "" || slices.ContainsFunc(list, func(c choice) bool { return c.Value == value })
}

// ask is a question of the plan, with the answer so far.
func ask(words lang.Words, name string, a Answer) question {
	q := question{Name: name, Label: words.Say(name)}
	switch name {
	case plan.AskDisruption:
		q.Choices, q.Loss = options(words, name, disruptions, a.Disruption), true
		if a.Minutes > 0 {
			q.Lost = strconv.Itoa(a.Minutes)
		}
	case plan.AskCommunication:
		q.Choices = options(words, name, communications, a.Communication)
	case plan.AskEffort:
		q.Choices, q.Scale = scale(words, name, survey.MostEase, a.Effort), true
	}
	return q
}

// read reads what was answered to the questions asked from the posted form;
// fault is the message that says what is missing. What was not asked is not
// taken.
func read(r *http.Request, asked []string) (a Answer, fault string) {
	a.Text = written(r)
	var ok bool
	if a.Rating, ok = survey.Number(r.PostFormValue("rating"), survey.MostStars); !ok || a.Rating == 0 {
		a.Rating, fault = 0, "fault.rating"
	}
	for _, q := range asked {
		fault = cmp.Or(fault, a.take(q, r))
	}
	if utf8.RuneCountInString(a.Text) > maxText {
		fault = cmp.Or(fault, "big.words")
	}
	return a, fault
}

// take reads the answer to one question.
func (a *Answer) take(question string, r *http.Request) (fault string) {
	said := r.PostFormValue(question)
	var ok bool
	switch question {
	case plan.AskDisruption:
		if a.Disruption, ok = oneOf(said, disruptions); !ok {
			return "fault.disruption"
		}
		return a.takeLoss(r.PostFormValue("minutes"))
	case plan.AskCommunication:
		if a.Communication, ok = oneOf(said, communications); !ok {
			return "fault.communication"
		}
	case plan.AskEffort:
		if a.Effort, ok = survey.Number(said, survey.MostEase); !ok {
			return "fault.effort"
		}
	}
	return ""
}

// takeLoss reads how much work was lost; who was not disturbed lost none.
func (a *Answer) takeLoss(said string) (fault string) {
	if a.Disruption == "none" {
		return ""
	}
	var ok bool
	if a.Minutes, ok = survey.Number(strings.TrimSpace(said), survey.MostMinutes); !ok {
		return "fault.minutes"
	}
	return ""
}

// oneOf is an answer of a list, or none.
func oneOf(said string, list []string) (string, bool) {
	if said == "" || slices.Contains(list, said) {
		return said, true
	}
	return "", false
}
