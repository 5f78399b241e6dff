package notifiers_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"upgradehub/events"
	"upgradehub/events/lang"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
	"upgradehub/notifiers"
	"upgradehub/notifiers/wording"
)

// house is a renderer with a set of templates for every message there is.
func house(t *testing.T) *notifiers.Renderer {
	t.Helper()
	own, faults := wording.Load(os.DirFS("testdata/templates"))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	r, err := notifiers.NewRenderer(own)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// plays are the stories that touch every moment.
var plays = []func(*story, *plan.Plan){playWell, playDelayed, playMessily, playFailed, playCanceled, playMistake, playTimely, playTested, playReported, playOdd}

// playOdd: what the other stories leave out.
func playOdd(s *story, p *plan.Plan) {
	s.announce(p)
	s.work(p, 0, "migrate")
	s.say(s.now.Add(time.Minute), events.FailoverStarted, &events.Failover{Component: "checkout"})
	s.say(s.now.Add(time.Minute), events.FailoverFinished, &events.Failover{Component: "checkout", Outcome: events.Failure})
	s.say(s.now.Add(time.Minute), events.FailoverFinished, &events.Failover{Component: "checkout"})
	s.say(s.now.Add(time.Minute), events.FailbackStarted, &events.Failover{Component: "checkout"})
	s.say(s.now.Add(time.Minute), events.FailbackFinished, &events.Failover{Component: "checkout", Outcome: events.Failure})
	s.say(s.now.Add(time.Minute), events.FailbackFinished, &events.Failover{Component: "checkout"})
	for _, c := range p.Components {
		s.say(s.now, events.ComponentChanged, &events.Component{Component: c.ID, Impact: plan.NoImpact})
	}
	s.say(s.now, events.UpgradeVerifying, &events.Step{})
	s.say(s.now.Add(time.Minute), events.UpgradeCompleted, &events.Completed{Outcome: events.SuccessfulWithIssues})
	s.say(s.now.Add(time.Minute), events.UpgradeReopened, &events.Reopened{By: "lead", Reason: "too early"})
	s.say(s.now.Add(time.Minute), events.UpgradeCanceled, &events.Ended{Reason: "enough"})
}

// tell plays all stories to everybody on every channel and renders what they
// are told in the operator's words.
func tell(t *testing.T, r *notifiers.Renderer, see func(s *story, n events.Notice, m notifiers.Message)) {
	t.Helper()
	for _, digest := range []time.Duration{0, time.Hour} {
		for _, play := range plays {
			s := newStory(t, everywhere())
			for i := range s.audiences {
				s.audiences[i].Channels, s.audiences[i].Digest = []string{"email", "slack"}, digest
			}
			s.onNotice = func(n events.Notice) {
				v := s.view(n)
				v.Templates = "house"
				m, err := r.Render(v)
				if err != nil && !errors.Is(err, notifiers.ErrStale) {
					t.Fatalf("render %s for %s: %v", n.Moment, n.Role, err)
				}
				if err == nil {
					see(s, n, m)
				}
			}
			play(s, loadPlan(t, "testdata/plan.yaml"))
		}
	}
}

// TestOwnWords renders messages of a set that has all of them. The promise of
// a live one stands in it, and what insiders know reaches nobody else.
func TestOwnWords(t *testing.T) {
	g := gallery{}
	tell(t, house(t), func(s *story, n events.Notice, m notifiers.Message) {
		inspect(t, s, n, m)
		name := fmt.Sprintf("%s%s.%s.%s", n.Moment, variant(n, m), n.Role, n.Channel)
		if n.Form == events.FormRoot {
			name = fmt.Sprintf("root-%s.%s.slack", s.u.State, n.Role)
		}
		if _, ok := g[name]; !ok && n.Form != events.FormCard {
			g[name] = m
		}
	})
	for name, m := range g {
		switch {
		case strings.HasSuffix(name, ".teams.slack"), strings.HasSuffix(name, ".crew.slack"):
			golden(t, "testdata/golden/own/"+name+".json", slackGolden(t, m))
		case strings.HasSuffix(name, ".users.email"):
			golden(t, "testdata/golden/own/"+name+".txt", m.Text)
			if strings.HasPrefix(name, "update.") || strings.HasPrefix(name, "moved.") { // the layout is one
				golden(t, "testdata/golden/own/"+name+".html", m.HTML)
			}
		case strings.HasSuffix(name, ".managers.email"):
			golden(t, "testdata/golden/own/"+name+".txt", m.Text)
		}
	}
}

// TestEveryKindIsSaid: a template that nothing could ever use would be a trap.
func TestEveryKindIsSaid(t *testing.T) {
	files := fstest.MapFS{}
	for _, k := range wording.Kinds() {
		var text strings.Builder
		text.WriteString("# Kind: " + k.Name + "\n")
		for _, field := range k.Needs {
			text.WriteString("{{" + field + "}}\n")
		}
		files["house/"+k.Name+".en.md"] = &fstest.MapFile{Data: []byte(text.String())}
	}
	own, faults := wording.Load(files)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	r, err := notifiers.NewRenderer(own)
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]bool{}
	tell(t, r, func(_ *story, n events.Notice, m notifiers.Message) {
		if kind, ok := strings.CutPrefix(m.Headline, "Kind: "); ok {
			said[kind] = true
		}
	})
	for _, k := range wording.Kinds() {
		if !said[k.Name] {
			t.Errorf("nothing is said by a template %s", k.Name)
		}
	}
}

