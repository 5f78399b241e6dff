package insights_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/bus"
	"upgradehub/events/clock"
	"upgradehub/events/plan"
	"upgradehub/events/survey"
	"upgradehub/events/upgrade"
	"upgradehub/hub/ingest"
	"upgradehub/hub/insights"
	"upgradehub/hub/people"
	"upgradehub/hub/store"
	"upgradehub/statuspage"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// logbook is what happened, in order.
type logbook struct {
	t     *testing.T
	now   time.Time // when it is read
	facts []bus.Fact
}

func (l *logbook) say(at time.Time, t events.Type, id string, d events.Data) {
	l.t.Helper()
	seq := uint64(len(l.facts)) + 1
	e := events.Event{ID: fmt.Sprint(seq), Source: "tool", Type: t, Upgrade: id, Time: at, Recorded: at, Data: d}
	raw, err := json.Marshal(e)
	if err != nil {
		l.t.Fatal(err)
	}
	l.facts = append(l.facts, bus.Fact{Seq: seq, Subject: e.Subject(), Raw: raw, Event: e})
}

// upgrade is one that was announced so long before a day, and ran from noon to
// three with an hour of outage.
func (l *logbook) upgrade(id, system string, day int, notice time.Duration, drill bool) {
	start := noon.AddDate(0, 0, day)
	l.say(start.Add(-notice), events.UpgradePlanned, id, &events.Planned{Plan: &plan.Plan{
		Schema: plan.Schema, ID: id, Title: "The " + id, System: system, Zone: "UTC", Drill: drill,
		Window: plan.Window{Start: start, End: start.Add(2 * time.Hour)}, Components: []plan.Component{{ID: "db", Name: "Orders"}},
	}})
	l.say(start, events.UpgradeStarted, id, &events.Step{})
	l.say(start.Add(time.Hour), events.ComponentChanged, id, &events.Component{Component: "db", Impact: plan.Outage})
	l.say(start.Add(2*time.Hour), events.ComponentChanged, id, &events.Component{Component: "db", Impact: plan.NoImpact})
	l.say(start.Add(3*time.Hour), events.UpgradeCompleted, id, &events.Completed{})
}

// answers are n alike, an hour after the end.
func (l *logbook) answers(id string, day, n, rating int, told string) {
	for i := range n {
		l.say(noon.AddDate(0, 0, day).Add(4*time.Hour), events.TypeFeedbackReceived, id, &events.FeedbackReceived{
			Answer: fmt.Sprintf("%s-%d-%d", id, rating, i), Rating: rating, Communication: told, Disruption: "lot", Role: "users", Channel: "page",
		})
	}
}

func (l *logbook) source() *insights.Source {
	l.t.Helper()
	s, err := store.Open(l.t.Context(), filepath.Join(l.t.TempDir(), "hub.db"), slog.New(slog.DiscardHandler))
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() {
		if err := s.Close(); err != nil {
			l.t.Errorf("Close() error = %v", err)
		}
	})
	if err := ingest.New(s, nil, slog.New(slog.DiscardHandler)).Handle(l.t.Context(), l.facts); err != nil {
		l.t.Fatal(err)
	}
	return insights.New(s, people.New(nil, s, nil, clock.Clock{}), func() time.Time { return l.now })
}

// orders is a system with four upgrades, of which few answered to the second.
func orders(t *testing.T) *insights.Source {
	l := &logbook{t: t, now: noon.AddDate(0, 1, 0)}
	l.say(noon.AddDate(-1, 0, 0), events.TypeLogOpened, "", &events.LogOpened{Log: strings.Repeat("0", 32)})
	l.upgrade("pg15", "orders", 0, 2*time.Hour, false)
	l.answers("pg15", 0, 20, 1, "late")
	l.upgrade("pg16", "orders", 2, 30*time.Hour, false)
	l.answers("pg16", 2, 4, 5, "right")
	l.upgrade("pg17", "orders", 9, 9*24*time.Hour, false)
	l.answers("pg17", 9, 24, 5, "right")
	l.answers("pg17", 9, 1, 3, "much")
	l.upgrade("mail", "mail", 3, time.Hour, false)
	l.answers("mail", 3, 9, 1, "late")
	l.upgrade("drill", "orders", 4, time.Hour, true)
	l.answers("drill", 4, 9, 1, "late")
	l.upgrade("pg18", "orders", 12, time.Hour, false)
	l.facts = l.facts[:len(l.facts)-1] // it has not ended
	return l.source()
}

func groupOf(name string, count, satisfied, informed, disrupted int) survey.Group {
	return survey.Group{Name: name, Count: count, Satisfied: survey.Of(satisfied, count), Informed: survey.Of(informed, count), Disrupted: survey.Of(disrupted, count)}
}

