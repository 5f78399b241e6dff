package survey_test

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"upgradehub/events/survey"
)

// sized is a group of so many answers, each to every question.
func sized(name string, n int) survey.Group {
	return survey.Group{Name: name, Count: n, Satisfied: survey.Of(n, n), Disrupted: survey.Of(0, n), Informed: survey.Of(n, n)}
}

func rest(n int) survey.Group {
	g := sized("", n)
	g.Rest = true
	return g
}

func TestShown(t *testing.T) {
	quiet := sized("c", 6) // of whom few said how much they were disturbed
	quiet.Disrupted = survey.Of(1, 4)
	blank := func(g survey.Group) survey.Group { g.Disrupted = survey.Of(0, 0); return g }
	for _, tt := range []struct {
		name         string
		groups, want []survey.Group
	}{
		{"none", nil, nil},
		{"one", []survey.Group{sized("a", 90)}, nil},
		{"large", []survey.Group{sized("a", 9), sized("b", 5)}, []survey.Group{sized("a", 9), sized("b", 5)}},
		{"small ones as the rest", []survey.Group{sized("a", 9), sized("b", 4), sized("c", 1)}, []survey.Group{sized("a", 9), rest(5)}},
		{"a small one could be subtracted", []survey.Group{sized("a", 9), sized("b", 6), sized("c", 1)}, []survey.Group{sized("a", 9), rest(7)}},
		{"the rest of the anonymous", []survey.Group{sized("a", 9), rest(6), sized("c", 1)}, []survey.Group{sized("a", 9), rest(7)}},
		{"nothing is left", []survey.Group{sized("a", 9), sized("b", 4)}, nil},
		{"small ones alone", []survey.Group{sized("a", 4), sized("b", 4)}, nil},
		{"a question few answered", []survey.Group{sized("a", 9), quiet}, []survey.Group{blank(sized("a", 9)), blank(quiet)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := survey.Shown(tt.groups); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

// TestNobodyIsRecognised: whatever the answers, strangers see no number of
// fewer than five, nor can they make one by taking groups from the whole: what
// groups say adds up to the whole, or is said of none of them.
func TestNobodyIsRecognised(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := survey.Look(anyAnswers.Draw(t, "answers"), survey.Invited{})
		got := whole.Public()
		if whole.Count < survey.Least {
			if want := (survey.Insight{Withheld: true}); !reflect.DeepEqual(got, want) {
				t.Errorf("of %d answers strangers see %+v", whole.Count, got)
			}
			return
		}
		for _, counts := range []map[string]int{got.Disruption, got.Communication} {
			n := 0
			for _, c := range counts {
				n += c
			}
			if few(n) {
				t.Errorf("a question was answered by %d: %v", n, counts)
			}
		}
		if few(got.Easy.Of) || few(got.Lost.Said) {
			t.Errorf("of few: %+v, %+v", got.Easy, got.Lost)
		}
		shownOf(t, whole.Roles, got.Roles)
		shownOf(t, whole.Channels, got.Channels)
	})
}

func few(n int) bool { return n > 0 && n < survey.Least }

// shownOf judges what is shown of groups.
func shownOf(t *rapid.T, all, shown []survey.Group) {
	large := 0
	for _, g := range all {
		if g.Count >= survey.Least {
			large++
		}
	}
	if shown == nil {
		if large == len(all) && large > 1 {
			t.Errorf("all of %+v are large, and none is shown", all)
		}
		return
	}
	for _, g := range shown {
		if g.Count < survey.Least || few(g.Disrupted.Of) || few(g.Informed.Of) {
			t.Errorf("%+v is of few", g)
		}
	}
	got, want := total(shown), total(all)
	if got.Disrupted.Of == 0 {
		want.Disrupted = survey.Of(0, 0)
	}
	if got.Informed.Of == 0 {
		want.Informed = survey.Of(0, 0)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("what is shown adds up to %+v, the whole is %+v", got, want)
	}
}

func TestPublicKeepsWhatManySaid(t *testing.T) {
	whole := survey.Look(append(many(5, survey.Answer{Rating: 1, Disruption: "lot", Effort: 2, Minutes: 3, Role: "users"}),
		many(7, survey.Answer{Rating: 5, Communication: "right", Role: "teams"})...), survey.Invited{Asked: 20})
	got := whole.Public()
	whole.Low = 0
	whole.Channels = nil // one alone
	for i := range whole.Roles {
		whole.Roles[i].Disrupted = map[string]survey.Share{"users": survey.Of(5, 5), "teams": survey.Of(0, 0)}[whole.Roles[i].Name]
	}
	if !reflect.DeepEqual(got, whole) {
		t.Errorf("got  %+v\nwant %+v", got, whole)
	}
}

func TestToldInPublic(t *testing.T) {
	told := func(n int, a survey.Answer) bool { return survey.Told{Answers: many(n, a)}.Public() }
	if !told(5, survey.Answer{Rating: 3, Communication: "late"}) {
		t.Error("five are not enough")
	}
	if told(4, survey.Answer{Rating: 3, Communication: "late"}) || told(9, survey.Answer{Rating: 3}) {
		t.Error("four are enough, or none who answered the question")
	}
	mixed := append(many(9, survey.Answer{Rating: 3, Communication: "late"}), survey.Answer{Rating: 3, Disruption: "lot"})
	if (survey.Told{Answers: mixed}).Public() {
		t.Error("the one who was disturbed is shown")
	}
}
