package notifiers_test

import (
	"testing"

	"pgregory.net/rapid"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
	"upgradehub/notifiers"
)

type texts = map[string]string

func TestTakes(t *testing.T) {
	orders, pre := notifiers.Filter{Exact: texts{"system": "orders"}}, notifiers.Filter{Prefix: texts{"system": "ord"}}
	copying := notifiers.Filter{Exact: texts{"phase": "copy"}}
	both := notifiers.Filter{All: []notifiers.Filter{orders, copying}}
	either := notifiers.Filter{Any: []notifiers.Filter{orders, copying}}
	for _, tt := range []struct {
		name string
		a, b notifiers.Filter
		want bool
	}{
		{"everything takes all", notifiers.Filter{}, orders, true},
		{"nothing takes everything", orders, notifiers.Filter{}, false},
		{"the same", orders, orders, true},
		{"a part of all", orders, both, true},
		{"all of a part", both, orders, false},
		{"a prefix takes what is exact", pre, orders, true},
		{"and what begins with more", pre, notifiers.Filter{Prefix: texts{"system": "orders-"}}, true},
		{"but not what begins with less", pre, notifiers.Filter{Prefix: texts{"system": "o"}}, false},
		{"a prefix is no suffix", pre, notifiers.Filter{Suffix: texts{"system": "ord"}}, false},
		{"a suffix", notifiers.Filter{Suffix: texts{"system": "s"}}, orders, true},
		{"one of any", either, orders, true},
		{"any of one", orders, either, false},
		{"any of the same", either, notifiers.Filter{Any: []notifiers.Filter{copying, orders}}, true},
		{"what each of any asks for", pre, notifiers.Filter{Any: []notifiers.Filter{orders, {Exact: texts{"system": "ordinary"}}}}, true},
		{"not the same", notifiers.Filter{Not: &orders}, notifiers.Filter{Not: &orders}, true},
		{"not more", notifiers.Filter{Not: &orders}, notifiers.Filter{Not: &pre}, true},
		{"not less", notifiers.Filter{Not: &pre}, notifiers.Filter{Not: &orders}, false},
	} {
		if got := tt.a.Takes(tt.b); got != tt.want {
			t.Errorf("%s: Takes = %t", tt.name, got)
		}
	}
}

func TestNever(t *testing.T) {
	exact := func(name, text string) notifiers.Filter { return notifiers.Filter{Exact: texts{name: text}} }
	for _, tt := range []struct {
		name string
		f    notifiers.Filter
		want bool
	}{
		{"everything", notifiers.Filter{}, false},
		{"two systems", notifiers.Filter{All: []notifiers.Filter{exact("system", "a"), exact("system", "b")}}, true},
		{"two phases", notifiers.Filter{All: []notifiers.Filter{exact("phase", "a"), exact("phase", "b")}}, false},
		{"another prefix", notifiers.Filter{Exact: texts{"type": "phase.started"}, Prefix: texts{"type": "rollback."}}, true},
		{"two prefixes", notifiers.Filter{All: []notifiers.Filter{{Prefix: texts{"upgrade": "pg"}}, {Prefix: texts{"upgrade": "my"}}}}, true},
		{"a longer prefix", notifiers.Filter{All: []notifiers.Filter{{Prefix: texts{"upgrade": "pg"}}, {Prefix: texts{"upgrade": "pg16"}}}}, false},
		{"not everything", notifiers.Filter{Not: &notifiers.Filter{}}, true},
		{"not what it asks for", notifiers.Filter{Exact: texts{"system": "a"}, Not: &notifiers.Filter{Prefix: texts{"system": "a"}}}, true},
		{"none of any", notifiers.Filter{Any: []notifiers.Filter{{Not: &notifiers.Filter{}}}}, true},
		{"one of any", notifiers.Filter{Any: []notifiers.Filter{{Not: &notifiers.Filter{}}, exact("system", "a")}}, false},
	} {
		if got := tt.f.Never(); got != tt.want {
			t.Errorf("%s: Never = %t", tt.name, got)
		}
	}
}

// TestReachIsTrue: what Takes and Never say holds for every cause.
func TestReachIsTrue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyFilter(2).Draw(t, "a"), anyFilter(2).Draw(t, "b")
		takes, never := a.Takes(b), b.Never()
		for _, c := range someCauses() {
			r := notifiers.Routes(c, []notifiers.Audience{{ID: "a", Role: "users", Match: &a}, {ID: "b", Role: "teams", Match: &b}})
			if takes && r[1].Told && !r[0].Told {
				t.Fatalf("%s of %s: %+v is said to take all of %+v", c.After.ID, c.After.Plan.System, a, b)
			}
			if never && r[1].Told {
				t.Fatalf("%s of %s: %+v is said to take nothing", c.After.ID, c.After.Plan.System, b)
			}
		}
	})
}

func anyFilter(deep int) *rapid.Generator[notifiers.Filter] {
	return rapid.Custom(func(t *rapid.T) notifiers.Filter {
		var f notifiers.Filter
		conditions := rapid.MapOfN(rapid.SampledFrom([]string{"system", "upgrade", "phase"}), rapid.SampledFrom([]string{"a", "ab", "b"}), 0, 2)
		switch rapid.IntRange(0, 2).Draw(t, "dialect") {
		case 0:
			f.Exact = conditions.Draw(t, "exact")
		case 1:
			f.Prefix = conditions.Draw(t, "prefix")
		default:
			f.Suffix = conditions.Draw(t, "suffix")
		}
		if deep > 0 {
			f.All = rapid.SliceOfN(anyFilter(deep-1), 0, 2).Draw(t, "all")
			f.Any = rapid.SliceOfN(anyFilter(deep-1), 0, 2).Draw(t, "any")
			if rapid.Bool().Draw(t, "not") {
				not := anyFilter(deep-1).Draw(t, "not what")
				f.Not = &not
			}
		}
		return f
	})
}

// someCauses are of several upgrades, about the whole and about each phase.
func someCauses() []notifiers.Cause {
	var list []notifiers.Cause
	for _, id := range []string{"a", "ab", "b"} {
		for _, system := range []string{"a", "ab", "b"} {
			for _, phase := range []string{"", "a", "ab"} {
				u := upgrade.New(id)
				u.Plan = &plan.Plan{System: system, Phases: []plan.Phase{{ID: "a"}, {ID: "ab"}, {ID: "b"}}}
				e := events.Event{Type: events.UpgradeStarted, Data: &events.Step{}}
				if phase != "" {
					e = events.Event{Type: events.PhaseStarted, Data: &events.Phase{Phase: phase}}
				}
				list = append(list, notifiers.Cause{Event: e, Before: u, After: u})
			}
		}
	}
	return list
}
