package feedback

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxText is how much a person may write, in runes.
const maxText = 4000

// choice is one of several answers.
type choice struct {
	Value, Label, Hint string
	Chosen             bool
}

// surveyView is the form.
type surveyView struct {
	Title     string // of the upgrade
	Action    string
	Ratings   []choice
	Questions []question
	Text      string
	Fault     string // what is missing
	Stamp     string // of the open form
	Changes   bool   // there is an answer already
	Named     bool   // the answer is tied to a personal link
}

// question is one that need not be answered.
type question struct {
	Name, Label string
	Choices     []choice
}

var (
	ratings        = []string{"1", "2", "3", "4", "5"}
	disruptions    = []string{"none", "little", "lot", "blocked"}
	communications = []string{"right", "late", "little", "much"}
)

// marks are the choices of a rating, of which the ends are named.
func marks(words scribe, rating string) []choice {
	var all []choice
	for _, r := range ratings {
		all = append(all, choice{Value: r, Label: r})
	}
	all[0].Hint, all[len(all)-1].Hint = words.Say("rating.1"), words.Say("rating.5")
	return choose(all, rating)
}

// ask is a question with an answer chosen: the messages name and name.answer.
func ask(words scribe, name string, answers []string, chosen string) question {
	q := question{Name: name, Label: words.Say(name)}
	for _, a := range answers {
		q.Choices = append(q.Choices, choice{Value: a, Label: words.Say(name + "." + a)})
	}
	q.Choices = choose(q.Choices, chosen)
	return q
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

// view is the form for an invitation, filled with the answer so far; rating is
// the one a mailed link asks for, which is only preselected.
func view(words scribe, inv Invitation, action, rating string) surveyView {
	v := surveyView{Title: inv.Upgrade.Title, Action: action}
	var a Answer
	if inv.Previous != nil {
		a, v.Changes = *inv.Previous, true
	}
	if rating == "" && a.Rating > 0 {
		rating = strconv.Itoa(a.Rating)
	}
	v.Ratings, v.Text = marks(words, rating), a.Text
	v.Questions = []question{
		ask(words, "disruption", disruptions, a.Disruption),
		ask(words, "communication", communications, a.Communication),
	}
	return v
}

// read reads an answer from the posted form; fault is the message that says
// what is missing.
func read(r *http.Request) (a Answer, fault string) {
	a.Disruption, a.Communication = r.PostFormValue("disruption"), r.PostFormValue("communication")
	a.Text = strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(r.PostFormValue("text"), "\r\n", "\n"), ""))
	rating, err := strconv.Atoi(r.PostFormValue("rating"))
	if err == nil && rating >= 1 && rating <= 5 {
		a.Rating = rating
	}
	switch {
	case a.Rating == 0:
		fault = "fault.rating"
	case a.Disruption != "" && !slices.Contains(disruptions, a.Disruption):
		fault, a.Disruption = "fault.disruption", ""
	case a.Communication != "" && !slices.Contains(communications, a.Communication):
		fault, a.Communication = "fault.communication", ""
	case utf8.RuneCountInString(a.Text) > maxText:
		fault = "big.words"
	}
	return a, fault
}

func known(list []choice, value string) bool {
	for _, c := range list {
		if c.Value == value {
			return true
		}
	}
	return value == ""
}

// showPersonal is GET /f/{token}?r=4.
func (f *Forms) showPersonal(w http.ResponseWriter, r *http.Request) error {
	inv, err := f.invitation(r)
	if err != nil {
		return err
	}
	if r.URL.Query().Has("thanks") {
		return f.thank(w, r, inv)
	}
	v := view(f.in(r), inv, r.URL.Path, r.URL.Query().Get("r"))
	v.Named = true
	return f.show(w, r, http.StatusOK, f.in(r).Say("survey.title"), "survey", v)
}

// invitation is what the link opens, if it still does.
func (f *Forms) invitation(r *http.Request) (Invitation, error) {
	t, err := token(r)
	if err != nil {
		return Invitation{}, err
	}
	inv, err := f.cfg.Desk.Invitation(r.Context(), t)
	if err == nil && !inv.Open {
		err = ErrNotFound
	}
	return inv, err
}

// takePersonal is POST /f/{token}.
func (f *Forms) takePersonal(w http.ResponseWriter, r *http.Request) error {
	inv, err := f.invitation(r)
	if err != nil {
		return err
	}
	if err := parse(r); err != nil {
		return err
	}
	a, fault := read(r)
	if fault != "" {
		return f.again(w, r, inv, a, fault, surveyView{Named: true})
	}
	a.Token, a.Upgrade = r.PathValue("token"), inv.Upgrade.ID
	if err := f.cfg.Desk.Submit(r.Context(), a); err != nil {
		return err
	}
	http.Redirect(w, r, r.URL.Path+"?thanks=1", http.StatusSeeOther)
	return nil
}

// again shows the form once more, as it was filled, with what is missing: the
// message fault.
func (f *Forms) again(w http.ResponseWriter, r *http.Request, inv Invitation, a Answer, fault string, with surveyView) error {
	changes := inv.Previous != nil
	inv.Previous = &a
	words := f.in(r)
	v := view(words, inv, r.URL.Path, "")
	v.Fault, v.Stamp, v.Named, v.Changes = words.Say(fault), with.Stamp, with.Named, changes
	return f.show(w, r, http.StatusUnprocessableEntity, words.Say("survey.title"), "survey", v)
}

// thanksView is the page after an answer.
type thanksView struct {
	Title, Change, Page string
}

func (f *Forms) thank(w http.ResponseWriter, r *http.Request, inv Invitation) error {
	v := thanksView{Title: inv.Upgrade.Title, Change: r.URL.Path, Page: "/upgrades/" + inv.Upgrade.ID}
	return f.show(w, r, http.StatusOK, f.in(r).Say("survey.thanks"), "thanks", v)
}
