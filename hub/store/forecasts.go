package store

import (
	"context"
	"slices"
	"time"

	"upgradehub/events/forecast"
)

// ForecastRow is a forecast that was shown, and what came.
type ForecastRow struct {
	Seq     uint64
	Upgrade string
	Phase   string // empty for the upgrade
	Made    time.Time
	// Low, Expected and High are what 10, 50 and 90 of 100 cases keep within,
	// as the record of past forecasts calibrates it.
	Low, Expected, High time.Time
	Planned             time.Time // the end as it was planned then
	Actual              time.Time // zero until the upgrade is completed
}

const forecastColumns = `seq, upgrade, phase, made, low, expected, high, planned, actual`

const (
	insertForecast = `INSERT INTO forecasts (` + forecastColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)`
	settleForecast = `UPDATE forecasts SET actual = ? WHERE upgrade = ? AND phase = ? AND made < ?`
	reopenForecast = `UPDATE forecasts SET actual = 0 WHERE upgrade = ? AND actual <> 0`

	selectForecasts = `SELECT ` + forecastColumns + ` FROM forecasts WHERE upgrade = ? ORDER BY seq, phase`
	selectSettled   = `SELECT ` + forecastColumns + ` FROM forecasts WHERE actual <> 0 ORDER BY seq DESC, phase LIMIT ?`
)

// PutForecast keeps a forecast that is shown from now on.
func (tx *Tx) PutForecast(f ForecastRow) error {
	return tx.exec(insertForecast, f.Seq, f.Upgrade, f.Phase, micros(f.Made), micros(f.Low), micros(f.Expected), micros(f.High), micros(f.Planned))
}

// SettleForecasts notes when what was forecast ended. What was said later is
// no forecast.
func (tx *Tx) SettleForecasts(upgrade, phase string, ended time.Time) error {
	return tx.exec(settleForecast, micros(ended), upgrade, phase, micros(ended))
}

// ReopenForecasts takes back that what was forecast of an upgrade has ended.
func (tx *Tx) ReopenForecasts(upgrade string) error { return tx.exec(reopenForecast, upgrade) }

// Forecasts lists the forecasts of an upgrade, oldest first.
func (s *Store) Forecasts(ctx context.Context, upgrade string) ([]ForecastRow, error) {
	return list(ctx, s, selectForecasts, []any{upgrade}, scanForecast)
}

func scanForecast(row scanner) (ForecastRow, error) {
	var f ForecastRow
	var at [6]int64
	err := row.Scan(&f.Seq, &f.Upgrade, &f.Phase, &at[0], &at[1], &at[2], &at[3], &at[4], &at[5])
	for i, t := range []*time.Time{&f.Made, &f.Low, &f.Expected, &f.High, &f.Planned, &f.Actual} {
		*t = moment(at[i])
	}
	return f, err
}

// Opening is the forecast that people saw when an upgrade or one of its phases
// began: the first that was made from then on. It is false if there was none,
// or the first came when much of the work was done and knew of it.
func Opening(rows []ForecastRow, phase string, began time.Time) (ForecastRow, bool) {
	i := slices.IndexFunc(rows, func(f ForecastRow) bool { return f.Phase == phase && !f.Made.Before(began) })
	if i < 0 {
		return ForecastRow{}, false
	}
	soon := max(rows[i].Planned.Sub(began)/openingPart, openingLeast)
	return rows[i], !rows[i].Made.After(began.Add(soon))
}

// A forecast is of the beginning until a tenth of what is planned has passed,
// or as long as a hub may have been down.
const (
	openingPart  = 10
	openingLeast = 15 * time.Minute
)

// Prediction is the forecast in lengths of time from when it was made, for its
// score.
func (f ForecastRow) Prediction() forecast.Prediction {
	p := forecast.Prediction{
		Low: f.Low.Sub(f.Made), High: f.High.Sub(f.Made), Expected: f.Expected.Sub(f.Made),
		Planned: f.Planned.Sub(f.Made), Actual: f.Actual.Sub(f.Made),
	}
	p.Quantiles = [3]time.Duration{p.Low, p.Expected, p.High}
	return p
}

// mostScored is how many forecasts a score is made of, the newest.
const mostScored = 10000

// ForecastScores says how good the forecasts were that were shown, of upgrades
// as a whole and of phases.
func (s *Store) ForecastScores(ctx context.Context) (upgrades, phases forecast.Score, err error) {
	rows, err := list(ctx, s, selectSettled, []any{mostScored}, scanForecast)
	if err != nil {
		return upgrades, phases, err
	}
	var whole, parts []forecast.Prediction
	for _, r := range rows {
		p := r.Prediction()
		if r.Phase == "" {
			whole = append(whole, p)
		} else {
			parts = append(parts, p)
		}
	}
	return forecast.ScoreOf(whole), forecast.ScoreOf(parts), nil
}
