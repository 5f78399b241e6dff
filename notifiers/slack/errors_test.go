package slack_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/notifiers"
	"upgradehub/notifiers/slack/slacktest"
)

func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.URL
}

// verdict is what the courier goes by.
type verdict struct {
	Code                                              string
	Permanent, TargetBroken, ChannelBroken, Ambiguous bool
	Definite                                          bool
}

func verdictOf(e notifiers.SendError) verdict {
	return verdict{e.Code, e.Permanent, e.TargetBroken, e.ChannelBroken, e.Ambiguous, e.Definite}
}

func TestVerdictOnPost(t *testing.T) {
	tests := []struct {
		name  string
		fault slacktest.Fault
		want  verdict
	}{
		{"429", slacktest.RateLimited(3), verdict{Code: "ratelimited"}},
		{"429 without Retry-After", slacktest.RateLimitedUntil(""), verdict{Code: "ratelimited"}},
		{"429 with a date", slacktest.RateLimitedUntil("Wed, 21 Oct 2015 07:28:00 GMT"), verdict{Code: "ratelimited"}},
		{"ratelimited with 200", slacktest.Refusal("ratelimited"), verdict{Code: "ratelimited"}},
		{"workspace is full", slacktest.Refusal("message_limit_exceeded"), verdict{Code: "message_limit_exceeded"}},
		{"500", slacktest.Status(500), verdict{Code: "http_500"}},
		{"503", slacktest.Status(503), verdict{Code: "http_503"}},
		{"404", slacktest.Status(404), verdict{Code: "http_404", ChannelBroken: true}},
		{"service_unavailable", slacktest.Refusal("service_unavailable"), verdict{Code: "service_unavailable"}},
		{"unknown code", slacktest.Refusal("brand_new_error"), verdict{Code: "brand_new_error"}},
		{"internal_error", slacktest.Refusal("internal_error"), verdict{Code: "internal_error", Ambiguous: true}},
		{"fatal_error", slacktest.Refusal("fatal_error"), verdict{Code: "fatal_error", Ambiguous: true}},
		{"channel_not_found", slacktest.Refusal("channel_not_found"), verdict{Code: "channel_not_found", Permanent: true, TargetBroken: true}},
		{"is_archived", slacktest.Refusal("is_archived"), verdict{Code: "is_archived", Permanent: true, TargetBroken: true}},
		{"not_in_channel", slacktest.Refusal("not_in_channel"), verdict{Code: "not_in_channel", Permanent: true, TargetBroken: true}},
		{"restricted", slacktest.Refusal("restricted_action_read_only_channel"), verdict{Code: "restricted_action_read_only_channel", Permanent: true, TargetBroken: true}},
		{"invalid_auth", slacktest.Refusal("invalid_auth"), verdict{Code: "invalid_auth", ChannelBroken: true, Definite: true}},
		{"token_revoked", slacktest.Refusal("token_revoked"), verdict{Code: "token_revoked", ChannelBroken: true, Definite: true}},
		{"missing_scope", slacktest.Refusal("missing_scope"), verdict{Code: "missing_scope", ChannelBroken: true, Definite: true}},
		{"no error text", slacktest.Body(`{"ok":false}`), verdict{Code: "unreadable_answer", Ambiguous: true}},
		{"empty object", slacktest.Body(`{}`), verdict{Code: "unreadable_answer", Ambiguous: true}},
		{"no JSON", slacktest.Body("<html>maintenance</html>"), verdict{Code: "unreadable_answer", Ambiguous: true}},
		{"nothing", slacktest.Body(""), verdict{Code: "unreadable_answer", Ambiguous: true}},
		{"errors of unknown shape", slacktest.Body(`{"ok":false,"error":"invalid_blocks","errors":[{"strange":1}]}`), verdict{Code: "unreadable_answer", Ambiguous: true}},
		{"reset after the post", slacktest.AcceptReset(), verdict{Code: "network", Ambiguous: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			srv, s := setup(t, slacktest.Config{})
			srv.Script("chat.postMessage", tt.fault)
			e := refusal(t, s, message("d1", events.FormRoot, notifiers.Receipt{}))
			if got := verdictOf(e); got != tt.want {
				t.Errorf("verdict = %+v (%v), want %+v", got, &e, tt.want)
			}
			if n := srv.Calls("chat.postMessage"); n != 1 {
				t.Errorf("%d calls, want 1: nothing is retried in here", n)
			}
		})
	}
}

