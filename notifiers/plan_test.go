package notifiers_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
	"upgradehub/notifiers"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
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
		t.Errorf("%s differs; run 'go test ./notifiers -update' if that is meant\n got:\n%s\nwant:\n%s", path, got, want)
	}
}

const (
	day  = 24 * time.Hour
	week = 7 * day
)

func TestTranscripts(t *testing.T) {
	paths, err := filepath.Glob("../hub/demo/plans/*.yaml")
	if err != nil || len(paths) != 3 {
		t.Fatalf("sample plans: %v, %v", paths, err)
	}
	for _, path := range append(paths, "testdata/plan.yaml") {
		name := strings.TrimSuffix(filepath.Base(path), ".yaml")
		t.Run(name, func(t *testing.T) {
			happy, delayed, back := newStory(t, roles), newStory(t, roles), newStory(t, roles)
			playHappy(happy, loadPlan(t, path))
			playDelayed(delayed, loadPlan(t, path))
			playBack(back, loadPlan(t, path))
			golden(t, "testdata/transcripts/"+name+".happy.txt", happy.log.String())
			golden(t, "testdata/transcripts/"+name+".delayed.txt", delayed.log.String())
			golden(t, "testdata/transcripts/"+name+".rollback.txt", back.log.String())
			budgets(t, happy, delayed, back)
		})
	}
}

func playHappy(s *story, p *plan.Plan) {
	s.announce(p)
	s.work(p, -5*time.Minute, "")
	s.restore(p)
	s.until(s.now.Add(week))
}

// playDelayed runs over the announced end, moves it, and tells nobody by hand.
func playDelayed(s *story, p *plan.Plan) {
	s.careful = false
	s.announce(p)
	s.work(p, 0, p.Phases[len(p.Phases)-1].ID)
	s.until(p.Window.End.Add(time.Hour))
	moved := *p
	moved.Window.End = p.Window.End.Add(6 * time.Hour)
	s.say(s.now, events.UpgradePlanned, &events.Planned{Plan: &moved, Reason: "more time needed"}, events.Public)
	s.say(s.now.Add(time.Hour), events.PhaseStarted, &events.Phase{Phase: p.Phases[len(p.Phases)-1].ID})
	s.say(s.now.Add(time.Hour), events.PhaseFinished, &events.Phase{Phase: p.Phases[len(p.Phases)-1].ID})
	s.restore(p)
}

func playBack(s *story, p *plan.Plan) {
	safe := true
	s.announce(p)
	s.work(p, 0, p.Phases[len(p.Phases)-1].ID)
	s.say(s.now, events.PhaseStarted, &events.Phase{Phase: p.Phases[len(p.Phases)-1].ID})
	s.say(s.now.Add(time.Minute), events.PhaseFinished, &events.Phase{Phase: p.Phases[len(p.Phases)-1].ID, Outcome: events.Failure})
	s.say(s.now.Add(time.Minute), events.RollbackStarted, &events.Rollback{Reason: "the checks fail", DataSafe: &safe})
	for _, c := range p.Components {
		s.say(s.now, events.ComponentChanged, &events.Component{Component: c.ID, Impact: plan.NoImpact})
	}
	s.say(s.now.Add(time.Minute), events.RollbackFinished, &events.Rollback{Outcome: events.Success})
}

// budgets are those of PRODUCT.md.
func budgets(t *testing.T, happy, delayed, back *story) {
	t.Helper()
	if n := happy.count("users", events.FormMessage); n > 3 {
		t.Errorf("happy path: %d mails to users, want at most 3", n)
	}
	if n := happy.count("managers", events.FormMessage); n > 3 {
		t.Errorf("happy path: %d mails to managers, want at most 3", n)
	}
	if n := happy.count("teams", events.FormBroadcast); n > 4 {
		t.Errorf("happy path: %d broadcasts, want at most 4", n)
	}
	if n := delayed.count("users", events.FormMessage); n > 5 { // the end passed and was moved an hour later
		t.Errorf("delayed: %d mails to users, want at most 5", n)
	}
	if n := back.count("users", events.FormMessage); n > 4 { // the rollback comes on top; its end is the end
		t.Errorf("rollback: %d mails to users, want at most 4", n)
	}
}

func TestNoticesAreUnique(t *testing.T) {
	s := newStory(t, everywhere())
	playDelayed(s, loadPlan(t, "testdata/plan.yaml"))
	seen := map[string]bool{}
	for _, n := range s.notices {
		if seen[n.ID] {
			t.Errorf("notice %s (%s to %s by %s as %s) is planned twice", n.ID, n.Moment, n.Audience, n.Channel, n.Form)
		}
		seen[n.ID] = true
		if !n.UsefulUntil.After(n.NotBefore) {
			t.Errorf("%s to %s is useful until %s, not before %s", n.Moment, n.Audience, n.UsefulUntil, n.NotBefore)
		}
	}
}

