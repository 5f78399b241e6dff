package ingest_test

import (
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/hub/store"
)

// TestNewItemsStandInOneList: what was raised by the time of a list stands in
// it, once; what somebody has looked at stands in none.
func TestNewItemsStandInOneList(t *testing.T) {
	l := led(t)
	at := l.at()
	report := func(id string, raised time.Time) {
		l.add(events.Event{ID: id, Source: "page", Type: events.TypeFeedbackReported, Upgrade: "pg16", Recorded: raised, Data: &events.FeedbackReported{Report: id}})
	}
	seen := func(id string) {
		l.own(events.TypeFeedbackAcknowledged, "pg16", &events.FeedbackAcknowledged{Answer: id})
	}
	lists := func(until time.Time) {
		l.own(events.TypeFeedbackListed, "", &events.FeedbackListed{Owner: "@lead", Until: until, Count: 1})
	}
	first, second := at.Add(time.Hour), at.Add(25*time.Hour)
	report("a", at)
	report("b", at)
	report("late", first.Add(time.Minute))
	seen("b")
	lists(first)
	s := l.fold(0)
	whose, err := s.Unlisted(t.Context())
	if err != nil || len(whose) != 1 || whose[0] != (store.Unlisted{Owner: "@lead", Upgrade: "pg16", First: first.Add(time.Minute), Last: first}) {
		t.Errorf("Unlisted() = %+v, %v; want that of @lead, first raised after the list", whose, err)
	}
	for until, want := range map[time.Time]int{first: 0, second: 1} {
		if n, err := s.CountUnlisted(t.Context(), "@lead", until); err != nil || n != want {
			t.Errorf("CountUnlisted(%s) = %d, %v; want %d", until, n, err, want)
		}
	}
	lists(second)
	s = l.fold(0)
	for until, want := range map[time.Time]string{first: "a", second: "late"} {
		rows, err := s.Listed(t.Context(), "@lead", until, 10)
		if err != nil || len(rows) != 1 || rows[0].ID != want {
			t.Errorf("Listed(%s) = %+v, %v; want %s", until, rows, err, want)
		}
	}
	if whose, err := s.Unlisted(t.Context()); err != nil || len(whose) != 0 {
		t.Errorf("Unlisted() = %+v, %v; want nobody", whose, err)
	}
}
