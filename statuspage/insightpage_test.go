package statuspage_test

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"upgradehub/events/forecast"
	"upgradehub/events/lang"
	"upgradehub/events/survey"
	"upgradehub/events/upgrade"
	"upgradehub/statuspage"
)

// Insight is what was answered after an upgrade that has ended: the same after
// each.
func (b *board) Insight(ctx context.Context, id string) (statuspage.Insight, error) {
	u, err := b.Upgrade(ctx, id)
	if err != nil || !u.State.Ended() {
		return statuspage.Insight{Upgrade: u}, err
	}
	return answered(u), nil
}

// scores are those of all forecasts.
func scores(context.Context) (upgrades, phases forecast.Score, err error) {
	upgrades = forecast.Score{Runs: 21, Coverage: 0.81, Error: 17 * time.Minute, PlanError: time.Hour, Pinball: [3]time.Duration{3 * time.Minute, 9 * time.Minute, 6 * time.Minute}}
	phases = forecast.Score{Runs: 80, Coverage: 0.7875, Pinball: [3]time.Duration{time.Minute, 4 * time.Minute, time.Minute}}
	return upgrades, phases, nil
}

// few are the answers that nobody may see.
func few() []survey.Answer {
	return slices.Repeat([]survey.Answer{{Rating: 1, Disruption: "blocked", Communication: "late", Minutes: 313, Effort: 1, Role: "managers"}}, 4)
}

func alike(n int, a survey.Answer) []survey.Answer { return slices.Repeat([]survey.Answer{a}, n) }

// answered is an upgrade that 34 people rated, with something of everything.
func answered(u upgrade.Public) statuspage.Insight {
	answers := slices.Concat(
		alike(14, survey.Answer{Rating: 5, Disruption: "none", Communication: "right", Effort: 6, Role: "users", Channel: "email"}),
		alike(6, survey.Answer{Rating: 4, Disruption: "little", Communication: "right", Minutes: 10, Role: "teams", Channel: "slack"}),
		alike(8, survey.Answer{Rating: 3, Disruption: "lot", Communication: "late", Minutes: 45, Effort: 3, Channel: "page"}),
		alike(4, survey.Answer{Rating: 1, Disruption: "blocked", Communication: "late", Minutes: 120, Effort: 1, Role: "managers", Channel: "email"}),
		alike(2, survey.Answer{Rating: 2, Communication: "much", Role: "support", Channel: "email"}),
	)
	point := func(id, title, ended string, count, of int) survey.Point {
		return survey.Point{Upgrade: id, Title: title, Ended: at(ended), Satisfied: survey.Of(count, of)}
	}
	low, high := at("2026-11-22 04:20"), at("2026-11-22 05:40")
	return statuspage.Insight{
		Upgrade: u, Survey: survey.Look(answers, survey.Invited{Asked: 61, Answered: 26}).Public(), Felt: upgrade.Felt{Outage: 94 * 60, Degraded: 38 * 60},
		Notices: survey.ByNotice([]survey.Told{{Notice: 3 * time.Hour, Answers: answers[20:]}, {Notice: 14 * 24 * time.Hour, Answers: answers}}),
		Trend: survey.Trend([]survey.Point{
			point("pg14", "Database upgrade to PostgreSQL 14", "2024-10-05 08:00", 0, 0),
			point("pg15", "Database upgrade to PostgreSQL 15", "2025-10-04 09:10", 6, 40),
			point("pg15-2", "Move of the archive", "2026-02-14 07:00", 9, 44),
			point(u.ID, u.Title, "2026-11-22 04:52", 20, 34),
		}),
		Foretold: &statuspage.Foretold{Low: low, High: high, Actual: at("2026-11-22 04:52"), Score: forecast.Score{
			Runs: 1, Coverage: 1, Pinball: [3]time.Duration{4 * time.Minute, 12 * time.Minute, 5 * time.Minute},
		}},
	}
}

// theSame says the same of every upgrade.
type theSame statuspage.Insight

func (in theSame) Insight(context.Context, string) (statuspage.Insight, error) {
	return statuspage.Insight(in), nil
}

