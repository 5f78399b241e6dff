package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// surveyed ends an upgrade whose survey has a mode, and returns the personal
// link of each address.
func surveyed(t *testing.T, mode string, addresses ...string) (*world, map[string]string) {
	t.Helper()
	w := startWorld(t, "audiences:\n  users: {role: users, channels: {email: ["+strings.Join(addresses, ", ")+"]}}\n")
	p := planNow("pg17")
	p["survey"] = map[string]any{"mode": mode, "questions": []string{"disruption", "effort"}}
	w.applied(t, "pg17", "upgrade.planned", map[string]any{"plan": p})
	w.applied(t, "pg17", "upgrade.started", map[string]any{})
	w.applied(t, "pg17", "upgrade.completed", map[string]any{})
	links := map[string]string{}
	for _, to := range addresses {
		eventually(t, 30*time.Second, "the last mail to "+to, func() bool {
			for _, m := range w.mail.mails(to) {
				if link := answerLink.FindString(decoded(t, m)); link != "" {
					links[to] = link
				}
			}
			return links[to] != ""
		})
		w.opens(t, links[to])
	}
	return w, links
}

// saidAll is what operators read of a survey.
type saidAll struct {
	Mode                    string
	Count, Invited, Waiting int
	NotShown                int `json:"not_shown"`
	Answers                 []toldAnswer
}

type toldAnswer struct {
	Answer, Subscriber, Who, Text, Role, Channel, Disruption string
	Rating, Minutes, Effort                                  int
	Recorded                                                 time.Time
}

// TestNamedSurvey: who answered is shown by name, else by address, until they
// are erased; the survey asks what the plan says.
func TestNamedSurvey(t *testing.T) {
	t.Parallel() // most of the time is waiting
	w, links := surveyed(t, "named", "user@example.org", "other@example.org")
	link := links["user@example.org"]
	if _, body := w.get(t, link, false); !strings.Contains(body, "shown with your name") || strings.Contains(body, `name="communication"`) {
		t.Errorf("the form does not ask what the plan says, by name:\n%s", body)
	}
	if status := submit(t, w.page+link, "rating=2&disruption=lot&minutes=45&effort=3&communication=late&text=Hm"); status != http.StatusSeeOther {
		t.Fatalf("POST = %d", status)
	}
	var said saidAll
	w.getJSON(t, "/api/v1/upgrades/pg17/feedback", true, &said)
	want := toldAnswer{Who: "user@example.org", Text: "Hm", Role: "users", Channel: "email", Disruption: "lot", Rating: 2, Minutes: 45, Effort: 3}
	if len(said.Answers) == 1 {
		want.Answer, want.Recorded = said.Answers[0].Answer, said.Answers[0].Recorded
	}
	if said.Mode != "named" || len(said.Answers) != 1 || said.Answers[0] != want {
		t.Fatalf("feedback = %+v, want %+v", said, want)
	}
	if status, body := w.post(t, "/api/v1/people/erase", `{"address":"user@example.org"}`, nil); status != http.StatusOK {
		t.Fatalf("erase = %d: %s", status, body)
	}
	eventually(t, 20*time.Second, "nobody known", func() bool {
		var said saidAll
		w.getJSON(t, "/api/v1/upgrades/pg17/feedback", true, &said)
		return said.Count == 1 && said.Answers[0].Who == "" && said.Answers[0].Text == ""
	})
}

// TestConfidentialSurvey: not even a random id leads to whoever answered.
func TestConfidentialSurvey(t *testing.T) {
	t.Parallel() // most of the time is waiting
	w, links := surveyed(t, "confidential", "user@example.org")
	if status := submit(t, w.page+links["user@example.org"], "rating=4&text=Ask+Kim"); status != http.StatusSeeOther {
		t.Fatalf("POST = %d", status)
	}
	var said saidAll
	w.getJSON(t, "/api/v1/upgrades/pg17/feedback", true, &said)
	if len(said.Answers) != 1 || said.Answers[0].Who+said.Answers[0].Subscriber != "" || said.Answers[0].Text != "Ask Kim" {
		t.Fatalf("feedback = %+v, want the words and nobody named", said)
	}
	w.erasesWords(t, said.Answers[0].Answer)
}

