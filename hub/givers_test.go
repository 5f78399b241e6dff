package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"upgradehub/events/clock"
	"upgradehub/events/link"
	"upgradehub/notifiers/slack/interact"
	"upgradehub/statuspage/feedback"
)

const configGivers = "audiences:\n  users: {role: users, channels: {email: [user@example.org, other@example.org]}}\n"

// TestNobodyIsTiedToTheirAnswer: who answered by a link, on the page and in Slack,
// and who reported something, is found for half a year, and then by no way through
// the log, the bucket and the node's file together.
func TestNobodyIsTiedToTheirAnswer(t *testing.T) {
	for _, mode := range []string{"named", "confidential"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel() // most of the time is waiting
			cfg, box := inProcess(t, configGivers)
			n, stop := runNode(t, cfg, clock.Clock{})
			a := &asker{&hubProcess{page: n.cfg.PublicURL, data: n.cfg.Data}, n, box}
			people := a.giveInEveryWay(t, mode)
			said := a.given(t)
			if len(said) != 5 {
				t.Fatalf("answers and reports %v, want two by links, one of the page and one of Slack, and a report of each", said)
			}
			for _, id := range said {
				if !a.tied(t, people)[id] {
					t.Errorf("nothing says whose %s is: this test proves nothing", id)
				}
			}
			stop()

			a, stop = a.later(t, cfg)
			eventually(t, 60*time.Second, "the log says that it is forgotten", func() bool {
				return strings1(t, a.db(t), `SELECT count(*) FROM past_invitations WHERE forgotten`)[0] == "1"
			})
			stop()
			a, _ = a.later(t, cfg) // who takes over looks at once
			eventually(t, 60*time.Second, "the bonds are erased", func() bool {
				return strings1(t, a.db(t), `SELECT count(*) FROM people WHERE key LIKE 'bond.%'`)[0] == "0"
			})
			for id := range a.tied(t, people) {
				if slices.Contains(said, id) {
					t.Errorf("%s is tied to somebody", id)
				}
			}
			var kept saidAll
			a.getJSON(t, "/api/v1/upgrades/pg17/feedback", true, &kept)
			if kept.Count != 3 || kept.Invited != 2 || kept.Answers[0].Who != "" || kept.Answers[0].Text == "" {
				t.Errorf("feedback = %+v, want the numbers and words of three, and nobody", kept)
			}
		})
	}
}

// later starts the hub half a year later.
func (a *asker) later(t *testing.T, cfg Config) (*asker, func()) {
	t.Helper()
	n, stop := runNode(t, cfg, clock.Clock{Start: time.Now(), Legs: []clock.Leg{{From: time.Now().AddDate(0, 0, 181), Speed: 1}}})
	return &asker{&hubProcess{page: n.cfg.PublicURL, data: n.cfg.Data}, n, a.box}, stop
}

// giveInEveryWay runs an upgrade, answers it and reports something, is answered,
// and returns all that stands for a person.
func (a *asker) giveInEveryWay(t *testing.T, mode string) (people []string) {
	t.Helper()
	p := planNow("pg17")
	p["survey"] = map[string]any{"mode": mode}
	a.applied(t, "pg17", "upgrade.planned", map[string]any{"plan": p})
	a.applied(t, "pg17", "phase.started", map[string]any{"phase": "switchover"})
	page, chat := a.n.desk("page"), &slackDesk{desk: a.n.desk("slack"), key: a.n.cfg.LinkKey()}
	const browser, user = "BROWSER0123456789ABCDEFGHI", "U0SOMEBODY01"
	_, err := chat.ReportTrouble(t.Context(), interact.Trouble{Key: "pressed once", User: user, Upgrade: "pg17", Text: "hangs"})
	if err := errors.Join(err, page.Report(t.Context(), feedback.Report{ID: "reported-on-the-page1", Upgrade: "pg17", Browser: browser})); err != nil {
		t.Fatal(err)
	}
	a.applied(t, "pg17", "upgrade.completed", map[string]any{})
	letter := decoded(t, a.mailed(t, "user@example.org", 2))
	a.answersWith(t, letter, "rating=5&text=first")
	a.answersWith(t, letter, "rating=1&text=second")
	err = errors.Join(page.Submit(t.Context(), feedback.Answer{Upgrade: "pg17", Browser: browser, Rating: 2}),
		chat.Rate(t.Context(), "pg17", user, interact.Rating{Stars: 3, Role: "users"}))
	if err != nil {
		t.Fatal(err)
	}
	a.repliesTo(t, "user@example.org", mode)
	a.settled(t)
	people = append(strings1(t, a.db(t), `SELECT id FROM subscribers WHERE origin <> 'answer' UNION SELECT person FROM subscribers WHERE origin <> 'answer'
		UNION SELECT hash FROM links`), browser, user, "user@example.org", "other@example.org", link.Hash(answerLink.FindString(letter)[3:]))
	owner, err := chat.person(t.Context(), user)
	if err != nil || owner == "" {
		t.Fatalf("%s has the id %q, %v", user, owner, err)
	}
	return append(people, owner)
}

