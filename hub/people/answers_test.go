package people_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/hub/people"
	"upgradehub/hub/store"
	"upgradehub/notifiers"
)

// TestWho: a name is told of a named survey alone, and of nobody who was erased.
func TestWho(t *testing.T) {
	r := newRig(t)
	r.add(t, events.SubscriberConfirmed, "page", "p1", people.OriginPage, "reader@example.org")
	err := r.Tell(t.Context(), "test", events.SubscriberConfirmed, people.NewID(), &events.Subscriber{
		Subscriber: "lead", Person: "p2", Channel: "email", Name: "@lead", Origin: people.OriginConfig,
	})
	for id, target := range map[string]notifiers.Person{
		"lead": {Channel: "email", Address: "lead@example.org"}, "p2": {Channel: "slack", Address: "U0LEAD"}, "p3": {Channel: "slack", Address: "U0OTHER"},
	} {
		if err == nil {
			err = r.PutTarget(t.Context(), id, target)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		answer store.AnswerRow
		want   string
	}{
		{"by link", store.AnswerRow{Subscriber: "page", Mode: plan.Named}, "reader@example.org"},
		{"whom the configuration names", store.AnswerRow{Subscriber: "lead", Mode: plan.Named}, "@lead"},
		{"in Slack, by the name of a subscription", store.AnswerRow{Browser: "p2", Mode: plan.Named}, "@lead"},
		{"in Slack, by the user id", store.AnswerRow{Browser: "p3", Mode: plan.Named}, "U0OTHER"},
		{"open form", store.AnswerRow{Browser: "firefox", Mode: plan.Named}, ""},
		{"confidential", store.AnswerRow{Subscriber: "page", Mode: plan.Confidential}, ""},
		{"of before there were modes", store.AnswerRow{Subscriber: "page"}, ""},
		{"anonymous", store.AnswerRow{Mode: plan.Anonymous}, ""},
		{"forgotten", store.AnswerRow{Mode: plan.Named}, ""},
	} {
		if got, err := r.Who(t.Context(), tt.answer); err != nil || got != tt.want {
			t.Errorf("%s: Who() = %q, %v, want %q", tt.name, got, err, tt.want)
		}
	}
	if err := r.Erase(t.Context(), "p1"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "nobody", func() bool {
		who, err := r.Who(t.Context(), store.AnswerRow{Subscriber: "page", Mode: plan.Named})
		return err == nil && who == ""
	})
}

// TestExportHasInvitations: who asks what is known of them learns that a link
// was used, and after they were erased nothing of it is left.
func TestExportHasInvitations(t *testing.T) {
	r := newRig(t)
	r.add(t, events.SubscriberConfirmed, "page", "p1", people.OriginPage, "reader@example.org")
	err := r.store.Update(t.Context(), func(tx *store.Tx) error {
		if err := tx.PutLink(events.LinkHash{Hash: "h", Purpose: "feedback"}, store.LinkRow{Upgrade: "pg16", Subscriber: "page", Sent: time.Unix(60, 0)}); err != nil {
			return err
		}
		return tx.UseLink("h")
	})
	if err != nil {
		t.Fatal(err)
	}
	e, err := r.Export(t.Context(), "p1")
	if err != nil || len(e.Invitations) != 1 || e.Invitations[0].Upgrade != "pg16" || !e.Invitations[0].Used || !e.Invitations[0].Sent.Equal(time.Unix(60, 0)) {
		t.Errorf("Export() = %+v, %v, want the invitation, used", e.Invitations, err)
	}
	if err := r.Erase(t.Context(), "p1"); err != nil {
		t.Fatal(err)
	}
	if e, err := r.Export(t.Context(), "p1"); err != nil || len(e.Invitations) != 0 {
		t.Errorf("Export() after the erasure = %+v, %v", e.Invitations, err)
	}
}

// TestPending: what waits is listed by upgrade, with the words, until it is
// dropped.
func TestPending(t *testing.T) {
	r := newRig(t)
	a := people.Pending{Upgrade: "pg16", Text: "words", Numbers: events.FeedbackReceived{Answer: people.NewID(), Rating: 2, Mode: plan.Anonymous}}
	other := a
	other.Upgrade, other.Numbers.Answer = "pg17", people.NewID()
	for _, p := range []people.Pending{a, other} {
		if err := r.KeepPending(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "both", func() bool {
		all, err := r.Pending(t.Context())
		return err == nil && len(all) == 2 && len(all["pg16"]) == 1 && all["pg16"][0] == a && all["pg17"][0] == other
	})
	if err := r.DropPending(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the other alone", func() bool {
		all, err := r.Pending(t.Context())
		return err == nil && len(all) == 1 && len(all["pg17"]) == 1
	})
}

// TestShuffle: answers that were shuffled stand no more in the order in which
// they came, are the same, and are dropped as they were.
func TestShuffle(t *testing.T) {
	r := newRig(t)
	var came []string
	for i := range 9 {
		a := people.Pending{Upgrade: "pg16", Text: strconv.Itoa(i), Numbers: events.FeedbackReceived{Answer: people.NewID(), Rating: 2, Mode: plan.Anonymous}}
		came = append(came, a.Text)
		if err := r.KeepPending(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	var waiting []people.Pending
	list := func(moved bool) func() bool {
		return func() bool {
			all, err := r.Pending(t.Context())
			waiting = all["pg16"]
			return err == nil && len(waiting) == len(came) &&
				!slices.ContainsFunc(waiting, func(a people.Pending) bool { return (a.Place != "") != moved })
		}
	}
	eventually(t, "all nine", list(false))
	places := map[string]bool{}
	for range 3 { // one shuffle in 362,880 changes nothing
		if err := r.Shuffle(t.Context(), waiting); err != nil {
			t.Fatal(err)
		}
		eventually(t, "all of them moved", func() bool {
			return list(true)() && !slices.ContainsFunc(waiting, func(a people.Pending) bool { return places[a.Place] })
		})
		for _, a := range waiting {
			places[a.Place] = true
		}
	}
	if order := r.standing(t); slices.Equal(order, came) || len(order) != len(came) {
		t.Errorf("they stand in the order %v, came in %v", order, came)
	}
	for _, a := range waiting {
		if err := r.DropPending(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "none", func() bool {
		all, err := r.Pending(t.Context())
		return err == nil && len(all) == 0
	})
}

// standing is the words of what waits, in the order of the bucket.
func (r *rig) standing(t *testing.T) (order []string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err := r.bus.WatchPeople(ctx, func(_ string, raw []byte) error {
		var a people.Pending
		if raw == nil {
			return nil
		}
		err := json.Unmarshal(raw, &a)
		order = append(order, a.Text)
		return err
	}, cancel)
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	return order
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(20 * time.Second)
	for !done() {
		select {
		case <-limit:
			t.Fatalf("never: %s", what)
		case <-tick.C:
		}
	}
}
