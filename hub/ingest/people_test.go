package ingest_test

import (
	"fmt"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/link"
	"upgradehub/events/survey"
	"upgradehub/hub/store"
)

func TestSubscriber(t *testing.T) {
	full := &events.Subscriber{
		Subscriber: "a", Channel: "email", Audiences: []string{"users"}, Name: "@lead", Upgrades: []string{"pg16"},
		Zone: "UTC", Lang: "de", Origin: "page", Token: "h",
	}
	only := func(d events.Subscriber) *events.Subscriber { d.Subscriber = "a"; return &d }
	row := func(change func(*store.SubscriberRow)) store.SubscriberRow {
		r := store.SubscriberRow{
			ID: "a", Person: "a", Channel: "email", Audiences: []string{"users"}, Name: "@lead", Upgrades: []string{"pg16"},
			Zone: "UTC", Lang: "de", Origin: "page", Token: "h", State: store.SubscriberActive, Since: 2,
		}
		change(&r)
		return r
	}
	type step struct {
		t events.Type
		d *events.Subscriber
	}
	confirmed := step{events.SubscriberConfirmed, full}
	tests := []struct {
		name  string
		steps []step
		want  store.SubscriberRow
	}{
		{"confirmed at once", []step{confirmed}, row(func(*store.SubscriberRow) {})},
		{"requested", []step{{events.SubscriberRequested, full}}, row(func(r *store.SubscriberRow) { r.State, r.Asked = store.SubscriberRequested, noon.Add(2*time.Second) })},
		{
			"requested, then confirmed",
			[]step{{events.SubscriberRequested, full}, {events.SubscriberConfirmed, only(events.Subscriber{})}},
			row(func(r *store.SubscriberRow) { r.Since, r.Asked = 3, noon.Add(2*time.Second) }),
		},
		{
			"a request does not stop what is active",
			[]step{confirmed, {events.SubscriberRequested, only(events.Subscriber{Channel: "slack"})}},
			row(func(r *store.SubscriberRow) { r.Asked = noon.Add(3 * time.Second) }),
		},
		{
			"changed in part",
			[]step{confirmed, {events.SubscriberChanged, only(events.Subscriber{Zone: "Europe/Berlin"})}},
			row(func(r *store.SubscriberRow) { r.Zone = "Europe/Berlin" }),
		},
		{
			"stated anew",
			[]step{confirmed, {events.SubscriberChanged, only(events.Subscriber{Channel: "email"})}},
			store.SubscriberRow{ID: "a", Person: "a", Channel: "email", Origin: "page", Token: "h", State: store.SubscriberActive, Since: 2},
		},
		{
			"removed",
			[]step{confirmed, {events.SubscriberRemoved, only(events.Subscriber{})}},
			row(func(r *store.SubscriberRow) { r.State, r.Since = store.SubscriberRemoved, 3 }),
		},
		{
			"came back",
			[]step{confirmed, {events.SubscriberRemoved, only(events.Subscriber{})}, confirmed},
			row(func(r *store.SubscriberRow) { r.Since = 4 }),
		},
		{
			"erased",
			[]step{confirmed, {events.SubscriberErased, only(events.Subscriber{})}},
			store.SubscriberRow{ID: "a", Person: "a", Channel: "email", Origin: "page", State: store.SubscriberErased, Since: 3},
		},
		{
			"erased for ever",
			[]step{confirmed, {events.SubscriberErased, only(events.Subscriber{})}, confirmed},
			store.SubscriberRow{ID: "a", Person: "a", Channel: "email", Origin: "page", State: store.SubscriberErased, Since: 3},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := newLogbook(t)
			for _, st := range tt.steps {
				l.own(st.t, "", st.d)
			}
			got, known, err := l.fold(0).Subscriber(t.Context(), "a")
			if err != nil || !known || fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", tt.want) {
				t.Errorf("Subscriber() = %+v, %v, %v\nwant %+v", got, known, err, tt.want)
			}
		})
	}
}

func TestUnknownSubscriberIsNotChanged(t *testing.T) {
	l := newLogbook(t)
	l.own(events.SubscriberChanged, "", &events.Subscriber{Subscriber: "a", Channel: "email"})
	if rows, err := l.fold(0).SubscribersFrom(t.Context(), ""); err != nil || len(rows) != 0 {
		t.Errorf("Subscribers() = %+v, %v, want none", rows, err)
	}
}

