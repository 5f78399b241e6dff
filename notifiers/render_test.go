package notifiers_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/lang"
	"upgradehub/events/lesson"
	"upgradehub/events/plan"
	"upgradehub/events/survey"
	"upgradehub/events/topic"
	"upgradehub/events/upgrade"
	"upgradehub/notifiers"
)

func renderer(t *testing.T) *notifiers.Renderer {
	t.Helper()
	r, err := notifiers.NewRenderer(nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// view is what the hub would render n from, at the time of the story.
func (s *story) view(n events.Notice) notifiers.View {
	v := notifiers.View{
		Delivery: notifiers.Delivery{ID: "d1", Notice: n, Upgrade: "u1", Subscriber: "s1", Channel: n.Channel},
		Upgrade:  s.u, Public: s.u.Public(s.seq), Now: s.now,
		Person: notifiers.Person{Channel: n.Channel, Address: "reader@example.org", Zone: "America/New_York"},
		Links: notifiers.Links{
			Page:        "https://status.example.org/upgrades/u1",
			Calendar:    "https://status.example.org/upgrades/u1.ics",
			Unsubscribe: "https://status.example.org/s/UNSUBSCRIBE",
		},
	}
	if n.Form == events.FormCard {
		v.Delivery.Card = "1893456000.000001" // posted before
	}
	if n.Moment == events.MomentDecision && n.Form == events.FormMessage {
		v.Links.SignOff = "https://status.example.org/g/SIGNOFF"
	}
	if notifiers.AsksFeedback(n.Moment) && n.Form == events.FormMessage {
		v.Links.Feedback = "https://status.example.org/f/FEEDBACK"
	}
	if n.Moment == events.MomentSurveyDigest {
		result := survey.Count([]survey.Answer{
			{Rating: 5, Disruption: "none", Communication: "right"},
			{Rating: 4, Disruption: "little"},
			{Rating: 2, Disruption: "lot", Communication: "late"},
			{Rating: 3, Disruption: "blocked", Communication: "little"},
		}, survey.Invited{Asked: 40, Answered: 3})
		v.Survey, v.Themes = &result, []topic.Theme{{Topic: topic.Duration, Count: 6}, {Topic: topic.Broken, Count: 5}}
	}
	v.Waiting, v.Reply = 3, "The export works again **since Monday**.\n\nThank you for telling us."
	if n.Moment == events.MomentLearnt {
		v.Learnt = []lesson.Change{
			{Kind: plan.NeedsPhase, Phase: "Migrate the data", Was: plan.Duration(time.Hour), Now: plan.Duration(2 * time.Hour)},
			{Kind: plan.NeedsNotice, Now: plan.Duration(72 * time.Hour)},
		}
		v.Lessons = []notifiers.Accepted{
			{Lesson: lesson.Proposal{
				Text:        "Plan 2 h for “Migrate the data”",
				Requirement: plan.Requirement{Kind: plan.NeedsPhase, Title: "Migrate the data", Want: plan.Duration(2 * time.Hour)},
			}, Owner: "@dba"},
			{Lesson: lesson.Proposal{Text: "Ask the vendor a month ahead"}}, // somebody's own words
		}
	}
	if n.Moment == events.MomentReport {
		v.Report = sumUp{}
	}
	return v
}

// sumUp is a report that says in which language it was asked for.
type sumUp struct{}

func (sumUp) Glance(code string) []string {
	if code == lang.English {
		return []string{"Objectives: 1 of 2 met", "Feedback: 12 answers, 40 invited; 9 of 12 gave 4 or 5"}
	}
	return []string{"(" + code + ") 1/2", "(" + code + ") 9/12"}
}

func (sumUp) HTML(w io.Writer, code string) error {
	_, err := io.WriteString(w, "<!doctype html>"+code)
	return err
}

// TestReportSpeaksTheMailsLanguage: what is attached, and its first lines, are
// in the language that the mail is in.
func TestReportSpeaksTheMailsLanguage(t *testing.T) {
	for _, code := range lang.Supported {
		s := newStory(t, roles)
		mails := 0
		s.onNotice = func(n events.Notice) {
			if n.Moment != events.MomentReport || n.Channel != "email" {
				return
			}
			mails++
			v := s.view(n)
			v.Person.Lang = code
			m, err := renderer(t).Render(v)
			if err != nil {
				t.Fatal(err)
			}
			_, said, _ := strings.Cut(m.HTML, `<html lang="`)
			said, _, _ = strings.Cut(said, `"`)
			if string(m.Report) != "<!doctype html>"+said || !strings.Contains(m.Text, sumUp{}.Glance(said)[0]) {
				t.Errorf("the mail in %s has the report %q and says\n%s", said, m.Report, m.Text)
			}
		}
		playWell(s, loadPlan(t, "testdata/plan.yaml"))
		if mails == 0 {
			t.Error("nobody got the report")
		}
	}
}

// gallery is every message the policy can produce, by its golden's name.
type gallery map[string]notifiers.Message

func (g gallery) hang(t *testing.T, r *notifiers.Renderer, s *story) func(events.Notice) {
	return func(n events.Notice) {
		t.Helper()
		m, err := r.Render(s.view(n))
		if err != nil {
			t.Fatalf("render %s for %s: %v", n.Moment, n.Role, err)
		}
		inspect(t, s, n, m)
		name := fmt.Sprintf("%s%s.%s.%s", n.Moment, variant(n, m), n.Role, n.Channel)
		if n.Form == events.FormRoot {
			name = fmt.Sprintf("root-%s.%s.slack", s.u.State, n.Role)
			if s.u.Reports.Count > 0 && s.u.State.Live() && notifiers.Insider(n.Role) {
				name = "reported-" + name
			}
			if s.u.Overdue != nil {
				name = "overdue-" + name
			}
		}
		if _, ok := g[name]; !ok {
			g[name] = m
		}
	}
}

func variant(n events.Notice, m notifiers.Message) string {
	if strings.HasPrefix(m.Headline, "Withdrawn") {
		return "-withdrawn"
	}
	switch {
	case n.Form == events.FormCard && strings.Contains(m.Headline, "Not decided"):
		return "-left"
	case n.Form == events.FormCard && strings.Contains(m.Headline, "Deadline passed"):
		return "-passed"
	case n.Form == events.FormCard && !strings.Contains(m.Headline, "To be decided"):
		return "-decided"
	}
	if n.Facts["phase"] != "" && n.Moment == events.MomentOverdue {
		return "-phase"
	}
	for _, key := range []string{"stage", "minutes"} {
		if n.Facts[key] != "" {
			return "-" + n.Facts[key]
		}
	}
	switch {
	case n.Facts["before"] != "":
		return "-escalated"
	case n.Moment == events.MomentWayBack:
		return "-crossed"
	case n.Moment == events.MomentLate && n.Facts["phase"] != "":
		return "-phase"
	}
	return ""
}

// inspect asserts what holds for every message.
func inspect(t *testing.T, s *story, n events.Notice, m notifiers.Message) {
	t.Helper()
	name := fmt.Sprintf("%s to %s by %s", n.Moment, n.Role, n.Channel)
	raw, err := json.Marshal(m.Sections)
	if err != nil {
		t.Fatal(err)
	}
	all := m.Text + m.HTML + m.Headline + m.Context + string(raw) + string(m.Calendar)
	if s.u.State.Live() && !strings.Contains(m.Text, "Next update by") && !strings.Contains(m.Text, "overdue") {
		t.Errorf("%s is live and promises nothing:\n%s", name, m.Text)
	}
	if !notifiers.Insider(n.Role) && (strings.Contains(all, "CANARY") || strings.Contains(strings.ReplaceAll(all, "u1@status", ""), " @")) {
		t.Errorf("%s tells what is internal:\n%s", name, all)
	}
	if strings.Contains(all, "<no value>") || strings.Contains(all, "ZgotmplZ") || m.Headline == "" {
		t.Errorf("%s is broken:\n%s", name, all)
	}
	if m.Subject != "[orders] Orders database moves to PostgreSQL 16" {
		t.Errorf("%s: subject %q changed", name, m.Subject)
	}
	if len(m.HTML) > 100_000 {
		t.Errorf("%s: %d octets of HTML, Gmail cuts at 102 kB", name, len(m.HTML))
	}
	if n.Channel == "slack" && (len([]rune(m.Headline)) > 150 || len([]rune(m.Text)) > 4000) {
		t.Errorf("%s: longer than Slack takes", name)
	}
}

// TestGallery renders every message of stories that touch every moment.
func TestGallery(t *testing.T) {
	r, g := renderer(t), gallery{}
	for _, play := range []func(*story, *plan.Plan){playWell, playDelayed, playMessily, playFailed, playCanceled, playMistake, playTimely, playTested, playReported} {
		s := newStory(t, everywhere())
		for i := range s.audiences {
			s.audiences[i].Channels = []string{"email", "slack"}
		}
		s.onNotice = g.hang(t, r, s)
		play(s, loadPlan(t, "testdata/plan.yaml"))
	}
	s := newStory(t, everywhere())
	for i := range s.audiences {
		s.audiences[i].Channels, s.audiences[i].Digest = []string{"email", "slack"}, time.Hour
	}
	s.onNotice = g.hang(t, r, s)
	playWell(s, loadPlan(t, "testdata/plan.yaml"))
	for name, m := range g {
		if strings.HasSuffix(name, ".slack") {
			golden(t, "testdata/golden/"+name+".json", slackGolden(t, m))
			continue
		}
		golden(t, "testdata/golden/"+name+".txt", m.Text)
		golden(t, "testdata/golden/"+name+".html", m.HTML)
	}
	for _, m := range moments {
		if m != events.MomentStatus && !told(g, m) {
			t.Errorf("no story tells %s", m)
		}
	}
}

func told(g gallery, m events.Moment) bool {
	for _, message := range g {
		if message.Delivery.Notice.Moment == m {
			return true
		}
	}
	return false
}

func slackGolden(t *testing.T, m notifiers.Message) string {
	t.Helper()
	b, err := json.MarshalIndent(struct {
		Form     events.Form
		Headline string
		Sections []notifiers.Section
		Context  string
		Buttons  []notifiers.Button
		Text     string
	}{m.Delivery.Notice.Form, m.Headline, m.Sections, m.Context, m.Buttons, m.Text}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b) + "\n"
}

var moments = []events.Moment{
	events.MomentAnnounced, events.MomentReminder, events.MomentStarting, events.MomentStarted, events.MomentStatus,
	events.MomentPhase, events.MomentUpdate, events.MomentCorrected, events.MomentLate, events.MomentOverdue,
	events.MomentSilent, events.MomentPromise, events.MomentMoved, events.MomentPaused, events.MomentResumed,
	events.MomentGate, events.MomentDecision, events.MomentUndecided, events.MomentFailover, events.MomentFailback, events.MomentRisk, events.MomentRollback,
	events.MomentCompleted, events.MomentRolledBack, events.MomentFailed, events.MomentCanceled, events.MomentReopened, events.MomentReport,
	events.MomentDigest, events.MomentNudge, events.MomentHolding, events.MomentWayBack, events.MomentContingency, events.MomentRedundancy,
	events.MomentSurvey, events.MomentSurveyReminder, events.MomentSurveyDigest, events.MomentTrouble, events.MomentItems,
	events.MomentReply, events.MomentLearnt,
}

// playTested: somebody signs off, and is asked how it went.
func playTested(s *story, p *plan.Plan) {
	p.Gates[0].Evidence = append(p.Gates[0].Evidence, plan.Evidence{Signoff: "dba"})
	playHappy(s, p)
}

// playWell: on time, with a failover on the way and updates of every kind.
func playWell(s *story, p *plan.Plan) {
	start := p.Window.Start
	s.announce(p)
	s.say(start.Add(-time.Hour), events.GateDecided, &events.Decided{Gate: "g1", Decision: "go", By: "@lead", Reason: "CANARY all green"})
	s.work(p, 0, "migrate")
	s.say(s.now.Add(time.Minute), events.FailoverStarted, &events.Failover{Component: "checkout", Active: "CANARY db1", Standby: "db2"})
	s.say(s.now.Add(time.Minute), events.FailoverFinished, &events.Failover{Component: "checkout", Active: "CANARY db2", Standby: "db1"})
	s.say(s.now.Add(time.Minute), events.UpdatePosted, &events.Update{
		Text: "We are **half way**.\n\n- the copy runs\n- <script>alert(1)</script> reports [wait](https://example.org/r)", Audiences: []string{"users", "teams", "stakeholders", "managers", "support"},
	})
	s.say(s.now.Add(time.Minute), events.UpdateCorrected, &events.Update{Text: "We are *a third* of the way."})
	s.say(s.now.Add(time.Minute), events.UpdatePosted, &events.Update{Text: "CANARY the vendor is on the phone"}, events.Internal)
	s.say(s.now.Add(time.Minute), events.UpgradePaused, &events.Step{Reason: "CANARY waiting for the vendor"})
	s.say(s.now.Add(time.Minute), events.UpgradeResumed, &events.Step{})
	s.say(s.now.Add(time.Minute), events.FailbackStarted, &events.Failover{Component: "checkout"})
	s.say(s.now.Add(time.Minute), events.FailbackFinished, &events.Failover{Component: "checkout"})
	s.say(s.now.Add(time.Minute), events.ObjectiveMeasured, &events.Measured{Objective: "o1", Value: "100"})
	s.restore(p)
	s.until(s.now.Add(15 * 24 * time.Hour))
}

// playMessily: late, silent, a risk comes true, and back it goes.
func playMessily(s *story, p *plan.Plan) {
	s.careful = false
	s.announce(p)
	s.until(p.Window.Start.Add(40 * time.Minute))
	s.say(s.now, events.PhaseStarted, &events.Phase{Phase: "backup"})
	s.say(s.now, events.ComponentChanged, &events.Component{Component: "checkout", Impact: plan.Outage, Note: "CANARY"})
	s.say(s.now.Add(10*time.Minute), events.RiskTriggered, &events.Risk{Risk: "r1", Note: "CANARY table locks"})
	s.say(s.now.Add(10*time.Minute), events.PhaseFinished, &events.Phase{Phase: "backup", Outcome: events.Failure, Note: "CANARY disk full"})
	s.say(s.now.Add(10*time.Minute), events.RollbackStarted, &events.Rollback{Reason: "CANARY disk full"})
	s.until(p.Window.End.Add(time.Minute))
	safe := false
	s.say(s.now, events.ComponentChanged, &events.Component{Component: "checkout", Impact: plan.NoImpact})
	s.say(s.now, events.RollbackFinished, &events.Rollback{DataSafe: &safe})
}

// playTimely: nobody says a word, triggers fire, and the way back runs out.
func playTimely(s *story, p *plan.Plan) {
	s.careful = false
	p.Window.End = p.Window.End.Add(-40 * time.Minute) // a phase that runs long puts it at risk
	p.Contingencies = []plan.Contingency{
		{ID: "c1", Trigger: "phase.overdue:backup:20m", Action: "CANARY copy to the spare disk", Owner: "dba", Duration: plan.Duration(time.Hour)},
		{ID: "c2", Trigger: "failover.finished:checkout:failure", Action: "CANARY stay on db2 until Monday"},
	}
	s.announce(p)
	s.say(p.Window.Start, events.PhaseStarted, &events.Phase{Phase: "backup"})
	s.say(p.Window.Start.Add(time.Minute), events.ComponentChanged, &events.Component{Component: "checkout", Impact: plan.ReducedRedundancy})
	s.say(p.Window.Start.Add(2*time.Minute), events.FailoverFinished, &events.Failover{Component: "checkout", Active: "CANARY db2"})
	s.until(p.Window.End.Add(-time.Hour))
}

func playFailed(s *story, p *plan.Plan) {
	s.announce(p)
	s.say(p.Window.Start.Add(-2*time.Hour), events.GateDecided, &events.Decided{Gate: "g1", Decision: "no_go", By: "@lead", Reason: "CANARY two red tests"})
	s.say(p.Window.Start.Add(-time.Hour), events.GateDecided, &events.Decided{Gate: "g1", Decision: "go", By: "@lead"})
	s.work(p, 0, "check")
	s.say(s.now.Add(time.Minute), events.UpgradeFailed, &events.Ended{Reason: "the copy is broken"})
}

func playCanceled(s *story, p *plan.Plan) {
	s.announce(p)
	s.say(s.now.Add(time.Hour), events.UpgradeCanceled, &events.Ended{Reason: "CANARY the vendor withdrew it"}, events.Internal)
}

func playMistake(s *story, p *plan.Plan) {
	s.announce(p)
	s.work(p, 0, "check")
	s.say(s.now.Add(time.Minute), events.UpgradeFailed, &events.Ended{Reason: "wrong button"})
	s.say(s.now.Add(time.Minute), events.UpgradeReopened, &events.Reopened{By: "@lead", Reason: "CANARY wrong button"})
	s.say(s.now.Add(time.Minute), events.UpdatePosted, &events.Update{Text: "We go on."})
	s.say(s.now.Add(time.Minute), events.UpdateRetracted, &events.Update{})
}

func TestStale(t *testing.T) {
	r, p := renderer(t), loadPlan(t, "testdata/plan.yaml")
	for _, tt := range []struct {
		moment events.Moment
		end    bool
	}{
		{events.MomentAnnounced, true},
		{events.MomentReminder, false},
		{events.MomentStarting, false},
		{events.MomentStarted, true},
		{events.MomentMoved, true},
		{events.MomentLate, false},
		{events.MomentSilent, false},
		{events.MomentPromise, false},
		{events.MomentNudge, false},
		{events.MomentUndecided, false},
		{events.MomentHolding, false},
		{events.MomentRedundancy, false},
		{events.MomentPaused, false},
		{events.MomentReopened, true},
		{events.MomentCompleted, false},
		{events.MomentCanceled, true},
		{events.MomentUpdate, false},
		{events.MomentLearnt, true},
	} {
		s := newStory(t, nil)
		s.announce(p)
		s.work(p, 0, "migrate")
		if tt.end {
			s.say(s.now, events.UpgradeFailed, &events.Ended{Reason: "broken"})
		}
		for _, form := range []events.Form{events.FormMessage, events.FormRoot} {
			n := events.Notice{Moment: tt.moment, Role: "teams", Channel: "slack", Form: form}
			v := s.view(n)
			v.Learnt, v.Lessons = nil, nil
			_, err := r.Render(v)
			if got, want := errors.Is(err, notifiers.ErrStale), form == events.FormMessage; got != want {
				t.Errorf("Render(%s as %s) error = %v, want stale: %t", tt.moment, form, err, want)
			}
		}
	}
}

// TestAnnouncedAfterTheStart: users hear of a plan minutes after it is made;
// when the work has begun by then, the message does not call it planned.
func TestAnnouncedAfterTheStart(t *testing.T) {
	r, p := renderer(t), loadPlan(t, "testdata/plan.yaml")
	s := newStory(t, nil)
	s.announce(p)
	s.work(p, 0, "migrate")
	for _, role := range []string{"users", "teams", "stakeholders"} {
		m, err := r.Render(s.view(events.Notice{Moment: events.MomentAnnounced, Role: role, Channel: "email", Form: events.FormMessage}))
		if err != nil || !strings.HasPrefix(m.Headline, "In progress: ") || !strings.Contains(m.Text, "It has begun already.") {
			t.Errorf("Render(announced to %s) = %q, %v, want one that says it is in progress:\n%s", role, m.Headline, err, m.Text)
		}
		if !strings.Contains(m.Text, "Slow or partly unavailable: ") || strings.Contains(m.Text, "What to do before") {
			t.Errorf("announced to %s says what was to be expected, and not how it is:\n%s", role, m.Text)
		}
		if strings.Contains(m.Text, "collide") {
			t.Errorf("announced to %s asks about a time that has come:\n%s", role, m.Text)
		}
	}
}

// TestRolledBackSaysWhatStillFails: a rollback is no promise that everything
// works again; only its components say so.
func TestRolledBackSaysWhatStillFails(t *testing.T) {
	r, p := renderer(t), loadPlan(t, "testdata/plan.yaml")
	for _, tt := range []struct {
		impact     plan.Impact
		want, lies string
	}{
		{plan.NoImpact, "Everything works as before.", "Not everything works"},
		{plan.Outage, "Not available: " + p.Components[0].Name, "Everything"},
	} {
		s := newStory(t, nil)
		s.announce(p)
		s.work(p, 0, "migrate")
		for _, c := range p.Components[1:] {
			s.say(s.now, events.ComponentChanged, &events.Component{Component: c.ID, Impact: plan.NoImpact})
		}
		s.say(s.now, events.ComponentChanged, &events.Component{Component: p.Components[0].ID, Impact: tt.impact})
		s.say(s.now, events.RollbackStarted, &events.Rollback{})
		s.say(s.now, events.RollbackFinished, &events.Rollback{})
		m, err := r.Render(s.view(events.Notice{Moment: events.MomentRolledBack, Role: "users", Channel: "email", Form: events.FormMessage}))
		if err != nil || !strings.Contains(m.Text, tt.want) || strings.Contains(m.Text, tt.lies) {
			t.Errorf("Render(rolled back at %s) = %v, want %q and not %q:\n%s", tt.impact, err, tt.want, tt.lies, m.Text)
		}
	}
}

func TestRatings(t *testing.T) {
	r, s := renderer(t), newStory(t, nil)
	p := loadPlan(t, "testdata/plan.yaml")
	s.announce(p)
	s.work(p, 0, "migrate")
	s.say(s.now, events.UpgradeFailed, &events.Ended{Reason: "broken"})
	m, err := r.Render(s.view(events.Notice{Moment: events.MomentFailed, Role: "users", Channel: "email", Form: events.FormMessage}))
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i <= 5; i++ {
		link := fmt.Sprintf("https://status.example.org/f/FEEDBACK?r=%d", i)
		if strings.Count(m.Text, link+"\n") != 1 || strings.Count(m.HTML, `href="`+link+`"`) != 1 {
			t.Errorf("rating link %s is not there once in text and once in HTML", link)
		}
	}
}

func TestForeignTextStaysText(t *testing.T) {
	r, s := renderer(t), newStory(t, nil)
	p := loadPlan(t, "testdata/plan.yaml")
	p.Title = "Evil\r\n= Done: all\n: Section <b onclick=x>"
	p.System, p.Components[0].Name = "= - : sys", "= - : part"
	p.Impact.StillWorks = []string{"a\nb", "| c"}
	s.announce(p)
	for _, channel := range []string{"email", "slack"} {
		m, err := r.Render(s.view(events.Notice{Moment: events.MomentAnnounced, Role: "users", Channel: channel, Form: events.FormMessage}))
		if err != nil {
			t.Fatal(err)
		}
		if want := "Planned: Evil = Done: all : Section <b onclick=x>"; m.Headline != want {
			t.Errorf("%s: headline %q, want %q", channel, m.Headline, want)
		}
		if strings.ContainsAny(m.Subject, "\r\n") || strings.Contains(m.HTML, "<b onclick") {
			t.Errorf("%s: foreign text is markup: %q\n%s", channel, m.Subject, m.HTML)
		}
		if !strings.Contains(m.Text, "Not available during this time: = - : part, Reports.") {
			t.Errorf("%s: the impact is not a sentence:\n%s", channel, m.Text)
		}
	}
}

func TestZones(t *testing.T) {
	r, s := renderer(t), newStory(t, nil)
	s.announce(loadPlan(t, "testdata/plan.yaml"))
	v := s.view(events.Notice{Moment: events.MomentAnnounced, Role: "users", Channel: "email", Form: events.FormMessage})
	for _, tt := range []struct{ zone, want string }{
		{"Asia/Tokyo", "2026-11-28 21:00 to 2026-11-29 01:00 UTC (2026-11-29 06:00 to 10:00 Asia/Tokyo)"},
		{"", "2026-11-28 21:00 to 2026-11-29 01:00 UTC (22:00 to 2026-11-29 02:00 Europe/Berlin)"},
		{"UTC", "2026-11-28 21:00 to 2026-11-29 01:00 UTC\n"},
	} {
		v.Person.Zone = tt.zone
		m, err := r.Render(v)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(m.Text, tt.want) {
			t.Errorf("zone %q: no %q in\n%s", tt.zone, tt.want, m.Text)
		}
	}
}

func TestCalendarGoesWithTheMail(t *testing.T) {
	r, s := renderer(t), newStory(t, nil)
	p := loadPlan(t, "testdata/plan.yaml")
	s.announce(p)
	s.say(s.now, events.UpgradeCanceled, &events.Ended{Reason: "no"})
	m, err := r.Render(s.view(events.Notice{Moment: events.MomentCanceled, Role: "users", Channel: "email", Form: events.FormMessage}))
	if err != nil {
		t.Fatal(err)
	}
	if m.CalendarMethod != "CANCEL" || !strings.Contains(string(m.Calendar), "METHOD:CANCEL\r\n") {
		t.Errorf("method %q with\n%s", m.CalendarMethod, m.Calendar)
	}
	if ended := s.u.State; ended != upgrade.Canceled {
		t.Errorf("state %s, want canceled", ended)
	}
}

// FuzzForeignText: whatever a plan says stays on its line and in its place.
func FuzzForeignText(f *testing.F) {
	f.Add("Orders", "db", "search")
	f.Add("= a\n: b", "~\r\n- c", "| d\u2028: e\x00")
	f.Add("<script>", "{{.Inside}}", "\xff")
	r, err := notifiers.NewRenderer(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, title, system, works string) {
		if strings.TrimSpace(title) == "" {
			return
		}
		v := notifiers.View{
			Delivery: notifiers.Delivery{Notice: events.Notice{Moment: events.MomentAnnounced, Role: "users", Channel: "email", Form: events.FormMessage}},
			Public:   upgrade.Public{Title: title, System: system, State: upgrade.Planned, ImpactWords: plan.ImpactWords{StillWorks: []string{works}}},
			Links:    notifiers.Links{Page: "https://status.example.org/upgrades/u1"},
		}
		m, err := r.Render(v)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(m.Headline, "Planned:") || strings.ContainsAny(m.Headline+m.Subject, "\r\n\x00") {
			t.Errorf("headline %q, subject %q", m.Headline, m.Subject)
		}
		if strings.Contains(m.HTML, "<script") || !strings.Contains(m.Text, "May be slow or partly unavailable") {
			t.Errorf("foreign text took over:\n%s", m.Text)
		}
	})
}

func TestManyPhases(t *testing.T) {
	r := renderer(t)
	for _, done := range []int{0, 1, 20, 40} {
		v := notifiers.View{
			Delivery: notifiers.Delivery{Channel: "slack", Notice: events.Notice{Moment: events.MomentStatus, Role: "users", Channel: "slack", Form: events.FormRoot}},
			Public:   upgrade.Public{Title: "Nodes", State: upgrade.InProgress},
		}
		for i := range 40 {
			ph := upgrade.PublicPhase{Title: fmt.Sprintf("Batch %d", i), State: upgrade.Queued}
			if i < done {
				ph.State = upgrade.Finished
			}
			v.Public.Phases = append(v.Public.Phases, ph)
		}
		m, err := r.Render(v)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range m.Sections {
			if n := strings.Count(s.Text, "\n") + 1; n > 15 {
				t.Errorf("%d done: %s has %d lines, want at most 15:\n%s", done, s.Label, n, s.Text)
			}
		}
		if next := fmt.Sprintf("Batch %d", done); done < 40 && !strings.Contains(m.Text, next) {
			t.Errorf("%d done: no %s in\n%s", done, next, m.Text)
		}
	}
}

func TestDrillSaysSo(t *testing.T) {
	r, s := renderer(t), newStory(t, nil)
	p := loadPlan(t, "testdata/plan.yaml")
	p.Drill = true
	s.announce(p)
	m, err := r.Render(s.view(events.Notice{Moment: events.MomentAnnounced, Role: "teams", Channel: "email", Form: events.FormMessage}))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(m.Subject, "Drill: ") || !strings.Contains(m.Headline, "Drill: ") {
		t.Errorf("subject %q, headline %q", m.Subject, m.Headline)
	}
}

// TestNothingRunsAfterTheEnd: tools that fail leave phases open, and a message
// that all is over does not call them running.
func TestNothingRunsAfterTheEnd(t *testing.T) {
	r, p := renderer(t), loadPlan(t, "testdata/plan.yaml")
	for _, left := range []events.Type{events.PhaseStarted, events.PhaseWaiting} {
		s := newStory(t, nil)
		s.announce(p)
		s.work(p, 0, "migrate")
		s.say(s.now, left, &events.Phase{Phase: "migrate"})
		s.say(s.now, events.UpgradeFailed, &events.Ended{Reason: "the copy is broken"})
		m, err := r.Render(s.view(events.Notice{Moment: events.MomentFailed, Role: "teams", Channel: "email", Form: events.FormMessage}))
		if err != nil || !strings.Contains(m.Text, ": end not reported") || strings.Contains(m.Text, ": running") || strings.Contains(m.Text, ": waiting") {
			t.Errorf("after %s = %v:\n%s", left, err, m.Text)
		}
	}
}
