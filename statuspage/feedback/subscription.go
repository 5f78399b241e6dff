package feedback

import (
	"context"
	"errors"
	"net/http"

	"upgradehub/events/upgrade"
)

// Wish is what somebody wants to be told of. At most one of Upgrade, System
// and Component is set; none means everything.
type Wish struct {
	Upgrade, System string
	Component       string // system/id
	// Kind is empty for every message, "changes" for what changes the
	// announced end, "ends" for start and end.
	Kind string
	// Lang and Zone are those of the messages; an empty zone is that of
	// each upgrade.
	Lang, Zone string
}

// Subscription is what a personal link of a subscription opens.
type Subscription struct {
	Wish
	// Active: messages are sent. One that waits for its confirmation is
	// not, nor is one that was ended.
	Active bool
	// Own: they subscribed by themselves and choose what they are told;
	// others were named by the operators.
	Own bool
}

// Target is where messages go.
type Target struct {
	Channel string // email or webhook
	Address string // mail address or URL
}

// ErrAddress is what Request wraps for what cannot be a target.
var ErrAddress = errors.New("no address")

// Subscriptions keeps who is told what. A token that opens nothing is
// [ErrNotFound].
type Subscriptions interface {
	// Request asks whoever reads the mails of an address whether they want
	// them. It returns before anything is looked up, so that its time tells
	// nothing of the address.
	Request(ctx context.Context, to Target, w Wish) error
	// Asked is the wish that a mailed token proves.
	Asked(ctx context.Context, token string) (Subscription, error)
	// Confirm makes it a subscription; to confirm again changes nothing. A
	// program learns the secret by which it knows our messages.
	Confirm(ctx context.Context, token string) (secret string, err error)

	// Subscription is what a token manages.
	Subscription(ctx context.Context, token string) (Subscription, error)
	// Change replaces what it is about.
	Change(ctx context.Context, token string, w Wish) error
	// Unsubscribe ends it; to end it again changes nothing.
	Unsubscribe(ctx context.Context, token string) error
	// Erase ends it and forgets the person.
	Erase(ctx context.Context, token string) error
}

// Board is what there is to be told of.
type Board interface {
	// Upgrades lists the upgrades that visitors see, newest window first.
	Upgrades(ctx context.Context) ([]upgrade.Public, error)
}

// subscriptionView is the page behind a link that manages a subscription.
type subscriptionView struct {
	wishView
	Subscription
	Action string
	Saved  bool
	Fault  string
}

// showSubscription is GET /s/{token}: a form, and nothing happens yet.
func (f *Forms) showSubscription(w http.ResponseWriter, r *http.Request) error {
	t, err := token(r)
	if err != nil {
		return err
	}
	s, err := f.cfg.Subscriptions.Subscription(r.Context(), t)
	if err != nil {
		return err
	}
	return f.showManage(w, r, http.StatusOK, s, "")
}

func (f *Forms) showManage(w http.ResponseWriter, r *http.Request, status int, s Subscription, fault string) error {
	choices, err := f.choices(r, s.Wish)
	if err != nil {
		return err
	}
	return f.show(w, r, status, f.in(r).Say("manage.title"), "subscription", subscriptionView{
		wishView: choices, Subscription: s, Action: r.URL.Path, Saved: r.URL.Query().Has("saved"), Fault: fault,
	})
}

// takeSubscription is POST /s/{token}: what a button of the page says, and
// without one the end of the subscription, because that is all that mail
// programs ask for (RFC 8058).
func (f *Forms) takeSubscription(w http.ResponseWriter, r *http.Request) error {
	t, err := token(r)
	if err != nil {
		return err
	}
	if err := parse(r); err != nil {
		return err
	}
	switch r.PostFormValue("do") {
	case "change":
		return f.change(w, r, t)
	case "erase":
		return f.erase(w, r, t)
	}
	return f.unsubscribe(w, r, t)
}

func (f *Forms) change(w http.ResponseWriter, r *http.Request, token string) error {
	s, err := f.cfg.Subscriptions.Subscription(r.Context(), token)
	if err != nil {
		return err
	}
	wish, fault, err := f.wish(r, s.Wish)
	if err != nil {
		return err
	}
	if fault != "" {
		s.Wish = wish
		return f.showManage(w, r, http.StatusUnprocessableEntity, s, fault)
	}
	if err := f.cfg.Subscriptions.Change(r.Context(), token, wish); err != nil {
		return err
	}
	http.Redirect(w, r, r.URL.Path+"?saved=1", http.StatusSeeOther)
	return nil
}

func (f *Forms) erase(w http.ResponseWriter, r *http.Request, token string) error {
	if err := f.cfg.Subscriptions.Erase(r.Context(), token); err != nil {
		return err
	}
	// The link is gone too, so there is nothing to redirect to.
	return f.notice(w, r, http.StatusOK, "erased")
}

// unsubscribe answers a mail program without a redirect, as it must.
func (f *Forms) unsubscribe(w http.ResponseWriter, r *http.Request, token string) error {
	if err := f.cfg.Subscriptions.Unsubscribe(r.Context(), token); err != nil {
		return err
	}
	if r.PostFormValue("List-Unsubscribe") != "One-Click" {
		http.Redirect(w, r, r.URL.Path, http.StatusSeeOther)
		return nil
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := w.Write([]byte(f.in(r).Say("manage.left") + "\n"))
	return err
}
