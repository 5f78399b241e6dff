// Package survey has the words of what people are asked after an upgrade,
// counts what they answered, and says how far such counts can be trusted. It
// is pure.
package survey

import "math"

// Answer is the numbers of one answer.
type Answer struct {
	// Anonymous: nothing ties it to whoever gave it, see [Withhold].
	Anonymous bool
	// Rating is 1 to 5; 0 of one that is withheld.
	Rating int
	// Disruption is none, little, lot or blocked, Communication late, little,
	// right or much; empty where a question was left out.
	Disruption, Communication string
	// Minutes of work lost, 0 if not said; Effort is 1 (hard) to 7, 0 for none.
	Minutes, Effort int
	// Role is that of the audience asked, empty for the open form; Channel is
	// where it was answered: email, slack or page.
	Role, Channel string
}

// counts reports whether there is a rating, without which nothing counts.
func (a Answer) counts() bool { return a.Rating >= 1 && a.Rating <= MostStars }

// Low reports whether whoever answered was badly served: 1 or 2, or they could
// not work.
func (a Answer) Low() bool { return a.Rating <= 2 || a.Disruption == "blocked" }

// Invited is how many got a personal link, and how many of them answered by it;
// others answer on the page or in Slack. Neither is lowered when somebody is
// erased: how many were asked is no person.
type Invited struct{ Asked, Answered int }

// Share is a part of a whole.
type Share struct {
	Count int `json:"count"`
	Of    int `json:"of"`
	// Share is Count by Of, from 0 to 1, and Low to High its 95 % interval; all
	// of it is unknown, from 0 to 1, when Of is 0.
	Share float64 `json:"share"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// z95 is the 97.5 % quantile of the normal distribution.
const z95 = 1.959963984540054

// Of is count of n with the score interval of Wilson: E. B. Wilson, Probable
// inference, the law of succession, and statistical inference, Journal of the
// American Statistical Association 22 (1927). It holds for the few answers that
// surveys get, where the usual interval leaves 0 to 1.
func Of(count, n int) Share {
	if n <= 0 {
		return Share{High: 1}
	}
	p, size := float64(count)/float64(n), float64(n)
	across := 1 + z95*z95/size
	middle := (p + z95*z95/(2*size)) / across
	half := z95 / across * math.Sqrt(p*(1-p)/size+z95*z95/(4*size*size))
	return Share{Count: count, Of: n, Share: p, Low: max(0, min(p, middle-half)), High: min(1, max(p, middle+half))}
}

// Result is what many answers say together.
type Result struct {
	// Invited is how many got a personal link.
	Invited int `json:"invited"`
	// Count is how many answered, invited or not.
	Count int `json:"count"`
	// Ratings is how many gave 1, 2, … 5, and Average their mean, 0 of none.
	Ratings [MostStars]int `json:"ratings"`
	Average float64        `json:"average"`
	// Responded is the share of the invited who answered by their link.
	Responded Share `json:"responded"`
	// Satisfied is the share of 4 and 5: the top two of five.
	Satisfied Share `json:"satisfied"`
	// Low is how many gave 1 or 2 or could not work.
	Low int `json:"low"`
	// Disruption and Communication count each answer to these questions.
	Disruption    map[string]int `json:"disruption"`
	Communication map[string]int `json:"communication"`
	// Unshown is how many answered anonymously of whom nothing is shown, because
	// they are too few.
	Unshown int `json:"not_shown,omitempty"`
}

// Count counts answers of which some were invited. Of what is withheld only
// the number is told; other ratings that are none are left out.
func Count(answers []Answer, invited Invited) Result {
	r := Result{Invited: invited.Asked, Disruption: map[string]int{}, Communication: map[string]int{}}
	sum := 0
	for _, a := range answers {
		if a.withheld() {
			r.Unshown++
		}
		if !a.counts() {
			continue
		}
		r.Count++
		r.Ratings[a.Rating-1]++
		sum += a.Rating
		if a.Low() {
			r.Low++
		}
		note(r.Disruption, a.Disruption)
		note(r.Communication, a.Communication)
	}
	if r.Count > 0 {
		r.Average = float64(sum) / float64(r.Count)
	} else {
		// Every other answer is counted; of these not even the log knows.
		r.Unshown = max(r.Unshown, invited.Answered)
	}
	r.Responded = Of(invited.Answered, invited.Asked)
	r.Satisfied = Of(r.Ratings[3]+r.Ratings[4], r.Count)
	return r
}

func note(counts map[string]int, answer string) {
	if answer != "" {
		counts[answer]++
	}
}
