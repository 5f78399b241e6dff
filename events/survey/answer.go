package survey

import "strconv"

// The bounds of the numbers in an answer, which all begin at 1.
const (
	MostStars = 5 // of the rating
	MostEase  = 7 // of the effort: 1 is hard
	// MostMinutes is the most working time one person can lose: a week of days
	// and nights.
	MostMinutes = 7 * 24 * 60
)

// Number reads a whole number up to most as somebody entered it; nothing is 0.
func Number(said string, most int) (int, bool) {
	if said == "" {
		return 0, true
	}
	n, err := strconv.Atoi(said)
	if err != nil || n < 0 || n > most {
		return 0, false
	}
	return n, true
}
