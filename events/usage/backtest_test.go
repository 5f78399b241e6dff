package usage_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"upgradehub/events/usage"
)

// TestBacktestSample is the measure of the method: what it must reach on usage
// it has not seen.
func TestBacktestSample(t *testing.T) {
	trial, err := usage.New(passengers(t), holidays(t)).Backtest(3 * time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	s := trial.Score
	t.Logf("%+v", s)
	if s.Weeks != 8 || s.MedianRatio > 1.05 || s.WorstRatio > 1.5 || s.MedianPredictionError > 0.10 {
		t.Errorf("score = %+v, want 8 weeks, ratios within 1.05 and 1.5, error within 0.10", s)
	}
	if first := trial.Weeks[0]; first.Name != "2014-W36" || len(trial.Skipped) > 0 {
		t.Errorf("first week %s, skipped %v; want 2014-W36 and none", first.Name, trial.Skipped)
	}
}

// changed is the sample, made other by f, and moved by some hours.
func changed(t *testing.T, move int, f func(i int, v float64) float64) (usage.Series, []usage.Blackout) {
	s, b := passengers(t), holidays(t)
	for i, v := range s.Values {
		s.Values[i] = f(i, v)
	}
	by := time.Duration(move) * time.Hour
	s.Start = s.Start.Add(by)
	for i := range b {
		b[i].Start, b[i].End = b[i].Start.Add(by), b[i].End.Add(by)
	}
	return s, b
}

// TestBacktestHolds plays the sample as it might have been: the method must
// not fit one summer in one city.
func TestBacktestHolds(t *testing.T) {
	same := func(_ int, v float64) float64 { return v }
	random := rand.New(rand.NewPCG(1, 2))
	noise := func(sigma float64) func(int, float64) float64 {
		return func(_ int, v float64) float64 { return v * math.Exp(sigma*random.NormFloat64()) }
	}
	trend := func(weekly float64) func(int, float64) float64 {
		return func(i int, v float64) float64 { return v * math.Pow(weekly, float64(i)/336) }
	}
	step := func(i int, v float64) float64 {
		if i >= 10*336 {
			v *= 1.3
		}
		return v
	}
	tests := []struct {
		name                 string
		need                 time.Duration
		move                 int
		f                    func(int, float64) float64
		median, worst, error float64
	}{
		{"1h", time.Hour, 0, same, 1.10, 1.5, 0.10},
		{"90m", 90 * time.Minute, 0, same, 1.05, 1.5, 0.10},
		{"2h", 2 * time.Hour, 0, same, 1.05, 1.5, 0.10},
		{"4h", 4 * time.Hour, 0, same, 1.05, 1.5, 0.10},
		{"6h", 6 * time.Hour, 0, same, 1.05, 1.5, 0.10},
		{"12h", 12 * time.Hour, 0, same, 1.05, 1.5, 0.10},
		{"weeks begin on Wednesday", 3 * time.Hour, -48, same, 1.05, 1.5, 0.10},
		{"weeks begin on Saturday", 3 * time.Hour, 48, same, 1.05, 1.5, 0.10},
		{"nights are afternoons", 3 * time.Hour, 12, same, 1.05, 1.5, 0.10},
		{"grows by 2 % a week", 3 * time.Hour, 0, trend(1.02), 1.05, 1.5, 0.10},
		{"shrinks by 1 % a week", 3 * time.Hour, 0, trend(0.99), 1.05, 1.5, 0.10},
		{"shrinks by 2 % a week", 3 * time.Hour, 0, trend(0.98), 1.05, 1.5, 0.12},
		{"a third more from one week to the next", 3 * time.Hour, 0, step, 1.05, 1.5, 0.15},
		{"noise of 7 % a half hour", 3 * time.Hour, 0, noise(0.07), 1.10, 1.5, 0.12},
		{"noise of 14 % a half hour", 3 * time.Hour, 0, noise(0.14), 1.15, 1.5, 0.15},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			trial, err := usage.New(changed(t, tt.move, tt.f)).Backtest(tt.need)
			if err != nil {
				t.Fatal(err)
			}
			s := trial.Score
			t.Logf("%d weeks, median ratio %.3f, worst %.3f, error %.3f", s.Weeks, s.MedianRatio, s.WorstRatio, s.MedianPredictionError)
			if s.MedianRatio > tt.median || s.WorstRatio > tt.worst || s.MedianPredictionError > tt.error {
				t.Errorf("score = %+v, want at most %v, %v, %v", s, tt.median, tt.worst, tt.error)
			}
		})
	}
}

// moved is the table of the sample with all dates some weeks later, as clocks
// showed them: other weeks change their clocks.
func moved(t *testing.T, weeks int) string {
	var b strings.Builder
	for line := range strings.Lines(string(testdata(t, "passengers-2014-07-to-10.csv"))) {
		at, value, _ := strings.Cut(line, ",")
		if wall, err := time.Parse(time.DateTime, at); err == nil {
			at = wall.AddDate(0, 0, 7*weeks).Format(time.DateTime)
		}
		b.WriteString(at + "," + value)
	}
	return b.String()
}

