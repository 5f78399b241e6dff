package survey_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"upgradehub/events/survey"
)

// said makes n anonymous answers of a role and a channel.
func said(n int, role, channel string) []survey.Answer {
	return slices.Repeat([]survey.Answer{{Anonymous: true, Rating: 4, Role: role, Channel: channel}}, n)
}

func TestWithhold(t *testing.T) {
	named := survey.Answer{Rating: 1, Role: "managers", Channel: "email"}
	for _, tt := range []struct {
		name     string
		answers  []survey.Answer
		withheld int
		roles    string
		channels string
	}{
		{"none", nil, 0, "map[]", "map[]"},
		{"too few in all", said(4, "users", "email"), 4, "map[]", "map[]"},
		{"enough", said(5, "users", "email"), 0, "map[users:5]", "map[email:5]"},
		{"named ones are always shown", append(said(4, "users", "email"), named), 4, "map[managers:1]", "map[email:1]"},
		{"named ones are no cover", append(said(5, "users", "email"), named), 0, "map[managers:1 users:5]", "map[email:6]"},
		{"a small group takes the next with it", append(said(6, "users", "email"), said(1, "managers", "email")...), 0, "map[few:7]", "map[email:7]"},
		{"small groups together", slices.Concat(said(9, "users", "email"), said(3, "managers", "email"), said(2, "support", "email")), 0, "map[few:5 users:9]", "map[email:14]"},
		{"by channel", append(said(5, "users", "email"), said(5, "", "page")...), 0, "map[few:5 users:5]", "map[email:5 page:5]"},
		{"unmarked ones are together", append(said(6, "users", "email"), said(5, "", "")...), 0, "map[few:5 users:6]", "map[email:6 few:5]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			told := survey.Withhold(tt.answers)
			r, roles, channels := survey.Count(told, survey.Invited{}), map[string]int{}, map[string]int{}
			for _, a := range told {
				if a.Rating > 0 {
					roles[a.Role]++
					channels[a.Channel]++
				}
			}
			if r.Unshown != tt.withheld || fmt.Sprint(roles) != tt.roles || fmt.Sprint(channels) != tt.channels {
				t.Errorf("withheld %d, roles %v, channels %v; want %d, %s, %s", r.Unshown, roles, channels, tt.withheld, tt.roles, tt.channels)
			}
		})
	}
}

// anyUnsigned is an anonymous one.
var anyUnsigned = rapid.Custom(func(t *rapid.T) survey.Answer {
	group := rapid.SampledFrom([]string{"", "users", "teams", "managers", "support"})
	return survey.Answer{Anonymous: true, Rating: rapid.IntRange(1, 5).Draw(t, "rating"), Role: group.Draw(t, "role"), Channel: group.Draw(t, "channel")}
})

// TestWithholdShowsNoSmallGroup: whatever the groups, none shown has fewer than
// five, and nothing but the group changes.
func TestWithholdShowsNoSmallGroup(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		answers := rapid.SliceOfN(anyUnsigned, 0, 40).Draw(t, "answers")
		roles, channels := map[string]int{}, map[string]int{}
		for i, a := range survey.Withhold(answers) {
			if a.Rating == 0 {
				if len(answers) >= survey.Least {
					t.Fatalf("%d answers, and one is withheld", len(answers))
				}
				continue
			}
			if a.Rating != answers[i].Rating {
				t.Fatalf("rating %d became %d", answers[i].Rating, a.Rating)
			}
			roles[a.Role]++
			channels[a.Channel]++
		}
		for _, groups := range []map[string]int{roles, channels} {
			for g, n := range groups {
				if n < survey.Least {
					t.Fatalf("%d in group %q", n, g)
				}
			}
		}
	})
}

func TestUnmark(t *testing.T) {
	for _, tt := range []struct {
		name    string
		answers []survey.Answer
		want    string // how many of each role and channel
	}{
		{"all alike", said(5, "users", "email"), "map[users email:5]"},
		{"one manager", append(said(9, "users", "email"), said(1, "managers", "email")...), "map[ email:10]"},
		{"five managers", append(said(9, "users", "email"), said(5, "managers", "email")...), "map[managers email:5 users email:9]"},
		{"one manager and four from the page", slices.Concat(said(9, "users", "email"), said(1, "managers", "email"), said(4, "", "page")), "map[ :5 users email:9]"},
		{"one manager from the page", slices.Concat(said(9, "users", "email"), said(4, "managers", "email"), said(1, "managers", "page")), "map[managers :5 users email:9]"},
		{"six and one from the page", slices.Concat(said(6, "managers", "email"), said(1, "managers", "page"), said(5, "users", "email")), "map[managers :7 users email:5]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			groups := map[string]int{}
			for _, a := range survey.Unmark(tt.answers) {
				groups[a.Role+" "+a.Channel]++
			}
			if got := fmt.Sprint(groups); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// TestUnmarkLeavesNobodyAlone: whatever the answers, those that cannot be told
// apart by role and channel are five or more.
func TestUnmarkLeavesNobodyAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		answers := rapid.SliceOfN(anyUnsigned, survey.Least, 40).Draw(t, "answers")
		groups := map[string]int{}
		for i, a := range survey.Unmark(answers) {
			groups[a.Role+" "+a.Channel]++
			if b := answers[i]; a.Rating != b.Rating || a.Role != "" && a.Role != b.Role || a.Channel != "" && a.Channel != b.Channel {
				t.Fatalf("%+v became %+v", b, a)
			}
		}
		for g, n := range groups {
			if n < survey.Least {
				t.Fatalf("%d of %q", n, g)
			}
		}
	})
}