// insightsPage is the page on what people said, of a hub that says in.
func insightsPage(t *testing.T, in statuspage.Insights, query string) *httptest.ResponseRecorder {
	t.Helper()
	p, err := statuspage.New(statuspage.Config{
		Board: &board{seq: 9, all: []upgrade.Public{completed()}}, Insights: in, Forecasts: scores,
		PublicURL: "https://status.example.org", Clock: func() time.Time { return noon.Add(24 * time.Hour) },
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return serve(p, httptest.NewRequest("GET", "/upgrades/pg16/insights"+query, nil))
}

func TestInsightGoldens(t *testing.T) {
	missed, quiet := answered(completed()), statuspage.Insight{Upgrade: completed(), Survey: survey.Look(few(), survey.Invited{Asked: 9}).Public()}
	missed.Foretold.Score.Coverage, missed.Felt = 0, upgrade.Felt{Degraded: 600}
	for _, tt := range []struct {
		name, query string
		in          statuspage.Insight
	}{
		{"insights", "", answered(completed())},
		{"insights-de", "?lang=de", missed},
		{"insights-fr", "?lang=fr", answered(completed())},
		{"insights-es", "?lang=es", answered(completed())},
		{"insights-ar", "?lang=ar", answered(completed())},
		{"insights-few", "", quiet},
		{"insights-before", "", statuspage.Insight{Upgrade: planned()}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			golden(t, tt.name+".html", insightsPage(t, theSame(tt.in), tt.query).Body.String())
		})
	}
}

// TestInsightsOfFew say no number, in no language.
func TestInsightsOfFew(t *testing.T) {
	in := statuspage.Insight{Upgrade: completed(), Survey: survey.Look(few(), survey.Invited{Asked: 9}).Public()}
	for _, code := range lang.Supported {
		page := insightsPage(t, theSame(in), "?lang="+code).Body.String()
		for _, told := range []string{"<table", "100", "313", "1252", "5 h"} {
			_, main, _ := strings.Cut(page, "<main")
			main, _, _ = strings.Cut(main, `id="kept"`)
			if strings.Contains(main, told) {
				t.Errorf("%s: %q is on the page", code, told)
			}
		}
		if !strings.Contains(page, "9") {
			t.Errorf("%s: it does not say how many were invited", code)
		}
	}
}

// TestInsightsAreDrawn for those who see and told to those who do not: each
// number stands in a row of a table that says of what, and nothing needs a
// style that the policy forbids.
func TestInsightsAreDrawn(t *testing.T) {
	page := insightsPage(t, &board{all: []upgrade.Public{completed()}}, "").Body.String()
	_, main, _ := strings.Cut(page, "<main")
	drawn, hidden := strings.Count(main, `<svg class="bars"`), strings.Count(main, `aria-hidden="true" focusable="false"`)
	if rows := strings.Count(main, `<th scope="row">`); drawn < 20 || drawn != hidden || rows < 20 {
		t.Errorf("%d drawings, %d of them hidden from those who listen, beside %d rows", drawn, hidden, rows)
	}
	for _, bad := range []string{" style=", "↑", "↓", "▲", "▼", "<script"} {
		if strings.Contains(main, bad) {
			t.Errorf("%q is on the page", bad)
		}
	}
	for _, want := range []string{
		`<line class="reach" x1="42.22%" x2="73.63%"`, // 20 of 34, by Wilson
		"better than the one before", "no clear difference to the one before", "fewer than five answers",
		"Loss of this forecast: 7 min.", "Mean loss of all forecasts of the end: 6 min.", "80, and 79 % held",
	} {
		if !strings.Contains(main, want) {
			t.Errorf("%q is not on the page", want)
		}
	}
}

// TestWayToInsights: pages of upgrades lead there once they have ended, and
// nobody finds it where nobody says what is on it.
func TestWayToInsights(t *testing.T) {
	const way = `href="/upgrades/pg16/insights"`
	for _, tt := range []struct {
		name string
		u    upgrade.Public
		want bool
	}{{"before", planned(), false}, {"during", running(), false}, {"after", completed(), true}} {
		p := newPages(t, &board{seq: 9, all: []upgrade.Public{tt.u}}, noon)
		for _, path := range []string{"/upgrades/pg16", "/history"} {
			if got := strings.Contains(serve(p, httptest.NewRequest("GET", path, nil)).Body.String(), way); got != tt.want {
				t.Errorf("%s: %s leads to it: %t", tt.name, path, got)
			}
		}
	}
	without := pagesWith(t, &board{seq: 9, all: []upgrade.Public{completed()}}, nil)
	if page := serve(without, httptest.NewRequest("GET", "/upgrades/pg16", nil)).Body.String(); strings.Contains(page, way) {
		t.Error("it leads to a page that is not there")
	}
	for path, p := range map[string]*statuspage.Pages{"/upgrades/pg16/insights": without, "/upgrades/none/insights": newPages(t, &board{}, noon), "/upgrades//insights": without} {
		if w := serve(p, httptest.NewRequest("GET", path, nil)); w.Code == 200 {
			t.Errorf("GET %s = %d", path, w.Code)
		}
	}
}

// TestInsightsAreLive: an answer moves the page that is open.
func TestInsightsAreLive(t *testing.T) {
	b := &board{seq: 9, all: []upgrade.Public{completed()}}
	s := newSite(t, b, noon, nil)
	tb := open(t)
	tb.do(chromedp.Navigate(s.URL + "/upgrades/pg16/insights"))
	tb.wait(isLive)
	u := completed()
	u.State = upgrade.InProgress
	b.put(u)
	s.show("pg16")
	tb.wait(`document.querySelectorAll("main table").length === 0`)
	b.put(completed())
	s.show("pg16")
	tb.wait(`document.querySelectorAll("main table").length > 4 && document.querySelector("#said svg line").getBoundingClientRect().width > 100`)
	tb.quiet()
}
