package feedback

import (
	"net/http"
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
	Title   string // of the upgrade
	Action  string
	Ratings []choice
	Felt    []choice
	Text    string
	Fault   string // what is missing
	Stamp   string // of the open form
	Changes bool   // there is an answer already
	Named   bool   // the answer is tied to a personal link
}

var ratings = []choice{
	{Value: "1", Label: "1", Hint: "very badly"},
	{Value: "2", Label: "2"},
	{Value: "3", Label: "3"},
	{Value: "4", Label: "4"},
	{Value: "5", Label: "5", Hint: "very well"},
}

var disruptions = []choice{
	{Value: "none", Label: "Not at all"},
	{Value: "little", Label: "A little"},
	{Value: "lot", Label: "A lot"},
	{Value: "blocked", Label: "I could not work"},
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

// view is the form for an invitation, filled with the answer so far; r is
// the rating a mailed link asks for, which is only preselected.
func view(inv Invitation, action, r string) surveyView {
	v := surveyView{Title: inv.Upgrade.Title, Action: action}
	var a Answer
	if inv.Previous != nil {
		a, v.Changes = *inv.Previous, true
	}
	rating := r
	if rating == "" && a.Rating > 0 {
		rating = strconv.Itoa(a.Rating)
	}
	v.Ratings, v.Felt, v.Text = choose(ratings, rating), choose(disruptions, a.Disruption), a.Text
	return v
}

// read reads an answer from the posted form; fault says what is missing.
func read(r *http.Request) (a Answer, fault string) {
	a.Disruption = r.PostFormValue("disruption")
	a.Text = strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(r.PostFormValue("text"), "\r\n", "\n"), ""))
	rating, err := strconv.Atoi(r.PostFormValue("rating"))
	if err == nil && rating >= 1 && rating <= 5 {
		a.Rating = rating
	}
	switch {
	case a.Rating == 0:
		fault = "Please choose a number from 1 to 5."
	case !known(disruptions, a.Disruption):
		fault, a.Disruption = "Please choose one of the answers to how much it disturbed you.", ""
	case utf8.RuneCountInString(a.Text) > maxText:
		fault = "Please write at most 4000 characters."
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
	v := view(inv, r.URL.Path, r.URL.Query().Get("r"))
	v.Named = true
	return f.show(w, r, http.StatusOK, "How did we do?", "survey", v)
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

// again shows the form once more, as it was filled, with what is missing.
func (f *Forms) again(w http.ResponseWriter, r *http.Request, inv Invitation, a Answer, fault string, with surveyView) error {
	changes := inv.Previous != nil
	inv.Previous = &a
	v := view(inv, r.URL.Path, "")
	v.Fault, v.Stamp, v.Named, v.Changes = fault, with.Stamp, with.Named, changes
	return f.show(w, r, http.StatusUnprocessableEntity, "How did we do?", "survey", v)
}

// thanksView is the page after an answer.
type thanksView struct {
	Title, Change, Page string
}

func (f *Forms) thank(w http.ResponseWriter, r *http.Request, inv Invitation) error {
	v := thanksView{Title: inv.Upgrade.Title, Change: r.URL.Path, Page: "/upgrades/" + inv.Upgrade.ID}
	return f.show(w, r, http.StatusOK, "Thank you", "thanks", v)
}