// TestOwnLanguages: a reader gets the template of their language, insiders
// too; a language without one gets our own words.
func TestOwnLanguages(t *testing.T) {
	r := house(t)
	for _, code := range lang.Supported {
		for _, role := range []string{"users", "teams"} {
			s := newStory(t, nil)
			s.announce(loadPlan(t, "testdata/plan.yaml"))
			v := s.view(events.Notice{Moment: events.MomentAnnounced, Audience: role, Role: role, Channel: "email", Form: events.FormMessage})
			v.Templates, v.Person.Lang = "house", code
			m, err := r.Render(v)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, fmt.Sprintf("testdata/golden/own/announced.%s.%s.txt", role, code), m.Text)
			if !strings.Contains(m.HTML, fmt.Sprintf("<html lang=%q", code)) {
				t.Errorf("the mail to %s in %s is not in that language", role, code)
			}
		}
	}
	s := newStory(t, nil)
	s.announce(loadPlan(t, "testdata/plan.yaml"))
	v := s.view(events.Notice{Moment: events.MomentReminder, Audience: "users", Role: "users", Channel: "email", Form: events.FormMessage})
	v.Person.Lang = "de"
	ours, err := renderer(t).Render(v)
	if err != nil {
		t.Fatal(err)
	}
	v.Templates = "house"
	if m, err := r.Render(v); err != nil || m.Text != ours.Text {
		t.Errorf("without a German template the reminder reads\n%s\nwant\n%s", m.Text, ours.Text)
	}
}

// TestOwnWordsFallBack: without a set, without a template in it, and where a
// template would say what is no longer so, our own words stand.
func TestOwnWordsFallBack(t *testing.T) {
	r := house(t)
	s := newStory(t, nil)
	s.announce(loadPlan(t, "testdata/plan.yaml"))
	n := events.Notice{Moment: events.MomentAnnounced, Audience: "users", Role: "users", Channel: "email", Form: events.FormMessage}
	for _, templates := range []string{"", "nobody"} {
		v := s.view(n)
		v.Templates = templates
		if m, err := r.Render(v); err != nil || !strings.HasPrefix(m.Headline, "Planned: ") {
			t.Errorf("with the set %q: headline %q, %v", templates, m.Headline, err)
		}
	}
	s.say(s.now.Add(time.Minute), events.UpgradeStarted, &events.Step{})
	v := s.view(n)
	v.Templates = "house"
	if m, err := r.Render(v); err != nil || strings.HasPrefix(m.Headline, "Heads-up") {
		t.Errorf("the announcement of what has begun: headline %q, %v", m.Headline, err)
	}
}

func TestTemplatesOf(t *testing.T) {
	p := &plan.Plan{Audiences: []plan.Audience{{ID: "press", Role: "users", Templates: "loud"}, {ID: "teams"}}}
	known := []notifiers.Audience{{ID: "teams", Role: "teams", Templates: "short"}, {ID: "press", Role: "users", Templates: "calm"}}
	for _, tt := range []struct{ audience, role, want string }{
		{"press", "users", "loud"},
		{"teams", "teams", "short"},
		{notifiers.SubscribersID, "users", "loud"},
		{"support", "support", ""},
		{"@crew", notifiers.RoleCrew, ""},
	} {
		if got := notifiers.TemplatesOf(events.Notice{Audience: tt.audience, Role: tt.role}, p, known); got != tt.want {
			t.Errorf("TemplatesOf(%s) = %q, want %q", tt.audience, got, tt.want)
		}
	}
	if got := notifiers.TemplatesOf(events.Notice{Audience: "press", Role: "users"}, nil, known); got != "calm" {
		t.Errorf("without a plan: %q, want calm", got)
	}
}

// FuzzOwnWords: what a plan says stays on its line, in the operator's words too.
func FuzzOwnWords(f *testing.F) {
	f.Add("Orders", "db", "search")
	f.Add("# a\n## b", "{{impact}}\r\n- c", "<b>\u2028\x00{{promise}}")
	own, faults := wording.Load(os.DirFS("testdata/templates"))
	if len(faults) > 0 {
		f.Fatal(faults)
	}
	r, err := notifiers.NewRenderer(own)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, title, system, works string) {
		m, err := r.Render(notifiers.View{
			Delivery:  notifiers.Delivery{Upgrade: "u1", Notice: events.Notice{Moment: events.MomentReminder, Role: "users", Channel: "email", Form: events.FormMessage}},
			Public:    upgrade.Public{Title: title, System: system, State: upgrade.Planned, ImpactWords: plan.ImpactWords{DoBefore: []string{works}}},
			Links:     notifiers.Links{Page: "https://status.example.org/upgrades/u1"},
			Templates: "house",
		})
		if err != nil {
			t.Fatal(err)
		}
		if strings.ContainsAny(m.Headline+m.Subject, "\r\n\x00") || strings.Count(m.Text, "  - ") > 1+strings.Count(works+title+system, "  - ") {
			t.Errorf("headline %q, text\n%s", m.Headline, m.Text)
		}
		if strings.Contains(m.HTML, "<b>") || strings.Contains(m.HTML, "<script") {
			t.Errorf("foreign text is markup:\n%s", m.HTML)
		}
	})
}
