package usage

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// firstWeeks are only learnt from.
const firstWeeks = 8

// ErrTooLittle is what an answer ends with that has too little usage, or too
// little time outside blackouts, to stand on.
var ErrTooLittle = errors.New("too little to choose from")

// Score is how well the choice would have done.
type Score struct {
	Weeks                 int     `json:"weeks"`
	MedianRatio           float64 `json:"median_ratio"` // users hit, against the true best slot
	WorstRatio            float64 `json:"worst_ratio"`
	MedianPredictionError float64 `json:"median_prediction_error"`
}

// Week is one week of a backtest.
type Week struct {
	Name       string // as in 2014-W36
	Chosen     time.Time
	Best       time.Time
	Predicted  Forecast
	Hit        float64 // in the chosen slot
	LeastHit   float64 // in the true best slot
	Ratio      float64
	PredictErr float64
}

// Skipped is a thing that was passed over, and why.
type Skipped struct{ What, Why string }

// String is what and why in one line.
func (s Skipped) String() string { return s.What + ": " + s.Why }

// Trial is a backtest week by week.
type Trial struct {
	Score   Score
	Weeks   []Week
	Skipped []Skipped
}

// Backtest plays every whole ISO week of the history after the first eight:
// the slot is chosen from what was known before the week, and judged by what
// the week was. Weeks of which something is not known are skipped.
func (h *History) Backtest(need time.Duration) (Trial, error) {
	var t Trial
	whole := 0
	for monday := h.firstMonday(); ; {
		next := midnight(monday, h.series.Zone(), 7)
		if next.After(h.series.End()) {
			break
		}
		missing := h.missing(monday, next)
		switch {
		case missing > 0:
			t.skip(monday, fmt.Sprintf("%g hours of it are not known", (time.Duration(missing)*h.series.step()).Hours()))
		case whole < firstWeeks:
			whole++
		default:
			h.play(&t, monday, next, need)
		}
		monday = next
	}
	if len(t.Weeks) == 0 {
		return t, fmt.Errorf("backtest: %w: %d whole weeks, and the first %d are only learnt from", ErrTooLittle, whole, firstWeeks)
	}
	t.score()
	return t, nil
}

func (h *History) firstMonday() time.Time {
	start := h.series.Start
	sinceMonday := (int(start.Weekday()) + 6) % 7
	monday := midnight(start, h.series.Zone(), -sinceMonday)
	if monday.Before(start) {
		monday = midnight(monday, h.series.Zone(), 7)
	}
	return monday
}

// missing counts the steps from start to end of which nothing is known.
func (h *History) missing(start, end time.Time) int {
	n := 0
	for i := h.series.Index(start); h.series.At(i).Before(end); i++ {
		if math.IsNaN(h.series.Values[i]) {
			n++
		}
	}
	return n
}

func (t *Trial) skip(monday time.Time, why string) {
	t.Skipped = append(t.Skipped, Skipped{"week " + weekName(monday), why})
}

func weekName(monday time.Time) string {
	year, week := monday.ISOWeek()
	return fmt.Sprintf("%d-W%02d", year, week)
}

// play chooses for one week before it and judges after it.
func (h *History) play(t *Trial, monday, next time.Time, need time.Duration) {
	slots := h.open(monday, next, need)
	p := h.Profile(monday)
	w := Week{Name: weekName(monday), LeastHit: math.Inf(1)}
	chosen := math.Inf(1)
	for _, start := range slots {
		// A week that is played is whole: all sums are known.
		hit, _ := h.series.Sum(h.series.Index(start), need)
		if hit < w.LeastHit {
			w.Best, w.LeastHit = start, hit
		}
		if f, known := p.Forecast(start, need); known && f.Expected < chosen {
			chosen = f.Expected
			w.Chosen, w.Predicted, w.Hit = start, f, hit
		}
	}
	switch {
	case len(slots) == 0:
		t.skip(monday, "blackouts leave no slot")
	case w.Chosen.IsZero():
		t.skip(monday, "too little usage is known before it")
	default:
		w.Ratio = against(w.Hit, w.LeastHit)
		w.PredictErr = math.Abs(against(w.Predicted.Expected, w.Hit) - 1)
		t.Weeks = append(t.Weeks, w)
	}
}

// against is a/b. Nobody counts as one, or no slot could stand beside an
// empty one.
func against(a, b float64) float64 {
	if b == 0 {
		a, b = max(a, 1), 1
	}
	return a / b
}

// open are the slots on the grid between start and end that no blackout
// touches.
func (h *History) open(start, end time.Time, need time.Duration) []time.Time {
	var slots []time.Time
	calendar := h.calendar.during(start, end)
	for at := h.series.At(h.series.Index(start)); !at.Add(need).After(end); at = at.Add(h.series.step()) {
		if !calendar.blocks(at, at.Add(need)) {
			slots = append(slots, at)
		}
	}
	return slots
}

func (t *Trial) score() {
	var ratios, errs []float64
	for _, w := range t.Weeks {
		ratios = append(ratios, w.Ratio)
		errs = append(errs, w.PredictErr)
		t.Score.WorstRatio = max(t.Score.WorstRatio, w.Ratio)
	}
	t.Score.Weeks = len(t.Weeks)
	t.Score.MedianRatio, t.Score.MedianPredictionError = Median(ratios), Median(errs)
}