func TestBrokenTarget(t *testing.T) {
	refused := func(l *logbook) {
		l.outcome(events.OutcomeFailed, events.DeliveryOutcome{Delivery: events.DeliveryID("n9-0", "a"), Code: "550 5.1.1", Final: true, TargetBroken: true})
	}
	tests := []struct {
		name  string
		facts func(*logbook)
		want  string
	}{
		{"refused", refused, "550 5.1.1"},
		{"accepted later", func(l *logbook) {
			refused(l)
			l.owe(10, mail(events.MomentUpdate))
			l.outcome(events.OutcomeAccepted, events.DeliveryOutcome{Delivery: events.DeliveryID("n10-0", "a")})
		}, ""},
		{"stated anew", func(l *logbook) { refused(l); l.subscribe("a", "email", "users") }, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := newLogbook(t)
			l.subscribe("a", "email", "users")
			l.owe(9, mail(events.MomentStarted))
			tt.facts(l)
			if r, _, err := l.fold(0).Subscriber(t.Context(), "a"); err != nil || r.Broken != tt.want {
				t.Errorf("broken %q, %v, want %q", r.Broken, err, tt.want)
			}
		})
	}
}

// asked makes the upgrade end and asks subscriber a and b for feedback.
func asked(t testing.TB) *logbook {
	l := newLogbook(t)
	l.subscribe("a", "email", "users")
	l.subscribe("b", "email", "users")
	l.planned()
	l.tool(events.UpgradeStarted, &events.Step{})
	end := l.tool(events.UpgradeCompleted, &events.Completed{})
	l.owe(end, events.Notice{ID: "done", Moment: events.MomentCompleted, Audience: "users", Role: "users", Channel: "email", Required: true})
	for _, id := range []string{"a", "b"} {
		l.outcome(events.OutcomeAccepted, events.DeliveryOutcome{
			Delivery: events.DeliveryID("done", id),
			Links:    []events.LinkHash{{Hash: "link-" + id, Purpose: string(link.Feedback)}, {Hash: "stop-" + id, Purpose: string(link.Subscribe)}},
		})
	}
	return l
}

func TestLinks(t *testing.T) {
	l := asked(t)
	s := l.fold(0)
	want := store.LinkRow{Purpose: "feedback", Upgrade: "pg16", Subscriber: "a", Role: "users", Channel: "email"}
	got, ok, err := s.Link(t.Context(), "link-a")
	if want.Sent = got.Sent; err != nil || !ok || got != want || got.Sent.IsZero() {
		t.Errorf("Link() = %+v, %v, %v, want %+v", got, ok, err, want)
	}
	l.own(events.TypeFeedbackReceived, "pg16", &events.FeedbackReceived{Answer: "x", Link: "link-b", Rating: 3})
	l.into(s, 0)
	both := survey.Invited{Asked: 2, Answered: 1}
	if n, err := s.Invited(t.Context(), "pg16"); err != nil || n != both {
		t.Errorf("Invited() = %+v, %v, want %+v", n, err, both)
	}
	l.own(events.SubscriberChanged, "", &events.Subscriber{Subscriber: "a", Generation: 1})
	l.own(events.SubscriberErased, "", &events.Subscriber{Subscriber: "b"})
	l.into(s, 0)
	for _, hash := range []string{"link-a", "stop-a", "link-b", "nothing"} {
		if got, ok, err := s.Link(t.Context(), hash); err != nil || ok {
			t.Errorf("Link(%s) = %+v, %v, %v, want none", hash, got, ok, err)
		}
	}
	if n, err := s.Invited(t.Context(), "pg16"); err != nil || n != both {
		t.Errorf("Invited() = %+v, %v, want %+v although the links are gone: a count is no person", n, err, both)
	}
}

// TestLinksOfWhatMayHaveArrived: nobody knows whether the message was
// accepted, so what it offers must work.
func TestLinksOfWhatMayHaveArrived(t *testing.T) {
	l := newLogbook(t)
	l.subscribe("a", "email", "users")
	l.owe(9, mail(events.MomentCompleted))
	l.outcome(events.OutcomeFailed, events.DeliveryOutcome{
		Delivery: events.DeliveryID("n9-0", "a"), Code: "timeout", Ambiguous: true, Final: true,
		Links: []events.LinkHash{{Hash: "stop-a", Purpose: "subscribe"}},
	})
	s := l.fold(0)
	if got, ok, err := s.Link(t.Context(), "stop-a"); err != nil || !ok || got.Subscriber != "a" {
		t.Errorf("Link() = %+v, %v, %v, want a's", got, ok, err)
	}
}