// repliesTo replies to the answer by mail, of which the mode says whether it shows
// whose it is, and waits for the mail.
func (a *asker) repliesTo(t *testing.T, address, mode string) {
	t.Helper()
	var all saidAll
	a.getJSON(t, "/api/v1/upgrades/pg17/feedback", true, &all)
	for _, one := range all.Answers {
		if one.Text != "second" {
			continue
		}
		if want := map[string]string{"named": address}[mode]; one.Who != want {
			t.Errorf("the answer is %q's, want %q", one.Who, want)
		}
		a.does(t, one.Answer, `{"status":"answered","by":"@lead","reply":"We are sorry."}`, http.StatusOK)
	}
	if reply := decoded(t, a.mailed(t, address, 3)); !strings.Contains(reply, "We are sorry.") || !manageLink.MatchString(reply) {
		t.Errorf("the reply is\n%s", reply)
	} else {
		a.opens(t, manageLink.FindString(reply))
	}
}

// given are the ids of all answers and reports.
func (a *asker) given(t *testing.T) []string {
	t.Helper()
	return strings1(t, a.db(t), `SELECT id FROM answers UNION ALL SELECT id FROM reports`)
}

// identifier is what may stand for somebody or something in a record: addresses,
// and all that is random or a hash.
var identifier = regexp.MustCompile(`[A-Za-z0-9.]+@[a-z.]+|[A-Za-z0-9_-]{16,}|U0[A-Z0-9]+`)

// tied is every identifier to which a way leads from those of people, from record
// to record: facts, data in the bucket with what is left of erased ones, and rows.
func (a *asker) tied(t *testing.T, people []string) map[string]bool {
	t.Helper()
	records := map[string][]int{} // by identifier
	var parts [][]string
	for _, r := range a.records(t) {
		found := identifier.FindAllString(r, -1)
		for _, id := range found {
			records[id] = append(records[id], len(parts))
		}
		parts = append(parts, found)
	}
	reached := map[string]bool{}
	for next := people; len(next) > 0; next = next[1:] {
		if id := next[0]; !reached[id] {
			reached[id] = true
			for _, r := range records[id] {
				next = append(next, parts[r]...)
			}
		}
	}
	return reached
}

// records are all that somebody reads who has the log, the bucket and the file of a
// node.
func (a *asker) records(t *testing.T) (all []string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	err := a.n.bus.WatchPeople(ctx, func(key string, value []byte) error {
		all = append(all, strings.ReplaceAll(key, ".", " ")+" "+string(value))
		return nil
	}, cancel)
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	db := a.db(t)
	for _, table := range strings1(t, db, `SELECT name FROM sqlite_schema WHERE type = 'table'`) {
		columns := strings1(t, db, fmt.Sprintf(`SELECT 'coalesce(CAST("' || name || '" AS TEXT), '''')' FROM pragma_table_xinfo('%s')`, table))
		rows := strings1(t, db, `SELECT replace(`+strings.Join(columns, ` || ' ' || `)+`, '.', ' ') FROM "`+table+`"`)
		all = append(all, rows...)
	}
	return all
}

// TestAnswerIsChangedThroughAnotherNode: there is one answer, by whichever node it
// comes and however often at once, and it is of whoever gave it.
func TestAnswerIsChangedThroughAnotherNode(t *testing.T) {
	t.Parallel() // most of the time is waiting
	w, first, second := twoNodes(t, configGivers)
	p := planNow("pg17")
	p["survey"] = map[string]any{"mode": "named"}
	first.applied(t, "pg17", "upgrade.planned", map[string]any{"plan": p})
	first.applied(t, "pg17", "upgrade.canceled", map[string]any{"reason": "not today"})
	var mail string
	eventually(t, 60*time.Second, "the last mail", func() bool {
		for _, m := range w.mail.mails("user@example.org") {
			if mail = answerLink.FindString(decoded(t, m)); mail != "" {
				return true
			}
		}
		return false
	})
	first.opens(t, mail)
	second.opens(t, mail)
	for i, node := range []*hubProcess{first, second, first, second} {
		if got := atOnce(t, node.page+mail, fmt.Sprintf("rating=%d&text=words+%d", i+1, i+1), 3); got[http.StatusSeeOther] != 3 {
			t.Fatalf("answers through a node: %v, want all taken", got)
		}
	}
	for _, node := range []*hubProcess{second, first} {
		eventually(t, 20*time.Second, "the answer as it was changed", func() bool {
			var said saidAll
			node.getJSON(t, "/api/v1/upgrades/pg17/feedback", true, &said)
			return said.Count == 1 && said.Invited == 2 && said.Answers[0].Rating == 4 && said.Answers[0].Text == "words 4" && said.Answers[0].Who == "user@example.org"
		})
		if _, body := node.get(t, mail, false); !strings.Contains(body, "words 4") {
			t.Error("the form does not show what was answered")
		}
	}
}
