package usage

import (
	"math"
	"slices"
)

// Median is the middle of the values, or the mean of the two in the middle.
// Of nothing it is NaN. The values are left as they are.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// Quantile is what the next value stays under with probability p, judged by
// n values like it: the one of rank p(n+1), between its neighbours. Ranks
// outside give the smallest and the largest, so the range from P10 to P90 of
// eight values is all of them and holds 7 of 9, which is honest for so few.
func Quantile(values []float64, p float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	rank := p*float64(len(sorted)+1) - 1
	below := math.Floor(rank)
	switch i := int(below); {
	case rank <= 0:
		return sorted[0]
	case i >= len(sorted)-1:
		return sorted[len(sorted)-1]
	default:
		return sorted[i] + (rank-below)*(sorted[i+1]-sorted[i])
	}
}
