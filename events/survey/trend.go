package survey

import (
	"slices"
	"time"
)

// Verdict is how a share stands to another.
type Verdict string

// The verdicts. Chance alone may make what is unclear.
const (
	Better  Verdict = "better"
	Worse   Verdict = "worse"
	Unclear Verdict = "no clear difference"
)

// Compare says how a share stands to an earlier one: unclear when their 95 %
// intervals overlap, which is stricter than a test of the difference and keeps
// people from reading news into noise.
func Compare(now, before Share) Verdict {
	switch {
	case now.Low > before.High:
		return Better
	case now.High < before.Low:
		return Worse
	}
	return Unclear
}

// Point is one upgrade in a row of them.
type Point struct {
	Upgrade string    `json:"upgrade"`
	Title   string    `json:"title"`
	Ended   time.Time `json:"ended"`
	// Satisfied is the share of 4 and 5; of nobody if it is withheld.
	Satisfied Share `json:"satisfied"`
	// Verdict is against the last one before it of which anything is known;
	// empty for the first.
	Verdict Verdict `json:"verdict,omitempty"`
}

// Trend is the points with their verdicts, oldest first.
func Trend(points []Point) []Point {
	row := slices.Clone(points)
	slices.SortStableFunc(row, func(a, b Point) int { return a.Ended.Compare(b.Ended) })
	var before *Point
	for i := range row {
		p := &row[i]
		if p.Verdict = ""; p.Satisfied.Of == 0 {
			continue
		}
		if before != nil {
			p.Verdict = Compare(p.Satisfied, before.Satisfied)
		}
		before = p
	}
	return row
}
