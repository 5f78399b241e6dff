package notifiers_test

import (
	"cmp"
	"testing"

	"upgradehub/events"
	"upgradehub/events/lang"
	"upgradehub/events/plan"
	"upgradehub/notifiers"
)

// TestAnonymousSurveyInSlack: no button there learns who rates; the message
// leads to the web and says why, in every language.
func TestAnonymousSurveyInSlack(t *testing.T) {
	r, p := renderer(t), loadPlan(t, "testdata/plan.yaml")
	p.Survey.Mode = plan.Anonymous
	s := newStory(t, nil)
	s.announce(p)
	s.work(p, 0, "migrate")
	s.say(s.now, events.UpgradeFailed, &events.Ended{Reason: "broken"})
	for _, code := range lang.Supported {
		v := s.view(events.Notice{Moment: events.MomentFailed, Role: "users", Channel: "slack", Form: events.FormBroadcast})
		v.Person.Lang = code
		m, err := r.Render(v)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range m.Buttons {
			if b.Press.Action == notifiers.ActionRate {
				t.Errorf("%s: the button %q would tell who rates", code, b.Text)
			}
		}
		golden(t, "testdata/golden/failed.anonymous."+code+".slack.json", slackGolden(t, m))
	}
}

// TestRatingInSlack: in whatever language a message asks, its buttons bring it
// back.
func TestRatingInSlack(t *testing.T) {
	r, p := renderer(t), loadPlan(t, "testdata/plan.yaml")
	s := newStory(t, nil)
	s.announce(p)
	s.work(p, 0, "migrate")
	s.say(s.now, events.UpgradeFailed, &events.Ended{Reason: "broken"})
	for _, code := range lang.Supported {
		v := s.view(events.Notice{Moment: events.MomentFailed, Role: "users", Channel: "slack", Form: events.FormBroadcast})
		v.Person.Lang = code
		m, err := r.Render(v)
		if err != nil {
			t.Fatal(err)
		}
		rates := 0
		for _, b := range m.Buttons {
			if b.Press.Action != notifiers.ActionRate {
				continue
			}
			rates++
			if got := notifiers.ReadPress(b.Press.Action, b.Press.Value()).Lang; cmp.Or(got, lang.English) != code {
				t.Errorf("the button %q would be answered in %s, want %s", b.Text, got, code)
			}
		}
		if rates != 5 {
			t.Errorf("%s: %d ratings, want five", code, rates)
		}
		golden(t, "testdata/golden/failed.rating."+code+".slack.json", slackGolden(t, m))
	}
}
