package interact_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/upgrade"
)

// modals are all there are, and somebody who may open each.
var modals = []struct{ action, user string }{
	{"gate-go", lead},
	{"gate-no-go", lead},
	{"gate-sign-off", tester},
	{"update:", lead},
	{"update-extend", lead},
	{"lesson-accept", lead},
	{"lesson-reject", lead},
	{"lesson-assign", lead},
	{"rate", other},
	{"trouble", other},
}

// TestModals holds what every modal asks, for those who may open it.
func TestModals(t *testing.T) {
	for _, tt := range modals {
		t.Run(tt.action, func(t *testing.T) {
			s := start(t, &office{}, nil)
			s.click(t, tt.user, s.buttons(t), tt.action)
			goldenModal(t, strings.TrimSuffix(tt.action, ":")+".json", s.opened(t, tt.user, 1))
		})
	}
}

func ended(o *office) { o.u.State = upgrade.Completed }

// answers are what people alone are told when they press a button.
var answers = []struct {
	name, user, action string
	spoil              func(*office)
	want               string // in English
}{
	{"not the decider", tester, "gate-go", nil, "Only @lead or @deputy may decide Go or no-go."},
	{"not a tester", lead, "gate-sign-off", nil, "Only @registrar may sign off for Go or no-go."},
	{"not the one to assign", tester, "lesson-assign", ended, "Only @lead or @deputy may decide what is learnt from it."},
	{"not the learner", tester, "lesson-accept", ended, "Only @lead or @deputy may decide what is learnt from it."},
	{"not a speaker", tester, "update:", nil, "Only @lead or @deputy may post updates now."},
	{"nobody known", other, "update-post", nil, "Only @lead or @deputy may post updates now."},
	{"ended", lead, "gate-go", ended, "Postgres &lt;16&gt; &amp; co has ended; there is nothing left to decide."},
	{"nobody may", tester, "lesson-accept", func(o *office) { o.u.Plan.Roster = nil }, "The plan names nobody who may do this."},
	{"no such gate", lead, "gate-no-go", func(o *office) { o.u.Plan.Gates = nil }, "Postgres &lt;16&gt; &amp; co has no such gate any more."},
	{"no sign-off asked", tester, "gate-sign-off", func(o *office) { o.u.Plan.Gates[0].Evidence = nil }, "Go or no-go asks for no sign-off."},
	{"draft posted", lead, "update-post", nil, "Your update is posted. Next update by 2030-03-03 13:00 UTC."},
	{"read", other, "acknowledge", nil, "Noted that you have read this."},
	{"survey closed", other, "rate", func(o *office) { o.closed = true }, "The survey on “Postgres &lt;16&gt; &amp; co” is not open."},
	{"not recorded", other, "acknowledge", func(o *office) { o.fail = errors.New("no log") }, "That could not be recorded just now. Please try again."},
	{"nothing runs", other, "trouble", ended, "No work on “Postgres &lt;16&gt; &amp; co” is under way."},
	{"not the owner", tester, "items-seen", ended, "Only @lead or @deputy may say so."},
	{"seen", lead, "items-seen", func(o *office) { o.overdue = 3; ended(o) }, "Noted that you have looked at 3. What you did about them: hub items."},
	{"seen one", lead, "items-seen", func(o *office) { o.overdue = 1 }, "Noted that you have looked at 1. What you did about it: hub items."},
	{"seen already", lead, "items-seen", ended, "Somebody has looked at all of them already."},
	{"unknown", lead, "gate-go", func(o *office) { o.u.ID = "other" }, "There is no upgrade pg16."},
}

// TestAnswers holds what people alone are told: who may do what they may not,
// and what became of what they did.
func TestAnswers(t *testing.T) {
	for _, tt := range answers {
		t.Run(tt.name, func(t *testing.T) {
			o := &office{u: gated(t)}
			if tt.spoil != nil {
				tt.spoil(o)
			}
			s := start(t, o, nil)
			s.click(t, tt.user, s.buttons(t), tt.action)
			if got := s.whispered(t, tt.user, 1); got != tt.want {
				t.Errorf("told %q, want %q", got, tt.want)
			}
		})
	}
}

// TestSubmissions: what was entered becomes the deed, or a complaint at the
// input it is about.
func TestSubmissions(t *testing.T) {
	at := strconv.FormatInt(noon.Add(time.Hour).Unix(), 10)
	for _, tt := range []struct {
		name, user, action string
		values             map[string]string
		want               events.Data
		errors             string
	}{
		{"go", lead, "gate-go", nil, &events.Decided{Gate: "g1", Decision: "go", By: "@lead"}, ""},
		{"no-go", lead, "gate-no-go", map[string]string{"reason": "lag"}, &events.Decided{Gate: "g1", Decision: "no_go", By: "@lead", Reason: "lag"}, ""},
		{"sign-off", tester, "gate-sign-off", map[string]string{"word": "pass"}, &events.Evidence{Gate: "g1", Kind: "signoff", Name: "registrar", By: "@registrar", Result: "pass"}, ""},
		{"refusal", tester, "gate-sign-off", map[string]string{"word": "fail"}, &events.Evidence{Gate: "g1", Kind: "signoff", Name: "registrar", By: "@registrar", Result: "fail"}, ""},
		{"update", lead, "update:", map[string]string{"next": at}, &events.Update{Text: "We are <half> way.", NextUpdateBy: noon.Add(time.Hour)}, ""},
		{"lesson", lead, "lesson-accept", nil, &events.Lesson{Lesson: "1faf74d047e7", By: "@lead"}, ""},
		{"no lesson", lead, "lesson-reject", map[string]string{"reason": "broken disk"}, &events.Lesson{Lesson: "1faf74d047e7", By: "@lead", Reason: "broken disk"}, ""},
		{"lesson for somebody", lead, "lesson-assign", map[string]string{"owner": "@deputy"}, &events.Lesson{Lesson: "1faf74d047e7", By: "@lead", Owner: "@deputy"}, ""},
		{"lesson without reason", lead, "lesson-reject", map[string]string{"reason": " "}, nil, "map[reason:Please say why not.]"},
		{"no reason", lead, "gate-no-go", map[string]string{"reason": " "}, nil, "map[reason:Please say why not.]"},
		{"past", lead, "update:", map[string]string{"next": "1000000000", "text": " "}, nil, "map[next:Please choose a time that is still to come. text:Please write something.]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := start(t, &office{}, nil)
			s.click(t, tt.user, s.buttons(t), tt.action)
			v := s.opened(t, tt.user, 1)
			if _, err := s.srv.Submit(tt.user, v.ID, tt.values); err != nil {
				t.Fatal(err)
			}
			v = s.srv.Views(tt.user)[0]
			if tt.want == nil {
				if got := fmt.Sprint(v.Errors); got != tt.errors || !v.Open || len(s.recorded()) != 0 {
					t.Errorf("complaints %s, open %v, deeds %v; want %s", got, v.Open, s.recorded(), tt.errors)
				}
				return
			}
			deeds := s.recorded()
			if len(deeds) != 1 || v.Open {
				t.Fatalf("deeds = %+v, open %v; want one and the modal closed", deeds, v.Open)
			}
			if got, want := toJSON(t, deeds[0].Data), toJSON(t, tt.want); got != want || deeds[0].User != tt.user || deeds[0].Upgrade != "pg16" {
				t.Errorf("deed = %s of %s, want %s", got, deeds[0].User, want)
			}
		})
	}
}

func toJSON(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
