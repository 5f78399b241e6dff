package notifiers_test

import (
	"strings"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/theme"
	"upgradehub/notifiers"
)

// TestRequest: who asked on the page is asked whether they meant it, and whose
// address is known is told so; neither is about an upgrade.
func TestRequest(t *testing.T) {
	recorded := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for _, subscribed := range []bool{false, true} {
		n := notifiers.PlanRequest(7, recorded, "s1", "email", subscribed)
		if n.Subscriber != "s1" || !n.UsefulUntil.Equal(recorded.Add(48*time.Hour)) || len(notifiers.Addressed([]events.Notice{n})) != 0 {
			t.Errorf("notice %+v, want one for s1 alone, of use for 48 h", n)
		}
		links := notifiers.Links{Page: "https://status.example.org/", Confirm: "https://status.example.org/subscribe/CONFIRM"}
		if subscribed {
			links.Confirm, links.Unsubscribe = "", "https://status.example.org/s/UNSUBSCRIBE"
		}
		r, v := renderer(t), notifiers.View{
			Delivery: notifiers.Delivery{ID: "d1", Notice: n, Subscriber: "s1", Channel: "email"}, Links: links, Now: recorded,
			Person: notifiers.Person{Channel: "email", Address: "reader@example.org"}, Theme: theme.Theme{Name: "Example status"},
		}
		m, err := r.Render(v)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, "testdata/golden/"+string(n.Moment)+".txt", m.Subject+"\n\n"+m.Text)
		golden(t, "testdata/golden/"+string(n.Moment)+".html", m.HTML)
		inOtherLanguages(t, r, v, string(n.Moment))
		if !strings.HasPrefix(m.Subject, "Example status: ") || m.Calendar != nil {
			t.Errorf("subject %q, calendar %s", m.Subject, m.Calendar)
		}
	}
}

// TestChoose: one person gets the best message, once, on the first channel
// that works.
func TestChoose(t *testing.T) {
	mail := notifiers.Reader{Subscriber: "mail", Channel: "email", Audiences: []string{"managers"}}
	chat := notifiers.Reader{Subscriber: "chat", Channel: "slack", Audiences: []string{"teams"}}
	both := chat
	both.Audiences = []string{"managers"}
	broken := mail
	broken.Broken = true
	told := events.Notice{Moment: events.MomentLate, Audience: "managers", Channel: "email", Form: events.FormMessage}
	reply := events.Notice{Moment: events.MomentLate, Audience: "teams", Channel: "slack", Form: events.FormThread}
	board := events.Notice{Moment: events.MomentStatus, Audience: "managers", Channel: "slack", Form: events.FormRoot, Preferred: []string{"email"}}
	required := reply
	required.Required = true
	card := events.Notice{Moment: events.MomentDecision, Audience: "teams", Channel: "slack", Form: events.FormCard, Card: "gate:g1"}
	other := card
	other.Card = "gate:g2"
	for _, tt := range []struct {
		name    string
		targets []notifiers.Reader
		notices []events.Notice
		want    string
	}{
		{"the first", []notifiers.Reader{mail, chat}, []events.Notice{told, reply}, "mail/message"},
		{"what may not be dropped", []notifiers.Reader{mail, chat}, []events.Notice{told, required}, "chat/thread"},
		{"the first that works", []notifiers.Reader{broken, chat}, []events.Notice{told, reply}, "chat/thread"},
		{"the first if none works", []notifiers.Reader{broken}, []events.Notice{told}, "mail/message"},
		{"no root message beside mail that is preferred", []notifiers.Reader{mail, both}, []events.Notice{told, board}, "mail/message"},
		{"but where mail is refused", []notifiers.Reader{broken, both}, []events.Notice{board}, "chat/root"},
		{"each card once", []notifiers.Reader{chat}, []events.Notice{reply, card, card, other}, "chat/thread chat/card chat/card"},
		{"nothing for others", []notifiers.Reader{chat}, []events.Notice{told}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, c := range notifiers.Choose(tt.targets, tt.notices, notifiers.About{Upgrade: "u1"}) {
				got = append(got, c.Subscriber+"/"+string(c.Notice.Form))
			}
			if s := strings.Join(got, " "); s != tt.want {
				t.Errorf("Choose() = %q, want %q", s, tt.want)
			}
		})
	}
}
