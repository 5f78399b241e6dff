package rehearsal_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/notifiers"
	"upgradehub/notifiers/rehearsal"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run 'go test ./notifiers/rehearsal -update' if that is meant", path)
	}
}

// samples are the plans of the demonstration, by name.
func samples(t *testing.T) map[string]*plan.Plan {
	t.Helper()
	paths, err := filepath.Glob("../../hub/demo/plans/*.yaml")
	if err != nil || len(paths) != 3 {
		t.Fatalf("sample plans: %v, %v", paths, err)
	}
	plans := map[string]*plan.Plan{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		plans[strings.TrimSuffix(filepath.Base(path), ".yaml")] = parse(t, string(text))
	}
	return plans
}

func parse(t *testing.T, text string) *plan.Plan {
	t.Helper()
	p, problems := plan.Parse([]byte(text))
	if p == nil {
		t.Fatalf("plan: %v", problems)
	}
	return p
}

// small is a plan without audiences: one of each role gets what it says.
const small = `
schema: upgradehub/plan/v1
id: pg16
title: Postgres <16>
system: orders-database
zone: Europe/Berlin
window: {start: 2026-03-01T01:00, end: 2026-03-01T04:00}
roster: {lead: {person: "@lead", backup: "@deputy"}}
rollback: {duration: 30m}
phases:
  - {id: copy, title: Copy the data, start: 2026-03-01T01:00, duration: 90m}
  - {id: switchover, title: Switch over, start: 2026-03-01T02:30, duration: 80m, after: [copy]}
`

func config(p *plan.Plan) rehearsal.Config {
	audiences, people := rehearsal.StandIns(p)
	return rehearsal.Config{
		Plan: p, Audiences: audiences, People: people,
		PublicURL: "https://status.example.org", EditEvery: 5 * time.Second,
	}
}

