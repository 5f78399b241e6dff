package feedback

import (
	"context"
	"net/http"
	"slices"
	"time"

	"upgradehub/events/upgrade"
	"upgradehub/events/when"
)

// SignOff is what the personal link of a tester opens: the gates of an upgrade
// that ask for their word.
type SignOff struct {
	Upgrade upgrade.Public
	// Gates are those that ask this tester, in the order of the plan.
	Gates []SignOffGate
}

// SignOffGate is one gate that asks a tester.
type SignOffGate struct {
	ID, Title string
	// By is until when the gate is to be decided; zero if the plan does not say.
	By time.Time
	// Word is what they said so far: pass, fail, or nothing.
	Word string
}

// SignOffs takes the words of testers. A token that opens nothing is
// [ErrNotFound], and so is a gate that does not ask its owner.
type SignOffs interface {
	// SignOff is what a token opens.
	SignOff(ctx context.Context, token string) (SignOff, error)
	// Sign records pass or fail for a gate.
	Sign(ctx context.Context, token, gate, word string) error
}

// signOffView is the form.
type signOffView struct {
	Title  string
	Ended  bool
	Gates  []signOffGateView
	Action string
	Page   string
}

type signOffGateView struct{ ID, Title, By, Said string }

// showSignOff is GET /g/{token}: a form, and nothing is signed off yet.
func (f *Forms) showSignOff(w http.ResponseWriter, r *http.Request) error {
	t, err := token(r)
	if err != nil {
		return err
	}
	s, err := f.cfg.SignOffs.SignOff(r.Context(), t)
	if err != nil {
		return err
	}
	words := f.in(r)
	v := signOffView{Title: s.Upgrade.Title, Ended: s.Upgrade.State.Ended(), Action: r.URL.Path, Page: "/upgrades/" + s.Upgrade.ID}
	for _, g := range s.Gates {
		v.Gates = append(v.Gates, g.view(words, when.Zone(s.Upgrade.Zone)))
	}
	return f.show(w, r, http.StatusOK, words.Say("signoff.title"), "signoff", v)
}

func (g SignOffGate) view(words scribe, zone *time.Location) signOffGateView {
	v := signOffGateView{ID: g.ID, Title: g.Title}
	if !g.By.IsZero() {
		v.By = when.In(words.Code).Full(g.By, zone)
	}
	switch g.Word {
	case "pass":
		v.Said = words.Say("signoff.pass")
	case "fail":
		v.Said = words.Say("signoff.fail")
	}
	return v
}

// takeSignOff is POST /g/{token}.
func (f *Forms) takeSignOff(w http.ResponseWriter, r *http.Request) error {
	t, err := token(r)
	if err != nil {
		return err
	}
	if err := parse(r); err != nil {
		return err
	}
	s, err := f.cfg.SignOffs.SignOff(r.Context(), t)
	if err != nil {
		return err
	}
	gate, word := r.PostFormValue("gate"), r.PostFormValue("word")
	asked := slices.ContainsFunc(s.Gates, func(g SignOffGate) bool { return g.ID == gate })
	if !asked || word != "pass" && word != "fail" || s.Upgrade.State.Ended() {
		return f.showSignOff(w, r) // as it is by now
	}
	if err := f.cfg.SignOffs.Sign(r.Context(), t, gate, word); err != nil {
		return err
	}
	http.Redirect(w, r, r.URL.Path, http.StatusSeeOther)
	return nil
}
