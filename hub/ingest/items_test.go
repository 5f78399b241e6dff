package ingest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/hub/store"
)

// factOf is a fact of the type that its payload has.
func factOf(d events.Data) events.Type {
	switch d.(type) {
	case *events.FeedbackReported:
		return events.TypeFeedbackReported
	case *events.FeedbackAcknowledged:
		return events.TypeFeedbackAcknowledged
	case *events.FeedbackOverdue:
		return events.TypeFeedbackOverdue
	case *events.FeedbackListed:
		return events.TypeFeedbackListed
	}
	return events.TypeFeedbackReceived
}

// items is every item in short: id kind status, who owns it, who handled it,
// and whether it is overdue or replied to.
func items(t testing.TB, s *store.Store) string {
	t.Helper()
	rows, err := s.Items(t.Context(), store.ItemFilter{Upgrade: "pg16"})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, r := range rows {
		var words strings.Builder
		fmt.Fprintf(&words, "%s %s %s %s", r.ID, r.Kind, r.Status, r.Owner)
		for _, more := range []struct {
			is   bool
			word string
		}{{r.By != "", " by " + r.By}, {r.Noted, " noted"}, {r.Replied, " replied"}, {r.Overdue, " overdue"}} {
			if more.is {
				words.WriteString(more.word)
			}
		}
		all = append(all, words.String())
	}
	return strings.Join(all, ", ")
}

func TestItems(t *testing.T) {
	answer := func(id string, rating int, disruption string) *events.FeedbackReceived {
		return &events.FeedbackReceived{Answer: id, Rating: rating, Disruption: disruption}
	}
	ack := func(id string, status events.ItemStatus) *events.FeedbackAcknowledged {
		return &events.FeedbackAcknowledged{Answer: id, By: "@dba", Status: status}
	}
	full := &events.FeedbackAcknowledged{Answer: "x", By: "@dba", Status: events.ItemAnswered, Owner: "@dba", HasNote: true, HasReply: true}
	report := &events.FeedbackReported{Report: "r", Component: "db"}
	tests := []struct {
		name  string
		facts []events.Data // nil lets four days pass
		want  string
	}{
		{"a good answer is none", []events.Data{answer("x", 3, "lot")}, ""},
		{"a bad one is", []events.Data{answer("x", 2, "")}, "x answer new @lead"},
		{"and who could not work", []events.Data{answer("x", 5, "blocked")}, "x answer new @lead"},
		{"changed upwards", []events.Data{answer("x", 1, ""), answer("x", 4, "none")}, ""},
		{"changed downwards", []events.Data{answer("x", 4, ""), answer("x", 1, "")}, "x answer new @lead"},
		{"changed and still bad", []events.Data{answer("x", 1, ""), answer("x", 2, "")}, "x answer new @lead"},
		{"changed upwards when somebody had seen it", []events.Data{answer("x", 1, ""), ack("x", ""), answer("x", 5, "")}, "x answer seen @lead by @dba"},
		{"a report is always one", []events.Data{report}, "r report new @lead"},
		{"that comes once", []events.Data{report, report}, "r report new @lead"},
		{"answered", []events.Data{answer("x", 1, ""), full}, "x answer answered @dba by @dba noted replied"},
		{"what was done is not taken back", []events.Data{report, ack("r", "action"), ack("r", "seen")}, "r report action @lead by @dba"},
		{"action, then answered", []events.Data{report, ack("r", "action"), ack("r", "answered")}, "r report answered @lead by @dba"},
		{"of nothing known", []events.Data{ack("r", "seen"), report}, "r report new @lead"},
		{"overdue", []events.Data{report, nil, &events.FeedbackOverdue{Items: []string{"r"}}}, "r report new @lead overdue"},
		{"not before its time", []events.Data{report, &events.FeedbackOverdue{Items: []string{"r"}}}, "r report new @lead"},
		{"not when it was seen", []events.Data{report, nil, ack("r", ""), &events.FeedbackOverdue{Items: []string{"r"}}}, "r report seen @lead by @dba"},
		{"seen at last", []events.Data{report, nil, &events.FeedbackOverdue{Items: []string{"r"}}, ack("r", "")}, "r report seen @lead by @dba"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := led(t)
			var passed time.Duration
			for _, d := range tt.facts {
				if d == nil {
					passed = 4 * 24 * time.Hour
					continue
				}
				l.add(events.Event{ID: fmt.Sprint(l.next()), Source: "page", Type: factOf(d), Upgrade: "pg16", Recorded: l.at().Add(passed), Data: d})
			}
			if got := items(t, l.fold(0)); got != tt.want {
				t.Errorf("items %q, want %q", got, tt.want)
			}
		})
	}
}

// led is the log of an upgrade that somebody leads.
func led(t testing.TB) *logbook {
	l, p := newLogbook(t), samplePlan()
	p.Roster = plan.Roster{"lead": {Person: "@lead", Backup: "@deputy"}}
	p.Components = []plan.Component{{ID: "db", Name: "Database"}}
	l.tool(events.UpgradePlanned, &events.Planned{Plan: p})
	l.tool(events.UpgradeStarted, &events.Step{})
	return l
}

func TestItemsAreListed(t *testing.T) {
	l := led(t)
	for _, r := range []string{"a", "b", "c"} {
		l.own(events.TypeFeedbackReported, "pg16", &events.FeedbackReported{Report: r, Component: "db"})
	}
	l.own(events.TypeFeedbackAcknowledged, "pg16", &events.FeedbackAcknowledged{Answer: "b"})
	s := l.fold(0)
	for _, tt := range []struct {
		name   string
		filter store.ItemFilter
		want   int
	}{
		{"all", store.ItemFilter{}, 3},
		{"new", store.ItemFilter{Status: events.ItemNew}, 2},
		{"of the upgrade", store.ItemFilter{Upgrade: "pg16"}, 3},
		{"of another", store.ItemFilter{Upgrade: "pg17"}, 0},
		{"overdue", store.ItemFilter{Overdue: true}, 0},
		{"bounded", store.ItemFilter{Limit: 1}, 1},
	} {
		if rows, err := s.Items(t.Context(), tt.filter); err != nil || len(rows) != tt.want {
			t.Errorf("%s: %d items, %v; want %d", tt.name, len(rows), err, tt.want)
		}
	}
	item, ok, err := s.Item(t.Context(), "a")
	if err != nil || !ok || item.Component != "db" || !item.Due.Equal(item.Raised.AddDate(0, 0, 2)) {
		t.Errorf("Item(a) = %+v, %v, %v; want one of db that is due two days later", item, ok, err)
	}
	for by, want := range map[time.Time]int{item.Due.Add(-time.Second): 0, item.Due: 1, item.Due.Add(time.Hour): 2} {
		if rows, err := s.Lapsed(t.Context(), by, 10); err != nil || len(rows) != want {
			t.Errorf("Lapsed(%s) = %d, %v; want %d", by, len(rows), err, want)
		}
	}
	if c, err := s.ItemCounts(t.Context(), "pg16"); err != nil || c != (store.ItemCounts{All: 3, Open: 2}) {
		t.Errorf("ItemCounts() = %+v, %v; want 3, 2 of them open", c, err)
	}
	u, _, err := s.Full(t.Context(), "pg16")
	if err != nil || u.Reports.Count != 3 {
		t.Errorf("the upgrade counts %d reports, %v; want 3", u.Reports.Count, err)
	}
}
