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

func TestReadRating(t *testing.T) {
	for object, want := range map[string]struct {
		stars int
		role  string
		ok    bool
	}{
		"4": {4, "", true}, "1/users": {1, "users", true}, "5/admins": {5, "", true}, "3/crew": {3, "crew", true},
		"": {}, "0": {}, "6/users": {0, "users", false}, "four": {}, "-1": {},
	} {
		stars, role, ok := notifiers.ReadRating(object)
		if stars != want.stars || role != want.role || ok != want.ok {
			t.Errorf("ReadRating(%q) = %d, %q, %v, want %+v", object, stars, role, ok, want)
		}
		if ok && role != "" && notifiers.RatingObject(object[:1], role) != object {
			t.Errorf("RatingObject(%q) is not %q", object[:1]+" of "+role, object)
		}
	}
}
