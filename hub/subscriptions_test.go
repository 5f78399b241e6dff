package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"upgradehub/hub/store"
	"upgradehub/statuspage/feedback"
)

// asker is a hub in this process whose queue of wishes a test fills itself.
type asker struct {
	*hubProcess
	n   *node
	box *mailbox
}

func newAsker(t *testing.T, config string) *asker {
	t.Helper()
	n, box := startInProcess(t, config)
	return &asker{&hubProcess{page: n.cfg.PublicURL, data: n.cfg.Data}, n, box}
}

// ask passes a wish on as the form does, again while the queue is full.
func (a *asker) ask(t *testing.T, address string) {
	t.Helper()
	eventually(t, 30*time.Second, "place in the queue", func() bool {
		err := a.n.subscriptions.Request(t.Context(), feedback.Target{Channel: "email", Address: address}, feedback.Wish{Zone: "Asia/Tokyo"})
		if err != nil && !errors.Is(err, errBusy) {
			t.Fatal(err)
		}
		return err == nil
	})
}

// mailed waits for the n-th mail to an address and returns it.
func (a *asker) mailed(t *testing.T, address string, n int) received {
	t.Helper()
	eventually(t, 30*time.Second, fmt.Sprintf("mail %d to %s", n, address), func() bool { return len(a.box.mails(address)) >= n })
	return a.box.mails(address)[n-1]
}

// subscribes asks, and confirms by the mailed link.
func (a *asker) subscribes(t *testing.T, address string) {
	t.Helper()
	a.ask(t, address)
	link := confirmLink.FindString(decoded(t, a.mailed(t, address, 1)))
	a.opens(t, link)
	if status := submit(t, a.page+link, ""); status != http.StatusSeeOther {
		t.Fatalf("confirm = %d", status)
	}
}

// TestSubscriptionBombing: whoever types an address a thousand times makes one
// mail, whether it is subscribed or not.
func TestSubscriptionBombing(t *testing.T) {
	a := newAsker(t, configNow)
	var work sync.WaitGroup
	for range 10 {
		work.Go(func() {
			for range 100 {
				a.ask(t, "victim@example.org")
			}
		})
	}
	work.Wait()
	a.ask(t, "other@example.org") // behind them all
	a.mailed(t, "other@example.org", 1)
	a.settled(t)
	if n := len(a.box.mails("victim@example.org")); n != 1 {
		t.Errorf("%d mails, want one", n)
	}
}

// TestKnownAddressGetsAMailThatSaysSo: once a day, and nothing changes.
func TestKnownAddressGetsAMailThatSaysSo(t *testing.T) {
	a := newAsker(t, configNow)
	// Named by the operators: who it is, is known; the subscription is not.
	a.subscribes(t, "user@example.org")
	row := a.row(t, "user@example.org")
	for range 3 {
		a.ask(t, "USER@example.org")
	}
	a.ask(t, "other@example.org")
	a.mailed(t, "other@example.org", 1)
	a.settled(t)
	if n := len(a.box.mails("user@example.org")); n != 1 {
		t.Errorf("%d mails on the day of the subscription, want the one that asked", n)
	}
	if again := a.row(t, "user@example.org"); again.Since != row.Since || again.State != store.SubscriberActive {
		t.Errorf("subscription is %+v, was %+v", again, row)
	}
	a.applied(t, "pg17", "upgrade.planned", map[string]any{"plan": planNow("pg17")})
	a.mailed(t, "user@example.org", 2)
	a.settled(t)
	if n := len(a.box.mails("user@example.org")); n != 2 {
		t.Errorf("%d mails, want one announcement for who is named and subscribed besides", n-1)
	}
}

// row is the subscription an address has by itself.
func (a *asker) row(t *testing.T, address string) store.SubscriberRow {
	t.Helper()
	owner, known, err := a.n.subscriptions.people.Owner(t.Context(), "email", address)
	if err != nil || !known {
		t.Fatalf("owner of %s: %v, %v", address, known, err)
	}
	row, _, err := a.n.store.Subscriber(t.Context(), owner.Subscriber)
	if err != nil {
		t.Fatal(err)
	}
	return row
}

// TestConfirmOnce: a hundred clicks at once are one fact.
func TestConfirmOnce(t *testing.T) {
	a := newAsker(t, configNow)
	a.ask(t, "reader@example.org")
	link := confirmLink.FindString(decoded(t, a.mailed(t, "reader@example.org", 1)))
	a.opens(t, link)
	var clicks sync.WaitGroup
	for range 100 {
		clicks.Go(func() {
			if _, err := a.n.subscriptions.Confirm(t.Context(), strings.TrimPrefix(link, "/subscribe/")); err != nil {
				t.Error(err)
			}
		})
	}
	clicks.Wait()
	if n := strings1(t, a.db(t), `SELECT count(*) FROM log WHERE type = 'subscriber.confirmed' AND json_extract(CAST(raw AS TEXT), '$.source') = 'page'`); n[0] != "1" {
		t.Errorf("%s facts, want one", n[0])
	}
}

