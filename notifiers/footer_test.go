package notifiers_test

import (
	"testing"

	"upgradehub/events"
	"upgradehub/events/theme"
)

// TestFooter signs a mail with everything a theme can say; what tries to be
// more than one line, or more than text, is not.
func TestFooter(t *testing.T) {
	s := newStory(t, everywhere())
	s.announce(loadPlan(t, "testdata/plan.yaml"))
	v := s.view(events.Notice{Moment: events.MomentAnnounced, Role: "users", Channel: "email", Form: events.FormMessage})
	v.Theme = theme.Theme{
		Name:    "Acme\r\nstatus",
		Support: []theme.Contact{{Name: "Service <desk>", Email: "desk@acme.example", Phone: "+49 30 (0) 1234", URL: "https://help.acme.example/?a=1&b=2"}, {Name: "Nights", Phone: "112"}},
		Legal:   []theme.Link{{Name: "Imprint", URL: "https://acme.example/imprint"}, {Name: "Privacy", URL: "https://acme.example/privacy"}},
		Text:    "Run by **Acme**.\n\n<script>alert(1)</script>",
	}
	m, err := renderer(t).Render(v)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/golden/footer.txt", m.Text)
	golden(t, "testdata/golden/footer.html", m.HTML)
}