func TestVerdictOnUpdate(t *testing.T) {
	tests := []struct {
		name  string
		fault slacktest.Fault
		want  verdict
	}{
		{"internal_error", slacktest.Refusal("internal_error"), verdict{Code: "internal_error"}},
		{"update_failed", slacktest.Refusal("update_failed"), verdict{Code: "update_failed"}},
		{"no JSON", slacktest.Body("x"), verdict{Code: "unreadable_answer"}},
		{"empty object", slacktest.Body("{}"), verdict{Code: "unreadable_answer"}},
		{"reset", slacktest.AcceptReset(), verdict{Code: "network"}},
		{"channel_not_found", slacktest.Refusal("channel_not_found"), verdict{Code: "channel_not_found", Permanent: true, TargetBroken: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			srv, s := setup(t, slacktest.Config{})
			root := send(t, s, message("d1", events.FormRoot, notifiers.Receipt{}))
			srv.Script("chat.update", tt.fault)
			e := refusal(t, s, message("d2", events.FormRoot, root))
			if got := verdictOf(e); got != tt.want {
				t.Errorf("verdict = %+v (%v), want %+v", got, &e, tt.want)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	soon := time.Now().Add(90 * time.Second).UTC().Format(http.TimeFormat)
	tests := []struct {
		name     string
		fault    slacktest.Fault
		min, max time.Duration
	}{
		{"seconds", slacktest.RateLimited(3), 3 * time.Second, 3 * time.Second},
		{"years", slacktest.RateLimited(999_999_999), time.Hour, time.Hour},
		{"longer than can be counted", slacktest.RateLimited(9_999_999_999), time.Hour, time.Hour},
		{"none", slacktest.RateLimitedUntil(""), 0, 0},
		{"date", slacktest.RateLimitedUntil(soon), 60 * time.Second, 90 * time.Second},
		{"past date", slacktest.RateLimitedUntil("Wed, 21 Oct 2015 07:28:00 GMT"), 0, 0},
		{"nonsense", slacktest.RateLimitedUntil("soon"), 0, 0},
		{"workspace is full", slacktest.Refusal("message_limit_exceeded"), 10 * time.Minute, 10 * time.Minute},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			srv, s := setup(t, slacktest.Config{})
			srv.Script("chat.postMessage", tt.fault)
			e := refusal(t, s, message("d1", events.FormRoot, notifiers.Receipt{}))
			if e.RetryAfter < tt.min || e.RetryAfter > tt.max {
				t.Errorf("RetryAfter = %v, want %v to %v", e.RetryAfter, tt.min, tt.max)
			}
		})
	}
}

func TestVerdictOnPerson(t *testing.T) {
	srv, s := setup(t, slacktest.Config{})
	m := message("d1", events.FormRoot, notifiers.Receipt{})
	m.To.Address = "U0NOBODY1"
	want := verdict{Code: "user_not_found", Permanent: true, TargetBroken: true}
	if e := refusal(t, s, m); verdictOf(e) != want {
		t.Errorf("unknown person = %+v, want %+v", verdictOf(e), want)
	}
	srv.Script("conversations.open", slacktest.Status(500))
	if e := refusal(t, s, m); e.Code != "http_500" || e.Ambiguous || e.Permanent {
		t.Errorf("conversations.open with 500 = %+v, want to be tried again", e)
	}
}
