package usage_test

import (
	"math"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"upgradehub/events/usage"
)

var zones = rapid.SampledFrom([]string{"UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "America/St_Johns", "Pacific/Auckland"})

func drawZone(t *rapid.T) *time.Location {
	z, err := time.LoadLocation(zones.Draw(t, "zone"))
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// drawSeries makes some weeks of usage, with holes, around a change of clocks.
func drawSeries(t *rapid.T) usage.Series {
	z := drawZone(t)
	start := time.Date(2026, time.Month(rapid.SampledFrom([]int{1, 2, 8, 9}).Draw(t, "month")), 3, 0, 0, 0, 0, z)
	seed := rapid.Uint64().Draw(t, "seed")
	step := rapid.SampledFrom([]time.Duration{time.Hour, 30 * time.Minute}).Draw(t, "step")
	values := make([]float64, int(24*time.Hour/step)*rapid.IntRange(30, 90).Draw(t, "days"))
	for i := range values {
		seed = seed*6364136223846793005 + 1442695040888963407
		values[i] = float64(seed >> 54)
		if seed>>33%50 == 0 {
			values[i] = math.NaN()
		}
	}
	return usage.Series{Start: start, Step: step, Values: values}
}

func drawBlackouts(t *rapid.T, s usage.Series) []usage.Blackout {
	var list []usage.Blackout
	for range rapid.IntRange(0, 4).Draw(t, "blackouts") {
		if rapid.Bool().Draw(t, "whole days") {
			first := s.Start.AddDate(0, 0, rapid.IntRange(0, int(s.End().Sub(s.Start).Hours())/24+6).Draw(t, "day"))
			list = append(list, usage.Blackout{Start: first, End: first.AddDate(0, 0, rapid.IntRange(1, 3).Draw(t, "days")), Name: "holiday"})
			continue
		}
		start := s.Start.Add(time.Duration(rapid.IntRange(0, int(s.End().Sub(s.Start).Minutes())).Draw(t, "minute")) * time.Minute)
		list = append(list, usage.Blackout{Start: start, End: start.Add(time.Duration(rapid.IntRange(1, 1200).Draw(t, "minutes")) * time.Minute), Name: "match"})
	}
	return list
}

// slotOf is which step of the week the clock shows.
func slotOf(t time.Time, step time.Duration) int {
	minutes := ((int(t.Weekday())+6)%7*24+t.Hour())*60 + t.Minute()
	return minutes / int(step.Minutes())
}

// isOdd says whether a step is in a blackout, or on the eve of the first
// whole day of one.
func isOdd(at time.Time, step time.Duration, blackouts []usage.Blackout) bool {
	y, m, d := at.Date()
	midnight := func(days int) time.Time { return time.Date(y, m, d+days, 0, 0, 0, 0, at.Location()) }
	return slices.ContainsFunc(blackouts, func(b usage.Blackout) bool {
		within := b.Start.Before(at.Add(step)) && at.Before(b.End)
		eve := b.Start.After(midnight(0)) && !b.Start.After(midnight(1)) && !b.End.Before(midnight(2))
		return within || eve
	})
}

func brute(s usage.Series, blackouts []usage.Blackout, before time.Time) [][]float64 {
	values := make([][]float64, 7*24*time.Hour/s.Step)
	for i, v := range slices.Backward(s.Values) {
		at := s.At(i)
		slot := slotOf(at, s.Step)
		if at.Add(s.Step).After(before) || math.IsNaN(v) || len(values[slot]) == 8 || isOdd(at, s.Step, blackouts) {
			continue
		}
		values[slot] = append(values[slot], v)
	}
	return values
}

func bruteMedian(values []float64) float64 {
	v := slices.Clone(values)
	sort.Float64s(v)
	if len(v)%2 == 1 {
		return v[len(v)/2]
	}
	return (v[len(v)/2-1] + v[len(v)/2]) / 2
}

// TestProfileAgainstBruteForce: each of the 168 or 336 medians, and the
// range.
func TestProfileAgainstBruteForce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSeries(t)
		b := drawBlackouts(t, s)
		before := s.Start.Add(time.Duration(rapid.IntRange(0, int(s.End().Sub(s.Start).Minutes())+9999).Draw(t, "before")) * time.Minute)
		p := usage.New(s, b).Profile(before)
		for slot, values := range brute(s, b, before) {
			got := p.Week[slot]
			if got.Seen != len(values) {
				t.Fatalf("slot %d was seen %d times, want %d", slot, got.Seen, len(values))
			}
			if len(values) == 0 {
				continue
			}
			if want := bruteMedian(values); got.Median != want || got.Low > want || got.High < want || got.Low < slices.Min(values) || got.High > slices.Max(values) {
				t.Fatalf("slot %d of %v is %+v, want median %v", slot, values, got, want)
			}
		}
	})
}