// verdicts are what the trend says, by upgrade.
func verdicts(points []survey.Point) map[string]string {
	said := map[string]string{}
	for _, p := range points {
		said[p.Upgrade] = fmt.Sprintf("%d/%d %s", p.Satisfied.Count, p.Satisfied.Of, p.Verdict)
	}
	return said
}

// TestOperatorsSeeAll: every answer counts, also of few.
func TestOperatorsSeeAll(t *testing.T) {
	got, err := orders(t).Of(t.Context(), "pg17")
	if err != nil {
		t.Fatal(err)
	}
	if got.Count != 25 || got.Withheld || len(got.Roles) != 1 || got.Felt != (upgrade.Felt{Outage: 3600}) {
		t.Errorf("insights = %+v", got)
	}
	want := []survey.Group{
		groupOf(survey.NoticeUnderDay, 20, 0, 0, 20), groupOf(survey.NoticeDays, 4, 4, 4, 4), groupOf(survey.NoticeLonger, 25, 24, 24, 25),
	}
	if !reflect.DeepEqual(got.Notices, want) {
		t.Errorf("by notice:\n got %+v\nwant %+v", got.Notices, want)
	}
	if said, want := verdicts(got.Trend), map[string]string{"pg15": "0/20 ", "pg16": "4/4 better", "pg17": "24/25 no clear difference"}; !reflect.DeepEqual(said, want) {
		t.Errorf("trend = %v, want %v", said, want)
	}
}

// TestVisitorsSeeNobody: what few answered is left out, of the upgrade itself
// as of those beside it.
func TestVisitorsSeeNobody(t *testing.T) {
	s := orders(t)
	got, err := s.Insight(t.Context(), "pg17")
	if err != nil {
		t.Fatal(err)
	}
	if want := []survey.Group{groupOf(survey.NoticeUnderDay, 20, 0, 0, 20), groupOf(survey.NoticeLonger, 25, 24, 24, 25)}; !reflect.DeepEqual(got.Notices, want) {
		t.Errorf("by notice:\n got %+v\nwant %+v", got.Notices, want)
	}
	if said, want := verdicts(got.Trend), map[string]string{"pg15": "0/20 ", "pg16": "0/0 ", "pg17": "24/25 better"}; !reflect.DeepEqual(said, want) {
		t.Errorf("trend = %v, want %v", said, want)
	}
	if few, err := s.Insight(t.Context(), "pg16"); err != nil || !few.Survey.Withheld || few.Survey.Count != 0 || few.Felt.Outage != 3600 {
		t.Errorf("of few = %+v, %v", few, err)
	}
}

// TestNothingBeforeTheEnd is known to visitors but the upgrade.
func TestNothingBeforeTheEnd(t *testing.T) {
	s := orders(t)
	got, err := s.Insight(t.Context(), "pg18")
	if err != nil || got.Upgrade.ID != "pg18" {
		t.Fatalf("insight = %+v, %v", got, err)
	}
	if got.Upgrade = (upgrade.Public{}); !reflect.DeepEqual(got, statuspage.Insight{}) {
		t.Errorf("insight = %+v, want nothing", got)
	}
	if _, err := s.Insight(t.Context(), "pg99"); !errors.Is(err, statuspage.ErrNotFound) {
		t.Errorf("of an unknown upgrade: %v", err)
	}
	if _, err := s.Of(t.Context(), "pg99"); !errors.Is(err, statuspage.ErrNotFound) {
		t.Errorf("of an unknown upgrade: %v", err)
	}
}