func TestFeedback(t *testing.T) {
	answer := func(id string, rating int, from string) *events.FeedbackReceived {
		d := &events.FeedbackReceived{Answer: id, Rating: rating}
		if from == "a" || from == "b" {
			d.Link = "link-" + from
		} else {
			d.Browser = from
		}
		return d
	}
	tests := []struct {
		name  string
		facts []events.Data
		want  string
		late  int
	}{
		{"by link", []events.Data{answer("x", 4, "a")}, "x 4 a r0", 0},
		{"two people", []events.Data{answer("x", 4, "a"), answer("y", 2, "b")}, "x 4 a r0, y 2 b r0", 0},
		{"changed by link", []events.Data{answer("x", 4, "a"), answer("y", 2, "a"), answer("z", 3, "a")}, "z 3 a r2", 0},
		{"changed under its own id", []events.Data{answer("x", 4, "a"), answer("x", 1, "a")}, "x 1 a r1", 0},
		{"changed under the id of another", []events.Data{answer("x", 4, "a"), answer("y", 2, "b"), answer("x", 1, "b")}, "x 1 b r1", 0},
		{"changed in the browser", []events.Data{answer("x", 4, "firefox"), answer("y", 5, "firefox")}, "y 5  r1", 0},
		{"two browsers", []events.Data{answer("x", 4, "firefox"), answer("y", 5, "lynx")}, "x 4  r0, y 5  r0", 0},
		{"after the survey closed", []events.Data{answer("x", 4, "a"), nil, answer("y", 1, "a"), answer("z", 1, "b")}, "x 4 a r0", 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := asked(t)
			var late time.Duration
			for _, d := range tt.facts {
				if d == nil {
					late = 8 * 24 * time.Hour
					continue
				}
				e := events.Event{ID: fmt.Sprint(l.next()), Source: "hub", Type: events.TypeFeedbackReceived, Upgrade: "pg16", Recorded: l.at().Add(late), Data: d}
				l.add(e)
			}
			s := l.fold(0)
			if got := answers(t, s); got != tt.want {
				t.Errorf("answers %q, want %q", got, tt.want)
			}
			if n, err := s.LateAnswers(t.Context(), "pg16"); err != nil || n != tt.late {
				t.Errorf("LateAnswers() = %d, %v, want %d", n, err, tt.late)
			}
		})
	}
}

func answers(t testing.TB, s *store.Store) string {
	t.Helper()
	rows, err := s.Answers(t.Context(), "pg16")
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	for _, r := range rows {
		if text != "" {
			text += ", "
		}
		text += fmt.Sprintf("%s %d %s r%d", r.Answer, r.Rating, r.Subscriber, r.Revisions)
	}
	return text
}

func TestAnswerIsFound(t *testing.T) {
	l := asked(t)
	l.own(events.TypeFeedbackReceived, "pg16", &events.FeedbackReceived{Answer: "x", Link: "link-a", Browser: "firefox", Rating: 3})
	l.own(events.TypeFeedbackReceived, "pg16", &events.FeedbackReceived{Answer: "y", Browser: "firefox", Rating: 4, HasText: true, Disruption: "little"})
	s := l.fold(0)
	if a, ok, err := s.AnswerByLink(t.Context(), "link-a"); err != nil || !ok || a.Answer != "x" {
		t.Errorf("AnswerByLink() = %+v, %v, %v, want x", a, ok, err)
	}
	if a, ok, err := s.AnswerByBrowser(t.Context(), "pg16", "firefox"); err != nil || !ok || a.Answer != "y" || !a.HasText || a.Disruption != "little" {
		t.Errorf("AnswerByBrowser() = %+v, %v, %v, want y", a, ok, err)
	}
	for _, key := range []string{"", "other"} {
		if a, ok, err := s.AnswerByLink(t.Context(), key); err != nil || ok {
			t.Errorf("AnswerByLink(%q) = %+v, %v, %v, want none", key, a, ok, err)
		}
		if a, ok, err := s.AnswerByBrowser(t.Context(), "pg16", key); err != nil || ok {
			t.Errorf("AnswerByBrowser(%q) = %+v, %v, %v, want none", key, a, ok, err)
		}
	}
}
