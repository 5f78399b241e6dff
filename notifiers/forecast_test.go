package notifiers_test

import (
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/forecast"
	"upgradehub/events/upgrade"
)

// TestForecastInDelayMessages: when it is expected to end, in the words of
// who reads, and never without the evidence.
func TestForecastInDelayMessages(t *testing.T) {
	p := loadPlan(t, "testdata/plan.yaml")
	end := p.Window.End
	at := func(m int) *time.Time { t := end.Add(time.Duration(m) * time.Minute); return &t }
	tests := []struct {
		name string
		f    *upgrade.PublicForecast
	}{
		{"expected", &upgrade.PublicForecast{Low: at(-10), Expected: at(40), High: at(95), Basis: forecast.SameSystem, Runs: 10, Within: 3}},
		{"beyond", &upgrade.PublicForecast{Basis: forecast.Organisation, Runs: 12}},
		{"outlasted", &upgrade.PublicForecast{Low: at(-90), Expected: at(-60), High: at(-30), Basis: forecast.SameSystem, Runs: 10, Within: 3}},
	}
	r := renderer(t)
	for _, tt := range tests {
		s := newStory(t, roles)
		s.onNotice = func(n events.Notice) {
			if n.Moment != events.MomentOverdue || n.Role != "users" || n.Facts["phase"] != "" {
				return
			}
			v := s.view(n)
			v.Public.Forecast = tt.f
			m, err := r.Render(v)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, "testdata/golden/overdue-"+tt.name+".users.email.txt", m.Text)
			tt.name = ""
		}
		playDelayed(s, p)
		if tt.name != "" {
			t.Errorf("nobody was told that it is %s", tt.name)
		}
	}
}
