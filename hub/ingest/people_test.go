package ingest_test

import (
	"errors"
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

// TestAnswersAreNotBroken: who a reply did not reach cannot be mended.
func TestAnswersAreNotBroken(t *testing.T) {
	l := newLogbook(t)
	l.subscribe("a", "email", "users")
	l.own(events.SubscriberConfirmed, "", &events.Subscriber{Subscriber: "answer", Channel: "email", Origin: "answer"})
	l.owe(9, mail(events.MomentStarted))
	reply := mail(events.MomentReply)
	reply.Subscriber = "answer"
	l.owe(10, reply)
	for delivery, code := range map[string]string{events.DeliveryID("n9-0", "a"): "550 5.1.1", events.DeliveryID("n10-0", "answer"): "550 5.1.2"} {
		l.outcome(events.OutcomeFailed, events.DeliveryOutcome{Delivery: delivery, Code: code, Final: true, TargetBroken: true})
	}
	s := l.fold(0)
	if row, _, err := s.Subscriber(t.Context(), "answer"); err != nil || row.Broken != "550 5.1.2" {
		t.Errorf("the answer is %+v, %v, want that the reply did not arrive", row, err)
	}
	if rows, err := s.Broken(t.Context(), 10); err != nil || len(rows) != 1 || rows[0].ID != "a" {
		t.Errorf("Broken() = %+v, %v, want a alone", rows, err)
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
	l.own(events.TypeFeedbackReceived, "pg16", &events.FeedbackReceived{Answer: "x", Invited: true, Rating: 3})
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
	answer := func(id string, rating int, invited bool) *events.FeedbackReceived {
		return &events.FeedbackReceived{Answer: id, Rating: rating, Invited: invited}
	}
	tests := []struct {
		name    string
		facts   []events.Data
		want    string
		late    int
		invited int // of those who answered
	}{
		{"by link", []events.Data{answer("x", 4, true)}, "x 4 r0", 0, 1},
		{"by the open form", []events.Data{answer("x", 4, false)}, "x 4 r0", 0, 0},
		{"two people", []events.Data{answer("x", 4, true), answer("y", 2, true)}, "x 4 r0, y 2 r0", 0, 2},
		{"changed", []events.Data{answer("x", 4, true), answer("x", 2, true), answer("x", 3, true)}, "x 3 r2", 0, 1},
		{"after the survey closed", []events.Data{answer("x", 4, true), nil, answer("x", 1, true), answer("z", 1, true)}, "x 4 r0", 2, 1},
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
			if n, err := s.Invited(t.Context(), "pg16"); err != nil || n != (survey.Invited{Asked: 2, Answered: tt.invited}) {
				t.Errorf("Invited() = %+v, %v, want %d of 2", n, err, tt.invited)
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
		text += fmt.Sprintf("%s %d r%d", r.Answer, r.Rating, r.Revisions)
	}
	return text
}

// TestAnswerIsFound by its id, and by its owner as far as the mirror knows.
func TestAnswerIsFound(t *testing.T) {
	l := asked(t)
	l.own(events.TypeFeedbackReceived, "pg16", &events.FeedbackReceived{Answer: "x", Rating: 4, HasText: true, Disruption: "little"})
	l.own(events.TypeFeedbackReported, "pg16", &events.FeedbackReported{Report: "r", Component: "db"})
	s := l.fold(0)
	for key, value := range map[string]string{
		"bond.pg16.A": `{"of":"x","owner":"a"}`, "bond.pg16.B": `{"of":"r","owner":"a"}`, "bond.pg16.C": `{"of":"later","owner":"b"}`,
		"bond.pg16.D": "no JSON", "bond.pg16.E": "[]", "person.x": `{"of":"x","owner":"b"}`,
	} {
		if err := s.PutPeople(t.Context(), key, []byte(value)); err != nil {
			t.Fatalf("%s = %s: %v", key, value, err)
		}
	}
	if a, ok, err := s.Answer(t.Context(), "x"); err != nil || !ok || !a.HasText || a.Disruption != "little" {
		t.Errorf("Answer() = %+v, %v, %v, want x", a, ok, err)
	}
	if a, ok, err := s.Answer(t.Context(), ""); err != nil || ok {
		t.Errorf("Answer() of no id = %+v, %v, %v, want none", a, ok, err)
	}
	for owner, want := range map[string]string{"a": "[x] [r] 2", "b": "[] [] 1", "": "[] [] 0", "other": "[] [] 0"} {
		var said, told []string
		given, err := s.AnswersOf(t.Context(), owner)
		for _, a := range given {
			said = append(said, a.Answer)
		}
		reports, err2 := s.ReportsOf(t.Context(), owner)
		for _, r := range reports {
			told = append(told, r.ID)
		}
		bonds, err3 := s.BondsOf(t.Context(), owner)
		if got := fmt.Sprint(said, told, len(bonds)); errors.Join(err, err2, err3) != nil || got != want {
			t.Errorf("of %q there are %s, %v, want %s", owner, got, errors.Join(err, err2, err3), want)
		}
	}
	if b, ok, err := s.Bond(t.Context(), "x"); err != nil || !ok || b != (store.Bond{Key: "bond.pg16.A", Of: "x", Owner: "a"}) {
		t.Errorf("Bond() = %+v, %v, %v, want a's", b, ok, err)
	}
}
