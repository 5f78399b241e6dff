package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"upgradehub/notifiers/webhook"
	"upgradehub/statuspage/feedback"
)

// TestSubscribeAProgram: a program is told nothing until it has answered the
// challenge; then it knows the secret of what it is told, and ends it itself.
func TestSubscribeAProgram(t *testing.T) {
	target := startTarget(t)
	a := newAsker(t, configNow+"\nwebhook_allow_subscribers: [127.0.0.0/8]\n")
	err := a.n.subscriptions.Request(t.Context(), feedback.Target{Channel: "webhook", Address: target.URL + "/good"}, feedback.Wish{})
	if err != nil {
		t.Fatal(err)
	}
	challenge := a.told(t, target, 1)
	if challenge.Data.Moment != "confirm" || challenge.Data.Links.Confirm == "" || challenge.Data.Links.Unsubscribe != "" {
		t.Fatalf("challenge is %+v", challenge)
	}
	a.applied(t, "pg17", "upgrade.planned", map[string]any{"plan": withoutAudiences("pg17")})
	a.settled(t)
	if n := len(target.calls("/good")); n != 1 {
		t.Errorf("%d calls before the challenge was answered", n)
	}
	link := confirmLink.FindString(challenge.Data.Links.Confirm)
	a.opens(t, link)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.page+link, nil)
	if err != nil {
		t.Fatal(err)
	}
	status, body := answer(t, req)
	var said struct{ Secret string }
	if err := json.Unmarshal([]byte(body), &said); err != nil || status != http.StatusOK {
		t.Fatalf("answer to the challenge = %d: %s", status, body)
	}
	a.applied(t, "pg18", "upgrade.planned", map[string]any{"plan": withoutAudiences("pg18")})
	announced := a.told(t, target, 2)
	if announced.Data.Moment != "announced" || announced.Data.Upgrade.ID != "pg18" {
		t.Errorf("told %+v, want the announcement", announced)
	}
	hook, err := standardwebhooks.NewWebhook(said.Secret)
	if err != nil {
		t.Fatal(err)
	}
	if err := hook.Verify(target.calls("/good")[1].body, target.calls("/good")[1].header); err != nil {
		t.Errorf("the secret it was told does not verify: %v", err)
	}
	leave := manageLink.FindString(announced.Data.Links.Unsubscribe)
	a.opens(t, leave)
	if status := submit(t, a.page+leave, "List-Unsubscribe=One-Click"); status != http.StatusOK {
		t.Errorf("unsubscribe = %d", status)
	}
	a.applied(t, "pg18", "upgrade.canceled", map[string]any{"reason": "Not today."})
	a.settled(t)
	if n := len(target.calls("/good")); n != 2 {
		t.Errorf("%d calls, want none after it left", n)
	}
}

// told waits for the n-th call and reads it.
func (a *asker) told(t *testing.T, target *hookTarget, n int) webhook.Payload {
	t.Helper()
	eventually(t, 30*time.Second, "a call", func() bool { return len(target.calls("/good")) >= n })
	var p webhook.Payload
	if err := json.Unmarshal(target.calls("/good")[n-1].body, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// withoutAudiences is a plan in which everybody takes part.
func withoutAudiences(id string) map[string]any {
	plan := planNow(id)
	delete(plan, "audiences")
	return plan
}

// TestChallengeGoesNowhereInside: a stranger cannot make the hub call what only
// the hub reaches.
func TestChallengeGoesNowhereInside(t *testing.T) {
	target := startTarget(t)
	a := newAsker(t, configNow)
	if err := a.n.subscriptions.Request(t.Context(), feedback.Target{Channel: "webhook", Address: target.URL + "/good"}, feedback.Wish{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, 30*time.Second, "the challenge is tried", func() bool {
		tried := strings1(t, a.db(t), `SELECT count(*) FROM deliveries WHERE channel = 'webhook' AND attempts > 0`)
		return strings.Join(tried, "") != "0"
	})
	if n := len(target.calls("/good")); n != 0 {
		t.Errorf("%d calls to a loopback address", n)
	}
}