// everywhere has each role on all channels.
func everywhere() []notifiers.Audience {
	out := slices.Clone(roles)
	for i := range out {
		out[i].Channels = []string{"email", "slack", "webhook"}
	}
	return out
}

func TestNobodyIsTold(t *testing.T) {
	p := loadPlan(t, "testdata/plan.yaml")
	u := upgrade.New("u1")
	started := events.Event{Type: events.UpgradeStarted, Data: &events.Step{}}
	planned := &upgrade.Upgrade{ID: "u1", State: upgrade.Planned, Plan: p, Revision: 1}
	live := &upgrade.Upgrade{ID: "u1", State: upgrade.InProgress, Plan: p, Revision: 1}
	drill := *p
	drill.Drill, drill.Roster = true, nil
	nobody := &upgrade.Upgrade{ID: "u1", State: upgrade.InProgress, Plan: &drill, Revision: 1}
	done := upgrade.Effect{Applied: true, Changed: true}
	for _, tt := range []struct {
		name  string
		cause notifiers.Cause
	}{
		{"anomaly", notifiers.Cause{Event: started, Effect: upgrade.Effect{Anomaly: "no"}, Before: planned, After: live}},
		{"repeat", notifiers.Cause{Event: started, Effect: upgrade.Effect{Applied: true}, Before: live, After: live}},
		{"no plan", notifiers.Cause{Event: started, Effect: done, Before: u, After: u}},
		{"unknown", notifiers.Cause{Event: started, Effect: done}},
		{"drill without people", notifiers.Cause{Event: started, Effect: done, Before: planned, After: nobody}},
	} {
		if got := notifiers.Plan(tt.cause, roles); len(got) != 0 {
			t.Errorf("%s: Plan = %v, want none", tt.name, got)
		}
	}
}

func TestAudiences(t *testing.T) {
	for _, tt := range []struct {
		name    string
		of      []plan.Audience
		configs []notifiers.Audience
		want    string
	}{
		{"plan names none", nil, roles, "users/email teams/slack managers/email stakeholders/email support/email"},
		{"same id", []plan.Audience{{ID: "users"}}, roles, "users/email"},
		{"same role", []plan.Audience{{ID: "testers", Role: "stakeholders"}}, roles, "stakeholders/email"},
		{"role by channel", []plan.Audience{{ID: "contributors", Channels: []string{"slack"}}}, roles, "teams/slack"},
		{"channels narrowed", []plan.Audience{{ID: "users", Channels: []string{"email"}}}, everywhere(), "users/email"},
		{"channel the audience lacks", []plan.Audience{{ID: "users", Channels: []string{"slack"}}}, roles, ""},
		{"id before role", []plan.Audience{{ID: "users", Channels: []string{"email"}}, {ID: "guests", Role: "users", Channels: []string{"webhook"}}}, everywhere(), "users/email"},
		{"two of one role", []plan.Audience{{ID: "a", Role: "users", Channels: []string{"email"}}, {ID: "b", Role: "users", Channels: []string{"webhook"}}}, everywhere(), "users/email users/webhook"},
		{"role of the configuration's id", nil, []notifiers.Audience{{ID: "managers", Channels: []string{"email"}}}, "managers/email"},
	} {
		p := loadPlan(t, "testdata/plan.yaml")
		p.Audiences = tt.of
		s := newStory(t, tt.configs)
		s.say(p.Window.Start.Add(-week), events.UpgradePlanned, &events.Planned{Plan: p})
		var got []string
		for _, n := range s.notices {
			got = append(got, n.Audience+"/"+n.Channel)
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: told %v, want %q", tt.name, got, tt.want)
		}
	}
}

func TestSupportIsFirst(t *testing.T) {
	p := loadPlan(t, "testdata/plan.yaml")
	at := p.Window.Start.Add(-week)
	lead := func(audiences []notifiers.Audience) map[string]time.Duration {
		s, got := newStory(t, audiences), map[string]time.Duration{}
		s.say(at, events.UpgradePlanned, &events.Planned{Plan: p})
		for _, n := range s.notices {
			got[n.Audience] = n.NotBefore.Sub(at)
		}
		return got
	}
	if got := lead(roles); got["support"] != 0 || got["users"] != notifiers.SupportLead || got["teams"] != 0 {
		t.Errorf("waits = %v, want users alone to wait %s", got, notifiers.SupportLead)
	}
	if got := lead(roles[:2]); got["users"] != 0 {
		t.Errorf("users wait %s for a support desk that takes no part", got["users"])
	}
	asleep := slices.Clone(roles)
	asleep[4].Quiet = &notifiers.Quiet{From: 20 * time.Hour, To: 6 * time.Hour, Zone: time.UTC}
	if got := lead(asleep); got["support"] != 9*time.Hour || got["users"] != 9*time.Hour+notifiers.SupportLead {
		t.Errorf("waits = %v, want users to wait for a desk that sleeps until six", got)
	}
}