// TestForecastIsScored: what was shown at the start, against the end.
func TestForecastIsScored(t *testing.T) {
	l := &logbook{t: t, now: noon.AddDate(0, 1, 0)}
	l.say(noon.AddDate(-1, 0, 0), events.TypeLogOpened, "", &events.LogOpened{Log: strings.Repeat("0", 32)})
	l.upgrade("pg16", "orders", 0, 2*time.Hour, false)
	end := l.facts[len(l.facts)-1]
	l.facts = l.facts[:len(l.facts)-1]
	made := noon.Add(10 * time.Minute)
	u := upgrade.New("pg16")
	for _, f := range l.facts[1:] {
		u.Apply(f.Event)
	}
	l.say(made, events.TypeForecastMade, "pg16", &events.ForecastMade{For: u.ForecastFor(), End: &events.Estimate{
		Low: noon.Add(2 * time.Hour), Expected: noon.Add(150 * time.Minute), High: noon.Add(4 * time.Hour), Basis: "system", Runs: 10,
	}})
	l.say(end.Event.Time, end.Event.Type, "pg16", end.Event.Data)
	s := l.source()
	got, err := s.Of(t.Context(), "pg16")
	if err != nil || got.Forecast == nil {
		t.Fatalf("insights = %+v, %v", got, err)
	}
	// The end came 60 minutes after the low, 30 after the middle and 60 before
	// the high quantile.
	if f := got.Forecast; !f.Held || f.Pinball != [3]float64{6, 15, 6} || !f.Made.Equal(made) || !f.Actual.Equal(noon.Add(3*time.Hour)) {
		t.Errorf("forecast = %+v", f)
	}
	shown, err := s.Insight(t.Context(), "pg16")
	if err != nil || shown.Foretold == nil || shown.Foretold.Score.Coverage != 1 || !shown.Foretold.High.Equal(noon.Add(4*time.Hour)) {
		t.Errorf("shown = %+v, %v", shown.Foretold, err)
	}
}

// TestStepsInPublic: while a survey is open strangers see it change by five
// answers and more, whatever its mode; operators see every one. Who changes an
// answer changes nothing until as many have.
func TestStepsInPublic(t *testing.T) {
	for _, mode := range []plan.Mode{plan.Confidential, plan.Anonymous} {
		t.Run(string(mode), func(t *testing.T) {
			l := &logbook{t: t, now: noon.AddDate(0, 0, 1)}
			l.say(noon.AddDate(-1, 0, 0), events.TypeLogOpened, "", &events.LogOpened{Log: strings.Repeat("0", 32)})
			l.upgrade("pg16", "orders", 0, time.Hour, false)
			l.facts[1].Event.Data.(*events.Planned).Plan.Survey.Mode = mode
			answer := func(i, rating int) {
				l.say(noon.Add(time.Duration(4*3600+i)*time.Second), events.TypeFeedbackReceived, "pg16", &events.FeedbackReceived{
					Answer: fmt.Sprintf("a%02d", i%100), Rating: rating, Mode: mode, Channel: "email",
				})
			}
			seen := []int{0}
			for i := range 21 {
				answer(i, 5)
				all, got := l.counted("pg16")
				if all.Count+all.Unshown != i+1 {
					t.Fatalf("operators see %d and %d of %d", all.Count, all.Unshown, i+1)
				}
				if got != seen[len(seen)-1] {
					seen = append(seen, got)
				}
			}
			if want := []int{0, 5, 10, 15}; !reflect.DeepEqual(seen, want) {
				t.Errorf("strangers saw %v, want %v", seen, want)
			}
			l.now = noon.AddDate(0, 0, 9)
			if _, got := l.counted("pg16"); got != 21 {
				t.Errorf("behind the close strangers see %d, want all", got)
			}
		})
	}
}

// counted is what operators see, and how many answers strangers do.
func (l *logbook) counted(id string) (insights.Insights, int) {
	l.t.Helper()
	s := l.source()
	all, err := s.Of(l.t.Context(), id)
	if err != nil {
		l.t.Fatal(err)
	}
	public, err := s.Insight(l.t.Context(), id)
	if err != nil {
		l.t.Fatal(err)
	}
	return all, public.Survey.Count
}

// TestChangesInPublic: one who changes an answer is seen with others alone.
func TestChangesInPublic(t *testing.T) {
	l := &logbook{t: t, now: noon.AddDate(0, 0, 1)}
	l.say(noon.AddDate(-1, 0, 0), events.TypeLogOpened, "", &events.LogOpened{Log: strings.Repeat("0", 32)})
	l.upgrade("pg16", "orders", 0, time.Hour, false)
	l.answers("pg16", 0, 10, 5, "right")
	satisfied := func() string {
		got, err := l.source().Insight(t.Context(), "pg16")
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%d of %d", got.Survey.Satisfied.Count, got.Survey.Satisfied.Of)
	}
	for i, want := range []string{"5 of 5", "5 of 5", "5 of 5", "5 of 5", "10 of 10"} {
		l.say(noon.Add(5*time.Hour), events.TypeFeedbackReceived, "pg16", &events.FeedbackReceived{
			Answer: fmt.Sprintf("pg16-5-%d", i), Rating: 1,
		})
		if got := satisfied(); got != want {
			t.Errorf("when %d have changed their answers strangers see %s satisfied, want %s", i+1, got, want)
		}
	}
	l.now = noon.AddDate(0, 0, 9)
	if got := satisfied(); got != "5 of 10" {
		t.Errorf("behind the close strangers see %s satisfied, want 5 of 10", got)
	}
}
