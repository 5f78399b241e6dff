package notifiers_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/notifiers"
)

// TestOnlyWhatAsksHasAStandIn: where Slack takes nothing, a card that asks goes
// by mail, and not again each time it would be drawn anew.
func TestOnlyWhatAsksHasAStandIn(t *testing.T) {
	s, p := begun(t, func(p *plan.Plan) {
		p.Gates[0].At, p.Gates[0].Deadline = p.Window.Start, p.Window.Start.Add(80*time.Minute)
	})
	s.until(p.Window.Start.Add(21 * time.Minute)) // an hour before, it is asked
	for _, result := range []string{"fail", "pass", "fail"} {
		s.say(s.now.Add(time.Minute), events.GateEvidence, &events.Evidence{Gate: "g1", Kind: "check", Name: "lag", Result: result})
	}
	s.until(p.Window.Start.Add(81 * time.Minute)) // the deadline passes
	s.say(s.now, events.GateDecided, &events.Decided{Gate: "g1", Decision: "no_go"})
	lead := notifiers.Reader{Subscriber: "s", Channel: "slack", Name: "@lead"}
	mailbox := []notifiers.Reader{lead, {Subscriber: "m", Channel: "email", Name: "@lead"}}
	cards, mails := 0, 0
	for _, n := range s.notices {
		if n.Role == notifiers.RoleCrew && n.Form == events.FormCard {
			cards++
			mails += len(notifiers.Fallback(n, lead, mailbox, nil, n.NotBefore))
		}
	}
	if cards != 6 || mails != 1 {
		t.Errorf("%d cards and %d mails in their place, want 6 and the one that asks", cards, mails)
	}
}

func TestFallback(t *testing.T) {
	at := time.Date(2030, 3, 3, 3, 0, 0, 0, time.UTC)
	news := events.Notice{
		ID: "n1", Moment: events.MomentRollback, Audience: "teams", Role: "teams", Channel: "slack", Form: events.FormBroadcast,
		UsefulUntil: at.Add(time.Hour), Required: true, Facts: map[string]string{"reason": "lag"},
	}
	change := func(f func(*events.Notice)) events.Notice { n := news; f(&n); return n }
	failed := notifiers.Reader{Subscriber: "s", Channel: "slack", Audiences: []string{"teams"}}
	to := func(id, channel string, audiences ...string) notifiers.Reader {
		return notifiers.Reader{Subscriber: id, Channel: channel, Audiences: audiences}
	}
	broken := to("b", "email", "teams")
	broken.Broken = true
	for _, tt := range []struct {
		name   string
		n      events.Notice
		theirs []notifiers.Reader
		others []notifiers.Reader
		want   string
	}{
		{"to the person's other channel", news, []notifiers.Reader{failed, to("m", "email")}, []notifiers.Reader{to("x", "email", "teams")}, "m by email"},
		{"not to another broken one", news, []notifiers.Reader{failed, broken}, nil, ""},
		{"not to the same channel", news, []notifiers.Reader{failed, to("d", "slack")}, nil, ""},
		{"not to a machine", news, nil, []notifiers.Reader{to("w", "webhook", "teams")}, ""},
		{"to the audience's other channel", news, nil, []notifiers.Reader{to("x", "email", "teams"), to("y", "email", "managers"), to("z", "email", "teams")}, "x by email z by email"},
		{"to one other channel alone", news, nil, []notifiers.Reader{to("x", "email", "teams"), to("y", "teams", "teams")}, "x by email"},
		{"not what only follows the state", change(func(n *events.Notice) { n.Form, n.Moment = events.FormRoot, events.MomentStatus }), []notifiers.Reader{to("m", "email")}, nil, ""},
		{"not too late", change(func(n *events.Notice) { n.UsefulUntil = at }), []notifiers.Reader{to("m", "email")}, nil, ""},
		{"not twice", change(func(n *events.Notice) { n.Subscriber = "s" }), []notifiers.Reader{to("m", "email")}, nil, ""},
		{"a card as a message", change(func(n *events.Notice) { n.Form, n.Card, n.People = events.FormCard, "gate-g1", []string{"@lead"} }), []notifiers.Reader{to("m", "email")}, nil, "m by email"},
		{"not a card that only follows the state", change(func(n *events.Notice) {
			n.Form, n.Card, n.Redrawn = events.FormCard, "gate-g1", true
		}), []notifiers.Reader{to("m", "email")}, nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got strings.Builder
			for i, n := range notifiers.Fallback(tt.n, failed, tt.theirs, tt.others, at) {
				if i > 0 {
					got.WriteString(" ")
				}
				got.WriteString(n.Subscriber + " by " + n.Channel)
				if n.Form != events.FormMessage || n.ID == tt.n.ID || n.Card != "" || len(n.People) > 0 || fmt.Sprint(n.Facts) != fmt.Sprint(tt.n.Facts) || n.Required != tt.n.Required {
					t.Errorf("notice %+v, want the same as a message of its own", n)
				}
			}
			if got.String() != tt.want {
				t.Errorf("falls back to %q, want %q", got.String(), tt.want)
			}
		})
	}
}