// TestErase: nothing of a person is left but random ids, whether they ask on
// the page or the operator does, and who is named is not written to again.
func TestErase(t *testing.T) {
	a := newAsker(t, configNow)
	a.applied(t, "pg17", "upgrade.planned", map[string]any{"plan": planNow("pg17")})
	for _, address := range []string{"first@example.net", "second@example.net"} {
		a.subscribes(t, address)
	}
	a.applied(t, "pg17", "upgrade.canceled", map[string]any{"reason": "Not today."})
	for _, address := range []string{"first@example.net", "second@example.net"} {
		said := decoded(t, a.mailed(t, address, 2))
		a.answers(t, said, "words of "+address)
		if address == "first@example.net" {
			if status := submit(t, a.page+manageLink.FindString(said), "do=erase"); status != http.StatusOK {
				t.Errorf("erase on the page = %d", status)
			}
			continue
		}
		a.exports(t, address)
		if status, body := a.post(t, "/api/v1/people/erase", `{"address":"`+address+`"}`, nil); status != http.StatusOK {
			t.Errorf("erase = %d: %s", status, body)
		}
		if status := a.status(t, manageLink.FindString(said)); status != http.StatusNotFound {
			t.Errorf("the link of who was erased opens with %d", status)
		}
	}
	a.applied(t, "pg18", "upgrade.planned", map[string]any{"plan": planNow("pg18")})
	a.mailed(t, "user@example.org", 3)
	a.settled(t)
	for _, address := range []string{"first@example.net", "second@example.net"} {
		if n := len(a.box.mails(address)); n != 2 {
			t.Errorf("%d mails to %s, want none after the erasure", n, address)
		}
		if status, _ := a.post(t, "/api/v1/people/export", `{"address":"`+address+`"}`, nil); status != http.StatusNotFound {
			t.Errorf("export of %s = %d, want 404", address, status)
		}
	}
	a.holdsNowhere(t, "example.net")
}

func (h *hubProcess) status(t *testing.T, path string) int {
	t.Helper()
	status, _ := h.get(t, path, false)
	return status
}

// answers rates an upgrade by the link of a mail.
func (a *asker) answers(t *testing.T, mail, text string) {
	t.Helper()
	a.answersWith(t, mail, "rating=2&text="+strings.ReplaceAll(text, " ", "+"))
}

// answersWith fills in the form behind the link of a mail.
func (a *asker) answersWith(t *testing.T, mail, form string) {
	t.Helper()
	link := answerLink.FindString(mail)
	a.opens(t, link)
	if status := submit(t, a.page+link, form); status != http.StatusSeeOther {
		t.Fatalf("answer = %d", status)
	}
}

// exports reads what is known of a person.
func (a *asker) exports(t *testing.T, address string) {
	t.Helper()
	status, body := a.post(t, "/api/v1/people/export", `{"address":"`+strings.ToUpper(address)+`"}`, nil)
	var said struct {
		Persons []struct {
			Subscriptions []struct{ Target struct{ Address string } }
			Messages      []struct{ Moment string }
			Answers       []struct{ Text string }
		}
	}
	if err := json.Unmarshal([]byte(body), &said); err != nil || status != http.StatusOK || len(said.Persons) != 1 {
		t.Fatalf("export = %d: %s", status, body)
	}
	p := said.Persons[0]
	if len(p.Subscriptions) != 1 || p.Subscriptions[0].Target.Address != address || len(p.Messages) != 2 || len(p.Answers) != 1 || p.Answers[0].Text != "words of "+address {
		t.Errorf("export of %s: %s", address, body)
	}
}

// holdsNowhere looks for a text in every file of the data directory.
func (a *asker) holdsNowhere(t *testing.T, text string) {
	t.Helper()
	eventually(t, 30*time.Second, text+" is in no file", func() bool {
		found := ""
		err := filepath.WalkDir(a.data, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return nil //nolint:nilerr // a file may be replaced meanwhile
			}
			raw, _ := os.ReadFile(path)
			if strings.Contains(string(raw), text) {
				found = path
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return found == ""
	})
}

// TestErasedIsKeptOut: whom hub.yaml names and who asked to be forgotten is not
// made a recipient again by the next start.
func TestErasedIsKeptOut(t *testing.T) {
	w := startWorld(t, configNow)
	eventually(t, 30*time.Second, "the recipient is known", func() bool {
		status, body := w.post(t, "/api/v1/people/export", `{"address":"user@example.org"}`, nil)
		return status == http.StatusOK && strings.Contains(body, `"target"`) // the address has an owner before that is a recipient
	})
	if status, body := w.post(t, "/api/v1/people/erase", `{"address":"user@example.org"}`, nil); status != http.StatusOK {
		t.Fatalf("erase = %d: %s", status, body)
	}
	w.restart(t)
	w.applied(t, "pg17", "upgrade.planned", map[string]any{"plan": planNow("pg17")})
	eventually(t, 30*time.Second, "the team is told", func() bool { return len(w.slack.Messages("C0UPGRADES")) >= 1 })
	w.settled(t)
	if n := len(w.mail.mails("")); n != 0 {
		t.Errorf("%d mails to who was erased", n)
	}
}

// TestWishWaitsForTheEnd: a wish that was taken is looked at though the hub is
// being stopped.
func TestWishWaitsForTheEnd(t *testing.T) {
	a := newAsker(t, configNow)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := newSubscriptions(a.n.subscriptions.people, a.n.store, a.n.clock, nil, a.n.log)
	if err := s.Request(t.Context(), feedback.Target{Channel: "email", Address: "late@example.org"}, feedback.Wish{}); err != nil {
		t.Fatal(err)
	}
	if err := s.Run(ctx); err != nil {
		t.Fatal(err)
	}
	a.mailed(t, "late@example.org", 1)
}
