package survey_test

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"upgradehub/events/survey"
)

// TestOf holds the interval to figures that others printed: R. G. Newcombe,
// Two-sided confidence intervals for the single proportion, Statistics in
// Medicine 17 (1998), table I, method 3; and to its closed form where nobody or
// everybody says so: the far end lies z²/(n+z²) away.
func TestOf(t *testing.T) {
	for _, tt := range []struct {
		k, n      int
		low, high float64
	}{
		{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718}, {10, 10, 0.7225, 1}, {0, 0, 0, 1},
	} {
		got := survey.Of(tt.k, tt.n)
		if math.Abs(got.Low-tt.low) > 5e-5 || math.Abs(got.High-tt.high) > 5e-5 {
			t.Errorf("Of(%d, %d) = %.4f to %.4f, want %.4f to %.4f", tt.k, tt.n, got.Low, got.High, tt.low, tt.high)
		}
	}
}

// TestIntervalSolvesTheScoreTest: the ends are those shares p at which k of n
// is just 1.96 standard errors away, which is how Wilson defines them.
func TestIntervalSolvesTheScoreTest(t *testing.T) {
	for n := 1; n <= 60; n++ {
		for k := range n + 1 {
			got := survey.Of(k, n)
			if got.Low < 0 || got.High > 1 || got.Low > got.Share || got.High < got.Share {
				t.Fatalf("Of(%d, %d) = %+v: the share lies outside", k, n, got)
			}
			if mirror := survey.Of(n-k, n); math.Abs(got.Low-(1-mirror.High)) > 1e-12 {
				t.Errorf("Of(%d, %d) and its opposite disagree: %v, %v", k, n, got, mirror)
			}
			for _, p := range []float64{got.Low, got.High} {
				away := math.Abs(got.Share-p) * math.Sqrt(float64(n))
				if want := 1.959963984540054 * math.Sqrt(p*(1-p)); math.Abs(away-want) > 1e-6 {
					t.Errorf("Of(%d, %d): at %v the share is %v away, want %v", k, n, p, away, want)
				}
			}
		}
	}
}

// TestIntervalNarrows: ten times the answers of the same kind say more.
func TestIntervalNarrows(t *testing.T) {
	for range 1000 {
		n := 1 + rand.IntN(200)
		k := rand.IntN(n + 1)
		few, many := survey.Of(k, n), survey.Of(10*k, 10*n)
		if many.High-many.Low >= few.High-few.Low {
			t.Errorf("%d of %d spans %v, and ten times that %v", k, n, few, many)
		}
	}
}

func TestCount(t *testing.T) {
	got := survey.Count([]survey.Answer{
		{Rating: 5, Disruption: "none", Communication: "right"},
		{Rating: 4},
		{Rating: 4, Disruption: "blocked", Communication: "late"},
		{Rating: 1, Disruption: "lot", Communication: "late"},
		{Rating: 9, Disruption: "lot"},
	}, survey.Invited{Asked: 8, Answered: 2})
	want := survey.Result{
		Invited: 8, Count: 4, Ratings: [5]int{1, 0, 0, 2, 1}, Average: 3.5, Responded: survey.Of(2, 8), Satisfied: survey.Of(3, 4), Low: 2,
		Disruption: map[string]int{"none": 1, "blocked": 1, "lot": 1}, Communication: map[string]int{"right": 1, "late": 2},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if few := survey.Count(nil, survey.Invited{Asked: 3, Answered: 2}); few.Unshown != 2 || few.Responded != survey.Of(2, 3) {
		t.Errorf("of answers that nobody kept = %+v", few)
	}
	if none := survey.Count(nil, survey.Invited{Asked: 3}); none.Average != 0 || none.Responded != survey.Of(0, 3) || none.Satisfied.High != 1 {
		t.Errorf("of no answers = %+v", none)
	}
}

func TestString(t *testing.T) {
	for _, tt := range []struct {
		share survey.Share
		want  string
	}{
		{survey.Of(0, 0), "–"}, {survey.Of(15, 148), "10 % (95 % interval 6 to 16 %)"}, {survey.Of(10, 10), "100 % (95 % interval 72 to 100 %)"},
	} {
		if got := tt.share.String(); got != tt.want {
			t.Errorf("%d of %d reads %q, want %q", tt.share.Count, tt.share.Of, got, tt.want)
		}
	}
}