// erasesWords erases what was written in the one answer about pg17. Its numbers
// stay.
func (w *world) erasesWords(t *testing.T, answer string) {
	t.Helper()
	erase := func() int {
		status, _ := w.post(t, "/api/v1/words/"+answer+"/erase", "", nil)
		return status
	}
	if first, again := erase(), erase(); first != http.StatusOK || again != http.StatusNotFound {
		t.Errorf("erase the words = %d, and again %d, want 200 and 404", first, again)
	}
	var said saidAll
	w.getJSON(t, "/api/v1/upgrades/pg17/feedback", true, &said)
	if len(said.Answers) != 1 || said.Answers[0].Text != "" || said.Answers[0].Rating != 4 {
		t.Errorf("feedback = %+v, want the rating without the words", said)
	}
}

// TestAnonymousSurvey: ten answer, each once; five are shown, with nothing that
// leads to anybody, neither in the answer of the hub nor in its file.
func TestAnonymousSurvey(t *testing.T) {
	t.Parallel() // most of the time is waiting
	var addresses []string
	for i := range 10 {
		addresses = append(addresses, fmt.Sprintf("user%d@example.org", i))
	}
	w, links := surveyed(t, "anonymous", addresses...)
	if statuses := atOnce(t, w.page+links[addresses[0]], "rating=5&text=pressed+eight+times", 8); statuses[http.StatusSeeOther] != 1 || statuses[http.StatusConflict] != 7 {
		t.Errorf("sent eight times at once: %v, want one taken and seven refused", statuses)
	}
	for i, to := range addresses {
		form := fmt.Sprintf("rating=%d&disruption=little&minutes=%d&text=words+of+%s", 1+i%5, 10+i, to)
		if status := submit(t, w.page+links[to], form); i > 0 && status != http.StatusSeeOther {
			t.Fatalf("POST of %s = %d", to, status)
		}
		if status := submit(t, w.page+links[to], form); status != http.StatusConflict {
			t.Errorf("POST of %s again = %d, want 409", to, status)
		}
		if status, body := w.get(t, links[to], false); status != http.StatusOK || !strings.Contains(body, "Your answer is in") {
			t.Errorf("GET of %s afterwards = %d, want that it stands", to, status)
		}
	}
	var said saidAll
	eventually(t, 60*time.Second, "five are shown", func() bool {
		said = saidAll{}
		w.getJSON(t, "/api/v1/upgrades/pg17/feedback", true, &said)
		return said.Count == 5 && said.Waiting == 5
	})
	for _, a := range said.Answers {
		if a.Subscriber+a.Who+a.Role+a.Channel != "" || a.Recorded != a.Recorded.Truncate(time.Hour) || a.Text == "" {
			t.Errorf("answer = %+v, want the words, the hour and nobody", a)
		}
	}
	w.unsigned(t, links)
}

// atOnce sends a form several times at once, and counts the answers.
func atOnce(t *testing.T, address, form string, times int) map[int]int {
	t.Helper()
	statuses := make(chan int, times)
	for range times {
		go func() { // ends with its answer
			client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
			res, err := client.Post(address, "application/x-www-form-urlencoded", strings.NewReader(form))
			if err != nil {
				statuses <- 0
				return
			}
			_ = res.Body.Close()
			statuses <- res.StatusCode
		}()
	}
	counts := map[int]int{}
	for range times {
		counts[<-statuses]++
	}
	return counts
}

// unsigned: the log says of each link that it was used, and no answer in it or
// in the tables has a link, a browser or a subscriber.
func (w *world) unsigned(t *testing.T, links map[string]string) {
	t.Helper()
	var inLog, used, tied, signed, unsigned int
	err := w.db(t).QueryRowContext(t.Context(), `SELECT (SELECT count(*) FROM log WHERE type = 'feedback.used'), (SELECT count(*) FROM links WHERE used),
		(SELECT count(*) FROM log WHERE type = 'feedback.received' AND (CAST(raw AS TEXT) LIKE '%"link"%' OR CAST(raw AS TEXT) LIKE '%"browser"%')),
		(SELECT count(*) FROM answers), (SELECT count(*) FROM anonymous_answers)`).Scan(&inLog, &used, &tied, &signed, &unsigned)
	if err != nil || inLog != len(links) || used != len(links) || tied != 0 || signed != 0 || unsigned != 5 {
		t.Errorf("%d links used in the log and %d in the table, %d answers tied to somebody, %d signed and %d not, %v", inLog, used, tied, signed, unsigned, err)
	}
}
