package feedback

import (
	"net/http"
	"strconv"

	"upgradehub/events/plan"
	"upgradehub/events/survey"
	"upgradehub/events/upgrade"
)

// surveyView is the form.
type surveyView struct {
	Heading   string
	Title     string // of the upgrade
	Action    string
	Ask       string // for the rating
	Ratings   []choice
	Questions []question
	Text      string
	Fault     string // what is missing
	Stamp     string // of the open form
	Changes   bool   // there is an answer already
	Known     string // what is known of who answers
	Reply     string // what the team said to the answer so far
}

// unhappy reports whether an upgrade ended otherwise than was meant: then it
// is not asked how well it went.
func unhappy(s upgrade.State) bool {
	return s.Ended() && s != upgrade.Completed
}

// view is the form for an invitation, filled with the answer so far; rating is
// the one a mailed link asks for, which is only preselected.
func view(words scribe, inv Invitation, action, rating string) surveyView {
	v := surveyView{
		Reply: inv.Reply, Heading: words.survey.Say("title"), Ask: words.survey.Say("rating"), Title: inv.Upgrade.Title, Action: action, Known: modeOf(words, inv),
	}
	if unhappy(inv.Upgrade.State) {
		v.Heading, v.Ask = words.survey.Say("title.unhappy"), words.survey.Say("rating.unhappy")
	}
	var a Answer
	if inv.Previous != nil {
		a, v.Changes = *inv.Previous, true
	}
	if rating != "" {
		a.Rating, _ = strconv.Atoi(rating) // one that is none chooses none
	}
	v.Ratings, v.Text = scale(words.survey, "rating", survey.MostStars, a.Rating), a.Text
	for _, q := range inv.asked() {
		v.Questions = append(v.Questions, ask(words.survey, q, a))
	}
	return v
}

// asked are the questions beside rating and text.
func (i Invitation) asked() []string { return i.Upgrade.Survey.Asked(i.Role, i.Turn) }

// anonymous reports whether nothing may tie the answer to a person.
func (i Invitation) anonymous() bool { return i.Upgrade.Survey.How() == plan.Anonymous }

// modeOf says what is known of who answers. Nobody is known by the open form.
func modeOf(words scribe, inv Invitation) string {
	if !inv.Personal && !inv.anonymous() {
		return words.Say("survey.mode.open")
	}
	return survey.Known(words.survey, string(inv.Upgrade.Survey.How()))
}

// showPersonal is GET /f/{token}?r=4.
func (f *Forms) showPersonal(w http.ResponseWriter, r *http.Request) error {
	inv, err := f.invitation(r)
	if err != nil {
		return f.refuse(w, r, inv, err)
	}
	return f.showSurvey(w, r, inv, "")
}

// showSurvey shows the form, or the thanks behind it.
func (f *Forms) showSurvey(w http.ResponseWriter, r *http.Request, inv Invitation, stamp string) error {
	switch {
	case r.URL.Query().Has("thanks"):
		return f.thank(w, r, inv)
	case inv.Spent:
		return f.notice(w, r, http.StatusOK, "spent")
	}
	v := view(f.in(r), inv, r.URL.Path, r.URL.Query().Get("r"))
	v.Stamp = stamp
	return f.show(w, r, http.StatusOK, v.Heading, "survey", v)
}

// invitation is what the link opens, if it still does.
func (f *Forms) invitation(r *http.Request) (Invitation, error) {
	t, err := token(r)
	if err != nil {
		return Invitation{}, err
	}
	inv, err := f.cfg.Desk.Invitation(r.Context(), t)
	switch {
	case err != nil || inv.Open:
	case inv.Upgrade.State.Ended():
		err = errClosed
	default:
		err = ErrNotFound
	}
	inv.Personal = true
	return inv, err
}

// takePersonal is POST /f/{token}.
func (f *Forms) takePersonal(w http.ResponseWriter, r *http.Request) error {
	inv, err := f.invitation(r)
	if err != nil {
		return f.refuse(w, r, inv, err)
	}
	if inv.Spent {
		return ErrSpent
	}
	if err := parse(r); err != nil {
		return err
	}
	a, fault := read(r, inv.asked())
	if fault != "" {
		return f.again(w, r, inv, a, fault, "")
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
func (f *Forms) again(w http.ResponseWriter, r *http.Request, inv Invitation, a Answer, fault, stamp string) error {
	changes := inv.Previous != nil
	inv.Previous = &a
	words := f.in(r)
	v := view(words, inv, r.URL.Path, "")
	v.Fault, v.Stamp, v.Changes = words.Say(fault), stamp, changes
	return f.show(w, r, http.StatusUnprocessableEntity, v.Heading, "survey", v)
}

// thanksView is the page after an answer. Change is empty if it stands.
type thanksView struct {
	Title, Change, Page string
	Reply               string
}

func (f *Forms) thank(w http.ResponseWriter, r *http.Request, inv Invitation) error {
	v := thanksView{Title: inv.Upgrade.Title, Change: r.URL.Path, Page: "/upgrades/" + inv.Upgrade.ID, Reply: inv.Reply}
	if inv.anonymous() {
		v.Change = ""
	}
	return f.show(w, r, http.StatusOK, f.in(r).Say("survey.thanks"), "thanks", v)
}
