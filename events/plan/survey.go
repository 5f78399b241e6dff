package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Survey says what is asked after the upgrade, how, when, and until when
// answers are taken.
type Survey struct {
	Mode Mode `json:"mode,omitempty"` // default confidential
	// Questions are at most two of disruption, communication and effort;
	// default disruption and one of the others in turn. The rating
	// (satisfaction) and a free text (text) are asked always.
	Questions []string `json:"questions,omitempty"`
	// Audiences are the questions of audiences, by role.
	Audiences map[string][]string `json:"audiences,omitempty"`
	// AskAfter is how long after the end testers and stakeholders are asked;
	// default 2 hours.
	AskAfter   Duration `json:"ask_after,omitzero"`
	CloseAfter Duration `json:"close_after,omitzero"` // default 7 days
}

// Mode is what is known of who answered. It is said before anybody answers.
type Mode string

// The modes. Confidential: the hub knows who answered, and nobody is shown it.
// Anonymous: nothing ties an answer to a person.
const (
	Named        Mode = "named"
	Confidential Mode = "confidential"
	Anonymous    Mode = "anonymous"
)

// The questions of a survey besides the rating and the free text.
const (
	AskDisruption    = "disruption"
	AskCommunication = "communication"
	AskEffort        = "effort"
)

var (
	surveyModes     = []Mode{Named, Confidential, Anonymous}
	surveyQuestions = []string{AskDisruption, AskCommunication, AskEffort}
	// alwaysAsked may be listed and need not be.
	alwaysAsked = []string{"satisfaction", "text"}
)

// mostQuestions is how many are asked besides rating and text: four in all,
// which take half a minute.
const mostQuestions = 2

// How is the survey's mode.
func (s Survey) How() Mode { return cmp.Or(s.Mode, Confidential) }

// Closes is how long after the end of the upgrade answers are taken.
func (s Survey) Closes() time.Duration { return cmp.Or(s.CloseAfter.Std(), 7*24*time.Hour) }

// Asks is how long after the end testers and stakeholders are asked.
func (s Survey) Asks() time.Duration { return cmp.Or(s.AskAfter.Std(), 2*time.Hour) }

// Asked are the questions put to a role besides rating and text. Where the plan
// names none, turn, any number, decides between communication and effort: one
// in three is asked the latter.
func (s Survey) Asked(role string, turn int) []string {
	named, ok := s.Audiences[role]
	if !ok {
		named = s.Questions
	}
	var asked []string
	for _, q := range named {
		if slices.Contains(surveyQuestions, q) && len(asked) < mostQuestions {
			asked = append(asked, q)
		}
	}
	switch {
	case len(named) > 0:
		return asked
	case turn%3 == 2:
		return []string{AskDisruption, AskEffort}
	}
	return []string{AskDisruption, AskCommunication}
}

func (d *decoder) lintSurvey(s Survey) {
	if s.Mode != "" && !slices.Contains(surveyModes, s.Mode) {
		d.wrong("survey.mode", "%q is not one of named, confidential, anonymous", clip(string(s.Mode)))
	}
	d.lintQuestions("survey.questions", s.Questions)
	for _, role := range slices.Sorted(maps.Keys(s.Audiences)) {
		path := under("survey.audiences", role)
		if !slices.Contains(Roles, role) {
			d.wrong(path, "%q is not one of %s", clip(role), strings.Join(Roles, ", "))
		}
		d.lintQuestions(path, s.Audiences[role])
	}
	if s.CloseAfter != 0 && s.Asks() >= s.Closes() {
		d.wrong("survey.close_after", "is not after survey.ask_after")
	}
}

// lintQuestions advises of what will not be asked.
func (d *decoder) lintQuestions(path string, questions []string) {
	n := 0
	for i, q := range questions {
		at := fmt.Sprintf("%s[%d]", path, i)
		switch {
		case q == "" || slices.Contains(alwaysAsked, q):
		case !slices.Contains(surveyQuestions, q):
			d.advice(at, "%q is not asked: choose of %s", clip(q), strings.Join(surveyQuestions, ", "))
		default:
			if n++; n > mostQuestions {
				d.wrong(at, "is one too many: at most %d besides satisfaction and text", mostQuestions)
			}
		}
	}
}