// TestNoPeeking: hours that have not ended change nothing.
func TestNoPeeking(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSeries(t)
		b := drawBlackouts(t, s)
		before := s.At(rapid.IntRange(0, len(s.Values)).Draw(t, "before"))
		need := time.Duration(rapid.IntRange(1, 1000).Draw(t, "need")) * time.Minute
		start := before.Add(time.Duration(rapid.IntRange(0, 200).Draw(t, "start")) * s.Step)
		other := s
		other.Values = slices.Clone(s.Values)
		for i := s.Index(before); i < len(other.Values); i++ {
			other.Values[i] = 12345
		}
		one, two := usage.New(s, b).Profile(before), usage.New(other, b).Profile(before)
		f, fKnown := one.Forecast(start, need)
		g, gKnown := two.Forecast(start, need)
		if f != g || fKnown != gKnown || one.Trend != two.Trend {
			t.Fatalf("forecast %+v became %+v, trend %v became %v", f, g, one.Trend, two.Trend)
		}
	})
}

// TestForecastAgainstBruteForce: the sum of the medians of the hours a clock
// shows while the slot lasts, at their level.
func TestForecastAgainstBruteForce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSeries(t)
		p := usage.New(s, nil).Profile(s.End())
		minutes := rapid.IntRange(1, 3000).Draw(t, "need")
		start := s.End().Add(time.Duration(rapid.IntRange(0, 400).Draw(t, "start")) * s.Step)
		values := brute(s, nil, s.End())
		want, known := 0.0, true
		for m := range minutes {
			v := values[slotOf(start.Add(time.Duration(m)*time.Minute), s.Step)]
			known = known && len(v) >= 4
			if known {
				want += bruteMedian(v) / s.Step.Minutes()
			}
		}
		f, ok := p.Forecast(start, time.Duration(minutes)*time.Minute)
		if ok != known {
			t.Fatalf("known = %t, want %t", ok, known)
		}
		if known && (math.Abs(f.Expected-want*f.Trend) > 1e-6*want || f.Low > f.Expected || f.High < f.Expected || f.Trend < 0.5 || f.Trend > 2) {
			t.Fatalf("forecast %+v, want %v at its level", f, want)
		}
	})
}

func TestSumAgainstBruteForce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSeries(t)
		i := rapid.IntRange(-3, len(s.Values)+3).Draw(t, "step")
		minutes := rapid.IntRange(1, 600).Draw(t, "need")
		want, known := 0.0, true
		for m := range minutes {
			k := i + m/int(s.Step.Minutes())
			if k < 0 || k >= len(s.Values) || math.IsNaN(s.Values[k]) {
				known = false
				break
			}
			want += s.Values[k] / s.Step.Minutes()
		}
		got, ok := s.Sum(i, time.Duration(minutes)*time.Minute)
		if ok != known || known && math.Abs(got-want) > 1e-6 {
			t.Fatalf("sum of %d minutes from %d = %v, %t, want %v, %t", minutes, i, got, ok, want, known)
		}
	})
}

// TestHourly: hours are the sums of the halves that clocks show in them.
func TestHourly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSeries(t)
		s.Start, s.Values = s.At(1), s.Values[1:]
		h := s.Hourly()
		if h.Step != time.Hour || h.Start.Minute() != 0 || h.Start.Sub(s.Start) > 30*time.Minute || s.End().Sub(h.End()) > 30*time.Minute {
			t.Fatalf("hours from %s to %s of steps from %s to %s", h.Start, h.End(), s.Start, s.End())
		}
		for i, got := range h.Values {
			want, known := s.Sum(s.Index(h.At(i)), time.Hour)
			if known && got != want || !known && !math.IsNaN(got) {
				t.Fatalf("hour %d is %v, want %v, %t", i, got, want, known)
			}
		}
	})
}

