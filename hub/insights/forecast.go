package insights

import (
	"math"
	"time"

	"upgradehub/events/forecast"
	"upgradehub/hub/store"
	"upgradehub/statuspage"
)

// Forecast is when an upgrade was said to end when it began, and when it did.
type Forecast struct {
	Made     time.Time `json:"made"`
	Low      time.Time `json:"p10"`
	Expected time.Time `json:"p50"`
	High     time.Time `json:"p90"`
	Actual   time.Time `json:"actual"`
	// Held: it ended between Low and High.
	Held bool `json:"held"`
	// Pinball is the loss of the three quantiles.
	Pinball [3]float64 `json:"pinball_minutes"`
	score   forecast.Score
}

// forecastOf is the forecast of an upgrade that began then; nil if none was
// shown, or it was not completed.
func forecastOf(rows []store.ForecastRow, began time.Time) *Forecast {
	r, ok := store.Opening(rows, "", began)
	if !ok || r.Actual.IsZero() {
		return nil
	}
	f := &Forecast{Made: r.Made, Low: r.Low, Expected: r.Expected, High: r.High, Actual: r.Actual}
	f.score = forecast.ScoreOf([]forecast.Prediction{r.Prediction()})
	f.Held = f.score.Coverage == 1
	for i, loss := range f.score.Pinball {
		f.Pinball[i] = math.Round(10*loss.Minutes()) / 10
	}
	return f
}

// shown is what the page says of it.
func (f *Forecast) shown() *statuspage.Foretold {
	if f == nil {
		return nil
	}
	return &statuspage.Foretold{Low: f.Low, High: f.High, Actual: f.Actual, Score: f.score}
}
