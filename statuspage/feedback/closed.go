package feedback

import (
	"errors"
	"net/http"
)

// errClosed is a survey that takes no answers any more.
var errClosed = errors.New("the survey has closed")

// closedView is the page of a survey that has closed.
type closedView struct {
	Title, Page string // of the upgrade
	Reply       string // what the team said to the answer that was given
}

// refuse shows that a survey has closed: who comes late has done nothing wrong.
// What was posted is not taken, and the status says so to programs. Any other
// error stays one.
func (f *Forms) refuse(w http.ResponseWriter, r *http.Request, inv Invitation, err error) error {
	if !errors.Is(err, errClosed) {
		return err
	}
	status := http.StatusOK
	if r.Method == http.MethodPost {
		status = http.StatusGone
	}
	v := closedView{Title: inv.Upgrade.Title, Page: "/upgrades/" + inv.Upgrade.ID, Reply: inv.Reply}
	return f.show(w, r, status, f.in(r).Say("closed.title"), "closed", v)
}
