package notifiers_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/notifiers"
)

// TestNewItems is the list of what is new, by mail and in Slack: of all
// upgrades, in numbers, with where to look.
func TestNewItems(t *testing.T) {
	r := renderer(t)
	nine := time.Date(2030, 1, 8, 9, 0, 0, 0, time.UTC)
	both := notifiers.Crew(func(string) bool { return true })
	notices := notifiers.PlanNewItems(7, nine, &events.FeedbackListed{Owner: "@lead", Until: nine, Count: 7}, []notifiers.Audience{both})
	if len(notices) != 2 || notices[0].People[0] != "@lead" || notifiers.PlanNewItems(7, nine, &events.FeedbackListed{}, nil) != nil {
		t.Fatalf("PlanNewItems() = %+v, want one for each channel of @lead", notices)
	}
	due := nine.Add(48 * time.Hour)
	fresh := []notifiers.NewItem{
		{Upgrade: "pg17", Title: "Database 16 to 17", Rating: 1, Disruption: "blocked", Due: due.Add(time.Hour)},
		{Upgrade: "pg17", Title: "Database 16 to 17", Rating: 2, Due: due},
		{Upgrade: "pg17", Title: "Database 16 to 17", Rating: 2, Due: due},
		{Upgrade: "pg17", Title: "Database 16 to 17", Report: true, Component: "Checkout", Due: due},
		{Upgrade: "pg17", Title: "Database 16 to 17", Report: true, Due: due},
		{Upgrade: "mail", Title: "Mail\nmoves", Due: due},
	}
	for _, n := range notices {
		if until, err := notifiers.ListedUntil(n); err != nil || !until.Equal(nine) {
			t.Errorf("ListedUntil() = %s, %v, want %s", until, err, nine)
		}
		v := notifiers.View{
			Delivery: notifiers.Delivery{ID: "d1", Notice: n, Subscriber: "s1", Channel: n.Channel}, Now: nine, New: fresh,
			Person: notifiers.Person{Channel: n.Channel, Address: "reader@example.org", Zone: "Europe/Berlin"},
			Links:  notifiers.Links{Page: "https://status.example.org/", Unsubscribe: "https://status.example.org/s/UNSUBSCRIBE"},
		}
		m, err := r.Render(v)
		if err != nil {
			t.Fatal(err)
		}
		if n.Channel == "email" {
			golden(t, "testdata/golden/new-items.crew.email.txt", "Subject: "+m.Subject+"\n\n"+m.Text)
			golden(t, "testdata/golden/new-items.crew.email.html", m.HTML)
			inOtherLanguages(t, r, v, "new-items.crew")
		} else {
			shown, err := json.MarshalIndent([]any{m.Headline, m.Sections, m.Buttons}, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, "testdata/golden/new-items.crew.slack.json", string(shown)+"\n")
		}
		v.New = nil
		if _, err := r.Render(v); !errors.Is(err, notifiers.ErrStale) {
			t.Errorf("a list of what somebody has looked at: %v, want ErrStale", err)
		}
	}
}

// TestOfficeOpened: on working days from nine to five, by the clocks there.
func TestOfficeOpened(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ at, want string }{
		{"2026-03-06T07:59:00Z", ""},
		{"2026-03-06T08:00:00Z", "2026-03-06T09:00:00+01:00"},
		{"2026-03-06T15:59:00Z", "2026-03-06T09:00:00+01:00"},
		{"2026-03-06T16:00:00Z", ""},
		{"2026-03-07T10:00:00Z", ""},
		{"2026-03-30T07:00:00Z", "2026-03-30T09:00:00+02:00"},
	} {
		at, err := time.Parse(time.RFC3339, tt.at)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if opened, open := notifiers.OfficeOpened(at, berlin); open {
			got = opened.Format(time.RFC3339)
		}
		if got != tt.want {
			t.Errorf("OfficeOpened(%s) = %q, want %q", tt.at, got, tt.want)
		}
	}
}
