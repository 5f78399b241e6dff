package feedback_test

import (
	"maps"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
	"upgradehub/statuspage/feedback"
)

// The links of surveys of other kinds.
const (
	signed   = "nnnnnnnnnnnnnnnnnnnnnn" // named, asks for the effort
	unsigned = "uuuuuuuuuuuuuuuuuuuuuu" // anonymous
	used     = "ssssssssssssssssssssss" // anonymous, has answered
	undone   = "rrrrrrrrrrrrrrrrrrrrrr" // after a rollback
)

var invitations = func() map[string]feedback.Invitation {
	of := func(id string, s upgrade.State, survey plan.Survey) feedback.Invitation {
		return feedback.Invitation{Upgrade: upgrade.Public{ID: id, Title: "Database <upgrade>", State: s, Survey: survey}, Open: true, Role: "users"}
	}
	all := map[string]feedback.Invitation{
		signed:   of("pg16", upgrade.Completed, plan.Survey{Mode: plan.Named, Audiences: map[string][]string{"users": {"effort"}}}),
		unsigned: of("secret", upgrade.Completed, plan.Survey{Mode: plan.Anonymous, Questions: []string{"disruption"}}),
		used:     of("secret", upgrade.Completed, plan.Survey{Mode: plan.Anonymous}),
		undone:   of("pg16", upgrade.RolledBack, plan.Survey{}),
	}
	spent := all[used]
	spent.Spent = true
	all[used] = spent
	return all
}()

// TestAsksWhatThePlanSays: never more than four questions, and what was not
// asked is not taken.
func TestAsksWhatThePlanSays(t *testing.T) {
	all := url.Values{"rating": {"4"}, "disruption": {"lot"}, "minutes": {"90"}, "communication": {"late"}, "effort": {"2"}}
	for token, want := range map[string]feedback.Answer{
		personal: {Upgrade: "pg16", Token: personal, Rating: 4, Disruption: "lot", Minutes: 90, Communication: "late"},
		signed:   {Upgrade: "pg16", Token: signed, Rating: 4, Effort: 2},
		unsigned: {Upgrade: "secret", Token: unsigned, Rating: 4, Disruption: "lot", Minutes: 90},
	} {
		d := &desk{}
		h, _ := newForms(t, d)
		body := ask(h, "GET", "/f/"+token, nil).Body.String()
		if n := strings.Count(body, "<legend>") + strings.Count(body, "<textarea"); n > 4 {
			t.Errorf("%d questions, want four at most", n)
		}
		if strings.Contains(body, " checked") {
			t.Error("something is chosen before anybody answered")
		}
		for _, field := range slices.Sorted(maps.Keys(all)) {
			asked := field == "rating" || field == "disruption" && want.Disruption != "" || field == "minutes" && want.Minutes > 0 ||
				field == "communication" && want.Communication != "" || field == "effort" && want.Effort > 0
			if strings.Contains(body, `name="`+field+`"`) != asked {
				t.Errorf("asks for %s: %v, want %v", field, !asked, asked)
			}
		}
		if w := ask(h, "POST", "/f/"+token, all); w.Code != 303 || len(d.answers) != 1 || d.answers[0] != want {
			t.Errorf("recorded %+v, want %+v", d.answers, want)
		}
	}
}

func TestMinutesAndEffort(t *testing.T) {
	for _, tt := range []struct {
		token, disruption, minutes, effort string
		status, lost, ease                 int
	}{
		{personal, "lot", "0", "", 303, 0, 0},
		{personal, "lot", " 10080 ", "", 303, 10080, 0},
		{personal, "lot", "10081", "", 422, 0, 0},
		{personal, "lot", "-1", "", 422, 0, 0},
		{personal, "lot", "an hour", "", 422, 0, 0},
		{personal, "", "15", "", 303, 15, 0},
		{personal, "none", "15", "", 303, 0, 0},
		{personal, "none", "an hour", "", 303, 0, 0},
		{signed, "", "", "7", 303, 0, 7},
		{signed, "", "", "8", 422, 0, 0},
		{signed, "", "", "easy", 422, 0, 0},
	} {
		d := &desk{}
		h, _ := newForms(t, d)
		w := ask(h, "POST", "/f/"+tt.token, url.Values{"rating": {"3"}, "disruption": {tt.disruption}, "minutes": {tt.minutes}, "effort": {tt.effort}})
		if w.Code != tt.status || (w.Code == 303) != (len(d.answers) == 1) {
			t.Errorf("%+v: %d with %v", tt, w.Code, d.answers)
		}
		if w.Code == 303 && (d.answers[0].Minutes != tt.lost || d.answers[0].Effort != tt.ease) {
			t.Errorf("%+v: recorded %+v", tt, d.answers[0])
		}
	}
}

