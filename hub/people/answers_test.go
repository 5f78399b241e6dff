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
