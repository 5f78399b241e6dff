package feedback

import (
	"net/http"
)

// subscriptionView is the page behind a link that ends a subscription.
type subscriptionView struct {
	Subscription
	Action string
}

// showSubscription is GET /s/{token}: a button, and nothing happens yet.
func (f *Forms) showSubscription(w http.ResponseWriter, r *http.Request) error {
	t, err := token(r)
	if err != nil {
		return err
	}
	s, err := f.cfg.Desk.Subscription(r.Context(), t)
	if err != nil {
		return err
	}
	return f.show(w, r, http.StatusOK, "Your subscription", "subscription", subscriptionView{s, r.URL.Path})
}

// unsubscribe is POST /s/{token}: from the page, or in one click from a mail
// program (RFC 8058), which must get its answer without a redirect.
func (f *Forms) unsubscribe(w http.ResponseWriter, r *http.Request) error {
	t, err := token(r)
	if err != nil {
		return err
	}
	if err := parse(r); err != nil {
		return err
	}
	if err := f.cfg.Desk.Unsubscribe(r.Context(), t); err != nil {
		return err
	}
	if r.PostFormValue("List-Unsubscribe") != "One-Click" {
		http.Redirect(w, r, r.URL.Path, http.StatusSeeOther)
		return nil
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err = w.Write([]byte("You are unsubscribed.\n"))
	return err
}
