package notifiers_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/lang"
	"upgradehub/events/lesson"
	"upgradehub/events/plan"
	"upgradehub/notifiers"
)

// TestInsidersInEveryLanguage shows what those inside get in Slack of gates,
// promises, answers, reports and lessons, with the buttons.
func TestInsidersInEveryLanguage(t *testing.T) {
	for _, code := range lang.Supported {
		t.Run(code, func(t *testing.T) {
			r, all := renderer(t), &strings.Builder{}
			show := func(v notifiers.View) {
				t.Helper()
				v.Person.Lang = code
				m, err := r.Render(v)
				if err != nil {
					t.Fatal(err)
				}
				all.WriteString("# " + string(v.Delivery.Notice.Moment) + "\n" + m.Text + "\n")
				for _, b := range m.Buttons {
					all.WriteString("[" + b.Text + "]\n")
				}
				all.WriteString("\n")
			}
			showStories(t, show)
			showNewItems(show)
			golden(t, "testdata/golden/languages/inside."+code+".txt", all.String())
		})
	}
}

// showStories shows each of the moments once, the one that counts as Arabic
// does, and the cards of lessons.
func showStories(t *testing.T, show func(notifiers.View)) {
	t.Helper()
	wanted := []events.Moment{
		events.MomentDecision, events.MomentNudge, events.MomentTrouble, events.MomentSurveyDigest, events.MomentItems, events.MomentLearnt, events.MomentReport,
		events.MomentGate, events.MomentHolding, events.MomentWayBack, events.MomentContingency, events.MomentFailover, events.MomentRisk,
	}
	var s *story
	for _, play := range []func(*story, *plan.Plan){playDelayed, playReported, playWell, playTimely, playMessily} {
		s = newStory(t, everywhere())
		for i := range s.audiences {
			s.audiences[i].Channels = []string{"slack"}
		}
		s.onNotice = func(n events.Notice) {
			i := slices.Index(wanted, n.Moment)
			if i < 0 || !notifiers.Insider(n.Role) {
				return
			}
			wanted = slices.Delete(wanted, i, i+1)
			v := s.view(n)
			show(v)
			for _, v.Waiting = range []int{1, 2, 11, 100} {
				if n.Moment == events.MomentItems {
					show(v)
				}
			}
		}
		play(s, loadPlan(t, "testdata/plan.yaml"))
	}
	for _, l := range lessons() {
		for _, n := range notifiers.PlanLesson(s.seq, s.now, s.u, l, s.audiences) {
			v := s.view(n)
			v.Lesson = &taught
			show(v)
		}
	}
	if len(wanted) > 0 {
		t.Errorf("nobody hears of %v", wanted)
	}
}

// taught is a lesson as every language has it.
var taught = lesson.Proposal{
	Text: "Plan 2 h for “Import”", Evidence: "“Import” took 1 h 50 min, planned 1 h (+83 %)",
	Requirement: plan.Requirement{Kind: plan.NeedsPhase, Title: "Import", Want: plan.Duration(2 * time.Hour)},
	Found:       []events.Finding{{Kind: "phase", Name: "Import", Took: plan.Duration(110 * time.Minute), Planned: plan.Duration(time.Hour)}},
}

// lessons are one in every state.
func lessons() []notifiers.Lesson {
	l := notifiers.Lesson{ID: "1faf74d047e7", Text: taught.Text, Evidence: taught.Evidence, Status: "proposed"}
	accepted, rejected := l, l
	accepted.Status, accepted.By, accepted.Reason, accepted.Owner = "accepted", "@lead", "measured twice.", "@dba"
	rejected.Status, rejected.By, rejected.Reason = "rejected", "@deputy", "the disk was broken"
	return []notifiers.Lesson{l, accepted, rejected}
}

// showNewItems shows a list of one, and one with more kinds than are listed.
func showNewItems(show func(notifiers.View)) {
	nine := time.Date(2030, 1, 8, 9, 0, 0, 0, time.UTC)
	crew := notifiers.Crew(func(channel string) bool { return channel == "slack" })
	n := notifiers.PlanNewItems(7, nine, &events.FeedbackListed{Owner: "@lead", Until: nine}, []notifiers.Audience{crew})[0]
	due := nine.Add(48 * time.Hour)
	one := notifiers.NewItem{Upgrade: "pg17", Title: "Database 16 to 17", Rating: 1, Disruption: "blocked", Due: due}
	many := []notifiers.NewItem{one, {Upgrade: "pg17", Title: "Database 16 to 17", Due: due}}
	for component := range strings.SplitSeq("|Checkout|Search|Mail|Login|Export|Import|Reports|Billing|Archive", "|") {
		many = append(many, notifiers.NewItem{Upgrade: "pg17", Title: "Database 16 to 17", Report: true, Component: component, Due: due})
	}
	for _, list := range [][]notifiers.NewItem{{one}, many} {
		show(notifiers.View{
			Delivery: notifiers.Delivery{ID: "d1", Notice: n, Channel: n.Channel}, Now: nine, New: list,
			Person: notifiers.Person{Channel: n.Channel, Zone: "Europe/Berlin"}, Links: notifiers.Links{Page: "https://status.example.org/"},
		})
	}
}
