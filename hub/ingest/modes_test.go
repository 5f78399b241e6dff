package ingest_test

import (
	"slices"
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

// TestAnswersOfBefore: facts of before tell whose an answer is. They are folded as
// if they did not.
func TestAnswersOfBefore(t *testing.T) {
	l := asked(t)
	at := l.at().Format(time.RFC3339Nano)
	for id, data := range map[string]string{
		"feedback.received": `{"answer":"x","link":"link-a","browser":"firefox","rating":3}`,
		"feedback.reported": `{"report":"r","browser":"firefox"}`,
	} {
		l.raw("facts.feedback.pg16."+id, []byte(`{"specversion":"1.0","id":"`+id+`","source":"page","type":"dev.upgradehub.`+id+`.v1","subject":"pg16",
			"time":"`+at+`","recordedtime":"`+at+`","data":`+data+`}`))
	}
	s := l.fold(0)
	if row, ok, err := s.Answer(t.Context(), "x"); err != nil || !ok || row.Rating != 3 || row.Invited {
		t.Errorf("Answer() = %+v, %v, %v, want the numbers alone", row, ok, err)
	}
	if row, ok, err := s.Report(t.Context(), "r"); err != nil || !ok || row.Upgrade != "pg16" {
		t.Errorf("Report() = %+v, %v, %v", row, ok, err)
	}
	if got, _, err := s.Link(t.Context(), "link-a"); err != nil || got.Used {
		t.Errorf("Link() = %+v, %v, want that nothing says it was used", got, err)
	}
}

// TestSurveyForget: half a year after the end nothing says any more who was
// invited, and that whose the answers are is to be erased; what was answered
// stays.
func TestSurveyForget(t *testing.T) {
	l := asked(t)
	l.own(events.TypeFeedbackReceived, "pg16", &events.FeedbackReceived{Answer: "x", Invited: true, Rating: 3, Minutes: 15, HasText: true})
	l.own(events.TypeFeedbackReceived, "pg16", &events.FeedbackReceived{Answer: "y", Rating: 5, Channel: "page"})
	l.own(events.TypeFeedbackReported, "pg16", &events.FeedbackReported{Report: "r", Channel: "page"})
	s := l.fold(0)
	bonds := map[string]string{"bond.pg16.A": "x", "bond.pg16.B": "r", "bond.pg17.A": "z", "bond.pg16-b.A": "w"}
	for key, of := range bonds {
		if err := s.PutPeople(t.Context(), key, []byte(`{"of":"`+of+`","owner":"a"}`)); err != nil {
			t.Fatal(err)
		}
	}
	if all, err := s.ForgottenBonds(t.Context(), 10); err != nil || len(all) != 0 {
		t.Errorf("ForgottenBonds() = %+v, %v, want none yet", all, err)
	}
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
		if a.Rating == 0 {
			t.Errorf("answer = %+v, want the numbers", a)
		}
	}
	if rows[0].Minutes != 15 {
		t.Errorf("answers = %+v, want what was said", rows)
	}
	if n, err := s.Invited(t.Context(), "pg16"); err != nil || n != (survey.Invited{Asked: 2, Answered: 1}) {
		t.Errorf("Invited() = %+v, %v, want 2 of whom 1 answered", n, err)
	}
	want := []store.Bond{{Key: "bond.pg16.A", Of: "x", Owner: "a"}, {Key: "bond.pg16.B", Of: "r", Owner: "a"}}
	if all, err := s.ForgottenBonds(t.Context(), 10); err != nil || !slices.Equal(all, want) {
		t.Errorf("ForgottenBonds() = %+v, %v, want %+v", all, err, want)
	}
	if some, err := s.ForgottenBonds(t.Context(), 1); err != nil || len(some) != 1 {
		t.Errorf("ForgottenBonds(1) = %+v, %v, want one", some, err)
	}
	for hash, stands := range map[string]bool{"link-a": false, "link-b": false, "stop-a": true} {
		if got, ok, err := s.Link(t.Context(), hash); err != nil || ok != stands {
			t.Errorf("Link(%s) = %+v, %v, %v, want it there: %v", hash, got, ok, err, stands)
		}
	}
}