// TestBacktestOverClockChanges: a table by the clock lacks nothing when clocks
// change, and the weeks in which they do are played like others.
func TestBacktestOverClockChanges(t *testing.T) {
	for _, weeks := range []int{3, -22} { // to November 2 and to March 9 of 2014
		s, skipped := read(t, usage.Config{Zone: zone(t, "America/New_York")}, moved(t, weeks))
		b := holidays(t)
		for i := range b {
			b[i].Start, b[i].End = b[i].Start.AddDate(0, 0, 7*weeks), b[i].End.AddDate(0, 0, 7*weeks)
		}
		trial, err := usage.New(s, b).Backtest(3 * time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		score := trial.Score
		if score.Weeks != 8 || len(trial.Skipped) > 0 || score.MedianRatio > 1.05 || score.WorstRatio > 1.5 || score.MedianPredictionError > 0.10 {
			t.Errorf("moved by %d weeks: %+v, skipped %v", weeks, score, trial.Skipped)
		}
		if never := weeks < 0; never && len(skipped) != 2 || !never && len(skipped) != 0 {
			t.Errorf("moved by %d weeks: skipped %v; want the two half hours that clocks skip, in spring alone", weeks, skipped)
		}
	}
}

// TestBacktestWithoutPeeking: what happens in a week changes nothing of what
// is chosen for it.
func TestBacktestWithoutPeeking(t *testing.T) {
	before, err := usage.New(passengers(t), holidays(t)).Backtest(3 * time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	s := passengers(t)
	last := before.Weeks[len(before.Weeks)-1]
	for i := s.Index(time.Date(2014, 10, 20, 0, 0, 0, 0, s.Zone())); i < len(s.Values); i++ {
		s.Values[i] = 1e6 - s.Values[i]
	}
	after, err := usage.New(s, holidays(t)).Backtest(3 * time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if got := after.Weeks[len(after.Weeks)-1]; !got.Chosen.Equal(last.Chosen) || got.Predicted != last.Predicted {
		t.Errorf("chose %s (%v) after the week was changed, %s (%v) before", got.Chosen, got.Predicted, last.Chosen, last.Predicted)
	}
}

func TestBacktestSkips(t *testing.T) {
	s := passengers(t)
	at := func(day, hour int) int { return s.Index(time.Date(2014, 9, day, hour, 0, 0, 0, s.Zone())) }
	s.Values[at(10, 5)], s.Values[at(10, 6)] = math.NaN(), math.NaN() // W37
	blackouts := append(holidays(t), usage.Blackout{
		Start: time.Date(2014, 9, 22, 0, 0, 0, 0, s.Zone()), End: time.Date(2014, 9, 29, 0, 0, 0, 0, s.Zone()), Name: "freeze", // W39
	})
	trial, err := usage.New(s, blackouts).Backtest(3 * time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	want := []usage.Skipped{
		{What: "week 2014-W37", Why: "1 hours of it are not known"},
		{What: "week 2014-W39", Why: "blackouts leave no slot"},
	}
	if !slices.Equal(trial.Skipped, want) || trial.Score.Weeks != 6 {
		t.Errorf("skipped %v of %d weeks, want %v of 6", trial.Skipped, trial.Score.Weeks, want)
	}
}

// TestBacktestByHand judges weeks by sums that are made here.
func TestBacktestByHand(t *testing.T) {
	s, b := passengers(t), holidays(t)
	trial, err := usage.New(s, b).Backtest(3 * time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for k, w := range trial.Weeks {
		monday := time.Date(2014, 9, 1+7*k, 0, 0, 0, 0, s.Zone())
		least := math.Inf(1)
		sum := func(at time.Time) (sum float64) {
			for j := range 6 {
				sum += s.Values[s.Index(at)+j]
			}
			return sum
		}
		for i := range 336 - 5 {
			at := monday.Add(time.Duration(i) * 30 * time.Minute)
			if free(b, at, at.Add(3*time.Hour)) {
				least = min(least, sum(at))
			}
		}
		hit := sum(w.Chosen)
		if w.LeastHit != least || w.Hit != hit || math.Abs(w.Ratio-hit/least) > 1e-9 || math.Abs(w.PredictErr-math.Abs(w.Predicted.Expected-hit)/hit) > 1e-9 {
			t.Errorf("%+v, want least %v, hit %v", w, least, hit)
		}
	}
}

func free(blackouts []usage.Blackout, start, end time.Time) bool {
	return !slices.ContainsFunc(blackouts, func(b usage.Blackout) bool { return b.Start.Before(end) && start.Before(b.End) })
}

func TestTooLittle(t *testing.T) {
	s := passengers(t)
	s.Values = s.Values[:9*7*48] // the first whole week begins with day seven
	h := usage.New(s, nil)
	if _, err := h.Backtest(time.Hour); !errors.Is(err, usage.ErrTooLittle) {
		t.Errorf("backtest of nine weeks = %v, want too little", err)
	}
	if _, err := h.Find(usage.Query{Need: time.Hour, From: s.At(3 * 7 * 48)}); !errors.Is(err, usage.ErrTooLittle) {
		t.Errorf("find after three weeks = %v, want too little", err)
	}
	all := []usage.Blackout{{Start: s.Start, End: s.Start.AddDate(1, 0, 0), Name: "freeze"}}
	if _, err := usage.New(passengers(t), all).Find(usage.Query{Need: time.Hour}); !errors.Is(err, usage.ErrTooLittle) {
		t.Errorf("find in a freeze = %v, want too little", err)
	}
}

// TestNobody: slots in which nobody was are judged as if one had been.
func TestNobody(t *testing.T) {
	s := usage.Series{Start: time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC), Values: make([]float64, 10*168)}
	trial, err := usage.New(s, nil).Backtest(time.Hour)
	if want := (usage.Score{Weeks: 2, MedianRatio: 1, WorstRatio: 1}); err != nil || trial.Score != want {
		t.Errorf("score = %+v, %v, want %+v", trial.Score, err, want)
	}
}