// TestSupportIsFirstWhenItMovesAgain: the desk hears of the newest of several
// moves a while before users do, however late that is.
func TestSupportIsFirstWhenItMovesAgain(t *testing.T) {
	s, p := newStory(t, roles), loadPlan(t, "testdata/plan.yaml")
	s.announce(p)
	moves(s, p)
	for minutes := range 3 {
		s.notices = nil
		again := *p
		again.Window.End = p.Window.End.Add(time.Duration(minutes+2) * time.Hour)
		s.say(s.now.Add(20*time.Second), events.UpgradePlanned, &events.Planned{Plan: &again})
		at := map[string]time.Time{}
		for _, n := range s.notices {
			if n.Moment == events.MomentMoved {
				at[n.Role] = n.NotBefore
			}
		}
		if lead := at["users"].Sub(at["support"]); at["support"].IsZero() || lead < notifiers.SupportLead {
			t.Errorf("move %d: the desk hears of it %s before users", minutes+2, lead)
		}
	}
}

func TestDrillReachesThePeopleItNames(t *testing.T) {
	p := loadPlan(t, "testdata/plan.yaml")
	p.Drill = true
	s := newStory(t, roles)
	s.announce(p)
	for _, n := range s.notices {
		if got := strings.Join(n.People, " "); got != "@dba @deputy @lead @sponsor" {
			t.Errorf("%s to %s reaches %q", n.Moment, n.Audience, got)
		}
	}
}

func TestRecordedAfterTheWindow(t *testing.T) {
	p := loadPlan(t, "testdata/plan.yaml")
	s := newStory(t, everywhere())
	s.say(p.Window.End.Add(time.Hour), events.UpgradePlanned, &events.Planned{Plan: p})
	if want := len(roles) - 1; len(s.notices) != want { // the crew has none
		t.Errorf("%d notices, want the %d root messages", len(s.notices), want)
	}
	for _, n := range s.notices {
		if n.Form != events.FormRoot {
			t.Errorf("%s told to %s as %s after the window", n.Moment, n.Audience, n.Form)
		}
	}
}

func TestUpdatesGoToThoseTheyName(t *testing.T) {
	for _, tt := range []struct {
		name  string
		to    []string
		shown events.Visibility
		want  string
	}{
		{"all", nil, "", "teams"},
		{"users", []string{"users"}, "", "users"},
		{"users and teams", []string{"teams", "users"}, "", "users teams"},
		{"internal to all", nil, events.Internal, "teams"},
		{"internal to users", []string{"users", "stakeholders"}, events.Internal, ""},
		{"internal to managers", []string{"managers"}, events.Internal, "managers"},
		{"nobody known", []string{"guests"}, "", ""},
	} {
		p := loadPlan(t, "testdata/plan.yaml")
		s := newStory(t, roles)
		s.say(p.Window.Start.Add(-week), events.UpgradePlanned, &events.Planned{Plan: p})
		s.say(p.Window.Start, events.UpgradeStarted, &events.Step{})
		s.notices = nil
		s.say(p.Window.Start.Add(time.Minute), events.UpdatePosted, &events.Update{Text: "Hello", Audiences: tt.to}, tt.shown)
		var got []string
		for _, n := range s.notices {
			if n.Form != events.FormRoot {
				got = append(got, n.Audience)
			}
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: told %v, want %q", tt.name, got, tt.want)
		}
	}
}

func TestReasonsStayInside(t *testing.T) {
	for _, tt := range []struct {
		shown   events.Visibility
		outside bool
	}{{"", false}, {events.Internal, false}, {events.Public, true}} {
		p := loadPlan(t, "testdata/plan.yaml")
		s := newStory(t, roles)
		s.announce(p)
		s.notices = nil
		moved := *p
		moved.Window.End = p.Window.End.Add(time.Hour)
		s.say(p.Window.Start.Add(-48*time.Hour), events.UpgradePlanned, &events.Planned{Plan: &moved, Reason: "vendor"}, tt.shown)
		for _, n := range s.notices {
			want := n.Form != events.FormRoot && (tt.outside || notifiers.Insider(n.Role))
			if got := n.Facts["reason"] != ""; got != want {
				t.Errorf("%s reason to %s as %s: told %t, want %t", tt.shown, n.Audience, n.Form, got, want)
			}
		}
	}
}
