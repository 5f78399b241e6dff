package notifiers_test

import (
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
			if got := b.Press.Lang(); got != code {
				t.Errorf("the button %q would be answered in %s, want %s", b.Text, got, code)
			}
		}
		if rates != 5 {
			t.Errorf("%s: %d ratings, want five", code, rates)
		}
		golden(t, "testdata/golden/failed.rating."+code+".slack.json", slackGolden(t, m))
	}
}

func TestReadRating(t *testing.T) {
	for object, want := range map[string]struct {
		stars int
		role  string
		ok    bool
	}{
		"4": {4, "", true}, "1/users": {1, "users", true}, "5/admins": {5, "", true}, "3/crew": {3, "crew", true},
		"2/users/de": {2, "users", true}, "2//ar": {2, "", true}, "1/users/de/x": {1, "users", true},
		"": {}, "0": {}, "6/users": {0, "users", false}, "four": {}, "-1": {},
	} {
		stars, role, ok := notifiers.ReadRating(object)
		if stars != want.stars || role != want.role || ok != want.ok {
			t.Errorf("ReadRating(%q) = %d, %q, %v, want %+v", object, stars, role, ok, want)
		}
	}
}

// TestRatingCarriesLanguage: a button brings back the language of its message,
// and one of an older message is English.
func TestRatingCarriesLanguage(t *testing.T) {
	for _, tt := range []struct{ role, language, object, want string }{
		{"users", "de", "4/users/de", "de"},
		{"", "ar", "4//ar", "ar"},
		{"users", "en", "4/users", "en"},
		{"users", "", "4/users", "en"},
		{"", "", "4", "en"},
		{"users", "xx", "4/users/xx", "en"},
	} {
		object := notifiers.RatingObject("4", tt.role, tt.language)
		p := notifiers.ReadPress(notifiers.ActionRate, notifiers.Press{Upgrade: "pg16", Object: object}.Value())
		stars, role, ok := notifiers.ReadRating(p.Object)
		if object != tt.object || stars != 4 || role != tt.role || !ok || p.Lang() != tt.want {
			t.Errorf("%+v: object %q, read as %d, %q, %v in %s", tt, object, stars, role, ok, p.Lang())
		}
	}
	if p := (notifiers.Press{Action: notifiers.ActionGo, Object: "4/users/de"}); p.Lang() != lang.English {
		t.Errorf("the press of a gate is answered in %s", p.Lang())
	}
}
