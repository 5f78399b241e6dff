package email_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"upgradehub/notifiers/email"
)

// TestPipelining: a server that takes several commands at once says no to one
// of them in a way of its own.
func TestPipelining(t *testing.T) {
	tests := []struct {
		name          string
		answers       map[string]string
		code          string
		channelBroken bool
		retryAfter    time.Duration
		sessions      int // for that mail and the next
	}{
		{"recipient refused", map[string]string{"RCPT": "550 5.1.1 no", "DATA": "503 5.5.1 whom to?"}, "550 5.1.1", false, 0, 1},
		{"recipient refused, mail waited for", map[string]string{"RCPT": "550 5.1.1 no"}, "550 5.1.1", false, 0, 2},
		{"greylisted", map[string]string{"RCPT": "451 4.7.1 later", "DATA": "554 5.5.1 whom to?"}, "451 4.7.1", false, 5 * time.Minute, 1},
		{"sender refused", map[string]string{"MAIL": "553 5.7.1 no", "RCPT": "503 no", "DATA": "503 no"}, "553 5.7.1", true, 0, 1},
		{"goodbye", map[string]string{"MAIL": "421 4.3.2 bye|drop"}, "421 4.3.2", false, 0, 2},
		{"hangs up behind a refusal", map[string]string{"RCPT": "550 5.1.1 no|drop"}, "550 5.1.1", false, 0, 2},
		{"mail refused", map[string]string{"DATA": "554 5.7.1 no"}, "554 5.7.1", false, 0, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			srv := serveRaw(t, &raw{ehlo: []string{"PIPELINING", "8BITMIME"}, answers: tt.answers})
			e := open(t, email.Config{URL: "smtp://" + srv.url + "?tls=none", Timeout: patience})
			for i := range 2 {
				f := refusal(t, e, message(fmt.Sprint("d", i)))
				if f.Code != tt.code || f.ChannelBroken != tt.channelBroken || f.RetryAfter != tt.retryAfter || f.Ambiguous {
					t.Errorf("mail %d = %+v, want code %s", i, f, tt.code)
				}
			}
			sessions := slices.DeleteFunc(srv.heard(), func(line string) bool { return !strings.HasPrefix(line, "EHLO") })
			if len(sessions) != tt.sessions || slices.Contains(srv.heard(), ".") {
				t.Errorf("%d sessions for two mails, want %d and nothing of a mail sent:\n%q", len(sessions), tt.sessions, srv.heard())
			}
		})
	}
}

func TestPipelinesOnlyWhatIsOffered(t *testing.T) {
	for _, offered := range []string{"PIPELINING", "SIZE"} {
		srv := serveRaw(t, &raw{ehlo: []string{offered}, answers: map[string]string{"MAIL": "450 later", "RCPT": "503 no", "DATA": "503 no"}})
		refusal(t, open(t, email.Config{URL: "smtp://" + srv.url + "?tls=none"}), message("d1"))
		if together := slices.Contains(srv.heard(), "DATA"); together != (offered == "PIPELINING") {
			t.Errorf("%s: commands = %q", offered, srv.heard())
		}
	}
}