// TestModeIsSaidBefore: what is known of who answers stands above the button.
func TestModeIsSaidBefore(t *testing.T) {
	h, _ := newForms(t, &desk{})
	for path, want := range map[string]string{
		"/f/" + personal:            "answers without names",
		"/f/" + signed:              "with your name",
		"/f/" + unsigned:            "cannot be changed",
		"/upgrades/pg16/feedback":   "not tied to your name",
		"/upgrades/secret/feedback": "cannot be changed",
	} {
		body := ask(h, "GET", path, nil).Body.String()
		if said := strings.Index(body, want); said < 0 || said > strings.Index(body, "<button class=\"button main\"") {
			t.Errorf("%s does not say %q above its button", path, want)
		}
	}
}

func TestOtherWordsAfterARollback(t *testing.T) {
	h, _ := newForms(t, &desk{})
	body := ask(h, "GET", "/f/"+undone, nil).Body.String()
	if !strings.Contains(body, "did not work out?") || strings.Contains(body, "How did we do?") {
		t.Error("after a rollback people are asked how well it went")
	}
}

// TestAnonymousAnswersOnce: a link answers once and says so afterwards.
func TestAnonymousAnswersOnce(t *testing.T) {
	d := &desk{}
	h, _ := newForms(t, d)
	for range 2 {
		if w := ask(h, "GET", "/f/"+used+"?r=4", nil); w.Code != 200 || strings.Contains(w.Body.String(), "<form") || !strings.Contains(w.Body.String(), "Your answer is in") {
			t.Errorf("GET = %d, want a page that says that the answer stands", w.Code)
		}
	}
	if w := ask(h, "POST", "/f/"+used, url.Values{"rating": {"1"}}); w.Code != 409 || len(d.answers) != 0 {
		t.Errorf("POST = %d with %v, want 409 and nothing recorded", w.Code, d.answers)
	}
	thanks := ask(h, "GET", "/f/"+unsigned+"?thanks=1", nil).Body.String()
	if strings.Contains(thanks, "Change my answer") || !strings.Contains(thanks, "stands as it is") {
		t.Error("the thanks offer to change what cannot be found")
	}
}

// TestOpenAnonymousForm: the cookie is the same for everybody, and nothing of
// the browser reaches the desk.
func TestOpenAnonymousForm(t *testing.T) {
	d := &desk{}
	h, c := newForms(t, d)
	stamp := stampField.FindStringSubmatch(ask(h, "GET", "/upgrades/secret/feedback", nil).Body.String())[1]
	c.now = c.now.Add(3 * time.Second)
	send := func() *httptest.ResponseRecorder {
		return ask(h, "POST", "/upgrades/secret/feedback", url.Values{"rating": {"2"}, "at": {stamp}})
	}
	first, second := send(), send()
	if want := (feedback.Answer{Upgrade: "secret", Rating: 2}); len(d.answers) != 2 || d.answers[0] != want || d.answers[1] != want {
		t.Fatalf("recorded %+v, want two answers of nobody", d.answers)
	}
	cookie := first.Result().Cookies()
	if len(cookie) != 1 || cookie[0].Value != second.Result().Cookies()[0].Value || cookie[0].Path != "/upgrades/secret/feedback" || !cookie[0].HttpOnly {
		t.Fatalf("cookies = %v, want one that tells nobody apart", cookie)
	}
	if w := ask(h, "POST", "/upgrades/secret/feedback", url.Values{"rating": {"2"}, "at": {stamp}}, cookie[0]); w.Code != 409 || len(d.answers) != 2 {
		t.Errorf("again = %d with %d answers, want 409", w.Code, len(d.answers))
	}
	forged := *cookie[0]
	forged.Value = strings.Repeat("A", 22)
	if w := ask(h, "GET", "/upgrades/secret/feedback", nil, &forged); !strings.Contains(w.Body.String(), "<form") {
		t.Error("a forged cookie keeps somebody from answering")
	}
}
