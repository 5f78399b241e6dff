package ingest_test

import (
	"slices"
	"testing"

	"upgradehub/events"
	"upgradehub/events/link"
	"upgradehub/hub/store"
)

// toldOf lists who is owed a moment.
func toldOf(t *testing.T, s *store.Store, upgrade string, m events.Moment) []string {
	t.Helper()
	rows, err := s.Deliveries(t.Context(), store.DeliveryFilter{Upgrade: upgrade})
	if err != nil {
		t.Fatal(err)
	}
	var who []string
	for _, r := range rows {
		if r.Moment == m {
			who = append(who, r.Subscriber)
		}
	}
	slices.Sort(who)
	return who
}

// TestReminded: one more time those are asked who were asked, on whatever target
// of theirs. Who has answered, the log says of an anonymous survey alone.
func TestReminded(t *testing.T) {
	l := asked(t)
	l.subscribe("c", "email", "users") // came after the end
	l.own(events.TypeFeedbackReceived, "pg16", &events.FeedbackReceived{Answer: "x", Invited: true, Rating: 3})
	l.own(events.TypeFeedbackUsed, "pg16", &events.FeedbackUsed{Link: "link-a"})
	l.owe(l.next(), events.Notice{
		Moment: events.MomentSurveyReminder, Audience: "users", Role: "users", Channel: "email", Unanswered: true,
	})
	if got := toldOf(t, l.fold(0), "pg16", events.MomentSurveyReminder); !slices.Equal(got, []string{"b"}) {
		t.Errorf("%v are owed a reminder, want b alone, whose link is not used", got)
	}
}

// TestAskedOnce: nobody is asked twice about one upgrade, nor within two weeks
// about two.
func TestAskedOnce(t *testing.T) {
	for _, tt := range []struct {
		name string
		days int // after the first upgrade's end
		of   string
		want []string
	}{
		{"the same upgrade", 20, "pg16", []string{"c"}},
		{"another one soon", 13, "pg17", []string{"c"}},
		{"another one later", 15, "pg17", []string{"a", "b", "c"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := asked(t)
			l.subscribe("c", "email", "users")
			cause := l.next()
			at := l.at().AddDate(0, 0, tt.days)
			l.add(events.Event{
				ID: "later", Source: "hub", Type: events.TypeNoticeOwed, Upgrade: tt.of, Time: at, Recorded: at,
				Data: &events.NoticeOwed{Cause: cause, Epoch: 1, Notices: []events.Notice{{
					ID: "ask", Moment: events.MomentSurvey, Audience: "users", Role: "users", Channel: "email",
					Form: events.FormMessage, UsefulUntil: at.AddDate(0, 0, 1), Unasked: true,
				}}},
			})
			if got := toldOf(t, l.fold(0), tt.of, events.MomentSurvey); !slices.Equal(got, tt.want) {
				t.Errorf("%v are asked, want %v", got, tt.want)
			}
		})
	}
}

// TestAskedIsOfPersons: a link that reached one target of somebody counts for
// all of them.
func TestAskedIsOfPersons(t *testing.T) {
	l := newLogbook(t)
	l.person("p", map[string]string{"mail": "email", "chat": "slack"}, "users")
	l.owe(9, events.Notice{ID: "done", Moment: events.MomentCompleted, Audience: "users", Role: "users", Channel: "email"})
	l.outcome(events.OutcomeAccepted, events.DeliveryOutcome{
		Delivery: events.DeliveryID("done", "mail"), Links: []events.LinkHash{{Hash: "link-p", Purpose: string(link.Feedback)}},
	})
	s := l.fold(0)
	for _, tt := range []struct {
		subscriber, upgrade string
		want                bool
	}{{"mail", "pg17", true}, {"chat", "pg17", true}, {"chat", "pg16", false}, {"nobody", "pg17", false}} {
		lately, err := s.AskedElse(t.Context(), tt.subscriber, tt.upgrade, noon)
		if err != nil || lately != tt.want {
			t.Errorf("AskedElse(%s, %s) = %v, %v, want %v", tt.subscriber, tt.upgrade, lately, err, tt.want)
		}
	}
}
