package statuspage_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"upgradehub/events/forecast"
	"upgradehub/events/lang"
	"upgradehub/events/upgrade"
	"upgradehub/statuspage"
)

func pagesWith(t *testing.T, b *board, forecasts func(context.Context) (forecast.Score, forecast.Score, error)) *statuspage.Pages {
	t.Helper()
	p, err := statuspage.New(statuspage.Config{Board: b, Clock: func() time.Time { return noon }, Forecasts: forecasts}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestHowGoodForecastsWere stands on the page of what has ended, for everybody.
func TestHowGoodForecastsWere(t *testing.T) {
	b := &board{seq: 9, all: []upgrade.Public{completed()}}
	score := forecast.Score{Runs: 21, Coverage: 0.81, Error: 17 * time.Minute, PlanError: time.Hour}
	p := pagesWith(t, b, func(context.Context) (forecast.Score, forecast.Score, error) { return score, forecast.Score{}, nil })
	for _, code := range lang.Supported {
		body := serve(p, httptest.NewRequest("GET", "/history?lang="+code, nil)).Body.String()
		_, head, _ := strings.Cut(body, `id="past-head"`)
		for _, want := range []string{"21", "81", "17"} {
			if !strings.Contains(head, want) {
				t.Errorf("%s: %s is not said", code, want)
			}
		}
	}
	score.Runs = 0
	body := serve(pagesWith(t, b, func(context.Context) (forecast.Score, forecast.Score, error) { return score, score, nil }),
		httptest.NewRequest("GET", "/history", nil)).Body.String()
	if strings.Contains(body, "forecasts") {
		t.Errorf("a score of nothing is told: %s", body)
	}
	broken := pagesWith(t, b, func(context.Context) (forecast.Score, forecast.Score, error) {
		return score, score, errors.New("disk on fire")
	})
	if w := serve(broken, httptest.NewRequest("GET", "/history", nil)); w.Code != 500 || strings.Contains(w.Body.String(), "fire") {
		t.Errorf("without its score the page answers %d", w.Code)
	}
}

// TestForecastsOnThePage: with evidence, in words and in the chart; what was
// outlasted is not told.
func TestForecastsOnThePage(t *testing.T) {
	tests := []struct {
		name      string
		u         upgrade.Public
		now       time.Time
		has, lack []string
	}{
		{
			"running", running(), noon,
			[]string{"Expected to be over between", "7 of 10 similar upgrades", "8 of 10 similar phases took under 1 h 45 min", `class="foreseen" x=`},
			[]string{"earlier upgrades"},
		},
		{
			"overdue", overdue(), noon,
			[]string{"2 of 10 earlier upgrades", "longer than any of 10 before"},
			[]string{`class="foreseen" x=`},
		},
		{"outlasted", running(), at("2026-11-22 06:00"), nil, []string{"Expected to be over", "similar phases", `class="foreseen"`}},
		{"no forecast", planned(), noon, nil, []string{"Expected to be over", "expected end"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newPages(t, &board{seq: 9, all: []upgrade.Public{tt.u}}, tt.now)
			body := serve(p, httptest.NewRequest("GET", "/upgrades/pg16", nil)).Body.String()
			for _, want := range tt.has {
				if !strings.Contains(body, want) {
					t.Errorf("the page does not say %q", want)
				}
			}
			for _, not := range tt.lack {
				if strings.Contains(body, not) {
					t.Errorf("the page says %q", not)
				}
			}
		})
	}
}
