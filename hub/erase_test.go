package main

import (
	"net/http"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"upgradehub/events/clock"
	"upgradehub/hub/people"
	"upgradehub/notifiers"
	"upgradehub/statuspage/feedback"
)

// fromOutbox waits for the n-th mail to an address in the outbox of a hub that
// has no mail server, and reads it.
func (a *asker) fromOutbox(t *testing.T, address string, n int) string {
	t.Helper()
	var found []received
	eventually(t, 30*time.Second, "mail to "+address, func() bool {
		found = nil
		files, _ := filepath.Glob(filepath.Join(a.data, "outbox", "*.eml"))
		for _, file := range files { // named by their date
			raw, err := os.ReadFile(file)
			if err != nil {
				continue // erased meanwhile
			}
			msg, err := mail.ReadMessage(strings.NewReader(string(raw)))
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(msg.Header.Get("To"), address) {
				found = append(found, received{to: address, raw: string(raw), msg: msg})
			}
		}
		return len(found) >= n
	})
	return decoded(t, found[n-1])
}

// TestNothingIsLeft: whatever a person left on a node, in each place there is,
// is gone from every byte of its directory once they are erased: addresses and
// words, those they changed as well, what was said to them and noted of them,
// and mails in the outbox. What is of others stays.
func TestNothingIsLeft(t *testing.T) {
	t.Parallel() // most of the time is waiting
	cfg, _ := inProcess(t, configNow)
	cfg.SMTP = SMTP{}
	n, stop := runNode(t, cfg, clock.Clock{})
	a := &asker{&hubProcess{page: n.cfg.PublicURL, data: n.cfg.Data}, n, nil}
	a.applied(t, "pg17", "upgrade.planned", map[string]any{"plan": planNow("pg17")})
	for _, address := range []string{"goes@gone.example", "stays@kept.example"} {
		a.ask(t, address)
		link := confirmLink.FindString(a.fromOutbox(t, address, 1))
		a.opens(t, link)
		if status := submit(t, a.page+link, ""); status != http.StatusSeeOther {
			t.Fatalf("confirm = %d", status)
		}
	}
	a.applied(t, "pg17", "upgrade.canceled", map[string]any{"reason": "Not today."})
	gone, kept := a.fromOutbox(t, "goes@gone.example", 2), a.fromOutbox(t, "stays@kept.example", 2)
	for _, text := range []string{"first-word-of-gone", "second-word-of-gone"} {
		a.answersWith(t, gone, "rating=1&text="+text)
	}
	a.answersWith(t, kept, "rating=4&text=word-of-kept")
	if status := submit(t, a.page+manageLink.FindString(gone), "do=change&about=&kind=&lang=de&zone=Asia/Tokyo"); status != http.StatusOK && status != http.StatusSeeOther {
		t.Errorf("changing the language = %d", status)
	}
	items := a.items(t, "?upgrade=pg17")
	if len(items) != 1 {
		t.Fatalf("items %+v, want that of the low answer", items)
	}
	a.does(t, items[0].ID, `{"status":"answered","by":"@lead","reply":"reply-to-gone","note":"note-on-gone"}`, http.StatusOK)
	a.fromOutbox(t, "goes@gone.example", 3)
	a.reportsInSlack(t, "goes@gone.example", "report-of-gone")

	if status, body := a.post(t, "/api/v1/people/export", `{"address":"goes@gone.example"}`, nil); status != http.StatusOK ||
		!containsAll(body, "second-word-of-gone", "reply-to-gone", "note-on-gone", "report-of-gone", "goes@gone.example") {
		t.Errorf("export = %d: %s", status, body)
	}
	if status, body := a.post(t, "/api/v1/people/erase", `{"address":"goes@gone.example"}`, nil); status != http.StatusOK {
		t.Fatalf("erase = %d: %s", status, body)
	}
	for _, text := range []string{"gone.example", "-of-gone", "reply-to-gone", "note-on-gone", "U0GONE"} {
		a.holdsNowhere(t, text)
	}
	a.fromOutbox(t, "stays@kept.example", 2)
	if facts := strings1(t, a.db(t), `SELECT count(*) FROM log WHERE type = 'subscriber.erased'`); facts[0] != "1" {
		t.Errorf("%s erasures stand in the log, want one", facts[0])
	}
	stop()
	a.holdsNowhere(t, "gone.example")
}

// reportsInSlack lets the person of an address report something in Slack, as
// somebody does whom the hub knows by both.
func (a *asker) reportsInSlack(t *testing.T, address, text string) {
	t.Helper()
	book := people.New(a.n.bus, a.n.store, a.n.cfg.LinkKey(), a.n.clock)
	persons, err := book.Persons(t.Context(), address)
	if err != nil || len(persons) != 1 {
		t.Fatalf("Persons(%s) = %v, %v", address, persons, err)
	}
	chat := notifiers.Person{Channel: "slack", Address: "U0GONE"}
	if _, err := book.Same(t.Context(), persons[0], notifiers.Person{Channel: "email", Address: address}, chat); err != nil {
		t.Fatal(err)
	}
	if err := book.PutTarget(t.Context(), persons[0], chat); err != nil {
		t.Fatal(err)
	}
	report := feedback.Report{ID: "reported", Upgrade: "pg17", Text: text, Browser: persons[0]}
	if err := a.n.desk("slack").Report(t.Context(), report); err != nil {
		t.Fatal(err)
	}
}

func containsAll(text string, parts ...string) bool {
	for _, p := range parts {
		if !strings.Contains(text, p) {
			return false
		}
	}
	return true
}
