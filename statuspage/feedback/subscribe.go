package feedback

import (
	"errors"
	"net/http"
	"strings"
)

// subscribeView is the form to subscribe.
type subscribeView struct {
	wishView
	Address string
	Stamp   string
	Fault   string
}

// aboutSubscribing is what the stamp of the form is about.
const aboutSubscribing = "/subscribe"

// showSubscribe is GET /subscribe?upgrade=ID.
func (f *Forms) showSubscribe(w http.ResponseWriter, r *http.Request) error {
	if r.URL.Query().Has("sent") {
		return f.notice(w, r, http.StatusOK, "sent")
	}
	wish := Wish{Upgrade: r.URL.Query().Get("upgrade")}
	return f.showWish(w, r, http.StatusOK, subscribeView{}, wish)
}

func (f *Forms) showWish(w http.ResponseWriter, r *http.Request, status int, v subscribeView, wish Wish) (err error) {
	if v.wishView, err = f.choices(r, wish); err != nil {
		return err
	}
	v.Stamp = f.stamp(aboutSubscribing)
	return f.show(w, r, status, f.in(r).Say("subscribe.title"), "subscribe", v)
}

// takeSubscribe is POST /subscribe. Whatever address it is, the answer is the
// same, and so is the time it takes.
func (f *Forms) takeSubscribe(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	address := strings.TrimSpace(r.PostFormValue("address"))
	wish, fault, err := f.wish(r, Wish{})
	if err != nil {
		return err
	}
	if fault == "" && !f.inTime(aboutSubscribing, r.PostFormValue("at")) {
		fault = f.in(r).Say("fault.again")
	}
	if fault == "" {
		fault, err = f.request(r, address, wish)
	}
	if err != nil {
		return err
	}
	if fault != "" {
		return f.showWish(w, r, http.StatusUnprocessableEntity, subscribeView{Address: address, Fault: fault}, wish)
	}
	http.Redirect(w, r, "/subscribe?sent=1", http.StatusSeeOther)
	return nil
}

// request passes a wish on, within the limits that keep a stranger from
// filling the mailboxes of others.
func (f *Forms) request(r *http.Request, address string, wish Wish) (fault string, err error) {
	if r.PostFormValue("website") != "" { // people do not see this field
		return "", nil
	}
	now := f.cfg.Now()
	domain := strings.ToLower(address[strings.LastIndex(address, "@")+1:])
	if !f.wishes.allow(f.cfg.ClientIP(r), now) || !f.domains.allow(domain, now) {
		return "", errTooMany
	}
	err = f.cfg.Subscriptions.Request(r.Context(), address, wish)
	if errors.Is(err, ErrAddress) {
		return f.in(r).Say("fault.address"), nil
	}
	return "", err
}

// confirmView is the page behind the link that proves an address.
type confirmView struct {
	Subscription
	What   string // in words
	Action string
}

// showConfirm is GET /subscribe/{token}: a button, and nothing happens yet.
func (f *Forms) showConfirm(w http.ResponseWriter, r *http.Request) error {
	t, err := token(r)
	if err != nil {
		return err
	}
	s, err := f.cfg.Subscriptions.Asked(r.Context(), t)
	if err != nil {
		return err
	}
	choices, err := f.choices(r, s.Wish)
	if err != nil {
		return err
	}
	return f.show(w, r, http.StatusOK, f.in(r).Say("confirm.title"), "confirm", confirmView{
		Subscription: s, Action: r.URL.Path,
		What: f.in(r).Say("confirm.what", "what", chosen(choices.all()), "kind", chosen(choices.Kinds)),
	})
}

// takeConfirm is POST /subscribe/{token}.
func (f *Forms) takeConfirm(w http.ResponseWriter, r *http.Request) error {
	t, err := token(r)
	if err != nil {
		return err
	}
	if err := f.cfg.Subscriptions.Confirm(r.Context(), t); err != nil {
		return err
	}
	http.Redirect(w, r, r.URL.Path, http.StatusSeeOther)
	return nil
}
