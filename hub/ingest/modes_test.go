package ingest_test

import (
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/events/survey"
	"upgradehub/events/upgrade"
	"upgradehub/hub/store"
)

// unsigned is an anonymous answer that is published.
func unsigned(id string, rating int) *events.FeedbackReceived {
	return &events.FeedbackReceived{
		Answer: id, Rating: rating, Disruption: "lot", Minutes: 30, Effort: 2, HasText: true, Role: "users", Channel: "email", Mode: plan.Anonymous,
	}
}

// TestAnonymousAnswer: it stands apart from its link, with the hour, and counts
// although the survey has closed; published again it is the same.
func TestAnonymousAnswer(t *testing.T) {
	l := asked(t)
	l.own(events.TypeFeedbackUsed, "pg16", &events.FeedbackUsed{Link: "link-a"})
	late := l.at().Add(8 * 24 * time.Hour)
	for _, id := range []string{"x", "again"} {
		l.add(events.Event{ID: id, Source: "hub", Type: events.TypeFeedbackReceived, Upgrade: "pg16", Recorded: late, Data: unsigned("x", 2)})
	}
	s := l.fold(0)
	rows, err := s.Answers(t.Context(), "pg16")
	want := store.AnswerRow{
		Answer: "x", Upgrade: "pg16", Rating: 2, Disruption: "lot", Minutes: 30, Effort: 2, HasText: true, Role: "users", Channel: "email",
		Mode: plan.Anonymous, Recorded: late.UTC().Truncate(time.Hour),
	}
	if err != nil || len(rows) != 1 || rows[0] != want {
		t.Errorf("Answers() = %+v, %v\nwant %+v", rows, err, want)
	}
	if n, err := s.LateAnswers(t.Context(), "pg16"); err != nil || n != 0 {
		t.Errorf("LateAnswers() = %d, %v, want none", n, err)
	}
	for hash, used := range map[string]bool{"link-a": true, "link-b": false} {
		if got, _, err := s.Link(t.Context(), hash); err != nil || got.Used != used {
			t.Errorf("Link(%s) = %+v, %v, want used: %v", hash, got, err, used)
		}
	}
	sent, err := s.InvitationsOf(t.Context(), "a")
	if err != nil || len(sent) != 1 || !sent[0].Used || sent[0].Upgrade != "pg16" {
		t.Errorf("InvitationsOf() = %+v, %v, want the one that was used", sent, err)
	}
}

func TestAnswerUsesItsLink(t *testing.T) {
	l := asked(t)
	l.own(events.TypeFeedbackReceived, "pg16", &events.FeedbackReceived{Answer: "x", Link: "link-a", Rating: 3})
	if got, _, err := l.fold(0).Link(t.Context(), "link-a"); err != nil || !got.Used {
		t.Errorf("Link() = %+v, %v, want it used", got, err)
	}
}

// TestSurveyForget: half a year after the end nothing says any more who was
// invited and who answered; what was answered stays.
func TestSurveyForget(t *testing.T) {
	l := asked(t)
	l.own(events.TypeFeedbackReceived, "pg16", &events.FeedbackReceived{Answer: "x", Link: "link-a", Rating: 3, Minutes: 15, HasText: true})
	l.own(events.TypeFeedbackReceived, "pg16", &events.FeedbackReceived{Answer: "y", Browser: "firefox", Rating: 5, Channel: "page"})
	l.own(events.TypeFeedbackReported, "pg16", &events.FeedbackReported{Report: "r", Browser: "firefox", Channel: "page"})
	s := l.fold(0)
	u, _, err := s.Full(t.Context(), "pg16")
	if err != nil {
		t.Fatal(err)
	}
	var due *events.Clock
	for _, d := range u.Deadlines() {
		if d.Clock.Object == upgrade.SurveyForget {
			due = &d.Clock
		}
	}
	if due == nil || due.Due.Sub(u.Finished.Recorded) != 180*24*time.Hour {
		t.Fatalf("the answers are forgotten at %+v, want 180 days after the end", due)
	}
	l.add(events.Event{ID: "forget", Source: "hub", Type: events.ClockDue, Upgrade: "pg16", Recorded: due.Due, Data: due})
	l.into(s, 0)
	rows, err := s.Answers(t.Context(), "pg16")
	if err != nil || len(rows) != 2 {
		t.Fatalf("Answers() = %+v, %v, want both", rows, err)
	}
	for _, a := range rows {
		if a.Link+a.Browser+a.Subscriber != "" || a.Rating == 0 {
			t.Errorf("answer = %+v, want the numbers and nobody", a)
		}
	}
	if rows[0].Minutes != 15 {
		t.Errorf("answers = %+v, want what was said", rows)
	}
	if n, err := s.Invited(t.Context(), "pg16"); err != nil || n != (survey.Invited{Asked: 2, Answered: 1}) {
		t.Errorf("Invited() = %+v, %v, want 2 of whom 1 answered", n, err)
	}
	if of, err := s.AnswersOf(t.Context(), "a"); err != nil || len(of) != 0 {
		t.Errorf("AnswersOf(a) = %+v, %v, want none", of, err)
	}
	if of, err := s.ReportsOf(t.Context(), "firefox"); err != nil || len(of) != 0 {
		t.Errorf("ReportsOf(firefox) = %+v, %v, want none", of, err)
	}
	for hash, stands := range map[string]bool{"link-a": false, "link-b": false, "stop-a": true} {
		if got, ok, err := s.Link(t.Context(), hash); err != nil || ok != stands {
			t.Errorf("Link(%s) = %+v, %v, %v, want it there: %v", hash, got, ok, err, stands)
		}
	}
}
