package feedback

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
)

// subscribeView is the form to subscribe.
type subscribeView struct {
	wishView
	Address string
	Hook    string // URL of a program
	Hooks   bool   // programs may subscribe
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
	v.Stamp, v.Hooks = f.stamp(aboutSubscribing), f.cfg.Webhooks
	return f.show(w, r, status, f.in(r).Say("subscribe.title"), "subscribe", v)
}

// takeSubscribe is POST /subscribe. Whatever address it is, the answer is the
// same, and so is the time it takes.
func (f *Forms) takeSubscribe(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	to := f.target(r)
	wish, fault, err := f.wish(r, Wish{})
	if err != nil {
		return err
	}
	if fault == "" && !f.inTime(aboutSubscribing, r.PostFormValue("at")) {
		fault = f.in(r).Say("fault.again")
	}
	if fault == "" {
		fault, err = f.request(r, to, wish)
	}
	if err != nil {
		return err
	}
	if fault != "" {
		v := subscribeView{Address: to.Address, Fault: fault}
		if to.Channel == webhook {
			v.Address, v.Hook = "", to.Address
		}
		return f.showWish(w, r, http.StatusUnprocessableEntity, v, wish)
	}
	http.Redirect(w, r, "/subscribe?sent=1", http.StatusSeeOther)
	return nil
}

// webhook is the channel of programs.
const webhook = "webhook"

// target is where the messages are to go: the form for programs has a field of
// its own.
func (f *Forms) target(r *http.Request) Target {
	if hook := strings.TrimSpace(r.PostFormValue("hook")); hook != "" && f.cfg.Webhooks {
		return Target{webhook, hook}
	}
	return Target{"email", strings.TrimSpace(r.PostFormValue("address"))}
}

// domain is whose server the messages of a target go to.
func (t Target) domain() string {
	if u, err := url.Parse(t.Address); err == nil && t.Channel == webhook {
		return strings.ToLower(u.Hostname())
	}
	return strings.ToLower(t.Address[strings.LastIndex(t.Address, "@")+1:])
}

// request passes a wish on, within the limits that keep a stranger from
// filling the mailboxes of others.
func (f *Forms) request(r *http.Request, to Target, wish Wish) (fault string, err error) {
	if r.PostFormValue("website") != "" { // people do not see this field
		return "", nil
	}
	now := f.cfg.Now()
	if !f.wishes.Allow(f.cfg.ClientIP(r), now) || !f.domains.Allow(to.domain(), now) {
		return "", errTooMany
	}
	err = f.cfg.Subscriptions.Request(r.Context(), to, wish)
	switch {
	case !errors.Is(err, ErrAddress):
		return "", err
	case to.Channel == webhook:
		return f.in(r).Say("fault.hook"), nil
	}
	return f.in(r).Say("fault.address"), nil
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

// takeConfirm is POST /subscribe/{token}: from the page, or from a program that
// answers the challenge and reads its secret in the answer.
func (f *Forms) takeConfirm(w http.ResponseWriter, r *http.Request) error {
	t, err := token(r)
	if err != nil {
		return err
	}
	secret, err := f.cfg.Subscriptions.Confirm(r.Context(), t)
	if err != nil {
		return err
	}
	if secret != "" {
		w.Header().Set("Content-Type", "application/json")
		return json.NewEncoder(w).Encode(map[string]string{"secret": secret})
	}
	http.Redirect(w, r, r.URL.Path, http.StatusSeeOther)
	return nil
}
