package survey_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"upgradehub/events/survey"
)

// many are n answers alike.
func many(n int, a survey.Answer) []survey.Answer { return slices.Repeat([]survey.Answer{a}, n) }

func TestLook(t *testing.T) {
	answers := slices.Concat(
		many(4, survey.Answer{Rating: 5, Disruption: "none", Communication: "right", Role: "users", Channel: "email", Effort: 7}),
		many(2, survey.Answer{Rating: 2, Disruption: "lot", Communication: "late", Role: "users", Channel: "page", Effort: 4, Minutes: 30}),
		many(1, survey.Answer{Rating: 4, Disruption: "blocked", Channel: "page", Minutes: 100}),
		many(1, survey.Answer{Rating: 0, Role: "teams", Minutes: 1000, Effort: 7}),
	)
	got := survey.Look(answers, survey.Invited{Asked: 10})
	want := survey.Insight{
		Result: survey.Count(answers, survey.Invited{Asked: 10}), Easy: survey.Of(4, 6), Lost: survey.Lost{Said: 3, Sum: 160, Median: 30},
		Roles: []survey.Group{
			{Name: "users", Count: 6, Satisfied: survey.Of(4, 6), Disrupted: survey.Of(2, 6), Informed: survey.Of(4, 6)},
			{Name: "", Count: 1, Satisfied: survey.Of(1, 1), Disrupted: survey.Of(1, 1), Informed: survey.Of(0, 0)},
		},
		Channels: []survey.Group{
			{Name: "email", Count: 4, Satisfied: survey.Of(4, 4), Disrupted: survey.Of(0, 4), Informed: survey.Of(4, 4)},
			{Name: "page", Count: 3, Satisfied: survey.Of(1, 3), Disrupted: survey.Of(3, 3), Informed: survey.Of(0, 2)},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// anyAnswer draws one, at times without a rating or with questions left out.
var anyAnswer = rapid.Custom(func(t *rapid.T) survey.Answer {
	return survey.Answer{
		Rating:        rapid.IntRange(0, 6).Draw(t, "rating"),
		Disruption:    rapid.SampledFrom([]string{"", "none", "little", "lot", "blocked"}).Draw(t, "disruption"),
		Communication: rapid.SampledFrom([]string{"", "late", "little", "right", "much"}).Draw(t, "communication"),
		Minutes:       rapid.SampledFrom([]int{0, 0, 1, 5, 15, 60, 480}).Draw(t, "minutes"),
		Effort:        rapid.IntRange(0, 7).Draw(t, "effort"),
		Role:          rapid.SampledFrom([]string{"", "users", "teams", "managers"}).Draw(t, "role"),
		Channel:       rapid.SampledFrom([]string{"email", "slack", "page"}).Draw(t, "channel"),
	}
})

var anyAnswers = rapid.SliceOfN(anyAnswer, 0, 60)

// total adds the groups up.
func total(groups []survey.Group) survey.Group {
	all := survey.Group{Satisfied: survey.Of(0, 0), Disrupted: survey.Of(0, 0), Informed: survey.Of(0, 0)}
	add := func(to *survey.Share, s survey.Share) { *to = survey.Of(to.Count+s.Count, to.Of+s.Of) }
	for _, g := range groups {
		all.Count += g.Count
		add(&all.Satisfied, g.Satisfied)
		add(&all.Disrupted, g.Disrupted)
		add(&all.Informed, g.Informed)
	}
	return all
}

// TestGroupsAreTheWhole: whatever the answers, groups by a name are all of
// them, each once, and say together what the whole says.
func TestGroupsAreTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		answers := anyAnswers.Draw(t, "answers")
		got := survey.Look(answers, survey.Invited{})
		want := survey.Group{Count: got.Count, Satisfied: got.Satisfied}
		disrupted, informed := 0, 0
		for answer, n := range got.Disruption {
			if disrupted += n; answer == "lot" || answer == "blocked" {
				want.Disrupted.Count += n
			}
		}
		for _, n := range got.Communication {
			informed += n
		}
		want.Disrupted = survey.Of(want.Disrupted.Count, disrupted)
		want.Informed = survey.Of(got.Communication["right"], informed)
		for name, groups := range map[string][]survey.Group{"roles": got.Roles, "channels": got.Channels} {
			if sum := total(groups); !reflect.DeepEqual(sum, want) {
				t.Errorf("%s add up to %+v, want %+v", name, sum, want)
			}
			if !slices.IsSortedFunc(groups, func(a, b survey.Group) int { return b.Count - a.Count }) {
				t.Errorf("%s are not the largest first: %+v", name, groups)
			}
		}
	})
}

// TestMedianIsTheMiddle: half of those who lost something lost no more and
// half no less, which defines it.
func TestMedianIsTheMiddle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		answers := anyAnswers.Draw(t, "answers")
		got := survey.Look(answers, survey.Invited{}).Lost
		var said, sum, noMore, noLess int
		for _, a := range answers {
			if a.Minutes == 0 || a.Rating < 1 || a.Rating > 5 {
				continue
			}
			said, sum = said+1, sum+a.Minutes
			if float64(a.Minutes) <= got.Median {
				noMore++
			}
			if float64(a.Minutes) >= got.Median {
				noLess++
			}
		}
		if got.Said != said || got.Sum != sum || 2*noMore < said || 2*noLess < said {
			t.Errorf("lost = %+v; %d said %d in all, %d no more than the median and %d no less", got, said, sum, noMore, noLess)
		}
	})
}

func TestNoticeOf(t *testing.T) {
	const day = 24 * time.Hour
	for _, tt := range []struct {
		notice time.Duration
		want   string
	}{
		{-time.Hour, survey.NoticeUnderDay},
		{0, survey.NoticeUnderDay},
		{day - 1, survey.NoticeUnderDay},
		{day, survey.NoticeDays},
		{3*day - 1, survey.NoticeDays},
		{3 * day, survey.NoticeWeek},
		{7*day - 1, survey.NoticeWeek},
		{7 * day, survey.NoticeLonger},
		{90 * day, survey.NoticeLonger},
	} {
		if got := survey.NoticeOf(tt.notice); got != tt.want {
			t.Errorf("NoticeOf(%s) = %s, want %s", tt.notice, got, tt.want)
		}
	}
}

func TestByNotice(t *testing.T) {
	late, right := survey.Answer{Rating: 3, Communication: "late"}, survey.Answer{Rating: 5, Communication: "right"}
	got := survey.ByNotice([]survey.Told{
		{Notice: 10 * 24 * time.Hour, Answers: many(6, right)},
		{Notice: time.Hour, Answers: append(many(4, late), right)},
		{Notice: 2 * time.Hour, Answers: many(1, late)},
		{Notice: 30 * time.Hour},
	})
	want := []survey.Group{
		{Name: survey.NoticeUnderDay, Count: 6, Satisfied: survey.Of(1, 6), Disrupted: survey.Of(0, 0), Informed: survey.Of(1, 6)},
		{Name: survey.NoticeLonger, Count: 6, Satisfied: survey.Of(6, 6), Disrupted: survey.Of(0, 0), Informed: survey.Of(6, 6)},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}
