package notifiers_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/lang"
	"upgradehub/events/plan"
	"upgradehub/notifiers"
)

// report says that a component is broken for somebody.
func (s *story) report(at time.Time, component string) {
	s.say(at, events.TypeFeedbackReported, &events.FeedbackReported{Report: fmt.Sprintf("r%d", s.seq), Component: component, Channel: "page"})
}

// playReported: people say that something is broken, and nobody looks at it.
func playReported(s *story, p *plan.Plan) {
	s.announce(p)
	s.work(p, 0, "migrate")
	for _, component := range []string{"checkout", "", "checkout"} {
		s.report(s.now.Add(4*time.Minute), component)
	}
	s.restore(p)
	s.say(s.now.Add(4*24*time.Hour), events.TypeFeedbackOverdue, &events.FeedbackOverdue{Items: []string{"r1", "r2", "r3"}})
	s.write(s.reply())
}

// reply is what is owed to one who answered.
func (s *story) reply() events.Notice {
	return notifiers.PlanReply(s.seq, s.now, "email", "a1")
}

// TestWhoHearsOfReports: the lead at the first and at each five times as many,
// with the deputy when they are many; everybody else sees the count, and those
// outside not even that.
func TestWhoHearsOfReports(t *testing.T) {
	p := loadPlan(t, "testdata/plan.yaml")
	s := newStory(t, everywhere())
	for i := range s.audiences {
		s.audiences[i].Channels = []string{"slack"}
	}
	s.announce(p)
	s.work(p, 0, "migrate")
	told, roots := map[int][]string{}, map[string]int{}
	s.onNotice = func(n events.Notice) {
		switch {
		case n.Moment == events.MomentTrouble && n.Form == events.FormMessage:
			told[s.u.Reports.Count] = n.People
		case n.Form == events.FormRoot && n.Moment == events.MomentStatus:
			roots[n.Role]++
		default:
			t.Errorf("report %d makes %s owed to %s as %s", s.u.Reports.Count, n.Moment, n.Audience, n.Form)
		}
	}
	for range 130 {
		s.report(s.now.Add(time.Second), "checkout")
	}
	if got, want := fmt.Sprint(told), "map[1:[@lead] 5:[@lead] 25:[@lead @deputy] 125:[@lead @deputy]]"; got != want {
		t.Errorf("told in person: %s, want %s", got, want)
	}
	if got, want := fmt.Sprint(roots), "map[managers:130 support:130 teams:130]"; got != want {
		t.Errorf("root messages followed: %s, want %s", got, want)
	}
}

func TestOverdueItemsWaitForTheOffice(t *testing.T) {
	p := loadPlan(t, "testdata/plan.yaml")
	s := newStory(t, everywhere())
	s.announce(p)
	s.work(p, 0, "migrate")
	s.restore(p)
	s.until(s.now.Add(5 * 24 * time.Hour))
	var got []string
	s.onNotice = func(n events.Notice) {
		got = append(got, fmt.Sprintf("%s %v %s", n.Moment, n.People, n.Deferred))
	}
	sunday := time.Date(2030, 1, 13, 3, 0, 0, 0, time.UTC)
	s.fact(sunday, events.Event{Type: events.TypeFeedbackOverdue, Source: "hub", Data: &events.FeedbackOverdue{Items: []string{"a", "b"}}})
	if want := "items [@lead] in office hours"; len(got) == 0 || got[0] != want {
		t.Errorf("owed %v, want %q", got, want)
	}
}

// TestReplyIsMailed renders what one person is answered in every language; it
// is not sent once the words are erased.
func TestReplyIsMailed(t *testing.T) {
	r, p := renderer(t), loadPlan(t, "testdata/plan.yaml")
	s := newStory(t, nil)
	s.announce(p)
	s.work(p, 0, "migrate")
	s.restore(p)
	n := s.reply()
	if n.Subscriber != "a1" || n.Audience != notifiers.SubscribersID || n.Facts["item"] != "a1" || !n.UsefulUntil.After(n.NotBefore) {
		t.Errorf("PlanReply() = %+v, want one for the answer, and nobody", n)
	}
	erased, v := s.view(n), s.view(n)
	erased.Reply = ""
	if _, err := r.Render(erased); !errors.Is(err, notifiers.ErrStale) {
		t.Errorf("Render() of a reply without words = %v, want ErrStale", err)
	}
	for _, code := range lang.Supported {
		v.Person.Lang = code
		m, err := r.Render(v)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, "testdata/golden/languages/reply.users."+code+".txt", m.Subject+"\n\n"+m.Text)
		if !strings.Contains(m.HTML, "<strong>since Monday</strong>") || strings.Contains(m.Text, "@") {
			t.Errorf("in %s the reply is\n%s", code, m.HTML)
		}
	}
}
