package survey_test

import (
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"upgradehub/events/survey"
)

func TestCompare(t *testing.T) {
	for _, tt := range []struct {
		name        string
		now, before survey.Share
		want        survey.Verdict
	}{
		{"the same", survey.Of(8, 10), survey.Of(8, 10), survey.Unclear},
		{"few", survey.Of(9, 10), survey.Of(5, 10), survey.Unclear},
		{"the same of many", survey.Of(90, 100), survey.Of(50, 100), survey.Better},
		{"and back", survey.Of(50, 100), survey.Of(90, 100), survey.Worse},
		{"all against none", survey.Of(5, 5), survey.Of(0, 5), survey.Better},
		{"of nobody", survey.Of(100, 100), survey.Of(0, 0), survey.Unclear},
		// The ends of 0 of n and n of n are z²/(n+z²) from 0 and 1: they meet at n = z², 3.84.
		{"just apart", survey.Of(4, 4), survey.Of(0, 4), survey.Better},
		{"not apart", survey.Of(3, 3), survey.Of(0, 3), survey.Unclear},
	} {
		if got := survey.Compare(tt.now, tt.before); got != tt.want {
			t.Errorf("%s: Compare(%s, %s) = %s, want %s", tt.name, tt.now, tt.before, got, tt.want)
		}
	}
}

// TestCompareIsFair: it is clear just when no share lies in both intervals, it
// follows the shares, and the other way round it says the opposite.
func TestCompareIsFair(t *testing.T) {
	opposite := map[survey.Verdict]survey.Verdict{survey.Better: survey.Worse, survey.Worse: survey.Better, survey.Unclear: survey.Unclear}
	share := rapid.Custom(func(t *rapid.T) survey.Share {
		n := rapid.IntRange(0, 300).Draw(t, "n")
		return survey.Of(rapid.IntRange(0, n).Draw(t, "k"), n)
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := share.Draw(t, "a"), share.Draw(t, "b")
		got := survey.Compare(a, b)
		if overlap := max(a.Low, b.Low) <= min(a.High, b.High); overlap != (got == survey.Unclear) {
			t.Errorf("Compare(%s, %s) = %s, overlap %t", a, b, got, overlap)
		}
		if got == survey.Better && a.Share <= b.Share || got == survey.Worse && a.Share >= b.Share {
			t.Errorf("Compare(%s, %s) = %s", a, b, got)
		}
		if back := survey.Compare(b, a); back != opposite[got] {
			t.Errorf("Compare(%s, %s) = %s, and back %s", a, b, got, back)
		}
	})
}

// TestTrend: the oldest comes first, and what is withheld neither has a verdict
// nor is one given against it.
func TestTrend(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }
	points := []survey.Point{
		{Upgrade: "d", Ended: day(4), Satisfied: survey.Of(30, 100)},
		{Upgrade: "a", Ended: day(1), Satisfied: survey.Of(50, 100)},
		{Upgrade: "c", Ended: day(3), Satisfied: survey.Of(0, 0), Verdict: survey.Worse},
		{Upgrade: "b", Ended: day(2), Satisfied: survey.Of(55, 100)},
		{Upgrade: "e", Ended: day(5), Satisfied: survey.Of(90, 100)},
	}
	want := map[string]survey.Verdict{"a": "", "b": survey.Unclear, "c": "", "d": survey.Worse, "e": survey.Better}
	got, order := map[string]survey.Verdict{}, ""
	for _, p := range survey.Trend(points) {
		got[p.Upgrade] = p.Verdict
		order += p.Upgrade
	}
	if !reflect.DeepEqual(got, want) || order != "abcde" {
		t.Errorf("got %v in order %s, want %v", got, order, want)
	}
	if points[2].Verdict != survey.Worse {
		t.Error("the caller's points were changed")
	}
}