func play(t *testing.T, cfg rehearsal.Config, stories ...rehearsal.Story) rehearsal.Report {
	t.Helper()
	r, err := rehearsal.Play(cfg, stories...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// told is what one person got in the first story.
func told(t *testing.T, r rehearsal.Report, person string) rehearsal.Told {
	t.Helper()
	for _, p := range r.Stories[0].People {
		if p.Person == person {
			return p
		}
	}
	t.Fatalf("nobody is called %q in %+v", person, r.Stories[0].People)
	return rehearsal.Told{}
}

func moments(t rehearsal.Told, forms ...rehearsal.Form) string {
	var got []string
	for _, m := range t.Messages {
		if len(forms) == 0 || slices.Contains(forms, m.Form) {
			got = append(got, string(m.Moment))
		}
	}
	return strings.Join(got, " ")
}

func TestGolden(t *testing.T) {
	for name, p := range samples(t) {
		t.Run(name, func(t *testing.T) {
			r := play(t, config(p), rehearsal.Happy(p))
			golden(t, name+".txt", strings.Join(r.Lines(), "\n")+"\n")
			raw, err := json.MarshalIndent(r, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name+".json", string(raw)+"\n")
			var page bytes.Buffer
			if err := r.HTML(&page); err != nil {
				t.Fatal(err)
			}
			golden(t, name+".html", page.String())
		})
	}
}

// TestBudgets: those of PRODUCT.md hold for every sample in every story, and
// on the happy path without anything on top.
func TestBudgets(t *testing.T) {
	happy := map[string]int{"users": 3, "managers": 3, "stakeholders": 4, "support": 5}
	plans := samples(t)
	plans["small"] = parse(t, small)
	head, _, _ := strings.Cut(small, "phases:")
	plans["no phases"] = parse(t, head+"phases: []\n")
	plans["ends with nothing"] = parse(t, strings.Replace(small, "duration: 80m", "duration: 89m", 1)+
		"  - {id: up, title: Up, start: 2026-03-01T04:00, duration: 0m}\n")
	for name, p := range plans {
		r := play(t, config(p), rehearsal.Stories(p)...)
		if len(r.Stories) != 3 || !r.OK {
			t.Errorf("%s: %d stories: %s", name, len(r.Stories), r.Verdict())
		}
		for _, s := range r.Stories {
			if len(s.Anomalies) > 0 || len(s.People) < 2 {
				t.Errorf("%s, %s: %d people, anomalies %q", name, s.Story, len(s.People), s.Anomalies)
			}
			for _, who := range s.People {
				for _, c := range who.Counts {
					if most, ok := happy[c.Role]; s.Story == "happy" && ok && c.What == "messages" && (c.Count > most || c.Budget != most) {
						t.Errorf("%s: %s gets %s, want at most %d", name, who.Person, c, most)
					}
					if c.Source == "" || c.Budget < c.Base {
						t.Errorf("%s, %s: %s has no source, or shrank", name, s.Story, c)
					}
				}
			}
		}
	}
}

// TestOneDelayCostsOneMail: to users, and no broadcast beyond the four.
func TestOneDelayCostsOneMail(t *testing.T) {
	most := map[string]int{"users messages": 4, "teams broadcasts": 4, "managers messages": 5}
	for name, p := range samples(t) {
		for _, who := range play(t, config(p), rehearsal.Overrun(p)).Stories[0].People {
			for _, c := range who.Counts {
				if n, ok := most[c.Role+" "+c.What]; ok && c.Count > n {
					t.Errorf("%s: %s, want at most %d", name, c, n)
				}
			}
		}
	}
}

func TestStories(t *testing.T) {
	p := parse(t, small)
	for _, tt := range []struct {
		story       rehearsal.Story
		users, team string
	}{
		{rehearsal.Happy(p), "announced reminder completed", "announced completed"},
		{rehearsal.Overrun(p), "announced reminder moved completed", "announced overdue moved completed"},
		{rehearsal.Back(p), "announced reminder rollback rolled-back", "announced rollback rolled-back"},
	} {
		r := play(t, config(p), tt.story)
		if got := moments(told(t, r, "users by email")); got != tt.users {
			t.Errorf("%s: users get %q, want %q", tt.story.Name, got, tt.users)
		}
		if got := moments(told(t, r, "teams by slack"), rehearsal.Post, rehearsal.Broadcast); got != tt.team {
			t.Errorf("%s: the team gets %q, want %q", tt.story.Name, got, tt.team)
		}
	}
}

// TestGatesAreDecidedInTime: in a story that goes to plan nobody hears that a
// deadline passed, also where it is no later than the gate.
func TestGatesAreDecidedInTime(t *testing.T) {
	for _, deadline := range []string{"00:30", "00:40", "00:50"} {
		p := parse(t, small+`gates: [{id: g1, title: Go, at: 2026-03-01T00:40, decider: lead, deadline: 2026-03-01T`+deadline+`}]`)
		asked := 0
		for _, one := range play(t, config(p), rehearsal.Happy(p)).Stories[0].People {
			for _, m := range one.Messages {
				if m.Moment == events.MomentDecision {
					asked++
				}
				if m.Moment == events.MomentUndecided {
					t.Errorf("deadline %s: %s is told at %s: %s", deadline, one.Person, m.At, m.Headline)
				}
			}
		}
		if asked == 0 {
			t.Errorf("deadline %s: nobody was asked", deadline)
		}
	}
}

// TestSupportIsFirst: the desk hears of what is planned before its users do.
// TestNobodyDecidesOnTheWayBack: a gate that lies ahead when all is taken back
// is not asked about.
func TestNobodyDecidesOnTheWayBack(t *testing.T) {
	p := samples(t)["bgsu-peoplesoft-2014"]
	stories := rehearsal.Stories(p)
	r := play(t, config(p), stories[len(stories)-1])
	for _, one := range r.Stories[0].People {
		back := time.Time{}
		for _, m := range one.Messages {
			if m.Moment == events.MomentRollback {
				back = m.At
			}
		}
		for _, m := range one.Messages {
			if m.Moment == events.MomentDecision && (one.Person == "@sponsor" || !back.IsZero() && m.At.After(back)) {
				t.Errorf("%s is asked at %s to decide: %s", one.Person, m.At, m.Headline)
			}
		}
	}
}

func TestSupportIsFirst(t *testing.T) {
	p := parse(t, small)
	r := play(t, config(p), rehearsal.Happy(p))
	users, desk := told(t, r, "users by email").Messages[0], told(t, r, "support by email").Messages[0]
	if lead := users.At.Sub(desk.At); lead < notifiers.SupportLead {
		t.Errorf("support hears %s before users, want %s", lead, notifiers.SupportLead)
	}
}

// storm is a phase that says a thousand times in a minute how far it is.
func storm(p *plan.Plan) rehearsal.Story {
	s := rehearsal.Happy(p)
	at, total := p.Window.Start.Add(10*time.Minute), int64(1000)
	var steps []rehearsal.Step
	for done := range total {
		steps = append(steps, rehearsal.Step{At: at.Add(time.Duration(done) * time.Minute / 1000), Event: events.Event{
			Type: events.PhaseProgressed, Source: "tool", Data: &events.Progressed{Phase: p.Phases[0].ID, Done: &done, Total: &total},
		}})
	}
	i := slices.IndexFunc(s.Steps, func(st rehearsal.Step) bool { return st.At.After(at) })
	s.Steps = slices.Insert(s.Steps, i, steps...)
	return s
}

func TestStorm(t *testing.T) {
	for name, p := range samples(t) {
		calm, wild := play(t, config(p), rehearsal.Happy(p)), play(t, config(p), storm(p))
		if !wild.OK || len(wild.Stories[0].Anomalies) > 0 {
			t.Errorf("%s: %s; anomalies %q", name, wild.Verdict(), wild.Stories[0].Anomalies)
		}
		for i, who := range wild.Stories[0].People {
			before := calm.Stories[0].People[i]
			loud := []rehearsal.Form{rehearsal.Mail, rehearsal.Post, rehearsal.Broadcast}
			if got, want := moments(who, loud...), moments(before, loud...); got != want {
				t.Errorf("%s: the storm sends %s %q, want %q", name, who.Person, got, want)
			}
			// Every 5 s one of the minute's edits goes out, and what is
			// said on time may fall at other times.
			if more := len(who.Messages) - len(before.Messages); more > 16 {
				t.Errorf("%s: the storm makes %d messages more for %s", name, more, who.Person)
			}
		}
	}
}

// wildStorm is a minute in which all that can come and go does so, a thousand
// times: progress, parts, work that stops and goes on.
func wildStorm(p *plan.Plan) rehearsal.Story {
	s := rehearsal.Happy(p)
	at := p.Window.Start.Add(10 * time.Minute)
	var steps []rehearsal.Step
	for n := range 1000 {
		e := events.Event{Source: "tool", Type: events.PhaseProgressed, Data: &events.Progressed{Phase: p.Phases[0].ID, Done: new(int64(n))}}
		switch {
		case n%4 == 1:
			impact := []plan.Impact{plan.ReducedRedundancy, plan.NoImpact, plan.Outage, plan.NoImpact}[n/4%4]
			e.Type, e.Data = events.ComponentChanged, &events.Component{Component: p.Components[0].ID, Impact: impact}
		case n%8 == 2:
			e.Type, e.Data = events.UpgradePaused, &events.Step{}
		case n%8 == 3:
			e.Type, e.Data = events.UpgradeResumed, &events.Step{}
		}
		steps = append(steps, rehearsal.Step{At: at.Add(time.Duration(n) * time.Minute / 1000), Event: e})
	}
	i := slices.IndexFunc(s.Steps, func(st rehearsal.Step) bool { return st.At.After(at) })
	s.Steps = slices.Insert(s.Steps, i, steps...)
	return s
}

// TestWildStorm: what comes and goes within a minute is told once, if it still
// is so.
func TestWildStorm(t *testing.T) {
	for name, p := range samples(t) {
		r := play(t, config(p), wildStorm(p))
		if !r.OK || len(r.Stories[0].Anomalies) > 0 {
			t.Errorf("%s: %s; anomalies %q", name, r.Verdict(), r.Stories[0].Anomalies)
		}
		for _, who := range r.Stories[0].People {
			for _, c := range who.Counts {
				if more := c.Budget - c.Base; more > 1 {
					t.Errorf("%s: the storm lets %s get %d %s more", name, who.Person, more, c.What)
				}
			}
		}
	}
}

// chatter posts words that name the end users.
func chatter(p *plan.Plan, n int) rehearsal.Story {
	s := rehearsal.Happy(p)
	for i := range n {
		s.Steps = append(s.Steps, rehearsal.Step{At: p.Window.Start.Add(time.Duration(i+1) * time.Minute), Event: events.Event{
			Type: events.UpdatePosted, Source: "lead", Data: &events.Update{Text: fmt.Sprintf("Word %d", i), Audiences: []string{"users"}},
		}})
	}
	slices.SortStableFunc(s.Steps, func(a, b rehearsal.Step) int { return a.At.Compare(b.At) })
	return s
}

func TestOverBudget(t *testing.T) {
	p := parse(t, small)
	r := play(t, config(p), chatter(p, 2))
	want := []string{"over budget: happy: users by email gets 5 messages as users, the budget is 3"}
	if r.OK || r.Stories[0].OK || told(t, r, "users by email").OK || !slices.Equal(r.Faults(), want) {
		t.Errorf("OK %t, faults %q, want %q", r.OK, r.Faults(), want)
	}
	if text := strings.Join(r.Lines(), "\n"); !strings.Contains(text, "OVER BUDGET: 5 of 3 messages (PRODUCT.md, end user") {
		t.Errorf("the text does not say who is over budget, and by which rule:\n%s", text)
	}
}

func TestRefused(t *testing.T) {
	p := parse(t, small)
	cfg := config(p)
	cfg.Check = func(m notifiers.Message) ([]string, error) {
		if m.Delivery.Notice.Role == "managers" && m.Delivery.Notice.Moment == events.MomentReminder {
			return nil, errors.New("no such address")
		}
		return []string{"cut"}, nil
	}
	r, shortened := play(t, cfg, rehearsal.Happy(p)), 0
	want := "refused: happy: reminder to managers by email by email: no such address\n"
	for _, one := range r.Stories[0].People {
		for _, m := range one.Messages {
			shortened += len(m.Limits)
		}
	}
	want += fmt.Sprintf("%d messages do not fit the channel, see those marked with an exclamation mark.", shortened)
	if r.OK || r.Verdict() != want {
		t.Errorf("OK %t, %q, want %q", r.OK, r.Verdict(), want)
	}
	if m := told(t, r, "users by email").Messages[0]; !slices.Equal(m.Limits, []string{"cut"}) {
		t.Errorf("limits %q, want what the check said", m.Limits)
	}
}

// TestOvertaken: what was owed and is no longer true is not told, and does
// not count.
func TestOvertaken(t *testing.T) {
	p := parse(t, small)
	at := p.Window.Start.Add(-48 * time.Hour)
	r := play(t, config(p), rehearsal.Replay(p, []rehearsal.Step{
		{At: at, Event: events.Event{Type: events.UpgradePlanned, Source: "lead", Data: &events.Planned{Plan: p}}},
		{At: at.Add(time.Minute), Event: events.Event{Type: events.UpgradeCanceled, Source: "lead", Data: &events.Ended{Reason: "no"}}},
	}))
	users := told(t, r, "users by email")
	if got := moments(users); got != "canceled" || len(users.Dropped) != 1 || users.Dropped[0].Why != "no longer true" {
		t.Errorf("users get %q, dropped %+v, want canceled alone", got, users.Dropped)
	}
	if got := moments(told(t, r, "support by email")); got != "announced canceled" {
		t.Errorf("support gets %q, want announced and canceled", got)
	}
}

// TestOnePersonOneMessage: a target in several audiences gets one message of
// a cause, also a person with two targets in one role.
func TestOnePersonOneMessage(t *testing.T) {
	p := parse(t, small)
	audiences := []notifiers.Audience{
		{ID: "users", Role: "users", Channels: []string{"email"}},
		{ID: "managers", Role: "managers", Channels: []string{"email", "slack"}},
	}
	mail := notifiers.Person{Channel: "email", Address: "lead@example.org", Name: "@lead"}
	cfg := config(p)
	cfg.Audiences = audiences
	cfg.People = []rehearsal.Person{{Person: mail, Audiences: []string{"users", "managers"}}}
	r := play(t, cfg, rehearsal.Happy(p))
	if got := moments(told(t, r, "@lead")); got != "announced reminder completed report" || !r.OK {
		t.Errorf("@lead gets %q, OK %t, want three messages and the report", got, r.OK)
	}
	cfg.People[0].Audiences = []string{"managers"}
	cfg.People = append(cfg.People, rehearsal.Person{
		Person: notifiers.Person{Channel: "slack", Address: "U0LEAD", Name: "@lead"}, Audiences: []string{"managers"},
	})
	r = play(t, cfg, rehearsal.Happy(p))
	if got := moments(told(t, r, "@lead")); got != "announced reminder completed report" || !r.OK {
		t.Errorf("by mail and Slack @lead gets %q, OK %t, %q, want three messages and the report", got, r.OK, r.Verdict())
	}
}

func TestDrillReachesTheRoster(t *testing.T) {
	p := parse(t, small+"drill: true\n")
	r := play(t, config(p), rehearsal.Happy(p))
	var who []string
	for _, told := range r.Stories[0].People {
		who = append(who, told.Person)
	}
	if got := strings.Join(who, ", "); got != "@deputy, @lead" || !r.OK {
		t.Errorf("the drill reaches %s; %s", got, r.Verdict())
	}
}

// TestReplayBeginsWithThePlan: also where the recorded events have none, or
// another.
func TestReplayBeginsWithThePlan(t *testing.T) {
	p, other := parse(t, small), parse(t, strings.Replace(small, "Postgres <16>", "Other", 1))
	started := rehearsal.Step{At: p.Window.Start, Event: events.Event{Type: events.UpgradeStarted, Source: "tool", Data: &events.Step{}}}
	planned := rehearsal.Step{At: p.Window.Start.Add(-time.Hour), Event: events.Event{Type: events.UpgradePlanned, Source: "tool", Data: &events.Planned{Plan: other}}}
	for _, steps := range [][]rehearsal.Step{{}, {started}, {planned, started}} {
		r := play(t, config(p), rehearsal.Replay(p, steps))
		first := told(t, r, "teams by slack").Messages[0]
		if len(r.Stories[0].Anomalies) > 0 || !strings.Contains(first.Headline, "Postgres <16>") {
			t.Errorf("%d steps: anomalies %q, first %q", len(steps), r.Stories[0].Anomalies, first.Headline)
		}
	}
	bad := rehearsal.Step{At: p.Window.Start, Event: events.Event{Type: events.PhaseStarted, Source: "tool", Data: &events.Phase{Phase: "nothing"}}}
	if r := play(t, config(p), rehearsal.Replay(p, []rehearsal.Step{bad})); len(r.Stories[0].Anomalies) != 1 {
		t.Errorf("anomalies %q, want the unknown phase", r.Stories[0].Anomalies)
	}
}

// TestPageIsSafe: what plans say is text on the page, which loads nothing.
func TestPageIsSafe(t *testing.T) {
	p := parse(t, small)
	p.Title = `<script>alert(1)</script>`
	var b bytes.Buffer
	if err := play(t, config(p), rehearsal.Happy(p)).HTML(&b); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<script", "src=", "href=", " style=", "onclick"} {
		if strings.Contains(b.String(), bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
	for _, good := range []string{`<html lang="en">`, "<caption>", `scope="col"`, "<main>", "<h1>"} {
		if !strings.Contains(b.String(), good) {
			t.Errorf("the page lacks %q", good)
		}
	}
}
