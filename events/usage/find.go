package usage

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

const (
	answers = 5
	between = 6 * time.Hour // two slots closer than this are one, shifted
)

// Query asks for slots.
type Query struct {
	Need  time.Duration // how long a slot must be
	From  time.Time     // from when on; zero is the end of the history
	Weeks int           // how many weeks to look at; zero is one
}

// Span is of which time an answer must know the blackouts: from the first step
// of the series to the end of what is asked for.
func (q Query) Span(s Series) (from, until time.Time) {
	if q.From.Before(s.End()) {
		q.From = s.End()
	}
	return s.Start, q.From.AddDate(0, 0, 7*max(q.Weeks, 1))
}

// Slot is a time in which an upgrade might run.
type Slot struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
	Forecast
	OfMedian float64  `json:"of_median"` // expected, against the median slot
	Reasons  []string `json:"reasons,omitempty"`
}

// Favourite is what the slot that many choose unasked would cost.
type Favourite struct {
	Slot
	Times float64 `json:"times"` // as many people as in the best slot
}

// Answer is the best slots, best first, and what they stand on.
type Answer struct {
	need      time.Duration
	From      time.Time  `json:"from"`
	Until     time.Time  `json:"until"`
	DataUntil time.Time  `json:"data_until"` // what is later was not looked at
	Unit      string     `json:"unit"`       // what is counted, in words
	Trend     float64    `json:"trend"`      // the level of the last two weeks
	Slots     []Slot     `json:"slots"`
	Favourite *Favourite `json:"favourite,omitempty"` // nil if nothing is known of it
	LeftOut   []Blackout `json:"left_out"`
}

// Find chooses up to five slots that begin with a step, lie wholly in the
// weeks that are asked for, touch no blackout, and are at least six hours
// apart, so that none is another one shifted.
func (h *History) Find(q Query) (Answer, error) {
	if q.From.IsZero() {
		q.From = h.series.End()
	}
	a := h.ask(q)
	calendar := h.calendar.during(a.From, a.Until)
	a.LeftOut = append(a.LeftOut, calendar.blackouts...)
	p := h.Profile(q.From)
	a.Trend = p.Trend
	all := p.slots(a.From, a.Until, a.need)
	if len(all) == 0 {
		return a, fmt.Errorf("find: %w: no slot has each of its hours known in %d weeks before %s", ErrTooLittle, enough, a.From.Format(time.DateOnly))
	}
	open := slices.DeleteFunc(slices.Clone(all), func(s Slot) bool { return calendar.blocks(s.Start, s.End) })
	if len(open) == 0 {
		return a, fmt.Errorf("find: %w: blackouts leave no slot (%s)", ErrTooLittle, names(a.LeftOut))
	}
	a.Slots = distinct(open)
	a.Favourite = p.favourite(a)
	a.explain(all, calendar)
	return a, nil
}

// ask makes the times of a query those of steps.
func (h *History) ask(q Query) Answer {
	from := h.series.At(h.series.Index(q.From))
	known := h.series.End()
	if q.From.Before(known) {
		known = q.From.In(known.Location())
	}
	return Answer{
		need: q.Need, From: from, Until: from.AddDate(0, 0, 7*max(q.Weeks, 1)),
		DataUntil: known, LeftOut: []Blackout{}, Unit: cmp.Or(h.series.Unit, "people"),
	}
}

// slots are all slots on the grid of which enough is known.
func (p *Profile) slots(from, until time.Time, need time.Duration) []Slot {
	var slots []Slot
	var expected []float64
	for at := from; !at.Add(need).After(until); at = at.Add(p.history.series.step()) {
		if f, known := p.Forecast(at, need); known {
			slots = append(slots, Slot{Start: at, End: at.Add(need), Forecast: f})
			expected = append(expected, f.Expected)
		}
	}
	median := Median(expected)
	for i := range slots {
		slots[i].OfMedian = against(slots[i].Expected, median)
	}
	return slots
}

// quieter orders slots: the fewest people first, then the soonest.
func quieter(a, b Slot) int {
	return cmp.Or(cmp.Compare(a.Expected, b.Expected), a.Start.Compare(b.Start))
}

// distinct picks the quietest slot, then the quietest that is no shift of it,
// and so on.
func distinct(slots []Slot) []Slot {
	var picked []Slot
	for _, s := range slices.SortedFunc(slices.Values(slots), quieter) {
		near := func(p Slot) bool { return s.Start.Before(p.End.Add(between)) && p.Start.Before(s.End.Add(between)) }
		if len(picked) < answers && !slices.ContainsFunc(picked, near) {
			picked = append(picked, s)
		}
	}
	return picked
}

// favourite is Sunday 02:00, the first from the beginning of the answer on.
func (p *Profile) favourite(a Answer) *Favourite {
	day := midnight(a.From, a.From.Location(), (7-int(a.From.Weekday()))%7)
	at := time.Date(day.Year(), day.Month(), day.Day(), 2, 0, 0, 0, day.Location())
	if at.Before(a.From) {
		at = at.AddDate(0, 0, 7)
	}
	f, known := p.Forecast(at, a.need)
	if !known {
		return nil
	}
	best := a.Slots[0]
	ofMedian := against(f.Expected, against(best.Expected, best.OfMedian))
	return &Favourite{
		Slot:  Slot{Start: at, End: at.Add(a.need), Forecast: f, OfMedian: ofMedian},
		Times: against(f.Expected, best.Expected),
	}
}
