package usage

import (
	"math"
	"slices"
	"time"
)

const (
	memory   = 8                   // how many same hours of the week speak for the next
	enough   = 4                   // fewer say nothing
	horizon  = 16 * week           // how far back they may lie
	recent   = 14 * 24 * time.Hour // what tells the level of today: each day of the week twice
	daysFor  = 3                   // fewer recent days tell no level
	maxTrend = 2                   // beyond, the data changed its meaning
	lowTail  = 0.1                 // P10
	highTail = 0.9                 // P90
)

// History is usage with the days that are unlike others. It is not changed
// after [New] and may be used by many at once.
type History struct {
	series   Series
	calendar calendar
	odd      []bool
}

// New makes a history. Blackouts are never offered, and with the days before
// whole blackout days they are left out of what is learnt, but for usual ones.
func New(s Series, blackouts []Blackout) *History {
	c := newCalendar(blackouts, s.Zone())
	return &History{series: s, calendar: c, odd: c.odd(s)}
}

// Usual is what one step of the week is like.
type Usual struct {
	Median float64 `json:"median"` // NaN if nothing is known
	Low    float64 `json:"p10"`
	High   float64 `json:"p90"`
	Seen   int     `json:"seen"` // how many weeks speak for it
}

// Profile is what a week is like, as it could be known at one moment.
type Profile struct {
	// Week has the steps of a week from Monday 00:00: 168 hours or 336 halves.
	Week []Usual
	// Trend is the level of the last two weeks against the medians, over whole
	// days. A forecast takes that of its own hours of the day.
	Trend float64

	history *History
	end     int     // steps from here on must not be looked at
	past    [][]int // which steps speak for each of the week, newest first
	days    [][]int // the recent steps, by what clocks showed
}

// Profile learns from what ended before a moment, and from nothing else: of
// each hour of the week the last eight, holidays and their eves left out.
func (h *History) Profile(before time.Time) Profile {
	s := h.series
	p := Profile{
		history: h, end: min(h.endedBefore(before), len(s.Values)),
		past: make([][]int, s.steps(week)), days: make([][]int, s.steps(24*time.Hour)),
	}
	for i := p.end - 1; i >= max(p.end-s.steps(horizon), 0); i-- {
		slot := s.slot(s.At(i))
		if h.ordinary(i) && len(p.past[slot]) < memory {
			p.past[slot] = append(p.past[slot], i)
		}
	}
	for _, past := range p.past {
		p.Week = append(p.Week, h.usual(past))
	}
	for i := max(p.end-s.steps(recent), 0); i < p.end; i++ {
		clock := s.clock(s.At(i))
		p.days[clock] = append(p.days[clock], i)
	}
	p.Trend = p.level(0, 24*time.Hour, 1)
	return p
}

// endedBefore is how many steps have ended at t.
func (h *History) endedBefore(t time.Time) int {
	i := h.series.Index(t)
	if h.series.At(i).After(t) {
		i--
	}
	return i
}

func (h *History) ordinary(i int) bool {
	return !h.odd[i] && !math.IsNaN(h.series.Values[i])
}

func (h *History) usual(past []int) Usual {
	values := make([]float64, len(past))
	for k, i := range past {
		values[k] = h.series.Values[i]
	}
	return Usual{Median: Median(values), Low: Quantile(values, lowTail), High: Quantile(values, highTail), Seen: len(values)}
}

// level is what the recent days were against their profile in the hours of a
// slot: nights may stand still while days grow. It is their median, so that no
// single odd day moves it, and otherwise if too few days tell.
func (p *Profile) level(clock int, need time.Duration, otherwise float64) float64 {
	var ratios []float64
	for _, i := range p.days[clock] {
		was, known := p.sum(i, need)
		usual := p.usual(p.history.series.At(i), need)
		if known && usual.Seen >= enough && usual.Median > 0 {
			ratios = append(ratios, was/usual.Median)
		}
	}
	if len(ratios) < daysFor {
		return otherwise
	}
	return min(max(Median(ratios), 1.0/maxTrend), maxTrend)
}

// sum is what a past slot hit. It is not known if the slot reaches into time
// that must not be looked at, or into days unlike others.
func (p *Profile) sum(i int, need time.Duration) (sum float64, known bool) {
	end := i + p.history.series.span(need)
	if end > p.end || slices.Contains(p.history.odd[i:end], true) {
		return 0, false
	}
	return p.history.series.Sum(i, need)
}

// usual is what the medians say of a slot, with their ranges, and how many
// weeks speak for the least known of its steps.
func (p *Profile) usual(start time.Time, need time.Duration) Usual {
	s, sum := p.history.series, Usual{Seen: memory}
	for k := range s.span(need) {
		one, part := p.Week[s.slot(start.Add(time.Duration(k)*s.step()))], s.part(k, need)
		sum.Median += one.Median * part
		sum.Low += one.Low * part
		sum.High += one.High * part
		sum.Seen = min(sum.Seen, one.Seen)
	}
	return sum
}

// Forecast is how many people a slot would hit.
type Forecast struct {
	Expected float64 `json:"expected"`
	Low      float64 `json:"low"` // P10
	High     float64 `json:"high"`
	Weeks    int     `json:"weeks"` // how many weeks speak for it
	Trend    float64 `json:"trend"` // the level of its hours in the last two weeks
}

// Forecast sums what the hours of a slot are like. It is not known if one of
// them was seen fewer than four times.
func (p *Profile) Forecast(start time.Time, need time.Duration) (f Forecast, known bool) {
	start = start.In(p.history.series.Zone())
	usual := p.usual(start, need)
	if usual.Seen < enough {
		return Forecast{}, false
	}
	// Hours of one night rise and fall together, but not wholly: sums that
	// really happened give a better range than the sum of ranges.
	if sums := p.sums(start, need); len(sums) >= enough {
		usual.Low, usual.High = Quantile(sums, lowTail), Quantile(sums, highTail)
	}
	trend := p.level(p.history.series.clock(start), need, p.Trend)
	return Forecast{
		Expected: usual.Median * trend,
		Low:      min(usual.Low, usual.Median) * trend,
		High:     max(usual.High, usual.Median) * trend,
		Weeks:    usual.Seen,
		Trend:    trend,
	}, true
}

// sums are what the same slot hit in the weeks that speak for its first step.
func (p *Profile) sums(start time.Time, need time.Duration) []float64 {
	var sums []float64
	for _, i := range p.past[p.history.series.slot(start)] {
		if sum, known := p.sum(i, need); known {
			sums = append(sums, sum)
		}
	}
	return sums
}
