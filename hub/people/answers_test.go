package people_test

import (
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
		name  string
		giver people.Giver
		mode  plan.Mode
		want  string
	}{
		{"by link", people.Giver{Upgrade: "a", Subscriber: "page"}, plan.Named, "reader@example.org"},
		{"whom the configuration names", people.Giver{Upgrade: "a", Subscriber: "lead"}, plan.Named, "@lead"},
		{"in Slack, by the name of a subscription", people.Giver{Upgrade: "a", Browser: "p2"}, plan.Named, "@lead"},
		{"in Slack, by the user id", people.Giver{Upgrade: "a", Browser: "p3"}, plan.Named, "U0OTHER"},
		{"open form", people.Giver{Upgrade: "a", Browser: "firefox"}, plan.Named, ""},
		{"confidential", people.Giver{Upgrade: "b", Subscriber: "page"}, plan.Confidential, ""},
		{"of before there were modes", people.Giver{Upgrade: "c", Subscriber: "page"}, "", ""},
		{"forgotten", people.Giver{}, plan.Named, ""},
	} {
		answer, err := r.BindAnswer(t.Context(), tt.giver)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := r.Who(t.Context(), store.AnswerRow{Answer: answer, Mode: tt.mode}); err != nil || got != tt.want {
			t.Errorf("%s: Who() = %q, %v, want %q", tt.name, got, err, tt.want)
		}
	}
	answer, err := r.AnswerBy(t.Context(), people.Giver{Upgrade: "a", Subscriber: "page"})
	if err != nil || answer == "" {
		t.Fatalf("AnswerBy() = %q, %v, want one", answer, err)
	}
	if err := r.Erase(t.Context(), "p1"); err != nil {
		t.Fatal(err)
	}
	if who, err := r.Who(t.Context(), store.AnswerRow{Answer: answer, Mode: plan.Named}); err != nil || who != "" {
		t.Errorf("Who() of somebody erased = %q, %v", who, err)
	}
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
		if err := tx.PutLink(events.LinkHash{Hash: "i", Purpose: "feedback"}, store.LinkRow{Upgrade: "pg17", Subscriber: "page", Sent: time.Unix(90, 0)}); err != nil {
			return err
		}
		return tx.UseLink("h")
	})
	if err != nil {
		t.Fatal(err)
	}
	e, err := r.Export(t.Context(), "p1")
	if err != nil || len(e.Invitations) != 2 || e.Invitations[1].Used || e.Invitations[0].Upgrade != "pg16" || !e.Invitations[0].Used || !e.Invitations[0].Sent.Equal(time.Unix(60, 0)) {
		t.Errorf("Export() = %+v, %v, want the invitations, the first used", e.Invitations, err)
	}
	if _, err := r.BindAnswer(t.Context(), people.Giver{Upgrade: "pg17", Subscriber: "page"}); err != nil {
		t.Fatal(err)
	}
	if e, err := r.Export(t.Context(), "p1"); err != nil || len(e.Invitations) != 2 || !e.Invitations[1].Used {
		t.Errorf("Export() = %+v, %v, want both used", e.Invitations, err)
	}
	if err := r.Erase(t.Context(), "p1"); err != nil {
		t.Fatal(err)
	}
	if e, err := r.Export(t.Context(), "p1"); err != nil || len(e.Invitations) != 0 {
		t.Errorf("Export() after the erasure = %+v, %v", e.Invitations, err)
	}
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