func TestQuantiles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(0, 1e6), 1, 30).Draw(t, "values")
		kept := slices.Clone(values)
		if got, want := usage.Median(values), bruteMedian(values); got != want {
			t.Fatalf("median of %v = %v, want %v", values, got, want)
		}
		if got, want := usage.Quantile(values, 0.5), bruteMedian(values); math.Abs(got-want) > 1e-6 {
			t.Fatalf("P50 of %v = %v, want the median %v", values, got, want)
		}
		p, q := rapid.Float64Range(0, 1).Draw(t, "p"), rapid.Float64Range(0, 1).Draw(t, "q")
		if low, high := usage.Quantile(values, min(p, q)), usage.Quantile(values, max(p, q)); low > high || low < slices.Min(values) || high > slices.Max(values) {
			t.Fatalf("quantiles %v and %v of %v are out of order", low, high, values)
		}
		if !slices.Equal(values, kept) {
			t.Fatal("the values were moved")
		}
	})
	eight := []float64{8, 1, 7, 2, 6, 3, 5, 4}
	if low, high := usage.Quantile(eight, 0.1), usage.Quantile(eight, 0.9); low != 1 || high != 8 {
		t.Errorf("P10 and P90 of eight = %v, %v, want all of them", low, high)
	}
	if !math.IsNaN(usage.Median(nil)) || !math.IsNaN(usage.Quantile(nil, 0.5)) {
		t.Error("nothing has a median")
	}
}

// TestFindAlways: what every answer keeps to.
func TestFindAlways(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSeries(t)
		b := drawBlackouts(t, s)
		q := usage.Query{
			Need:  time.Duration(rapid.IntRange(1, 2000).Draw(t, "need")) * time.Minute,
			From:  s.At(rapid.IntRange(0, len(s.Values)+100).Draw(t, "from")).Add(time.Duration(rapid.IntRange(0, 59).Draw(t, "minute")) * time.Minute),
			Weeks: rapid.IntRange(0, 3).Draw(t, "weeks"),
		}
		h := usage.New(s, b)
		a, err := h.Find(q)
		if err != nil {
			return
		}
		p := h.Profile(q.From)
		least := math.Inf(1)
		for at := a.From; !at.Add(q.Need).After(a.Until); at = at.Add(s.Step) {
			if f, known := p.Forecast(at, q.Need); known && free(b, at, at.Add(q.Need)) {
				least = min(least, f.Expected)
			}
		}
		if len(a.Slots) == 0 || len(a.Slots) > 5 || a.Slots[0].Expected != least {
			t.Fatalf("%d slots, the first %+v, want the least %v", len(a.Slots), a.Slots, least)
		}
		for i, x := range a.Slots {
			if x.Start.Before(q.From) || x.End.After(a.Until) || x.End.Sub(x.Start) != q.Need || !free(b, x.Start, x.End) || x.Start.Minute()%int(s.Step.Minutes()) != 0 || len(x.Reasons) < 2 {
				t.Fatalf("slot %+v does not answer %+v", x, q)
			}
			for _, y := range a.Slots[:i] {
				if x.Expected < y.Expected || x.Start.Before(y.End.Add(6*time.Hour)) && y.Start.Before(x.End.Add(6*time.Hour)) {
					t.Fatalf("slots %+v and %+v are out of order or too near", y, x)
				}
			}
		}
	})
}

// TestBusyDaysAreNoHolidays: they are not offered, and the day before them is
// a day like others.
func TestBusyDaysAreNoHolidays(t *testing.T) {
	s := passengers(t)
	q := usage.Query{Need: 3 * time.Hour, From: s.At(s.Index(s.End().AddDate(0, 0, -14)))}
	free, err := usage.New(s, nil).Find(q)
	if err != nil {
		t.Fatal(err)
	}
	best := free.Slots[0]
	day := usage.Blackout{Start: best.Start.AddDate(0, 0, 1).Truncate(24 * time.Hour), End: best.Start.AddDate(0, 0, 3), Name: "work"}
	for _, busy := range []bool{false, true} {
		day.Busy = busy
		a, err := usage.New(s, []usage.Blackout{day}).Find(q)
		if err != nil {
			t.Fatal(err)
		}
		eve := strings.Contains(strings.Join(a.Slots[0].Reasons, ";"), "the eve of work")
		if !a.Slots[0].Start.Equal(best.Start) || eve == busy {
			t.Errorf("busy %t: best %v of %v, an eve %t: %v", busy, a.Slots[0].Start, best.Start, eve, a.Slots[0].Reasons)
		}
		if len(a.LeftOut) != 1 || slices.ContainsFunc(a.Slots, func(s usage.Slot) bool { return s.Start.Before(day.End) && day.Start.Before(s.End) }) {
			t.Errorf("busy %t: left out %v, offered %v", busy, a.LeftOut, a.Slots)
		}
	}
}
